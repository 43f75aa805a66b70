package matcher

import "github.com/parleyhq/parley/slots"

// sourceOf returns the search that suits a view.
func sourceOf(v *View) source {
	if v.Index != nil {
		return bitSource{}
	}
	return treeSource{}
}

// source finds what reviewers offer to a plan. Everything before it (rules,
// limits, ticks) and after it (reveal, numbering, explanation, cutting by day) is
// shared; implementations must agree with Plan.Judge and with each other on
// every answer.
type source interface {
	// each yields the starts inside window that lie in suits and pass f: by
	// reviewer in order of number, then in order of time, until yield returns
	// false. The span holds for the start and what follows up to its end; it may be
	// kept no longer than the call of yield.
	each(p *Plan, window slots.Interval, suits slots.Set, f filter, yield func(*Reviewer, slots.Instant, *span) bool)

	// some reports whether each would yield anything for the plan's own ticks.
	some(p *Plan, window slots.Interval, f filter) bool

	// week appends the tiers of want that the plan's window holds, best first,
	// ranked and cut to shape, all but their numbers and unions. Like all that is
	// appended below, what they hold lives in the memory of the plan's Searcher.
	week(p *Plan, want tierSet, shape WeekShape, dst []Priority) []Priority

	// earliest appends the first limit offers of the plan's window in tiers of
	// want, ranked, all but their priorities.
	earliest(p *Plan, want tierSet, limit int, dst []Offer) []Offer

	// nearest is earliest in order of distance from around.
	nearest(p *Plan, want tierSet, around slots.Instant, limit int, dst []Offer) []Offer

	// assign adds to a every start of the plan's window and ticks that its consents
	// make bookable, and notes those that only calls and caps keep from being it.
	assign(p *Plan, a *assigner)

	// The rest is for explanations.

	// count counts the starts in window, at times that suit the requester, that can be
	// booked as asked.
	count(p *Plan, window slots.Interval) yield

	// waived counts those in the plan's window that only a waiver keeps from that.
	waived(p *Plan) waivers

	// boxes counts those in the plan's window, of which count finds none, that miss one
	// tick.
	boxes(p *Plan) boxYields

	// reasons counts reviewers by what keeps them from the plan's window.
	reasons(p *Plan) reasons

	// qualified reports whether the rules let anybody take the call as asked at a time in
	// window, free or not. It may say so where nobody does.
	qualified(p *Plan, window slots.Interval) bool
}
