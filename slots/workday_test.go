package slots

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// federal are holidays with all kinds of rules, those of the federal government.
var federal = NewHolidays([]Holiday{
	{Month: 1, Day: 1, Observed: ObservedNearestWeekday},
	{Month: 1, Nth: 3, Weekday: 0},
	{Month: 5, Nth: LastInMonth, Weekday: 0},
	{Month: 6, Day: 19, Observed: ObservedNearestWeekday, FirstYear: 2021},
	{Month: 7, Day: 4, Observed: ObservedNearestWeekday},
	{Month: 9, Nth: 1, Weekday: 0},
	{Month: 11, Nth: 4, Weekday: 3},
	{Month: 12, Day: 25, Observed: ObservedNearestWeekday},
})

func TestHolidayDates(t *testing.T) {
	t.Parallel()
	f := func(h Holiday, year int, want string) {
		t.Helper()
		got := "none"
		if d, ok := h.In(year); ok {
			got = d.String()
			if !NewHolidays([]Holiday{h}).Has(d) || NewHolidays([]Holiday{h}).Has(d+1) {
				t.Errorf("%s is not kept, or the day after it is", d)
			}
		}
		if got != want {
			t.Errorf("%+v in %d: %s, want %s", h, year, got, want)
		}
	}
	independence := Holiday{Month: 7, Day: 4, Observed: ObservedNearestWeekday}
	f(independence, 2025, "2025-07-04") // a Friday
	f(independence, 2026, "2026-07-03") // Saturday
	f(independence, 2027, "2027-07-05") // Sunday
	f(Holiday{Month: 7, Day: 4, Observed: ObservedMonday}, 2026, "2026-07-04")
	f(Holiday{Month: 7, Day: 4, Observed: ObservedMonday}, 2027, "2027-07-05")
	f(Holiday{Month: 7, Day: 4}, 2027, "2027-07-04")
	f(Holiday{Month: 1, Day: 1, Observed: ObservedNearestWeekday}, 2028, "2027-12-31") // in the year before
	f(Holiday{Month: 12, Day: 31, Observed: ObservedNearestWeekday}, 2028, "2029-01-01")
	f(Holiday{Month: 11, Nth: 4, Weekday: 3}, 2026, "2026-11-26")
	f(Holiday{Month: 11, Nth: 4, Weekday: 3, Offset: 1}, 2026, "2026-11-27")
	f(Holiday{Month: 1, Nth: 1, Weekday: 3, Offset: -1}, 2026, "2025-12-31")
	f(Holiday{Month: 5, Nth: LastInMonth, Weekday: 0}, 2026, "2026-05-25")
	f(Holiday{Month: 2, Nth: 5, Weekday: 6}, 2026, "none")
	f(Holiday{Month: 2, Nth: 5, Weekday: 1}, 2028, "2028-02-29")
	f(Holiday{Month: 2, Day: 29}, 2026, "none")
	f(Holiday{Month: 2, Day: 29}, 2028, "2028-02-29")
	f(Holiday{Month: 6, Day: 19, FirstYear: 2021}, 2020, "none")
	f(Holiday{Month: 6, Day: 19, LastYear: 2021}, 2022, "none")
	f(Holiday{Once: true, Date: date(t, "2026-12-24")}, 2026, "2026-12-24")
	f(Holiday{Once: true, Date: date(t, "2026-12-24")}, 2027, "none")
}

func date(tb testing.TB, s string) Date {
	tb.Helper()
	d, err := ParseDate(s)
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

// TestTermEnds are the clocks that rules are about.
func TestTermEnds(t *testing.T) {
	t.Parallel()
	f := func(term Term, zone, event, want string) {
		t.Helper()
		z, err := LoadZone(zone)
		if err != nil {
			t.Fatal(err)
		}
		at, _, err := ParseInstant(event)
		if err != nil {
			t.Fatal(err)
		}
		if got := string(AppendInstant(nil, term.End(z, NewWorkdays(federal), at), z)); got != want {
			t.Errorf("%+v from %s: %s, want %s", term, event, got, want)
		}
	}
	indiana := Term{Amount: 48, SkipWeekends: true, SkipHolidays: true}
	f(indiana, "America/Indiana/Indianapolis", "2026-10-16T15:00:00-04:00", "2026-10-20T15:00:00-04:00")
	f(indiana, "America/Indiana/Indianapolis", "2026-09-04T15:00:00-04:00", "2026-09-09T15:00:00-04:00") // over Labor Day
	f(indiana, "America/Indiana/Indianapolis", "2026-10-17T15:00:00-04:00", "2026-10-21T00:00:00-04:00") // asked on a Saturday
	f(indiana, "America/Indiana/Indianapolis", "2026-10-30T12:00:00-04:00", "2026-11-03T12:00:00-05:00") // the Sunday has 25 hours
	f(Term{Amount: 48}, "America/Indiana/Indianapolis", "2026-10-30T12:00:00-04:00", "2026-11-01T11:00:00-05:00")
	f(Term{Amount: 15, Unit: CalendarDays}, "America/Los_Angeles", "2026-11-10T12:00:00-08:00", "2026-11-25T23:59:59-08:00")
	f(Term{Amount: 5, Unit: BusinessDays}, "America/Los_Angeles", "2026-11-20T12:00:00-08:00", "2026-11-30T23:59:59-08:00")
	f(Term{Amount: 1, Unit: BusinessDays}, "America/Chicago", "2026-11-25T23:59:59-06:00", "2026-11-27T23:59:59-06:00")
	f(Term{Amount: 1, Unit: CalendarDays}, "America/New_York", "2026-10-31T12:00:00-04:00", "2026-11-01T23:59:59-05:00")
	f(Term{Amount: 1, Unit: CalendarDays}, "Pacific/Apia", "2011-12-29T12:00:00-10:00", "2011-12-31T23:59:59+14:00") // no 30th
}

// Zones whose days are odd: short, long, missing, or shown twice around midnight.
var oddDays = []struct {
	zone string
	day  Date
}{
	{"America/New_York", dateOf(2026, 3, 8)}, {"America/New_York", dateOf(2026, 11, 1)},
	{"Australia/Lord_Howe", dateOf(2026, 4, 5)}, {"Pacific/Apia", dateOf(2011, 12, 30)},
	{"America/Sao_Paulo", dateOf(2018, 2, 17)}, {"America/Sao_Paulo", dateOf(2018, 11, 4)},
	{"America/Havana", dateOf(2026, 11, 1)}, {"UTC", dateOf(2026, 7, 3)}, {"America/Chicago", dateOf(2025, 12, 25)},
}

// minute is one minute of a zone as package time shows it.
type minute struct {
	at   Instant
	date string
	off  bool // weekend
	free bool // holiday
}

// minutesFrom walks the clocks minute by minute over some days.
func minutesFrom(t failer, zone string, from Instant, days int, keeps func(string) bool) []minute {
	loc, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	var list []minute
	for at := from; at < from+Instant(days)*24*Hour; at += Minute {
		local := time.Unix(int64(at), 0).In(loc)
		day := local.Format(time.DateOnly)
		weekday := local.Weekday()
		list = append(list, minute{at, day, weekday == time.Saturday || weekday == time.Sunday, keeps(day)})
	}
	return list
}

// TestTermsAgainstMinutes: a term ends where counting minutes and dates one by one
// ends, and backwards begins there.
func TestTermsAgainstMinutes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		odd := rapid.SampledFrom(oddDays).Draw(t, "odd day")
		z, err := LoadZone(odd.zone)
		if err != nil {
			t.Fatal(err)
		}
		closed := make(map[string]bool)
		var rules []Holiday
		for range rapid.IntRange(0, 3).Draw(t, "holidays") {
			d := odd.day + Date(rapid.IntRange(-6, 6).Draw(t, "holiday"))
			closed[d.String()] = true
			rules = append(rules, Holiday{Once: true, Date: d})
		}
		days := NewWorkdays(NewHolidays(rules))
		event := Instant(odd.day)*dateSeconds + Instant(rapid.IntRange(-3*24*60, 3*24*60).Draw(t, "event"))*Minute
		term := Term{
			Amount: rapid.IntRange(1, 3).Draw(t, "amount"), Unit: Unit(rapid.IntRange(0, 2).Draw(t, "unit")),
			SkipWeekends: rapid.Bool().Draw(t, "weekends"), SkipHolidays: rapid.Bool().Draw(t, "skip"),
		}
		if term.Unit == Hours {
			term.Amount = rapid.IntRange(1, 60).Draw(t, "hours")
		}
		keeps := func(day string) bool { return closed[day] }
		ahead := minutesFrom(t, odd.zone, event, 16, keeps)
		if got, want := term.End(z, days, event), endBy(term, ahead); got != want {
			t.Fatalf("%+v from %s in %s ends %s, want %s", term, event, odd.zone, got, want)
		}
		back := minutesFrom(t, odd.zone, event-16*24*Hour, 17, keeps)
		if got, want := term.Before(z, days, event), beforeBy(term, back, event); got != want {
			t.Fatalf("%+v before %s in %s is %s, want %s", term, event, odd.zone, got, want)
		}
	})
}

func (t Term) counts(m minute) bool {
	if t.Unit == Hours {
		return !(t.SkipWeekends && m.off) && !(t.SkipHolidays && m.free)
	}
	return t.Unit == CalendarDays || !m.off && !m.free
}

// endBy counts forward from the first minute.
func endBy(t Term, list []minute) Instant {
	if t.Unit == Hours {
		left := t.Amount * 60
		for _, m := range list {
			if t.counts(m) {
				if left--; left == 0 {
					return m.at + Minute
				}
			}
		}
		return 0
	}
	seen := map[string]bool{}
	for _, m := range list {
		if m.date > list[0].date && !seen[m.date] && t.counts(m) {
			if seen[m.date] = true; len(seen) == t.Amount {
				return lastOf(list, m.date)
			}
		}
	}
	return 0
}

// beforeBy counts back from an event.
func beforeBy(t Term, list []minute, event Instant) Instant {
	now := ""
	for _, m := range list {
		if m.at == event {
			now = m.date
		}
	}
	left := t.Amount * 60
	seen := map[string]bool{}
	for i := len(list) - 1; i >= 0; i-- {
		m := list[i]
		switch {
		case t.Unit == Hours:
			if m.at < event && t.counts(m) {
				if left--; left == 0 {
					return m.at
				}
			}
		case m.date < now && !seen[m.date] && t.counts(m):
			if seen[m.date] = true; len(seen) == t.Amount {
				return lastOf(list, m.date)
			}
		}
	}
	return 0
}

func lastOf(list []minute, day string) (last Instant) {
	for _, m := range list {
		if m.date == day {
			last = m.at + Minute - 1
		}
	}
	return last
}

// TestHolidaysAgainstAlmanac looks at every day of half a century.
func TestHolidaysAgainstAlmanac(t *testing.T) {
	t.Parallel()
	named := func(d time.Time) bool { // before any move
		day, month := d.Day(), d.Month()
		switch {
		case month == time.January && day == 1, month == time.July && day == 4, month == time.December && day == 25:
			return true
		case month == time.June && day == 19:
			return d.Year() >= 2021
		}
		return false
	}
	floating := func(d time.Time) bool {
		week, monday := (d.Day()-1)/7+1, d.Weekday() == time.Monday
		return monday && d.Month() == time.January && week == 3 ||
			monday && d.Month() == time.May && d.AddDate(0, 0, 7).Month() == time.June ||
			monday && d.Month() == time.September && week == 1 ||
			d.Weekday() == time.Thursday && d.Month() == time.November && week == 4
	}
	for d := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC); d.Year() < 2050; d = d.AddDate(0, 0, 1) {
		want := floating(d)
		switch d.Weekday() {
		case time.Saturday, time.Sunday:
		case time.Friday:
			want = want || named(d) || named(d.AddDate(0, 0, 1))
		case time.Monday:
			want = want || named(d) || named(d.AddDate(0, 0, -1))
		default:
			want = want || named(d)
		}
		day := dateOf(d.Year(), int(d.Month()), d.Day())
		if got := federal.Has(day); got != want {
			t.Errorf("%s: holiday %t, want %t", fmt.Sprint(day), got, want)
		}
		business := !want && d.Weekday() != time.Saturday && d.Weekday() != time.Sunday
		if NewWorkdays(federal).Business(day) != business || !NewWorkdays().Business(day) != (weekend(day)) {
			t.Errorf("%s: business day wrongly", day)
		}
	}
}
