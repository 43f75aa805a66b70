package matcher

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/parleyhq/parley/slots"
)

// explainRules are the rows of testdata/explain_rules.json on the shipped
// specialties, programs and attestations, so that no new shipped row changes a script.
func explainRules(tb testing.TB) *Ruleset {
	tb.Helper()
	text, err := os.ReadFile("testdata/explain_rules.json")
	if err != nil {
		tb.Fatal(err)
	}
	var own map[string][]jsontext.Value
	if err := json.Unmarshal(text, &own); err != nil {
		tb.Fatal(err)
	}
	rules, err := CompileRules(editBundle(tb, func(sections map[string]*section) {
		for name, rows := range own {
			sections[name].Rows = rows
		}
	}))
	if err != nil {
		tb.Fatal(err)
	}
	return rules
}

// TestExplainScripts runs testdata/explain. Besides the commands of
// TestSearchScripts there are
//
//	case … [letter=DATE] [decider=ID] [phase=]
//	rows case=c1                                   the rows that were looked at
//	explain cases=(c1) reviewer=r1 [at=INSTANT]    a reviewer, fact by fact
//	nothing cases=(c1) [monday=DATE] …             why nothing is on offer, and what would help
//	nearest-unlocked cases=(c1) …                  the nearest offer, and what would unlock it
func TestExplainScripts(t *testing.T) {
	t.Parallel()
	rules := explainRules(t)
	files, err := filepath.Glob("testdata/explain/*")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			s := explainScript{newSearchScript(rules)}
			datadriven.RunTest(t, file, func(t *testing.T, d *datadriven.TestData) string {
				switch d.Cmd {
				case "case":
					return s.describe(args{t, d})
				case "rows":
					return s.rows(args{t, d})
				case "explain":
					return s.reviewerFacts(args{t, d})
				case "nothing":
					return s.nothing(args{t, d})
				case "nearest-unlocked":
					return s.unlocked(args{t, d})
				}
				return s.run(t, d)
			})
		})
	}
}

type explainScript struct{ *searchScript }

func (s explainScript) describe(a args) string {
	done := s.addCase(a)
	c := s.cases[a.text("id", "")]
	c.Phase = a.text("phase", c.Phase)
	c.Determination.ReviewerID = a.text("decider", "")
	if letter := a.text("letter", ""); letter != "" {
		c.Determination.LetterDate = mustDate(letter)
	}
	return done
}

func (s explainScript) rows(a args) string {
	x := s.view.Rules.ExplainCase(s.cases[a.text("case", "")], s.view.Now, 0)
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", x.Eligibility.Status)
	for _, r := range x.Rows {
		verb := "applies"
		if !r.Applies {
			verb = "kept out by " + r.Why
		}
		fmt.Fprintf(&b, "%s %s %s: %s (%s)\n", r.Kind, r.ID, verb, r.Title, r.Source)
	}
	printFacts(&b, "asks", x.Requirements)
	return b.String()
}

func printFacts(b *strings.Builder, verb string, facts []RequirementFact) {
	for _, f := range facts {
		word := verb
		switch {
		case word == "" && f.Met:
			word = "meets"
		case word == "":
			word = "FAILS"
		}
		fmt.Fprintf(b, "  %s %s [%s]", word, f.Code, f.Rule)
		if f.OneOf > 0 {
			fmt.Fprintf(b, " one of %d", f.OneOf)
		}
		if verb == "" && !f.Counts {
			b.WriteString(" (does not count)")
		}
		if f.Waiver != "" {
			fmt.Fprintf(b, " waived by %s", f.Waiver)
		}
		fmt.Fprintf(b, ": %s\n", strings.Join(f.Facts, ", "))
	}
}

func (s explainScript) reviewerFacts(a args) string {
	p, refused := s.plan(a, slots.Interval{})
	if p == nil {
		return refused
	}
	x := p.ExplainReviewer(s.find(a), a.instant("at"))
	var b strings.Builder
	fault := [...]string{"may take it", "not offered", "not qualified", "taken"}[x.Judgement.Fault]
	fmt.Fprintf(&b, "%s", fault)
	if x.Judgement.Fault != FaultNone {
		fmt.Fprintf(&b, ": %s [%s]", x.Judgement.Detail, x.Judgement.Rule)
	}
	b.WriteString("\n")
	for _, c := range x.Cases {
		fmt.Fprintf(&b, "%s: %s %s to %s%s\n", c.CaseID, c.Tier, c.Relation, strings.Join(c.Anchors, ", "), needs(c.Unmet, c.Attestations))
		printFacts(&b, "", c.Requirements)
	}
	if x.Start != 0 {
		b.WriteString("the slot\n")
		printFacts(&b, "", x.Slot)
	}
	return b.String()
}

func (s explainScript) nothing(a args) string {
	s.zone = a.zone()
	var within slots.Interval
	if monday := a.text("monday", ""); monday != "" {
		within = WeekRange(s.zone, mustDate(monday))
	}
	var b strings.Builder
	p, _ := s.plan(a, within)
	if p != nil {
		s.explain(&b, p.ExplainNothing())
		return b.String()
	}
	q := Query{Zone: s.zone, Range: within, SpecialtyMatch: a.d.HasArg("match"), Mode: a.text("mode", "")}
	for _, id := range a.list("cases") {
		q.Cases = append(q.Cases, s.cases[id])
	}
	x, _ := ExplainRefused(s.view, q)
	b.WriteString("refused\n")
	s.explain(&b, x)
	return b.String()
}

func (s explainScript) unlocked(a args) string {
	s.zone = a.zone()
	var within slots.Interval
	if monday := a.text("monday", ""); monday != "" {
		within = WeekRange(s.zone, mustDate(monday))
	}
	p, refused := s.plan(a, within)
	if p == nil {
		return refused
	}
	offer, u, ok := p.NearestUnlocked()
	if !ok {
		return "none\n"
	}
	var b strings.Builder
	s.printOffers(&b, []Offer{*offer})
	fmt.Fprintf(&b, "unlocked by %s %s", u.Kind, u.Value)
	if u.Slots > 0 {
		fmt.Fprintf(&b, ": %d slots from %s", u.Slots, s.show(u.Earliest))
	} else {
		b.WriteString(" and more")
	}
	b.WriteString("\n")
	return b.String()
}
