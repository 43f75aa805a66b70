package matcher

import (
	"fmt"
	"reflect"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/parleyhq/parley/slots"
)

// indexed returns the view with an index of it, of cells of so many minutes, 0 = as the
// rules want it.
func indexed(v *View, minutes int) *View {
	with := *v
	with.Index = NewIndex(v.Rules)
	if minutes > 0 {
		with.Index = newIndex(minutes, 62*24*slots.Hour)
	}
	with.Index.Load(v.Now, v.Roster)
	for !with.Index.Advance(v.Now, v.Calendar, 3) {
	}
	return &with
}

// exceptOf says whose the call is that is out of the way.
func exceptOf(v *View, calls []slots.Call) {
	for _, c := range calls {
		if v.Except != "" && c.ID == v.Except {
			v.ExceptOf, _ = v.Roster.Get(c.Reviewer)
		}
	}
}

// sameAnswers asks a plan over bits and one over trees the same questions.
func sameAnswers(t *rapid.T, bits, tree *View, q Query, shape WeekShape) (usedBits bool) {
	p, refusal := NewPlan(bits, q)
	twin, refused := NewPlan(tree, q)
	if (refusal == nil) != (refused == nil) {
		t.Fatalf("refused %v and %v", refusal, refused)
	}
	if refusal != nil {
		return false
	}
	same := func(what string, got, want any) {
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("%s:\n got  %s\n want %s", what, shown(got), shown(want))
		}
	}
	same("week", p.Week(shape), twin.Week(shape))
	limit := rapid.SampledFrom([]int{1, 3, 20, 200}).Draw(t, "limit")
	same("earliest", p.Earliest(limit), twin.Earliest(limit))
	around := p.window.Start + slots.Instant(rapid.IntRange(-100, 8*24*60).Draw(t, "around"))*slots.Minute
	same("nearest", p.Nearest(around, limit), twin.Nearest(around, limit))
	consents := drawConsents(t)
	same("assign", p.Assign(consents), twin.Assign(consents))
	start := p.window.Start + slots.Instant(rapid.IntRange(0, 3*24*4).Draw(t, "assign at"))*15*slots.Minute
	offer, ok := p.AssignAt(start-start%900, consents, "")
	other, too := twin.AssignAt(start-start%900, consents, "")
	same("assign at", ok, too)
	same("assign at", offer, other)
	for _, f := range []filter{asAsked, {tiers: compliantTiers, changing: true}, {tiers: waivableTiers}, {tiers: 1 << TierSkilled}} {
		same("some", p.any(p.window, f), twin.any(twin.window, f))
	}
	same("nothing", p.ExplainNothing(), twin.ExplainNothing())
	nearest, unlock, some := p.NearestUnlocked()
	want, key, also := twin.NearestUnlocked()
	same("nearest unlocked", some, also)
	same("nearest unlocked", unlock, key)
	same("nearest unlocked", nearest, want)
	_, ok = bitSource{}.on(p, p.window)
	return ok
}

func shown(answer any) string {
	switch a := answer.(type) {
	case WeekAnswer:
		text := fmt.Sprintf("%+v\n", a.Explanation)
		for _, p := range a.Priorities {
			text += fmt.Sprintf("%d %s more=%t %v %v\n", p.Number, p.Tier, p.MoreReviewers, p.Unmet.Codes(), p.Attestations)
			for _, r := range p.Reviewers {
				text += fmt.Sprintf("  %s %s", r.Reviewer.ID, r.Relation)
				for _, d := range r.Days {
					text += fmt.Sprintf(" %s", d.Date)
					for _, s := range d.Slots {
						text += fmt.Sprintf(" %s/%t/%t/%v/%v/%v", s.Start, s.Consultative, s.Late, s.Unmet.Codes(), s.Attestations, s.Cases)
					}
					text += fmt.Sprintf(" +%d", d.More)
				}
				text += "\n"
			}
		}
		return text
	case OffersAnswer:
		return fmt.Sprintf("%+v\n%s", a.Explanation, shown(a.Offers))
	case []Offer:
		text := ""
		for i := range a {
			text += wideLine(&a[i]) + fmt.Sprint(" ", a[i].Cases) + "\n"
		}
		return text
	}
	return fmt.Sprintf("%+v", answer)
}

func drawShape(t *rapid.T, monday slots.Date) WeekShape {
	return WeekShape{
		Monday:               monday,
		ReviewersPerPriority: rapid.SampledFrom([]int{1, 2, 3, 10, 200}).Draw(t, "reviewers shown"),
		SlotsPerDay:          rapid.SampledFrom([]int{1, 4, 200}).Draw(t, "slots shown"),
	}
}

// TestBitsAgainstTree: in random worlds both searches give the same answers.
func TestBitsAgainstTree(t *testing.T) {
	t.Parallel()
	rules := worldRules(t)
	seen := coverage{}
	checkAll(t, seen, []string{"bits", "tree"}, func(t *rapid.T) {
		w := drawWorld(t, rules)
		exceptOf(w.view, w.calls)
		minutes := rapid.SampledFrom([]int{0, 5, 10, 15, 20, 30}).Draw(t, "cells")
		if rapid.IntRange(0, 3).Draw(t, "long") == 0 {
			w.query.Range.End += 9 * 24 * slots.Hour
		}
		if sameAnswers(t, indexed(w.view, minutes), w.view, w.query, drawShape(t, w.monday)) {
			seen["bits"]++
		} else {
			seen["tree"]++
		}
	})
}

// TestBitsAgainstTreeInModes: so they do under random rows, in every mode.
func TestBitsAgainstTreeInModes(t *testing.T) {
	t.Parallel()
	tb, clocks := t, newClocks()
	seen := coverage{}
	checkAll(t, seen, []string{"bits", "tree"}, func(t *rapid.T) {
		w := drawWideWorld(t, tb, clocks)
		exceptOf(w.view, w.calls)
		minutes := rapid.SampledFrom([]int{0, 0, 5, 15}).Draw(t, "cells")
		if sameAnswers(t, indexed(w.view, minutes), w.view, w.query, drawShape(t, w.monday)) {
			seen["bits"]++
		} else {
			seen["tree"]++
		}
	})
}

// crowd is a state with so many reviewers that sets are read by column.
func crowd(seed uint64, people, calls int) *shift {
	s := newShift(seed, 15)
	for ref := range people {
		r := s.person(ref)
		if s.below(4) > 0 { // most work by day, so that starts tie
			r.Hours = slots.Availability{Weekly: []slots.WeeklyHours{{Days: 0b11111, Span: slots.ClockSpan{Start: 480, End: 1020}}}}
			r.Zone, r.Active, r.Tenant = mustZone(among(s, worldZones[0], worldZones[1], worldZones[6])), true, "a"
		}
		s.people = append(s.people, r)
		s.roster.Put(r)
		s.index.Put(r, s.roster, s.calendar)
	}
	for range calls {
		s.book()
	}
	s.now += slots.Instant(s.below(7200))
	for !s.index.Advance(s.now, s.calendar, 2) {
	}
	return s
}

// TestBitsAgainstTreeInCrowds: many reviewers stand in one tier, and many starts tie.
func TestBitsAgainstTreeInCrowds(t *testing.T) {
	t.Parallel()
	rules := worldRules(t)
	seen := coverage{}
	checkAll(t, seen, []string{"bits"}, func(t *rapid.T) {
		s := crowd(rapid.Uint64().Draw(t, "seed"), rapid.SampledFrom([]int{120, 700}).Draw(t, "people"), rapid.SampledFrom([]int{0, 300, 4000}).Draw(t, "calls"))
		tree := &View{Tenant: "a", Rules: rules, Roster: s.roster, Calendar: s.calendar, Now: s.now}
		if len(s.calls) > 0 && rapid.Bool().Draw(t, "except") {
			tree.Except = s.calls[0].ID
			exceptOf(tree, s.calls)
		}
		bits := *tree
		bits.Index = s.index
		zone := mustZone(rapid.SampledFrom(worldZones).Draw(t, "zone"))
		monday := zone.Date(s.now).Monday().AddDays(7 * rapid.IntRange(0, 1).Draw(t, "week"))
		q := Query{
			Zone: zone, Range: WeekRange(zone, monday), Ticks: drawTicks(t), SpecialtyMatch: rapid.IntRange(0, 4).Draw(t, "match") == 0,
			Waivable: rapid.SampledFrom([]Reveal{RevealAuto, RevealAlways, RevealNever}).Draw(t, "reveal"),
		}
		for i := range rapid.SampledFrom([]int{1, 1, 2}).Draw(t, "cases") {
			q.Cases = append(q.Cases, drawCase(t, i, rapid.SampledFrom([]string{"hne", "acme"}).Draw(t, "plan"), s.now))
			q.Cases[i].HealthPlan = q.Cases[0].HealthPlan
		}
		if sameAnswers(t, &bits, tree, q, drawShape(t, monday)) {
			seen["bits"]++
		}
	})
}

// TestBitsAllocateNothing: a Searcher that has met a search of its kind needs no memory for
// the next, whatever the tiers shown.
func TestBitsAllocateNothing(t *testing.T) {
	n := newNational(t, 700)
	view := indexed(n.view, 0)
	for name, q := range n.questions() {
		list := q
		list.Range = slots.Interval{}
		var m Searcher
		for what, ask := range map[string]func(){
			"week": func() {
				p, _ := m.Plan(view, q)
				p.Week(WeekShape{Monday: n.monday, ReviewersPerPriority: 10, SlotsPerDay: 4})
			},
			"earliest": func() {
				p, _ := m.Plan(view, list)
				p.Earliest(20)
			},
			"nearest": func() {
				p, _ := m.Plan(view, list)
				p.Nearest(view.Now+90*slots.Hour, 20)
			},
		} {
			ask()
			ask()
			if got := allocations(ask); got > 0 {
				t.Errorf("%s, %s: %v allocations", name, what, got)
			}
		}
	}
}

// TestCellsOfRules: the cells suit the grids and the calls of the rules, and are not finer
// than is worth it.
func TestCellsOfRules(t *testing.T) {
	t.Parallel()
	if x := NewIndex(shipped(t)); x.raster.Minutes != 15 || x.reach != 1440*slots.Hour || !x.Fits(shipped(t)) {
		t.Errorf("shipped rules: %d minutes, %d hours", x.raster.Minutes, x.reach/slots.Hour)
	}
	if x := NewIndex(worldRules(t)); x.raster.Minutes != 5 || x.Fits(shipped(t)) {
		t.Errorf("rules of the worlds: %d minutes", x.raster.Minutes)
	}
	call := func(grid, minutes, hours int) *payerRow {
		row := *shipped(t).payerRows[0]
		row.Call.GridMinutes, row.Call.CallMinutes, row.Call.HorizonHours = grid, minutes, hours
		return &row
	}
	for _, c := range []struct {
		rows    []*payerRow
		minutes int
	}{
		{[]*payerRow{call(30, 60, 10), call(20, 20, 5)}, 10},
		{[]*payerRow{call(15, 45, 10), call(12, 12, 9)}, 15}, // 3 minutes would be too fine
		{[]*payerRow{call(60, 60, 10)}, 60},
		{[]*payerRow{call(1, 10, 10)}, 60}, // searched otherwise
	} {
		if minutes, reach := (&Ruleset{payerRows: c.rows}).raster(); minutes != c.minutes || reach != 10*slots.Hour {
			t.Errorf("%d minutes and %d hours, want %d", minutes, reach/slots.Hour, c.minutes)
		}
	}
}

// TestSearchWhileIndexChanges: whoever reads a version sees it as it was, while the writer
// clones it and changes the clone. The race detector watches.
func TestSearchWhileIndexChanges(t *testing.T) {
	t.Parallel()
	rules := worldRules(t)
	s := crowd(7, 150, 200)
	zone := mustZone("America/New_York")
	q := Query{
		Cases: []*Case{spineCase("c")}, Zone: zone, Range: WeekRange(zone, zone.Date(s.now).Monday()),
		Ticks: slots.AllTicks, Waivable: RevealAlways,
	}
	var readers sync.WaitGroup
	for range 8 {
		view := &View{Tenant: "a", Rules: rules, Roster: s.roster, Calendar: s.calendar, Now: s.now, Index: s.index}
		s.roster, s.calendar, s.index = s.roster.Clone(), s.calendar.Clone(), s.index.Clone()
		var m Searcher
		p, _ := m.Plan(view, q)
		before := fmt.Sprint(shown(p.Earliest(200)))
		readers.Go(func() {
			for range 5 {
				p, _ := m.Plan(view, q)
				if after := fmt.Sprint(shown(p.Earliest(200))); after != before {
					t.Errorf("a version changed:\n%s\n%s", before, after)
				}
			}
		})
		for range 60 {
			s.book()
			if s.below(3) == 0 {
				s.remove()
			}
		}
		s.index.Advance(s.now, s.calendar, 1)
	}
	readers.Wait()
}
