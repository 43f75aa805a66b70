package engine

import (
	"cmp"
	"slices"

	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// Limits of what one entry settles beside its own change.
const (
	// MaxSettle is how many open callback requests an entry tries. If more are open,
	// every entry tries others of them, in turn.
	MaxSettle = 128
	// maxReseat is how many booked callback calls that its own change touches an entry looks at for
	// another reviewer. New rules touch all of a tenant's that lie ahead, and nothing looks at them
	// again; what is beyond shows on the attention list, as any call does that rules would refuse.
	maxReseat = 8192
	// maxStranded is how many requests that lost their reviewer an entry looks at once more.
	maxStranded = 1024
	// maxSettleBytes bounds the effects that settling adds to an entry, in bytes;
	// the one that passes it is the last.
	maxSettleBytes = 4 << 20
	// maxSettled bounds their number in the same way. What will be noted of them for the law counts as well, as noteBytes each.
	maxSettled = 16384
	noteBytes  = 384
)

// The largest entry of its own, with what is settled and some effects more.
const (
	_ uint = maxEntryBytes - MaxRulesBytes - MaxAnswerBytes - maxSettleBytes - 4*MaxSealedBytes
	_ uint = maxEffects - MaxListItems - 2*maxSettled
)

// settling works out what follows from a decision for callback requests of the
// actor's tenant, on a private state that has the decision's effects:
//
//  1. A request whose call was cancelled is over, and so is one whose cases have
//     got another call or have ended.
//  2. A booked callback call whose reviewer can no longer take it gets another one
//     at the same time; if there is none, it stays as it is and is looked at again
//     behind later changes, before any open request is: maxStranded of them behind each.
//  3. Open requests are tried, those with the fewest options first.
//  4. The searches of 2 and 3 end when they have taken settleWork; later entries go on with others.
//  5. Of the requests that nobody may take, MaxAccounts get an account of why; later entries go on with others.
//
// The result is effects of the same entry, so a replay settles nothing. Other
// tenants are settled by their own commands, also after new rules.
type settling struct {
	judging           // on the private state
	d       *decision // to add to
	entry   *entry    // for applying
	before  *state
	bytes   int // of the effects that were added, and of what will be noted of them
	added   int // how many that is
	// unlawful are requests that nobody may take, for an account of why.
	unlawful []*trial
}

// settled returns a decision with what follows from it, and with what is to be noted of all that.
func (j *judging) settled(kind Kind, d decision, cause *cause) decision {
	t := &settling{judging: *j, d: &d, before: j.s}
	t.entry = &entry{
		seq: j.s.seq + 1, now: j.now, actor: j.actor, kind: kind, effects: slices.Clone(d.effects),
	}
	t.s, t.known, t.search = j.s.clone(), nil, nil
	t.scope = nil // what follows concerns everybody of the tenant, whoever asked
	if err := t.s.apply(t.entry); err != nil {
		broken("what is judged can be applied", t.entry.seq, err)
	}
	if err := t.s.compile(); err != nil {
		broken("rules that were judged compile", t.entry.seq, err)
	}
	t.follow()
	t.reseatAll(cause)
	t.tryAll()
	t.account()
	j.note(&d, t.s)
	return d
}

// cause is what a decision changes that callback requests depend on.
type cause struct {
	reviewers []string // changed
	cases     []string // changed
	rules     bool     // changed
	calls     bool     // one began or ended, was moved, or a hold ended
	answered  bool     // so did the call of a request
	requests  bool     // one is new or changed
}

// causeOf reads a decision's effects, whatever the kind of its command.
func (j *judging) causeOf(d *decision) (c cause) {
	for _, f := range d.effects {
		switch f := f.(type) {
		case *putReviewer:
			c.reviewers = append(c.reviewers, f.image.ID)
		case *putCase:
			c.cases = append(c.cases, f.image.ID)
		case *markCase:
			c.cases = append(c.cases, f.id)
		case *setRules:
			c.rules = true
		case *dropHold:
			c.calls = true
		case *putAppointment:
			c.calls = true
			c.answered = c.answered || f.image.CallbackID != ""
		case *putCallback:
			c.requests = true
		}
	}
	if _, due := j.s.holdsEnd.due(j.now); due {
		c.calls = true
	}
	return c
}

// settles reports whether anything can follow: requests are open and something
// that they depend on has changed, or calls of requests may be touched.
func (c *cause) settles(j *judging) bool {
	roster := len(c.reviewers) > 0 || len(c.cases) > 0 || c.rules
	switch {
	case c.requests || c.answered:
		return true
	case roster:
		return j.s.callbacks.any(j.actor.Tenant)
	case c.calls:
		return j.s.waits(j.actor.Tenant)
	}
	return false
}

// follow ends requests by what has become of their calls and cases.
func (t *settling) follow() {
	for _, f := range t.entry.effects {
		put, ok := f.(*putAppointment)
		if !ok {
			continue
		}
		a := put.image
		if r, ok := t.s.callbacks.get(a.Tenant, a.CallbackID); ok && a.Status == Cancelled && r.Status == CallbackAssigned {
			t.put(r.cancelled(cmp.Or(a.CancelCode, CancelAppointmentEnded), t.now))
		}
		if _, known := t.before.appointments.get(a.Tenant, a.ID); known || !a.Active() {
			continue
		}
		for _, id := range a.CaseIDs {
			if r, ok := t.s.openRequest(a.Tenant, id); ok {
				t.put(r.cancelled(CancelBookedOtherwise, t.now))
			}
		}
	}
}

// reseatAll looks after the callback calls that a cause touches.
func (t *settling) reseatAll(c *cause) {
	reviewers := c.reviewers
	if c.rules {
		t.s.reviewers.from(t.actor.Tenant, "", func(r *Reviewer) bool {
			reviewers = append(reviewers, r.ID)
			return true
		})
	}
	var calls []*Appointment
	for _, id := range reviewers {
		if len(calls) >= maxReseat {
			break
		}
		t.s.byReviewer.ids(t.actor.Tenant, id, func(id string) bool {
			a, _ := t.s.appointments.get(t.actor.Tenant, id)
			if t.seated(a) {
				calls = append(calls, a)
			}
			return a.Span.Start > t.now && len(calls) < maxReseat
		})
	}
	for _, id := range c.cases {
		if occupied, ok := t.s.calls.get(t.actor.Tenant, id); ok && !occupied.held {
			if a, _ := t.s.appointments.get(t.actor.Tenant, occupied.id); t.seated(a) {
				calls = append(calls, a)
			}
		}
	}
	for _, r := range t.strandedRequests() {
		a, _ := t.s.appointments.get(r.Tenant, r.AppointmentID)
		if !t.seated(a) {
			t.strand(r, false)
		} else if !slices.Contains(calls, a) {
			calls = append(calls, a)
		}
	}
	t.work = new(matcher.Work)
	for a, ok := range inTurn(calls, t.entry.seq, t.work.Spent) {
		if now, _ := t.s.appointments.get(a.Tenant, a.ID); now == a && !t.full() {
			t.reseat(a, ok)
		}
	}
}

// seated reports whether a call came from a request and lies ahead.
func (t *settling) seated(a *Appointment) bool {
	return a.CallbackID != "" && a.Status == Booked && a.Span.Start > t.now
}

// reseat gives a call another reviewer at the same time, if its own can no
// longer take it and another can. If he can with a consent that was not needed
// before, that is put on the call. The lead time does not count: the call is
// arranged already. Unless another may be searched for, the request of a call
// that needs one waits for a later entry.
func (t *settling) reseat(old *Appointment, search bool) {
	r, ok := t.s.callbacks.get(old.Tenant, old.CallbackID)
	if !ok {
		broken("a callback call has its request", old.ID, old.CallbackID)
	}
	a := &ask{
		caseIDs: old.CaseIDs, reviewerID: old.ReviewerID, start: old.Span.Start, mode: ModeCallback, notBefore: t.now,
		firstAsked: old.FirstAskedAt, specialtyMatch: old.Notes.SpecialtyMatchRequested, except: old.ID, kept: true,
	}
	if _, refused := t.find(a); refused {
		broken("the cases and the reviewer of a call are there", old.ID, old.ReviewerID)
	}
	if _, refused := t.makePlan(a); refused {
		return // no reviewer would do
	}
	t.judgeSlot(a)
	image := *old
	switch able, recorded := able(old, &a.judged, r.Consents); {
	case able && recorded:
		t.strand(r, false)
		return
	case able:
		t.seat(&image, a, r)
		image.Span, image.Busy = old.Span, old.Busy
		t.add(&putAppointment{&image})
		t.strand(r, false)
		return
	}
	if !search {
		t.strand(r, true)
		return
	}
	a.kept = false // another reviewer is chosen as for a new call
	if _, refused := t.makePlan(a); refused {
		broken("whether there is a plan does not depend on who is preferred", old.ID, t.s.seq)
	}
	offer, found := a.plan.AssignAt(a.start, r.Consents, old.ReviewerID)
	t.strand(r, !found)
	if !found {
		return
	}
	a.reviewerID = offer.Reviewer.ID
	t.mustJudge(a)
	t.seat(&image, a, r)
	t.add(&putAppointment{&image})
}

// able reports whether a reviewer can still take a call: he works then, he
// qualifies, and what that needs was attested or consented to; recorded is false
// if a consent is not on the call yet. What stands in the way of a new call, such
// as longer buffers, does not unseat an old one.
func able(a *Appointment, m *matcher.Judgement, consents []string) (able, recorded bool) {
	switch m.Fault {
	case matcher.FaultNotOffered:
		return m.Detail != "outside_hours", true
	case matcher.FaultNotQualified:
		return false, false
	}
	able, recorded = !m.Unmet.Has(matcher.NeedSpecialtyMatch), true
	for _, code := range m.Attestations {
		attested := slices.ContainsFunc(a.Attestations, func(x Attested) bool { return x.Code == code })
		recorded = recorded && attested
		able = able && (attested || slices.Contains(consents, code))
	}
	return able, recorded
}

// mustJudge judges a slot that an assignment has chosen.
func (t *settling) mustJudge(a *ask) {
	a.reviewer, _ = t.s.reviewers.get(t.actor.Tenant, a.reviewerID)
	if d, refused := t.judgeSlot(a); refused {
		broken("what is assigned can be booked", a.reviewerID, d.outcome.Detail)
	}
}

// seat places a call of a request. Consents were given when it was made.
func (t *settling) seat(image *Appointment, a *ask, r *CallbackRequest) {
	t.place(image, a, r.Consents, cmp.Or(r.AttestedByRole, r.PerformedByRole))
	for i := range image.Attestations {
		image.Attestations[i].At = r.CreatedAt
	}
}

// trial is an open request and what could be assigned to it.
type trial struct {
	request *CallbackRequest
	ask     *ask
	found   matcher.Assignment
}

// tryAll tries open requests: first how many options each has, then one by one,
// those with the fewest first. Every assignment takes time that others may want,
// so behind one each request is looked at once more.
func (t *settling) tryAll() {
	var ready []*trial
	look := func(r *CallbackRequest) {
		if try := t.look(r); try != nil {
			ready = append(ready, try)
		}
	}
	requests, fresh := t.turns()
	t.work = new(matcher.Work)
	for r, ok := range inTurn(requests, t.entry.seq, t.work.Spent) {
		if !ok {
			break
		}
		look(r)
	}
	if fresh != nil {
		look(fresh)
	}
	slices.SortStableFunc(ready, func(x, y *trial) int {
		a, b := x.request, y.request
		return cmp.Or(cmp.Compare(x.found.Options, y.found.Options), cmp.Compare(a.CreatedAt, b.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
	for i, try := range ready {
		if t.full() {
			return
		}
		if i > 0 {
			if t.work.Spent() > settleWork {
				if !t.stands(try) {
					continue
				}
			} else if try = t.look(try.request); try == nil {
				continue
			}
		}
		t.assign(try)
	}
}

// look finds out what could be assigned to a request, and notes why nothing can, or that an account
// of it is to be given.
func (t *settling) look(r *CallbackRequest) *trial {
	if r = t.withoutEnded(r); r == nil {
		return nil
	}
	a := &ask{
		caseIDs: r.CaseIDs, mode: ModeCallback, windows: r.Windows, within: slots.NewSet(r.Windows...).Hull(),
		firstAsked: r.FirstAskedAt, specialtyMatch: r.Notes.SpecialtyMatchRequested,
	}
	if _, refused := t.findCases(a); refused {
		broken("the cases of a request are there", r.ID, r.CaseIDs)
	}
	for _, id := range r.CaseIDs {
		if _, occupied := t.s.calls.get(t.actor.Tenant, id); occupied {
			t.wait(r, CallbackQueued, ReasonCaseScheduled, "")
			return nil
		}
	}
	if d, refused := t.makePlan(a); refused {
		code, rule := d.outcome.Status.String(), ""
		if len(d.outcome.Reasons) > 0 {
			code, rule = d.outcome.Reasons[0].Code, d.outcome.Reasons[0].Rule
		}
		t.wait(r, CallbackUnassignable, code, rule)
		return nil
	}
	found := a.plan.Assign(r.Consents)
	switch {
	case found.Offer != nil:
		return &trial{request: r, ask: a, found: found}
	case passed(r.Windows, slots.Instant(a.plan.CallMinutes)*slots.Minute, t.now):
		t.wait(r, CallbackUnassignable, ReasonWindowsPassed, "")
	case found.Lawful:
		t.wait(r, CallbackQueued, ReasonNoneFree, "")
	case !containsAll(r.Consents, t.mandatory(a)):
		t.wait(r, CallbackUnassignable, ReasonUnconsented, "")
	default:
		a.plan = nil // its memory is large, and there may be many
		t.unlawful = append(t.unlawful, &trial{request: r, ask: a})
	}
	return nil
}

// withoutEnded takes the cases out of a request that the payer's rows end. The
// last of them ends the request, and nil is returned.
func (t *settling) withoutEnded(r *CallbackRequest) *CallbackRequest {
	var left []string
	var why matcher.Reason
	for _, id := range r.CaseIDs {
		c, _ := t.s.cases.get(t.actor.Tenant, id)
		if reason, ends := t.s.rules.compiled.Ends(&c.Case, t.now); ends {
			why = reason
		} else {
			left = append(left, id)
		}
	}
	switch len(left) {
	case len(r.CaseIDs):
		return r
	case 0:
		image := r.cancelled(why.Code, t.now)
		image.ReasonRule = why.Rule
		t.put(image)
		return nil
	}
	image := r.next(t.now)
	image.CaseIDs = left
	t.put(image)
	return image
}

// wait notes why a request stays open.
func (t *settling) wait(r *CallbackRequest, status CallbackStatus, reason, rule string) {
	if r.Status == status && r.Reason == reason && r.ReasonRule == rule {
		return
	}
	image := r.next(t.now)
	image.Status, image.Options, image.Reason, image.ReasonRule = status, 0, reason, rule
	t.put(image)
}

// assign makes an appointment of a request.
func (t *settling) assign(try *trial) {
	r, a, offer := try.request, try.ask, try.found.Offer
	a.reviewerID, a.start = offer.Reviewer.ID, offer.Start
	t.mustJudge(a)
	done := r.next(t.now)
	done.Status, done.Options, done.Reason, done.ReasonRule = CallbackAssigned, try.found.Options, "", ""
	done.AssignedAt = t.now
	t.put(done)
	image := &Appointment{
		Tenant:                r.Tenant,
		ID:                    r.AppointmentID,
		CaseIDs:               r.CaseIDs,
		Status:                Booked,
		TimeZone:              r.TimeZone,
		PerformedByRole:       r.PerformedByRole,
		Location:              r.Location,
		Notify:                r.Notify,
		Notes:                 r.Notes,
		Personal:              r.Personal,
		FirstAskedAt:          r.FirstAskedAt,
		CreatedAt:             t.now,
		CreatedBy:             r.CreatedBy,
		Mode:                  ModeCallback,
		CallbackID:            r.ID,
		Windows:               r.Windows,
		PerformedByCredential: r.PerformedByCredential,
	}
	t.seat(image, a, r)
	for _, f := range slices.Concat(a.asked(), t.link(image, a.cases)) {
		t.add(f)
	}
	t.add(&putAppointment{image})
}

// passed reports whether no window has room for a call from now on.
func passed(windows []slots.Interval, length, now slots.Instant) bool {
	for w := range slots.NewSet(windows...).All() {
		if w.End-max(w.Start, now) >= length {
			return false
		}
	}
	return true
}

func containsAll(list, wanted []string) bool {
	return !slices.ContainsFunc(wanted, func(s string) bool { return !slices.Contains(list, s) })
}
