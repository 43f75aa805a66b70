package engine

import (
	"fmt"
	"slices"

	"github.com/parleyhq/parley/slots"
)

// access is who may ask: part of the state like everything else that commands
// change, so that a revoked key is refused from the next snapshot on.
type access struct {
	tenants table[Tenant] // by "" and id
	apiKeys table[APIKey]

	// Derived.
	keyTenant index      // every key's tenant as the id; key: the key's id, under the tenant ""
	keysOf    index      // keys by principal
	keyCounts table[int] // number of keys by tenant and "", of those that have any
	accessSeq Seq        // of the entry that changed one of them last, as far as this process has seen
}

func newAccess() access {
	return access{
		tenants: newTable[Tenant](), apiKeys: newTable[APIKey](),
		keyTenant: newIndex(), keysOf: newIndex(), keyCounts: newTable[int](),
	}
}

func (a *access) clone() access {
	return access{a.tenants.clone(), a.apiKeys.clone(), a.keyTenant.clone(), a.keysOf.clone(), a.keyCounts.clone(), a.accessSeq}
}

func (s *state) putTenant(t *Tenant) error {
	s.tenants.put("", t.ID, t)
	s.accessSeq = s.seq
	return nil
}

// putAPIKey stores a key, new or changed.
func (s *state) putAPIKey(k *APIKey) error {
	if k.Hash == [32]byte{} {
		return errContradiction("key %s has no secret", k.ID)
	}
	old, known := s.apiKeys.get(k.Tenant, k.ID)
	switch {
	case known && old.Principal != k.Principal:
		return errContradiction("key %s goes from one principal to another", k.ID)
	case !known:
		if other, taken := s.tenantOfKey(k.ID); taken {
			return errContradiction("key %s of %s is of %s already", k.ID, k.Tenant, other)
		}
		s.keyTenant.add(indexed{key: k.ID, id: k.Tenant})
		s.keysOf.add(indexed{tenant: k.Tenant, key: k.Principal, id: k.ID})
		s.countKeys(k.Tenant, 1)
	}
	s.apiKeys.put(k.Tenant, k.ID, k)
	s.accessSeq = s.seq
	return nil
}

func (s *state) dropAPIKey(tenant, id string) error {
	k, ok := s.apiKeys.get(tenant, id)
	if !ok {
		return errContradiction("no key %s", id)
	}
	s.keyTenant.drop(indexed{key: id, id: tenant})
	s.keysOf.drop(indexed{tenant: tenant, key: k.Principal, id: id})
	s.apiKeys.drop(tenant, id)
	s.countKeys(tenant, -1)
	s.accessSeq = s.seq
	return nil
}

func (s *state) countKeys(tenant string, by int) {
	if n := s.tenantKeys(tenant) + by; n != 0 {
		s.keyCounts.put(tenant, "", &n)
	} else {
		s.keyCounts.drop(tenant, "")
	}
}

// tenantKeys returns how many keys of a tenant are remembered.
func (s *state) tenantKeys(tenant string) int {
	n, ok := s.keyCounts.get(tenant, "")
	if !ok {
		return 0
	}
	return *n
}

// tenantOfKey returns whose a key is.
func (s *state) tenantOfKey(id string) (tenant string, found bool) {
	s.keyTenant.ids("", id, func(t string) bool {
		tenant, found = t, true
		return false
	})
	return tenant, found
}

// apiKey returns a key by its id alone.
func (s *state) apiKey(id string) (*APIKey, bool) {
	tenant, found := s.tenantOfKey(id)
	if !found {
		return nil, false
	}
	return s.apiKeys.get(tenant, id)
}

// principalKeys returns the keys of a principal, those that end last first.
func (s *state) principalKeys(tenant, principal string) (keys []*APIKey) {
	s.keysOf.ids(tenant, principal, func(id string) bool {
		k, _ := s.apiKeys.get(tenant, id)
		keys = append(keys, k)
		return true
	})
	slices.SortStableFunc(keys, func(a, b *APIKey) int { return int(b.endedAt() - a.endedAt()) })
	return keys
}

// admits reports whether a command of a tenant, given with a key ("" = with none
// of ours), is taken at now.
func (s *state) admits(a *Actor, keyID string, now slots.Instant) bool {
	tenant := a.Tenant
	if keyID != "" {
		if k, ok := s.apiKeys.get(tenant, keyID); !ok || !k.LiveAt(now) {
			return false
		}
	} else if a.Role == RoleAll && a.Source == SourceAPI && s.apiKeys.len() > 0 {
		return false // let in before there were keys, and judged after
	}
	if s.tenants.len() == 0 {
		return true
	}
	t, ok := s.tenants.get("", tenant)
	return !ok || !t.Disabled
}

// checkAccess compares the indexes of keys with the keys.
func (s *state) checkAccess() error {
	fresh := newState()
	var err error
	s.apiKeys.each(func(k *APIKey) bool {
		err = fresh.putAPIKey(k)
		return err == nil
	})
	switch {
	case err != nil:
		return err
	case !sameItems(&s.keyTenant.tree, &fresh.keyTenant.tree):
		return fmt.Errorf("index of keys by id differs from the keys")
	case !sameItems(&s.keysOf.tree, &fresh.keysOf.tree):
		return fmt.Errorf("index of keys by principal differs from the keys")
	case !sameRows(&s.keyCounts, &fresh.keyCounts):
		return fmt.Errorf("counts of keys by tenant differ from the keys")
	}
	return nil
}
