package matcher

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/parleyhq/parley/slots"
)

// askings are what is asked of plans, each in words.
var askings = map[string]func(p *Plan, monday slots.Date) string{
	"week": func(p *Plan, monday slots.Date) string {
		week := p.Week(WeekShape{Monday: monday, ReviewersPerPriority: 3, SlotsPerDay: 2})
		return fmt.Sprintf("%v %v", weekLines(week), week.Explanation)
	},
	"earliest": func(p *Plan, _ slots.Date) string {
		found := p.Earliest(5)
		return fmt.Sprintf("%v %v", offerLines(found.Offers), found.Explanation)
	},
	"nearest": func(p *Plan, _ slots.Date) string {
		return fmt.Sprint(offerLines(p.Nearest(p.window.Start+slots.Hour, 3)))
	},
	"nothing": func(p *Plan, _ slots.Date) string { return fmt.Sprint(p.ExplainNothing()) },
	"unlocked": func(p *Plan, _ slots.Date) string {
		offer, unlock, ok := p.NearestUnlocked()
		if !ok {
			return "none"
		}
		return fmt.Sprintf("%v %+v", wideLine(offer), unlock)
	},
	"assign": func(p *Plan, _ slots.Date) string {
		found := p.Assign(nil)
		if found.Offer == nil {
			return fmt.Sprint(found.Options, found.Lawful)
		}
		return fmt.Sprint(wideLine(found.Offer), found.Options, found.Lawful)
	},
}

// boundedQuestion is a question with what bounds its work.
type boundedQuestion struct {
	view   *View
	query  Query
	monday slots.Date
	kind   string
}

func drawAsked(t *rapid.T, tb testing.TB, c *clocks, rules *Ruleset) boundedQuestion {
	a := boundedQuestion{kind: rapid.SampledFrom([]string{"week", "earliest", "nearest", "nothing", "unlocked", "assign"}).Draw(t, "kind")}
	if rapid.Bool().Draw(t, "wide") {
		w := drawWideWorld(t, tb, c)
		a.view, a.query, a.monday = w.view, w.query, slots.UTC().Date(w.view.Now).Monday()
	} else {
		w := drawWorld(t, rules)
		a.view, a.query, a.monday = w.view, w.query, w.monday
	}
	if a.view.Index = nil; rapid.Bool().Draw(t, "bits") {
		a.view = indexed(a.view, 0)
	}
	return a
}

// within asks within so many units, 0 = as many as it takes.
func (a *boundedQuestion) within(m *Searcher, limit int) (answer string, w Work, done bool) {
	w.Limit = limit
	a.query.Work = &w
	done = w.Within(func() {
		p, refusal := m.Plan(a.view, a.query)
		if refusal != nil {
			answer = said(refusal)
			return
		}
		answer = askings[a.kind](p, a.monday)
	})
	return answer, w, done
}

// TestWorkIsBounded: within fewer units than an answer takes there is none, within as many it is the
// answer that nobody bounds; what is counted goes beyond the bound by the last step alone, and
// is the same whatever a Searcher has kept.
func TestWorkIsBounded(t *testing.T) {
	t.Parallel()
	// largestStep is the longest step in worlds of one block of reviewers, in units: a walk over it in
	// all sets that an inquiry asks.
	const largestStep = 2_000
	tb, clocks, rules := t, newClocks(), worldRules(t)
	cut := coverage{}
	checkAll(t, cut, []string{"week", "earliest", "nearest", "nothing", "unlocked", "assign"}, func(t *rapid.T) {
		a := drawAsked(t, tb, clocks, rules)
		var m Searcher
		want, free, _ := a.within(&m, 0)
		total := free.Spent()
		if again, kept, _ := a.within(&m, 0); again != want || kept.Spent() != total {
			t.Fatalf("asked again: %d units, %d before\n%s\n%s", kept.Spent(), total, again, want)
		}
		for _, limit := range []int{1, total / 2, total - 1, total, total + 1, rapid.IntRange(1, total+1).Draw(t, "limit")} {
			if limit < 1 {
				continue
			}
			got, w, done := a.within(new(Searcher), limit)
			switch {
			case done != (limit >= total):
				t.Fatalf("within %d of %d units: answered %t", limit, total, done)
			case done && (got != want || w.Spent() != total):
				t.Fatalf("within %d of %d units, %d counted:\n%s\nwant\n%s", limit, total, w.Spent(), got, want)
			case !done && (got != "" || w.Spent() <= limit || w.Spent() > limit+largestStep):
				t.Fatalf("within %d of %d units %d were counted, answer %q", limit, total, w.Spent(), got)
			case !done:
				cut[a.kind]++
				if w.Within(func() { t.Fatalf("asked once more") }) {
					t.Fatalf("what was spent is there again")
				}
			}
		}
	})
}

// TestWorkOutside: outside Within work is counted and not bounded, and panics of others go through it.
func TestWorkOutside(t *testing.T) {
	t.Parallel()
	n := newNational(t, 40)
	for name, view := range map[string]*View{"tree": n.view, "bits": indexed(n.view, 0)} {
		a := boundedQuestion{view: view, query: n.query(), monday: n.monday, kind: "week"}
		want, free, _ := a.within(new(Searcher), 0)
		w := Work{Limit: 1}
		a.query.Work = &w
		p, _ := NewPlan(view, a.query)
		if got := askings["week"](p, a.monday); got != want || w.Spent() != free.Spent() {
			t.Errorf("%s: %d units counted, want %d", name, w.Spent(), free.Spent())
		}
	}
	defer func() {
		if v := recover(); v != "other" {
			t.Errorf("recovered %v", v)
		}
	}()
	w := Work{Limit: 1}
	w.Within(func() { panic("other") })
}

// TestWorkDoesNotAllocate: neither counting nor bounding asks for memory.
func TestWorkDoesNotAllocate(t *testing.T) {
	n := newNational(t, 600)
	view, q, w := indexed(n.view, 0), n.query(), Work{Limit: 1 << 40}
	q.Work = &w
	var m Searcher
	ask := func() {
		found := 0
		w.Within(func() {
			p, _ := m.Plan(view, q)
			found = len(p.Week(WeekShape{Monday: n.monday, ReviewersPerPriority: 10, SlotsPerDay: 4}).Priorities)
		})
		if found == 0 {
			t.Fatal("nothing found")
		}
	}
	for range 3 {
		ask()
	}
	if got := allocations(ask); got > 0 {
		t.Errorf("%v allocations", got)
	}
}
