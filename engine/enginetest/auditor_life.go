package enginetest

import (
	"slices"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/slots"
)

// badOutcome is no outcome: a command with it is never valid.
const badOutcome = "won"

// life is what becomes of an appointment.
type life struct {
	status     engine.AppointmentStatus
	credential string
	tries      []try
	started    slots.Instant
	ended      slots.Instant
	outcome    string
	partial    bool
	noShowBy   string
	missedOut  bool // its misses have ended it
	cancelCode string
	follows    string
	followedBy string
	debts      []debt
}

// try is an attempt to reach the provider.
type try struct {
	at     slots.Instant
	result string
	missed bool
}

// living finds the appointment of a command. Unless the status is OK, that is
// the answer.
func (a *Auditor) living(actor engine.Actor, id string, expect uint64) (*call, engine.Status) {
	i := a.findAppointment(actor.Tenant, id)
	if i < 0 {
		a.foreign(actor.Tenant, id)
		return nil, engine.StatusNotFound
	}
	c := &a.calls[i]
	if stale(expect, c.version) {
		return nil, engine.StatusStaleVersion
	}
	return c, engine.StatusOK
}

// changed notes a change of a call and answers with it.
func (a *Auditor) changed(c *call) Verdict {
	c.version++
	c.updated = a.now
	c.over = c.status != engine.Booked && c.status != engine.InProgress
	image := *c
	return Verdict{call: &image, changed: true}
}

func (a *Auditor) attempt(actor engine.Actor, p engine.RecordAttempt) Verdict {
	c, s := a.living(actor, p.AppointmentID, p.Expect)
	switch {
	case s != engine.StatusOK:
		return refused(s)
	case c.missedOut:
		return refused(engine.StatusAttemptsExhausted)
	case c.over:
		return refused(engine.StatusNotInProgress)
	case p.Attempt.At < c.created || p.Attempt.At > a.now:
		return refused(engine.StatusInvalid)
	}
	t, ruled := a.missRule(c)
	missed := ruled && c.status == engine.Booked && a.miss(c, t, &p.Attempt)
	c.tries = append(slices.Clip(c.tries), try{p.Attempt.At, p.Attempt.Result, missed})
	misses := 0
	for _, x := range c.tries {
		if x.missed {
			misses++
		}
	}
	if missed && misses >= t.misses && t.then != "none" {
		c.ended, c.missedOut = a.now, true
		a.counts.Add("%s by misses", t.then)
		if t.then == "no_show" {
			c.status, c.noShowBy = engine.NoShow, "provider"
		} else {
			c.status = engine.DeemedCompleted
			a.talked(c)
		}
	}
	return a.changed(c)
}

// missRule returns the row that allows the fewest misses, if any has a rule.
func (a *Auditor) missRule(c *call) (rule terms, ruled bool) {
	for _, id := range c.cases {
		t := a.terms(&a.cases[a.findCase(c.tenant, id)])
		if t.misses > 0 && (!ruled || t.misses < rule.misses) {
			rule, ruled = t, true
		}
	}
	return rule, ruled
}

// miss tells whether an attempt is one: dialled in the call's time, or at any,
// and nobody reached who may speak.
func (a *Auditor) miss(c *call, t terms, x *engine.Attempt) bool {
	times := append(slices.Clone(c.windows), c.span)
	inTime := slices.ContainsFunc(times, func(w slots.Interval) bool { return w.Start <= x.At && x.At < w.End })
	if !inTime && x.Direction == "outbound" && !t.anyTime {
		a.counts.Add("nobody reached outside the call's time")
	}
	if x.Direction != "outbound" || !inTime && !t.anyTime && a.twist != TwistMissAnywhere {
		return false
	}
	if x.Result != "reached" {
		return true
	}
	for _, id := range c.cases {
		lay := x.SpokeWithRole == "medical_assistant" || x.SpokeWithRole == "other"
		if lay && a.terms(&a.cases[a.findCase(c.tenant, id)]).clinician {
			a.counts.Add("reached somebody who may not speak")
			return true
		}
	}
	return false
}

// talked counts a call that was held for its cases.
func (a *Auditor) talked(c *call) {
	for _, id := range c.cases {
		a.cases[a.findCase(c.tenant, id)].talks++
	}
}

func (a *Auditor) start(actor engine.Actor, p engine.StartCall) Verdict {
	c, s := a.living(actor, p.ID, p.Expect)
	at := p.At
	if at == 0 {
		at = a.now
	}
	switch {
	case s != engine.StatusOK:
		return refused(s)
	case c.status != engine.Booked:
		return refused(engine.StatusNotInProgress)
	case at < c.created || at > a.now:
		return refused(engine.StatusInvalid)
	}
	c.status, c.started = engine.InProgress, at
	return a.changed(c)
}

func (a *Auditor) complete(actor engine.Actor, p engine.CompleteCall) Verdict {
	c, s := a.living(actor, p.ID, p.Expect)
	if s != engine.StatusOK {
		return refused(s)
	}
	if c.over {
		return refused(engine.StatusNotInProgress)
	}
	further := false
	for _, id := range c.cases {
		k := &a.cases[a.findCase(c.tenant, id)]
		if p.Partial && !texan(&k.image) && a.twist != TwistPartAnywhere {
			a.counts.Add("part certified where no law lets it")
			return refused(engine.StatusOutcomeNotAllowed)
		}
		t := a.terms(k)
		if t.outcomes != nil && !slices.Contains(t.outcomes, p.Outcome) {
			return refused(engine.StatusOutcomeNotAllowed)
		}
		further = further || t.stages && k.stage == 0
	}
	if p.Outcome == "escalated" && !further {
		return refused(engine.StatusOutcomeNotAllowed)
	}
	c.status, c.ended, c.outcome, c.partial = engine.Completed, a.now, p.Outcome, p.Partial
	if c.debts = a.owed(c); a.twist == TwistNothingOwed {
		c.debts = nil
	}
	if p.Outcome != "escalated" || a.twist == TwistEscalatedCounts {
		a.talked(c)
	}
	if p.Outcome == "escalated" {
		a.counts.Add("escalated")
		for _, id := range c.cases {
			if k := &a.cases[a.findCase(c.tenant, id)]; a.terms(k).stages && k.stage == 0 {
				k.stage = 1
			}
		}
	}
	return a.changed(c)
}

func (a *Auditor) noShow(actor engine.Actor, p engine.NoShowCall) Verdict {
	c, s := a.living(actor, p.ID, p.Expect)
	switch {
	case s != engine.StatusOK:
		return refused(s)
	case c.over || a.now < c.span.Start:
		return refused(engine.StatusNotInProgress)
	}
	c.status, c.ended, c.noShowBy = engine.NoShow, a.now, p.By
	return a.changed(c)
}

func (a *Auditor) reassign(actor engine.Actor, p engine.Reassign) Verdict {
	c, s := a.living(actor, p.ID, p.Expect)
	switch {
	case s != engine.StatusOK:
		return refused(s)
	case c.status != engine.Booked:
		return refused(engine.StatusNotReschedulable)
	case a.now >= c.span.End:
		return refused(engine.StatusSlotNotOffered)
	case a.now > c.span.Start:
		a.counts.Add("reassigned after its start, or tried to be")
	}
	return a.move(a.findAppointment(actor.Tenant, p.ID), actor, engine.Reschedule{
		ID: p.ID, ReviewerID: p.ReviewerID, Start: c.span.Start, Attestations: p.Attestations,
	}, c.span.Start)
}

func (a *Auditor) absent(actor engine.Actor, p engine.AddAbsence) Verdict {
	i := a.findReviewer(actor.Tenant, p.ReviewerID)
	if i < 0 {
		return refused(engine.StatusNotFound)
	}
	r := &a.reviewers[i]
	if stale(p.Expect, r.version) {
		return refused(engine.StatusStaleVersion)
	}
	for _, b := range r.image.Hours.Blocks {
		if b.Start <= p.Span.Start && p.Span.End <= b.End {
			a.counts.Add("absent already")
			return Verdict{version: r.version}
		}
	}
	r.image.Hours.Blocks = append(slices.Clip(r.image.Hours.Blocks), p.Span)
	r.version++
	return Verdict{version: r.version, changed: true}
}

// carryOn links a new appointment with the call that was escalated last, unless
// another one stands that carries it on; "" if there is none.
func (a *Auditor) carryOn(w *wish, id string) string {
	var last *call
	for i := range a.calls {
		c := &a.calls[i]
		if c.tenant != w.actor.Tenant || c.outcome != "escalated" {
			continue
		}
		concerned := slices.ContainsFunc(w.cases, func(k *knownCase) bool {
			return k.stage > 0 && slices.Contains(c.cases, k.image.ID)
		})
		if !concerned || a.stands(c.tenant, c.followedBy) {
			continue
		}
		if last == nil || c.ended > last.ended || c.ended == last.ended && c.id > last.id {
			last = c
		}
	}
	if last == nil {
		return ""
	}
	a.counts.Add("escalated call carried on")
	if last.followedBy != "" {
		a.counts.Add("escalated call carried on anew")
	}
	last.followedBy = id
	a.changed(last)
	return last.id
}

// stands tells whether an appointment was neither cancelled nor missed.
func (a *Auditor) stands(tenant, id string) bool {
	i := a.findAppointment(tenant, id)
	return i >= 0 && a.calls[i].status != engine.Cancelled && a.calls[i].status != engine.NoShow
}

// settled tells whether nothing is left to discuss of a case: every row of the
// simulated world ends a call about such a case.
func (k *knownCase) settled() bool {
	status := k.image.Determination.Status
	return status == "approved" || status == "withdrawn"
}

// end ends what a settled case has: a hold, or a booked call all of whose cases
// are settled.
func (a *Auditor) end(k *knownCase) {
	if !k.settled() || a.twist == TwistEndedStays {
		return
	}
	for i := range a.calls {
		c := &a.calls[i]
		switch {
		case c.tenant != k.tenant || !slices.Contains(c.cases, k.image.ID) || !a.active(c):
		case c.held:
			c.over = true
			a.counts.Add("case ended a hold")
		case c.status != engine.Booked:
			a.counts.Add("case ended, its call under way goes on")
		case c.span.Start <= a.now:
			a.counts.Add("case ended, its call has had its time")
		case slices.ContainsFunc(c.cases, func(id string) bool { return !a.cases[a.findCase(c.tenant, id)].settled() }):
			a.counts.Add("case ended, its call about others goes on")
		default:
			c.status, c.cancelledBy = engine.Cancelled, "payer"
			c.cancelCode = "case_" + k.image.Determination.Status
			a.changed(c)
			a.counts.Add("case ended its call")
		}
	}
}

// compareLife tells how what became of an appointment differs.
func (c *call) compareLife(d *differ, p *engine.Appointment) {
	want(d, "status of the appointment", p.Status, c.status)
	want(d, "mode", p.Mode, c.mode)
	want(d, "callback request", p.CallbackID, c.callback)
	if !slices.Equal(p.Windows, c.windows) {
		d.errorf("windows are %v, expected %v", p.Windows, c.windows)
	}
	want(d, "credential of the speaker", p.PerformedByCredential, c.credential)
	want(d, "start of the call", p.StartedAt, c.started)
	want(d, "end of the call", p.EndedAt, c.ended)
	want(d, "outcome", p.Outcome, c.outcome)
	want(d, "partial certification", p.Partial, c.partial)
	want(d, "number of results due", len(p.ResultsDue), len(c.debts))
	for i := range min(len(p.ResultsDue), len(c.debts)) {
		x := &p.ResultsDue[i]
		want(d, "result due", debt{x.CaseID, x.By, x.Status, x.LetterDate}, c.debts[i])
		want(d, "rule of it", x.Rule, "tx-commercial")
	}
	want(d, "no-show by", p.NoShowBy, c.noShowBy)
	want(d, "ended by misses", p.MissedOut, c.missedOut)
	want(d, "cancel code", p.CancelCode, c.cancelCode)
	want(d, "follows", p.Follows, c.follows)
	want(d, "followed by", p.FollowedBy, c.followedBy)
	want(d, "number of attempts", len(p.Attempts), len(c.tries))
	for i := range min(len(p.Attempts), len(c.tries)) {
		x := &p.Attempts[i]
		want(d, "attempt", try{x.At, x.Result, x.Missed}, c.tries[i])
	}
}
