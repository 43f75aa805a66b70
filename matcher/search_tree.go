package matcher

import "github.com/parleyhq/parley/slots"

// treeSource is the search over B-trees: candidates from the roster's posting
// lists, calls from the calendar, hours expanded as they are needed. It keeps
// nothing between searches.
type treeSource struct{}

// desks returns a desk over window for each candidate whom f accepts somewhere
// in it, in order of number.
func (treeSource) desks(p *Plan, window slots.Interval, f filter) []*desk {
	if window.Empty() {
		return nil
	}
	var desks []*desk
	for _, r := range p.view.Roster.candidates(p.conditions(f.tiers)) {
		if d := p.desk(r, window); d.tiers(f) != 0 {
			desks = append(desks, d)
		}
	}
	return desks
}

func (t treeSource) each(p *Plan, window slots.Interval, suits slots.Set, f filter, yield func(*Reviewer, slots.Instant, *span) bool) {
	for _, d := range t.desks(p, window, f) {
		d.open(window, slots.Interval{})
		done := false
		d.starts(suits, f, func(start slots.Instant, s *span) bool {
			done = !yield(d.reviewer, start, s)
			return !done
		})
		if done {
			return
		}
	}
}

func (t treeSource) week(p *Plan, want tierSet, shape WeekShape) []Priority {
	suits := p.ticked(p.window)
	var tops [TierBothWaived + 1]best[row]
	for tier := range want.all {
		tops[tier] = best[row]{limit: shape.ReviewersPerPriority, compare: compareRows}
	}
	for _, d := range t.desks(p, p.window, filter{tiers: want}) {
		d.open(p.window, p.asked)
		d.firsts(suits, want, func(first slots.Instant, s *span) {
			tops[s.tier].add(row{d.reviewer, s.tier, s.relation, first, d.firmIn(p.asked)})
		})
	}
	var priorities []Priority
	days := newDays(p.query.Zone, shape.Monday)
	for tier := range want.all {
		top := &tops[tier]
		if len(top.kept) == 0 {
			continue
		}
		priority := Priority{Tier: tier, MoreReviewers: top.more}
		for i := range top.kept {
			offers := days.offers(p, &top.kept[i], suits, shape.SlotsPerDay)
			priority.Reviewers = append(priority.Reviewers, offers)
		}
		priorities = append(priorities, priority)
	}
	return priorities
}

// firsts yields the first start on offer in each tier of want.
func (d *desk) firsts(suits slots.Set, want tierSet, yield func(slots.Instant, *span)) {
	missing := d.tiers(filter{tiers: want})
	d.starts(suits, filter{tiers: want}, func(start slots.Instant, s *span) bool {
		if missing.has(s.tier) {
			yield(start, s)
			missing &^= 1 << s.tier
		}
		return missing != 0
	})
}

// chunk is how much of a long range is read at a time.
const chunk = 7 * 24 * slots.Hour

func (t treeSource) earliest(p *Plan, want tierSet, limit int) []Offer {
	top := best[hit]{limit: limit, compare: compareHits}
	desks := t.desks(p, p.window, filter{tiers: want})
	var reachable tierSet
	for _, d := range desks {
		reachable |= d.tiers(filter{tiers: want})
	}
	for from := p.window.Start; from < p.window.End; from += chunk {
		part := slots.Interval{Start: from, End: min(from+chunk, p.window.End)}
		suits := p.ticked(part)
		for _, d := range desks {
			d.open(part, d.dates(part))
			d.hits(suits, want, &top)
		}
		// Later starts of the best tier rank behind these.
		if top.full() && top.worst().tier == reachable.best() {
			break
		}
	}
	return p.offers(top.kept)
}

// hits adds the starts on offer that top admits. Top must order the starts of
// one reviewer and tier by time: behind one that is turned down, all are.
func (d *desk) hits(suits slots.Set, want tierSet, top *best[hit]) {
	missing := d.tiers(filter{tiers: want})
	d.starts(suits, filter{tiers: want}, func(start slots.Instant, s *span) bool {
		h := hit{reviewer: d.reviewer, start: start, tier: s.tier, relation: s.relation, firm: d.on(start).firm}
		if missing.has(s.tier) {
			if top.admits(&h) {
				top.add(h)
			} else {
				missing &^= 1 << s.tier
			}
		}
		return missing != 0
	})
}

// nearby is the first distance that nearest looks at; it grows by growth.
const (
	nearby = 12 * slots.Hour
	growth = 4
)

func (t treeSource) nearest(p *Plan, want tierSet, around slots.Instant, limit int) []Offer {
	desks := t.desks(p, p.window, filter{tiers: want})
	top := best[hit]{limit: limit, compare: byDistance(around)}
	for radius := nearby; len(desks) > 0; radius *= growth {
		top.kept = top.kept[:0]
		part := p.window.Intersect(slots.Interval{Start: around - radius, End: around + radius})
		suits := p.ticked(part)
		for _, d := range desks {
			d.open(part, d.dates(part))
			d.starts(suits, filter{tiers: want}, func(start slots.Instant, s *span) bool {
				top.add(hit{reviewer: d.reviewer, start: start, tier: s.tier, relation: s.relation, firm: d.on(start).firm})
				return true
			})
		}
		whole := part == p.window
		if whole || (top.full() && distance(top.worst().start, around) < radius) {
			break
		}
	}
	return p.offers(top.kept)
}

// offers fills in what ranking did not need.
func (p *Plan) offers(hits []hit) []Offer {
	offers := make([]Offer, 0, len(hits))
	for i := range hits {
		h := &hits[i]
		m := p.match(h.reviewer, h.start)
		offers = append(offers, Offer{
			SlotOffer: p.slotOffer(h.start, &m), Reviewer: h.reviewer, Relation: h.relation, Tier: h.tier,
		})
	}
	return offers
}

// slotOffer makes the offer of a start with match m.
func (p *Plan) slotOffer(start slots.Instant, m *match) SlotOffer {
	s := SlotOffer{
		Start: start, End: start + p.length,
		Consultative: m.consultative, Unmet: m.unmet, Attestations: m.attestations,
	}
	if m.differ {
		s.Cases = m.cases
	}
	return s
}
