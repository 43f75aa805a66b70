package matcher

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestLawIndex: whatever the states of a case, the rows that may cover it are those of its
// states and those of none, in the order of the list, each once.
func TestLawIndex(t *testing.T) {
	t.Parallel()
	states := []string{"AR", "TX", "OH", "WY"}
	rapid.Check(t, func(t *rapid.T) {
		rs := &Ruleset{}
		for range rapid.IntRange(0, 200).Draw(t, "rows") {
			row := &jurisdictionRow{Kind: rapid.SampledFrom([]string{"state", "federal", "accreditation"}).Draw(t, "kind")}
			if row.Kind == "state" {
				row.States = rapid.SliceOfNDistinct(rapid.SampledFrom(states), 1, 3, rapid.ID[string]).Draw(t, "states")
			}
			rs.jurisdictions = append(rs.jurisdictions, row)
		}
		rs.laws = indexLaws(rs.jurisdictions)
		some := rapid.SampledFrom(append(states, "", "XX"))
		c := &Case{SitusState: some.Draw(t, "situs"), MemberState: some.Draw(t, "member")}
		var got, want []*jurisdictionRow
		rs.eachLaw(c, func(row *jurisdictionRow) { got = append(got, row) })
		for _, row := range rs.jurisdictions {
			if row.Kind != "state" || slices.Contains(row.States, c.SitusState) || slices.Contains(row.States, c.MemberState) {
				want = append(want, row)
			}
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%d rows of %d, want %d", len(got), len(rs.jurisdictions), len(want))
		}
	})
}

// TestUnions compares unions with those made by hand, lists asked for again included.
func TestUnions(t *testing.T) {
	t.Parallel()
	lists := [][]string{nil, {"a"}, {"b"}, {"a", "b"}, {"a", "c"}, {"a", "b", "c"}, {"d"}}
	rapid.Check(t, func(t *rapid.T) {
		var u unions
		for range 3 {
			u.reset()
			got, want := []string(nil), []string(nil)
			for range rapid.IntRange(1, 12).Draw(t, "steps") {
				list := rapid.SampledFrom(lists).Draw(t, "list")
				got, want = u.of(got, list), join(want, list)
				if !slices.Equal(got, want) {
					t.Fatalf("%v, want %v", got, want)
				}
			}
		}
	})
}
