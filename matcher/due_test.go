package matcher

import (
	"slices"
	"testing"
)

// TestClocksWithoutStart: a clock for the decision that lacks its start says nothing of
// the case; an explanation names the fact, and the row.
func TestClocksWithoutStart(t *testing.T) {
	t.Parallel()
	rs := shipped(t)
	f := func(state, code, rule string) {
		t.Helper()
		c := plainCase()
		c.SitusState, c.MemberState, c.LevelOfReview, c.Determination.Status = state, state, "initial", "pending"
		now := at(t, "2026-11-23T09:00:00-05:00")
		named := func(r Reason) bool { return r.Code == code && r.Rule == rule && r.Message != "" }
		if e := rs.Eligibility(c, now, 0); e.Status != Eligible || slices.ContainsFunc(e.Reasons, named) {
			t.Errorf("%s: %s, %+v", state, e.Status, e.Reasons)
		}
		if x := rs.ExplainCase(c, now, 0); !slices.ContainsFunc(x.Eligibility.Reasons, named) {
			t.Errorf("%s: explained by %+v", state, x.Eligibility.Reasons)
		}
		// What was decided has no clock any more, and nothing is missed.
		c.Determination.Status = "denied"
		if x := rs.ExplainCase(c, now, 0); slices.ContainsFunc(x.Eligibility.Reasons, named) {
			t.Errorf("%s: decided, explained by %+v", state, x.Eligibility.Reasons)
		}
	}
	f("TN", "authorization_request_unknown", "tn-commercial")
	f("GA", "information_complete_unknown", "ga-decision-clock")
}

// TestShorterClockOfTwoLaws: whichever row is read first, the earlier end counts, and
// its row is named.
func TestShorterClockOfTwoLaws(t *testing.T) {
	t.Parallel()
	row := patched(t, lawRow, `{"statuses": ["pending"], "requires": null, "waivers": null}`)
	for _, first := range []string{"a", "z"} {
		short := patched(t, row, `{"id": "`+first+`-short", "beside": ["m-long"], "decisionClock": [{"amount": 5, "unit": "hours", "from": "authorization"}]}`)
		long := patched(t, row, `{"id": "m-long", "decisionClock": [{"amount": 6, "unit": "hours", "from": "authorization"}]}`)
		rs, err := CompileRules(plainRows(t, "jurisdictions", short+long))
		if err != nil {
			t.Fatal(err)
		}
		c := plainCase()
		c.SitusState, c.LevelOfReview, c.Determination.Status = "NV", "initial", "pending"
		c.AuthorizationRequestedAt = at(t, "2026-11-23T09:00:00Z")
		e := rs.Eligibility(c, c.AuthorizationRequestedAt, 0)
		if e.DecisionChangingUntil != at(t, "2026-11-23T13:59:59Z") || !slices.ContainsFunc(e.Reasons, func(r Reason) bool {
			return r.Code == decisionDueByLaw && r.Rule == first+"-short"
		}) {
			t.Errorf("until %s, %+v", e.DecisionChangingUntil, e.Reasons)
		}
	}
}

// TestClocksByLevel: of the clocks of one row that which names the level of the case
// runs, and none where no clock names it.
func TestClocksByLevel(t *testing.T) {
	t.Parallel()
	clocks := `[{"amount": 5, "unit": "hours", "from": "authorization", "levels": ["initial"]},
		{"amount": 7, "unit": "hours", "from": "authorization", "levels": ["appeal"]}]`
	row := patched(t, lawRow, `{"statuses": ["pending"], "levels": ["initial", "reconsideration", "appeal"], "decisionClock": `+clocks+`}`)
	rs, err := CompileRules(plainRows(t, "jurisdictions", row))
	if err != nil {
		t.Fatal(err)
	}
	f := func(level, until string) {
		t.Helper()
		c := plainCase()
		c.SitusState, c.LevelOfReview, c.Determination.Status = "NV", level, "pending"
		c.AuthorizationRequestedAt = at(t, "2026-11-23T09:00:00Z")
		e := rs.Eligibility(c, c.AuthorizationRequestedAt, 0)
		named := slices.ContainsFunc(e.Reasons, func(r Reason) bool { return r.Code == decisionDueByLaw && r.Rule == "law" })
		if named != (until != "") || named && e.DecisionChangingUntil != at(t, until) {
			t.Errorf("%s: until %s, %+v", level, e.DecisionChangingUntil, e.Reasons)
		}
	}
	f("initial", "2026-11-23T13:59:59Z")
	f("reconsideration", "")
	f("appeal", "2026-11-23T15:59:59Z")
}
