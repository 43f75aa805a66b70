package matcher

import "github.com/parleyhq/parley/slots"

// Internal seam between rules (left) and plan/search (right).

// caseRules is everything the rules say of one case at one request: the rows
// that apply, the requirement tree, the anchor, the limits, the attestation table.
type caseRules struct {
	c           *Case
	eligibility Eligibility
	// starts bounds the slot starts on offer by the case's and the payer's limits
	// (lead time, horizon, hard limits): [Start, End). Limits that only change what the decision can become are not in it.
	starts slots.Interval
	// startsRule names the row behind starts' end when a limit other than the horizon decides it.
	startsRule string
	// changing bounds the starts that can still change the decision; starts outside are consultative.
	changing slots.Interval
}

// resolve picks the rows for a case by its request date and conjoins them. specialtyMatch is the caller's
// request for a specialty match, which activates on-request branches (Arkansas) and adds NeedSpecialtyMatch.
func (rs *Ruleset) resolve(c *Case, now, firstAsked slots.Instant, specialtyMatch bool) *caseRules {
	panic("contract")
}

// verdict says how a reviewer meets a case's requirements at one instant.
type verdict struct {
	Tier         Tier // TierNone: never offered
	Relation     Relation
	Unmet        Needs
	Attestations []string // needed to book: waivers for Unmet plus mandatory ones, sorted
	Optional     []string // stored if sent
	Met          []string // requirement codes met, sorted
	Rules        []string // ids of all rows that judged, sorted
	Blocking     string   // for TierNone: id of the row that decided
}

// verdict judges r for a call that starts at t. Pure; the same for every instant between two changes.
func (cr *caseRules) verdict(r *Reviewer, t slots.Instant) verdict { panic("contract") }

// changes returns, sorted, the instants inside within at which verdict(r, ·) may change (licences
// starting or ending).
func (cr *caseRules) changes(r *Reviewer, within slots.Interval) []slots.Instant { panic("contract") }

// combinable reports whether cases may share one call: distinct, at most MaxCases, one health plan,
// a common mode; at least a slot mode. A nil Refusal means yes.
func combinable(rules []*caseRules) *Refusal { panic("contract") }
