package matcher

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"pgregory.net/rapid"

	"github.com/parleyhq/parley/slots"
)

// sample is the time that property tests draw around: the turn of 2026.
var sample = slots.Interval{Start: 1_766_000_000, End: 1_768_000_000}

// drawTree draws a requirement tree, as a rule file would spell it.
func drawTree(t *rapid.T, depth int) map[string]any {
	node := map[string]any{}
	kind := rapid.IntRange(0, 8).Draw(t, "kind")
	if depth == 0 {
		kind = max(kind, 3)
	}
	switch kind {
	case 0, 1, 2:
		var children []map[string]any
		for range rapid.IntRange(1, 3).Draw(t, "children") {
			children = append(children, drawTree(t, depth-1))
		}
		node[[]string{"all", "any", "any"}[kind]] = children
	case 3:
		node["license"] = map[string]any{
			"state":        rapid.SampledFrom([]string{"TX", "HI", "PR", "any"}).Draw(t, "state"),
			"excludeTypes": rapid.SliceOfNDistinct(rapid.SampledFrom(licenseTypes), 0, 3, rapid.ID).Draw(t, "excluded"),
		}
	case 4, 5:
		anchor := map[string]any{"of": rapid.SampledFrom([]string{"service", "requester", "either"}).Draw(t, "of")}
		if anchor["of"] != "service" {
			anchor["roles"] = rapid.SliceOfNDistinct(rapid.SampledFrom(roles), 1, 3, rapid.ID).Draw(t, "roles")
			anchor["profession"] = rapid.SampledFrom(professions).Draw(t, "profession")
		}
		node["specialty"] = map[string]any{
			"relation": rapid.SampledFrom(relationNames[1:]).Draw(t, "relation"), "anchor": anchor,
		}
	case 6:
		node["credential"] = map[string]any{"in": []string{"MD"}}
	case 7:
		node["population"] = "member"
	case 8:
		node["identity"] = "original_barred"
	}
	switch rapid.IntRange(0, 3).Draw(t, "when") {
	case 0:
		node["when"] = map[string]any{"roles": []string{"requesting"}, "profession": rapid.SampledFrom(professions).Draw(t, "who")}
	case 1:
		node["when"] = map[string]any{"requested": "specialty_match"}
	}
	return node
}

// drawRow draws a row of an accreditation that the payer acme has.
func drawRow(t *rapid.T, i int) map[string]any {
	row := map[string]any{
		"id": fmt.Sprintf("rule-%d", i), "title": "Rule", "source": "test", "verified": true, "enabled": true,
		"kind": "accreditation", "accreditation": fmt.Sprintf("a%d", i),
		"lines": lines, "levels": levels, "phases": phases, "statuses": statuses,
		"requires": drawTree(t, 2),
	}
	text, _ := json.Marshal(row["requires"])
	var waivers []map[string]any
	for _, w := range [][]string{{"license"}, {"specialty"}, {"license", "specialty"}} {
		required := !slices.ContainsFunc(w, func(need string) bool { return !strings.Contains(string(text), `"`+need+`"`) })
		if required && rapid.Bool().Draw(t, "waived") {
			waivers = append(waivers, map[string]any{
				"unmet": w, "attestation": rapid.SampledFrom([]string{"tx_ssl_waived", "appeal_level_of_review"}).Draw(t, "code"),
			})
		}
	}
	row["waivers"] = waivers
	return row
}

// slimBundle is the shipped bundle with few concepts, since properties compile
// it often, changed; acme has accreditations there.
func slimBundle(tb testing.TB, edit func(map[string]*section)) []byte {
	few := func(s *section, ids ...string) {
		s.Rows = slices.DeleteFunc(s.Rows, func(row jsontext.Value) bool {
			return !slices.ContainsFunc(ids, func(id string) bool { return strings.Contains(string(row), `"id":"`+id) })
		})
	}
	return plainBundle(tb, func(s map[string]*section) {
		few(s["specialties"], "orthopaedic-surgery", "neurosurgery", "cardiology", "student")
		few(s["similarity"], "spine", "joint")
		s["payers"].Rows = append(s["payers"].Rows, []byte(patched(tb, payRow, `{"accreditations": ["a0", "a1", "a2", "a3"], "requires": null}`)))
		edit(s)
	})
}

// rulesOf compiles rows of jurisdictions into the slim bundle.
func rulesOf(t *rapid.T, tb testing.TB, rows []map[string]any) *Ruleset {
	rs, err := CompileRules(slimBundle(tb, func(s map[string]*section) { addLaws(t, s, rows) }))
	if err != nil {
		t.Fatal(err)
	}
	return rs
}

func addLaws(t *rapid.T, s map[string]*section, rows []map[string]any) {
	for _, row := range rows {
		text, err := json.Marshal(row)
		if err != nil {
			t.Fatal(err)
		}
		s["jurisdictions"].Rows = append(s["jurisdictions"].Rows, text)
	}
}

func drawRows(t *rapid.T, least int) (rows []map[string]any) {
	for i := range rapid.IntRange(least, 4).Draw(t, "rows") {
		rows = append(rows, drawRow(t, i))
	}
	return rows
}

// TestStricterRowsNeverHelp: one more row leaves at least as much unmet, makes
// nobody bookable who was not, and makes no match compliant. It betters no tier
// either, unless it is the first to say what the anchor is.
func TestStricterRowsNeverHelp(t *testing.T) {
	t.Parallel()
	tb := t
	rapid.Check(t, func(t *rapid.T) {
		rows := drawRows(t, 1)
		c, r := drawRuleCase(t), drawRuleReviewer(t)
		c.HealthPlan = "acme"
		match := rapid.Bool().Draw(t, "match")
		start := slots.Instant(rapid.Int64Range(int64(sample.Start), int64(sample.End)).Draw(t, "start"))
		fewer := rulesOf(t, tb, rows[1:]).resolve(c, sample.Start, 0, match)
		more := rulesOf(t, tb, rows).resolve(c, sample.Start, 0, match)
		a, b := fewer.verdict(r, start), more.verdict(r, start)
		asked := ^Needs(1 << NeedSpecialtyMatch)
		if a.Unmet&asked&^b.Unmet != 0 {
			t.Fatalf("unmet %v, with one more row %v", a.Unmet.Codes(), b.Unmet.Codes())
		}
		if a.Tier == TierNone && b.Tier != TierNone {
			t.Fatalf("barred by %s, with one more row %s", a.Blocking, b.Tier)
		}
		if b.Tier.Compliant() && !a.Tier.Compliant() {
			t.Fatalf("%s, with one more row %s", a.Tier, b.Tier)
		}
		if b.Tier != TierNone && (fewer.defaults == nil) == (more.defaults == nil) && b.Tier < a.Tier {
			t.Fatalf("%s, with one more row %s", a.Tier, b.Tier)
		}
		for _, code := range a.Attestations {
			if b.Tier != TierNone && !slices.Contains(b.Attestations, code) && a.Unmet == b.Unmet {
				t.Fatalf("%s is no longer needed with one more row", code)
			}
		}
	})
}

// TestRowOrderDoesNotMatter: rows of every section, in any order, judge alike.
func TestRowOrderDoesNotMatter(t *testing.T) {
	t.Parallel()
	tb := t
	rapid.Check(t, func(t *rapid.T) {
		rows := drawRows(t, 2)
		one := rulesOf(t, tb, rows)
		shuffled := slimBundle(tb, func(s map[string]*section) {
			addLaws(t, s, rows)
			for _, name := range sections {
				s[name].Rows = rapid.Permutation(s[name].Rows).Draw(t, name)
			}
		})
		two, err := CompileRules(shuffled)
		if err != nil {
			t.Fatal(err)
		}
		c, r := drawRuleCase(t), drawRuleReviewer(t)
		c.HealthPlan = "acme"
		start := slots.Instant(rapid.Int64Range(int64(sample.Start), int64(sample.End)).Draw(t, "start"))
		x, y := one.resolve(c, sample.Start, 0, true), two.resolve(c, sample.Start, 0, true)
		if a, b := fmt.Sprintf("%+v", x.verdict(r, start)), fmt.Sprintf("%+v", y.verdict(r, start)); a != b {
			t.Fatalf("verdicts differ:\n%s\n%s", a, b)
		}
		if a, b := fmt.Sprintf("%+v", x.eligibility), fmt.Sprintf("%+v", y.eligibility); a != b {
			t.Fatalf("eligibility differs:\n%s\n%s", a, b)
		}
		if a, b := fmt.Sprint(one.Rows()), fmt.Sprint(two.Rows()); a != b {
			t.Fatalf("rows differ:\n%s\n%s", a, b)
		}
	})
}

// TestVerdictIsConstantBetweenChanges compares the stretches with a walk in steps
// of an hour and one second around it.
func TestVerdictIsConstantBetweenChanges(t *testing.T) {
	t.Parallel()
	tb := t
	rapid.Check(t, func(t *rapid.T) {
		rows := drawRows(t, 1)
		if rapid.Bool().Draw(t, "plain licence") { // a bare licence, so that many dates matter
			rows[0]["waivers"], rows[0]["requires"] = nil, map[string]any{
				"license": map[string]any{"state": rapid.SampledFrom([]string{"any", "HI", "PR", "TX"}).Draw(t, "its state")},
			}
		}
		rs := rulesOf(t, tb, rows)
		c, r := drawRuleCase(t), drawRuleReviewer(t)
		c.HealthPlan = rapid.SampledFrom([]string{"acme", "acme", "hne"}).Draw(t, "payer")
		cr := rs.resolve(c, sample.Start, 0, rapid.Bool().Draw(t, "match"))
		changes := cr.changes(r, sample)
		if !slices.IsSorted(changes) || len(slices.Compact(slices.Clone(changes))) != len(changes) {
			t.Fatalf("changes %v", changes)
		}
		before := cr.verdict(r, sample.Start)
		from := sample.Start
		for at := sample.Start; at < sample.End; at += slots.Hour {
			for _, now := range []slots.Instant{max(at-1, sample.Start), at} {
				if next, _ := slices.BinarySearch(changes, from+1); next < len(changes) && changes[next] <= now {
					before = cr.verdict(r, now) // a change was announced
				}
				if got := cr.verdict(r, now); !reflect.DeepEqual(got, before) {
					t.Fatalf("between %s and %s, without a change among %v:\n%+v\n%+v", from, now, changes, before, got)
				}
				from = now
			}
		}
	})
}

// TestEligibilityAlwaysAnswers: a reason with its rule, modes and starts only where a
// call is possible, and no decision-changing start where the decision stands.
func TestEligibilityAlwaysAnswers(t *testing.T) {
	t.Parallel()
	rs := shipped(t)
	rapid.Check(t, func(t *rapid.T) {
		c := drawRuleCase(t)
		c.HealthPlan = rapid.SampledFrom([]string{"acme", "hne"}).Draw(t, "payer")
		c.Determination.Status = rapid.SampledFrom(statuses).Draw(t, "any status")
		c.Determination.Final = rapid.Bool().Draw(t, "final")
		c.PostDecision = PostDecision{
			Present: rapid.Bool().Draw(t, "post"), Delegated: rapid.Bool().Draw(t, "delegated"),
			Reconsideration: rapid.SampledFrom(openings).Draw(t, "reconsideration"),
			Until:           slots.Instant(rapid.Int64Range(int64(sample.Start), int64(sample.End)).Draw(t, "until")),
		}
		c.DecisionDue = slots.Instant(rapid.Int64Range(0, int64(sample.End)).Draw(t, "due"))
		now := slots.Instant(rapid.Int64Range(int64(sample.Start), int64(sample.End)).Draw(t, "now"))
		cr := rs.resolve(c, now, 0, false)
		e := rs.Eligibility(c, now, 0)
		if len(e.Reasons) == 0 {
			t.Fatal("no reason")
		}
		for _, r := range e.Reasons {
			if r.Code == "" || r.Rule == "" || r.Message == "" {
				t.Fatalf("reason %+v", r)
			}
		}
		if (e.Status == NotEligible) != (len(e.Modes) == 0) || (e.Status == NotEligible) != cr.starts.Empty() {
			t.Fatalf("%s with modes %v, starts %v", e.Status, e.Modes, cr.starts)
		}
		if (e.Status == Eligible) == cr.changing.Empty() || !cr.starts.Covers(cr.changing) {
			t.Fatalf("%s, changing %v of %v", e.Status, cr.changing, cr.starts)
		}
		if until := e.DecisionChangingUntil; until != 0 && (e.Status != Eligible || until < now) {
			t.Fatalf("%s at %s, changing until %s", e.Status, now, until)
		}
	})
}
