package matcher

import "github.com/parleyhq/parley/slots"

// Load takes everybody of roster into an empty index, and the firm calls of calendar from
// the week before now on. Advance then builds the cells.
func (x *Index) Load(now slots.Instant, roster *Roster, calendar *slots.Calendar) {
	x.forget(now)
	label := uint64(0)
	roster.byID.Scan(func(_ string, v *Reviewer) bool {
		const room = 1 << 32
		label += room
		x.grow(int(v.Ref) + 1)
		x.seats.own(int(v.Ref)/seatsPerLeaf, x.edition)[v.Ref%seatsPerLeaf] = v
		x.setLabel(int(v.Ref), label)
		x.list(v, true)
		return true
	})
	calendar.All(func(c slots.Call) bool {
		if c.Until != 0 {
			x.holds.Set(heldUntil{c.Until, c.Busy.Start, c.Reviewer})
		} else if r := x.seat(int(c.Reviewer)); r != nil {
			x.count(r, c.Span.Start, 1, calendar)
		}
		return true
	})
}

// Advance lets the index follow now: it drops segments that lie behind and builds those
// ahead, of at most so many tiles of 512 reviewers. It reports whether nothing is left
// to do. Until a segment is whole, searches that need it read roster and calendar.
func (x *Index) Advance(now slots.Instant, calendar *slots.Calendar, tiles int) (done bool) {
	x.forget(now)
	first := x.raster.Cell(now) / blockBits * blockBits
	for len(x.segments) > 0 && x.segments[0].first < first {
		x.segments = x.segments[1:]
	}
	last := x.raster.Cell(now + x.reach + reachSlack)
	for {
		if n := len(x.segments); n > 0 && !x.built(x.segments[n-1]) {
			if tiles == 0 {
				return false
			}
			tiles--
			x.buildTile(n-1, calendar)
			continue
		}
		next := first
		if n := len(x.segments); n > 0 {
			next = x.segments[n-1].first + blockBits
		}
		if next > last {
			return true
		}
		segments := make([]*segment, len(x.segments), len(x.segments)+1)
		copy(segments, x.segments)
		x.segments = append(segments, &segment{edition: x.edition, first: next})
	}
}

// Covers reports whether the cells of a call in within are all built.
func (x *Index) Covers(within slots.Interval) bool {
	if within.Empty() {
		return true
	}
	first, last := x.raster.Cell(within.Start)/blockBits, x.raster.Cell(within.End-1)/blockBits
	for i := first; i <= last; i++ {
		if x.segmentOf(i*blockBits) == nil {
			return false
		}
	}
	return within.Start >= 0
}

// buildTile works out the next 512 reviewers of segment i, the last one. Since the index
// reaches further with it, their licences are sorted anew.
func (x *Index) buildTile(i int, calendar *slots.Calendar) {
	s := x.ownSegment(i)
	free := make([]block, blockBits)
	for k := range free {
		ref := s.tiles*blockBits + k
		r := x.seat(ref)
		if r == nil {
			continue
		}
		if r.Active {
			x.listLicenses(x.ownTenant(r.Tenant), r, true)
		}
		hours, odd := x.hoursOf(s, r)
		if hours == (block{}) {
			continue
		}
		s.odd.put(ref, odd, s.edition)
		*ownRow(&s.hours, ref, s.edition) = hours
		free[k] = hours
		x.block(s, r, &free[k], 0, blockBits, calendar)
		*ownRow(&s.free, ref, s.edition) = free[k]
	}
	var square [64]uint64
	for w := range blockWords {
		for cells := range blockWords {
			for k := range square {
				square[k] = free[w*64+k][cells]
			}
			transpose(&square)
			for k, members := range square {
				if members != 0 {
					s.ownColumn(cells*64+k).own(s.tiles, s.edition)[w] = members
				}
			}
		}
	}
	s.tiles++
}

// transpose turns the rows of a square of bits into its columns.
func transpose(m *[64]uint64) {
	mask := uint64(1<<32 - 1)
	for j := 32; j > 0; j, mask = j>>1, mask^mask<<(j>>1) {
		for k := 0; k < 64; k = (k + j + 1) &^ j {
			t := (m[k]>>j ^ m[k+j]) & mask
			m[k] ^= t << j
			m[k+j] ^= t
		}
	}
}
