package matcher

import (
	"slices"

	"github.com/parleyhq/parley/slots"
)

// MaxOptions bounds how many options an Assignment counts.
const MaxOptions = 1000

// Assignment is what a plan can give a request that leaves the choice to the engine.
type Assignment struct {
	Offer *Offer // the best, nil if there is none
	// Options counts the reviewer × start pairs that would do, up to MaxOptions.
	Options int
	// Lawful: somebody who qualifies, with these consents, works in the range; if
	// there is no offer, calls and caps alone are in his way.
	Lawful bool
}

// Assign returns the best offer in the plan's range, ticks and windows, in the order
// of Earliest, whatever the query reveals. An offer counts if the consents hold every
// attestation that booking it needs, and if it lacks no specialty match asked for.
func (p *Plan) Assign(consents []string) Assignment {
	a := assigner{consents: consents, top: best[hit]{limit: 1, compare: compareHits}}
	p.source.assign(p, &a)
	out := Assignment{Options: min(a.options, MaxOptions), Lawful: a.lawful}
	if offers := p.appendOffers(nil, a.top.kept); len(offers) > 0 {
		number(offers)
		out.Offer = &offers[0]
	}
	return out
}

// AssignAt returns the best offer for exactly this start, in the order of Earliest,
// of reviewers other than except ("" = none). Like Judge it ignores ticks and range; of
// consents it asks what Assign does.
func (p *Plan) AssignAt(start slots.Instant, consents []string, except string) (Offer, bool) {
	if detail, _ := p.outside(start); detail != "" {
		return Offer{}, false
	}
	at := *p
	at.window = slots.Interval{Start: start, End: start + 1}
	at.query.Ticks = slots.AllTicks
	a := assigner{consents: consents, except: except, top: best[hit]{limit: 1, compare: compareHits}}
	at.source.assign(&at, &a)
	offers := at.appendOffers(nil, a.top.kept)
	if len(offers) == 0 {
		return Offer{}, false
	}
	number(offers)
	return offers[0], true
}

// assigner collects what a source finds for an assignment.
type assigner struct {
	consents []string
	except   string // id of a reviewer who is not wanted

	top     best[hit]
	options int
	lawful  bool
}

// assignable passes every match that consents may make bookable.
var assignable = filter{tiers: compliantTiers | waivableTiers}

// consented reports whether the consents are enough for a match in a span.
func (a *assigner) consented(p *Plan, r *Reviewer, s *span) bool {
	if s.unmet.Has(NeedSpecialtyMatch) {
		return false
	}
	for _, code := range p.match(r, s.Start, nil).attestations {
		if !slices.Contains(a.consents, code) {
			return false
		}
	}
	return true
}

func (t treeSource) assign(p *Plan, a *assigner) {
	suits := p.ticked(p.window)
	if suits.Empty() {
		return
	}
	window := p.window.Intersect(suits.Hull())
	t.desks(p, window, assignable, func(d *desk) bool {
		if d.reviewer.ID == a.except {
			return true
		}
		for i := range d.spans {
			s := &d.spans[i]
			if assignable.accepts(&s.grade) && !a.consented(p, d.reviewer, s) {
				s.tier = TierNone // this desk is the assignment's alone
			}
		}
		if d.tiers(assignable) != 0 {
			d.open(window)
			d.assign(suits, a)
		}
		return true
	})
}

// assign adds the starts of d's reviewer.
func (d *desk) assign(suits slots.Set, a *assigner) {
	p := d.plan
	p.Grid.Starts(d.hours.Intersect(suits), p.CallMinutes, func(start slots.Instant) bool {
		p.work.spend(workStart)
		s := d.at(start)
		if s == nil || !assignable.accepts(&s.grade) {
			return true
		}
		a.lawful = true
		if d.taken(start) != "" {
			return true
		}
		a.options++
		h := hit{reviewer: d.reviewer, start: start, tier: s.tier, relation: s.relation}
		if a.top.admits(&h) { // even without calls
			h.firm = d.firmOnDate(start)
			a.top.add(h)
		}
		return true
	})
}
