package server

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// BenchmarkOfferWriter writes finished answers.
func BenchmarkOfferWriter(b *testing.B) {
	n := newNational(b, 1000)
	s := n.search("texas")
	b.Run("week", func(b *testing.B) {
		week := s.week()
		b.ReportAllocs()
		for b.Loop() {
			s.writeWeek(&week)
		}
		b.SetBytes(int64(len(s.body)))
		b.ReportMetric(float64(week.Explanation.Offered), "offers/op")
	})
	b.Run("earliest", func(b *testing.B) {
		found := s.earliest()
		b.ReportAllocs()
		for b.Loop() {
			s.writeEarliest(&found)
		}
		b.SetBytes(int64(len(s.body)))
	})
}

// BenchmarkSearchTargets measures, in rounds that interleave them, the searches that the
// product's targets compare, and reports the medians' ratios: a week search with its JSON
// by the time to write the same answer again (1), the first twenty by that search (2), and
// two cases under full rules by the same search for cases of which no law speaks (13).
func BenchmarkSearchTargets(b *testing.B) {
	for _, reviewers := range []int{500, 5000} {
		b.Run(fmt.Sprintf("reviewers=%d", reviewers), func(b *testing.B) {
			n := newNational(b, reviewers)
			ruled, two, plain, first := n.search("texas"), n.search("texas", "second"), n.search("plain"), n.search("texas")
			kept := n.search("texas")
			finished := kept.week()
			weekOf := func(s *nationalSearch) func() {
				return func() {
					week := s.week()
					s.writeWeek(&week)
				}
			}
			contenders := []func(){
				weekOf(ruled), weekOf(two), weekOf(plain),
				func() {
					found := first.earliest()
					first.writeEarliest(&found)
				},
				func() { kept.writeWeek(&finished) },
			}
			took := make([][]float64, len(contenders))
			for b.Loop() {
				for i, run := range contenders {
					begun := time.Now()
					run()
					took[i] = append(took[i], float64(time.Since(begun).Nanoseconds()))
				}
			}
			median := func(i int) float64 {
				slices.Sort(took[i])
				return took[i][len(took[i])/2]
			}
			b.ReportMetric(median(0), "week-ns")
			b.ReportMetric(median(4), "format-ns")
			b.ReportMetric(median(0)/median(4), "target1")
			b.ReportMetric(median(3)/median(0), "target2")
			b.ReportMetric(median(1)/median(2), "target13")
			b.ReportMetric(float64(finished.Explanation.Offered), "offers")
			b.ReportMetric(float64(len(kept.body)), "bytes")
		})
	}
}

// BenchmarkDays writes one answer as the routes do, and with every start spelled out.
func BenchmarkDays(b *testing.B) {
	n := newNational(b, 1000)
	s := n.search("texas")
	week := s.week()
	for name, plain := range map[string]bool{"served": false, "spelled": true} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				w := &offerWriter{call: s.call, snap: s.snap, zone: s.query.Zone, plain: plain}
				s.body = w.week(s.body[:0], &week, 15)
			}
			b.SetBytes(int64(len(s.body)))
		})
	}
}
