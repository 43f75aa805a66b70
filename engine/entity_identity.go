package engine

import "github.com/parleyhq/parley/slots"

// Roles of a principal. A key carries one of them; RoleAll is everybody's on a
// server without credentials, and no key's.
const (
	RoleRequester   = "requester"    // an office: its own cases and what was booked for them
	RoleReviewer    = "reviewer"     // one reviewer: the own agenda and calls
	RoleCoordinator = "coordinator"  // the payer's desk: everything clinical of a tenant
	RoleRulesAuthor = "rules_author" // rules alone
	RoleAuditor     = "auditor"      // reads, and exports records
	RoleOperator    = "operator"     // keys and tenants; nothing clinical
	RoleAll         = "all"
)

// LocalPrincipal asks where there are no credentials; no key and no token is of that name.
const LocalPrincipal = "local"

// SourceAPI is the Source of what was asked over HTTP.
const SourceAPI = "api"

// Roles returns the roles that a key may have, in the order in which they are documented.
func Roles() []string {
	return []string{RoleRequester, RoleReviewer, RoleCoordinator, RoleRulesAuthor, RoleAuditor, RoleOperator}
}

// Limits of keys and tenants.
const (
	MaxLiveKeys = 2 // of one principal at once: the present one and the next
	// MaxKeptKeys bounds the keys of one principal that are remembered; a new one
	// drops those that ended first.
	MaxKeptKeys  = 16
	MaxKeys      = 100_000 // remembered keys of one tenant
	MaxTenants   = 10_000
	MaxKeyNPIs   = 256 // offices of one key
	MaxKeyScopes = 128 // operations of one key
	// MaxKeyLife is how long a key lives at most, in seconds of stamped time: 366 days.
	MaxKeyLife = 366 * 24 * slots.Hour
	// MaxTenantName bounds the name of a tenant, in bytes.
	MaxTenantName = 200
)

// Tenant is an organisation with a roster of its own. The one that a store was
// made for needs no such record.
type Tenant struct {
	ID   string
	Name string // of the organisation, "" = none
	// Disabled: no credential of the tenant is taken.
	Disabled  bool
	CreatedAt slots.Instant
	UpdatedAt slots.Instant
	Version   uint64 // from 1, one more with each change
}

// APIKey lets a principal in. What it is told by is a secret that nobody keeps; its
// SHA-256 is here. Ids are unique among all tenants.
type APIKey struct {
	Tenant, ID      string
	Hash            [32]byte // SHA-256 of the secret, not zero
	Role, Principal string
	ReviewerID      string   // whose agenda, of a reviewer
	NPIs            []string // of the office, of a requester
	Scopes          []string // operations that it is narrowed to; none = all of the role's
	CreatedAt       slots.Instant
	CreatedBy       string        // principal
	ExpiresAt       slots.Instant // it is taken before that
	RevokedAt       slots.Instant // 0 = not revoked
	Version         uint64        // from 1, one more with each change
}

// LiveAt reports whether the key is taken at now.
func (k *APIKey) LiveAt(now slots.Instant) bool { return k.RevokedAt == 0 && now < k.ExpiresAt }

// endedAt is when a key ended or will end.
func (k *APIKey) endedAt() slots.Instant {
	if k.RevokedAt != 0 {
		return min(k.RevokedAt, k.ExpiresAt)
	}
	return k.ExpiresAt
}
