package matcher

import "github.com/parleyhq/parley/slots"

// Put tells that v was put into roster.
func (x *Index) Put(v *Reviewer, roster *Roster, calendar *slots.Calendar) {
	ref := int(v.Ref)
	old := x.seat(ref)
	listed := old != nil && sameTraits(old, v)
	if old != nil && !listed {
		x.list(old, false)
	}
	x.grow(ref + 1)
	known := ref < x.counted
	x.seats.own(ref/seatsPerLeaf, x.edition)[ref%seatsPerLeaf] = v
	if old == nil {
		x.relabel(roster, v)
	}
	switch {
	case !known:
	case old == nil:
		x.recount(v, 1, calendar)
	case old.Zone != v.Zone || x.crowded.has(ref):
		x.recount(old, -1, calendar)
		x.crowded.put(ref, false, x.edition)
		x.recount(v, 1, calendar)
	}
	if !listed {
		x.list(v, true)
	}
	for i, s := range x.segments {
		if ref < s.tiles*blockBits {
			x.seatRow(i, v, calendar)
		}
	}
}

// grow makes room for numbers below size. What is whole stays whole: new tiles are empty.
func (x *Index) grow(size int) {
	if size <= x.size {
		return
	}
	for i, s := range x.segments {
		if x.built(s) && s.tiles*blockBits < size {
			x.ownSegment(i).tiles = tilesOf(size)
		}
	}
	if x.counted == x.size {
		x.counted = size // nobody between has calls that are not counted when he is put
	}
	x.size = size
}

func tilesOf(size int) int { return (size + blockBits - 1) / blockBits }

// Inserted tells that c was inserted into calendar.
func (x *Index) Inserted(c slots.Call, calendar *slots.Calendar) {
	r := x.seat(int(c.Reviewer))
	if r == nil {
		return
	}
	x.note(r, c, 1, calendar)
	if planted == plantHoldsUnseen && c.Until != 0 {
		return
	}
	x.refresh(r, c, 0, calendar)
}

// Removed tells that c was removed from calendar.
func (x *Index) Removed(c slots.Call, calendar *slots.Calendar) {
	r := x.seat(int(c.Reviewer))
	if r == nil {
		return
	}
	x.note(r, c, -1, calendar)
	x.refresh(r, c, 1, calendar)
}

// note counts a call of r, or takes it back, if his calls are counted.
func (x *Index) note(r *Reviewer, c slots.Call, by int, calendar *slots.Calendar) {
	switch h := (heldUntil{c.Until, c.Busy.Start, c.Reviewer}); {
	case int(r.Ref) >= x.counted:
	case c.Until == 0:
		x.count(r, c.Span.Start, by, calendar)
	case by > 0:
		x.holds.Set(h)
	default:
		x.holds.Delete(h)
	}
}

// refresh looks again at the cells that a call bears upon: its shadow, and its date if the
// cap is used up or, before as many were gone, was.
func (x *Index) refresh(r *Reviewer, c slots.Call, gone int, calendar *slots.Calendar) {
	bears, whole := shadow(r, c.Busy), false
	if r.MaxPerDay > 0 {
		date := r.Zone.Date(c.Span.Start)
		if whole = countOn(r, date, calendar)+gone >= r.MaxPerDay; whole {
			bears = hull(bears, r.Zone.Dates(date, date).Hull())
		}
	}
	from, to := x.raster.Touched(bears)
	for i, s := range x.segments {
		if int(r.Ref) >= s.tiles*blockBits || from >= s.first+blockBits || to <= s.first {
			continue
		}
		a, b := max(from-s.first, 0), min(to-s.first, blockBits)
		if gone == 0 && !whole {
			x.setFree(i, r, a, b, block{}) // all of it is the call's shadow
		} else {
			x.freeCells(i, r, a, b, calendar)
		}
	}
}

// countOn counts the calls that start on a date of r's, against his cap. Holds count until
// they are removed: before all time none has expired.
func countOn(r *Reviewer, date slots.Date, calendar *slots.Calendar) int {
	var counts [1]int
	calendar.CountByDate(counts[:], r.Ref, r.Zone, date, everything.Hull().Start, false, "")
	return counts[0]
}

// shadow is where a call of r's may have no instant because of what is busy, if it
// consists of whole cells with his present buffers around.
func shadow(r *Reviewer, busy slots.Interval) slots.Interval {
	return slots.Interval{
		Start: busy.Start - slots.Instant(r.BufferAfter)*slots.Minute,
		End:   busy.End + slots.Instant(r.BufferBefore)*slots.Minute,
	}
}

// seatRow works out all cells of r in segment i, whatever they were.
func (x *Index) seatRow(i int, r *Reviewer, calendar *slots.Calendar) {
	s := x.ownSegment(i)
	hours, odd := x.hoursOf(s, r)
	s.odd.put(int(r.Ref), odd, s.edition)
	*ownRow(&s.hours, int(r.Ref), s.edition) = hours
	x.freeCells(i, r, 0, blockBits, calendar)
}

func ownRow(v *vec[rows], ref int, edition uint64) *block {
	return &v.own(ref/rowsPerLeaf, edition)[ref%rowsPerLeaf]
}

// hoursOf returns the cells of a segment that lie in r's hours. It is odd if he has a
// cap and works past midnight, for then a cell is not one date's alone.
func (x *Index) hoursOf(s *segment, r *Reviewer) (hours block, odd bool) {
	within := x.span(s)
	within.Start, within.End = within.Start-1, within.End+1
	set := r.Hours.Expand(r.Zone, within)
	x.raster.Cover(hours[:], s.first, set)
	if r.MaxPerDay == 0 || set.Empty() {
		return hours, false
	}
	for d := r.Zone.Date(within.Start); d <= r.Zone.Date(within.End-1)+1; d++ {
		days := r.Zone.Dates(d, d)
		for k := range days.Len() {
			start, end := days.At(k).Start, days.At(k).End
			odd = odd || set.Covers(slots.Interval{Start: start - 1, End: start + 1}) || set.Covers(slots.Interval{Start: end - 1, End: end + 1})
		}
	}
	return hours, odd
}

func (x *Index) span(s *segment) slots.Interval {
	return slots.Interval{Start: x.raster.Start(s.first), End: x.raster.Start(s.first + blockBits)}
}

// freeCells works out which of the cells from ≤ c < to of segment i are free to r.
func (x *Index) freeCells(i int, r *Reviewer, from, to int, calendar *slots.Calendar) {
	s := x.segments[i]
	var free block
	if row := cellsOf(&s.hours, int(r.Ref)); row != nil {
		free = *row
	}
	x.block(s, r, &free, from, to, calendar)
	x.setFree(i, r, from, to, free)
}

// setFree brings row and columns up to date in the cells from ≤ c < to of segment i.
func (x *Index) setFree(i int, r *Reviewer, from, to int, free block) {
	s, ref := x.segments[i], int(r.Ref)
	var old, changed block
	if row := cellsOf(&s.free, ref); row != nil {
		old = *row
	}
	slots.Bits(changed[:]).Set(from, to)
	some := false
	for w := range changed {
		changed[w] &= free[w] ^ old[w]
		some = some || changed[w] != 0
	}
	if !some {
		return
	}
	s = x.ownSegment(i)
	row := ownRow(&s.free, ref, s.edition)
	for c := slots.Bits(changed[:]).Next(0); c >= 0; c = slots.Bits(changed[:]).Next(c + 1) {
		row[c/64] ^= 1 << (c % 64)
		s.columns.own(c, s.edition).put(ref, slots.Bits(row[:]).Has(c), s.edition)
	}
}

// block takes the cells from ≤ c < to out of free that calls and caps take. Holds count
// until they are removed.
func (x *Index) block(s *segment, r *Reviewer, free *block, from, to int, calendar *slots.Calendar) {
	cells := slots.Interval{Start: x.raster.Start(s.first + from), End: x.raster.Start(s.first + to)}
	// The calls whose shadow reaches the cells.
	near := slots.Interval{
		Start: cells.Start - slots.Instant(r.BufferBefore)*slots.Minute,
		End:   cells.End + slots.Instant(r.BufferAfter)*slots.Minute,
	}
	calendar.Calls(r.Ref, near, func(c slots.Call) bool {
		a, b := x.raster.Touched(shadow(r, c.Busy))
		slots.Bits(free[:]).Unset(max(a-s.first, from), min(b-s.first, to))
		return true
	})
	if r.MaxPerDay == 0 {
		return
	}
	last := r.Zone.Date(cells.End-1) + 1
	for d := r.Zone.Date(cells.Start) - 1; d <= last; d++ {
		if countOn(r, d, calendar) < r.MaxPerDay {
			continue
		}
		days := r.Zone.Dates(d, d)
		for k := range days.Len() {
			a, b := x.raster.From(days.At(k).Start), x.raster.From(days.At(k).End)
			slots.Bits(free[:]).Unset(max(a-s.first, from), min(b-s.first, to))
		}
	}
}
