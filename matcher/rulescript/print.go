package rulescript

import (
	"fmt"
	"slices"
	"strings"

	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// eligible writes what the rules say of the case, and if asked how a call is held.
func (p *player) eligible(how bool) string {
	e := p.rules.Eligibility(p.c, p.now, p.asked)
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
		name, rule string
		t          slots.Instant
	}{
		{"ask until", "", e.RequestUntil}, {"change until", "", e.DecisionChangingUntil},
		{"due by", e.DueByRule, e.DueBy}, {"offer until", "", e.NoticeUntil},
	} {
		switch {
		case l.t != 0 && l.rule != "":
			fmt.Fprintf(&b, "  %s %s (%s)\n", l.name, l.t, l.rule)
		case l.t != 0:
			fmt.Fprintf(&b, "  %s %s\n", l.name, l.t)
		}
	}
	if e.Stages > 1 {
		fmt.Fprintf(&b, "  stage %s, of %d\n", e.Stage, e.Stages)
	}
	for _, r := range e.CaseEffects {
		fmt.Fprintf(&b, "  effect %s (%s)\n", r.Code, r.Rule)
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
		procedure(&b, &e)
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

// procedure writes how a call is held, where a row says so.
func procedure(b *strings.Builder, e *matcher.Eligibility) {
	line := func(format string, args ...any) { fmt.Fprintf(b, "  "+format+"\n", args...) }
	line("call of %d minutes on a grid of %d, asked %d minutes to %d hours ahead, held for %d",
		e.CallMinutes, e.GridMinutes, e.LeadMinutes, e.HorizonHours, e.HoldMinutes)
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
		line("outcomes %s (%s)", strings.Join(e.Outcomes, ", "), e.OutcomesRule)
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
	if e.RecordDuty {
		line("offers are recorded")
	}
}

// match writes what the rules say of a reviewer at one start.
func (p *player) match(args []argument) (string, error) {
	r, start, err := p.reviewer(args)
	if err != nil {
		return "", err
	}
	roster := matcher.NewRoster()
	roster.Put(r)
	view := &matcher.View{Tenant: tenant, Rules: p.rules, Roster: roster, Calendar: slots.NewCalendar(), Now: p.now}
	q := matcher.Query{Cases: []*matcher.Case{p.c}, FirstAsked: p.asked, SpecialtyMatch: p.specialtyMatch, Waivable: matcher.RevealAlways}
	if modes := p.rules.Eligibility(p.c, p.now, p.asked).Modes; len(modes) > 0 { // who qualifies is the same in all of them
		q.Mode = modes[0]
	}
	plan, refused := matcher.NewPlan(view, q)
	if refused != nil {
		var b strings.Builder
		fmt.Fprintf(&b, "refused: %s\n", refused.Code)
		for _, reason := range refused.Reasons {
			fmt.Fprintf(&b, "  because %s (%s)\n", reason.Code, reason.Rule)
		}
		return b.String(), nil
	}
	return verdict(plan.Judge(r, start)), nil
}

func verdict(j matcher.Judgement) string {
	var b strings.Builder
	switch j.Fault {
	case matcher.FaultNotOffered:
		fmt.Fprintf(&b, "not offered: %s", j.Detail)
		if j.Rule != "" {
			fmt.Fprintf(&b, " (%s)", j.Rule)
		}
		return b.String() + "\n"
	case matcher.FaultNotQualified:
		fmt.Fprintf(&b, "never offered: %s (%s), relation %s", j.Detail, j.Rule, j.Relation)
	default:
		fmt.Fprintf(&b, "%s, relation %s", j.Tier, j.Relation)
	}
	for _, list := range []struct {
		name  string
		codes []string
	}{{"unmet", j.Unmet.Codes()}, {"needs", j.Attestations}, {"takes", j.Optional}} {
		if len(list.codes) > 0 {
			fmt.Fprintf(&b, ", %s %s", list.name, strings.Join(list.codes, " and "))
		}
	}
	if j.Consultative {
		b.WriteString(", consultative")
	}
	if j.Late {
		b.WriteString(", late")
	}
	fmt.Fprintf(&b, " (%s)\n", strings.Join(j.Rules, ", "))
	return b.String()
}
