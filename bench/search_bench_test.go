package bench_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/parleyhq/parley/bench"
	"github.com/parleyhq/parley/matcher"
)

// sizes of the rosters that are measured, in reviewers.
var sizes = []int{500, 5_000}

// national caches one workload per size: making it costs more than measuring it.
var national sync.Map

func workload(b testing.TB, reviewers int) *bench.National {
	b.Helper()
	made, _ := national.LoadOrStore(reviewers, sync.OnceValues(func() (*bench.National, error) {
		return bench.NewNational(bench.Config{
			Reviewers: reviewers, BookedPercent: bench.DefaultBookedPercent, Seed: bench.DefaultSeed, Now: bench.DefaultNow,
		})
	}))
	n, err := made.(func() (*bench.National, error))()
	if err != nil {
		b.Fatal(err)
	}
	return n
}

func BenchmarkWeekSearch(b *testing.B) {
	for _, size := range sizes {
		b.Run(fmt.Sprintf("reviewers=%d", size), func(b *testing.B) {
			n := workload(b, size)
			var searcher matcher.Searcher
			b.ReportAllocs()
			offered, i := 0, 0
			for b.Loop() {
				offered += week(b, &searcher, n, i)
				i++
			}
			b.ReportMetric(float64(offered)/float64(i), "offers/op")
		})
	}
}

func BenchmarkFirst20(b *testing.B) {
	for _, size := range sizes {
		b.Run(fmt.Sprintf("reviewers=%d", size), func(b *testing.B) {
			n := workload(b, size)
			var searcher matcher.Searcher
			b.ReportAllocs()
			offered, i := 0, 0
			for b.Loop() {
				q := n.Queries[i%len(n.Queries)]
				q.Range.Start, q.Range.End = 0, 0 // now to the horizon
				plan, refusal := searcher.Plan(n.View, q)
				if refusal != nil {
					b.Fatalf("query %d refused: %s", i, refusal.Code)
				}
				offered += len(plan.Earliest(20).Offers)
				i++
			}
			b.ReportMetric(float64(offered)/float64(i), "offers/op")
		})
	}
}

// week runs one week search, as the server does, and returns how many slots it offered.
func week(t testing.TB, searcher *matcher.Searcher, n *bench.National, i int) int {
	q := n.Queries[i%len(n.Queries)]
	plan, refusal := searcher.Plan(n.View, q)
	if refusal != nil {
		t.Fatalf("query %d refused: %s", i, refusal.Code)
	}
	return plan.Week(matcher.WeekShape{
		Monday: bench.Monday(q), ReviewersPerPriority: 10, SlotsPerDay: 4,
	}).Explanation.Offered
}

// TestNationalSmoke keeps the workload honest: most weeks must offer something,
// else the figures would measure empty answers.
func TestNationalSmoke(t *testing.T) {
	t.Parallel()
	n := workload(t, 200)
	empty := 0
	var searcher matcher.Searcher
	for i := range n.Queries {
		if week(t, &searcher, n, i) == 0 {
			empty++
		}
	}
	if empty > len(n.Queries)/2 {
		t.Errorf("%d of %d weeks offered nothing", empty, len(n.Queries))
	}
}
