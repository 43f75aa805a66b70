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
	met := coverage{}
	wanted := []string{becauseUntrained, "no_license", "no_specialty", "judged ", "judged outside_hours", "judged past"}
	checkAll(t, met, wanted, func(t *rapid.T) {
		rs, w := drawRuleWorld(t, tb)
		p, refusal := NewPlan(w.view, w.query)
		if refusal != nil {
			x, _ := ExplainRefused(w.view, w.query)
			for _, b := range x.NothingBecause {
				checkNamed(t, rs, b.Code, b.Rule, b.Detail.String())
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
			met[b.Code]++
			checkNamed(t, rs, b.Code, b.Rule, b.Detail.String())
		}
		checkNearestNamed(t, p, offers > 0)
		for _, u := range x.Unlock {
			if u.Kind == "" || u.Value == "" || u.Slots < 1 || u.Earliest < w.view.Now {
				t.Fatalf("unlock %+v", u)
			}
		}
		first := rapid.IntRange(0, 23).Draw(t, "first start")
		for i := first * len(w.reviewers); i < 7*24*4*len(w.reviewers); i += 24*len(w.reviewers) + 1 {
			r, start := w.reviewers[i%len(w.reviewers)], w.query.Range.Start+slots.Instant(i/len(w.reviewers))*15*slots.Minute
			j := p.Judge(r, start)
			if met["judged "+j.Detail]++; j.Fault == FaultNotQualified && j.Rule == "" && r.Tenant == "t1" {
				t.Fatalf("not qualified, %s, by no rule", j.Detail)
			}
			if (j.Fault == FaultNone) != (j.Detail == "") {
				t.Fatalf("fault %d, detail %q", j.Fault, j.Detail)
			}
		}
	})
}

// checkNearestNamed: what NearestUnlocked names can be booked, but for the windows,
// with the attestations it names, and something fits only if it needs one.
func checkNearestNamed(t *rapid.T, p *Plan, fits bool) {
	offer, u, ok := p.NearestUnlocked()
	switch {
	case ok != (offer != nil) || ok && (u.Kind == "" || u.Value == ""):
		t.Fatalf("offer %v, unlock %+v, ok %t", offer, u, ok)
	case ok && fits && (u.Kind != "attestation" || !slices.Contains(offer.Attestations, u.Value)):
		t.Fatalf("something fits, unlocked by %+v", u)
	case !ok || u.Kind == "deadline" || u.Kind == "specialty_match_requested" || u.Kind == "windows":
		return
	}
	if j := p.Judge(offer.Reviewer, offer.Start); j.Fault != FaultNone || !slices.Equal(j.Attestations, offer.Attestations) {
		t.Fatalf("unlocked by %s, judged %d %s", u.Kind, j.Fault, j.Detail)
	}
}

// drawRuleWorld draws a week of reviewers as the rules' tests draw them, with a
// case that rows of every dimension govern, asked about in any mode.
func drawRuleWorld(t *rapid.T, tb testing.TB) (*Ruleset, *world) {
	rows := drawWideRules(t, true)
	if rapid.Bool().Draw(t, "open") { // few rows, so that something is possible
		rows.payer.RequestWindow, rows.payer.Limits, rows.payer.Caps, rows.laws = nil, nil, nil, rows.laws[:min(1, len(rows.laws))]
	}
	rs := rows.compile(t, tb)
	w := drawWorld(t, rs)
	c := drawWideCase(t, w.view.Now)
	c.Tenant, c.ID = "t1", "c"
	w.query.Cases, w.query.Mode = []*Case{c}, rapid.SampledFrom(modes).Draw(t, "mode")
	if w.query.Mode == "callback" {
		for range rapid.IntRange(0, 3).Draw(t, "windows") {
			start := w.query.Range.Start + slots.Instant(rapid.IntRange(0, 7*24).Draw(t, "window"))*slots.Hour
			w.query.Windows = append(w.query.Windows, slots.Interval{Start: start, End: start + 2*slots.Hour})
		}
	}
	for _, r := range w.reviewers {
		drawn := drawWideReviewer(t, r.ID)
		drawn.Ref, drawn.Tenant, drawn.Zone, drawn.Hours, drawn.MaxPerDay = r.Ref, r.Tenant, r.Zone, r.Hours, r.MaxPerDay
		if rapid.IntRange(0, 3).Draw(t, "trained for all") > 0 {
			drawn.Programs = []string{"msk-spine-surgery", "msk-joint-surgery", "cardiac"}
		}
		if c.Determination.ReviewerID == "other" {
			c.Determination.ReviewerID = r.ID
		}
		w.view.Roster.Put(drawn)
	}
	w.reviewers = nil
	w.view.Roster.Ascend("t1", "", func(r *Reviewer) bool {
		w.reviewers = append(w.reviewers, r)
		return true
	})
	return rs, w
}
