package matcher

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/parleyhq/parley/slots"
)

// ruleless are the reasons behind which stands the calendar or the caller, no rule.
var ruleless = []string{
	becauseNoHours, becauseNotTicked, becauseFullyBooked, becauseDailyCap, detailPast, detailOutsideWindow, "no_specialty_match",
}

// checkNamed fails unless a reason names a row of the rules, or is one of the ruleless and
// says something.
func checkNamed(t *rapid.T, rs *Ruleset, code, rule, detail string) {
	id, _, _ := strings.Cut(rule, "/")
	known := slices.ContainsFunc(rs.Rows(), func(r RowInfo) bool { return r.ID == id && r.Applied })
	switch {
	case code == "" || detail == "":
		t.Fatalf("reason %q [%s] says nothing: %q", code, rule, detail)
	case rule == "" && !slices.Contains(ruleless, code):
		t.Fatalf("%s names no rule: %s", code, detail)
	case rule != "" && !known:
		t.Fatalf("%s names %q, which no applied row is", code, rule)
	}
}

// Over random rows, reviewers and weeks: what cannot be booked as asked is
// explained, every reason of an empty search names its rule or is a fact of the calendar, and
// so does every refusal of a single slot.
func TestEveryRefusalNamesARuleOrAFact(t *testing.T) {
	t.Parallel()
	tb := t
	empty, judged := map[string]bool{}, map[string]bool{}
	rapid.Check(t, func(t *rapid.T) {
		rs := rulesOf(t, tb, drawRows(t, 1))
		w := drawRuleWorld(t, rs)
		p, refusal := NewPlan(w.view, w.query)
		if refusal != nil {
			x, _ := ExplainRefused(w.view, w.query)
			for _, b := range x.NothingBecause {
				checkNamed(t, rs, b.Code, b.Rule, b.Detail)
			}
			if len(x.NothingBecause) == 0 {
				t.Fatalf("refused as %s without a reason", refusal.Code)
			}
			return
		}
		offers := 0
		for _, o := range p.Earliest(200).Offers {
			if o.Tier.Compliant() && o.Unmet == 0 {
				offers++
			}
		}
		x := p.ExplainNothing()
		if (offers == 0) != (len(x.NothingBecause) > 0) {
			t.Fatalf("%d offers as asked, because %v", offers, x.NothingBecause)
		}
		for _, b := range x.NothingBecause {
			empty[b.Code] = true
			checkNamed(t, rs, b.Code, b.Rule, b.Detail)
		}
		for _, u := range x.Unlock {
			if u.Kind == "" || u.Value == "" || u.Slots < 1 || u.Earliest < w.view.Now {
				t.Fatalf("unlock %+v", u)
			}
		}
		first := rapid.IntRange(0, 23).Draw(t, "first start")
		for i := first * len(w.reviewers); i < 7*24*4*len(w.reviewers); i += 24*len(w.reviewers) + 1 {
			r, start := w.reviewers[i%len(w.reviewers)], w.query.Range.Start+slots.Instant(i/len(w.reviewers))*15*slots.Minute
			j := p.Judge(r, start)
			if judged[j.Detail] = true; j.Fault == FaultNotQualified && j.Rule == "" && r.Tenant == "t1" {
				t.Fatalf("not qualified, %s, by no rule", j.Detail)
			}
			if (j.Fault == FaultNone) != (j.Detail == "") {
				t.Fatalf("fault %d, detail %q", j.Fault, j.Detail)
			}
		}
	})
	for _, code := range []string{becauseUntrained, "no_license", "no_specialty"} {
		if !empty[code] {
			t.Errorf("no search was empty because of %s", code)
		}
	}
	for _, detail := range []string{"", "outside_hours", "past"} {
		if !judged[detail] {
			t.Errorf("no slot was judged %q", detail)
		}
	}
}

// drawRuleWorld draws a week of reviewers as the rules' tests draw them, with a
// case that the rows of acme govern.
func drawRuleWorld(t *rapid.T, rs *Ruleset) *world {
	w := drawWorld(t, rs)
	c := drawRuleCase(t)
	c.Tenant, c.ID, c.HealthPlan = "t1", "c", "acme"
	c.Determination.Status = rapid.SampledFrom(statuses).Draw(t, "case status")
	w.query.Cases = []*Case{c}
	for _, r := range w.reviewers {
		drawn := drawRuleReviewer(t)
		facts := *r
		facts.Credential, facts.Specialties, facts.Populations = drawn.Credential, drawn.Specialties, drawn.Populations
		facts.Licenses, facts.Active = drawn.Licenses, drawn.Active
		if facts.Programs = drawn.Programs; rapid.IntRange(0, 3).Draw(t, "trained for all") > 0 {
			facts.Programs = []string{"msk-spine-surgery", "msk-joint-surgery", "cardiac"}
		}
		w.view.Roster.Put(&facts)
	}
	w.reviewers = nil
	w.view.Roster.Ascend("t1", "", func(r *Reviewer) bool {
		w.reviewers = append(w.reviewers, r)
		return true
	})
	return w
}
