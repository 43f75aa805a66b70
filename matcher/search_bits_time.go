package matcher

import "github.com/parleyhq/parley/slots"

// times are the cells at which a call may start as far as the plan says: inside the
// window, on a line of the grid, ticked for all of the call, in the requester's windows.
// They are worked out segment by segment, as a search comes to them.
type times struct {
	lead   int // number of the first segment
	masks  []block
	known  []bool
	suits  slots.Set // in place of ticks and windows, if they are given
	given  bool
	within []slots.Interval
	only   bool // starts lie in within
	ticks  slots.Ticks
}

func (t *times) reset(b *bitSearch) {
	t.lead = b.x.raster.Cell(b.window.Start) / blockBits
	last := b.x.raster.Cell(b.window.End-1) / blockBits
	t.masks, t.known = t.masks[:0], t.known[:0]
	for range last - t.lead + 1 {
		t.masks, t.known = append(t.masks, block{}), append(t.known, false)
	}
	t.suits, t.given, t.within, t.only, t.ticks = slots.Set{}, false, t.within[:0], false, b.p.query.Ticks
}

// count returns how many segments the window touches.
func (t *times) count() int { return len(t.masks) }

// longRow is a segment and the cells behind it that a call reaches.
type longRow [blockWords + longestCall/64]uint64

// mask returns the starts in the i-th segment of the window.
func (b *bitSearch) mask(i int) *block {
	m := &b.masks[i]
	if b.known[i] {
		return m
	}
	b.known[i] = true
	b.work.spend(workMask)
	first, raster := (b.lead+i)*blockBits, b.x.raster
	var row longRow
	if b.given {
		raster.Cover(row[:], first, b.suits)
	} else {
		raster.Tick(row[:], first, b.p.query.Zone, b.ticks)
		if b.p.query.Windows != nil {
			var open longRow
			raster.Cover(open[:], first, b.p.windows)
			for k := range row {
				row[k] &= open[k]
			}
		}
	}
	slots.Bits(row[:]).KeepRuns(b.length)
	slots.Bits(row[:]).KeepEvery(b.lines, first)
	slots.Bits(row[:]).Unset(0, raster.From(b.window.Start)-first)
	slots.Bits(row[:]).Unset(raster.From(b.window.End)-first, 64*len(row))
	copy(m[:], row[:])
	if b.only {
		var some block
		for _, w := range b.within {
			slots.Bits(some[:]).Set(raster.From(w.Start)-first, raster.From(w.End)-first)
		}
		for k := range m {
			m[k] &= some[k]
		}
	}
	return m
}

// segment returns the i-th segment of the window, and the one behind it, nil if the index
// ends there: then no call of the window reaches it.
func (b *bitSearch) segment(i int) (s, next *segment) {
	first := (b.lead + i) * blockBits
	return b.x.segmentOf(first), b.x.segmentOf(first + blockBits)
}

// starts returns at which of the cells of mask, in the i-th segment, a reviewer is free
// for a call.
func (b *bitSearch) starts(i, ref int, mask *block) (out block) {
	b.work.spend(1)
	s, next := b.segment(i)
	row := cellsOf(&s.free, ref)
	if row == nil {
		return out
	}
	if b.length == 1 {
		for k := range out {
			out[k] = row[k] & mask[k]
		}
		return out
	}
	var long longRow
	copy(long[:], row[:])
	if next != nil {
		if row := cellsOf(&next.free, ref); row != nil {
			copy(long[blockWords:], row[:])
		}
	}
	slots.Bits(long[:]).KeepRuns(b.length)
	for k := range out {
		out[k] = long[k] & mask[k]
	}
	return out
}

// columns are the sets of who is free in each cell of a call.
type columns [longestCall]*plane

// columnsAt fills in those of a call that starts in cell c of the i-th segment. It
// reports whether anybody is free in all of them, as far as it can tell at a glance.
func (b *bitSearch) columnsAt(cols *columns, i, c int) bool {
	s, next := b.segment(i)
	for k := range b.length {
		switch {
		case c+k < blockBits:
			cols[k] = s.column(c + k)
		case next != nil:
			cols[k] = next.column(c + k - blockBits)
		default:
			cols[k] = &noPlane
		}
		if len(cols[k].roots) == 0 {
			return false
		}
	}
	return true
}

// freeIn returns who of 64 reviewers is free all along.
func (b *bitSearch) freeIn(cols *columns, word int, who uint64) uint64 {
	for k := 0; k < b.length && who != 0; k++ {
		who &= cols[k].word(word)
	}
	return who
}

// startOf returns the instant of cell c of the i-th segment of the window.
func (b *bitSearch) startOf(i, c int) slots.Instant {
	return b.x.raster.Start((b.lead+i)*blockBits + c)
}

// first returns the first start of a reviewer in the window; it is not ok if he has none.
func (b *bitSearch) firstStart(ref int) (t slots.Instant, ok bool) {
	for i := range b.count() {
		row := b.starts(i, ref, b.mask(i))
		if c := slots.Bits(row[:]).Next(0); c >= 0 {
			return b.startOf(i, c), true
		}
	}
	return 0, false
}
