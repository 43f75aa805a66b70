package slots

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"pgregory.net/rapid"
)

// TestLocalScripts runs testdata/local: named days on which clocks changed.
func TestLocalScripts(t *testing.T) {
	t.Parallel()
	datadriven.RunTest(t, "testdata/local", func(t *testing.T, d *datadriven.TestData) string {
		var name string
		d.ScanArgs(t, "zone", &name)
		z := mustZone(t, name)
		var out strings.Builder
		for line := range strings.Lines(d.Input) {
			f := strings.Fields(line)
			switch d.Cmd {
			case "resolve":
				at, kind := z.Resolve(scriptDate(t, f[0]), scriptClock(t, f[1]).seconds())
				fmt.Fprintf(&out, "%s %s: %s %s\n", f[0], f[1], AppendInstant(nil, at, z), kind)
			case "dates":
				set := z.Dates(scriptDate(t, f[0]), scriptDate(t, f[len(f)-1]))
				fmt.Fprintf(&out, "%s:\n%s", strings.Join(f, " "), show(set, z))
			case "ticked":
				within := z.Dates(scriptDate(t, f[0]), scriptDate(t, f[1])).Hull()
				out.WriteString(show(z.Ticked(scriptTicks(t, f), within), z))
			default:
				t.Fatalf("unknown command %s", d.Cmd)
			}
		}
		return out.String()
	})
}

// show lists a set in local time with the length of each interval.
func show(s Set, z *Zone) string {
	var out strings.Builder
	for iv := range s.All() {
		fmt.Fprintf(&out, "  %s .. %s = %d min\n", AppendInstant(nil, iv.Start, z), AppendInstant(nil, iv.End, z), iv.Seconds()/60)
	}
	if s.Empty() {
		return "  nothing\n"
	}
	return out.String()
}

func scriptDate(t *testing.T, s string) Date {
	t.Helper()
	d, err := ParseDate(s)
	if err != nil {
		t.Fatalf("%q: %v", s, err)
	}
	return d
}

func scriptClock(t *testing.T, s string) ClockTime {
	t.Helper()
	c, err := ParseClockTime(s)
	if err != nil {
		t.Fatalf("%q: %v", s, err)
	}
	return c
}

// scriptTicks reads "from to days hours", days like mon,tue and hours like 7,8.
func scriptTicks(t *testing.T, f []string) (ticks Ticks) {
	t.Helper()
	for day := range strings.SplitSeq(f[2], ",") {
		w, err := ParseWeekday(day)
		if err != nil {
			t.Fatalf("%q: %v", day, err)
		}
		ticks.Days = ticks.Days.With(w)
	}
	for hour := range strings.SplitSeq(f[3], ",") {
		var h int
		if _, err := fmt.Sscan(hour, &h); err != nil {
			t.Fatalf("%q: %v", hour, err)
		}
		ticks.Hours |= 1 << h
	}
	return ticks
}

func TestLocalAgreesWithMinutes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, localAgrees)
}

// localAgrees compares the clocks of a zone with its twin.
func localAgrees(t *rapid.T) {
	z, near := genPlace(t)
	w := watch(t, z.Name(), near-60*Hour, near+60*Hour)
	for i := 28 * 60; i < 92*60; i += 7 {
		d, second := z.Clock(w.at(i))
		if d != w.date(i) || z.Date(w.at(i)) != d || int64(d)*1440+int64(second/60) != w.local[i] || second%60 != 0 {
			t.Fatalf("%s in %s: %s + %d s", w.at(i), z, d, second)
		}
		if seconds, abbr := z.Offset(w.at(i)); int64(w.at(i))+int64(seconds) != w.local[i]*60 || abbr != w.abbr[i] {
			t.Fatalf("%s in %s: offset %d %s", w.at(i), z, seconds, abbr)
		}
	}
	first, last := w.date(30*60), w.date(90*60)
	phase := rapid.IntRange(0, 19).Draw(t, "phase")
	for d := first; d <= last; d++ {
		for minute := phase; minute <= 1440; minute += 20 {
			i, shown := w.resolve(d, minute)
			if i <= 0 {
				continue // the window does not reach that far
			}
			want := [...]LocalKind{LocalGap, LocalUnique, LocalFold}[shown]
			if at, kind := z.Resolve(d, minute*60); at != w.at(i) || kind != want {
				t.Fatalf("%s minute %d in %s: %s %s, want %s %s", d, minute, z, at, kind, w.at(i), want)
			}
		}
	}
}

func TestDatesAndTickedAgreeWithMinutes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		z, near := genPlace(t)
		within := Interval{near - 30*Hour, near + Instant(rapid.IntRange(-31, 80).Draw(t, "hours"))*Hour}
		ticks := Ticks{
			Days:  Weekdays(rapid.Uint8().Draw(t, "days")),
			Hours: rapid.Uint32().Draw(t, "hours"),
		}
		w := watch(t, z.Name(), near-100*Hour, near+100*Hour)
		from := z.Date(near) + Date(rapid.IntRange(-1, 1).Draw(t, "from"))
		to := from + Date(rapid.IntRange(-1, 1).Draw(t, "days"))
		inDates, inTicks := make([]bool, len(w.local)), make([]bool, len(w.local))
		for i := range w.local {
			inDates[i] = w.date(i) >= from && w.date(i) <= to
			inTicks[i] = within.Contains(w.at(i)) && ticks.Days&(1<<w.weekday(i)) != 0 && ticks.Hours&(1<<w.hour(i)) != 0
		}
		if got, want := z.Dates(from, to), w.set(inDates); !got.Equal(want) {
			t.Fatalf("%s to %s in %s:\n%s, want\n%s", from, to, z, got, want)
		}
		if got, want := z.Ticked(ticks, within), w.set(inTicks); !got.Equal(want) {
			t.Fatalf("ticked in %s:\n%s, want\n%s", z, got, want)
		}
	})
}

// TestInventedZones tries clocks that jump more wildly than any on record: many
// changes a day, gaps inside folds, whole days skipped or doubled.
func TestInventedZones(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		z, w := genZone(t)
		for i := 0; i < len(w.local); i += 11 {
			d, second := z.Clock(w.at(i))
			if d != w.date(i) || int64(d)*1440+int64(second/60) != w.local[i] {
				t.Fatalf("%s: %s + %d s", w.at(i), d, second)
			}
		}
		middle := w.date(len(w.local) / 2)
		for minute := rapid.IntRange(0, 16).Draw(t, "phase"); minute <= 1440; minute += 17 {
			i, shown := w.resolve(middle, minute)
			want := [...]LocalKind{LocalGap, LocalUnique, LocalFold}[min(shown, 2)]
			if at, kind := z.Resolve(middle, minute*60); at != w.at(i) || kind != want {
				t.Fatalf("%s minute %d: %s %s, want %s %s", middle, minute, at, kind, w.at(i), want)
			}
		}
		ticks := Ticks{Days: Weekdays(rapid.Uint8().Draw(t, "days")), Hours: rapid.Uint32().Draw(t, "hours")}
		within := Interval{w.at(1000), w.at(len(w.local) - 1000)}
		inDate, inTicks := make([]bool, len(w.local)), make([]bool, len(w.local))
		for i := range w.local {
			inDate[i] = w.date(i) == middle
			inTicks[i] = within.Contains(w.at(i)) && ticks.Days&(1<<w.weekday(i)) != 0 && ticks.Hours&(1<<w.hour(i)) != 0
		}
		if got, want := z.Dates(middle, middle), w.set(inDate); !got.Equal(want) {
			t.Fatalf("%s:\n%s, want\n%s", middle, got, want)
		}
		if got, want := z.Ticked(ticks, within), w.set(inTicks); !got.Equal(want) {
			t.Fatalf("ticked:\n%s, want\n%s", got, want)
		}
	})
}

func TestAllTicksIsEverything(t *testing.T) {
	t.Parallel()
	within := Interval{Instant(dateOf(1900, 1, 1)) * 86400, Instant(dateOf(2100, 1, 1)) * 86400}
	for _, name := range oddZones {
		z := mustZone(t, name)
		if got := z.Ticked(AllTicks, within); !got.Equal(NewSet(within)) {
			t.Errorf("%s: %s", name, got)
		}
		if !z.Ticked(Ticks{Days: AllTicks.Days}, within).Empty() || !z.Ticked(Ticks{Hours: AllTicks.Hours}, within).Empty() {
			t.Errorf("%s: no days or no hours tick something", name)
		}
	}
}

// TestRoundTrip: local times that exist once go to UTC and come back; all others
// follow the rule, in every zone and year.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		z, err := LoadZone(rapid.SampledFrom(allowed().names).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		d := Date(rapid.Int32Range(int32(dateOf(1900, 1, 1)), int32(dateOf(2200, 12, 31))).Draw(t, "date"))
		second := rapid.IntRange(0, 86399).Draw(t, "second")
		at, kind := z.Resolve(d, second)
		gotDate, gotSecond := z.Clock(at)
		if same := gotDate == d && gotSecond == second; same != (kind != LocalGap) {
			t.Fatalf("%s + %d s in %s: %s, shown as %s + %d s, %s", d, second, z, at, gotDate, gotSecond, kind)
		}
		if !z.Dates(gotDate, gotDate).Contains(at) || z.Dates(gotDate+1, gotDate+400).Contains(at) {
			t.Fatalf("%s is on %s in %s, but not in Dates", at, gotDate, z)
		}
		// It is itself the first instant that shows its local time.
		if back, again := z.Resolve(gotDate, gotSecond); back != at || again == LocalGap {
			t.Fatalf("%s in %s comes back as %s %s", at, z, back, again)
		}
	})
}
