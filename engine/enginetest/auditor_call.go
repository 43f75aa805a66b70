package enginetest

import (
	"slices"

	"github.com/parleyhq/parley/engine"
)

// taken tells whether an id names an active hold or any appointment, or is kept
// for one.
func (a *Auditor) taken(tenant, id string) bool {
	kept := slices.ContainsFunc(a.requests, func(r request) bool { return r.tenant == tenant && r.apt == id && r.open() })
	return kept || a.findHold(tenant, id) >= 0 || a.findAppointment(tenant, id) >= 0
}

// booked asks whether a case has a call already. An own hold for the very same
// cases, and the one that is named, make room: their position is returned.
func (a *Auditor) booked(w *wish, named string) (own int, status engine.Status) {
	own = -1
	for i := range a.calls {
		c := &a.calls[i]
		if c.tenant != w.actor.Tenant || !a.active(c) || !meetAny(c.cases, w.caseIDs) {
			continue
		}
		same := len(c.cases) == len(w.caseIDs) && containsAll(c.cases, w.caseIDs)
		switch {
		case !c.held:
			return -1, engine.StatusCaseAlreadyScheduled
		case c.principal != w.actor.Principal && a.twist == TwistCaseHeldFree:
		case c.principal != w.actor.Principal:
			a.counts.Add("case held by somebody else")
			return -1, engine.StatusCaseAlreadyScheduled
		case same || c.id == named:
			own = i
		default:
			a.counts.Add("case held with other cases")
			return -1, engine.StatusCaseAlreadyScheduled
		}
	}
	return own, engine.StatusOK
}

func meetAny(x, y []string) bool {
	return slices.ContainsFunc(x, func(s string) bool { return slices.Contains(y, s) })
}

func containsAll(x, y []string) bool {
	return !slices.ContainsFunc(y, func(s string) bool { return !slices.Contains(x, s) })
}

func (a *Auditor) hold(actor engine.Actor, p engine.HoldSlot) Verdict {
	if a.taken(actor.Tenant, p.ID) {
		return refused(engine.StatusInvalid)
	}
	w := &wish{
		actor: actor, caseIDs: p.CaseIDs, reviewerID: p.ReviewerID, start: p.Start,
		mode: engine.ModeSlot, specialty: p.SpecialtyMatch, clinician: true,
	}
	if s := a.look(w); s != engine.StatusOK {
		return refused(s)
	}
	if s := a.combine(w); s != engine.StatusOK {
		return refused(s)
	}
	own, s := a.booked(w, "")
	if s != engine.StatusOK {
		return refused(s)
	}
	if s := a.place(w, own); s != engine.StatusOK {
		return refused(s)
	}
	return a.grasp(w, own, p.ID)
}

// grasp makes a hold of a wish, unless there are too many.
func (a *Auditor) grasp(w *wish, own int, id string) Verdict {
	count := 0
	for i := range a.calls {
		c := &a.calls[i]
		if c.held && c.tenant == w.actor.Tenant && c.principal == w.actor.Principal && i != own && a.active(c) {
			count++
		}
	}
	if count >= a.holdLimit {
		return refused(engine.StatusTooManyHolds)
	}
	if own >= 0 {
		a.calls[own].over = true
		a.counts.Add("hold replaced")
	}
	a.ask(w)
	return a.keep(call{
		tenant: w.actor.Tenant, id: id, held: true, cases: w.caseIDs, reviewer: w.reviewerID, mode: w.mode,
		span: w.span, busy: w.busy, principal: w.actor.Principal, tier: w.tier,
		until: a.now + seconds(w.terms.hold), created: a.now, specialty: w.specialty,
		caller: w.caller,
	})
}

// keep adds a call.
func (a *Auditor) keep(c call) Verdict {
	a.calls = append(a.calls, c)
	if i := a.findReviewer(c.tenant, c.reviewer); a.reviewers[i].image.Zone.Name() == zoneChicago && c.span.Start >= foldAt-3600 && c.span.Start < foldAt+3600 {
		if c.held {
			a.counts.Add("held in the hour that comes twice")
		} else {
			a.counts.Add("booked in the hour that comes twice")
		}
	}
	return Verdict{call: &c, changed: true, Created: true}
}

// ask notes the first request for each case.
func (a *Auditor) ask(w *wish) {
	for _, c := range w.cases {
		if c.asked == 0 {
			c.asked = a.now
		}
	}
}

func (a *Auditor) release(actor engine.Actor, p engine.ReleaseHold) Verdict {
	i := a.findHold(actor.Tenant, p.ID)
	if i < 0 {
		return Verdict{}
	}
	if a.calls[i].principal != actor.Principal {
		return refused(engine.StatusNotFound)
	}
	a.calls[i].over = true
	return Verdict{changed: true}
}

func (a *Auditor) book(actor engine.Actor, p engine.Book) Verdict {
	if a.taken(actor.Tenant, p.ID) {
		return refused(engine.StatusInvalid)
	}
	w := &wish{
		actor: actor, caseIDs: p.CaseIDs, reviewerID: p.ReviewerID, start: p.Start,
		specialty: p.Notes.SpecialtyMatchRequested, clinician: p.PerformedByCredential == clinician,
	}
	w.mode, w.notBefore = a.modeOf(actor, p.HoldID)
	if s := a.look(w); s != engine.StatusOK {
		return refused(s)
	}
	if s := a.combine(w); s != engine.StatusOK {
		return refused(a.withoutHold(w, p.HoldID, s))
	}
	own, s := a.booked(w, p.HoldID)
	if s != engine.StatusOK {
		return refused(s)
	}
	if p.HoldID != "" {
		if own, s = a.named(w, p.HoldID); s != engine.StatusOK {
			return refused(s)
		}
	}
	if s := a.place(w, own); s != engine.StatusOK {
		return refused(s)
	}
	if v := a.agree(w, p.Expect, p.Attestations); v.Status != engine.StatusOK {
		return v
	}
	if w.mode == engine.ModeAdHoc {
		w.caller = a.calls[own].caller
	}
	a.confirm(w, own, p.HoldID != "")
	firstAsked := a.now
	for _, c := range w.cases {
		if c.asked != 0 {
			firstAsked = min(firstAsked, c.asked)
		}
	}
	a.ask(w)
	if len(w.cases) > 1 {
		a.counts.Add("several cases in one call")
	}
	if w.mode == engine.ModeAdHoc {
		a.counts.Add("ad hoc booked")
	}
	return a.keep(call{
		tenant: actor.Tenant, id: p.ID, cases: p.CaseIDs, reviewer: p.ReviewerID, mode: w.mode,
		span: w.span, busy: w.busy, principal: actor.Principal, tier: w.tier,
		version: 1, specialty: w.specialty, caller: w.caller, attested: w.attest(p.Attestations),
		firstAsked: firstAsked, created: a.now, updated: a.now,
		life: life{status: engine.Booked, credential: p.PerformedByCredential, follows: a.carryOn(w, p.ID)},
	})
}

// named checks the hold that a booking names.
func (a *Auditor) named(w *wish, id string) (own int, status engine.Status) {
	own = a.findHold(w.actor.Tenant, id)
	if own < 0 {
		if a.lapsed(w, id) {
			a.counts.Add("hold expired while confirming")
		}
		return -1, engine.StatusHoldExpired
	}
	h := &a.calls[own]
	switch {
	case h.principal != w.actor.Principal:
		a.counts.Add("hold of somebody else named")
		return -1, engine.StatusHoldExpired
	case h.reviewer != w.reviewerID || h.span.Start != w.start:
		return -1, engine.StatusHoldMismatch
	case len(h.cases) != len(w.caseIDs) || !containsAll(h.cases, w.caseIDs):
		return -1, engine.StatusHoldMismatch
	}
	return own, engine.StatusOK
}

// lapsed tells whether a hold named so has run out, and counts the edge.
func (a *Auditor) lapsed(w *wish, id string) bool {
	return slices.ContainsFunc(a.calls, func(c call) bool {
		if !c.held || c.over || c.tenant != w.actor.Tenant || c.id != id || c.principal != w.actor.Principal {
			return false
		}
		if c.until == a.now {
			a.counts.Add("confirmed at the very deadline")
		}
		return true
	})
}

// confirm ends the hold that a booking uses up.
func (a *Auditor) confirm(w *wish, own int, named bool) {
	if own < 0 {
		return
	}
	h := &a.calls[own]
	h.over = true
	switch {
	case h.reviewer != w.reviewerID || h.span.Start != w.start:
		a.counts.Add("hold elsewhere given up by a booking")
	case !named:
		a.counts.Add("own hold used without its name")
	default:
		a.counts.Add("hold confirmed")
	}
	if h.until == a.now+1 {
		a.counts.Add("hold used in its last second")
	}
}
