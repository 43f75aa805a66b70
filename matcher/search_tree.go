package matcher

import "github.com/parleyhq/parley/slots"

// treeSource is the search over B-trees: candidates from the roster's posting
// lists, calls from the calendar, hours expanded as they are needed. It keeps
// nothing between searches.
type treeSource struct{}

// desks seats, in order of number, each candidate whom f accepts somewhere in
// window, until yield returns false. It is one desk: it holds for the call of yield.
func (treeSource) desks(p *Plan, window slots.Interval, f filter, yield func(*desk) bool) {
	if window.Empty() {
		return
	}
	d := desk{plan: p}
	p.work.spend(workSearch)
	for _, r := range p.view.Roster.candidates(p.conditions(f.tiers)) {
		if d.seat(r, window); d.tiers(f) != 0 && !yield(&d) {
			return
		}
	}
}

func (t treeSource) each(p *Plan, window slots.Interval, suits slots.Set, f filter, yield func(*Reviewer, slots.Instant, *span) bool) {
	window = window.Intersect(suits.Hull())
	t.desks(p, window, f, func(d *desk) bool {
		d.open(window)
		more := true
		d.starts(suits, f, func(start slots.Instant, s *span) bool {
			more = yield(d.reviewer, start, s)
			return more
		})
		return more
	})
}

func (t treeSource) some(p *Plan, window slots.Interval, f filter) (found bool) {
	t.each(p, window, p.ticked(window), f, func(*Reviewer, slots.Instant, *span) bool {
		found = true
		return false
	})
	return found
}

func (t treeSource) week(p *Plan, want tierSet, shape WeekShape, dst []Priority) []Priority {
	suits := p.ticked(p.window)
	var tops weekTops
	for tier := range want.all {
		tops[tier] = best[row]{limit: shape.ReviewersPerPriority, compare: compareRows}
	}
	week := slots.NewSet(p.asked)
	t.desks(p, p.window, filter{tiers: want}, func(d *desk) bool {
		if part := tops.undecided(d, want).Intersect(suits.Hull()); !part.Empty() {
			d.open(part)
			d.firsts(suits, want, func(first slots.Instant, s *span) { tops.add(d, first, s, week) })
		}
		return true
	})
	days := newDays(p.query.Zone, shape.Monday)
	for tier := range want.all {
		top := &tops[tier]
		if len(top.kept) == 0 {
			continue
		}
		priority := Priority{Tier: tier, MoreReviewers: top.more, Reviewers: p.mem.reviewers.take(len(top.kept))}
		for i := range top.kept {
			offers := days.offers(p, &top.kept[i], suits, shape.SlotsPerDay)
			priority.Reviewers = append(priority.Reviewers, offers)
		}
		dst = append(dst, priority)
	}
	return dst
}

// weekTops are the reviewers on a week's page so far, by tier.
type weekTops [TierBothWaived + 1]best[row]

// undecided returns the part of the window in which a start of d's reviewer would
// change the page. Once a tier's page is full, and known to leave somebody out, a
// first start behind the last one's changes nothing.
func (tops *weekTops) undecided(d *desk, want tierSet) slots.Interval {
	part := slots.Interval{Start: d.plan.window.Start}
	for tier := range d.tiers(filter{tiers: want}).all {
		top := &tops[tier]
		switch {
		case !top.full() || !top.more || d.relation(tier) > top.worst().relation:
			return d.plan.window
		case d.relation(tier) == top.worst().relation:
			part.End = max(part.End, top.worst().first+1)
		}
	}
	return part
}

func (tops *weekTops) add(d *desk, first slots.Instant, s *span, week slots.Set) {
	w := row{reviewer: d.reviewer, tier: s.tier, relation: s.relation, first: first}
	if top := &tops[s.tier]; top.admits(&w) { // even without calls
		w.firm = d.firm(week)
		top.add(w)
	} else {
		top.more = true
	}
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

func (t treeSource) earliest(p *Plan, want tierSet, limit int, dst []Offer) []Offer {
	top := best[hit]{limit: limit, compare: compareHits}
	for from := p.window.Start; from < p.window.End; from += chunk {
		part := slots.Interval{Start: from, End: min(from+chunk, p.window.End)}
		suits := p.ticked(part)
		var reachable tierSet // by anybody, sooner or later
		t.desks(p, p.window, filter{tiers: want}, func(d *desk) bool {
			tiers := d.tiers(filter{tiers: want})
			reachable |= tiers
			d.hits(undecided(&top, part, tiers.best()), suits, want, &top)
			return true
		})
		// Later starts of the best tier rank behind these.
		if reachable == 0 || (top.full() && top.worst().tier == reachable.best()) {
			break
		}
	}
	return p.appendOffers(dst, top.kept)
}

// undecided returns the part in which a start of tier, or of a worse one, would
// enter the list.
func undecided(top *best[hit], part slots.Interval, tier Tier) slots.Interval {
	switch {
	case !top.full() || tier < top.worst().tier:
		return part
	case tier == top.worst().tier:
		return part.Intersect(slots.Interval{Start: part.Start, End: top.worst().start + 1})
	}
	return slots.Interval{}
}

// hits adds the starts on offer inside part that top admits.
func (d *desk) hits(part slots.Interval, suits slots.Set, want tierSet, top *best[hit]) {
	if part.Empty() {
		return
	}
	d.open(part)
	d.starts(suits, filter{tiers: want}, func(start slots.Instant, s *span) bool {
		h := hit{reviewer: d.reviewer, start: start, tier: s.tier, relation: s.relation}
		if top.admits(&h) { // even without calls
			h.firm = d.firmOnDate(start)
			top.add(h)
		}
		return true
	})
}

// nearby is the first distance that nearest looks at; it grows by growth.
const (
	nearby = 12 * slots.Hour
	growth = 4
)

func (t treeSource) nearest(p *Plan, want tierSet, around slots.Instant, limit int, dst []Offer) []Offer {
	top := best[hit]{limit: limit, compare: byDistance(around)}
	for radius := nearby; ; radius *= growth {
		top.kept = top.kept[:0]
		part := p.window.Intersect(slots.Interval{Start: around - radius, End: around + radius})
		suits := p.ticked(part)
		t.desks(p, part, filter{tiers: want}, func(d *desk) bool {
			d.hits(part, suits, want, &top)
			return true
		})
		whole := part == p.window
		if whole || (top.full() && distance(top.worst().start, around) < radius) {
			break
		}
	}
	return p.appendOffers(dst, top.kept)
}

// appendOffers fills in what ranking did not need.
func (p *Plan) appendOffers(dst []Offer, hits []hit) []Offer {
	for i := range hits {
		h := &hits[i]
		m := p.match(h.reviewer, h.start, nil)
		dst = append(dst, Offer{
			SlotOffer: p.slotOffer(h.start, &m), Reviewer: h.reviewer, Relation: h.relation, Tier: h.tier,
		})
	}
	return dst
}

// slotOffer makes the offer of a start with match m.
func (p *Plan) slotOffer(start slots.Instant, m *match) SlotOffer {
	s := SlotOffer{
		Start: start, End: start + p.length,
		Consultative: m.consultative, Late: p.late(start), Unmet: m.unmet, Attestations: m.attestations,
	}
	if m.differ {
		s.Cases = m.cases
	}
	return s
}
