package slots

import (
	"fmt"
	"testing"
)

func benchAvailability() (Availability, Interval) {
	from := Instant(dateOf(2026, 2, 16)) * 86400
	a := Availability{Weekly: []WeeklyHours{
		{Days: 1<<5 - 1, Span: ClockSpan{8 * 60, 12 * 60}},
		{Days: 1<<5 - 1, Span: ClockSpan{13 * 60, 17 * 60}},
	}}
	for i := range 4 {
		a.Exceptions = append(a.Exceptions, Exception{Date: dateOf(2026, 2, 20+i)})
		a.Blocks = append(a.Blocks, Interval{from + Instant(i)*200*Hour, from + Instant(i)*200*Hour + 20*Hour})
	}
	return a, Interval{from, from + 60*24*Hour}
}

func BenchmarkExpand60Days(b *testing.B) {
	z := mustZone(b, "US/Eastern")
	a, within := benchAvailability()
	b.ReportAllocs()
	for b.Loop() {
		if a.Expand(z, within).Empty() {
			b.Fatal("nothing")
		}
	}
}

func BenchmarkTickedWeek(b *testing.B) {
	z := mustZone(b, "US/Eastern")
	_, within := benchAvailability()
	within.End = within.Start + 7*24*Hour
	ticks := Ticks{Days: 1<<5 - 1, Hours: 0x7ff80}
	b.ReportAllocs()
	for b.Loop() {
		if z.Ticked(ticks, within).Empty() {
			b.Fatal("nothing")
		}
	}
}

func BenchmarkIntersect(b *testing.B) {
	z := mustZone(b, "US/Eastern")
	a, within := benchAvailability()
	free := a.Expand(z, within)
	ticked := mustZone(b, "US/Pacific").Ticked(Ticks{Days: 1<<5 - 1, Hours: 0x7ff80}, within)
	b.ReportAllocs()
	for b.Loop() {
		if free.Intersect(ticked).Empty() {
			b.Fatal("nothing")
		}
	}
}

func BenchmarkStarts60Days(b *testing.B) {
	a, within := benchAvailability()
	free := a.Expand(mustZone(b, "US/Eastern"), within)
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		Grid{15}.Starts(free, 30, func(Instant) bool { n++; return true })
		if n == 0 {
			b.Fatal("nothing")
		}
	}
}

func BenchmarkResolve(b *testing.B) {
	z := mustZone(b, "US/Eastern")
	d := dateOf(2026, 3, 8)
	b.ReportAllocs()
	for b.Loop() {
		if _, kind := z.Resolve(d, 9000); kind != LocalGap {
			b.Fatal(kind)
		}
	}
}

func BenchmarkZoneDataVersion(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if digestZones() == "" {
			b.Fatal("nothing")
		}
	}
}

// benchCalendar holds 5,000 reviewers with 40 calls each.
func benchCalendar(b *testing.B) *Calendar {
	c := NewCalendar()
	for r := range ReviewerRef(5000) {
		for i := range 40 {
			if _, ok := c.Insert(benchCall(r, Instant(i)*2*Hour)); !ok {
				b.Fatal("refused")
			}
		}
	}
	return c
}

func benchCall(r ReviewerRef, start Instant) Call {
	span := Interval{start, start + 30*Minute}
	return Call{Reviewer: r, Span: span, Busy: span, ID: fmt.Sprint(r, "-", int64(start))}
}

func BenchmarkCalendarInsertRemove(b *testing.B) {
	c := benchCalendar(b)
	call := benchCall(2500, 41*Hour)
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := c.Insert(call); !ok || !c.Remove(call.Reviewer, call.Busy.Start) {
			b.Fatal("refused")
		}
	}
}

func BenchmarkCalendarCloneInsert(b *testing.B) {
	c := benchCalendar(b)
	call := benchCall(2500, 41*Hour)
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := c.Clone().Insert(call); !ok {
			b.Fatal("refused")
		}
	}
}

func BenchmarkCalendarConflict(b *testing.B) {
	c := benchCalendar(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := c.Conflict(2500, Interval{41 * Hour, 42 * Hour}, 0, ""); ok {
			b.Fatal("conflict")
		}
	}
}
