package engine

type putTenant struct{ image *Tenant }

func (putTenant) number() uint8                     { return numberPutTenant }
func (f *putTenant) fields(c *codec)                { c.tenant(f.image) }
func (f *putTenant) apply(s *state, e *entry) error { return s.putTenant(f.image) }

type putAPIKey struct{ image *APIKey }

func (putAPIKey) number() uint8                     { return numberPutAPIKey }
func (f *putAPIKey) fields(c *codec)                { c.apiKey(f.image) }
func (f *putAPIKey) apply(s *state, e *entry) error { return s.putAPIKey(f.image) }

// dropAPIKey forgets a key that has ended.
type dropAPIKey struct{ tenant, id string }

func (dropAPIKey) number() uint8 { return numberDropAPIKey }
func (f *dropAPIKey) fields(c *codec) {
	c.str(&f.tenant)
	c.str(&f.id)
}
func (f *dropAPIKey) apply(s *state, e *entry) error { return s.dropAPIKey(f.tenant, f.id) }
