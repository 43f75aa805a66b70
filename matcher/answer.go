package matcher

import "github.com/parleyhq/parley/slots"

// SlotOffer is one start of one reviewer.
type SlotOffer struct {
	Start, End slots.Instant
	// Consultative: the decision of every case can no longer change.
	Consultative bool
	// Late: it starts after the payer had to hold the call, for some case.
	Late         bool
	Unmet        Needs
	Attestations []string        // what booking this slot needs, sorted
	Cases        []CaseJudgement // only where tier, unmet, consultative or late differ among the cases, else nil
}

// DayOffers are the offers of one local date; More counts what the cut left out.
type DayOffers struct {
	Date  slots.Date
	Slots []SlotOffer
	More  int
}

// ReviewerOffers are a reviewer's seven days, Monday first.
type ReviewerOffers struct {
	Reviewer *Reviewer
	Relation Relation
	Days     [7]DayOffers
}

// Priority is one tier that exists in the answer.
type Priority struct {
	Number        int // from 1, without gaps
	Tier          Tier
	Unmet         Needs    // union over the slots shown
	Attestations  []string // union over the slots shown, sorted; each slot has its own
	MoreReviewers bool
	Reviewers     []ReviewerOffers
}

// WeekShape cuts a week answer.
type WeekShape struct {
	Monday               slots.Date
	ReviewersPerPriority int // 1–200
	SlotsPerDay          int // 1–200
}

// WeekAnswer is the week grid.
type WeekAnswer struct {
	Monday      slots.Date
	Priorities  []Priority
	Explanation Explanation
}

// Offer is a slot, a reviewer and a tier for one request.
type Offer struct {
	SlotOffer
	Reviewer *Reviewer
	Relation Relation
	Priority int // number of its tier among those of the answer, from 1
	Tier     Tier
}

// OffersAnswer is a flat, ranked list.
type OffersAnswer struct {
	Offers      []Offer
	Explanation Explanation
}

// Because says why nothing compliant is in range: a stable code, the id of the
// rule behind it, and the fact in words, free of personal data. Rule is "" only
// where no rule but the calendar or the caller's own wish is the reason.
type Because struct {
	Code, Rule string
	Detail     Text
}

// Unlock is one single change that would yield slots.
type Unlock struct {
	// Kind is attestation, day, hour, windows, week, specialty_match_requested,
	// original_reviewer (whom a rule prefers, at times not asked for), deadline or fact.
	Kind string
	// Value is the code, weekday, hour, nearest start outside the windows (UTC), Monday's date,
	// true or false, the reviewer's id, the limit's rule, or the fact's name.
	Value    string
	Slots    int // distinct reviewer × start
	Earliest slots.Instant
	Rule     string // behind an original reviewer, a deadline or a fact; else ""
}

// Explanation accounts for an answer. The lists are empty unless nothing that
// can be booked as asked, without a waiver, is in range.
type Explanation struct {
	Offered        int // slots of this answer
	NothingBecause []Because
	Unlock         []Unlock
}

// Week answers the week grid; the plan's range must be that week in the query's
// zone. Priorities are the tiers in order; in each stand the reviewers by
// relation, earliest offered start, fewest firm calls that start in the week, and
// id. A reviewer whose tier changes within the week stands in both.
func (p *Plan) Week(shape WeekShape) WeekAnswer {
	shape.ReviewersPerPriority, shape.SlotsPerDay = max(shape.ReviewersPerPriority, 1), max(shape.SlotsPerDay, 1)
	answer := WeekAnswer{Monday: shape.Monday}
	answer.Priorities = p.source.week(p, compliantTiers, shape, p.mem.priorities.take(int(TierBothWaived)))
	seen := glimpse{}
	seen.week(answer.Priorities)
	if p.reveal(&seen) {
		answer.Priorities = p.source.week(p, waivableTiers, shape, answer.Priorities)
	}
	offered := 0
	for i := range answer.Priorities {
		priority := &answer.Priorities[i]
		priority.Number = i + 1
		for j := range priority.Reviewers {
			days := &priority.Reviewers[j].Days
			for d := range days {
				offered += len(days[d].Slots)
				for k := range days[d].Slots {
					s := &days[d].Slots[k]
					priority.Unmet |= s.Unmet
					if len(s.Attestations) > 0 {
						priority.Attestations = p.mem.unions.of(priority.Attestations, s.Attestations)
					}
				}
			}
		}
	}
	answer.Explanation = p.explain(offered, seen)
	return answer
}

// Earliest answers with the first limit offers by tier, start, relation, fewest
// firm calls that start on the same local date in the reviewer's zone, and id.
// Limit is 1–200.
func (p *Plan) Earliest(limit int) OffersAnswer {
	limit = max(limit, 1)
	offers := p.source.earliest(p, compliantTiers, limit, p.mem.offers.take(limit))
	seen := glimpse{}
	seen.list(offers)
	if rest := limit - len(offers); rest > 0 && p.reveal(&seen) {
		offers = p.source.earliest(p, waivableTiers, rest, offers)
	}
	number(offers)
	return OffersAnswer{Offers: offers, Explanation: p.explain(len(offers), seen)}
}

// Nearest answers with the limit offers closest in time to around: compliant
// tiers before waivable ones, then by distance, and where that ties as Earliest.
// Limit is 1–200.
func (p *Plan) Nearest(around slots.Instant, limit int) []Offer {
	limit = max(limit, 1)
	offers := p.source.nearest(p, compliantTiers, around, limit, p.mem.offers.take(limit))
	seen := glimpse{}
	seen.list(offers)
	if rest := limit - len(offers); rest > 0 && p.reveal(&seen) {
		offers = p.source.nearest(p, waivableTiers, around, rest, offers)
	}
	number(offers)
	return offers
}

// glimpse is what the compliant part of an answer shows of all that is on offer.
type glimpse struct {
	changing bool // a start that can still change a decision
	asAsked  bool // a start with nothing unmet
	nothing  bool // no start at all
}

// slot looks at one start and reports whether there is more to see.
func (g *glimpse) slot(s *SlotOffer) (more bool) {
	g.changing = g.changing || !s.Consultative
	g.asAsked = g.asAsked || s.Unmet == 0
	return !g.changing || !g.asAsked
}

func (g *glimpse) week(priorities []Priority) {
	g.nothing = len(priorities) == 0
	for i := range priorities {
		for j := range priorities[i].Reviewers {
			days := &priorities[i].Reviewers[j].Days
			for d := range days {
				for k := range days[d].Slots {
					if !g.slot(&days[d].Slots[k]) {
						return
					}
				}
			}
		}
	}
}

func (g *glimpse) list(offers []Offer) {
	g.nothing = len(offers) == 0
	for i := range offers {
		if !g.slot(&offers[i].SlotOffer) {
			return
		}
	}
}

// number gives each offer the rank of its tier among those present.
func number(offers []Offer) {
	var present tierSet
	for i := range offers {
		present = present.with(offers[i].Tier)
	}
	for i := range offers {
		offers[i].Priority = present.rank(offers[i].Tier)
	}
}
