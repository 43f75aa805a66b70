package slots

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"pgregory.net/rapid"
)

// TestSetSketches runs testdata/set. Column n of a sketch is instant n: '#' is
// in the set, anything else is not. Interval lists are written 2-5 for [2, 5).
func TestSetSketches(t *testing.T) {
	t.Parallel()
	datadriven.RunTest(t, "testdata/set", func(t *testing.T, d *datadriven.TestData) string {
		rows := map[string]string{}
		for line := range strings.Lines(d.Input) {
			name, sketch, _ := strings.Cut(strings.TrimSpace(line), " ")
			rows[name] = strings.TrimSpace(sketch)
		}
		a, b := fromSketch(rows["a"]), fromSketch(rows["b"])
		switch d.Cmd {
		case "new":
			return list(NewSet(fromList(t, rows["ivs"])...))
		case "union":
			return sketch(a.Union(b), len(rows["a"]))
		case "intersect":
			return sketch(a.Intersect(b), len(rows["a"]))
		case "subtract":
			return sketch(a.Subtract(b), len(rows["a"]))
		case "clip":
			return sketch(a.Clip(b.Hull()), len(rows["a"]))
		case "gaps":
			return sketch(a.Gaps(b.Hull()), len(rows["a"]))
		case "ask":
			i := b.Hull()
			return fmt.Sprintf("len=%d seconds=%d empty=%v hull=%v covers=%v overlaps=%v first=%v\n", a.Len(),
				a.Seconds(), a.Empty(), list(NewSet(a.Hull())), a.Covers(i), a.Overlaps(i), a.Contains(i.Start))
		}
		t.Fatalf("unknown command %s", d.Cmd)
		return ""
	})
}

func fromSketch(s string) Set {
	var ivs []Interval
	for i := range len(s) {
		if s[i] == '#' {
			ivs = append(ivs, Interval{Instant(i), Instant(i + 1)})
		}
	}
	return NewSet(ivs...)
}

func sketch(s Set, columns int) string {
	row := []byte(strings.Repeat(".", columns))
	for iv := range s.All() {
		for t := iv.Start; t < iv.End; t++ {
			row[t] = '#'
		}
	}
	return "  " + string(row) + "\n"
}

func fromList(t *testing.T, s string) []Interval {
	var ivs []Interval
	for _, f := range strings.Fields(s) {
		var iv Interval
		if _, err := fmt.Sscanf(f, "%d-%d", &iv.Start, &iv.End); err != nil {
			t.Fatal(f, err)
		}
		ivs = append(ivs, iv)
	}
	return ivs
}

func list(s Set) string {
	var parts []string
	for iv := range s.All() {
		parts = append(parts, fmt.Sprintf("%d-%d", int64(iv.Start), int64(iv.End)))
	}
	return strings.Join(parts, " ")
}

// bits is the twin of Set: one bool per instant, shifted so that the first is
// lowest.
type bits [universe]bool

const (
	universe = 96
	lowest   = Instant(-30)
)

func bitsOf(ivs []Interval) (b bits) {
	for i := range b {
		for _, iv := range ivs {
			if t := lowest + Instant(i); t >= iv.Start && t < iv.End {
				b[i] = true
			}
		}
	}
	return b
}

func (b bits) combine(c bits, f func(x, y bool) bool) (out bits) {
	for i := range b {
		out[i] = f(b[i], c[i])
	}
	return out
}

func genIntervals(t *rapid.T, label string) []Interval {
	gen := rapid.Custom(func(t *rapid.T) Interval {
		start := rapid.Int64Range(int64(lowest), int64(lowest)+universe-2).Draw(t, "start")
		length := rapid.Int64Range(-2, 14).Draw(t, "length")
		return Interval{Instant(start), min(Instant(start+length), lowest+universe)}
	})
	return rapid.SliceOfN(gen, 0, 12).Draw(t, label)
}

// checkSet compares a set with its twin and looks at its form.
func checkSet(t *rapid.T, what string, got Set, want bits) {
	t.Helper()
	previous := lowest - 1
	var seconds int64
	for iv := range got.All() {
		if iv.Empty() || iv.Start <= previous {
			t.Fatalf("%s: not canonical: %s", what, list(got))
		}
		previous = iv.End
		seconds += int64(iv.End - iv.Start)
	}
	total := 0
	for i, in := range want {
		if got.Contains(lowest+Instant(i)) != in {
			t.Fatalf("%s: instant %d: %s", what, lowest+Instant(i), list(got))
		}
		if in {
			total++
		}
	}
	if int64(total) != seconds || got.Seconds() != seconds || got.Empty() != (total == 0) {
		t.Fatalf("%s: %d instants wanted: %s", what, total, list(got))
	}
}

func TestSetAgreesWithBits(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		as, bs := genIntervals(t, "a"), genIntervals(t, "b")
		a, b, x, y := NewSet(as...), NewSet(bs...), bitsOf(as), bitsOf(bs)
		keep := slices.Clone(a.ivs)
		checkSet(t, "new", a, x)
		union, intersect := a.Union(b), a.Intersect(b)
		checkSet(t, "union", union, x.combine(y, func(x, y bool) bool { return x || y }))
		checkSet(t, "intersect", intersect, x.combine(y, func(x, y bool) bool { return x && y }))
		checkSet(t, "subtract", a.Subtract(b), x.combine(y, func(x, y bool) bool { return x && !y }))
		for _, iv := range append(bs, Interval{5, 5}, Interval{9, 3}) {
			in := bitsOf([]Interval{iv})
			both := x.combine(in, func(x, y bool) bool { return x && y })
			checkSet(t, "clip", a.Clip(iv), both)
			checkSet(t, "gaps", a.Gaps(iv), in.combine(x, func(x, y bool) bool { return x && !y }))
			if got, want := a.Overlaps(iv), both != (bits{}); got != want {
				t.Fatalf("overlaps %v: %v, want %v", iv, got, want)
			}
			if got, want := a.Covers(iv), both == in; got != want {
				t.Fatalf("covers %v: %v, want %v", iv, got, want)
			}
		}
		if got, want := a.Equal(b), x == y; got != want {
			t.Fatalf("equal: %v, want %v", got, want)
		}
		if !union.Equal(b.Union(a)) || !intersect.Equal(b.Intersect(a)) {
			t.Fatal("union or intersection depends on the order")
		}
		if !slices.Equal(keep, a.ivs) {
			t.Fatal("an operation changed its operand")
		}
	})
}

// TestEverySmallSet tries all pairs of sets of eight instants; a set and its twin,
// a byte, are two ways to write the same thing.
func TestEverySmallSet(t *testing.T) {
	t.Parallel()
	var sets [256]Set
	for m := range sets {
		var ivs []Interval
		for i := range 8 {
			if m>>i&1 == 1 {
				ivs = append(ivs, Interval{Instant(i), Instant(i + 1)})
			}
		}
		sets[m] = NewSet(ivs...)
	}
	for x, a := range sets {
		for y, b := range sets {
			if !a.Union(b).Equal(sets[x|y]) || !a.Intersect(b).Equal(sets[x&y]) || !a.Subtract(b).Equal(sets[x&^y]) {
				t.Fatalf("%08b and %08b: %s, %s, %s", x, y, list(a.Union(b)), list(a.Intersect(b)), list(a.Subtract(b)))
			}
		}
		for start := range 8 {
			for end := range 9 {
				window := Interval{Instant(start), Instant(end)}
				y := (1<<end - 1) &^ (1<<start - 1)
				if !a.Clip(window).Equal(sets[x&y]) || !a.Gaps(window).Equal(sets[y&^x]) {
					t.Fatalf("%08b in %d-%d: %s, %s", x, start, end, list(a.Clip(window)), list(a.Gaps(window)))
				}
				if a.Covers(window) != (x&y == y) || a.Overlaps(window) != (x&y != 0) || a.Contains(window.Start) != (x>>start&1 == 1) {
					t.Fatalf("%08b in %d-%d: %v, %v", x, start, end, a.Covers(window), a.Overlaps(window))
				}
			}
		}
	}
}

func TestNewSetKeepsNoReference(t *testing.T) {
	t.Parallel()
	ivs := []Interval{{5, 8}, {1, 3}}
	s := NewSet(ivs...)
	ivs[0], ivs[1] = Interval{}, Interval{}
	if list(s) != "1-3 5-8" || s.At(1) != (Interval{5, 8}) {
		t.Error(list(s))
	}
}

func TestSetString(t *testing.T) {
	t.Parallel()
	if got := (Set{}).String(); got != "{}" {
		t.Error(got)
	}
	want := "{[1970-01-01T00:00:00Z, 1970-01-01T00:01:00Z) [1970-01-01T01:00:00Z, 1970-01-01T02:00:00Z)}"
	if got := NewSet(Interval{0, Minute}, Interval{Hour, 2 * Hour}).String(); got != want {
		t.Error(got)
	}
}
