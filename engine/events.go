package engine

import (
	"errors"
	"slices"
)

// MaxEventScan is how many entries one call of Events looks at, at most: those of
// other tenants count too.
const MaxEventScan = 10_000

// Change is the audit record of an entry and the tenants that it is of: that of the actor, and
// any other one whose tenant record or key it changed.
type Change struct {
	AuditRecord
	Tenants []string
}

// Of reports whether a change is one of a tenant.
func (c *Change) Of(tenant string) bool { return slices.Contains(c.Tenants, tenant) }

// change derives the change of an entry. That the journal was anchored is nobody's.
func (e *entry) change() Change {
	c := Change{AuditRecord: e.auditRecord()}
	if e.kind == KindAnchorJournal {
		return c
	}
	c.Tenants = append(c.Tenants, e.actor.Tenant)
	for _, f := range e.effects {
		tenant := ""
		switch f := f.(type) {
		case *putTenant:
			tenant = f.image.ID
		case *putAPIKey:
			tenant = f.image.Tenant
		case *dropAPIKey:
			tenant = f.tenant
		}
		if tenant != "" && !c.Of(tenant) {
			c.Tenants = append(c.Tenants, tenant)
		}
	}
	return c
}

// Changes yields the changes of the entries after a position up to another one, or to
// what a snapshot shows at the moment of the call. An error of yield ends the walk and is
// returned; the others are the log's.
func (e *Engine) Changes(after, through Seq, yield func(*Change) error) error {
	through = min(through, e.Snapshot().Seq())
	if after >= through {
		return nil
	}
	err := e.options.Log.Read(after+1, func(seq Seq, payload []byte) error {
		entry, err := decodeEntry(payload)
		if err != nil {
			return err
		}
		c := entry.change()
		if err := yield(&c); err != nil {
			return err
		}
		if seq == through {
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return err
}

// Events yields the changes of a tenant that come after a position, in the order of
// the log, at most limit of them. It shows what a snapshot shows at the moment of the
// call. The position returned is the last one it has looked at, to go
// on behind; there may be more events behind it as long as it grows. Errors are the
// log's.
func (e *Engine) Events(tenant string, after Seq, limit int, yield func(*Change) bool) (Seq, error) {
	if limit <= 0 {
		return after, nil
	}
	err := e.Changes(after, after+MaxEventScan, func(c *Change) error {
		after = c.Seq
		if c.Of(tenant) {
			if limit--; !yield(c) || limit == 0 {
				return errEnough
			}
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return after, err
}
