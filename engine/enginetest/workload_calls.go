package enginetest

import (
	"slices"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// caseIDs picks what to talk about: mostly one case, sometimes several of one
// plan, now and then what cannot be combined or is not there.
func (w *Workload) caseIDs(tenant string) []string {
	first := pick(w, w.cases)
	for range w.rnd.IntN(8) {
		if slotted(&first) && w.idle(tenant, first.ID) {
			break
		}
		first = pick(w, w.cases)
	}
	ids := []string{first.ID}
	switch n := w.rnd.IntN(100); {
	case n < 75:
	case n < 93:
		for _, c := range w.cases {
			if c.ID != first.ID && c.HealthPlan == first.HealthPlan && len(ids) < 3 && w.chance(50) {
				ids = append(ids, c.ID)
			}
		}
	case n < 95:
		if slotted(&first) {
			ids = append(ids, first.ID)
		}
	case n < 97:
		ids = append(ids, pick(w, w.cases).ID)
	case n < 98:
		ids = append(ids, "case-unknown")
	default:
		ids = []string{caseID(0), caseID(1), caseID(2), caseID(3), caseID(4), caseID(5)}
	}
	return ids
}

// slotted tells whether a case has slots under some rules.
func slotted(c *engine.Case) bool { return c.HealthPlan != planCallback && c.HealthPlan != planNow }

// idle tells whether a case has no call now.
func (w *Workload) idle(tenant, id string) bool {
	return !slices.ContainsFunc(w.audit.calls, func(c call) bool {
		return c.tenant == tenant && slices.Contains(c.cases, id) && w.audit.active(&c)
	})
}

func (w *Workload) reviewer() string {
	switch n := w.rnd.IntN(100); {
	case n < 65:
		return reviewerID(w.rnd.IntN(3))
	case n < 98:
		return reviewerID(w.rnd.IntN(reviewerCount))
	}
	return "rev-unknown"
}

// start picks one of few starts, so that calls meet; sometimes one that is past,
// off the grid or beyond the horizon.
func (w *Workload) start() slots.Instant {
	next := w.clock - w.clock%900 + 900
	switch n := w.rnd.IntN(100); {
	case n < 55:
		return next + slots.Instant(w.rnd.IntN(6))*900
	case n < 70:
		return next + slots.Instant(w.rnd.IntN(40))*900
	case n < 84:
		return next - next%86400 + 86400 + 16*3600 + slots.Instant(w.rnd.IntN(5))*900
	case n < 88:
		return next - next%3600 + 3600 + slots.Instant(w.rnd.IntN(6))*1200
	case n < 90:
		return w.clock - w.clock%900 - 900
	case n < 92:
		return next + slots.Instant(w.rnd.IntN(900))
	case n < 94:
		return w.clock
	}
	hours := pick(w, []slots.Instant{48, 72, 240, 1440})
	return w.clock - w.clock%900 + hours*3600 + slots.Instant(w.rnd.IntN(3)-1)*900
}

func (w *Workload) hold(actor *engine.Actor) engine.Payload {
	p := engine.HoldSlot{
		ID: w.id("hold"), CaseIDs: w.caseIDs(actor.Tenant), ReviewerID: w.reviewer(), Start: w.start(),
		TimeZone: "UTC", SpecialtyMatch: w.chance(5),
	}
	if c := w.callOf(actor.Tenant, true); c != nil && w.chance(25) {
		switch w.rnd.IntN(6) {
		case 0: // the same slot for other cases
			p.ReviewerID, p.Start = c.reviewer, c.span.Start
		case 1, 2: // another slot for the same cases
			p.CaseIDs = c.cases
			actor.Principal = c.principal
		case 3:
			p.ID = c.id
		default: // one more
			actor.Principal = c.principal
		}
	}
	if w.chance(1) {
		p.ID = badID
	}
	return p
}

// callOf picks a hold or an appointment of a tenant, mostly one that is active,
// else one of those that there were.
func (w *Workload) callOf(tenant string, held bool) *call {
	var all []call
	active := w.chance(70)
	for _, c := range w.audit.calls {
		if c.tenant == tenant && c.held == held && (!active || w.audit.active(&c)) {
			all = append(all, c)
		}
	}
	if len(all) == 0 {
		return nil
	}
	from := 0
	if len(all) > 8 && w.chance(85) {
		from = len(all) - 8
	}
	c := all[from+w.rnd.IntN(len(all)-from)]
	return &c
}

func (w *Workload) book(actor *engine.Actor) engine.Payload {
	if h := w.callOf(actor.Tenant, true); h != nil && w.chance(40) {
		if w.chance(90) {
			actor.Principal = h.principal
		}
		return w.confirm(h)
	}
	p := engine.Book{ID: w.id("apt"), CaseIDs: w.caseIDs(actor.Tenant), ReviewerID: w.reviewer(), Start: w.start()}
	if half := w.half(actor.Tenant, false); half != nil && w.chance(12) {
		p.CaseIDs = half.cases
	}
	if w.staged(p.CaseIDs) && w.chance(80) {
		p.ReviewerID = pick(w, []string{reviewerID(0), reviewerID(4)})
	}
	if h := w.callOf(actor.Tenant, true); h != nil && w.chance(15) { // with a hold that was never for these cases
		p.HoldID, p.ReviewerID, p.Start = h.id, h.reviewer, h.span.Start
	}
	return w.finish(actor.Tenant, p)
}

// staged tells whether a case meets several kinds of reviewers in turn.
func (w *Workload) staged(caseIDs []string) bool {
	return slices.ContainsFunc(w.cases, func(c engine.Case) bool {
		return c.HealthPlan == planStages && slices.Contains(caseIDs, c.ID)
	})
}

// confirm books what a hold keeps, or nearly so.
func (w *Workload) confirm(h *call) engine.Payload {
	p := engine.Book{ID: w.id("apt"), CaseIDs: h.cases, ReviewerID: h.reviewer, Start: h.span.Start, HoldID: h.id}
	switch n := w.rnd.IntN(100); {
	case n < 55:
	case n < 68:
		p.HoldID = ""
	case n < 74:
		p.Start = w.start()
	case n < 80:
		p.CaseIDs = w.caseIDs(h.tenant)
	case n < 93:
		p.HoldID, p.Start, p.ReviewerID = "", w.start(), w.reviewer()
	case n < 96:
		p.ID = h.id
	case n < 98:
		p.HoldID = "hold-unknown"
	default:
		p.CaseIDs = slices.Clone(h.cases)
		slices.Reverse(p.CaseIDs)
	}
	return w.finish(h.tenant, p)
}

// finish fills in what a booking says besides its slot.
func (w *Workload) finish(tenant string, p engine.Book) engine.Payload {
	p.TimeZone, p.PerformedByRole, p.Location, p.Notify = "UTC", "requesting_provider", "provider_office", "none"
	if w.chance(85) {
		p.PerformedByCredential = clinician
	}
	p.Notes.SpecialtyMatchRequested = w.chance(15)
	p.Attestations = w.codes(tenant, p.CaseIDs, p.ReviewerID, p.Start)
	switch n := w.rnd.IntN(100); {
	case n < 4:
		p.Expect.Tier = matcher.Tier(1 + w.rnd.IntN(6))
	case n < 8:
		p.Expect.Ruleset = pick(w, w.books).version
	case n < 9:
		p.ID = badID
	}
	return p
}

// codes gives the attestations that a slot needs, mostly; else one too few, one
// too many, or what comes to mind.
func (w *Workload) codes(tenant string, caseIDs []string, reviewerID string, start slots.Instant) (codes []string) {
	i := w.audit.findReviewer(tenant, reviewerID)
	for _, id := range caseIDs {
		if k := w.audit.findCase(tenant, id); i >= 0 && k >= 0 {
			f := w.audit.fitOf(&w.audit.reviewers[i].image, &w.audit.cases[k], start, false)
			codes = append(codes, f.required...)
			if w.chance(50) {
				codes = append(codes, f.optional...)
			}
		}
	}
	slices.Sort(codes)
	codes = slices.Compact(codes)
	switch n := w.rnd.IntN(100); {
	case n < 10 && len(codes) > 0:
		codes = codes[1:]
	case n < 15:
		if code := pick(w, allCodes); !slices.Contains(codes, code) {
			codes = append(codes, code)
		}
	}
	return codes
}

func (w *Workload) reschedule(actor *engine.Actor) engine.Payload {
	c := w.callOf(actor.Tenant, false)
	if half := w.halfEnded(actor.Tenant); half != nil && w.chance(40) {
		c = half
	}
	if c == nil || w.chance(4) {
		return engine.Reschedule{ID: w.strange(actor.Tenant), ReviewerID: reviewerID(0), Start: w.start()}
	}
	p := engine.Reschedule{ID: c.id, ReviewerID: c.reviewer, Start: c.span.Start}
	n := w.rnd.IntN(100)
	if long := w.longCall(actor.Tenant); long != nil && w.chance(15) {
		c, n = long, 30
		p.ID, p.ReviewerID, p.Start = c.id, c.reviewer, c.span.Start
	}
	switch {
	case n < 15: // onto itself
	case n < 40: // next to itself, perhaps overlapping
		p.Start += slots.Instant(w.rnd.IntN(5)-2) * 900
	case n < 50:
		p.ReviewerID = w.reviewer()
	default:
		p.ReviewerID, p.Start = w.reviewer(), w.start()
	}
	if w.chance(85) {
		p.Attestations = w.codes(actor.Tenant, c.cases, p.ReviewerID, p.Start)
	}
	p.Expect = w.version(c)
	return p
}

// longCall finds a booked call that takes more than one step of the grid, so that
// it can move onto a part of itself.
func (w *Workload) longCall(tenant string) *call {
	for _, c := range slices.Backward(w.audit.calls) {
		if c.tenant == tenant && !c.held && c.status == engine.Booked && c.span.End-c.span.Start > 900 && c.span.Start > w.audit.now {
			return &c
		}
	}
	return nil
}

// halfEnded finds a booked call of which one case has ended and another not.
func (w *Workload) halfEnded(tenant string) *call {
	for _, c := range w.audit.calls {
		if c.tenant != tenant || c.status != engine.Booked {
			continue
		}
		for _, id := range c.cases {
			switch w.audit.cases[w.audit.findCase(tenant, id)].image.Determination.Status {
			case "approved", "withdrawn":
				return &c
			}
		}
	}
	return nil
}

// version is mostly none, else the current one or another.
func (w *Workload) version(c *call) uint64 {
	switch n := w.rnd.IntN(100); {
	case n < 15:
		return c.version
	case n < 20:
		return c.version + uint64(1+w.rnd.IntN(2))
	}
	return 0
}

// strange is an id that names no appointment of a tenant: one of another
// tenant's, a hold's, or nobody's.
func (w *Workload) strange(tenant string) string {
	for _, other := range tenants {
		if c := w.callOf(other, false); other != tenant && c != nil && w.chance(60) {
			return c.id
		}
	}
	if c := w.callOf(tenant, true); c != nil && w.chance(50) {
		return c.id
	}
	return "apt-unknown"
}

func (w *Workload) cancel(actor *engine.Actor) engine.Payload {
	c := w.callOf(actor.Tenant, false)
	if half := w.half(actor.Tenant, true); half != nil && w.chance(12) {
		c = half
	}
	if c == nil || w.chance(8) {
		return engine.Cancel{ID: w.strange(actor.Tenant), By: "provider"}
	}
	return engine.Cancel{ID: c.id, By: pick(w, []string{"provider", "payer"}), Expect: w.version(c)}
}

func (w *Workload) release(actor *engine.Actor) engine.Payload {
	c := w.callOf(actor.Tenant, true)
	if c == nil || w.chance(10) {
		return engine.ReleaseHold{ID: "hold-unknown"}
	}
	if w.chance(70) {
		actor.Principal = c.principal
	}
	return engine.ReleaseHold{ID: c.id}
}

// putCase sends a case again, as it was at first or with another decision.
func (w *Workload) putCase(actor *engine.Actor) engine.Payload {
	if c, owed := w.told(actor.Tenant); owed && w.chance(30) {
		return engine.PutCase{Case: c}
	}
	c := pick(w, w.cases)
	d := &c.Determination
	busy := w.callOf(actor.Tenant, w.chance(50))
	for range 4 {
		if busy != nil && len(busy.cases) == 1 && w.chance(60) { // rather a call about several
			busy = w.callOf(actor.Tenant, w.chance(50))
		}
	}
	if busy != nil && w.chance(40) {
		id := pick(w, busy.cases)
		if i := slices.IndexFunc(w.cases, func(c engine.Case) bool { return c.ID == id }); i >= 0 {
			c = w.cases[i]
			d.Status = pick(w, []string{"approved", "withdrawn", "denied"})
			return engine.PutCase{Case: c}
		}
	}
	switch n := w.rnd.IntN(100); {
	case n < 60: // as at first
	case n < 65:
		d.Status = "approved"
	case n < 67:
		d.Status = "withdrawn"
	case n < 73:
		d.Status = "pending"
	case n < 80:
		d.LetterDate = w.when.day(w.rnd.IntN(3) - 5)
		d.DecidedAt = w.clock - slots.Instant(w.rnd.IntN(14*3600))
	case n < 90:
		d.DecidedAt = w.clock - slots.Instant(w.rnd.IntN(14*3600))
	default:
		c.LevelOfReview = pick(w, []string{"initial", "appeal"})
	}
	if w.chance(10) || c.HealthPlan == planNow && w.chance(25) { // what the intake of an ad hoc call asks for
		c.ServiceCodes = nil
	}
	p := engine.PutCase{Case: c}
	if i := w.audit.findCase(actor.Tenant, c.ID); i >= 0 && w.chance(15) {
		p.Expect = w.audit.cases[i].version + uint64(w.rnd.IntN(2))
	}
	return p
}

// putReviewer sends a reviewer again, as he was at first or with other limits.
func (w *Workload) putReviewer(actor *engine.Actor) engine.Payload {
	r := pick(w, w.reviewers)
	switch n := w.rnd.IntN(100); {
	case n < 50: // as at first
	case n < 66:
		r.BufferBefore, r.BufferAfter = 5*w.rnd.IntN(4), 5*w.rnd.IntN(4)
	case n < 80:
		r.MaxPerDay = w.rnd.IntN(3)
	case n < 88:
		r.Hours.Weekly = []slots.WeeklyHours{weekly(everyDay, 60*w.rnd.IntN(8), 60*(12+w.rnd.IntN(13)))}
	case n < 94:
		next := w.clock - w.clock%900
		r.Hours.Blocks = []slots.Interval{{Start: next, End: next + slots.Instant(1+w.rnd.IntN(12))*900}}
	default:
		r.Active = false
	}
	p := engine.PutReviewer{Reviewer: r}
	if i := w.audit.findReviewer(actor.Tenant, r.ID); i >= 0 && w.chance(15) {
		p.Expect = w.audit.reviewers[i].version + uint64(w.rnd.IntN(2))
	}
	return p
}
