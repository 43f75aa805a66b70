package matcher

import (
	"slices"

	"pgregory.net/rapid"
)

// drawWideScope draws clocks for the decision, and what narrows a law.
func drawWideScope(t *rapid.T, row *wideRow, words []string) {
	if chance(t, 2, "decides in time") {
		for _, expedited := range [][]bool{{true}, {false}, {true, false}}[rapid.IntRange(0, 2).Draw(t, "expedited ones")] {
			clock := drawWideFrom(t, drawWideTerm(t, "decision", words...), "decision", decisionEvents...)
			clock.Expedited, clock.ExcludesDrugs = &expedited, rapid.Bool().Draw(t, "no drugs")
			clock.Levels = rapid.SampledFrom([][]string{nil, {"initial"}, {"reconsideration", "appeal"}}).Draw(t, "clock's levels")
			row.DecisionClock = append(row.DecisionClock, *clock)
		}
		if len(row.DecisionClock) == 1 && rapid.Bool().Draw(t, "both") {
			row.DecisionClock[0].Expedited = nil
		}
		if len(row.DecisionClock) == 2 && chance(t, 3, "by level") {
			first, second := &row.DecisionClock[0], &row.DecisionClock[1]
			first.Expedited, first.Levels, second.Expedited, second.Levels = nil, []string{"appeal"}, nil, []string{"initial", "reconsideration"}
		}
	}
	row.PlanTypes = rapid.SampledFrom([][]string{nil, nil, {"hmo"}, {"hmo", "ppo"}}).Draw(t, "plan types")
	row.Agent = chance(t, 5, "of agents")
	if chance(t, 5, "triggered") {
		row.Trigger = drawWideWhen(t)
	}
}

// drawStanding lets laws stand beside one another, or in one another's place.
func (w *wideRules) drawStanding(t *rapid.T) {
	if len(w.laws) > 1 && w.laws[0].Kind == "state" && rapid.Bool().Draw(t, "two of Texas") {
		second, other := &w.laws[1], &w.laws[0]
		second.Kind, second.Accreditation, second.States, second.StateBasis, second.Zone = "state", "", []string{"TX"}, "situs", ""
		if rapid.Bool().Draw(t, "who says so") {
			second, other = other, second
		}
		second.Beside = []string{other.ID}
	}
	upwards := rapid.Bool().Draw(t, "upwards")
	for i := range w.laws {
		for k := range i {
			a, b := &w.laws[i], &w.laws[k]
			if upwards {
				a, b = b, a
			}
			if chance(t, 3, "replaces") && !slices.Contains(a.Beside, b.ID) {
				a.Replaces = append(a.Replaces, b.ID)
			}
		}
	}
}

// present is a law that names no law which was taken out.
func (w *wideRules) present(law *wideRow) wideRow {
	row := *law
	gone := func(id string) bool {
		return !slices.ContainsFunc(w.laws, func(r wideRow) bool { return r.ID == id })
	}
	row.Beside = slices.DeleteFunc(slices.Clone(row.Beside), gone)
	row.Replaces = slices.DeleteFunc(slices.Clone(row.Replaces), gone)
	return row
}
