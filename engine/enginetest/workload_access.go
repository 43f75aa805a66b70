package enginetest

import (
	"slices"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/slots"
)

// identity makes a command on tenants and keys, now and then about those of another tenant.
func (w *Workload) identity(actor *engine.Actor) engine.Payload {
	actor.Role, actor.Principal = engine.RoleOperator, "operator"
	switch n := w.rnd.IntN(100); {
	case n < 25:
		return w.putTenant(actor)
	case n < 75:
		return w.createKey(actor)
	}
	p := engine.RevokeKey{ID: w.accessKey(""), Tenant: w.named(actor), Expect: uint64(max(0, w.rnd.IntN(8)-5))}
	if w.chance(70) && len(w.audit.access) > 0 { // of whose the key is
		k := pick(w, w.audit.access)
		p.ID, p.Tenant = k.image.ID, k.image.Tenant
	}
	return p
}

// named is the tenant that a command names: mostly none, so the actor's own.
func (w *Workload) named(actor *engine.Actor) string {
	switch n := w.rnd.IntN(100); {
	case n < 60:
		return ""
	case n < 80:
		return actor.Tenant
	case n < 97:
		return pick(w, tenants)
	}
	return "nowhere"
}

// putTenant changes a tenant. The first one stays enabled: it writes the plugs.
func (w *Workload) putTenant(actor *engine.Actor) engine.Payload {
	p := engine.PutTenant{Tenant: engine.Tenant{ID: pick(w, []string{"north", "south", "south", "west"}), Name: pick(w, []string{"", "A", "B"})}}
	if p.Tenant.ID != tenants[0] {
		p.Tenant.Disabled = w.chance(40)
	} else if w.chance(20) && actor.Tenant == tenants[0] {
		p.Tenant.Disabled = true // the own one: refused
	}
	if w.chance(20) {
		p.Expect = uint64(1 + w.rnd.IntN(3))
	}
	return p
}

func (w *Workload) createKey(actor *engine.Actor) engine.Payload {
	p := engine.CreateKey{Tenant: w.named(actor), ID: w.id("access"), ExpiresAt: w.clock + slots.Instant(1+w.rnd.IntN(4*3600))}
	for i := range p.Hash {
		p.Hash[i] = byte(1 + w.rnd.IntN(255))
	}
	switch n := w.rnd.IntN(100); {
	case n < 4:
		p.ExpiresAt = w.clock + 366*24*3600 + slots.Instant(w.rnd.IntN(3)-1)
	case n < 7:
		p.ExpiresAt = w.clock - slots.Instant(w.rnd.IntN(2))
	case n < 12:
		p.ID = w.accessKey(p.ID)
	}
	if w.chance(25) {
		p.Follows = w.accessKey("")
		return p
	}
	p.Principal, p.Role = pick(w, principals), engine.RoleCoordinator
	switch w.rnd.IntN(4) {
	case 0:
		p.Role, p.ReviewerID = engine.RoleReviewer, w.reviewer()
	case 1:
		p.Role, p.NPIs = engine.RoleRequester, []string{"1234567893"}
	}
	return p
}

// accessKey picks a key, mostly one of the newest; or one that is not there.
func (w *Workload) accessKey(other string) string {
	if n := len(w.audit.access); n > 0 && !w.chance(10) {
		return w.audit.access[max(0, n-1-w.rnd.IntN(6))].image.ID
	}
	if other == "" {
		return "access-unknown"
	}
	return other
}

// credential is the key that a command comes with: mostly one of its tenant that is live.
func (w *Workload) credential(cmd *engine.Command) string {
	var live []string
	for i := range w.audit.access {
		if k := &w.audit.access[i]; k.image.Tenant == cmd.Actor.Tenant && k.live(w.clock) {
			live = append(live, k.image.ID)
		}
	}
	switch {
	case w.chance(12):
		return w.accessKey("")
	case len(live) == 0:
		return ""
	}
	return slices.Max(live)
}
