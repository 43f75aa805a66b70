package matcher

import (
	"slices"

	"github.com/parleyhq/parley/slots"
)

// Load takes everybody of roster into an empty index. Advance does the rest.
func (x *Index) Load(now slots.Instant, roster *Roster) {
	x.sorted = slots.Interval{Start: x.raster.Start(x.raster.Cell(now) / blockBits * blockBits), End: now + x.reach + reachSlack}
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
	x.counted, x.listed = 0, x.sorted.End
}

// Behind reports whether Advance has something to do at now.
func (x *Index) Behind(now slots.Instant) bool {
	n := len(x.segments)
	return x.counted < x.size || n == 0 || !x.built(x.segments[n-1]) ||
		x.segments[n-1].first+blockBits <= x.raster.Cell(now+x.reach+reachSlack)
}

// Advance lets the index follow now: it counts calls not yet counted, drops segments that
// lie behind and builds those ahead, of at most so many tiles of 512 reviewers. It
// reports whether nothing is left to do. Until the cells that a search needs are whole,
// it reads roster and calendar.
func (x *Index) Advance(now slots.Instant, calendar *slots.Calendar, tiles int) (done bool) {
	x.forget(now)
	for ; x.counted < x.size; tiles-- {
		if tiles == 0 {
			return false
		}
		x.countTile(calendar)
	}
	first := x.raster.Cell(now) / blockBits * blockBits
	for len(x.segments) > 0 && x.segments[0].first < first {
		x.segments = x.segments[1:]
	}
	for x.Behind(now) {
		n := len(x.segments)
		if n == 0 || x.built(x.segments[n-1]) {
			x.appendSegment(first)
			continue
		}
		if tiles == 0 {
			return false
		}
		tiles--
		x.buildTile(n-1, calendar)
	}
	return true
}

// countTile counts the calls of the next 512 reviewers.
func (x *Index) countTile(calendar *slots.Calendar) {
	from := x.counted
	x.counted = min(from+blockBits, x.size)
	for ref := from; ref < x.counted; ref++ {
		if r := x.seat(ref); r != nil {
			x.recount(r, 1, calendar)
		}
	}
}

// appendSegment adds the segment behind the last one, or at first if there is none.
func (x *Index) appendSegment(first int) {
	if n := len(x.segments); n > 0 {
		first = x.segments[n-1].first + blockBits
	}
	s := &segment{edition: x.edition, first: first}
	s.since = min(x.span(s).Start, x.listed)
	x.segments = append(slices.Clone(x.segments), s)
	x.sorted = slots.Interval{Start: x.raster.Start(x.segments[0].first), End: max(x.sorted.End, x.span(s).End)}
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
// may reach further with it, licences and certifications that turn there are sorted anew.
func (x *Index) buildTile(i int, calendar *slots.Calendar) {
	s := x.ownSegment(i)
	free := make([]block, blockBits)
	for k := range free {
		ref := s.tiles*blockBits + k
		r := x.seat(ref)
		if r == nil {
			continue
		}
		if r.Active && turns(r, slots.Interval{Start: s.since, End: x.span(s).End}) {
			x.listDated(x.ownTenant(r.Tenant), r, true)
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
					s.columns.own(cells*64+k, s.edition).own(s.tiles, s.edition)[w] = members
				}
			}
		}
	}
	s.tiles++
	if x.built(s) {
		x.listed = max(x.listed, x.span(s).End)
	}
}

// turns reports whether a licence or certification of r starts or ends in i or near it.
func turns(r *Reviewer, i slots.Interval) bool {
	from, to := datesAround(i)
	near := func(d slots.Date) bool { return from-2 <= d && d <= to+2 }
	return slices.ContainsFunc(r.Licenses, func(l License) bool { return near(l.From) || near(l.To) }) ||
		slices.ContainsFunc(r.BoardCertifications, func(c Certification) bool { return near(c.From) || near(c.To) })
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
