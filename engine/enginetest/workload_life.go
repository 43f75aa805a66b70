package enginetest

import (
	"slices"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/slots"
)

// life makes a command on what becomes of a call, or on who takes it.
func (w *Workload) life(c *call) engine.Payload {
	if c != nil && c == w.talk && w.chance(60) {
		if _, ruled := w.audit.missRule(c); ruled { // often enough to get to its last miss
			return w.attempt(c)
		}
	}
	switch n := w.rnd.IntN(100); {
	case c == nil || n < 6:
		return w.absence()
	case n < 42:
		return w.attempt(c)
	case n < 53:
		p := engine.StartCall{ID: c.id, Expect: w.version(c)}
		if w.chance(60) {
			p.At = w.around(c)
		}
		return p
	case n < 70:
		p := engine.CompleteCall{ID: c.id, Outcome: "upheld", Expect: w.version(c)}
		switch {
		case w.chance(20), w.staged(c.cases) && w.chance(60):
			p.Outcome = "escalated"
		case w.chance(50):
			p.Outcome = pick(w, []string{"overturned", "decision_pending", "modified", badOutcome})
			p.Partial = w.chance(20) || p.Outcome == "modified" && w.chance(40)
		case w.inTexas(c) && w.chance(70):
			p.Outcome = pick(w, []string{"decision_pending", "information_requested", "alternative_accepted"})
		}
		return p
	case n < 77:
		return engine.NoShowCall{ID: c.id, By: pick(w, []string{"provider", "reviewer"}), Expect: w.version(c)}
	case n < 78:
		return engine.NoShowCall{ID: w.strange(c.tenant), By: "provider"}
	}
	return w.reassign(c)
}

// pressing makes a command that goes before others where urgent ones do, mostly.
func (w *Workload) pressing(actor *engine.Actor) engine.Payload {
	switch n := w.rnd.IntN(100); {
	case n < 25:
		return w.cancel(actor)
	case n < 45:
		return w.release(actor)
	case n < 60:
		return w.cancelCallback(actor)
	case n < 80:
		if h := w.callOf(actor.Tenant, true); h != nil {
			actor.Principal = h.principal
			return w.confirm(h)
		}
	}
	return w.life(w.callOf(actor.Tenant, false))
}

// half finds the newest escalated call that no call carries on, or, if carried, a booked call that carries one on.
func (w *Workload) half(tenant string, carried bool) *call {
	for _, c := range slices.Backward(w.audit.calls) {
		switch {
		case c.tenant != tenant:
		case carried && c.follows != "" && c.status == engine.Booked, !carried && c.outcome == "escalated" && !w.audit.stands(tenant, c.followedBy):
			return &c
		}
	}
	return nil
}

// inTexas tells whether the law of Texas covers a case of a call.
func (w *Workload) inTexas(c *call) bool {
	return slices.ContainsFunc(c.cases, func(id string) bool { return texan(&w.audit.cases[w.audit.findCase(c.tenant, id)].image) })
}

// told makes a case of a call whose result is owed, with what was determined since.
func (w *Workload) told(tenant string) (c engine.Case, found bool) {
	for i := range w.audit.calls {
		owes := &w.audit.calls[i]
		if owes.tenant != tenant || len(owes.debts) == 0 || w.audit.paid(owes, owes.debts[0]) {
			continue
		}
		c = w.audit.cases[w.audit.findCase(tenant, owes.debts[0].caseID)].image
		d := &c.Determination
		if w.chance(50) {
			d.DecidedAt = w.clock - slots.Instant(w.rnd.IntN(4*3600))
		} else {
			d.DecidedAt, d.LetterDate = 0, slots.Date(w.clock/86400)-slots.Date(w.rnd.IntN(2))
		}
		return c, true
	}
	return c, false
}

// reassign gives a call to somebody else, sometimes to one who is busy then.
func (w *Workload) reassign(c *call) engine.Payload {
	p := engine.Reassign{ID: c.id, ReviewerID: w.reviewer(), Expect: w.version(c)}
	for _, other := range w.audit.calls {
		if other.tenant == c.tenant && other.reviewer != c.reviewer && w.audit.active(&other) &&
			w.audit.meet(other.busy, c.busy) && w.chance(70) {
			p.ReviewerID = other.reviewer
		}
	}
	if w.chance(85) {
		p.Attestations = w.codes(c.tenant, c.cases, p.ReviewerID, c.span.Start)
	}
	return p
}

// around picks an instant that is now, mostly; else one in the future, or one
// before the call was there.
func (w *Workload) around(c *call) slots.Instant {
	switch n := w.rnd.IntN(100); {
	case n < 6:
		return w.clock + 1 + slots.Instant(w.rnd.IntN(1000))
	case n < 12:
		return c.created - slots.Instant(w.rnd.IntN(2))
	case n < 30:
		return min(w.clock, c.span.End-slots.Instant(w.rnd.IntN(2)))
	}
	return w.clock
}

func (w *Workload) attempt(c *call) engine.Payload {
	p := engine.RecordAttempt{AppointmentID: c.id, Expect: w.version(c)}
	if w.chance(3) {
		p.AppointmentID = w.strange(c.tenant)
	}
	x := &p.Attempt
	x.At, x.Direction, x.Result = w.around(c), "outbound", pick(w, []string{"voicemail", "no_answer", "message_with_person", "reached"})
	if w.chance(15) {
		x.Direction = "inbound"
	}
	if x.Result == "reached" || x.Result == "message_with_person" {
		x.SpokeWithRole = pick(w, []string{"", "provider", "associate_physician", "nurse_practitioner", "nurse", "medical_assistant", "medical_assistant", "other"})
	}
	for _, id := range c.cases { // of somebody who may not speak
		if w.audit.terms(&w.audit.cases[w.audit.findCase(c.tenant, id)]).clinician && w.chance(30) {
			x.Direction, x.Result, x.SpokeWithRole = "outbound", "reached", "medical_assistant"
		}
	}
	return p
}

// absence takes a reviewer out for a while; sometimes for no time at all.
func (w *Workload) absence() engine.Payload {
	from := w.clock - w.clock%900 + slots.Instant(w.rnd.IntN(24)-2)*900
	id := w.reviewer()
	if w.chance(8) {
		id = "rev-unknown"
	}
	return engine.AddAbsence{
		ReviewerID: id, Span: slots.Interval{Start: from, End: from + slots.Instant(w.rnd.IntN(4))*900},
		Expect: uint64(max(0, w.rnd.IntN(12)-9)),
	}
}
