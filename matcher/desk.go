package matcher

import (
	"slices"
	"sort"

	"github.com/parleyhq/parley/slots"
)

// desk is one reviewer as a plan sees him: what the rules say over a window of
// starts, his hours, and the calls that stand in the way. Judge asks a desk about
// one start and the search about many; hours and calls are read here and nowhere
// else, and what the rules say only through Plan.grade and Plan.match.
//
// A desk is seated with one reviewer after another and keeps its memory. Of a
// reviewer it knows the spans once he is seated, hours and calls once opened.
type desk struct {
	plan     *Plan
	reviewer *Reviewer
	spans    []span          // in order of time, covering the window
	cuts     []slots.Instant // where they end

	hours slots.Set
	// calls are the active calls, in order of time, that can stand in the way of the
	// opened starts: in their time or on their dates.
	calls []booking
	day   dayCount
}

// booking is what a desk keeps of a call.
type booking struct {
	start slots.Instant
	busy  slots.Interval
}

// dayCount remembers how many calls the local date has that was asked for last.
type dayCount struct {
	known bool
	date  slots.Date
	calls int
}

// seat prepares the desk for starts of r inside window: its spans are the pieces
// between the instants at which his grade may change.
func (d *desk) seat(r *Reviewer, window slots.Interval) {
	d.reviewer, d.spans, d.cuts = r, d.spans[:0], d.cuts[:0]
	if window.Empty() {
		return
	}
	for _, cr := range d.plan.rules {
		d.cuts = cr.appendChanges(d.cuts, r, window)
		for _, t := range [...]slots.Instant{cr.changing.Start, cr.changing.End, cr.lateFrom()} {
			if window.Contains(t) {
				d.cuts = append(d.cuts, t)
			}
		}
	}
	slices.Sort(d.cuts)
	d.cuts = append(d.cuts, window.End)
	d.plan.work.spend(workGrade * len(d.cuts) * len(d.plan.rules))
	from := window.Start
	for _, to := range d.cuts {
		if from < to {
			d.spans = append(d.spans, span{slots.Interval{Start: from, End: to}, d.plan.grade(r, from)})
			from = to
		}
	}
}

// open reads hours and calls as far as starts inside window need them.
func (d *desk) open(window slots.Interval) {
	v, r := d.plan.view, d.reviewer
	d.plan.work.spend(workOpen + int((window.End-window.Start)/(24*slots.Hour)))
	d.hours = r.Hours.Expand(r.Zone, d.plan.reach(window))
	d.calls, d.day = d.calls[:0], dayCount{}
	if d.hours.Empty() {
		return
	}
	within := slots.Interval{Start: d.busy(window.Start).Start, End: d.busy(window.End - 1).End}
	if r.MaxPerDay > 0 {
		// Where clocks go back over midnight, dates are not in order; one more on
		// either side makes up for it.
		dates := r.Zone.Dates(r.Zone.Date(window.Start).AddDays(-1), r.Zone.Date(window.End-1).AddDays(1))
		within = hull(within, dates.Hull())
	}
	v.Calendar.Calls(r.Ref, within, func(c slots.Call) bool {
		d.plan.work.spend(1)
		if c.ActiveAt(v.Now) && (v.Except == "" || c.ID != v.Except) {
			d.calls = append(d.calls, booking{start: c.Span.Start, busy: c.Busy})
		}
		return true
	})
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
	if planted == plantBuffer {
		return slots.Interval{Start: start - slots.Instant(d.reviewer.BufferBefore)*slots.Minute, End: start + d.plan.length}
	}
	return slots.Interval{
		Start: start - slots.Instant(d.reviewer.BufferBefore)*slots.Minute,
		End:   start + d.plan.length + slots.Instant(d.reviewer.BufferAfter)*slots.Minute,
	}
}

// taken says what stands in the way of a call at start: a call with its buffers,
// the cap of the day, or nothing.
func (d *desk) taken(start slots.Instant) (detail string) {
	busy := d.busy(start)
	i := sort.Search(len(d.calls), func(i int) bool { return d.calls[i].busy.End > busy.Start })
	if planted == plantTouching && i < len(d.calls) && d.calls[i].busy.Start == busy.End {
		return detailCall
	}
	if i < len(d.calls) && d.calls[i].busy.Start < busy.End {
		return detailCall
	}
	if d.reviewer.MaxPerDay > 0 && d.onDate(start) >= d.reviewer.MaxPerDay {
		return detailCap
	}
	return ""
}

// onDate counts the active calls that start on the reviewer's local date of start.
func (d *desk) onDate(start slots.Instant) int {
	z := d.reviewer.Zone
	date := z.Date(start)
	if !d.day.known || d.day.date != date {
		d.day = dayCount{known: true, date: date}
		for i := range d.calls {
			if z.Date(d.calls[i].start) == date {
				d.day.calls++
			}
		}
	}
	return d.day.calls
}

// firmOnDate counts the firm calls that start on the reviewer's local date of start.
func (d *desk) firmOnDate(start slots.Instant) int {
	z := d.reviewer.Zone
	date := z.Date(start)
	return d.firm(z.Dates(date, date))
}

// firm counts the firm calls that start in within.
func (d *desk) firm(within slots.Set) int {
	v := d.plan.view
	d.plan.work.spend(workFirm)
	return v.Calendar.CountStarts(d.reviewer.Ref, within, v.Now, true, v.Except)
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

// relation returns the closest relation at which r reaches a tier.
func (d *desk) relation(tier Tier) Relation {
	closest := RelationNone
	for i := range d.spans {
		if d.spans[i].tier == tier {
			closest = max(closest, d.spans[i].relation)
		}
	}
	return closest
}

// starts yields, in order, the starts on offer inside the window that f accepts:
// free time is cut on the grid first, then each start is judged.
func (d *desk) starts(ticked slots.Set, f filter, yield func(slots.Instant, *span) bool) {
	free := d.hours.Intersect(ticked)
	d.plan.Grid.Starts(free, d.plan.CallMinutes, func(start slots.Instant) bool {
		d.plan.work.spend(workStart)
		s := d.at(start)
		if s == nil || !f.accepts(&s.grade) || d.taken(start) != "" {
			return true
		}
		return yield(start, s)
	})
}
