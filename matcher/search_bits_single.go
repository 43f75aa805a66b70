package matcher

import "github.com/parleyhq/parley/slots"

// Singles are judged at a desk. Where it is the rules that change on the way, their cells
// are exact all the same; of who is odd, hours and calls are read.

// oddSingles are those of the singles who are odd.
func (b *bitSearch) oddSingles() []uint64 {
	if len(b.singles) == 0 {
		return nil
	}
	return b.odd()
}

// seatedStarts yields, in order, the starts in a part of the window that f accepts, of whom
// sits at the desk.
func (b *bitSearch) seatedStarts(odd []uint64, ref int, part slots.Interval, f filter, yield func(slots.Instant, *span) bool) {
	d := &b.desk
	if in(odd, ref) {
		suits := b.p.ticked(part)
		if b.given {
			suits = b.suits
		}
		if part = part.Intersect(suits.Hull()); !part.Empty() {
			d.open(part)
			d.starts(suits, f, yield)
		}
		return
	}
	from, to := b.x.raster.From(part.Start)-b.lead*blockBits, b.x.raster.From(part.End)-b.lead*blockBits
	for i := max(from, 0) / blockBits; i < b.count() && i*blockBits < to; i++ {
		row := b.starts(i, ref, b.mask(i))
		cells := slots.Bits(row[:])
		for c := cells.Next(max(from-i*blockBits, 0)); c >= 0 && i*blockBits+c < to; c = cells.Next(c + 1) {
			start := b.startOf(i, c)
			b.work.spend(1)
			if s := d.at(start); s != nil && f.accepts(&s.grade) && !yield(start, s) {
				return
			}
		}
	}
}

// in reports whether a reviewer is in a set.
func in(set []uint64, ref int) bool { return set[ref/64]>>(ref%64)&1 == 1 }

// singleSome reports whether a single has a start that f accepts.
func (b *bitSearch) singleSome(f filter) (found bool) {
	odd := b.oddSingles()
	for _, ref := range b.singles {
		if b.desk.seat(b.x.seat(ref), b.window); b.desk.tiers(f) == 0 {
			continue
		}
		b.seatedStarts(odd, ref, b.window, f, func(slots.Instant, *span) bool {
			found = true
			return false
		})
		if found {
			return true
		}
	}
	return false
}

// singleFirsts ranks the singles by their first starts, as far as they can change the page.
func (b *bitSearch) singleFirsts(tier Tier) {
	odd, want, top, d := b.oddSingles(), filter{tiers: 1 << tier}, &b.picks, &b.desk
	for _, ref := range b.singles {
		if d.seat(b.x.seat(ref), b.window); d.tiers(want) == 0 {
			continue
		}
		part := b.window
		if top.full() && top.more {
			last := top.worst()
			if d.relation(tier) < last.relation {
				continue
			}
			if d.relation(tier) == last.relation {
				part.End = min(part.End, last.start+1)
			}
		}
		b.seatedStarts(odd, ref, part, want, func(first slots.Instant, s *span) bool {
			w := pick{tier: tier, relation: s.relation, start: first, ref: ref, single: true}
			if top.admits(&w) {
				w.firm, w.label = b.firmInWeek(odd, ref), b.x.label(ref)
				top.add(w)
			} else {
				top.more = true
			}
			return false
		})
	}
}

// firmInWeek counts the firm calls of the single at the desk that start in the week.
func (b *bitSearch) firmInWeek(odd []uint64, ref int) int {
	if in(odd, ref) {
		return b.desk.firm(slots.NewSet(b.p.asked))
	}
	return b.weekly.of(b, ref)
}

// firmOnDate counts those that start on the reviewer's local date of start.
func (b *bitSearch) firmOnDate(odd []uint64, ref int, start slots.Instant) int {
	if in(odd, ref) {
		return b.desk.firmOnDate(start)
	}
	return b.tallyAt(b.desk.reviewer.Zone, start).count(ref)
}

// singleWeek fills in what a single's row of the page offers, day by day.
func (b *bitSearch) singleWeek(w *pick, shape WeekShape, out *ReviewerOffers) {
	p, odd := b.p, b.oddSingles()
	out.Reviewer, out.Relation = b.x.seat(w.ref), w.relation
	for i := range out.Days {
		out.Days[i].Date = shape.Monday.AddDays(i)
	}
	var judged *span
	var m match
	b.desk.seat(out.Reviewer, p.window)
	b.seatedStarts(odd, w.ref, p.window, filter{tiers: 1 << w.tier}, func(start slots.Instant, s *span) bool {
		day := int(p.query.Zone.Date(start) - shape.Monday)
		if day < 0 || day >= len(out.Days) {
			return true
		}
		of := &out.Days[day]
		if len(of.Slots) == shape.SlotsPerDay {
			of.More++
			return true
		}
		if judged != s {
			judged, m = s, p.match(out.Reviewer, s.Start, nil)
		}
		of.Slots = p.mem.slots.extend(of.Slots, p.slotOffer(start, &m))
		return true
	})
}

// singleStarts adds the starts of the singles, as far as they can change the list of
// earliest offers.
func (b *bitSearch) singleStarts(want tierSet) {
	window := b.window
	if top := &b.picks; top.full() && top.worst().tier == want.best() {
		window.End = min(window.End, top.worst().start+1) // what starts later ranks behind
	}
	odd := b.oddSingles()
	for _, ref := range b.singles {
		b.desk.seat(b.x.seat(ref), window)
		tiers := b.desk.tiers(filter{tiers: want})
		if tiers == 0 {
			continue
		}
		part := window
		if top := &b.picks; top.full() {
			switch last := top.worst(); {
			case tiers.best() > last.tier:
				continue
			case tiers.best() == last.tier:
				part.End = min(part.End, last.start+1)
			}
		}
		b.singleHits(odd, ref, part, want, func(slots.Instant) slots.Instant { return 0 })
	}
}

// singlesNear adds those that can change the list of offers nearest to an instant.
func (b *bitSearch) singlesNear(want tierSet, around slots.Instant) {
	odd := b.oddSingles()
	for _, ref := range b.singles {
		part := b.window
		if b.picks.full() {
			far := b.picks.worst().far
			part = part.Intersect(slots.Interval{Start: around - far, End: around + far + 1})
		}
		if b.desk.seat(b.x.seat(ref), b.window); b.desk.tiers(filter{tiers: want}) != 0 {
			b.singleHits(odd, ref, part, want, func(start slots.Instant) slots.Instant { return distance(start, around) })
		}
	}
}

// singleHits adds the starts in a part of the window of the single at the desk.
func (b *bitSearch) singleHits(odd []uint64, ref int, part slots.Interval, want tierSet, far func(slots.Instant) slots.Instant) {
	if part.Empty() {
		return
	}
	b.seatedStarts(odd, ref, part, filter{tiers: want}, func(start slots.Instant, s *span) bool {
		w := pick{far: far(start), tier: s.tier, relation: s.relation, start: start, ref: ref, single: true}
		if b.picks.admits(&w) {
			w.firm, w.label = b.firmOnDate(odd, ref, start), b.x.label(ref)
			b.picks.add(w)
		}
		return true
	})
}
