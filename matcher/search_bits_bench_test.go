package matcher

import (
	"fmt"
	"runtime"
	"sync"
	"testing"

	"github.com/parleyhq/parley/slots"
)

// nationals are drawn once for all benchmarks of this file.
var nationals sync.Map

func nationalOf(b *testing.B, size int) *national {
	once, _ := nationals.LoadOrStore(size, sync.OnceValue(func() *national {
		n := newNational(b, size)
		n.view = indexed(n.view, 0)
		return n
	}))
	return once.(func() *national)()
}

// questions are what the benchmarks ask: a case under the Texas rule and one without,
// whose tiers hold most of the roster.
func (n *national) questions() map[string]Query {
	texas := n.query()
	plain := texas
	c := *texas.Cases[0]
	c.SitusState, c.MemberState = "MA", "MA"
	plain.Cases = []*Case{&c}
	all := texas
	all.Waivable = RevealAlways
	return map[string]Query{"texas": texas, "plain": plain, "all": all}
}

// BenchmarkBits compares both searches in one process: week pages, and the first twenty
// offers up to the horizon; cold is the search over bits that finds no lineup kept.
func BenchmarkBits(b *testing.B) {
	for _, size := range []int{500, 5_000, 50_000} {
		for _, kind := range []string{"plan", "week", "first20"} {
			for _, question := range []string{"texas", "plain", "all"} {
				for _, source := range []string{"bits", "cold", "tree"} {
					b.Run(fmt.Sprintf("%d/%s/%s/%s", size, kind, question, source), func(b *testing.B) {
						benchmarkSearch(b, size, kind, question, source)
					})
				}
			}
		}
	}
}

func benchmarkSearch(b *testing.B, size int, kind, question, source string) {
	n := nationalOf(b, size)
	view, q := *n.view, n.questions()[question]
	if source == "tree" {
		view.Index = nil
	}
	if kind == "first20" {
		q.Range = slots.Interval{}
	}
	var m Searcher
	b.ReportAllocs()
	for b.Loop() {
		if source == "cold" {
			for i := range m.bits.kept.places {
				m.bits.kept.places[i].used = 0
			}
		}
		switch p, _ := m.Plan(&view, q); kind {
		case "week":
			p.Week(WeekShape{Monday: n.monday, ReviewersPerPriority: 10, SlotsPerDay: 4})
		case "first20":
			p.Earliest(20)
		}
	}
}

// BenchmarkIndexKeep measures what a booking costs the index: a call inserted and removed,
// in a version of its own.
func BenchmarkIndexKeep(b *testing.B) {
	for _, size := range []int{500, 5_000, 50_000} {
		for _, batch := range []int{1, 16, 256} {
			b.Run(fmt.Sprintf("%d/batch=%d", size, batch), func(b *testing.B) {
				n := nationalOf(b, size)
				x, calendar := n.view.Index.Clone(), n.view.Calendar.Clone()
				b.ReportAllocs()
				i := 0
				for b.Loop() {
					if i%batch == 0 {
						x = x.Clone()
					}
					start := n.view.Now + 60*24*slots.Hour - slots.Instant(i%2000)*15*slots.Minute
					c := slots.Call{Reviewer: slots.ReviewerRef(i * 7919 % size), ID: "x"}
					c.Span = slots.Interval{Start: start - start%900, End: start - start%900 + 15*slots.Minute}
					c.Busy = c.Span
					calendar.Insert(c)
					x.Inserted(c, calendar)
					calendar.Remove(c.Reviewer, c.Busy.Start)
					x.Removed(c, calendar)
					i++
				}
			})
		}
	}
}

// BenchmarkIndexBuild measures a build from nothing, and what it takes in memory.
func BenchmarkIndexBuild(b *testing.B) {
	for _, size := range []int{500, 5_000, 50_000} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			n := nationalOf(b, size)
			for b.Loop() {
				runtime.KeepAlive(indexed(n.view, 0))
			}
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			with := indexed(n.view, 0)
			runtime.GC()
			runtime.ReadMemStats(&after)
			b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/float64(size), "B/reviewer")
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(size), "ns/reviewer")
			runtime.KeepAlive(with)
		})
	}
}
