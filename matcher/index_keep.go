package matcher

import "github.com/parleyhq/parley/slots"

// Put tells that v was put into roster.
func (x *Index) Put(v *Reviewer, roster *Roster, calendar *slots.Calendar) {
	ref := int(v.Ref)
	old := x.seat(ref)
	if old != nil {
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
	x.list(v, true)
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
	x.refresh(r, c, calendar)
}

// Removed tells that c was removed from calendar.
func (x *Index) Removed(c slots.Call, calendar *slots.Calendar) {
	r := x.seat(int(c.Reviewer))
	if r == nil {
		return
	}
	x.note(r, c, -1, calendar)
	x.refresh(r, c, calendar)
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

// refresh looks again at the cells that a call bears upon.
func (x *Index) refresh(r *Reviewer, c slots.Call, calendar *slots.Calendar) {
	bears := shadow(r, c.Busy)
	if r.MaxPerDay > 0 {
		date := r.Zone.Date(c.Span.Start)
		bears = hull(bears, r.Zone.Dates(date, date).Hull())
	}
	from, to := x.raster.Touched(bears)
	for i, s := range x.segments {
		if int(r.Ref) < s.tiles*blockBits && from < s.first+blockBits && s.first < to {
			x.freeCells(i, r, max(from-s.first, 0), min(to-s.first, blockBits), calendar)
		}
	}
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

// freeCells works out which of the cells from ≤ c < to of segment i are free to r, and
// brings row and columns up to date.
func (x *Index) freeCells(i int, r *Reviewer, from, to int, calendar *slots.Calendar) {
	s, ref := x.segments[i], int(r.Ref)
	var free, old block
	if row := cellsOf(&s.hours, ref); row != nil {
		free = *row
	}
	if row := cellsOf(&s.free, ref); row != nil {
		old = *row
	}
	x.block(s, r, &free, from, to, calendar)
	var changed block
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
		s.ownColumn(c).put(ref, slots.Bits(row[:]).Has(c), s.edition)
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
	var counts [1]int
	last := r.Zone.Date(cells.End-1) + 1
	for d := r.Zone.Date(cells.Start) - 1; d <= last; d++ {
		// Before all time no hold has expired.
		if calendar.CountByDate(counts[:], r.Ref, r.Zone, d, everything.Hull().Start, false, ""); counts[0] < r.MaxPerDay {
			continue
		}
		days := r.Zone.Dates(d, d)
		for k := range days.Len() {
			a, b := x.raster.From(days.At(k).Start), x.raster.From(days.At(k).End)
			slots.Bits(free[:]).Unset(max(a-s.first, from), min(b-s.first, to))
		}
	}
}
