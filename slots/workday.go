package slots

import "slices"

// Days off the working week.
const (
	saturday Weekday = 5
	sunday   Weekday = 6
)

// weekend reports whether d is a Saturday or a Sunday.
func weekend(d Date) bool { return d.Weekday() >= saturday }

// Workdays tell business days from others: no Saturday, no Sunday, and no date
// that one of the calendars keeps as a holiday. The zero Workdays know weekends alone.
type Workdays struct {
	calendars []*Holidays
}

// NewWorkdays returns the business days of who keeps all these holidays.
func NewWorkdays(calendars ...*Holidays) Workdays { return Workdays{calendars} }

// Holiday reports whether one of the calendars keeps d.
func (w Workdays) Holiday(d Date) bool {
	for _, c := range w.calendars {
		if c.Has(d) {
			return true
		}
	}
	return false
}

// Business reports whether d is a business day.
func (w Workdays) Business(d Date) bool { return !weekend(d) && !w.Holiday(d) }

// Unit is what a Term counts.
type Unit uint8

// The units.
const (
	// Hours are 3600 seconds each.
	Hours Unit = iota
	// CalendarDays are local days.
	CalendarDays
	// BusinessDays are local days that Workdays call so.
	BusinessDays
)

// Term is a span of time as rules count it, 1 or more of its unit. Days are
// local days of a zone, walked as such: a date that clocks skip is none, and a date is
// as long as its clocks say.
type Term struct {
	Amount int
	Unit   Unit
	// SkipWeekends and SkipHolidays make a clock of hours stand still on those
	// local days, from their first second to their last. Days know none of it.
	SkipWeekends, SkipHolidays bool
}

// maxSearch bounds a walk over days, for holidays without end: far more than any
// real run of them.
const maxSearch = 8

// End returns the last instant of a term that starts with an event. Days run to
// the last second of the Nth such day after the event's own; hours end to the second.
func (t Term) End(z *Zone, w Workdays, event Instant) Instant {
	if t.Unit != Hours {
		return t.EndAfter(z, w, z.Date(event))
	}
	left := Instant(t.Amount) * Hour
	at := event
	if !t.SkipWeekends && !t.SkipHolidays {
		return at + left
	}
	for range t.steps() {
		piece := z.dayAround(at)
		if t.stands(w, z.Date(at)) {
			at = piece.End
			continue
		}
		if run := piece.End - at; run < left {
			left -= run
			at = piece.End
			continue
		}
		return at + left
	}
	return at
}

// EndAfter returns the last second of the Nth such day after a date. The unit
// is one of days.
func (t Term) EndAfter(z *Zone, w Workdays, event Date) Instant {
	return lastSecond(z, t.walk(z, w, event, 1))
}

// Before returns the last instant from which the term still fits before an event. Days
// give the last second of the Nth such day before the event's own; hours are counted
// back to the second.
func (t Term) Before(z *Zone, w Workdays, event Instant) Instant {
	if t.Unit != Hours {
		return t.BeforeDate(z, w, z.Date(event))
	}
	left := Instant(t.Amount) * Hour
	at := event
	if !t.SkipWeekends && !t.SkipHolidays {
		return at - left
	}
	for range t.steps() {
		piece := z.dayAround(at - 1)
		if t.stands(w, z.Date(at-1)) {
			at = piece.Start
			continue
		}
		if run := at - piece.Start; run < left {
			left -= run
			at = piece.Start
			continue
		}
		return at - left
	}
	return at
}

// BeforeDate returns the last second of the Nth such day before a date. The unit
// is one of days.
func (t Term) BeforeDate(z *Zone, w Workdays, event Date) Instant {
	return lastSecond(z, t.walk(z, w, event, -1))
}

// walk returns the Nth day that counts, going from d by step days at a time.
func (t Term) walk(z *Zone, w Workdays, d Date, step int) Date {
	counted := 0
	for range t.steps() {
		if d = d.AddDays(step); !z.exists(d) || t.Unit == BusinessDays && !w.Business(d) {
			continue
		}
		if counted++; counted == t.Amount {
			break
		}
	}
	return d
}

// steps bounds how many days a term can reach over.
func (t Term) steps() int { return maxSearch * (t.Amount + 31) }

// stands reports whether a clock of hours stands still on d.
func (t Term) stands(w Workdays, d Date) bool {
	return t.SkipWeekends && weekend(d) || t.SkipHolidays && w.Holiday(d)
}

// exists reports whether the clocks of z ever show d.
func (z *Zone) exists(d Date) bool { return !slices.Contains(z.skipped, d) }

// dayAround returns a stretch around at in which the clocks show its date.
func (z *Zone) dayAround(at Instant) (around Interval) {
	d := z.Date(at)
	z.eachDates(d, d, func(piece Interval) bool {
		around = piece
		return !piece.Contains(at)
	})
	return around
}

// lastSecond returns the last instant whose local date is d.
func lastSecond(z *Zone, d Date) Instant { return z.DatesHull(d, d).End - 1 }
