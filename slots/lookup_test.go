package slots

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestRegimeLookup compares the short way to a regime with the search for it, around
// every change of every zone and at the ends of the tables.
func TestRegimeLookup(t *testing.T) {
	t.Parallel()
	for _, name := range allowed().names {
		z := mustZone(t, name)
		check := func(at Instant) {
			if got, want := z.at(at), z.search(at); got != want {
				t.Errorf("%s at %s: regime %d, want %d", name, at, got, want)
			}
		}
		for _, r := range z.regimes {
			for _, d := range []Instant{-stretch, -1, 0, 1, stretch} {
				check(r.start + d)
			}
		}
		for _, at := range []Instant{beginning, origin - 1, origin, origin + stretch, 0, ending} {
			check(at)
		}
	}
}

// TestSkippedDates compares the list of skipped dates with the dates themselves, a week
// around every change of every zone.
func TestSkippedDates(t *testing.T) {
	t.Parallel()
	skipped := 0
	for _, name := range allowed().names {
		z := mustZone(t, name)
		for i := 1; i < len(z.regimes); i++ {
			around := z.Date(z.regimes[i].start)
			for d := around - 7; d <= around+7; d++ {
				if got, want := z.exists(d), !z.Dates(d, d).Empty(); got != want {
					t.Errorf("%s: %s exists: %v, want %v", name, d, got, want)
				}
			}
		}
		skipped += len(z.skipped)
	}
	if skipped == 0 {
		t.Error("no zone skips a date, not even those that crossed the date line")
	}
}

// TestInventedDates asks the same of zones whose clocks jump as they like.
func TestInventedDates(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		z, w := genZone(t)
		first := z.Date(w.from)
		for d := first - 3; d < first+12; d++ {
			if got, want := z.exists(d), !z.Dates(d, d).Empty(); got != want {
				t.Fatalf("%s exists: %v, want %v", d, got, want)
			}
			to := d + Date(rapid.IntRange(0, 3).Draw(t, "days"))
			if got, want := z.DatesHull(d, to), z.Dates(d, to).Hull(); got != want {
				t.Fatalf("hull of %s to %s: %v, want %v", d, to, got, want)
			}
		}
	})
}

// TestHolidaysKept compares the table of holidays with the rules, at its ends too.
func TestHolidaysKept(t *testing.T) {
	t.Parallel()
	moved := NewHolidays([]Holiday{
		{Month: 1, Day: 1, Observed: ObservedNearestWeekday}, {Month: 12, Day: 31, Observed: ObservedMonday},
		{Month: 1, Nth: 1, Weekday: 2, Offset: -30}, {Month: 12, Nth: LastInMonth, Weekday: 4, Offset: 30},
		{Once: true, Date: firstKept}, {Once: true, Date: lastKept},
	})
	for _, h := range []*Holidays{federal, moved} {
		for d := firstKept - 400; d < lastKept+400; d++ {
			if got, want := h.Has(d), h.ruled(d); got != want {
				t.Errorf("%s is kept: %v, want %v", d, got, want)
			}
		}
	}
}

// TestDateChanges compares the changes with the ends of the dates themselves, in zones as
// they are and in zones whose clocks jump as they like.
func TestDateChanges(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		z, w := genZone(t)
		near := w.from + 72*Hour
		if rapid.Bool().Draw(t, "real") {
			var err error
			if z, err = LoadZone(rapid.SampledFrom(allowed().names).Draw(t, "zone")); err != nil {
				t.Fatal(err)
			}
			near = z.regimes[rapid.IntRange(0, len(z.regimes)-1).Draw(t, "regime")].start
			near = max(near, Instant(dateOf(1900, 1, 1))*dateSeconds)
		}
		from := z.Date(near) + Date(rapid.IntRange(-400, 3).Draw(t, "from"))
		to := from + Date(rapid.SampledFrom([]int{-1, 0, 1, 2, 400, 4000}).Draw(t, "to"))
		within := Interval{Start: near + Instant(rapid.IntRange(-100, 100).Draw(t, "start"))*Hour}
		within.End = within.Start + Instant(rapid.IntRange(0, 1000).Draw(t, "length"))*Hour
		if rapid.Bool().Draw(t, "edge") {
			within.Start = near
		}
		var want []Instant
		for piece := range z.Dates(from, to).All() {
			for _, at := range []Instant{piece.Start, piece.End} {
				if within.Start < at && at < within.End {
					want = append(want, at)
				}
			}
		}
		if got := z.AppendDateChanges(nil, from, to, within); !slices.Equal(got, want) {
			t.Fatalf("%s %s..%s within %s: %v, want %v", z, from, to, within, got, want)
		}
	})
}
