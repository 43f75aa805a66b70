package enginetest

import (
	"slices"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/slots"
)

// modeOf says how a booking comes about: by a slot, unless it names an own hold
// of another mode. The call may start where that does, however long ago.
func (a *Auditor) modeOf(actor engine.Actor, holdID string) (mode string, notBefore slots.Instant) {
	i := a.findHold(actor.Tenant, holdID)
	if i < 0 || a.calls[i].principal != actor.Principal || a.calls[i].mode == engine.ModeSlot {
		return engine.ModeSlot, 0
	}
	return a.calls[i].mode, a.calls[i].span.Start
}

// withoutHold says of a booking that is refused why: where calls come about by
// ad hoc holds alone, one that names a hold is told what is wrong with that.
func (a *Auditor) withoutHold(w *wish, holdID string, s engine.Status) engine.Status {
	if holdID == "" || s != engine.StatusModeNotAvailable {
		return s
	}
	other := *w
	other.mode, other.clinician = engine.ModeAdHoc, true
	if a.combine(&other) != engine.StatusOK {
		return s
	}
	if _, wrong := a.named(&other, holdID); wrong != engine.StatusOK {
		a.counts.Add("ad hoc booking without its hold")
		return wrong
	}
	return s
}

// adHoc holds whoever is best and free at the next full minute.
func (a *Auditor) adHoc(actor engine.Actor, p engine.AdHoc) Verdict {
	if a.taken(actor.Tenant, p.ID) || p.AvailableAt > a.now+3600 {
		return refused(engine.StatusInvalid)
	}
	start := max(a.now, p.AvailableAt)
	for start%60 != 0 {
		start++
	}
	w := &wish{
		actor: actor, caseIDs: p.CaseIDs, start: start, mode: engine.ModeAdHoc,
		specialty: p.SpecialtyMatch, clinician: p.PerformedByCredential == clinician,
		caller: string(p.Caller.Bytes),
	}
	if s := a.lookCases(w); s != engine.StatusOK {
		return refused(s)
	}
	if s := a.combine(w); s != engine.StatusOK {
		return refused(s)
	}
	for _, k := range w.cases {
		if !a.terms(k).anyCase && len(k.image.ServiceCodes) == 0 {
			return refused(engine.StatusIntakeIncomplete)
		}
	}
	own, s := a.booked(w, "")
	if s != engine.StatusOK {
		return refused(s)
	}
	consents := slices.Concat(p.Consents, a.mandatory(w))
	best, _, lawful := a.search(w, []slots.Instant{start}, consents, "", own)
	if best == nil {
		if lawful {
			a.counts.Add("nobody free")
		} else {
			a.counts.Add("nobody there who may")
		}
		return refused(engine.StatusReviewerNotFree)
	}
	if len(best.required) > 0 {
		a.counts.Add("ad hoc hold by a consent")
	}
	return a.grasp(best, own, p.ID)
}

// mandatory lists the codes that every call about the cases of a wish needs.
func (a *Auditor) mandatory(w *wish) (codes []string) {
	for _, k := range w.cases {
		t, appeal := a.terms(k), k.image.LevelOfReview == "appeal"
		if t.ohioConsent && appeal && k.image.MemberState == "OH" {
			codes = append(codes, codeOhioConsent)
		}
		if t.appeals && appeal {
			codes = append(codes, codeAppeal)
		}
	}
	return codes
}

// search tries every reviewer at each of some starts. It returns the best slot
// that can be booked with some consents, nil if none; how many there are; and
// whether there would be one if nobody had any calls. Reviewer but is nobody.
func (a *Auditor) search(w *wish, starts []slots.Instant, consents []string, but string, except ...int) (best *wish, options int, lawful bool) {
	quiet := *a
	quiet.counts = Counts{}
	for i := range a.reviewers {
		r := &a.reviewers[i]
		if r.tenant != w.actor.Tenant || r.image.ID == but {
			continue
		}
		for _, start := range starts {
			try := *w
			try.reviewerID, try.reviewer, try.start = r.image.ID, &r.image, start
			s := quiet.place(&try, except...)
			if s != engine.StatusOK && s != engine.StatusSlotTaken || !try.agreed(consents) {
				continue
			}
			lawful = true
			if s == engine.StatusSlotTaken {
				continue
			}
			options++
			if best == nil || quiet.better(&try, best, except) {
				best = &try
			}
		}
	}
	return best, options, lawful
}

// agreed tells whether consents are enough for a slot, and the wish is met.
func (w *wish) agreed(consents []string) bool {
	unmet := w.specialty && slices.ContainsFunc(w.fits, func(f fit) bool { return f.similar })
	return !unmet && containsAll(consents, w.required)
}

// better compares two slots: the better tier, the earlier start, the closer
// specialty, the fewer calls on that day, the smaller id.
func (a *Auditor) better(x, y *wish, except []int) bool {
	switch {
	case x.tier != y.tier:
		return x.tier < y.tier
	case x.start != y.start:
		return x.start < y.start
	case x.near() != y.near():
		return x.near() > y.near()
	}
	if m, n := a.thatDay(x, except), a.thatDay(y, except); m != n {
		return m < n
	}
	return x.reviewerID < y.reviewerID
}

// near says how close the specialty is to the case to which it is least so.
func (w *wish) near() int {
	least := 3
	for _, f := range w.fits {
		least = min(least, f.near)
	}
	return least
}

// thatDay counts the appointments of a reviewer on his day of a start.
func (a *Auditor) thatDay(w *wish, except []int) (n int) {
	day := dayOf(w.reviewer, w.start)
	for i := range a.calls {
		c := &a.calls[i]
		if c.tenant == w.actor.Tenant && c.reviewer == w.reviewerID && !c.held && a.active(c) && !slices.Contains(except, i) &&
			dayOf(w.reviewer, c.span.Start) == day {
			n++
		}
	}
	return n
}

// covered tells whether a span lies in the union of windows.
func covered(windows []slots.Interval, span slots.Interval) bool {
	for at := span.Start; at < span.End; {
		i := slices.IndexFunc(windows, func(w slots.Interval) bool { return w.Start <= at && at < w.End })
		if i < 0 {
			return false
		}
		at = windows[i].End
	}
	return true
}
