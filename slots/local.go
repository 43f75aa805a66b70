package slots

import "strconv"

// The local time line counts seconds since 1970-01-01T00:00:00 as the clocks of
// a zone show it: date · 86400 + second of day. Within one regime it is UTC
// shifted by the offset; where regimes meet it jumps ahead (a gap: local times
// that never exist) or back (a fold: local times that exist twice).

// Offset returns the seconds east of UTC and the abbreviation in force at t.
// The abbreviation is the database's own: EDT, or +0530 where people use none.
func (z *Zone) Offset(t Instant) (seconds int, abbreviation string) {
	r := &z.regimes[z.at(t)]
	return int(r.offset), r.abbr
}

// Date returns the local date of t.
func (z *Zone) Date(t Instant) Date {
	d, _ := z.Clock(t)
	return d
}

// Clock returns the local date of t and the seconds its clock shows after
// 00:00, 0 to 86399.
func (z *Zone) Clock(t Instant) (d Date, secondOfDay int) {
	local := t + z.regimes[z.at(t)].offset
	return Date(floorDiv(local, dateSeconds)), int(floorMod(local, dateSeconds))
}

// LocalKind tells how often a local time exists.
type LocalKind uint8

// A local time exists once, never or twice.
const (
	LocalUnique LocalKind = iota
	LocalGap              // skipped: the clocks jump over it
	LocalFold             // exists twice
)

// String returns unique, gap or fold.
func (k LocalKind) String() string {
	switch k {
	case LocalUnique:
		return "unique"
	case LocalGap:
		return "gap"
	case LocalFold:
		return "fold"
	}
	return "LocalKind(" + strconv.Itoa(int(k)) + ")"
}

// Resolve maps a local date and second of day to UTC. In a gap it gives the end
// of the gap, however long that is, in a fold the first of the two. The second
// of day runs from 0 to 86400, which is 00:00 of the next date and follows the
// same rule.
func (z *Zone) Resolve(d Date, secondOfDay int) (Instant, LocalKind) {
	local := Instant(d)*dateSeconds + Instant(secondOfDay)
	if planted == plantTimeDate {
		return local - z.regimes[z.at(local-z.regimes[z.at(local)].offset)].offset, LocalUnique
	}
	gapEnd := ending
	for i := z.at(local - maxOffset); i < len(z.regimes); i++ {
		span, offset := z.span(i), z.regimes[i].offset
		if span.Start > local+maxOffset {
			break
		}
		t := local - offset
		if span.Contains(t) {
			if z.existsAfter(local, i) {
				return t, LocalFold
			}
			return t, LocalUnique
		}
		if t < span.Start { // this regime starts later than local
			gapEnd = min(gapEnd, span.Start)
		}
	}
	return gapEnd, LocalGap
}

// existsAfter reports whether a regime after i shows the local time again.
func (z *Zone) existsAfter(local Instant, i int) bool {
	for i++; i < len(z.regimes) && z.regimes[i].start <= local+maxOffset; i++ {
		if z.span(i).Contains(local - z.regimes[i].offset) {
			return true
		}
	}
	return false
}

// Dates returns the instants whose local date lies in [from, to], both
// included. Where clocks go back over midnight that is more than one interval,
// and for a date that was skipped it is none.
func (z *Zone) Dates(from, to Date) Set {
	var b setBuilder
	z.eachDates(from, to, func(piece Interval) bool {
		b.add(piece)
		return true
	})
	return b.set()
}

// DatesHull is Dates(from, to).Hull(), without a set: the shortest interval that covers
// these dates. It is empty where they were skipped.
func (z *Zone) DatesHull(from, to Date) (hull Interval) {
	z.eachDates(from, to, func(piece Interval) bool {
		if hull.Empty() {
			hull.Start = piece.Start
		}
		hull.End = piece.End
		return true
	})
	return hull
}

// AppendDateChanges appends the instants inside within, its ends left out, at which the
// clocks come to the dates [from, to] or leave them.
func (z *Zone) AppendDateChanges(dst []Instant, from, to Date, within Interval) []Instant {
	local := Interval{Start: Instant(from) * dateSeconds, End: (Instant(to) + 1) * dateSeconds}
	var run Interval // of pieces that touch
	for i := z.at(max(local.Start-maxOffset, within.Start)); i < len(z.regimes); i++ {
		span, offset := z.span(i), z.regimes[i].offset
		if span.Start >= within.End || span.Start > local.End+maxOffset {
			break
		}
		piece := span.Intersect(Interval{Start: local.Start - offset, End: local.End - offset})
		switch {
		case piece.Empty():
		case !run.Empty() && piece.Start == run.End:
			run.End = piece.End
		default:
			dst = appendEnds(dst, run, within)
			run = piece
		}
	}
	return appendEnds(dst, run, within)
}

// appendEnds appends the ends of an interval, if it has any, that lie inside within.
func appendEnds(dst []Instant, i, within Interval) []Instant {
	for _, t := range [...]Instant{i.Start, i.End} {
		if !i.Empty() && within.Start < t && t < within.End {
			dst = append(dst, t)
		}
	}
	return dst
}

// eachDates yields, in order of time, the instants whose local date lies in [from, to],
// until yield returns false. Pieces may touch.
func (z *Zone) eachDates(from, to Date, yield func(Interval) bool) {
	local := Interval{Start: Instant(from) * dateSeconds, End: (Instant(to) + 1) * dateSeconds}
	if local.Empty() {
		return
	}
	for i := z.at(local.Start - maxOffset); i < len(z.regimes); i++ {
		span, offset := z.span(i), z.regimes[i].offset
		if span.Start > local.End+maxOffset {
			return
		}
		piece := span.Intersect(Interval{Start: local.Start - offset, End: local.End - offset})
		if !piece.Empty() && !yield(piece) {
			return
		}
	}
}

// Ticks are the weekdays and hours of day that suit a requester: hour h is the
// box h:00–h+1:00 of local time, bit h of Hours, 0 to 23.
type Ticks struct {
	Days  Weekdays
	Hours uint32
}

// AllTicks ticks every hour of every day.
var AllTicks = Ticks{Days: 1<<7 - 1, Hours: 1<<24 - 1}

// Ticked returns the instants of within whose local weekday and hour are both
// ticked. An hour that clocks repeat is ticked both times.
func (z *Zone) Ticked(t Ticks, within Interval) Set {
	boxes := t.boxes()
	if within.Empty() || len(boxes) == 0 {
		return Set{}
	}
	var b setBuilder
	for i := z.at(within.Start); i < len(z.regimes); i++ {
		span, offset := z.span(i).Intersect(within), z.regimes[i].offset
		if span.Empty() {
			break
		}
		first := floorDiv(span.Start+offset, dateSeconds)
		last := floorDiv(span.End+offset-1, dateSeconds)
		for d := first; d <= last; d++ {
			if !t.Days.Has(Date(d).Weekday()) {
				continue
			}
			midnight := d*dateSeconds - offset
			for _, box := range boxes {
				b.add(span.Intersect(Interval{Start: midnight + box.Start, End: midnight + box.End}))
			}
		}
	}
	return b.set()
}

// boxes returns the runs of ticked hours in seconds of the local day.
func (t Ticks) boxes() []Interval {
	var b setBuilder
	for h := range Instant(24) {
		if t.Hours&(1<<h) != 0 {
			b.add(Interval{Start: h * Hour, End: (h + 1) * Hour})
		}
	}
	return b.ivs
}

// DateUntil returns the local date of t, and the first instant after it at which the
// clocks show another date or change.
func (z *Zone) DateUntil(t Instant) (d Date, until Instant) {
	i := z.at(t)
	offset := z.regimes[i].offset
	d = Date(floorDiv(t+offset, dateSeconds))
	return d, min((Instant(d)+1)*dateSeconds-offset, z.span(i).End)
}
