package enginetest

import (
	"cmp"
	"slices"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/slots"
)

// follow does what follows from a command for the callback requests of its
// tenant; was is the model as it was before. Nothing follows unless something
// has changed that a request may depend on.
func (a *Auditor) follow(cmd *engine.Command, was *Auditor) {
	if !a.stirred(cmd.Actor.Tenant, was) {
		return
	}
	tenant := cmd.Actor.Tenant
	for i := range a.calls {
		c := &a.calls[i]
		if c.held || c.tenant != tenant || i < len(was.calls) && was.calls[i].version == c.version {
			continue
		}
		if k := a.findRequest(tenant, c.callback); k >= 0 && c.status == engine.Cancelled && a.requests[k].status == engine.CallbackAssigned {
			a.drop(&a.requests[k], cmp.Or(c.cancelCode, "appointment_cancelled"))
		}
		if i < len(was.calls) {
			continue
		}
		for _, id := range c.cases {
			if r := a.openRequest(tenant, id); r != nil {
				a.drop(r, "booked_otherwise")
			}
		}
	}
	if a.twist != TwistUnseated {
		a.reseatAll(cmd, was)
	}
	a.tryAll(cmd)
}

// stirred tells whether anything has changed besides new holds: a reviewer, a
// case, the rules, a call, a request; or whether a hold has run out since the
// last entry.
func (a *Auditor) stirred(tenant string, was *Auditor) bool {
	if a.inForce != was.inForce || len(a.reviewers) > len(was.reviewers) || len(a.cases) > len(was.cases) {
		return true
	}
	for i := range a.reviewers {
		if a.reviewers[i].version != was.reviewers[i].version {
			return true
		}
	}
	for i := range a.cases {
		if x, y := &a.cases[i], &was.cases[i]; x.version != y.version || x.stage != y.stage || x.talks != y.talks {
			return true
		}
	}
	for i := range a.calls {
		c := &a.calls[i]
		if i >= len(was.calls) {
			if !c.held {
				return true
			}
			continue
		}
		if c.version != was.calls[i].version || c.over != was.calls[i].over {
			return true
		}
		if c.held && !c.over && a.written < c.until && c.until <= a.now {
			return true
		}
	}
	return slices.ContainsFunc(a.requests, func(r request) bool { return r.tenant == tenant && r.entry == a.seq+1 })
}

// reseatAll looks after the calls that something has happened to, and then after
// those that nobody could take so far, the oldest request first.
func (a *Auditor) reseatAll(cmd *engine.Command, was *Auditor) {
	calls := a.unsettled(cmd.Actor.Tenant, was)
	var lost []*request
	for i := range a.requests {
		if r := &a.requests[i]; r.tenant == cmd.Actor.Tenant && r.reason == reasonLost {
			lost = append(lost, r)
		}
	}
	slices.SortFunc(lost, func(x, y *request) int { return cmp.Or(int(x.created-y.created), cmp.Compare(x.id, y.id)) })
	for _, r := range lost {
		own := a.seated(func(c *call) bool { return c.tenant == r.tenant && c.callback == r.id })
		switch {
		case len(own) == 0:
			a.lose(r, false)
		case !slices.Contains(calls, own[0]):
			calls = append(calls, own[0])
		}
	}
	for _, i := range calls {
		a.reseat(cmd, i)
	}
}

// lose notes whether nobody can take the call of a request.
func (a *Auditor) lose(r *request, lost bool) {
	if lost == (r.reason == reasonLost) {
		return
	}
	a.touch(r)
	if r.reason = ""; lost {
		r.reason = reasonLost
		a.counts.Add("nobody to re-seat a call with")
	}
}

// unsettled lists the booked callback calls that lie ahead and whose reviewer or
// case has changed, or the rules: reviewer by reviewer, his last call first.
func (a *Auditor) unsettled(tenant string, was *Auditor) (calls []int) {
	var ids []string
	for i := range a.reviewers {
		r := &a.reviewers[i]
		changed := i >= len(was.reviewers) || r.version != was.reviewers[i].version
		if r.tenant == tenant && (changed || a.inForce != was.inForce) {
			ids = append(ids, r.image.ID)
		}
	}
	slices.Sort(ids)
	for _, id := range ids {
		own := a.seated(func(c *call) bool { return c.tenant == tenant && c.reviewer == id })
		slices.SortFunc(own, func(x, y int) int { return int(a.calls[y].span.Start - a.calls[x].span.Start) })
		calls = append(calls, own...)
	}
	for i := range a.cases {
		k := &a.cases[i]
		if k.tenant != tenant || i < len(was.cases) && k.version == was.cases[i].version {
			continue
		}
		calls = append(calls, a.seated(func(c *call) bool { return c.tenant == tenant && slices.Contains(c.cases, k.image.ID) })...)
	}
	return calls
}

// seated lists the callback calls that are booked and lie ahead.
func (a *Auditor) seated(wanted func(*call) bool) (calls []int) {
	for i := range a.calls {
		if c := &a.calls[i]; c.callback != "" && c.status == engine.Booked && c.span.Start > a.now && wanted(c) {
			calls = append(calls, i)
		}
	}
	return calls
}

// reseat gives a call to somebody else at its time if its reviewer can no longer
// take it; if nobody can, it stays with him.
func (a *Auditor) reseat(cmd *engine.Command, i int) {
	c := &a.calls[i]
	r := &a.requests[a.findRequest(c.tenant, c.callback)]
	w := &wish{
		actor: engine.Actor{Tenant: c.tenant}, caseIDs: c.cases, reviewerID: c.reviewer, start: c.span.Start,
		specialty: c.specialty, firstAsked: c.firstAsked, clinician: true, mode: engine.ModeCallback, notBefore: a.now,
	}
	quiet := *a
	quiet.counts = Counts{}
	if quiet.look(w) != engine.StatusOK || quiet.combine(w) != engine.StatusOK {
		return
	}
	able, recorded := quiet.ableTo(w, i, r)
	switch before := r.reason; {
	case able && recorded || !quiet.onOffer(w): // an hour that nobody offers is nobody's fault
		if a.lose(r, false); before == reasonLost {
			a.counts.Add("call taken by its own reviewer again")
		}
		return
	case able:
		a.counts.Add("consent put on a call")
	default:
		w.fits, w.required, w.optional, w.tier = nil, nil, nil, 0
		best, _, _ := a.search(w, []slots.Instant{w.start}, r.consents, c.reviewer, i)
		if a.lose(r, best == nil); best == nil {
			return
		}
		if before == reasonLost {
			a.counts.Add("call re-seated later")
		}
		a.counts.Add("call re-seated by %s", cmd.Payload.Kind())
		w = best
		c.reviewer, c.span, c.busy = w.reviewerID, w.span, w.busy
	}
	a.lose(r, false)
	c.tier, c.attested = w.tier, w.attest(r.consents)
	a.changed(c)
}

// ableTo tells whether the reviewer of a call can still take it: he works then and
// qualifies, and what that needs was attested, or consented to in the request;
// recorded, whether all of it was attested. Other calls are not in the way.
func (a *Auditor) ableTo(w *wish, i int, r *request) (able, recorded bool) {
	s := a.place(w, i)
	if s != engine.StatusOK && s != engine.StatusSlotTaken {
		return false, false
	}
	c := &a.calls[i]
	agreed, recorded := slices.Clone(r.consents), true
	for _, code := range w.required {
		if slices.ContainsFunc(c.cases, func(id string) bool { return slices.Contains(c.attested, id+" "+code) }) {
			agreed = append(agreed, code)
		} else {
			recorded = false
		}
	}
	return w.agreed(agreed), recorded
}

// tryAll tries the open requests of a tenant: those with the fewest options
// first, then the oldest. A new one is among them.
func (a *Auditor) tryAll(cmd *engine.Command) {
	type trial struct {
		r       *request
		options int
	}
	var ready []trial
	for i := range a.requests {
		r := &a.requests[i]
		if r.tenant != cmd.Actor.Tenant || !r.open() || a.twist == TwistTriedOnce && r.reason != "" {
			continue
		}
		if w, options := a.try(r); w != nil {
			ready = append(ready, trial{r, options})
		}
	}
	slices.SortFunc(ready, func(x, y trial) int {
		return cmp.Or(x.options-y.options, int(x.r.created-y.r.created), cmp.Compare(x.r.id, y.r.id))
	})
	if len(ready) > 1 {
		a.counts.Add("several requests assigned or tried at once")
	}
	for _, t := range ready {
		if w, options := a.try(t.r); w != nil { // others may have taken what there was
			a.assign(cmd, t.r, w, options)
		}
	}
}

// try finds the best slot for a request, or notes why there is none.
func (a *Auditor) try(r *request) (best *wish, options int) {
	if a.shorten(r); !r.open() {
		return nil, 0
	}
	for i := range a.calls {
		if c := &a.calls[i]; c.tenant == r.tenant && a.active(c) && meetAny(c.cases, r.cases) {
			a.wait(r, engine.CallbackQueued, reasonScheduled)
			return nil, 0
		}
	}
	w := &wish{
		actor: engine.Actor{Tenant: r.tenant}, caseIDs: r.cases, specialty: r.specialty, firstAsked: r.firstAsked,
		clinician: true, mode: engine.ModeCallback, windows: r.windows,
	}
	quiet := *a
	quiet.counts = Counts{}
	quiet.lookCases(w)
	if quiet.combine(w) != engine.StatusOK {
		a.wait(r, engine.CallbackUnassignable, vague)
		return nil, 0
	}
	consents := r.consents
	if a.twist == TwistUnconsented {
		consents = allCodes
	}
	best, options, lawful := a.search(w, a.startsIn(r.windows, seconds(w.terms.grid)), consents, "")
	switch {
	case best != nil:
		return best, options
	case a.past(r.windows, seconds(w.terms.call)):
		a.wait(r, engine.CallbackUnassignable, reasonPassed)
	case lawful:
		a.wait(r, engine.CallbackQueued, reasonNoneFree)
	case !containsAll(r.consents, a.mandatory(w)):
		a.wait(r, engine.CallbackUnassignable, reasonConsent)
	default:
		a.wait(r, engine.CallbackUnassignable, vague)
	}
	return nil, 0
}

// shorten takes out of a request the cases of which nothing is left to discuss.
func (a *Auditor) shorten(r *request) {
	var left []string
	code := ""
	for _, id := range r.cases {
		if k := &a.cases[a.findCase(r.tenant, id)]; k.settled() {
			code = "case_" + k.image.Determination.Status
		} else {
			left = append(left, id)
		}
	}
	switch len(left) {
	case len(r.cases):
	case 0:
		a.drop(r, code)
	default:
		a.touch(r)
		r.cases = left
		a.counts.Add("request goes on with fewer cases")
	}
}

// startsIn lists the starts on a grid that lie in windows, each once.
func (a *Auditor) startsIn(windows []slots.Interval, grid slots.Instant) (starts []slots.Instant) {
	for _, w := range windows {
		for at := (w.Start + grid - 1) / grid * grid; at < w.End; at += grid {
			starts = append(starts, at)
		}
	}
	slices.Sort(starts)
	return slices.Compact(starts)
}

// past tells whether no call fits into what is left of the windows.
func (a *Auditor) past(windows []slots.Interval, length slots.Instant) bool {
	for _, w := range windows {
		start := max(w.Start, a.now)
		if covered(windows, slots.Interval{Start: start, End: start + length}) {
			return false
		}
	}
	return true
}

// wait notes why a request stays open.
func (a *Auditor) wait(r *request, status engine.CallbackStatus, reason string) {
	switch {
	case r.status != status || r.reason != reason:
		a.touch(r)
	case reason == vague && r.entry != a.seq+1:
		r.slack++
		r.unsure = true
	}
	if r.status != status || r.reason != reason {
		a.counts.Add("request %v: %s", status, reason)
	}
	r.status, r.reason, r.options = status, reason, 0
}

// assign books what was found for a request.
func (a *Auditor) assign(cmd *engine.Command, r *request, w *wish, options int) {
	a.touch(r)
	r.status, r.reason, r.options, r.assigned = engine.CallbackAssigned, "", options, a.now
	if p, ok := cmd.Payload.(engine.CreateCallback); ok && p.ID == r.id {
		a.counts.Add("request assigned at creation")
	} else {
		a.counts.Add("request assigned later by %s", cmd.Payload.Kind())
	}
	if len(w.required) > len(a.mandatory(w)) {
		a.counts.Add("consent used")
	}
	a.ask(w)
	follows := a.carryOn(w, r.apt)
	a.keep(call{
		tenant: r.tenant, id: r.apt, cases: r.cases, reviewer: w.reviewerID, mode: engine.ModeCallback,
		span: w.span, busy: w.busy, principal: r.principal, tier: w.tier,
		version: 1, specialty: r.specialty, attested: w.attest(r.consents),
		firstAsked: r.firstAsked, created: a.now, updated: a.now, callback: r.id, windows: r.windows,
		life: life{status: engine.Booked, credential: r.credential, follows: follows},
	})
}
