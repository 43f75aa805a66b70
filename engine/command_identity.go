package engine

import "github.com/parleyhq/parley/slots"

// PutTenant creates or replaces a tenant. CreatedAt, UpdatedAt and Version are the
// engine's to assign. Nobody disables the tenant that he acts for.
type PutTenant struct {
	Tenant Tenant
	Expect uint64 // version that must be current, 0 = any
}

// CreateKey makes a key. Its id and secret are made by the caller, who passes on
// the secret's SHA-256 alone.
type CreateKey struct {
	Tenant string // "" = the actor's
	ID     string
	Hash   [32]byte
	// Follows is the id of a live key of the tenant that the new one will take the
	// place of: role, principal, reviewer, NPIs and scopes are that key's, and the
	// fields below are left empty. Both are taken until one ends.
	Follows         string
	Role, Principal string
	ReviewerID      string   // required of a reviewer, else empty
	NPIs            []string // required of a requester, else empty
	Scopes          []string
	ExpiresAt       slots.Instant // later than now, by at most MaxKeyLife
}

// RevokeKey ends a key at once. Once more is the same answer.
type RevokeKey struct {
	Tenant string // "" = the actor's
	ID     string
	Expect uint64 // version that must be current, 0 = any
}

// Kind implements Payload.
func (PutTenant) Kind() Kind { return KindPutTenant }

// Kind implements Payload.
func (CreateKey) Kind() Kind { return KindCreateKey }

// Kind implements Payload.
func (RevokeKey) Kind() Kind { return KindRevokeKey }
