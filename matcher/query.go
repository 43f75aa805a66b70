package matcher

import "github.com/parleyhq/parley/slots"

// MaxCases is how many cases one call may discuss.
const MaxCases = 5

// Reveal says when tiers that need a waiver are shown. It never changes what
// can be booked.
type Reveal uint8

// The reveals.
const (
	// RevealAuto shows them only if the range (the query's range and ticks, the
	// cases' limits, all reviewers) holds no compliant start that can still change
	// a decision.
	RevealAuto Reveal = iota
	// RevealAlways shows them with everything else.
	RevealAlways
	// RevealNever shows compliant tiers only.
	RevealNever
)

// Query is what a requester asks.
type Query struct {
	Cases          []*Case        // 1–MaxCases, distinct
	FirstAsked     slots.Instant  // when the call was first asked for, 0 = now
	Zone           *slots.Zone    // of the ticks, the days and the labels; nil = UTC
	Range          slots.Interval // starts to consider; empty = now to horizon
	Ticks          slots.Ticks    // zero = all
	SpecialtyMatch bool
	Waivable       Reveal

	Mode string // slot, callback, ad_hoc; "" = slot. It must be open to all cases.
	// Windows are the requester's times for a callback: a call lies wholly in
	// their union. Nil = any time; empty but not nil = none.
	Windows []slots.Interval
	// NotBefore is the earliest start on offer in place of now and the rows' lead
	// time. It may lie before now, for a call that is being put through; 0 = by the
	// rows, and for ad hoc calls, which have no lead time, now.
	NotBefore slots.Instant
	// Kept: the call is booked, and is judged where it is. That a rule prefers the
	// original reviewer says who may book; it takes no call from whoever has it.
	Kept bool
	// Work counts, and may bound, what the plan and its answers take; nil = nobody counts.
	Work *Work
}

// Refusal says why a query cannot have a plan at all.
type Refusal struct {
	Code    string // not_eligible, mode_not_available, cases_not_combinable
	CaseID  string // the case at fault, if one
	Rule    string // of mode_not_available: the row whose modes the call is not among
	Reasons []Reason
}

// WeekRange returns the span from Monday's first instant to the next Monday's,
// in a zone.
func WeekRange(z *slots.Zone, monday slots.Date) slots.Interval {
	return z.DatesHull(monday, monday.AddDays(6))
}
