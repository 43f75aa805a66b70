package matcher

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/parleyhq/parley/slots"
)

// TestSearcherForgets: what a Searcher has answered before shows in no later answer,
// whatever the worlds, the modes and the refusals in between.
func TestSearcherForgets(t *testing.T) {
	t.Parallel()
	tb, clocks, rules := t, newClocks(), worldRules(t)
	rapid.Check(t, func(t *rapid.T) {
		var m Searcher
		for range 4 {
			var view *View
			var q Query
			var monday slots.Date
			if rapid.Bool().Draw(t, "wide") {
				w := drawWideWorld(t, tb, clocks)
				view, q, monday = w.view, w.query, slots.UTC().Date(w.view.Now).Monday()
			} else {
				w := drawWorld(t, rules)
				view, q, monday = w.view, w.query, w.monday
			}
			p, refusal := m.Plan(view, q)
			fresh, freshly := NewPlan(view, q)
			if said(refusal) != said(freshly) {
				t.Fatalf("refusal %s, want %s", said(refusal), said(freshly))
			}
			if refusal != nil {
				continue
			}
			for i, c := range q.Cases {
				if got := p.RecordDuty(i); got != view.Rules.Eligibility(c, view.Now, c.P2PRequestedAt).RecordDuty {
					t.Fatalf("case %s: offers must be recorded: %v", c.ID, got)
				}
			}
			if got, want := told(t, p, view, monday), told(t, fresh, view, monday); got != want {
				t.Fatalf("answers differ:\n%s\n%s", got, want)
			}
		}
	})
}

func said(r *Refusal) string { return fmt.Sprintf("%+v", r) }

// told are answers of a plan, and a judgement.
func told(t *rapid.T, p *Plan, v *View, monday slots.Date) string {
	text := fmt.Sprintln(p.CallMinutes, p.Grid, p.HoldMinutes, p.Modes, p.limits, p.limitRule)
	week := p.Week(WeekShape{Monday: monday, ReviewersPerPriority: 3, SlotsPerDay: 2})
	text += fmt.Sprintf("%+v\n%v\n", weekLines(week), week.Explanation)
	found := p.Earliest(5)
	for i := range found.Offers {
		o := &found.Offers[i]
		text += fmt.Sprintf("%d %s %+v\n", o.Priority, wideLine(o), o.Cases)
		text += fmt.Sprintf("%+v\n", p.Judge(o.Reviewer, o.Start))
	}
	text += fmt.Sprintf("%+v\n", offerLines(p.Nearest(p.window.Start+slots.Hour, 3)))
	if again := fmt.Sprintf("%+v\n%v\n", weekLines(week), week.Explanation); !strings.Contains(text, again) {
		t.Fatalf("an answer changed when the plan gave others:\n%s\n%s", text, again)
	}
	return text
}

// planQueries are searches as they come in numbers, by name.
func planQueries() map[string]Query {
	texas, second, plain := spineCase("c1"), spineCase("c2"), spineCase("c3")
	second.SitusState, second.MemberState = "CA", "NY"
	plain.SitusState, plain.MemberState = "WY", "WY"
	return map[string]Query{
		"texas":       {Cases: []*Case{texas}},
		"two cases":   {Cases: []*Case{texas, second}, SpecialtyMatch: true},
		"no state":    {Cases: []*Case{plain}},
		"with ticks":  {Cases: []*Case{texas}, Ticks: slots.Ticks{Days: 0b11111, Hours: 0x3ff << 8}},
		"always open": {Cases: []*Case{second}, Waivable: RevealAlways},
	}
}

// TestPlanDoesNotAllocate: a Searcher that has met its searches plans them without
// asking for memory.
func TestPlanDoesNotAllocate(t *testing.T) {
	n := newNational(t, 1)
	for name, q := range planQueries() {
		var m Searcher
		plan := func() {
			if _, refusal := m.Plan(n.view, q); refusal != nil {
				t.Fatalf("%s: refused: %s", name, said(refusal))
			}
		}
		plan()
		if allocs := testing.AllocsPerRun(100, plan); allocs > 0 {
			t.Errorf("%s: %v allocations", name, allocs)
		}
	}
}

func BenchmarkPlan(b *testing.B) {
	n := newNational(b, 1)
	for name, q := range planQueries() {
		b.Run(name, func(b *testing.B) {
			var m Searcher
			b.ReportAllocs()
			for b.Loop() {
				m.Plan(n.view, q)
			}
		})
	}
}
