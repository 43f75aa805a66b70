package engine

const (
	tenantVersion = 1
	apiKeyVersion = 1
)

func (c *codec) tenant(t *Tenant) {
	c.version(tenantVersion)
	c.str(&t.ID)
	c.str(&t.Name)
	c.flag(&t.Disabled)
	integer(c, &t.CreatedAt)
	integer(c, &t.UpdatedAt)
	natural(c, &t.Version)
}

func (c *codec) apiKey(k *APIKey) {
	c.version(apiKeyVersion)
	c.str(&k.Tenant)
	c.str(&k.ID)
	c.digest(&k.Hash)
	c.str(&k.Role)
	c.str(&k.Principal)
	c.str(&k.ReviewerID)
	c.strs(&k.NPIs)
	c.strs(&k.Scopes)
	integer(c, &k.CreatedAt)
	c.str(&k.CreatedBy)
	integer(c, &k.ExpiresAt)
	integer(c, &k.RevokedAt)
	natural(c, &k.Version)
}
