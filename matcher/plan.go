package matcher

import (
	"cmp"

	"github.com/parleyhq/parley/slots"
)

// Plan is a query made ready: rules resolved, limits intersected, rank order
// fixed. It is the seam between rules and search: every search implementation
// turns the same Plan into the same Answer. A Plan is immutable and belongs to
// one View; like all that is answered from it, it lives in the memory of its Searcher.
type Plan struct {
	CallMinutes int        // the longest that a case needs
	Grid        slots.Grid // the lines that the grids of all cases share
	HoldMinutes int        // the shortest that a case allows
	Modes       []string   // open to all cases

	// Mode is the booking mode that the plan is for: slot, callback, ad_hoc.
	Mode string

	view   *View
	query  Query
	rules  []*caseRules // one for each case of the query, in its order
	length slots.Instant
	// limits holds the starts that every case allows: lead time, horizon and hard
	// limits, never before now. limitRule is the row behind limits.End, "" if that
	// is the horizon. Unlike other intervals it keeps its ends when it is empty.
	limits    slots.Interval
	limitRule string
	// asked is the range of the query, window the part of it inside limits: the
	// starts to search.
	asked, window slots.Interval
	// windows are the requester's times, all of time if he names none.
	windows slots.Set
	// originals are the reviewers who alone are on offer because a rule prefers them.
	originals []original
	// dueBy is the earliest instant after which a start is late for some case, 0 = none.
	dueBy  slots.Instant
	source source
	work   *Work // of the query
	// mem is whose memory the plan and its answers live in.
	mem *Searcher
}

// everything is all of time that a plan can reach.
var everything = slots.NewSet(slots.Interval{Start: -1 << 50, End: 1 << 50})

// Plan resolves rules and limits once per request. The query's mode must be open to all
// cases. The plan and whatever is answered from it are valid until the next call.
func (m *Searcher) Plan(v *View, q Query) (*Plan, *Refusal) {
	if len(q.Cases) == 0 || len(q.Cases) > MaxCases {
		return nil, &Refusal{Code: "cases_not_combinable"}
	}
	if q.Zone == nil {
		q.Zone = slots.UTC()
	}
	if q.Ticks == (slots.Ticks{}) {
		q.Ticks = slots.AllTicks
	}
	if q.Mode == "" {
		q.Mode = modeSlot
	}
	m.forget()
	rules := m.rulesOf(v, &q)
	modes, refusal := combinable(m.modes[:0], rules, q.Mode)
	if refusal != nil {
		return nil, refusal
	}
	m.modes = modes
	p := &m.plan
	*p = Plan{Mode: q.Mode, Modes: modes, view: v, query: q, rules: rules, source: sourceOf(v), work: q.Work, windows: everything, originals: p.originals[:0], mem: m}
	if q.Windows != nil {
		p.windows = slots.NewSet(q.Windows...)
	}
	p.combine()
	if !q.Kept {
		p.preferOriginals()
	}
	p.asked = q.Range
	if p.asked.Empty() {
		p.asked = p.limits
	}
	p.window = p.asked.Intersect(p.limits)
	return p, nil
}

// combine makes one set of terms out of those of the cases.
func (p *Plan) combine() {
	earliest := p.view.Now
	if from := p.query.NotBefore; from != 0 || p.Mode == modeAdHoc {
		earliest = cmp.Or(from, earliest)
		for _, cr := range p.rules {
			cr.openFrom(earliest)
		}
	}
	first := p.rules[0]
	p.CallMinutes, p.HoldMinutes = first.eligibility.CallMinutes, first.eligibility.HoldMinutes
	p.Grid = slots.Grid{StepMinutes: first.eligibility.GridMinutes}
	p.limits = slots.Interval{Start: max(earliest, first.starts.Start), End: first.starts.End}
	p.limitRule = first.startsRule
	p.dueBy = first.eligibility.DueBy
	for _, cr := range p.rules[1:] {
		e := &cr.eligibility
		if e.DueBy != 0 && (p.dueBy == 0 || e.DueBy < p.dueBy) {
			p.dueBy = e.DueBy
		}
		p.CallMinutes = max(p.CallMinutes, e.CallMinutes)
		p.HoldMinutes = min(p.HoldMinutes, e.HoldMinutes)
		p.Grid.StepMinutes = leastCommonMultiple(p.Grid.StepMinutes, e.GridMinutes)
		p.limits.Start = max(p.limits.Start, cr.starts.Start)
		if cr.starts.End < p.limits.End {
			p.limits.End, p.limitRule = cr.starts.End, cr.startsRule
		}
	}
	if p.Mode == modeAdHoc {
		p.Grid.StepMinutes = adHocStep
	}
	p.length = slots.Instant(p.CallMinutes) * slots.Minute
}

// The modes that plans tell apart, and the grid of ad hoc calls in minutes: they
// start at any full minute.
const (
	modeSlot  = "slot"
	modeAdHoc = "ad_hoc"
	adHocStep = 1
)

// RecordDuty reports whether what is offered for the query's case i must be recorded: the
// same as [Ruleset.Eligibility] says of it, who asks by the way for no specialty match.
func (p *Plan) RecordDuty(i int) bool {
	cr := p.rules[i]
	if cr.specialtyMatch || cr.asked != cmp.Or(cr.c.P2PRequestedAt, cr.now) {
		return p.view.Rules.Eligibility(cr.c, cr.now, cr.c.P2PRequestedAt).RecordDuty
	}
	return cr.recordDuty
}

// Speaker says who may speak on the provider's side for the query's case i.
func (p *Plan) Speaker(i int) SpeakerRule { return p.rules[i].payer.speaker }

// late reports whether a start comes after the payer's duty to some case.
func (p *Plan) late(start slots.Instant) bool { return p.dueBy != 0 && start > p.dueBy }

// leastCommonMultiple of two divisors of 60 divides 60 as well.
func leastCommonMultiple(a, b int) int {
	x, y := a, b
	for y != 0 {
		x, y = y, x%y
	}
	return a / x * b
}

// call returns the span of a call that starts at start.
func (p *Plan) call(start slots.Instant) slots.Interval {
	if planted == plantOverflow {
		return slots.Interval{Start: start, End: slots.Instant(int32(start) + int32(p.length))}
	}
	return slots.Interval{Start: start, End: start + p.length}
}

// reach returns all instants of the calls that start in window.
func (p *Plan) reach(window slots.Interval) slots.Interval {
	if window.Empty() {
		return slots.Interval{}
	}
	return slots.Interval{Start: window.Start, End: window.End - 1 + p.length}
}

// ticked returns the instants that suit the requester, by ticks and windows, as far
// as calls that start in window can use them.
func (p *Plan) ticked(window slots.Interval) slots.Set {
	ticked := p.query.Zone.Ticked(p.query.Ticks, p.reach(window))
	if p.query.Windows == nil {
		return ticked
	}
	return ticked.Intersect(p.windows)
}

// reveal reports whether the query's reveal lets waivable tiers through; seen is what the
// compliant part of the answer shows.
func (p *Plan) reveal(seen *glimpse) bool {
	switch p.query.Waivable {
	case RevealAlways:
		return true
	case RevealNever:
		return false
	}
	return seen.nothing || !seen.changing && !p.any(p.window, filter{tiers: compliantTiers, changing: true})
}

// any reports whether a start in window and ticks passes f.
func (p *Plan) any(window slots.Interval, f filter) bool { return p.source.some(p, window, f) }
