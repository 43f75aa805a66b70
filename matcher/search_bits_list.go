package matcher

import (
	"math/bits"

	"github.com/parleyhq/parley/slots"
)

func (s bitSource) some(p *Plan, window slots.Interval, f filter) bool {
	if f.asAsked {
		f.tiers &= compliantTiers // a waiver is something unmet
	}
	b, ok := s.on(p, window)
	if !ok {
		return s.treeSource.some(p, window, f)
	}
	if f.changing {
		b.only = true
		for _, cr := range p.rules {
			b.within = append(b.within, cr.changing)
		}
	}
	b.cast(f.tiers)
	for i := range b.casts {
		c := &b.casts[i]
		if f.asAsked && p.query.SpecialtyMatch && c.relation < RelationSame {
			continue
		}
		if b.anyOf(c) {
			return true
		}
	}
	return len(b.singles) > 0 && b.singleSome(f)
}

// anyOf reports whether a member of a cast has a start.
func (b *bitSearch) anyOf(c *cast) bool {
	if c.count <= few {
		for ref := range c.each {
			if _, ok := b.firstStart(ref); ok {
				return true
			}
		}
		return false
	}
	var cols columns
	for i := range b.count() {
		mask := slots.Bits(b.mask(i)[:])
		for cell := mask.Next(0); cell >= 0; cell = mask.Next(cell + 1) {
			if !b.columnsAt(&cols, i, cell) {
				continue
			}
			b.work.spend(1 + len(c.members))
			for _, m := range c.members {
				if b.freeIn(&cols, m.word, m.bits) != 0 {
					return true
				}
			}
		}
	}
	return false
}

func (s bitSource) earliest(p *Plan, want tierSet, limit int, dst []Offer) []Offer {
	b, ok := s.on(p, p.window)
	if !ok {
		return s.treeSource.earliest(p, want, limit, dst)
	}
	b.cast(want)
	top := &b.picks
	top.reset(limit, true)
	casts := b.casts
	for tier := range want.all {
		n := 0
		for n < len(casts) && casts[n].tier == tier {
			n++
		}
		if b.earliestOf(casts[:n]); top.full() {
			break
		}
		casts = casts[n:]
	}
	b.singleStarts(want)
	return b.appendPicks(dst)
}

// appendPicks fills in what ranking did not need.
func (b *bitSearch) appendPicks(dst []Offer) []Offer {
	var judged stretch
	for i := range b.picks.kept {
		w := &b.picks.kept[i]
		r := b.x.seat(w.ref)
		dst = append(dst, Offer{Reviewer: r, Relation: w.relation, Tier: w.tier})
		o := &dst[len(dst)-1].SlotOffer
		if w.single {
			m := b.p.match(r, w.start, nil)
			*o = b.p.slotOffer(w.start, &m)
			continue
		}
		b.offer(o, &judged, w, r, w.start)
	}
	return dst
}

// earliestOf adds the starts of the casts of one tier, from the earliest on, until the
// list is full: what follows ranks behind.
func (b *bitSearch) earliestOf(casts []cast) {
	count := 0
	for i := range casts {
		count += casts[i].count
	}
	if count == 0 {
		return
	}
	for i := 0; i < b.count() && !b.picks.full(); i++ {
		if count <= few {
			b.earliestByRow(casts, i)
		} else {
			b.earliestByColumn(casts, i)
		}
	}
}

// earliestByRow reads the i-th segment of each member, and then goes by cell.
func (b *bitSearch) earliestByRow(casts []cast, i int) {
	mask, n := b.mask(i), 0
	var some block
	var rows [few]struct {
		starts block
		cast   *cast
		ref    int
	}
	for k := range casts {
		for ref := range casts[k].each {
			r := &rows[n]
			r.starts, r.cast, r.ref = b.starts(i, ref, mask), &casts[k], ref
			for w := range some {
				some[w] |= r.starts[w]
			}
			n++
		}
	}
	cells, each := slots.Bits(some[:]), 1+n/blockWords
	for cell := cells.Next(0); cell >= 0 && !b.picks.full(); cell = cells.Next(cell + 1) {
		b.work.spend(each)
		start, word, bit := b.startOf(i, cell), cell/64, uint64(1)<<(cell%64)
		for k := range rows[:n] {
			if r := &rows[k]; r.starts[word]&bit != 0 {
				b.start(r.cast, r.ref, start, 0)
			}
		}
	}
}

func (b *bitSearch) earliestByColumn(casts []cast, i int) {
	mask := slots.Bits(b.mask(i)[:])
	for cell := mask.Next(0); cell >= 0 && !b.picks.full(); cell = mask.Next(cell + 1) {
		b.startsIn(casts, i, cell, 0)
	}
}

// startsIn adds the starts of casts in one cell, at some distance from what is asked for.
func (b *bitSearch) startsIn(casts []cast, i, cell int, far slots.Instant) {
	var cols columns
	if !b.columnsAt(&cols, i, cell) {
		return
	}
	start := b.startOf(i, cell)
	for k := range casts {
		c := &casts[k]
		if !b.picks.admits(&pick{far: far, tier: c.tier, relation: c.relation, start: start}) {
			continue // even without calls
		}
		b.work.spend(1 + len(c.members))
		for _, m := range c.members {
			if b.beaten(c, m.word, start, far) {
				continue
			}
			if met := b.freeIn(&cols, m.word, m.bits); met != 0 {
				b.startsAt(c, m.word, met, start, far)
			}
		}
	}
}

// startsAt adds a start of reviewers of one word. Once the list is full, only those who
// rank before its last row are looked at.
func (b *bitSearch) startsAt(c *cast, word int, met uint64, start, far slots.Instant) {
	for met != 0 {
		if top := &b.picks; top.full() {
			last := top.worst()
			if last.tier == c.tier && last.start == start && last.relation == c.relation {
				if met = b.datedBefore(word, met, last); met == 0 {
					return
				}
			}
		}
		b.start(c, word*64+bits.TrailingZeros64(met), start, far)
		met &= met - 1
	}
}

// start adds a start.
func (b *bitSearch) start(c *cast, ref int, start, far slots.Instant) {
	b.work.spend(1)
	w := pick{far: far, tier: c.tier, relation: c.relation, start: start, ref: ref}
	if b.picks.admits(&w) { // even without calls
		w.firm, w.label = b.tallyAt(b.x.seat(ref).Zone, start).count(ref), b.x.label(ref)
		b.picks.add(w)
	}
}

// localDay is a date that was asked for in a zone: as long as it lasts, its tally counts.
type localDay struct {
	slots.Interval
	zone  *slots.Zone
	tally *tally
}

// tallyAt returns the tally of the date that it is in a zone at t.
func (b *bitSearch) tallyAt(z *slots.Zone, t slots.Instant) *tally {
	i := 0
	for i < len(b.days) && b.days[i].zone != z {
		i++
	}
	if i == len(b.days) {
		b.days = append(b.days, localDay{zone: z})
	}
	d := &b.days[i]
	if !d.Contains(t) {
		date, until := z.DateUntil(t)
		d.Interval, d.tally = slots.Interval{Start: t, End: until}, b.x.tallyOn(date)
	}
	return d.tally
}

// dated are the zones in which it is one date at some instant, with that date's tally.
type dated struct {
	date  slots.Date
	tally *tally
	zones []trait
}

// dateAt sorts the tenant's zones by the date that it is in them at t.
func (b *bitSearch) dateAt(t slots.Instant) {
	if len(b.dates) > 0 && b.datesAt == t {
		return
	}
	b.dates, b.datesAt = b.dates[:0], t
	for i := range b.sets.zones {
		z := &b.sets.zones[i]
		date := z.zone.Date(t)
		k := 0
		for k < len(b.dates) && b.dates[k].date != date {
			k++
		}
		if k == len(b.dates) {
			if k < cap(b.dates) {
				b.dates = b.dates[:k+1] // for its memory
			} else {
				b.dates = append(b.dates, dated{})
			}
			b.dates[k] = dated{date: date, tally: b.x.tallyOn(date), zones: b.dates[k].zones[:0]}
		}
		b.dates[k].zones = append(b.dates[k].zones, z.trait)
	}
}

// datedBefore returns, of some of the 64 reviewers from 64·word on, those who rank before
// a pick if nothing but the firm calls on the date that it is where they are, and the
// label, tell them apart.
func (b *bitSearch) datedBefore(word int, who uint64, last *pick) uint64 {
	b.dateAt(last.start)
	b.work.spend(1 + len(b.sets.zones)/blockWords)
	var fewer, same uint64
	for i := range b.dates {
		d := &b.dates[i]
		less, equal := d.tally.compare(word, last.firm)
		if len(b.dates) > 1 {
			there := uint64(0)
			for k := range d.zones {
				there |= d.zones[k].word(word)
			}
			less, equal = less&there, equal&there
		}
		fewer, same = fewer|less, same|equal
	}
	return who&fewer | b.labelled(word, who&same, last.label)
}
