package slots

import (
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"pgregory.net/rapid"
)

// TestAvailabilityScripts runs testdata/availability. The dates from and to are
// both expanded; days are a list like mon,wed.
func TestAvailabilityScripts(t *testing.T) {
	t.Parallel()
	datadriven.RunTest(t, "testdata/availability", func(t *testing.T, d *datadriven.TestData) string {
		var zone, from, to string
		d.ScanArgs(t, "zone", &zone)
		d.ScanArgs(t, "from", &from)
		d.ScanArgs(t, "to", &to)
		z := mustZone(t, zone)
		var a Availability
		for line := range strings.Lines(d.Input) {
			f := strings.Fields(line)
			switch f[0] {
			case "weekly":
				days := scriptTicks(t, []string{"", "", f[1], "0"}).Days
				for _, span := range scriptSpans(t, f[2:]) {
					a.Weekly = append(a.Weekly, WeeklyHours{Days: days, Span: span})
				}
			case "exception":
				a.Exceptions = append(a.Exceptions, Exception{Date: scriptDate(t, f[1]), Hours: scriptSpans(t, f[2:])})
			case "block":
				a.Blocks = append(a.Blocks, Interval{scriptInstant(t, f[1]), scriptInstant(t, f[2])})
			default:
				t.Fatalf("unknown line %q", line)
			}
		}
		return show(a.Expand(z, z.Dates(scriptDate(t, from), scriptDate(t, to)).Hull()), z)
	})
}

func scriptSpans(t *testing.T, fields []string) (spans []ClockSpan) {
	t.Helper()
	for _, f := range fields {
		start, end, _ := strings.Cut(f, "-")
		spans = append(spans, ClockSpan{scriptClock(t, start), scriptClock(t, end)})
	}
	return spans
}

func scriptInstant(t *testing.T, s string) Instant {
	t.Helper()
	at, _, err := ParseInstant(s)
	if err != nil {
		t.Fatalf("%q: %v", s, err)
	}
	return at
}

func genSpan(t *rapid.T) ClockSpan {
	start := rapid.IntRange(0, 1439).Draw(t, "start")
	end := rapid.IntRange(start+1, 1440).Draw(t, "end")
	return ClockSpan{ClockTime(start), ClockTime(end)}
}

func genAvailability(t *rapid.T, near Instant, around Date) (a Availability) {
	a.Weekly = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) WeeklyHours {
		return WeeklyHours{Days: Weekdays(rapid.Uint8Range(0, 127).Draw(t, "days")), Span: genSpan(t)}
	}), 0, 4).Draw(t, "weekly")
	for d := around - 4; d <= around+4; d++ {
		if rapid.IntRange(0, 3).Draw(t, "exception") == 0 {
			hours := rapid.SliceOfN(rapid.Custom(genSpan), 0, 3).Draw(t, "hours")
			a.Exceptions = append(a.Exceptions, Exception{Date: d, Hours: hours})
		}
	}
	a.Blocks = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Interval {
		start := near + Instant(rapid.IntRange(-4000, 4000).Draw(t, "block"))*Minute
		return Interval{start, start + Instant(rapid.IntRange(0, 2000).Draw(t, "minutes"))*Minute}
	}), 0, 3).Draw(t, "blocks")
	return a
}

// expandByMinutes is the twin of Expand: it paints every minute.
func expandByMinutes(a Availability, w *localMinutes) []bool {
	free := make([]bool, len(w.local))
	paint := func(d Date, span ClockSpan) {
		start, _ := w.resolve(d, int(span.Start))
		end, _ := w.resolve(d, int(span.End))
		for i := start; i < end; i++ {
			free[i] = true
		}
	}
	for d := w.date(0) + 1; d < w.date(len(w.local)-1); d++ {
		replaced := false
		for _, e := range a.Exceptions {
			if e.Date == d {
				replaced = true
				for _, span := range e.Hours {
					paint(d, span)
				}
			}
		}
		weekday := (int(d)%7 + 10) % 7
		for _, weekly := range a.Weekly {
			if !replaced && int(weekly.Days)>>weekday&1 == 1 {
				paint(d, weekly.Span)
			}
		}
	}
	for i := range free {
		for _, block := range a.Blocks {
			if w.at(i) >= block.Start && w.at(i) < block.End {
				free[i] = false
			}
		}
	}
	return free
}

func TestExpandAgreesWithMinutes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, expandAgrees)
}

// expandAgrees compares an expansion with its twin.
func expandAgrees(t *rapid.T) {
	z, near := genPlace(t)
	a := genAvailability(t, near, z.Date(near))
	w := watch(t, z.Name(), near-156*Hour, near+156*Hour)
	within := Interval{
		near + Instant(rapid.IntRange(-3000, 0).Draw(t, "from"))*Minute,
		near + Instant(rapid.IntRange(-10, 3000).Draw(t, "to"))*Minute,
	}
	free := expandByMinutes(a, w)
	for i := range free {
		free[i] = free[i] && w.at(i) >= within.Start && w.at(i) < within.End
	}
	got := a.Expand(z, within)
	if want := w.set(free); !got.Equal(want) {
		t.Fatalf("%s:\n%s, want\n%s", z, got, want)
	}
	// A part of a longer expansion is the expansion of the part.
	wide := a.Expand(z, Interval{within.Start - 30*24*Hour, within.End + 30*24*Hour})
	if !wide.Clip(within).Equal(got) {
		t.Fatalf("%s: expanded wide:\n%s, want\n%s", z, wide.Clip(within), got)
	}
}

// TestExpandInsideTheDateThatCameBack: the second Saturday 23:01-24:00 lies in the
// hours of Sunday, though its instants and its neighbours all say Saturday.
func TestExpandInsideTheDateThatCameBack(t *testing.T) {
	t.Parallel()
	z := mustZone(t, "America/St_Johns")
	within := Interval{scriptInstant(t, "2006-10-28T23:10:00-03:30"), scriptInstant(t, "2006-10-28T23:40:00-03:30")}
	f := func(day Weekday, want Set) {
		t.Helper()
		a := Availability{Weekly: []WeeklyHours{{Days: Weekdays(0).With(day), Span: ClockSpan{0, 24 * 60}}}}
		if got := a.Expand(z, within); !got.Equal(want) {
			t.Errorf("%s: %s", day, got)
		}
	}
	f(5, Set{})
	f(6, NewSet(within))
}

func TestExpandOfNothing(t *testing.T) {
	t.Parallel()
	within := Interval{0, 7 * 24 * Hour}
	always := WeeklyHours{Days: AllTicks.Days, Span: ClockSpan{0, 1440}}
	for name, a := range map[string]Availability{
		"zero":     {},
		"no days":  {Weekly: []WeeklyHours{{Span: ClockSpan{0, 1440}}}},
		"inverted": {Weekly: []WeeklyHours{{Days: AllTicks.Days, Span: ClockSpan{600, 540}}}},
		"blocked":  {Weekly: []WeeklyHours{always}, Blocks: []Interval{{-5 * Hour, 20 * Hour}, {20 * Hour, 999 * Hour}}},
	} {
		if got := a.Expand(UTC(), within); !got.Empty() {
			t.Errorf("%s: %s", name, got)
		}
	}
	a := Availability{Weekly: []WeeklyHours{always}}
	if got := a.Expand(UTC(), Interval{5, 5}); !got.Empty() {
		t.Errorf("empty interval: %s", got)
	}
	if got := a.Expand(UTC(), within); !got.Equal(NewSet(within)) {
		t.Errorf("always: %s", got)
	}
}
