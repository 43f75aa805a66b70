package matcher

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/parleyhq/parley/slots"
)

func (s *ruleScript) verdict(t *testing.T, args []datadriven.CmdArg) string {
	t.Helper()
	r, start := s.reviewer(t, args)
	v := s.rules.resolve(s.c, s.now, s.asked, s.match).verdict(r, start)
	var b strings.Builder
	if v.Tier == TierNone {
		fmt.Fprintf(&b, "never offered: %s, relation %s", v.Blocking, v.Relation)
	} else {
		fmt.Fprintf(&b, "%s, relation %s", v.Tier, v.Relation)
	}
	for _, list := range []struct {
		name  string
		codes []string
	}{{"unmet", v.Unmet.Codes()}, {"needs", v.Attestations}, {"takes", v.Optional}} {
		if len(list.codes) > 0 {
			fmt.Fprintf(&b, ", %s %s", list.name, strings.Join(list.codes, " and "))
		}
	}
	fmt.Fprintf(&b, " (%s)\n", strings.Join(v.Rules, ", "))
	return b.String()
}

func (s *ruleScript) rows(a args) string {
	var b strings.Builder
	for _, row := range s.rules.ExplainCase(s.c, s.now, s.asked).Rows {
		switch {
		case !slices.Contains(a.list("id"), row.ID):
		case row.Applies:
			fmt.Fprintf(&b, "%s governs the case\n", row.ID)
		default:
			fmt.Fprintf(&b, "%s does not: %s\n", row.ID, row.Why)
		}
	}
	return b.String()
}

func (s *ruleScript) changes(t *testing.T, args []datadriven.CmdArg) string {
	t.Helper()
	r, _ := s.reviewer(t, args)
	var b strings.Builder
	cr := s.rules.resolve(s.c, s.now, s.asked, s.match)
	for _, x := range cr.changes(r, slots.Interval{Start: s.now, End: at(t, "2028-01-01T00:00:00Z")}) {
		fmt.Fprintln(&b, x)
	}
	return b.String()
}

// changingEnd is the end of the starts that can change the decision, 0 if the horizon is.
func changingEnd(cr *caseRules) slots.Instant {
	if cr.changing.End == cr.starts.End {
		return 0
	}
	return cr.changing.End
}

func (s *ruleScript) eligible(how bool) string {
	cr := s.rules.resolve(s.c, s.now, s.asked, s.match)
	e := &cr.eligibility
	var b strings.Builder
	b.WriteString(e.Status.String())
	if len(e.Modes) > 0 {
		fmt.Fprintf(&b, " by %s", strings.Join(e.Modes, ", "))
	}
	b.WriteByte('\n')
	for _, r := range e.Reasons {
		fmt.Fprintf(&b, "  because %s (%s)\n", r.Code, r.Rule)
	}
	for _, l := range []struct {
		name string
		t    slots.Instant
	}{{"ask until", e.RequestUntil}, {"change until", e.DecisionChangingUntil}, {"changing before", changingEnd(cr)}} {
		if l.t != 0 {
			fmt.Fprintf(&b, "  %s %s\n", l.name, l.t)
		}
	}
	if cr.startsRule != "" {
		fmt.Fprintf(&b, "  starts before %s (%s)\n", cr.starts.End, cr.startsRule)
	}
	if e.DueBy != 0 {
		fmt.Fprintf(&b, "  due by %s (%s)\n", e.DueBy, e.DueByRule)
	}
	if e.Stages > 1 {
		fmt.Fprintf(&b, "  stage %s, of %d\n", e.Stage, e.Stages)
	}
	for _, r := range e.CaseEffects {
		fmt.Fprintf(&b, "  effect %s (%s)\n", r.Code, r.Rule)
	}
	if e.NoticeUntil != 0 {
		fmt.Fprintf(&b, "  offer until %s\n", e.NoticeUntil)
	}
	for _, q := range e.Requirements {
		fmt.Fprintf(&b, "  requires %s (%s)", strings.Join(strings.Fields(q.Code+" "+q.State+" "+q.Relation), " "), q.Rule)
		if q.OneOf > 0 {
			fmt.Fprintf(&b, " one of %d", q.OneOf)
		}
		b.WriteByte('\n')
	}
	for _, a := range e.Attestations {
		fmt.Fprintf(&b, "  attestation %s v%d mandatory=%t (%s)\n", a.Code, a.Version, a.Mandatory, a.Rule)
	}
	if how {
		printProcedure(&b, e)
	}
	for _, o := range e.OtherOptions {
		fmt.Fprintf(&b, "  option %s", o.Code)
		if o.Until != 0 {
			fmt.Fprintf(&b, " until %s", o.Until)
		}
		b.WriteByte('\n')
	}
	for _, a := range e.Advice {
		fmt.Fprintf(&b, "  advice %s\n", a)
	}
	return b.String()
}

// printProcedure prints how a call is held, where it is not as the default policy says.
func printProcedure(b *strings.Builder, e *Eligibility) {
	line := func(format string, args ...any) { fmt.Fprintf(b, "  "+format+"\n", args...) }
	if s := e.Speaker; s.Who == "credentials" {
		line("speaker %s doctorates=%t (%s)", strings.Join(s.Credentials, " "), s.Doctorates, s.Rule)
	} else if s.Who != "" && s.Who != "anyone" {
		line("speaker %s (%s)", s.Who, s.Rule)
	}
	if len(e.Proxies) > 0 {
		line("proxies %s", strings.Join(e.Proxies, ", "))
	}
	if slices.ContainsFunc(e.Modes, func(mode string) bool { return mode != "slot" }) {
		line("dialled by %s, at least %d windows", e.Dials, e.MinimumWindows)
	}
	for _, f := range e.Intake {
		line("intake asks for %s, known=%t (%s)", f.Fact, f.Known, e.IntakeRule)
	}
	if a := e.Attempts; a != nil {
		line("attempts %d counted in %s, then %s (%s)", a.Maximum, a.Counts, a.Then, a.Rule)
	}
	if e.Outcomes != nil {
		line("outcomes %s", strings.Join(e.Outcomes, ", "))
	}
	if e.PartialCertification {
		line("a part may be certified (%s)", e.PartialRule)
	}
	for _, d := range e.Results {
		line("result after the call: %s", d)
	}
	if e.NewInformation != "" && e.NewInformation != "any" {
		line("new information %s", e.NewInformation)
	}
	for _, c := range e.Contacts {
		line("contact %s %s: %s", c.Kind, c.Value, c.For)
	}
	for _, h := range e.Hours {
		line("reachable %s (%s)", reachable(h), h.Rule)
	}
	if e.RecordDuty {
		line("offers are recorded")
	}
}

// reachable says when the payer must be reachable.
func reachable(h HoursInfo) string {
	parts := []string{"in " + strings.Join(h.Zones, " and ")}
	if h.MinimumPerWeek > 0 {
		parts = append(parts, fmt.Sprintf("%d hours a week", h.MinimumPerWeek))
	}
	for _, spans := range [][]slots.WeeklyHours{h.Weekly, h.HolidaySpans} {
		for _, s := range spans {
			parts = append(parts, fmt.Sprintf("%v %v to %v", s.Days, s.Span.Start, s.Span.End))
		}
	}
	return strings.Join(parts, ", ")
}
