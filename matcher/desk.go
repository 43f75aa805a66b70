package matcher

import (
	"sort"

	"github.com/parleyhq/parley/slots"
)

// desk is one reviewer as a plan sees him: what the rules say over a window of
// starts, his hours, and the calls that stand in the way. Judge asks a desk about
// one start and the search about many; hours, calls and rules are read in this
// file and nowhere else.
//
// Of a desk, spans are known at once; hours and calls after open.
type desk struct {
	plan     *Plan
	reviewer *Reviewer
	window   slots.Interval // the starts that spans cover
	spans    []span

	hours slots.Set
	// calls are the active calls, in order of time, that can stand in the way of
	// the opened starts or were to be counted.
	calls []slots.Call
	day   dayCount
}

// dayCount remembers the calls of the local date that was asked for last.
type dayCount struct {
	known        bool
	date         slots.Date
	active, firm int
}

// desk prepares r for starts inside window.
func (p *Plan) desk(r *Reviewer, window slots.Interval) *desk {
	return &desk{plan: p, reviewer: r, window: window, spans: p.spans(r, window)}
}

// open reads hours and calls as far as starts inside window need them, and the
// calls that touch counted, which is what the caller will count.
func (d *desk) open(window, counted slots.Interval) {
	v, r := d.plan.view, d.reviewer
	d.hours = r.Hours.Expand(r.Zone, d.plan.reach(window))
	d.calls, d.day = d.calls[:0], dayCount{}
	if d.hours.Empty() {
		return
	}
	within := slots.Interval{Start: d.busy(window.Start).Start, End: d.busy(window.End - 1).End}
	if r.MaxPerDay > 0 {
		within = hull(within, d.dates(window))
	}
	v.Calendar.Calls(r.Ref, hull(within, counted), func(c slots.Call) bool {
		if c.ActiveAt(v.Now) && (v.Except == "" || c.ID != v.Except) {
			d.calls = append(d.calls, c)
		}
		return true
	})
}

// dates returns a span that holds every instant of the reviewer's local dates on
// which starts inside window fall. Where clocks go back over midnight, dates are
// not in order; one more on either side makes up for it.
func (d *desk) dates(window slots.Interval) slots.Interval {
	if window.Empty() {
		return slots.Interval{}
	}
	z := d.reviewer.Zone
	return z.Dates(z.Date(window.Start).AddDays(-1), z.Date(window.End-1).AddDays(1)).Hull()
}

// hull returns the shortest interval that covers both.
func hull(a, b slots.Interval) slots.Interval {
	if a.Empty() {
		return b
	}
	if b.Empty() {
		return a
	}
	return slots.Interval{Start: min(a.Start, b.Start), End: max(a.End, b.End)}
}

// busy returns the span of a call that starts at start, with the buffers.
func (d *desk) busy(start slots.Instant) slots.Interval {
	return slots.Interval{
		Start: start - slots.Instant(d.reviewer.BufferBefore)*slots.Minute,
		End:   start + d.plan.length + slots.Instant(d.reviewer.BufferAfter)*slots.Minute,
	}
}

// taken says what stands in the way of a call at start: a call with its buffers,
// the cap of the day, or nothing.
func (d *desk) taken(start slots.Instant) (detail string) {
	busy := d.busy(start)
	i := sort.Search(len(d.calls), func(i int) bool { return d.calls[i].Busy.End > busy.Start })
	if i < len(d.calls) && d.calls[i].Busy.Start < busy.End {
		return detailCall
	}
	if d.reviewer.MaxPerDay > 0 && d.on(start).active >= d.reviewer.MaxPerDay {
		return detailCap
	}
	return ""
}

// on counts the calls that start on the reviewer's local date of start. Without a
// cap, open must have been told of the dates.
func (d *desk) on(start slots.Instant) dayCount {
	z := d.reviewer.Zone
	date := z.Date(start)
	if d.day.known && d.day.date == date {
		return d.day
	}
	d.day = dayCount{known: true, date: date}
	for i := range d.calls {
		if z.Date(d.calls[i].Span.Start) == date {
			d.day.active++
			if d.calls[i].Until == 0 {
				d.day.firm++
			}
		}
	}
	return d.day
}

// firmIn counts the firm calls that start inside counted, which open was told of.
func (d *desk) firmIn(counted slots.Interval) int {
	n := 0
	for i := range d.calls {
		if d.calls[i].Until == 0 && counted.Contains(d.calls[i].Span.Start) {
			n++
		}
	}
	return n
}

// at returns the span that start lies in, nil outside the window.
func (d *desk) at(start slots.Instant) *span {
	i := sort.Search(len(d.spans), func(i int) bool { return d.spans[i].End > start })
	if i == len(d.spans) || start < d.spans[i].Start {
		return nil
	}
	return &d.spans[i]
}

// tiers returns the tiers that f accepts and r reaches somewhere in the window.
func (d *desk) tiers(f filter) tierSet {
	var s tierSet
	for i := range d.spans {
		if f.accepts(&d.spans[i].grade) {
			s = s.with(d.spans[i].tier)
		}
	}
	return s
}

// starts yields, in order, the starts on offer inside the window that f accepts:
// free time is cut on the grid first, then each start is judged.
func (d *desk) starts(ticked slots.Set, f filter, yield func(slots.Instant, *span) bool) {
	free := d.hours.Intersect(ticked)
	d.plan.Grid.Starts(free, d.plan.CallMinutes, func(start slots.Instant) bool {
		s := d.at(start)
		if s == nil || !f.accepts(&s.grade) || d.taken(start) != "" {
			return true
		}
		return yield(start, s)
	})
}
