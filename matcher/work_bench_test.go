package matcher

import (
	"fmt"
	"testing"

	"github.com/parleyhq/parley/slots"
)

// dear are the dearest questions that are lawful, by name: all tiers on the largest pages, and
// what nobody can have, up to the horizon.
func (n *national) dear() map[string]boundedQuestion {
	week := n.query()
	week.Waivable, week.Ticks = RevealAlways, slots.AllTicks
	horizon := week
	horizon.Range = slots.Interval{}
	nobody := horizon
	nobody.Ticks = slots.Ticks{Days: 0b11111, Hours: 1 << 2}
	several := nobody
	several.Cases, several.SpecialtyMatch = nil, true
	for i := range MaxCases {
		c := *nobody.Cases[0]
		c.ID = fmt.Sprint("c", i)
		several.Cases = append(several.Cases, &c)
	}
	small := n.query()
	return map[string]boundedQuestion{
		"usual week": {query: small, kind: "small"}, "usual earliest": {query: small, kind: "first20"},
		"week": {query: week, kind: "page"}, "week nobody": {query: ranged(nobody, week.Range), kind: "page"}, "week nobody 5 cases": {query: ranged(several, week.Range), kind: "page"},
		"earliest": {query: horizon, kind: "first200"}, "earliest nobody": {query: nobody, kind: "first200"}, "earliest nobody 5 cases": {query: several, kind: "first200"},
		"nearest": {query: horizon, kind: "nearest"}, "unlocked": {query: nobody, kind: "unlocked"}, "unlocked 5 cases": {query: several, kind: "unlocked"},
		"assign": {query: horizon, kind: "assign"},
	}
}

func ranged(q Query, span slots.Interval) Query {
	q.Range = span
	return q
}

// BenchmarkWork measures the dearest questions, and how many units of work they are.
func BenchmarkWork(b *testing.B) {
	for _, size := range []int{5_000, 50_000} {
		for _, source := range []string{"bits", "tree"} {
			for _, name := range []string{
				"usual week", "usual earliest", "week", "week nobody", "week nobody 5 cases", "earliest", "earliest nobody", "earliest nobody 5 cases",
				"nearest", "unlocked", "unlocked 5 cases", "assign",
			} {
				b.Run(fmt.Sprintf("%d/%s/%s", size, source, name), func(b *testing.B) {
					n := nationalOf(b, size)
					a := n.dear()[name]
					view := *n.view
					if a.view = &view; source == "tree" {
						view.Index = nil
					}
					var m Searcher
					var w Work
					for b.Loop() {
						w = Work{}
						a.query.Work = &w
						a.do(&m, n.monday)
					}
					b.ReportMetric(float64(w.Spent()), "units/op")
					b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(w.Spent()), "ns/unit")
				})
			}
		}
	}
}

func (a *boundedQuestion) do(m *Searcher, monday slots.Date) {
	p, _ := m.Plan(a.view, a.query)
	switch a.kind {
	case "small":
		p.Week(WeekShape{Monday: monday, ReviewersPerPriority: 10, SlotsPerDay: 4})
	case "page":
		p.Week(WeekShape{Monday: monday, ReviewersPerPriority: 200, SlotsPerDay: 40})
	case "first20":
		p.Earliest(20)
	case "first200":
		p.Earliest(200)
	case "nearest":
		p.Nearest(p.window.Start+30*24*slots.Hour, 200)
	case "unlocked":
		p.ExplainNothing()
		p.NearestUnlocked()
	case "assign":
		p.Assign(nil)
	}
}
