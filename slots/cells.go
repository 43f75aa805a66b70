package slots

import wordbits "math/bits"

// Raster divides time into cells of so many minutes, numbered from 1970 on: cell c is
// [c·Minutes, (c+1)·Minutes). Minutes divides 60, so that hours are whole cells. Where
// starts and lengths are whole cells, what holds of each cell of a call holds of the
// call, wherever the intervals behind the cells begin and end.
type Raster struct{ Minutes int }

func (r Raster) length() Instant { return Instant(r.Minutes) * Minute }

// Cell returns the cell that t lies in.
func (r Raster) Cell(t Instant) int { return int(floorDiv(t, r.length())) }

// Start returns the first instant of a cell.
func (r Raster) Start(cell int) Instant { return Instant(cell) * r.length() }

// From returns the first cell that starts at or after t.
func (r Raster) From(t Instant) int { return -int(floorDiv(-t, r.length())) }

// Inside returns the cells from ≤ c < to that lie wholly in i; to may be below from.
func (r Raster) Inside(i Interval) (from, to int) { return r.From(i.Start), r.Cell(i.End) }

// Touched returns the cells from ≤ c < to that share an instant with i.
func (r Raster) Touched(i Interval) (from, to int) {
	if i.Empty() {
		return 0, 0
	}
	return r.Cell(i.Start), r.From(i.End)
}

// Cover sets the bits of the cells, counted from first, that lie wholly in s.
func (r Raster) Cover(b Bits, first int, s Set) {
	whole := Interval{Start: r.Start(first), End: r.Start(first + 64*len(b))}
	for i := s.endsAfter(whole.Start); i < len(s.ivs) && s.ivs[i].Start < whole.End; i++ {
		r.cover(b, first, s.ivs[i])
	}
}

func (r Raster) cover(b Bits, first int, i Interval) {
	from, to := r.Inside(i)
	b.Set(from-first, to-first)
}

// Tick sets the bits of the cells, counted from first, that lie wholly in what
// Zone.Ticked returns for t.
func (r Raster) Tick(b Bits, first int, z *Zone, t Ticks) {
	within := Interval{Start: r.Start(first), End: r.Start(first + 64*len(b))}
	var run Interval // what touches is joined before it is cut into cells
	for i := z.at(within.Start); i < len(z.regimes); i++ {
		span, offset := z.span(i).Intersect(within), z.regimes[i].offset
		if span.Empty() {
			break
		}
		first, last := floorDiv(span.Start+offset, dateSeconds), floorDiv(span.End+offset-1, dateSeconds)
		for d := first; d <= last; d++ {
			if !t.Days.Has(Date(d).Weekday()) {
				continue
			}
			midnight := d*dateSeconds - offset
			for hours := t.Hours & (1<<24 - 1); hours != 0; {
				from := wordbits.TrailingZeros32(hours)
				to := from + wordbits.TrailingZeros32(^(hours >> from))
				hours &^= 1<<to - 1
				box := span.Intersect(Interval{Start: midnight + Instant(from)*Hour, End: midnight + Instant(to)*Hour})
				if box.Empty() {
					continue
				}
				if run.Empty() || box.Start > run.End {
					r.coverWithin(b, within, run)
					run = box
				}
				run.End = box.End
			}
		}
	}
	r.coverWithin(b, within, run)
}

// coverWithin is cover for the cells of within.
func (r Raster) coverWithin(b Bits, within, i Interval) {
	if !i.Empty() {
		r.cover(b, r.Cell(within.Start), i)
	}
}

// Bits are the bits of cells in order, 64 a word.
type Bits []uint64

// Set sets the bits from ≤ i < to, as far as they are there.
func (b Bits) Set(from, to int) {
	from, to = max(from, 0), min(to, 64*len(b))
	for from < to {
		end := min(to, from|63+1)
		b[from>>6] |= run(from&63, end-from)
		from = end
	}
}

// Unset clears the bits from ≤ i < to, as far as they are there.
func (b Bits) Unset(from, to int) {
	from, to = max(from, 0), min(to, 64*len(b))
	for from < to {
		end := min(to, from|63+1)
		b[from>>6] &^= run(from&63, end-from)
		from = end
	}
}

// run returns n ones from bit from on; 1 ≤ n ≤ 64.
func run(from, n int) uint64 { return ^uint64(0) >> (64 - n) << from }

// Has reports whether bit i is set.
func (b Bits) Has(i int) bool { return b[i>>6]>>(i&63)&1 == 1 }

// Next returns the first bit at or after i that is set, -1 if none is.
func (b Bits) Next(i int) int {
	if i >= 64*len(b) {
		return -1
	}
	word := i >> 6
	rest := b[word] >> (i & 63) << (i & 63)
	for rest == 0 {
		if word++; word == len(b) {
			return -1
		}
		rest = b[word]
	}
	return word<<6 + wordbits.TrailingZeros64(rest)
}

// Prev returns the last bit at or before i that is set, -1 if none is.
func (b Bits) Prev(i int) int {
	if i = min(i, 64*len(b)-1); i < 0 {
		return -1
	}
	word := i >> 6
	rest := b[word] << (63 - i&63) >> (63 - i&63)
	for rest == 0 {
		if word--; word < 0 {
			return -1
		}
		rest = b[word]
	}
	return word<<6 + 63 - wordbits.LeadingZeros64(rest)
}

// Count returns how many of the bits from ≤ i < to are set.
func (b Bits) Count(from, to int) (n int) {
	from, to = max(from, 0), min(to, 64*len(b))
	for from < to {
		end := min(to, from|63+1)
		n += wordbits.OnesCount64(b[from>>6] & run(from&63, end-from))
		from = end
	}
	return n
}

// KeepRuns leaves a bit set only if n bits from it on were: the starts of calls of n
// cells. 1 ≤ n ≤ 64; beyond the last bit nothing is set.
func (b Bits) KeepRuns(n int) {
	for have := 1; have < n; {
		by := min(have, n-have)
		for i := range b {
			above := uint64(0)
			if i+1 < len(b) {
				above = b[i+1]
			}
			b[i] &= b[i]>>by | above<<(64-by)
		}
		have += by
	}
}

// KeepEvery leaves a bit set only if its cell, counted from first, is a multiple of n.
func (b Bits) KeepEvery(n, first int) {
	if n <= 1 {
		return
	}
	at := int(floorMod(Instant(-first), Instant(n)))
	for i := range b {
		var lines uint64
		for ; at < 64; at += n {
			lines |= 1 << at
		}
		at -= 64
		b[i] &= lines
	}
}
