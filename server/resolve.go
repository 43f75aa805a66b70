package server

import (
	"errors"
	"slices"
	"strings"

	"github.com/parleyhq/parley/slots"
)

// Resolution of what requests spell in local words – dates, clock times, zones,
// instants with an offset – to the engine's numbers. The engine keeps 0 for an
// absent instant or date, so that neither may be sent.

// instant reads an RFC 3339 instant of 1970 to 2200.
func (k *check) instant(pointer, s string) slots.Instant {
	t, _, err := slots.ParseInstant(s)
	switch {
	case errors.Is(err, slots.ErrFraction):
		k.wrong(pointer, "must be a whole second")
	case errors.Is(err, slots.ErrYearRange), err == nil && (t <= 0 || t > latestInstant):
		k.wrong(pointer, "must lie in the years 1970 to 2200")
	case err != nil:
		k.unclear(pointer, "must be an RFC 3339 instant with an offset, such as 2026-11-02T09:00:00-05:00")
	default:
		return t
	}
	return 0
}

// date reads a day of the calendar of 1900 to 2200.
func (k *check) date(pointer, s string) slots.Date {
	d, err := slots.ParseDate(s)
	switch {
	case errors.Is(err, slots.ErrYearRange):
		k.wrong(pointer, "must lie in the years 1900 to 2200")
	case err != nil && leapDayOfCommonYear(s):
		k.wrong(pointer, "is a leap day of a year that has none")
	case err != nil:
		k.unclear(pointer, "must be a date YYYY-MM-DD")
	default:
		return d
	}
	return 0
}

// modernDate is date from 1970-01-02 on.
func (k *check) modernDate(pointer, s string) slots.Date {
	if d, err := slots.ParseDate(s); err == nil && d <= 0 {
		k.wrong(pointer, "must lie in the years 1970 to 2200")
		return 0
	}
	return k.date(pointer, s)
}

// leapDayOfCommonYear tells a 29 February that does not exist from text that is
// no date at all.
func leapDayOfCommonYear(s string) bool {
	return len(s) == 10 && s[4:] == "-02-29" && allDigits(s[:4])
}

// span reads local clock times [start, end) of one day.
func (k *check) span(pointer, start, end string) slots.ClockSpan {
	from, err1 := slots.ParseClockTime(start)
	to, err2 := slots.ParseClockTime(end)
	if err1 != nil {
		k.unclear(pointer+"/start", "must be a time of day HH:MM")
	}
	if err2 != nil {
		k.unclear(pointer+"/end", "must be a time of day HH:MM")
	}
	if err1 != nil || err2 != nil {
		return slots.ClockSpan{}
	}
	if from == 24*60 {
		k.wrong(pointer+"/start", "24:00 can only be an end")
	} else if to <= from {
		k.wrong(pointer+"/end", "must be later than the start")
	}
	return slots.ClockSpan{Start: from, End: to}
}

// spanIn is a span of instants on the wire.
type spanIn struct {
	Start need[string] `json:"start"`
	End   need[string] `json:"end"`
}

// interval reads instants [start, end).
func (k *check) interval(pointer string, in spanIn) slots.Interval {
	iv := slots.Interval{
		Start: k.instant(pointer+"/start", in.Start.V),
		End:   k.instant(pointer+"/end", in.End.V),
	}
	if iv.Start != 0 && iv.End != 0 && iv.Empty() {
		k.wrong(pointer+"/end", "must be later than the start")
	}
	return iv
}

// windows reads when a call may come: distinct spans, in the order given. How
// many there must be, and how long, the rules say.
func (k *check) windows(pointer string, in []spanIn) []slots.Interval {
	if !k.count(pointer, len(in), 0, maxWindows) {
		return nil
	}
	out := make([]slots.Interval, 0, len(in))
	for i, s := range in {
		iv := k.interval(at(pointer, i), s)
		if iv.Start != 0 && slices.Contains(out, iv) {
			k.wrong(at(pointer, i), "is in the list twice")
		}
		out = append(out, iv)
	}
	return out
}

// zone reads the name of a time zone; nil after a fault.
func (k *check) zone(pointer, s string) *slots.Zone {
	if !zoneLike(s) {
		k.unclear(pointer, "cannot be the name of a time zone")
		return nil
	}
	z, err := slots.LoadZone(s)
	if err != nil {
		k.wrong(pointer, "must be the name of an IANA time zone, such as America/New_York")
		return nil
	}
	return z
}

// zoneName is zone where only the name is kept.
func (k *check) zoneName(pointer, s string) string {
	if k.zone(pointer, s) == nil {
		return ""
	}
	return s
}

// zoneLike reports text that could name a zone, the empty one included: letters,
// digits and / _ + - within the length of the longest names.
func zoneLike(s string) bool {
	for i := range len(s) {
		c := s[i]
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		if !letter && strings.IndexByte("/_+-", c) < 0 {
			return false
		}
	}
	return len(s) <= maxZoneName
}

// weekdays reads a list of distinct weekdays, at least one.
func (k *check) weekdays(pointer string, in []string) (set slots.Weekdays) {
	if !k.count(pointer, len(in), 1, 7) {
		return 0
	}
	for i, s := range in {
		d, err := slots.ParseWeekday(s)
		if err != nil {
			k.wrong(at(pointer, i), "must be one of mon, tue, wed, thu, fri, sat, sun")
			continue
		}
		if set.Has(d) {
			k.wrong(at(pointer, i), "is in the list twice")
		}
		set = set.With(d)
	}
	return set
}

// hours reads a list of distinct hours of the day, at least one, as bits.
func (k *check) hours(pointer string, in []int) (set uint32) {
	if !k.count(pointer, len(in), 1, 24) {
		return 0
	}
	for i, h := range in {
		if h < 0 || h > 23 {
			k.wrong(at(pointer, i), "must lie between 0 and 23")
			continue
		}
		if set&(1<<h) != 0 {
			k.wrong(at(pointer, i), "is in the list twice")
		}
		set |= 1 << h
	}
	return set
}

// instantText writes an instant in a zone; absent (0) gives nil.
func instantText(t slots.Instant, z *slots.Zone) *string {
	if t == 0 {
		return nil
	}
	s := instantOut(t, z)
	return &s
}

// instantOut writes an instant as answers have it.
func instantOut(t slots.Instant, z *slots.Zone) string {
	var text [32]byte
	return string(slots.AppendInstant(text[:0], t, z))
}

// dateText writes a date; absent (0) gives nil.
func dateText(d slots.Date) *string {
	if d == 0 {
		return nil
	}
	s := d.String()
	return &s
}

// textOrNull writes text; absent ("") gives nil.
func textOrNull(s string) *string {
	if s == "" {
		return nil
	}
	text := s // s itself would be moved to the heap where it is absent, too
	return &text
}
