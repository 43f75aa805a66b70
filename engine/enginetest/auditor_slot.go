package enginetest

import (
	"slices"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// wish is a slot that is asked for, by a hold, a booking or a reschedule.
type wish struct {
	actor      engine.Actor
	caseIDs    []string
	reviewerID string
	start      slots.Instant
	specialty  bool
	caller     string
	firstAsked slots.Instant
	clinician  bool // one speaks, or need not
	mode       string
	notBefore  slots.Instant    // earliest start instead of the lead time's, 0 = none
	windows    []slots.Interval // to lie in, nil = anywhere

	cases    []*knownCase
	reviewer *engine.Reviewer
	terms    terms
	span     slots.Interval
	busy     slots.Interval
	tier     matcher.Tier
	fits     []fit // one per case
	required []string
	optional []string
}

// look finds what a wish names.
func (a *Auditor) look(w *wish) engine.Status {
	if s := a.lookCases(w); s != engine.StatusOK {
		return s
	}
	i := a.findReviewer(w.actor.Tenant, w.reviewerID)
	if i < 0 {
		return engine.StatusNotFound
	}
	w.reviewer = &a.reviewers[i].image
	return engine.StatusOK
}

func (a *Auditor) lookCases(w *wish) engine.Status {
	for _, id := range w.caseIDs {
		i := a.findCase(w.actor.Tenant, id)
		if i < 0 {
			return engine.StatusNotFound
		}
		w.cases = append(w.cases, &a.cases[i])
	}
	return engine.StatusOK
}

// combine asks whether the cases may have a call, and one together.
func (a *Auditor) combine(w *wish) engine.Status {
	if len(w.cases) < 1 || len(w.cases) > 5 {
		return engine.StatusCasesNotCombinable
	}
	for i, c := range w.cases {
		for _, other := range w.cases[:i] {
			if c.image.ID == other.image.ID || c.image.HealthPlan != other.image.HealthPlan {
				return engine.StatusCasesNotCombinable
			}
		}
	}
	for _, c := range w.cases {
		if !a.eligible(c, w.firstAsked) {
			a.counts.Add("case not eligible")
			return engine.StatusNotEligible
		}
	}
	w.terms = a.shared(w.cases)
	switch {
	case !w.terms.opens(w.mode):
		return engine.StatusModeNotAvailable
	case w.terms.clinician && !w.clinician:
		return engine.StatusClinicianRequired
	}
	return engine.StatusOK
}

// place judges the slot itself. The calls at the positions in except are not in the way.
func (a *Auditor) place(w *wish, except ...int) engine.Status {
	t := w.terms
	w.span = slots.Interval{Start: w.start, End: w.start + slots.Instant(t.call)*60}
	w.busy = slots.Interval{
		Start: w.span.Start - slots.Instant(w.reviewer.BufferBefore)*60,
		End:   w.span.End + slots.Instant(w.reviewer.BufferAfter)*60,
	}
	if a.twist == TwistBufferForgotten {
		w.busy.End = w.span.End
	}
	if !a.onOffer(w) || !works(w.reviewer, w.span) {
		return engine.StatusSlotNotOffered
	}
	for _, c := range w.cases {
		f := a.fitOf(w.reviewer, c, w.start, w.specialty)
		if f.tier == matcher.TierNone {
			return engine.StatusReviewerNotQualified
		}
		w.tier = max(w.tier, f.tier)
		w.fits = append(w.fits, f)
		w.required = append(w.required, f.required...)
		w.optional = append(w.optional, f.optional...)
	}
	return a.free(w, except)
}

// onOffer tells whether anybody's calls may start then.
func (a *Auditor) onOffer(w *wish) bool {
	grid, first := w.terms.grid, a.now+seconds(w.terms.lead)
	if w.mode == engine.ModeAdHoc {
		grid, first = 1, a.now
	}
	if w.notBefore != 0 {
		first = w.notBefore
	}
	span := slots.Interval{Start: w.start, End: w.start + seconds(w.terms.call)}
	if a.twist == TwistWindowsWide {
		span.End = span.Start + 1
	}
	return w.start%seconds(grid) == 0 && w.start >= first && w.start < a.now+slots.Instant(w.terms.horizon)*3600 &&
		(w.windows == nil || covered(w.windows, span))
}

// free looks at every call there is.
func (a *Auditor) free(w *wish, except []int) engine.Status {
	day := dayOf(w.reviewer, w.start)
	sameDay, held := 0, 0
	for i := range a.calls {
		c := &a.calls[i]
		if c.tenant != w.actor.Tenant || c.reviewer != w.reviewerID || slices.Contains(except, i) {
			continue
		}
		if !a.active(c) {
			if !c.over && c.span.Start == w.start {
				a.counts.Add("slot of an expired hold")
			}
			continue
		}
		if a.meet(c.busy, w.busy) {
			if !a.meet(c.span, w.span) {
				a.counts.Add("only a buffer in the way")
			}
			return engine.StatusSlotTaken
		}
		if c.busy.End == w.busy.Start || w.busy.End == c.busy.Start {
			a.counts.Add("calls that touch")
		}
		if dayOf(w.reviewer, c.span.Start) == day {
			sameDay++
			if c.held {
				held++
			}
		}
	}
	if a.twist == TwistCapWithoutHolds {
		sameDay, held = sameDay-held, 0
	}
	if w.reviewer.MaxPerDay > 0 && sameDay >= w.reviewer.MaxPerDay {
		a.counts.Add("cap reached")
		if sameDay-held < w.reviewer.MaxPerDay {
			a.counts.Add("cap reached by holds")
		}
		return engine.StatusSlotTaken
	}
	return engine.StatusOK
}

// meet tells whether two half-open spans share an instant.
func (a *Auditor) meet(x, y slots.Interval) bool {
	if a.twist == TwistTouching {
		return x.Start <= y.End && y.Start <= x.End
	}
	return x.Start < y.End && y.Start < x.End
}

// agree compares wish and attestations with what the slot needs.
func (a *Auditor) agree(w *wish, expect engine.Expect, given []string) Verdict {
	if expect.Tier != 0 && expect.Tier != w.tier || expect.Ruleset != "" && expect.Ruleset != a.books[a.inForce].version {
		return refused(engine.StatusRulesChanged)
	}
	if w.specialty && slices.ContainsFunc(w.fits, func(f fit) bool { return f.similar }) {
		return refused(engine.StatusSpecialtyMatchUnmet)
	}
	missing := slices.DeleteFunc(slices.Clone(w.required), func(code string) bool { return slices.Contains(given, code) })
	if len(missing) > 0 {
		return Verdict{Status: engine.StatusAttestationRequired, missing: missing}
	}
	for _, code := range given {
		if !slices.Contains(w.required, code) && !slices.Contains(w.optional, code) {
			return refused(engine.StatusAttestationNotApplicable)
		}
		if !slices.Contains(w.required, code) {
			a.counts.Add("optional attestation stored")
		}
	}
	return Verdict{}
}

// attest lists what is recorded: each code for each case that knows it.
func (w *wish) attest(given []string) (recorded []string) {
	for i, f := range w.fits {
		for _, code := range given {
			if slices.Contains(f.required, code) || slices.Contains(f.optional, code) {
				recorded = append(recorded, w.caseIDs[i]+" "+code)
			}
		}
	}
	slices.Sort(recorded)
	return slices.Compact(recorded)
}
