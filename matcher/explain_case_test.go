package matcher

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/parleyhq/parley/slots"
)

// Whatever the case, the rows that apply are those that govern it, each other
// row names what keeps it out, and none that could have spoken is missing.
func TestCaseExplanationAgainstResolve(t *testing.T) {
	t.Parallel()
	tb := t
	kept := coverage{}
	wanted := []string{"unverified", "disabled", "date", "plan", "accreditation", "line", "level", "phase", "status", "trigger", "state"}
	checkAll(t, kept, wanted, func(t *rapid.T) {
		rows := drawRows(t, 1)
		for _, row := range rows {
			drawKey(t, row)
		}
		rs := rulesOf(t, tb, rows)
		c := drawRuleCase(t)
		c.HealthPlan = rapid.SampledFrom([]string{"acme", "hne", "other"}).Draw(t, "payer")
		now := slots.Instant(rapid.Int64Range(int64(sample.Start), int64(sample.End)).Draw(t, "now"))
		x := rs.ExplainCase(c, now, 0)
		cr := rs.resolve(c, now, 0, false)
		var ids []string
		for _, row := range x.Rows {
			if row.Applies != (row.Why == "") {
				t.Fatalf("%s applies: %t, kept out by %q", row.ID, row.Applies, row.Why)
			}
			if row.Title == "" || row.Source == "" {
				t.Fatalf("row without title or source: %+v", row)
			}
			for _, phrase := range strings.Split(row.Why, ", ") {
				dimension, _, _ := strings.Cut(phrase, " ")
				kept[dimension]++
			}
			if row.Applies {
				ids = append(ids, row.ID)
			}
		}
		if slices.Sort(ids); !slices.Equal(ids, cr.ids) {
			t.Fatalf("applied %v, the rules resolve to %v", ids, cr.ids)
		}
		if len(x.Requirements) != 0 && x.Requirements[0].Code != "program" {
			t.Fatalf("requirements begin with %+v", x.Requirements[0])
		}
		for _, f := range x.Requirements {
			if checkFact(t, &f); f.Met || f.Counts || f.Waiver != "" {
				t.Fatalf("nobody was judged: %+v", f)
			}
		}
		for _, info := range cr.eligibility.Requirements {
			if !slices.ContainsFunc(x.Requirements, func(f RequirementFact) bool { return f.Code == info.Code && f.Rule == info.Rule }) {
				t.Fatalf("requirement %+v is not explained", info)
			}
		}
	})
}

// drawKey narrows what a row covers, or switches it off.
func drawKey(t *rapid.T, row map[string]any) {
	some := func(label string, of []string) []string {
		if rapid.Bool().Draw(t, label+" all") {
			return of
		}
		return rapid.SliceOfNDistinct(rapid.SampledFrom(of), 1, len(of), rapid.ID).Draw(t, label)
	}
	row["lines"], row["levels"] = some("lines", lines), some("levels", levels)
	row["phases"], row["statuses"] = some("phases", phases), some("statuses", statuses)
	row["verified"] = rapid.IntRange(0, 4).Draw(t, "verified") > 0
	row["enabled"] = rapid.IntRange(0, 4).Draw(t, "enabled") > 0
	if rapid.IntRange(0, 3).Draw(t, "dated") == 0 {
		row["validFrom"] = "2026-01-01"
	}
	if rapid.IntRange(0, 3).Draw(t, "triggered") == 0 {
		row["trigger"] = map[string]any{"roles": []string{"requesting"}, "profession": "physician"}
	}
	if rapid.IntRange(0, 3).Draw(t, "of a state") == 0 {
		row["kind"], row["states"] = "state", []string{rapid.SampledFrom([]string{"OK", "PR"}).Draw(t, "which")}
		row["stateBasis"], row["enabled"] = "situs", false // not enabled: two may cover the same case
		delete(row, "accreditation")
	}
}

// A row of another state is not looked at, and neither is another plan's.
func TestCaseExplanationLeavesStrangersOut(t *testing.T) {
	t.Parallel()
	rs := shipped(t)
	c := plainCase()
	c.SitusState, c.MemberState = "MT", "MT"
	for _, row := range rs.ExplainCase(c, sample.Start, 0).Rows {
		if row.Kind == "state" || row.ID == "hne" {
			t.Errorf("%s %s was looked at", row.Kind, row.ID)
		}
	}
}
