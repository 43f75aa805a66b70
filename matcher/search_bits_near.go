package matcher

import (
	"math/bits"

	"github.com/parleyhq/parley/slots"
)

func (s bitSource) nearest(p *Plan, want tierSet, around slots.Instant, limit int, dst []Offer) []Offer {
	b, ok := s.on(p, p.window)
	if !ok {
		return s.treeSource.nearest(p, want, around, limit, dst)
	}
	b.cast(want)
	b.picks.reset(limit, true)
	b.outward(around)
	b.singlesNear(want, around)
	return b.appendPicks(dst)
}

// outward adds the starts of all casts, from those next to an instant on, until the list
// is full: what follows is farther.
func (b *bitSearch) outward(around slots.Instant) {
	before, after := b.startBefore(around), b.startAfter(around)
	for before.ok || after.ok {
		next := &after
		if !after.ok || before.ok && around-before.at <= after.at-around {
			next = &before
		}
		b.work.spend(1)
		far := distance(next.at, around)
		if b.picks.full() && far > b.picks.worst().far {
			return
		}
		b.startsIn(b.casts, next.segment, next.cell, far)
		if next == &before {
			before = b.startBefore(before.at - 1)
		} else {
			after = b.startAfter(after.at)
		}
	}
}

// spot is a cell of the window at which calls may start.
type spot struct {
	segment, cell int
	at            slots.Instant
	ok            bool
}

// startBefore returns the last such cell that starts at or before t.
func (b *bitSearch) startBefore(t slots.Instant) (found spot) {
	cell := b.x.raster.Cell(t) - b.lead*blockBits
	for i := min(cell/blockBits, b.count()-1); i >= 0 && cell >= 0; i-- {
		if c := slots.Bits(b.mask(i)[:]).Prev(cell - i*blockBits); c >= 0 {
			return spot{i, c, b.startOf(i, c), true}
		}
	}
	return spot{}
}

// startAfter returns the first such cell that starts after t.
func (b *bitSearch) startAfter(t slots.Instant) (found spot) {
	cell := max(b.x.raster.From(t+1)-b.lead*blockBits, 0)
	for i := cell / blockBits; i < b.count(); i++ {
		if c := slots.Bits(b.mask(i)[:]).Next(max(cell-i*blockBits, 0)); c >= 0 {
			return spot{i, c, b.startOf(i, c), true}
		}
	}
	return spot{}
}

func (s bitSource) each(p *Plan, window slots.Interval, suits slots.Set, f filter, yield func(*Reviewer, slots.Instant, *span) bool) {
	part := window.Intersect(suits.Hull())
	b, ok := s.on(p, part)
	if !ok {
		s.treeSource.each(p, window, suits, f, yield)
		return
	}
	b.suits, b.given = suits, true
	b.cast(f.tiers)
	all, odd := b.dense(), b.odd()
	clear(all)
	b.pass(2)
	for i := range b.casts {
		for _, m := range b.casts[i].members {
			all[m.word] |= m.bits
		}
	}
	for _, ref := range b.singles {
		all[ref/64] |= 1 << (ref % 64)
	}
	d := &b.desk
	for i := range all {
		for who := all[i]; who != 0; who &= who - 1 {
			ref := i*64 + bits.TrailingZeros64(who)
			r := b.x.seat(ref)
			if !in(odd, ref) {
				if _, some := b.firstStart(ref); !some {
					continue
				}
			}
			if d.seat(r, part); d.tiers(f) == 0 {
				continue
			}
			more := true
			each := func(start slots.Instant, s *span) bool {
				more = yield(r, start, s)
				return more
			}
			b.seatedStarts(odd, ref, part, f, each)
			if !more {
				return
			}
		}
	}
}
