package slots

import (
	"testing"

	"pgregory.net/rapid"
)

// cellZones have whole and broken offsets, and clocks that change by odd steps.
var cellZones = []string{"America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Asia/Kolkata", "Pacific/Honolulu", "UTC"}

// TestTickAgainstTicked: the cells ticked are those that lie wholly in the instants ticked.
func TestTickAgainstTicked(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := Raster{rapid.SampledFrom([]int{5, 10, 15, 20, 30, 60}).Draw(t, "minutes")}
		z, err := LoadZone(rapid.SampledFrom(cellZones).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		ticks := Ticks{Weekdays(rapid.IntRange(0, 127).Draw(t, "days")), uint32(rapid.IntRange(0, 1<<24-1).Draw(t, "hours"))}
		if rapid.Bool().Draw(t, "all") {
			ticks = AllTicks
		}
		first := r.Cell(Instant(rapid.IntRange(-1000, 1<<31).Draw(t, "from")))
		if rapid.Bool().Draw(t, "clocks change") {
			first = r.Cell(1_762_000_000) + rapid.IntRange(-600, 600).Draw(t, "near")
		}
		words := rapid.IntRange(1, 9).Draw(t, "words")
		got, want := make(Bits, words), make(Bits, words)
		r.Tick(got, first, z, ticks)
		within := Interval{r.Start(first), r.Start(first + 64*words)}
		set := z.Ticked(ticks, within)
		r.Cover(want, first, set)
		for i := range 64 * words {
			cell := Interval{r.Start(first + i), r.Start(first + i + 1)}
			if got.Has(i) != set.Covers(cell) || want.Has(i) != set.Covers(cell) {
				t.Fatalf("cell %v: ticked %t, covered %t, in the set %t", cell, got.Has(i), want.Has(i), set.Covers(cell))
			}
		}
	})
}

// TestCellsOfIntervals: which cells an interval holds and touches.
func TestCellsOfIntervals(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := Raster{rapid.SampledFrom([]int{5, 15, 30}).Draw(t, "minutes")}
		start := Instant(rapid.IntRange(-9000, 9000).Draw(t, "start"))
		i := Interval{start, start + Instant(rapid.IntRange(0, 9000).Draw(t, "length"))}
		inFrom, inTo := r.Inside(i)
		from, to := r.Touched(i)
		for c := r.Cell(i.Start) - 2; c <= r.Cell(i.End)+2; c++ {
			cell := Interval{r.Start(c), r.Start(c + 1)}
			if inside := inFrom <= c && c < inTo; inside != (!i.Empty() && i.Covers(cell)) && !i.Empty() {
				t.Fatalf("%v holds cell %v: %t", i, cell, inside)
			}
			if touched := from <= c && c < to; touched != i.Overlaps(cell) {
				t.Fatalf("%v touches cell %v: %t", i, cell, touched)
			}
			if r.From(cell.Start) != c || r.From(cell.Start+1) != c+1 || r.Cell(cell.End-1) != c {
				t.Fatalf("cell %d is numbered %d, %d, %d", c, r.From(cell.Start), r.From(cell.Start+1), r.Cell(cell.End-1))
			}
		}
	})
}

// TestBitsAgainstBools: every operation does to words what it does to a list of bools.
func TestBitsAgainstBools(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.IntRange(1, 4).Draw(t, "words")
		n := 64 * words
		b, bools := make(Bits, words), make([]bool, n)
		spot := func(name string) int { return rapid.IntRange(-5, n+5).Draw(t, name) }
		for range rapid.IntRange(1, 12).Draw(t, "changes") {
			from, to, set := spot("from"), spot("to"), rapid.IntRange(0, 2).Draw(t, "set") > 0
			if set {
				b.Set(from, to)
			} else {
				b.Unset(from, to)
			}
			for i := max(from, 0); i < min(to, n); i++ {
				bools[i] = set
			}
		}
		from, to := spot("count from"), spot("count to")
		at := spot("before")
		prev := -1
		for i := range n {
			if bools[i] && i <= at {
				prev = i
			}
		}
		if b.Prev(at) != prev {
			t.Fatalf("%d is before %d, want %d", b.Prev(at), at, prev)
		}
		count, next := 0, -1
		for i := n - 1; i >= 0; i-- {
			if bools[i] && from <= i && i < to {
				count++
			}
			if bools[i] && i >= max(from, 0) {
				next = i
			}
		}
		if b.Count(from, to) != count || b.Next(max(from, 0)) != next {
			t.Fatalf("%d bits from %d, next %d; want %d, %d", b.Count(from, to), from, b.Next(max(from, 0)), count, next)
		}
		long, every, first := rapid.IntRange(1, 64).Draw(t, "run"), rapid.IntRange(1, 12).Draw(t, "every"), rapid.IntRange(-99, 99).Draw(t, "first")
		b.KeepRuns(long)
		b.KeepEvery(every, first)
		for i := range n {
			whole := (first+i)%every == 0
			for k := i; k < i+long; k++ {
				whole = whole && k < n && bools[k]
			}
			if b.Has(i) != whole {
				t.Fatalf("bit %d kept %t, want %t", i, b.Has(i), whole)
			}
		}
	})
}
