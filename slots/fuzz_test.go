package slots

import (
	"errors"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func FuzzParseInstant(f *testing.F) {
	for _, s := range []string{
		"2020-05-18T18:15:00-04:00", "2026-03-08T09:00:00Z", "2026-03-08T09:00:00.5Z", "2026-02-30T09:00:00Z",
		"2026-03-08T23:59:60Z", "2026-03-08T24:00:00Z", "2026-03-08T09:00:00+24:00", "0000-01-01T00:00:00Z", "",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		at, offset, err := ParseInstant(s)
		if err != nil {
			if !errors.Is(err, ErrMalformed) && !errors.Is(err, ErrFraction) && !errors.Is(err, ErrYearRange) {
				t.Fatalf("%q: foreign error %v", s, err)
			}
			return
		}
		std, err := time.Parse(time.RFC3339, s)
		if err != nil || std.Unix() != int64(at) {
			t.Fatalf("%q = %s, package time says %v, %v", s, at, std, err)
		}
		if _, want := std.Zone(); want != offset {
			t.Fatalf("%q: offset %d, want %d", s, offset, want)
		}
		again, _, err := ParseInstant(at.String())
		if err == nil && again != at || err != nil && !errors.Is(err, ErrYearRange) {
			t.Fatalf("%q came back as %s, %v", s, again, err)
		}
	})
}

func FuzzParseDate(f *testing.F) {
	for _, s := range []string{"2026-03-08", "2026-02-30", "2026-2-3", "2200-12-31", "1899-12-31", "+026-01-01", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := ParseDate(s)
		std, stdErr := time.Parse(time.DateOnly, s)
		inRange := stdErr == nil && len(s) == 10 && std.Year() >= minYear && std.Year() <= maxYear
		if (err == nil) != inRange {
			t.Fatalf("%q: %v, package time says %v", s, err, stdErr)
		}
		if err == nil && (d.String() != s || int64(d)*86400 != std.Unix()) {
			t.Fatalf("%q = %s", s, d)
		}
	})
}

func FuzzParseClockTime(f *testing.F) {
	for _, s := range []string{"00:00", "07:30", "24:00", "24:01", "7:00", "12:60", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c, err := ParseClockTime(s)
		std, stdErr := time.Parse("15:04", s)
		good := stdErr == nil && len(s) == 5 || s == "24:00"
		if (err == nil) != good {
			t.Fatalf("%q: %v, package time says %v", s, err, stdErr)
		}
		if err == nil && (c.String() != s || stdErr == nil && int(c) != std.Hour()*60+std.Minute()) {
			t.Fatalf("%q = %s", s, c)
		}
	})
}

func FuzzParseWeekday(f *testing.F) {
	for _, s := range []string{"mon", "sun", "Mon", "monday", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := ParseWeekday(s)
		if good := slices.Contains([]string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}, s); good != (err == nil) || good && d.String() != s {
			t.Fatalf("%q = %s, %v", s, d, err)
		}
	})
}

// What the bytes of these three choose is compared with a twin: the clocks of a zone, the expansion of weekly hours,
// and the calendar of calls.

func FuzzLocal(f *testing.F)    { f.Fuzz(rapid.MakeFuzz(localAgrees)) }
func FuzzExpand(f *testing.F)   { f.Fuzz(rapid.MakeFuzz(expandAgrees)) }
func FuzzCalendar(f *testing.F) { f.Fuzz(rapid.MakeFuzz(calendarAgrees)) }

func FuzzLoadZone(f *testing.F) {
	for _, s := range []string{
		"America/New_York", "US/Eastern", "UTC", "", "Local", "EST", "GMT+5", "right/UTC", "../../etc/passwd", "america/new_york",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		z, err := LoadZone(s)
		listed := slices.Contains(allowed().names, s)
		if listed != (err == nil) || !listed && !errors.Is(err, ErrUnknownZone) {
			t.Fatalf("%q: %v", s, err)
		}
		if err == nil && z.Name() != s {
			t.Fatalf("%q is named %s", s, z)
		}
	})
}
