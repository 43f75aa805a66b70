package enginetest

import (
	"slices"
	"strings"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/slots"
)

func seconds(minutes int) slots.Instant { return slots.Instant(minutes) * 60 }

func (a *Auditor) reschedule(actor engine.Actor, p engine.Reschedule) Verdict {
	i := a.findAppointment(actor.Tenant, p.ID)
	if i < 0 {
		a.foreign(actor.Tenant, p.ID)
		return refused(engine.StatusNotFound)
	}
	old := a.calls[i]
	switch {
	case stale(p.Expect, old.version):
		return refused(engine.StatusStaleVersion)
	case old.status != engine.Booked:
		return refused(engine.StatusNotReschedulable)
	}
	return a.move(i, actor, p, 0)
}

// move gives a call another slot, not before an instant unless that is 0.
func (a *Auditor) move(i int, actor engine.Actor, p engine.Reschedule, notBefore slots.Instant) Verdict {
	old := a.calls[i]
	switch {
	case old.reviewer == p.ReviewerID && old.span.Start == p.Start && sameCodes(old.attested, p.Attestations):
		a.counts.Add("moved onto itself")
		return Verdict{call: &old}
	}
	w := &wish{
		actor: actor, caseIDs: old.cases, reviewerID: p.ReviewerID, start: p.Start,
		specialty: old.specialty, firstAsked: old.firstAsked, clinician: true,
		mode: old.mode, notBefore: notBefore,
	}
	if s := a.look(w); s != engine.StatusOK {
		return refused(s)
	}
	if s := a.combine(w); s != engine.StatusOK {
		return refused(s)
	}
	except := i
	if a.twist == TwistMoveBlocked {
		except = -1
	}
	if s := a.place(w, except); s != engine.StatusOK {
		return refused(s)
	}
	if v := a.agree(w, engine.Expect{}, p.Attestations); v.Status != engine.StatusOK {
		return v
	}
	if a.meet(old.span, w.span) && old.reviewer == p.ReviewerID {
		a.counts.Add("moved onto an overlap of itself")
	}
	if old.reviewer != p.ReviewerID {
		a.counts.Add("moved to another reviewer")
	}
	moved := old
	moved.reviewer, moved.span, moved.busy, moved.tier = p.ReviewerID, w.span, w.busy, w.tier
	moved.attested, moved.updated = w.attest(p.Attestations), a.now
	moved.version++
	a.calls[i] = moved
	return Verdict{call: &moved, changed: true}
}

// sameCodes tells whether exactly the given codes are recorded.
func sameCodes(recorded, given []string) bool {
	var codes []string
	for _, r := range recorded {
		_, code, _ := strings.Cut(r, " ")
		codes = append(codes, code)
	}
	return containsAll(codes, given) && containsAll(given, codes)
}

// foreign counts ids that mean something to another tenant only.
func (a *Auditor) foreign(tenant, id string) {
	if slices.ContainsFunc(a.calls, func(c call) bool { return !c.held && c.id == id && c.tenant != tenant }) {
		a.counts.Add("appointment of another tenant")
	}
}

func (a *Auditor) cancel(actor engine.Actor, p engine.Cancel) Verdict {
	i := a.findAppointment(actor.Tenant, p.ID)
	if i < 0 {
		a.foreign(actor.Tenant, p.ID)
		return refused(engine.StatusNotFound)
	}
	c := &a.calls[i]
	if stale(p.Expect, c.version) {
		return refused(engine.StatusStaleVersion)
	}
	switch c.status {
	case engine.Booked:
	case engine.Cancelled:
		a.counts.Add("cancelled again")
		again := *c
		return Verdict{call: &again}
	default:
		return refused(engine.StatusNotCancellable)
	}
	c.over, c.status, c.cancelledBy, c.updated = true, engine.Cancelled, p.By, a.now
	c.version++
	cancelled := *c
	return Verdict{call: &cancelled, changed: true}
}
