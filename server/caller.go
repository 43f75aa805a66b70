package server

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"slices"
	"strings"
	"sync"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/slots"
)

// role numbers the roles of callers.
type role uint8

const (
	roleNobody role = iota // no credential that is taken
	roleAll                // everybody, where no credentials are configured
	roleRequester
	roleReviewer
	roleCoordinator
	roleRulesAuthor
	roleAuditor
	roleOperator
	roleCount
)

var roleNames = [roleCount]string{
	roleNobody: "", roleAll: engine.RoleAll, roleRequester: engine.RoleRequester, roleReviewer: engine.RoleReviewer,
	roleCoordinator: engine.RoleCoordinator, roleRulesAuthor: engine.RoleRulesAuthor,
	roleAuditor: engine.RoleAuditor, roleOperator: engine.RoleOperator,
}

// roleOf returns the number of a role that a credential may carry, roleNobody for any other text.
func roleOf(name string) role {
	for r := roleRequester; r < roleCount; r++ {
		if roleNames[r] == name {
			return r
		}
	}
	return roleNobody
}

// caller is who asks, as the credential says. It is shared by requests and never changed.
type caller struct {
	actor engine.Actor
	role  role
	// scope is what of its tenant the caller sees on routes that are for the own alone; nil for roles without one.
	scope      *engine.Scope
	credential string          // id of the key, "" if it is no key
	scopes     map[string]bool // names of routes that the credential is narrowed to; nil = none
	key        *engine.APIKey  // nil if it is no key
	disabled   bool            // the tenant is
	name       []byte          // in the tables of buckets: the tenant, a zero byte, the principal
	office     string          // of a requester, in the table of offices; "" = of no office
}

// newCaller makes the caller of a role; nil if it is none that a credential may carry.
func newCaller(tenant, principal, roleName, reviewerID string, npis, scopes []string) *caller {
	w := &caller{
		actor: engine.Actor{Tenant: tenant, Principal: principal, Role: roleName, Source: engine.SourceAPI}, role: roleOf(roleName),
		name: []byte(tenant + "\x00" + principal),
	}
	switch w.role {
	case roleNobody:
		return nil
	case roleRequester:
		w.scope = &engine.Scope{Principal: principal, NPIs: npis}
		w.office = officeName(w.name, tenant, npis)
	case roleReviewer:
		w.scope = &engine.Scope{Principal: principal, ReviewerID: reviewerID}
	}
	if len(scopes) > 0 {
		w.scopes = make(map[string]bool, len(scopes))
		for _, name := range scopes {
			w.scopes[name] = true
		}
	}
	return w
}

// officeName is the same for all credentials of an office: a digest of its tenant and NPIs, in whatever order they are named. Who has none is an office by
// itself, by its name.
func officeName(name []byte, tenant string, npis []string) string {
	if len(npis) > 0 {
		own := slices.Compact(slices.Sorted(slices.Values(npis)))
		name = []byte(tenant + "\x00 " + strings.Join(own, " ")) // no principal has a space
	}
	sum := sha256.Sum256(name)
	return string(sum[:])
}

// callers keeps the callers of keys that have asked, so that a request costs a digest and a look into a map. What it
// keeps is good for one state of tenants and keys, and forgotten with the next.
type callers struct {
	mu   sync.RWMutex
	seq  engine.Seq // of the snapshot's access
	byID map[string]*caller
}

// maxKeptCallers bounds the callers that are kept.
const maxKeptCallers = 1 << 16

// find returns the caller of a key by its id; nil if there is no such key.
func (k *callers) find(snap *engine.Snapshot, id []byte) *caller {
	seq := snap.AccessSeq()
	k.mu.RLock()
	var w *caller
	if k.seq == seq {
		w = k.byID[string(id)]
	}
	k.mu.RUnlock()
	if w != nil {
		return w
	}
	key, ok := snap.APIKeyByID(string(id))
	if !ok {
		return nil
	}
	if w = newCaller(key.Tenant, key.Principal, key.Role, key.ReviewerID, key.NPIs, key.Scopes); w == nil {
		return nil
	}
	w.key, w.credential = key, key.ID
	w.disabled = tenantDisabled(snap, key.Tenant)
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.byID == nil || k.seq < seq || len(k.byID) >= maxKeptCallers {
		k.seq, k.byID = seq, map[string]*caller{}
	}
	if k.seq == seq {
		k.byID[key.ID] = w
	}
	return w
}

func tenantDisabled(snap *engine.Snapshot, id string) bool {
	t, ok := snap.Tenant(id)
	return ok && t.Disabled
}

// A key is told as parley_ID_SECRET. The whole of it is what is hashed.
const (
	keyPrefix = "parley_"
	// maxCredentialBytes bounds a credential; a longer one is not looked at.
	maxCredentialBytes = 4 << 10
)

var bearer = []byte("Bearer ")

// tokenIn returns the bearer token of an Authorization header, nil if there is none or it is too long.
func tokenIn(value []byte) []byte {
	if len(value) <= len(bearer) || len(value) > maxCredentialBytes || !bytes.EqualFold(value[:len(bearer)], bearer) {
		return nil
	}
	return value[len(bearer):]
}

// keyIDIn returns the id of the key that a token is, if it is one.
func keyIDIn(token []byte) (id []byte, isKey bool) {
	rest, isKey := bytes.CutPrefix(token, []byte(keyPrefix))
	id, _, _ = bytes.Cut(rest, []byte{'_'})
	return id, isKey
}

// keyShownIn returns the id of the key in an Authorization header, "" if that is none or is none that a key can have.
func keyShownIn(value []byte) string {
	if id, isKey := keyIDIn(tokenIn(value)); isKey && len(id) <= maxSegmentBytes {
		return string(id)
	}
	return ""
}

// identify finds out who sent an Authorization header; nil if it is nobody who is let in. value is not kept. A token that
// has not been seen is looked at only where more says so.
func (s *Server) identify(snap *engine.Snapshot, now slots.Instant, value []byte, more func() bool) *caller {
	token := tokenIn(value)
	id, isKey := keyIDIn(token)
	if !isKey {
		if s.tokens == nil || !ofTokenForm(token) {
			return nil
		}
		return s.tokens.caller(snap, token, more)
	}
	sum := sha256.Sum256(token)
	w := s.callers.find(snap, id)
	var want [sha256.Size]byte // an unknown id takes the time of a known one
	if w != nil {
		want = w.key.Hash
	}
	if same := subtle.ConstantTimeCompare(sum[:], want[:]); same != 1 || w == nil {
		return nil
	}
	if w.disabled || !w.key.LiveAt(now) {
		return nil
	}
	return w
}
