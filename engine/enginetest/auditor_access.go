package enginetest

import (
	"slices"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/slots"
)

// What the contract says of tenants and keys, as the auditor knows it.
const (
	liveKeys    = 2               // of one principal
	keptKeys    = 16              // of one principal, whether they have ended or not
	keyLifetime = 366 * 24 * 3600 // seconds, at most
)

type knownTenant struct {
	image   engine.Tenant // as last put
	version uint64
}

// accessKey is a key that lets a principal in.
type accessKey struct {
	image   engine.APIKey
	revoked slots.Instant
	version uint64
}

func (k *accessKey) live(now slots.Instant) bool { return k.revoked == 0 && now < k.image.ExpiresAt }

// ended is when a key has ended or will end.
func (k *accessKey) ended() slots.Instant {
	if k.revoked != 0 {
		return min(k.revoked, k.image.ExpiresAt)
	}
	return k.image.ExpiresAt
}

// letIn tells whether a command is looked at: its tenant is not disabled, and the key that
// it came with, if any, is of the tenant and has not ended.
func (a *Auditor) letIn(cmd *engine.Command) bool {
	if cmd.Credential != "" {
		i := a.findAccessKey(cmd.Credential)
		switch {
		case i < 0:
			a.counts.Add("key of nobody")
			return false
		case a.access[i].image.Tenant != cmd.Actor.Tenant:
			a.counts.Add("key of another tenant")
			return false
		case a.access[i].revoked != 0:
			a.counts.Add("key revoked")
			return false
		case !a.access[i].live(a.now):
			a.counts.Add("key expired")
			return false
		}
		a.counts.Add("let in by a key")
	}
	i := a.findTenant(cmd.Actor.Tenant)
	if i >= 0 && a.tenants[i].image.Disabled {
		a.counts.Add("tenant disabled")
		return false
	}
	return true
}

func (a *Auditor) findTenant(id string) int {
	return slices.IndexFunc(a.tenants, func(t knownTenant) bool { return t.image.ID == id })
}

func (a *Auditor) findAccessKey(id string) int {
	return slices.IndexFunc(a.access, func(k accessKey) bool { return k.image.ID == id })
}

func (a *Auditor) putTenant(actor engine.Actor, p engine.PutTenant) Verdict {
	i := a.findTenant(p.Tenant.ID)
	current := uint64(0)
	if i >= 0 {
		current = a.tenants[i].version
	}
	switch {
	case stale(p.Expect, current):
		return refused(engine.StatusStaleVersion)
	case p.Tenant.Disabled && p.Tenant.ID == actor.Tenant:
		return refused(engine.StatusInvalid)
	}
	if i < 0 {
		a.tenants = append(a.tenants, knownTenant{p.Tenant, 1})
		return Verdict{version: 1, changed: true, Created: true}
	}
	t := &a.tenants[i]
	changed := t.image.Name != p.Tenant.Name || t.image.Disabled != p.Tenant.Disabled
	if changed {
		t.image = p.Tenant
		t.version++
	}
	return Verdict{version: t.version, changed: changed}
}

func (a *Auditor) createKey(actor engine.Actor, p engine.CreateKey) Verdict {
	tenant := p.Tenant
	if tenant == "" {
		tenant = actor.Tenant
	}
	if tenant != actor.Tenant && a.findTenant(tenant) < 0 {
		return refused(engine.StatusNotFound)
	}
	k := accessKey{version: 1, image: engine.APIKey{
		Tenant: tenant, ID: p.ID, Role: p.Role, Principal: p.Principal, ReviewerID: p.ReviewerID, NPIs: p.NPIs, ExpiresAt: p.ExpiresAt,
	}}
	if p.Follows != "" {
		i := a.findAccessKey(p.Follows)
		if i < 0 || a.access[i].image.Tenant != tenant || !a.access[i].live(a.now) {
			return refused(engine.StatusNotFound)
		}
		before := &a.access[i].image
		k.image.Role, k.image.Principal, k.image.ReviewerID, k.image.NPIs = before.Role, before.Principal, before.ReviewerID, before.NPIs
	}
	if a.findAccessKey(p.ID) >= 0 || p.ExpiresAt <= a.now || p.ExpiresAt > a.now+keyLifetime {
		return refused(engine.StatusInvalid)
	}
	own := a.keysOf(tenant, k.image.Principal)
	live := 0
	for _, id := range own {
		if a.access[a.findAccessKey(id)].live(a.now) {
			live++
		}
	}
	if live >= liveKeys {
		return refused(engine.StatusTooManyKeys)
	}
	for _, id := range own[min(len(own), keptKeys-1):] {
		a.counts.Add("key forgotten for a new one")
		a.access = slices.Delete(a.access, a.findAccessKey(id), a.findAccessKey(id)+1)
	}
	if p.Follows != "" {
		a.counts.Add("key rotated")
	}
	a.access = append(a.access, k)
	return Verdict{version: 1, changed: true, Created: true, access: &k}
}

// keysOf lists the keys of a principal, those that end last first.
func (a *Auditor) keysOf(tenant, principal string) (ids []string) {
	var own []accessKey
	for _, k := range a.access {
		if k.image.Tenant == tenant && k.image.Principal == principal {
			own = append(own, k)
		}
	}
	slices.SortFunc(own, func(x, y accessKey) int {
		if x.ended() != y.ended() {
			return int(y.ended() - x.ended())
		}
		if x.image.ID < y.image.ID {
			return -1
		}
		return 1
	})
	for _, k := range own {
		ids = append(ids, k.image.ID)
	}
	return ids
}

func (a *Auditor) revokeKey(actor engine.Actor, p engine.RevokeKey) Verdict {
	tenant := p.Tenant
	if tenant == "" {
		tenant = actor.Tenant
	}
	i := a.findAccessKey(p.ID)
	if i < 0 || a.access[i].image.Tenant != tenant {
		return refused(engine.StatusNotFound)
	}
	k := &a.access[i]
	if stale(p.Expect, k.version) {
		return refused(engine.StatusStaleVersion)
	}
	changed := k.revoked == 0
	if changed {
		k.revoked = a.now
		k.version++
	}
	then := *k
	return Verdict{version: k.version, changed: changed, access: &then}
}

// compare tells how a key differs from what was expected.
func (k *accessKey) compare(d *differ, got *engine.APIKey) {
	if got == nil {
		d.errorf("key %s is not there", k.image.ID)
		return
	}
	want(d, "id of the key", got.ID, k.image.ID)
	want(d, "tenant of key "+got.ID, got.Tenant, k.image.Tenant)
	want(d, "role of key "+got.ID, got.Role, k.image.Role)
	want(d, "principal of key "+got.ID, got.Principal, k.image.Principal)
	want(d, "reviewer of key "+got.ID, got.ReviewerID, k.image.ReviewerID)
	wantList(d, "offices of key "+got.ID, got.NPIs, k.image.NPIs)
	want(d, "end of key "+got.ID, got.ExpiresAt, k.image.ExpiresAt)
	want(d, "revocation of key "+got.ID, got.RevokedAt, k.revoked)
	want(d, "version of key "+got.ID, got.Version, k.version)
}

// compareAccess checks tenants and keys, and that nobody sees those of another tenant.
func (a *Auditor) compareAccess(d *differ, s *engine.Snapshot) {
	known := 0
	s.Tenants("", func(*engine.Tenant) bool { known++; return true })
	want(d, "number of tenants", known, len(a.tenants))
	for i := range a.tenants {
		t := &a.tenants[i]
		got, ok := s.Tenant(t.image.ID)
		if !ok || got.Version != t.version || got.Name != t.image.Name || got.Disabled != t.image.Disabled {
			d.errorf("tenant %s is %v, expected version %d, disabled %v", t.image.ID, got, t.version, t.image.Disabled)
		}
	}
	for _, tenant := range tenants {
		var got, expected []string
		s.APIKeys(tenant, "", func(k *engine.APIKey) bool {
			got = append(got, k.ID)
			return true
		})
		for i := range a.access {
			k := &a.access[i]
			stored, _ := s.APIKey(tenant, k.image.ID)
			if k.image.Tenant == tenant {
				expected = append(expected, k.image.ID)
				k.compare(d, stored)
			} else if stored != nil {
				d.errs = append(d.errs, violated(CodeTenant, "tenant %s sees key %s of %s", tenant, k.image.ID, k.image.Tenant))
			}
		}
		slices.Sort(expected)
		wantList(d, "keys of "+tenant, got, expected)
	}
	want(d, "whether there are keys", s.HasKeys(), len(a.access) > 0)
}
