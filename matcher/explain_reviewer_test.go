package matcher

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/parleyhq/parley/slots"
)

// folded is a verdict put together from the facts of an explanation alone.
type folded struct {
	fault  Fault
	detail string
	unmet  Needs
	tier   Tier
}

// foldFacts reads an explanation as a person would: the first gate that fails
// decides, requirements stand between the hours and the calls, a row whose unmet
// requirements have no waiver bars, and what is left unmet makes the tier.
func foldFacts(x *ReviewerExplanation) (f folded) {
	barred, relation, waived := false, RelationSameSubspecialty, Needs(0)
	byStage := false // what bars first is the reviewer stage
	var first string // the row that bars first
	var misses Needs // what it misses
	for _, c := range x.Cases {
		relation = min(relation, c.Relation)
		for _, fact := range c.Requirements {
			if !fact.Counts || fact.Met {
				continue
			}
			need, _ := needFrom(fact.Code)
			f.unmet = f.unmet.With(need)
			switch {
			case need == NeedSpecialtyMatch: // a wish, no fault
			case fact.Waiver == "":
				stage := slices.ContainsFunc(fact.Facts, func(s string) bool { return strings.HasPrefix(s, "stage=") })
				row := rowOf(&fact, stage)
				if !barred {
					byStage, first = stage, c.CaseID+" "+row
				}
				if barred = true; first == c.CaseID+" "+row {
					misses = misses.With(need)
				}
			default:
				waived = waived.With(need)
			}
		}
	}
	if !barred {
		f.tier = tierOf(waived, relation)
	}
	for _, gate := range x.Slot {
		late := gate.Code == "call" || gate.Code == "cap"
		if late && barred {
			break
		}
		if gate.Counts && !gate.Met {
			f.detail = gate.Code
			switch {
			case late:
				f.fault = FaultTaken
			case gate.Code == "identity":
				f.fault = FaultNotQualified
			default:
				f.fault = FaultNotOffered
			}
			return f
		}
	}
	if barred {
		f.fault = FaultNotQualified
		hard := misses &^ (1<<NeedLicense | 1<<NeedSpecialty)
		if hard == 0 {
			hard = misses
		}
		if f.detail = hard.Codes()[0]; byStage {
			f.detail = "stage"
		}
	}
	return f
}

// rowOf names what judges a fact as one: what every program asks of a reviewer, a
// reviewer stage, or a row, whose requirements may have ids of their own.
func rowOf(f *RequirementFact, stage bool) string {
	switch f.Code {
	case "program", "health_plan", "modality", "active":
		return "general"
	}
	if stage {
		return f.Rule
	}
	row, _, _ := strings.Cut(f.Rule, "/")
	return row
}

// The explanation of a reviewer and a start, read fact by fact, always comes to
// what Judge says, and names a rule or a fact for everything that fails.
func TestReviewerExplanationAgainstJudge(t *testing.T) {
	t.Parallel()
	rules, more := worldRules(t), modeRules(t)
	seen, details := map[Fault]int{}, map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t, rules)
		if rapid.Bool().Draw(t, "every mode") {
			if w = drawModeWorld(t, more); rapid.IntRange(0, 3).Draw(t, "staged") == 0 {
				w.query.Cases[0].Drug, w.query.Cases[0].Stage = "retail", 0
			}
		}
		if w.query.Mode == "ad_hoc" && rapid.Bool().Draw(t, "under way") {
			w.query.NotBefore = w.view.Now - slots.Instant(rapid.IntRange(1, 30).Draw(t, "since"))*slots.Minute
		}
		p, refusal := NewPlan(w.view, w.query)
		if refusal != nil {
			t.Fatalf("refused: %s", refusal.Code)
		}
		starts, from := []slots.Instant{0}, WeekRange(w.query.Zone, w.monday).Start
		for range 40 {
			at := from + slots.Instant(rapid.IntRange(-12*24, 8*12*24).Draw(t, "start"))*5*slots.Minute
			starts = append(starts, at)
		}
		for _, c := range w.calls { // so that calls are in the way
			starts = append(starts, c.Span.Start-c.Span.Start%(30*slots.Minute))
		}
		for _, r := range w.reviewers {
			for _, start := range starts {
				x := p.ExplainReviewer(r, start)
				checkExplained(t, &x)
				seen[x.Judgement.Fault]++
				details[x.Judgement.Detail]++
				if start == 0 {
					continue
				}
				if j := p.Judge(r, start); j.Fault != x.Judgement.Fault || j.Detail != x.Judgement.Detail || j.Rule != x.Judgement.Rule {
					t.Fatalf("judged %d %s, explained %d %s", j.Fault, j.Detail, x.Judgement.Fault, x.Judgement.Detail)
				}
			}
		}
	})
	for fault := range FaultTaken + 1 {
		if seen[fault] == 0 {
			t.Errorf("fault %d never came up", fault)
		}
	}
	for _, detail := range []string{"outside_hours", "outside_windows", "stage", "identity", "license", "past", "beyond_limit", "call"} {
		if details[detail] == 0 {
			t.Errorf("detail %s never came up", detail)
		}
	}
}

func checkExplained(t *rapid.T, x *ReviewerExplanation) {
	got, j := foldFacts(x), &x.Judgement
	if got.fault != j.Fault || got.detail != j.Detail {
		t.Fatalf("%s at %s: facts say %d %q, judged %d %q\n%+v", x.ReviewerID, x.Start, got.fault, got.detail, j.Fault, j.Detail, x)
	}
	if j.Fault != FaultNotOffered && (got.unmet != j.Unmet || got.tier != j.Tier) {
		t.Fatalf("%s at %s: facts leave %v unmet, tier %s; judged %v, %s", x.ReviewerID, x.Start, got.unmet.Codes(), got.tier, j.Unmet.Codes(), j.Tier)
	}
	for _, c := range x.Cases {
		for _, f := range c.Requirements {
			checkFact(t, &f)
			if f.Code != "specialty_match" && (f.Rule == "" || f.Source == "") {
				t.Fatalf("no rule or source: %+v", f)
			}
			if f.Waiver != "" && (f.Met || !f.Counts || !slices.Contains(c.Attestations, f.Waiver) && c.Tier != TierNone) {
				t.Fatalf("waiver out of place: %+v", f)
			}
		}
	}
	for _, f := range x.Slot {
		checkFact(t, &f)
	}
}

func checkFact(t *rapid.T, f *RequirementFact) {
	if f.Code == "" || len(f.Facts) == 0 {
		t.Fatalf("nothing is known: %+v", f)
	}
	for _, fact := range f.Facts {
		if key, value, ok := strings.Cut(fact, "="); !ok || key == "" || value == "" {
			t.Fatalf("%s is no fact: %q", f.Code, fact)
		}
	}
}

// Over rows of every dimension, of an or the branch that decided is the one that
// counts: what counts and is not met is exactly what the verdict leaves unmet.
func TestFactsOfRandomRowsAgainstVerdict(t *testing.T) {
	t.Parallel()
	tb := t
	alternatives, codes := 0, map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		rules := drawWideRules(t, true)
		rs := rules.compile(t, tb)
		now := drawNow(t)
		c, r := drawWideCase(t, now), drawWideReviewer(t, "r")
		cr := rs.resolve(c, now, 0, rapid.Bool().Draw(t, "match"))
		start := now + slots.Instant(rapid.IntRange(0, 20*24*60).Draw(t, "start"))*slots.Minute
		v := cr.verdict(r, start)
		var unmet Needs
		barred := false
		var waivers []string
		for _, f := range cr.facts(r, start) {
			checkFact(t, &f)
			if codes[f.Code]++; f.OneOf > 0 {
				alternatives++
			}
			if need, _ := needFrom(f.Code); f.Counts && !f.Met {
				unmet = unmet.With(need)
				barred = barred || f.Waiver == "" && need != NeedSpecialtyMatch
				if f.Waiver != "" {
					waivers = join(waivers, []string{f.Waiver})
				}
			}
		}
		if unmet != v.Unmet || barred != (v.Tier == TierNone) {
			t.Fatalf("facts leave %v unmet, barred %t; the verdict %v, %s", unmet.Codes(), barred, v.Unmet.Codes(), v.Tier)
		}
		if !barred && !slices.Equal(waivers, without(v.Attestations, cr.mandatory)) {
			t.Fatalf("facts name waivers %v, the verdict %v", waivers, v.Attestations)
		}
	})
	for _, code := range []string{"license", "specialty", "credential", "board_certification", "experience", "identity"} {
		if codes[code] == 0 {
			t.Errorf("nobody was asked for %s", code)
		}
	}
	if alternatives == 0 {
		t.Error("no tree had alternatives")
	}
}
