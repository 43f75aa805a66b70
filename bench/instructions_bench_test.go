package bench_test

import (
	"fmt"
	"testing"

	"github.com/parleyhq/parley/bench"
)

// counted is how many operations of each kind BenchmarkInstructions makes: two passes over the
// searches, of which the first is not counted.
const counted = 64

// mark stands between what callgrind.sh counts: counts are dumped, and begin anew, where it is entered.
//
//go:noinline
func mark(step *int) { *step++ }

// BenchmarkInstructions makes the same searches and bookings in each run, one after the other, for
// bench/callgrind.sh to count. As a benchmark it says how long all of them take.
func BenchmarkInstructions(b *testing.B) {
	for _, size := range sizes {
		b.Run(fmt.Sprintf("reviewers=%d", size), func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				instructions(b, size, b.StartTimer)
			}
		})
	}
}

// TestInstructionsSmoke keeps what is counted from rotting.
func TestInstructionsSmoke(t *testing.T) {
	t.Parallel()
	if steps := instructions(t, 60, func() {}); steps != 4 {
		t.Errorf("%d marks", steps)
	}
}

// instructions makes the operations; begin is called when the world is there.
func instructions(t testing.TB, size int, begin func()) (steps int) {
	t.Helper()
	target, err := bench.NewInProcess(t.Context(), wiring(), false, nil, bench.DefaultNow)
	if err != nil {
		t.Fatal(err)
	}
	defer target.Close()
	w, err := bench.NewWorld(bench.Scene{Reviewers: size, BookedPercent: bench.DefaultBookedPercent, Seed: bench.DefaultSeed, Now: bench.DefaultNow,
		TexasPercent: bench.DefaultTexasPercent, Searches: counted, Claims: 2 * counted})
	if err != nil {
		t.Fatal(err)
	}
	if err := target.Load(t.Context(), w, nil); err != nil {
		t.Fatal(err)
	}
	session, err := target.Session()
	if err != nil {
		t.Fatal(err)
	}
	all := func(one func(i int) bench.Reply) {
		for i := range counted {
			if r := one(i); r.Class != bench.OK {
				t.Fatalf("operation %d: %s %s", i, bench.ClassNames[r.Class], r.Detail)
			}
		}
	}
	week := func(i int) bench.Reply { return session.Week(&w.Searches[i]) }
	first := func(i int) bench.Reply { return session.Earliest(&w.Searches[i]) }
	all(week)
	all(first)
	all(func(i int) bench.Reply { return session.Book(&w.Claims[counted+i], "") })
	begin()
	mark(&steps)
	all(week)
	mark(&steps)
	all(first)
	mark(&steps)
	all(func(i int) bench.Reply { return session.Book(&w.Claims[i], "") })
	mark(&steps)
	return steps
}
