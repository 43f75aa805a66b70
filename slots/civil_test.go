package slots

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestParseDate(t *testing.T) {
	t.Parallel()
	f := func(s string, want Date) {
		t.Helper()
		d, err := ParseDate(s)
		if err != nil || d != want || d.String() != s {
			t.Errorf("ParseDate(%q) = %d %s, %v", s, d, d, err)
		}
	}
	f("1970-01-01", 0)
	f("1969-12-31", -1)
	f("2000-02-29", 11016)
	f("2026-03-08", 20520)
	f("1900-01-01", -25567)
	f("2200-12-31", 84370)

	refuse := func(s string, want error) {
		t.Helper()
		if d, err := ParseDate(s); !errors.Is(err, want) {
			t.Errorf("ParseDate(%q) = %s, %v, want %v", s, d, err, want)
		}
	}
	for _, s := range []string{
		"", "2026", "2026-02-30", "2026-02-29", "1900-02-29", "2026-04-31", "2026-13-01", "2026-00-10", "2026-01-00",
		"2026-01-32", "2026-2-3", "2026-02-3", "26-02-03", "2026/02/03", "20260203", "2026-W06-2", "2026-034",
		"+026-02-03", "-026-02-03", "2026-+2-03", "2026- 2-03", " 2026-02-03", "2026-02-03 ", "2026-02-03\n",
		"2026-02-03T00:00:00Z", "03/08/2026", "2026-02-0٣", "２026-02-03", "2026-0x-03", "2026-02-0\x00", "1770336000",
	} {
		refuse(s, ErrMalformed)
	}
	for _, s := range []string{"1899-12-31", "2201-01-01", "0000-01-01", "9999-12-31"} {
		refuse(s, ErrYearRange)
	}
}

// TestEveryDate walks all accepted dates beside package time.
func TestEveryDate(t *testing.T) {
	t.Parallel()
	n := 0
	for day := time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC); day.Year() <= 2200; day = day.AddDate(0, 0, 1) {
		n++
		d, err := DateOf(day.Year(), int(day.Month()), day.Day())
		if err != nil || int64(d)*86400 != day.Unix() {
			t.Fatalf("%v is %d, %v", day, d, err)
		}
		if y, m, dd := d.YMD(); y != day.Year() || m != int(day.Month()) || dd != day.Day() {
			t.Fatalf("%v gives %d %d %d", day, y, m, dd)
		}
		if d.String() != day.Format(time.DateOnly) {
			t.Fatalf("%v prints %s", day, d)
		}
		if want := (int(day.Weekday()) + 6) % 7; int(d.Weekday()) != want {
			t.Fatalf("%v falls on %s", day, d.Weekday())
		}
		if m := d.Monday(); m > d || d-m > 6 || m.Weekday() != 0 {
			t.Fatalf("%v belongs to the week of %s", day, m)
		}
	}
	if n != 109938 {
		t.Fatalf("%d days in 301 years", n)
	}
}

func TestDatesBeyondTheParsers(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := Date(rapid.Int32Range(-4_000_000, 4_000_000).Draw(t, "date"))
		y, m, day := d.YMD()
		if want := time.Unix(int64(d)*86400, 0).UTC(); y != want.Year() || m != int(want.Month()) || day != want.Day() {
			t.Fatalf("%d gives %d-%d-%d", d, y, m, day)
		}
		if dateOf(y, m, day) != d || d.AddDays(7)-7 != d {
			t.Fatalf("%d does not come back", d)
		}
	})
}

func TestDateOf(t *testing.T) {
	t.Parallel()
	for _, c := range [][3]int{{2026, 0, 1}, {2026, 13, 1}, {2026, -1, 1}, {2026, 1, 0}, {2026, 1, -5}, {2026, 6, 31}, {2100, 2, 29}} {
		if d, err := DateOf(c[0], c[1], c[2]); !errors.Is(err, ErrMalformed) {
			t.Errorf("DateOf(%v) = %s, %v", c, d, err)
		}
	}
	if d, err := DateOf(2201, 1, 1); !errors.Is(err, ErrYearRange) {
		t.Errorf("%s, %v", d, err)
	}
}

func TestParseClockTime(t *testing.T) {
	t.Parallel()
	for c := ClockTime(0); c <= 24*60; c++ {
		if back, err := ParseClockTime(c.String()); err != nil || back != c || len(c.String()) != 5 {
			t.Fatalf("%d: %s, %v", c, c, err)
		}
	}
	for _, s := range []string{
		"", "24:01", "24:30", "25:00", "7:00", "07:0", "0700", "12:60", "12:99", "-1:00", "+7:00", " 7:00", "07:00 ",
		"07:00:00", "07.00", "7:00am", "07:00Z", "0٧:00", "99:99", "07:-1", "07:\x000",
	} {
		if c, err := ParseClockTime(s); !errors.Is(err, ErrMalformed) {
			t.Errorf("ParseClockTime(%q) = %s, %v", s, c, err)
		}
	}
	if c, err := ParseClockTime("24:00"); err != nil || c != 1440 {
		t.Errorf("24:00 = %d, %v", c, err)
	}
	if s := ClockTime(1441).String() + ClockTime(-1).String(); s != "ClockTime(1441)ClockTime(-1)" {
		t.Error(s)
	}
}

func TestWeekdays(t *testing.T) {
	t.Parallel()
	var all Weekdays
	for i, name := range []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"} {
		w, err := ParseWeekday(name)
		if err != nil || int(w) != i || w.String() != name {
			t.Errorf("ParseWeekday(%q) = %s, %v", name, w, err)
		}
		if all.Has(w) || !all.With(w).Has(w) {
			t.Errorf("%s in %07b", name, all)
		}
		all = all.With(w)
	}
	if all != AllTicks.Days || all.With(6) != all || all.Has(7) {
		t.Errorf("%07b", all)
	}
	for _, s := range []string{"", "Mon", "MON", "monday", "mo", "mon ", "0", "1"} {
		if w, err := ParseWeekday(s); !errors.Is(err, ErrMalformed) {
			t.Errorf("ParseWeekday(%q) = %s, %v", s, w, err)
		}
	}
	if s := Weekday(7).String(); s != "Weekday(7)" {
		t.Error(s)
	}
}
