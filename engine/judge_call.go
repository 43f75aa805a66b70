package engine

import (
	"slices"

	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// ofBooked finds the appointment that a command of its life is about.
func (j *judging) ofBooked(id string, expect uint64) (old *Appointment, refusal decision, refused bool) {
	old, ok := j.appointmentAsked(id)
	switch {
	case !ok:
		return nil, refuse(StatusNotFound, "appointment"), true
	case stale(expect, old.Version):
		return nil, refuse(StatusStaleVersion, "appointment"), true
	}
	return old, decision{}, false
}

// termsOf returns what the rules say now of the cases of an appointment, in
// their order, and of the wish it was booked with. Its window to ask is judged by the
// first request.
func (j *judging) termsOf(a *Appointment) (terms []matcher.Eligibility) {
	for _, c := range j.casesOf(a) {
		terms = append(terms, j.s.rules.compiled.EligibilityOfCall(&c.Case, j.now, a.FirstAskedAt, a.Notes.SpecialtyMatchRequested))
	}
	return terms
}

// casesOf returns the cases of an appointment; none is ever erased.
func (j *judging) casesOf(a *Appointment) []*Case {
	cases := make([]*Case, len(a.CaseIDs))
	for i, id := range a.CaseIDs {
		c, ok := j.s.cases.get(a.Tenant, id)
		if !ok {
			broken("the cases of a call are there", a.ID, id)
		}
		cases[i] = c
	}
	return cases
}

// startCall notes that a booked call has begun.
func (j *judging) startCall(p StartCall) decision {
	old, d, refused := j.ofBooked(p.ID, p.Expect)
	if refused {
		return d
	}
	at := p.At
	if at == 0 {
		at = j.now
	}
	switch {
	case old.Status != Booked:
		return refuse(StatusNotInProgress, old.Status.String())
	case !old.plausible(at, j.now):
		return refuse(StatusInvalid, "at")
	}
	image := old.next(j.now)
	image.Status, image.StartedAt = InProgress, at
	return decision{subject: old.ID, question: question{expect: p.Expect}, effects: []effect{&putAppointment{image}}}
}

// completeCall notes how a call ended. It may be one that nobody said had begun.
func (j *judging) completeCall(p CompleteCall) decision {
	old, d, refused := j.ofBooked(p.ID, p.Expect)
	if refused {
		return d
	}
	if !old.Active() {
		return refuse(StatusNotInProgress, old.Status.String())
	}
	terms := j.termsOf(old)
	if d, refused := j.outcomeAllowed(old, p.Outcome, terms); refused {
		return d
	}
	if d, refused := partAllowed(old, p.Partial, terms); refused {
		return d
	}
	image := old.next(j.now)
	image.Status, image.EndedAt = Completed, j.now
	image.Outcome, image.Partial, image.Report = p.Outcome, p.Partial, p.Report
	image.ResultsDue = j.owedResults(image, terms)
	d = decision{subject: old.ID, question: question{expect: p.Expect}}
	if p.Outcome == outcomeEscalated {
		d.effects = j.escalated(image, terms)
	} else {
		d.effects = j.held(image)
	}
	d.effects = append(d.effects, &putAppointment{image})
	return d
}

// undecided are the outcomes of a call that could not change the decision.
var undecided = []string{"consultation_only", "decision_pending", "information_requested", "withdrawn"}

// outcomeAllowed asks whether a call may end so: the rows of all its cases let
// it, a decision was open, and somebody is there to escalate to.
func (j *judging) outcomeAllowed(a *Appointment, outcome string, terms []matcher.Eligibility) (refusal decision, refused bool) {
	for i := range terms {
		if e := &terms[i]; e.Outcomes != nil && !slices.Contains(e.Outcomes, outcome) {
			d := refuse(StatusOutcomeNotAllowed, outcome, a.CaseIDs[i])
			d.outcome.Rule = e.OutcomesRule
			return d, true
		}
	}
	switch {
	case outcome == outcomeEscalated:
		if !slices.ContainsFunc(j.casesOf(a), func(c *Case) bool { return further(c, terms[slices.Index(a.CaseIDs, c.ID)]) }) {
			return refuse(StatusOutcomeNotAllowed, "no_further_stage", a.CaseIDs...), true
		}
	case a.Match.Consultative && !slices.Contains(undecided, outcome):
		return refuse(StatusOutcomeNotAllowed, "consultative", a.CaseIDs...), true
	}
	return decision{}, false
}

// DetailPartialCertification is the detail of StatusOutcomeNotAllowed where it is the
// partial certification that no law lets be.
const DetailPartialCertification = "partial_certification"

// partAllowed asks whether a part may be certified in a call: a law that covers
// the case lets it, for each case of the call.
func partAllowed(a *Appointment, partial bool, terms []matcher.Eligibility) (refusal decision, refused bool) {
	for i := range terms {
		if partial && !terms[i].PartialCertification {
			d := refuse(StatusOutcomeNotAllowed, DetailPartialCertification, a.CaseIDs[i])
			d.outcome.Rule = terms[i].PartialRule
			return d, true
		}
	}
	return decision{}, false
}

// further reports whether a reviewer of a later stage may take up a case.
func further(c *Case, e matcher.Eligibility) bool { return c.Stage+1 < e.Stages }

// escalated moves the cases of a call that have a further stage on to it, and
// notes in the call which one that is, of several the first case's.
func (j *judging) escalated(a *Appointment, terms []matcher.Eligibility) (effects []effect) {
	for i, c := range j.casesOf(a) {
		if further(c, terms[i]) {
			effects = append(effects, &markCase{id: c.ID, stage: c.Stage + 1, callsHeld: c.CallsHeld})
			next := c.Case
			next.Stage++
			if a.EscalatedTo == "" {
				a.EscalatedTo = j.s.rules.compiled.Eligibility(&next, j.now, a.FirstAskedAt).Stage
			}
		}
	}
	return effects
}

// held counts a call that took place, or counts as if it had, for its cases.
func (j *judging) held(a *Appointment) (effects []effect) {
	for _, c := range j.casesOf(a) {
		effects = append(effects, &markCase{id: c.ID, stage: c.Stage, callsHeld: c.CallsHeld + 1})
	}
	return effects
}

// noShow notes that a call did not take place. That cannot be known before its time.
func (j *judging) noShow(p NoShowCall) decision {
	old, d, refused := j.ofBooked(p.ID, p.Expect)
	if refused {
		return d
	}
	switch {
	case !old.Active():
		return refuse(StatusNotInProgress, old.Status.String())
	case j.now < old.Span.Start:
		return refuse(StatusNotInProgress, "not_due")
	}
	image := old.next(j.now)
	image.Status, image.EndedAt, image.NoShowBy = NoShow, j.now, p.By
	return decision{
		subject: old.ID, question: question{expect: p.Expect, role: p.By}, effects: []effect{&putAppointment{image}},
	}
}

// next returns a copy to change, one version on.
func (a *Appointment) next(now slots.Instant) *Appointment {
	image := *a
	image.Version++
	image.UpdatedAt = now
	return &image
}

// link makes a new appointment the one that carries on the last escalated call
// of its cases, if that has no other, and returns the change of that call.
func (j *judging) link(a *Appointment, cases []*Case) []effect {
	var last *Appointment
	for _, c := range cases {
		if c.Stage == 0 {
			continue // nothing was escalated since its last new decision
		}
		j.s.byCase.ids(a.Tenant, c.ID, func(id string) bool {
			c, _ := j.s.appointments.get(a.Tenant, id)
			if c.Outcome == outcomeEscalated && !j.carriedOn(c) && (last == nil || last.endedBefore(c)) {
				last = c
			}
			return true
		})
	}
	if last == nil {
		return nil
	}
	a.Follows = last.ID
	image := last.next(j.now)
	image.FollowedBy = a.ID
	return []effect{&putAppointment{image}}
}

// carriedOn reports whether a call that follows an escalated one stands: it was
// neither cancelled nor missed.
func (j *judging) carriedOn(a *Appointment) bool {
	if a.FollowedBy == "" {
		return false
	}
	next, ok := j.s.appointments.get(a.Tenant, a.FollowedBy)
	return ok && next.Status != Cancelled && next.Status != NoShow
}

func (a *Appointment) endedBefore(b *Appointment) bool {
	return a.EndedAt < b.EndedAt || a.EndedAt == b.EndedAt && a.ID < b.ID
}
