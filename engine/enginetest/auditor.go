package enginetest

import (
	"fmt"
	"slices"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/slots"
)

// Auditor predicts the outcome of every command of a Workload from a model of
// its own: plain lists, walked from end to end, which share no code with the
// engine's state and none with the rules. It knows of the rules what the
// workload's world needs, by heart.
type Auditor struct {
	// HoldLimit is the engine's HoldsPerPrincipal.
	HoldLimit int

	now       slots.Instant
	reviewers []auditedReviewer
	cases     []auditedCase
	calls     []auditedCall
	keys      []auditedKey
}

type auditedReviewer struct {
	id            string
	texan         bool
	trained       bool
	active        bool
	before, after slots.Instant // seconds
	cap           int
	version       uint64
}

type auditedCase struct {
	id     string
	texan  bool // a Texas licence is required
	closed bool // approved or withdrawn
}

// auditedCall is a hold or an appointment, of now or of the past.
type auditedCall struct {
	id, principal, reviewer string
	cases                   []string
	start, end              slots.Instant // of the call
	from, to                slots.Instant // with buffers
	until                   slots.Instant // of a hold; 0 = appointment
	over                    bool          // released, confirmed, replaced, cancelled
	attested                bool          // tx_ssl_waived was recorded
	version                 uint64
}

type auditedKey struct {
	principal, key string
	fingerprint    engine.Fingerprint
	until          slots.Instant
}

// Predict returns the status that the engine must give to c at now, and whether
// it must be a replay. If the status is OK the model changes as the state must.
func (a *Auditor) Predict(c engine.Command, now slots.Instant) (status engine.Status, replay bool) {
	a.now = max(a.now, now)
	for _, k := range a.keys {
		if c.Key != "" && k.key == c.Key && k.principal == c.Actor.Principal && a.now < k.until {
			if k.fingerprint != c.Fingerprint {
				return engine.StatusKeyReused, false
			}
			return engine.StatusOK, true
		}
	}
	status = a.decide(c)
	if status == engine.StatusOK && c.Key != "" {
		a.keys = append(a.keys, auditedKey{
			principal: c.Actor.Principal, key: c.Key, fingerprint: c.Fingerprint, until: a.now + 7*24*3600,
		})
	}
	return status, false
}

func (a *Auditor) decide(c engine.Command) engine.Status {
	switch p := c.Payload.(type) {
	case engine.PutReviewer:
		return a.putReviewer(p)
	case engine.DeactivateReviewer:
		return a.deactivate(p)
	case engine.PutCase:
		return a.putCase(p)
	case engine.HoldSlot:
		return a.hold(c.Actor.Principal, p)
	case engine.ReleaseHold:
		return a.release(c.Actor.Principal, p)
	case engine.Book:
		return a.book(c.Actor.Principal, p)
	case engine.Reschedule:
		return a.move(p)
	case engine.Cancel:
		return a.cancel(p)
	}
	panic(fmt.Sprintf("auditor: %T", c.Payload))
}

func (a *Auditor) putReviewer(p engine.PutReviewer) engine.Status {
	v := auditedReviewer{
		id:      p.Reviewer.ID,
		texan:   p.Reviewer.Licenses[0].State == "TX",
		trained: slices.Contains(p.Reviewer.Programs, "msk-spine-surgery"),
		active:  true,
		before:  slots.Instant(p.Reviewer.BufferBefore) * 60,
		after:   slots.Instant(p.Reviewer.BufferAfter) * 60,
		cap:     p.Reviewer.MaxPerDay,
	}
	for i := range a.reviewers {
		if a.reviewers[i].id == v.id {
			v.version = a.reviewers[i].version
			if a.reviewers[i] != v {
				v.version++
			}
			a.reviewers[i] = v
			return engine.StatusOK
		}
	}
	v.version = 1
	a.reviewers = append(a.reviewers, v)
	return engine.StatusOK
}

func (a *Auditor) deactivate(p engine.DeactivateReviewer) engine.Status {
	v := a.reviewer(p.ID)
	switch {
	case v == nil:
		return engine.StatusNotFound
	case p.Expect != 0 && p.Expect != v.version:
		return engine.StatusStaleVersion
	}
	if v.active {
		v.active = false
		v.version++
	}
	return engine.StatusOK
}

func (a *Auditor) putCase(p engine.PutCase) engine.Status {
	c := auditedCase{
		id:     p.Case.ID,
		texan:  p.Case.LineOfBusiness == "commercial",
		closed: p.Case.Determination.Status == "approved" || p.Case.Determination.Status == "withdrawn",
	}
	a.cases = slices.DeleteFunc(a.cases, func(x auditedCase) bool { return x.id == c.id })
	a.cases = append(a.cases, c)
	return engine.StatusOK
}

func (a *Auditor) reviewer(id string) *auditedReviewer {
	for i := range a.reviewers {
		if a.reviewers[i].id == id {
			return &a.reviewers[i]
		}
	}
	return nil
}

func (a *Auditor) caseOf(id string) *auditedCase {
	for i := range a.cases {
		if a.cases[i].id == id {
			return &a.cases[i]
		}
	}
	return nil
}

// call finds a call by id, whatever became of it.
func (a *Auditor) call(id string) *auditedCall {
	for i := range a.calls {
		if a.calls[i].id == id {
			return &a.calls[i]
		}
	}
	return nil
}

// counts reports whether a call takes room now.
func (a *Auditor) counts(c *auditedCall) bool {
	return !c.over && (c.until == 0 || a.now < c.until)
}

// Compare returns how the calls of a snapshot differ from the model, "" if they
// do not.
func (a *Auditor) Compare(s *engine.Snapshot) string {
	for i := range a.calls {
		c := &a.calls[i]
		var start, end slots.Instant
		var active bool
		if c.until != 0 {
			h, ok := s.Hold(Tenant, c.id)
			if active = ok && h.ActiveAt(a.now); active {
				start, end = h.Span.Start, h.Span.End
			}
		} else {
			v, ok := s.Appointment(Tenant, c.id)
			if !ok || v.Version != c.version {
				return fmt.Sprintf("appointment %s: there %v, want version %d", c.id, ok, c.version)
			}
			active, start, end = v.Active(), v.Span.Start, v.Span.End
		}
		if active != a.counts(c) || active && (start != c.start || end != c.end) {
			return fmt.Sprintf("call %s: active %v from %s, want %v from %s", c.id, active, start, a.counts(c), c.start)
		}
		for _, id := range c.cases {
			if x, y := s.ActiveCall(Tenant, id, a.now); active && (x == nil || x.ID != c.id) && (y == nil || y.ID != c.id) {
				return fmt.Sprintf("case %s does not lead to its call %s", id, c.id)
			}
		}
	}
	return a.overlap()
}

// overlap looks at every pair of calls.
func (a *Auditor) overlap() string {
	for i := range a.calls {
		for j := range i {
			x, y := &a.calls[i], &a.calls[j]
			if !a.counts(x) || !a.counts(y) {
				continue
			}
			if x.reviewer == y.reviewer && x.from < y.to && y.from < x.to {
				return fmt.Sprintf("calls %s and %s overlap", x.id, y.id)
			}
			for _, id := range x.cases {
				if slices.Contains(y.cases, id) {
					return fmt.Sprintf("case %s has calls %s and %s", id, x.id, y.id)
				}
			}
		}
	}
	return ""
}
