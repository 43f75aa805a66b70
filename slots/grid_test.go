package slots

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestGridValid(t *testing.T) {
	t.Parallel()
	valid := []int{1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60}
	for step := -60; step <= 120; step++ {
		if got, want := (Grid{step}).Valid(), slices.Contains(valid, step); got != want {
			t.Errorf("Grid{%d}.Valid() = %v", step, got)
		}
	}
	(Grid{}).Starts(NewSet(Interval{0, Hour}), 15, func(Instant) bool { t.Error("invalid grid"); return true })
	(Grid{15}).Starts(NewSet(Interval{0, Hour}), 0, func(Instant) bool { t.Error("no length"); return true })
	(Grid{15}).Starts(NewSet(Interval{0, Hour}), -15, func(Instant) bool { t.Error("negative length"); return true })
}

func TestGridLines(t *testing.T) {
	t.Parallel()
	f := func(step int, at, want Instant) {
		t.Helper()
		g := Grid{step}
		if got := g.Next(at); got != want || !g.On(got) || g.On(at) != (at == want) {
			t.Errorf("Grid{%d}: next after %d is %d, want %d", step, int64(at), int64(got), int64(want))
		}
	}
	f(15, 0, 0)
	f(15, 1, 900)
	f(15, 899, 900)
	f(15, 900, 900)
	f(15, -1, 0)
	f(15, -900, -900)
	f(15, -901, -900)
	f(60, 1, 3600)
	f(1, 59, 60)
}

// TestGridStarts compares with a walk over every second.
func TestGridStarts(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		g := Grid{rapid.SampledFrom([]int{1, 2, 5, 15, 20, 30, 60}).Draw(t, "step")}
		minutes := rapid.IntRange(1, 45).Draw(t, "minutes")
		const from, to = -7200, 14400
		var free [to - from]bool
		var ivs []Interval
		for range rapid.IntRange(0, 4).Draw(t, "intervals") {
			start := rapid.IntRange(from, to-1).Draw(t, "start")
			end := min(to, start+rapid.IntRange(1, 7200).Draw(t, "seconds"))
			ivs = append(ivs, Interval{Instant(start), Instant(end)})
			for i := start; i < end; i++ {
				free[i-from] = true
			}
		}
		var want []Instant
		run := 0
		for i := len(free) - 1; i >= 0; i-- {
			run++
			if !free[i] {
				run = 0
			}
			if at := i + from; at%(g.StepMinutes*60) == 0 && run >= minutes*60 {
				want = append(want, Instant(at))
			}
		}
		slices.Reverse(want)
		limit := rapid.IntRange(1, 40).Draw(t, "limit")
		var got []Instant
		g.Starts(NewSet(ivs...), minutes, func(s Instant) bool {
			got = append(got, s)
			return len(got) < limit
		})
		if !slices.Equal(got, want[:min(limit, len(want))]) {
			t.Fatalf("%v, want %v", got, want)
		}
	})
}

func TestDeckEvening(t *testing.T) {
	t.Parallel()
	z := mustZone(t, "US/Eastern")
	monday := scriptDate(t, "2020-05-18")
	a := Availability{Weekly: []WeeklyHours{{Days: 1, Span: ClockSpan{18*60 + 15, 19 * 60}}}}
	var labels []string
	free := a.Expand(z, z.Dates(monday, monday+6).Hull())
	Grid{15}.Starts(free, 15, func(s Instant) bool {
		labels = append(labels, string(AppendLabel(nil, s, z)))
		return true
	})
	if !slices.Equal(labels, []string{"6:15 pm EDT", "6:30 pm EDT", "6:45 pm EDT"}) {
		t.Error(labels)
	}
}
