package server

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/slots"
)

// usualKeyLife is how long a key lives that is made without a date, in seconds: 90 days.
const usualKeyLife = 90 * 24 * slots.Hour

// NewKey makes the id of a new key and its secret, the text that its holder sends after Authorization: Bearer. The
// engine is told the hash alone.
func NewKey() (id, secret string, hash [sha256.Size]byte) {
	var random [32]byte
	_, _ = rand.Read(random[:]) // never fails: the program ends instead
	id = newID("key")
	secret = keyPrefix + id + "_" + base64.RawURLEncoding.EncodeToString(random[:])
	return id, secret, sha256.Sum256([]byte(secret))
}

// keyIn asks for a key.
type keyIn struct {
	Tenant     opt[string]   `json:"tenant"`
	Principal  need[string]  `json:"principal"`
	Role       need[string]  `json:"role"`
	ReviewerID opt[string]   `json:"reviewerId"`
	NPIs       opt[[]string] `json:"npis"`
	Scopes     opt[[]string] `json:"scopes"`
	ExpiresAt  opt[string]   `json:"expiresAt"`
}

// rotateIn asks for the key that takes another one's place.
type rotateIn struct {
	Tenant    opt[string] `json:"tenant"`
	ExpiresAt opt[string] `json:"expiresAt"`
}

// keyOut is a key. The secret is told once, by the answer that made it.
type keyOut struct {
	ID         string   `json:"id"`
	Tenant     string   `json:"tenant"`
	Principal  string   `json:"principal"`
	Role       string   `json:"role"`
	ReviewerID *string  `json:"reviewerId"`
	NPIs       []string `json:"npis"`
	Scopes     []string `json:"scopes"`
	CreatedAt  string   `json:"createdAt"`
	CreatedBy  string   `json:"createdBy"`
	ExpiresAt  string   `json:"expiresAt"`
	RevokedAt  *string  `json:"revokedAt"`
	Live       bool     `json:"live"`
	Version    uint64   `json:"version"`
}

type keyMadeOut struct {
	keyOut
	Secret *string `json:"secret"`
}

type keysOut struct {
	Keys       []keyOut `json:"keys"`
	NextCursor *string  `json:"nextCursor"`
}

func keyOf(v *engine.APIKey, now slots.Instant) keyOut {
	utc := slots.UTC()
	return keyOut{
		ID: v.ID, Tenant: v.Tenant, Principal: v.Principal, Role: v.Role, ReviewerID: textOrNull(v.ReviewerID),
		NPIs: listed(v.NPIs), Scopes: listed(v.Scopes), CreatedAt: *instantText(v.CreatedAt, utc), CreatedBy: v.CreatedBy,
		ExpiresAt: *instantText(v.ExpiresAt, utc), RevokedAt: instantText(v.RevokedAt, utc), Live: v.LiveAt(now), Version: v.Version,
	}
}

// listed makes no list an empty one.
func listed(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// tenantAsked is the tenant that a request about keys names, "" = the caller's. Others are for the operators of the
// tenant that the store was made for; to all else they are not there.
func (c *call) tenantAsked(named string) (tenant string, found bool) {
	if named == "" || named == c.actor.Tenant {
		return c.actor.Tenant, true
	}
	if c.actor.Tenant != c.server.tenant {
		return "", false
	}
	_, found = c.snap.Tenant(named)
	return named, found
}

// createKey makes a key. The first one of a store is an operator's, since it ends the time without credentials.
func createKey(c *call) answer {
	return c.makeKey(func(k *check) (engine.CreateKey, string, *problem) {
		var in keyIn
		if p := decode(c.body, &in); p != nil {
			return engine.CreateKey{}, "", p
		}
		key := engine.CreateKey{
			Principal:  k.visible("/principal", in.Principal.V),
			Role:       k.word("/role", in.Role.V, engine.Roles()),
			ReviewerID: optional(in.ReviewerID, "/reviewerId", k.id),
			NPIs:       k.list("/npis", in.NPIs.V, 0, maxNPIs, k.npi),
			Scopes:     k.list("/scopes", in.Scopes.V, 0, engine.MaxKeyScopes, func(pointer, s string) string { return k.scope(pointer, s, in.Role.V) }),
			ExpiresAt:  k.keyEnd(in.ExpiresAt, c.now),
		}
		if in.Scopes.Set && len(in.Scopes.V) == 0 { // or a list that came out empty would open everything
			k.wrong("/scopes", "must name an operation; leave it out, or send null, for all operations of the role")
		}
		if key.Principal == engine.LocalPrincipal {
			k.wrong("/principal", "must be another name: this one asked before there were keys")
		}
		if (key.Role == engine.RoleReviewer) != in.ReviewerID.Set {
			k.wrong("/reviewerId", "goes with the role reviewer, and is required there")
		}
		if (key.Role == engine.RoleRequester) != (len(in.NPIs.V) > 0) {
			k.wrong("/npis", "go with the role requester, and are required there")
		}
		if !c.server.guarded(c.snap) && key.Role != engine.RoleOperator {
			k.wrong("/role", "must be operator: the first key has to be able to make others")
		}
		if !c.mayGive(&key) || c.narrowed != nil && in.Tenant.Set && in.Tenant.V != c.actor.Tenant {
			return key, "", &problem{code: codeForbidden}
		}
		return key, optional(in.Tenant, "/tenant", k.id), nil
	})
}

// mayGive reports whether a new key opens nothing that the caller's does not: a narrowed key makes keys of its own role and
// principal, whose second place it would else take from another one, that are narrowed to some of the same operations.
func (c *call) mayGive(key *engine.CreateKey) bool {
	if c.narrowed == nil {
		return true
	}
	for _, name := range key.Scopes {
		if !c.narrowed[name] {
			return false
		}
	}
	return len(key.Scopes) > 0 && key.Role == c.actor.Role && key.Principal == c.actor.Principal
}

// rotateKey makes the key that takes the place of another one: both are live until the old one is revoked or ends.
func rotateKey(c *call) answer {
	return c.makeKey(func(k *check) (engine.CreateKey, string, *problem) {
		var in rotateIn
		if p := decode(c.body, &in); p != nil {
			return engine.CreateKey{}, "", p
		}
		if c.narrowed != nil { // the secret of another one's key would speak for that one
			old, found := c.snap.APIKey(c.actor.Tenant, c.id)
			if found && old.Principal != c.actor.Principal || in.Tenant.Set && in.Tenant.V != c.actor.Tenant {
				return engine.CreateKey{}, "", &problem{code: codeForbidden}
			}
		}
		return engine.CreateKey{Follows: c.id, ExpiresAt: k.keyEnd(in.ExpiresAt, c.now)}, optional(in.Tenant, "/tenant", k.id), nil
	})
}

// makeKey is what making and rotating have in common.
func (c *call) makeKey(resolve func(*check) (engine.CreateKey, string, *problem)) answer {
	t, secret := c.ticket(), ""
	render := func(o engine.Outcome) answer {
		out := keyMadeOut{keyOut: keyOf(o.APIKey, c.now)}
		if !o.Replayed {
			out.Secret = &secret
		}
		a := ok(http.StatusCreated, out)
		a.version = o.APIKey.Version
		return a
	}
	if a, known := c.recall(t, render); known {
		return a
	}
	var k check
	key, named, p := resolve(&k)
	if p != nil {
		return refuse(p)
	}
	if p := k.problem(); p != nil {
		return refuse(p)
	}
	tenant, found := c.tenantAsked(named)
	if !found {
		return notFound()
	}
	key.Tenant = tenant
	key.ID, secret, key.Hash = NewKey()
	return c.change(t, key, render)
}

// keyEnd reads when a key ends.
func (k *check) keyEnd(in opt[string], now slots.Instant) slots.Instant {
	if !in.Set {
		return now + usualKeyLife
	}
	at := k.instant("/expiresAt", in.V)
	if at <= now || at > now+engine.MaxKeyLife {
		k.wrong("/expiresAt", "must be later than now, by at most 366 days")
	}
	return at
}

// scope is the name of an operation that a role has.
func (k *check) scope(pointer, name, roleName string) string {
	if !HasScope(roleName, name) {
		k.wrong(pointer, "is no operation of the role")
	}
	return name
}

func listKeys(c *call) answer {
	k := check{ofQuery: true}
	limit := k.pageSize(c.query)
	named := ""
	if s, given := c.query["tenant"]; given {
		named = k.id("tenant", s)
	}
	list := "keys\x00" + named
	cursor, cp := c.readCursor(list)
	if p := k.problem(); p != nil {
		return refuse(p)
	}
	if cp != nil {
		return refuse(cp)
	}
	tenant, found := c.tenantAsked(named)
	if !found {
		return notFound()
	}
	out := keysOut{Keys: []keyOut{}}
	last := ""
	c.snap.APIKeys(tenant, cursor.id, func(v *engine.APIKey) bool {
		if v.ID == cursor.id {
			return true // the last one of the page before
		}
		if len(out.Keys) == limit {
			next := c.writeCursor(list, position{id: last})
			out.NextCursor = &next
			return false
		}
		last = v.ID
		out.Keys = append(out.Keys, keyOf(v, c.now))
		return true
	})
	return ok(http.StatusOK, out)
}

// deleteKey revokes a key: it is taken no more from the next snapshot on.
func deleteKey(c *call) answer {
	k := check{ofQuery: true}
	named := ""
	if s, given := c.query["tenant"]; given {
		named = k.id("tenant", s)
	}
	if p := k.problem(); p != nil {
		return refuse(p)
	}
	tenant, found := c.tenantAsked(named)
	if !found {
		return notFound()
	}
	if _, found := c.snap.APIKey(tenant, c.id); !found {
		return notFound()
	}
	o, p := c.submit(ticket{}, engine.RevokeKey{Tenant: tenant, ID: c.id, Expect: c.ifMatch})
	if p != nil {
		return refuse(p)
	}
	if o.Status != engine.StatusOK {
		return refuse(c.refused(o))
	}
	return answer{status: http.StatusNoContent}
}
