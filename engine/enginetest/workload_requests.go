package enginetest

import (
	"slices"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// ofPlan picks a case of one of some plans, now and then of any, and sometimes
// another of the same plan to go with it.
func (w *Workload) ofPlan(tenant string, plans ...string) []string {
	if w.chance(6) {
		return w.caseIDs(tenant)
	}
	var ids []string
	plan := pick(w, plans)
	for _, c := range w.cases {
		if c.HealthPlan == plan {
			ids = append(ids, c.ID)
		}
	}
	for i := range ids {
		k := w.rnd.IntN(i + 1)
		ids[i], ids[k] = ids[k], ids[i]
	}
	if w.chance(85) { // those without a call
		free := slices.DeleteFunc(slices.Clone(ids), func(id string) bool {
			return !w.idle(tenant, id) || w.audit.openRequest(tenant, id) != nil
		})
		if len(free) > 0 {
			ids = free
		}
	}
	if len(ids) > 1 && w.chance(75) {
		ids = ids[:1]
	}
	return ids[:min(2, len(ids))]
}

// consents gives all codes, some or none.
func (w *Workload) consents() (codes []string) {
	switch n := w.rnd.IntN(100); {
	case n < 45:
		return slices.Clone(allCodes)
	case n < 70:
		for _, code := range allCodes {
			if w.chance(50) {
				codes = append(codes, code)
			}
		}
	case n < 72:
		return []string{"no_such_code"}
	}
	return codes
}

// windows names few times, so that requests meet: mostly soon, sometimes so
// narrow that only one call fits, or none.
func (w *Workload) windows(tenant string) (windows []slots.Interval) {
	switch n := w.rnd.IntN(100); {
	case n < 25: // when somebody is busy
		if c := w.ahead(func(c *call) bool { return c.tenant == tenant }); c != nil {
			return []slots.Interval{c.span, {Start: c.span.Start + 300, End: c.span.End + 900}}[:1+w.rnd.IntN(2)]
		}
	case n < 60: // at night, when one reviewer works
		from := w.clock - w.clock%86400 + 86400 + 2*3600 + slots.Instant(w.rnd.IntN(2))*900
		if w.chance(40) {
			return []slots.Interval{{Start: from, End: from + 900}, {Start: from + 900, End: from + 1800}}
		}
		return []slots.Interval{{Start: from, End: from + 900}}
	}
	for range w.rnd.IntN(4) {
		from := w.clock - w.clock%900 + 900 + slots.Instant(w.rnd.IntN(12))*900
		if w.chance(30) {
			from = from - from%86400 + 86400 + 15*3600 + slots.Instant(w.rnd.IntN(5))*1800
		}
		length := slots.Instant(1+w.rnd.IntN(5)) * 900
		switch n := w.rnd.IntN(100); {
		case n < 12:
			length = slots.Instant(12 * 3600)
		case n < 14:
			from -= 7200
		case n < 16:
			length = slots.Instant(w.rnd.IntN(900))
		case n < 24: // off the grid
			from += 300
			length += 600
		}
		windows = append(windows, slots.Interval{Start: from, End: from + length})
	}
	return windows
}

func (w *Workload) createCallback(actor *engine.Actor) engine.Payload {
	p := engine.CreateCallback{
		ID: w.id("cb"), AppointmentID: w.id("apt"),
		CaseIDs: w.ofPlan(actor.Tenant, planCallback, planBoth, planBoth, planBoth, planDeck, planWindow, planStages),
		Windows: w.windows(actor.Tenant), TimeZone: "UTC", PerformedByRole: "requesting_provider", Location: "provider_office", Notify: "none",
		Consents: w.consents(),
	}
	if len(p.Windows) == 0 && w.chance(60) {
		p.Windows = w.windows(actor.Tenant)
	}
	if w.chance(90) {
		p.PerformedByCredential = clinician
	}
	p.Notes.SpecialtyMatchRequested = w.chance(15)
	if h := w.callOf(actor.Tenant, true); h != nil && w.chance(8) { // who holds something waits instead
		actor.Principal, p.CaseIDs = h.principal, h.cases
	}
	switch n := w.rnd.IntN(100); {
	case n < 1:
		p.ID = badID
	case n < 3:
		if r := w.request(actor.Tenant); r != nil {
			p.ID = r.id
		}
	case n < 5:
		if r := w.request(actor.Tenant); r != nil {
			p.AppointmentID = r.apt
		}
	}
	return p
}

// ahead picks a booked call that is to come.
func (w *Workload) ahead(wanted func(*call) bool) *call {
	var all []call
	for _, c := range w.audit.calls {
		if c.status == engine.Booked && c.span.Start > w.clock && wanted(&c) {
			all = append(all, c)
		}
	}
	if len(all) == 0 {
		return nil
	}
	c := pick(w, all)
	return &c
}

// relieve makes a command that may let a request that waits have its call, or
// takes a call that one has got from its reviewer; nil if there is neither.
func (w *Workload) relieve(tenant string) engine.Payload {
	r := w.request(tenant)
	for _, other := range w.audit.requests {
		if other.tenant == tenant && other.status == engine.CallbackQueued {
			r = &other
		}
	}
	queued := r != nil && r.status == engine.CallbackQueued
	if c := w.ahead(func(c *call) bool { return c.tenant == tenant && c.callback != "" }); c != nil && !queued && w.chance(50) {
		if w.chance(60) {
			return engine.AddAbsence{ReviewerID: c.reviewer, Span: c.span}
		}
		changed := w.audit.reviewers[w.audit.findReviewer(tenant, c.reviewer)].image
		changed.Active, changed.Licenses = w.chance(50), nil
		return engine.PutReviewer{Reviewer: changed}
	}
	if r == nil || !r.open() {
		return nil
	}
	near := w.ahead(func(c *call) bool {
		return c.tenant == tenant && slices.ContainsFunc(r.windows, func(x slots.Interval) bool { return w.audit.meet(x, c.busy) })
	})
	switch {
	case near != nil && w.chance(75):
		return engine.Cancel{ID: near.id, By: pick(w, []string{"provider", "payer"})}
	case w.chance(60):
		return engine.PutReviewer{Reviewer: w.reviewers[w.rnd.IntN(len(w.reviewers))]}
	}
	return nil
}

// request picks a request of a tenant, mostly one that is open.
func (w *Workload) request(tenant string) *request {
	var all []request
	open := w.chance(50)
	for _, r := range w.audit.requests {
		if r.tenant == tenant && (!open || r.open()) {
			all = append(all, r)
		}
	}
	if len(all) == 0 {
		return nil
	}
	r := all[max(0, len(all)-1-w.rnd.IntN(6))]
	return &r
}

func (w *Workload) cancelCallback(actor *engine.Actor) engine.Payload {
	r := w.request(actor.Tenant)
	if r == nil || w.chance(8) {
		return engine.CancelCallback{ID: "cb-unknown"}
	}
	p := engine.CancelCallback{ID: r.id}
	switch { // of an open request the auditor does not always know the version
	case w.chance(15):
		p.Expect = 1000
	case r.slack == 0 && r.status == engine.CallbackAssigned && w.chance(30):
		p.Expect = r.version
	}
	return p
}

func (w *Workload) adHoc(actor *engine.Actor) engine.Payload {
	p := engine.AdHoc{
		ID: w.id("hold"), CaseIDs: w.ofPlan(actor.Tenant, planNow), TimeZone: "UTC", PerformedByRole: "requesting_provider",
		SpecialtyMatch: w.chance(15), Consents: w.consents(),
	}
	if w.chance(90) {
		p.PerformedByCredential = clinician
	}
	if w.chance(70) {
		p.Caller = engine.NewVault(nil).SealCaller("", &engine.CallerPersonal{FirstName: "Sam", LastName: p.ID})
	}
	switch n := w.rnd.IntN(100); {
	case n < 20:
		p.AvailableAt = w.clock + slots.Instant(w.rnd.IntN(3600))
	case n < 25:
		p.AvailableAt = w.clock + 3600 + slots.Instant(w.rnd.IntN(3)-1)
	case n < 30:
		p.AvailableAt = w.clock - slots.Instant(w.rnd.IntN(600))
	case n < 31:
		p.ID = badID
	}
	return p
}

// recordOffer records one of few answers, so that some come again.
func (w *Workload) recordOffer(actor *engine.Actor) engine.Payload {
	p := engine.RecordOffer{
		CaseID: pick(w, []string{caseID(0), caseID(4), caseID(4), caseID(5), caseID(17), caseID(18)}), Mode: engine.ModeSlot,
		AsOf: w.audit.seq, Ruleset: w.audit.books[w.audit.inForce].version, Range: slots.Interval{Start: w.clock, End: w.clock + 86400},
	}
	p.Digest[0] = byte(w.rnd.IntN(4) + 1)
	if w.chance(3) {
		p.Digest[0] = 0
	}
	if w.chance(3) {
		p.CaseID = "case-unknown"
	}
	if w.chance(20) {
		p.Codes = []string{"fully_booked"}
		return p
	}
	for range 1 + w.rnd.IntN(3) {
		p.Triples = append(p.Triples, engine.OfferedSlot{ReviewerID: w.reviewer(), Start: w.start(), Tier: matcher.Tier(1 + w.rnd.IntN(3))})
	}
	return p
}
