package matcher

import (
	"math/bits"
	"slices"

	"github.com/parleyhq/parley/slots"
)

// asAskedOf reports whether the members of a cast meet all that the caller asks for, what
// a waiver covers aside.
func (b *bitSearch) asAskedOf(c *cast) bool {
	return !b.p.query.SpecialtyMatch || c.relation >= RelationSame
}

func (s bitSource) qualified(p *Plan, window slots.Interval) bool {
	b, ok := s.on(p, window)
	if !ok {
		return s.treeSource.qualified(p, window)
	}
	b.cast(asAsked.tiers)
	return len(b.singles) > 0 || slices.ContainsFunc(b.casts, func(c cast) bool { return b.asAskedOf(&c) })
}

func (s bitSource) count(p *Plan, window slots.Interval) (y yield) {
	b, ok := s.on(p, window)
	if !ok {
		return s.treeSource.count(p, window)
	}
	b.groups = b.groups[:0]
	if b.gather(asAsked.tiers) {
		b.countGroups()
		y = b.groups[0].yield
	}
	b.singleYields(asAsked, func(_ int, _ *span, more yield) { y.add(more.slots, more.earliest) })
	return y
}

// accounts is what explanations need beyond a search.
type accounts struct {
	groups []group
	tile   int      // word of the first tile in which countGroups found a start
	codes  []string // attestations by number
}

// group are reviewers whose starts are counted together.
type group struct {
	codes uint64 // attestations that they need, by number
	who   []uint64
	yield
}

// gather makes one group of who has nothing unmet that tiers do not say, if there is
// anybody.
func (b *bitSearch) gather(tiers tierSet) bool {
	b.cast(tiers)
	who := b.dense()
	clear(who)
	b.pass(1)
	some := false
	for i := range b.casts {
		if c := &b.casts[i]; b.asAskedOf(c) {
			some = true
			for _, m := range c.members {
				who[m.word] |= m.bits
			}
		}
	}
	if some {
		b.groups = append(b.groups, group{who: who})
	}
	return some
}

// countGroups counts the starts of all groups, tile by tile of 512 reviewers: where there
// are few of them by their rows, else by columns.
func (b *bitSearch) countGroups() {
	for at := 0; at < b.width; at += blockWords {
		members := 0
		for i := range b.groups {
			for _, w := range (*block)(b.groups[i].who[at:]) {
				members += bits.OnesCount64(w)
			}
		}
		before := b.counted()
		switch {
		case members == 0:
			continue
		case members <= few:
			b.countRows(at)
		default:
			b.countColumns(at)
		}
		if before == 0 && b.counted() > 0 {
			b.tile = at
		}
	}
}

// counted is how many starts the groups have.
func (b *bitSearch) counted() (n int) {
	for i := range b.groups {
		n += b.groups[i].slots
	}
	return n
}

// countRows counts the starts of the groups' members among the 512 reviewers of the words
// from at on.
func (b *bitSearch) countRows(at int) {
	for i := range b.count() {
		mask := b.mask(i)
		for g := range b.groups {
			group := &b.groups[g]
			for k, w := range (*block)(group.who[at:]) {
				for ; w != 0; w &= w - 1 {
					row := b.starts(i, (at+k)*64+bits.TrailingZeros64(w), mask)
					if n := slots.Bits(row[:]).Count(0, blockBits); n > 0 {
						group.add(n, b.startOf(i, slots.Bits(row[:]).Next(0)))
					}
				}
			}
		}
	}
}

func (b *bitSearch) countColumns(at int) {
	for i := range b.count() {
		cells := slots.Bits(b.mask(i)[:])
		for cell := cells.Next(0); cell >= 0; cell = cells.Next(cell + 1) {
			b.work.spend(b.length + len(b.groups))
			free, some := b.freeTile(i, cell, at/blockWords)
			if !some {
				continue
			}
			for g := range b.groups {
				group, n := &b.groups[g], 0
				for k, w := range (*block)(group.who[at:]) {
					n += bits.OnesCount64(w & free[k])
				}
				if n > 0 {
					group.add(n, b.startOf(i, cell))
				}
			}
		}
	}
}

// freeTile returns who of the 512 reviewers of a tile is free for a call that starts in a
// cell of the i-th segment.
func (b *bitSearch) freeTile(i, cell, tile int) (free block, some bool) {
	s, next := b.segment(i)
	for k := range b.length {
		if cell+k == blockBits {
			if s, cell = next, cell-blockBits; s == nil {
				return free, false
			}
		}
		one := s.column(cell + k).at(tile)
		switch {
		case one == nil:
			return free, false
		case k == 0:
			free = *one
		default:
			for w := range free {
				free[w] &= one[w]
			}
		}
	}
	return free, true
}

// singleYields yields what those who are single have in each stretch over which f accepts
// them. The cells of whom is not odd are exact: it is the rules that change on the way.
func (b *bitSearch) singleYields(f filter, each func(ref int, s *span, y yield)) {
	if len(b.singles) == 0 {
		return
	}
	odd := b.oddSingles()
	for _, ref := range b.singles {
		d := &b.desk
		if d.seat(b.x.seat(ref), b.window); d.tiers(f) == 0 {
			continue
		}
		if in(odd, ref) {
			b.seatedStarts(odd, ref, b.window, f, func(start slots.Instant, s *span) bool {
				each(ref, s, yield{1, start})
				return true
			})
			continue
		}
		for i := range d.spans {
			if s := &d.spans[i]; f.accepts(&s.grade) {
				each(ref, s, b.yieldIn(ref, s.Interval))
			}
		}
	}
}

// yieldIn counts the starts of a reviewer in a part of the window.
func (b *bitSearch) yieldIn(ref int, part slots.Interval) (y yield) {
	from, to := b.x.raster.From(part.Start)-b.lead*blockBits, b.x.raster.From(part.End)-b.lead*blockBits
	for i := from / blockBits; i < b.count() && i*blockBits < to; i++ {
		row := b.starts(i, ref, b.mask(i))
		first, end := max(from-i*blockBits, 0), min(to-i*blockBits, blockBits)
		if n := slots.Bits(row[:]).Count(first, end); n > 0 {
			y.add(n, b.startOf(i, slots.Bits(row[:]).Next(first)))
		}
	}
	return y
}

func (s bitSource) boxes(p *Plan) (missed boxYields) {
	b, ok := s.on(p, p.window)
	if !ok {
		return s.treeSource.boxes(p)
	}
	b.groups = b.groups[:0]
	some := b.gather(asAsked.tiers)
	if len(b.singles) > 0 {
		return s.treeSource.boxes(p)
	}
	if !some {
		return missed
	}
	ticks := p.query.Ticks
	for day := range slots.Weekday(7) {
		if !ticks.Days.Has(day) {
			missed.days[day] = b.countTicked(slots.Ticks{Days: ticks.Days.With(day), Hours: ticks.Hours})
		}
	}
	for hour := range 24 {
		if ticks.Hours>>hour&1 == 0 {
			missed.hours[hour] = b.countTicked(slots.Ticks{Days: ticks.Days, Hours: ticks.Hours | 1<<hour})
		}
	}
	return missed
}

// countTicked counts the starts of the one group at other ticks.
func (b *bitSearch) countTicked(t slots.Ticks) yield {
	b.ticks = t
	clear(b.known)
	b.groups[0].yield = yield{}
	b.countGroups()
	return b.groups[0].yield
}
