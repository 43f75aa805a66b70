package slots

import (
	"slices"
	"sort"
)

// ClockSpan is a half-open span of local clock time, Start < End ≤ 24:00.
type ClockSpan struct{ Start, End ClockTime }

// WeeklyHours are local hours that recur on some weekdays.
type WeeklyHours struct {
	Days Weekdays
	Span ClockSpan
}

// Exception replaces the weekly hours of one local date; no Hours means a day off.
type Exception struct {
	Date  Date
	Hours []ClockSpan
}

// Availability is when a reviewer works: weekly hours in a zone, exceptions by
// local date, and absolute blocks that are subtracted last.
type Availability struct {
	Weekly     []WeeklyHours
	Exceptions []Exception // sorted by date, one per date
	Blocks     []Interval
}

// Expand returns the available instants inside within.
//
// The hours of a date run from the instant of their start to the instant of
// their end, each resolved as Zone.Resolve does: a time in a gap is the end of
// the gap, a time that exists twice is the first, and 24:00 is the start of the
// next local date. Hours that end where they start, or before, give nothing.
// An exception takes the place of all weekly hours of its date. Hours that touch
// or overlap join; blocks are then taken out.
func (a *Availability) Expand(z *Zone, within Interval) Set {
	if within.Empty() {
		return Set{}
	}
	// The hours of a date end before the clocks first show a later one, so no
	// earlier date reaches into within. Where clocks go back over midnight, what
	// comes back of a date belongs to the hours of the next: hence one more.
	from := z.Date(within.Start)
	to := z.Date(within.End-1) + 1
	exceptions := a.Exceptions[sort.Search(len(a.Exceptions), func(i int) bool {
		return a.Exceptions[i].Date >= from
	}):]
	var hours []Interval
	for d := from; d <= to; d++ {
		for len(exceptions) > 0 && exceptions[0].Date < d {
			exceptions = exceptions[1:]
		}
		if len(exceptions) > 0 && exceptions[0].Date == d {
			for _, span := range exceptions[0].Hours {
				hours = append(hours, span.on(d, z))
			}
			continue
		}
		day := d.Weekday()
		for _, w := range a.Weekly {
			if w.Days.Has(day) {
				hours = append(hours, w.Span.on(d, z))
			}
		}
	}
	set := setOf(hours).Clip(within)
	if set.Empty() || !slices.ContainsFunc(a.Blocks, set.Hull().Overlaps) {
		return set
	}
	return set.Subtract(NewSet(a.Blocks...))
}

// on returns the span on date d, empty if the clocks leave nothing of it.
func (c ClockSpan) on(d Date, z *Zone) Interval {
	start, _ := z.Resolve(d, c.Start.seconds())
	end, _ := z.Resolve(d, c.End.seconds())
	return Interval{Start: start, End: end}
}
