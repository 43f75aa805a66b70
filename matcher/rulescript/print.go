package rulescript

import (
	"fmt"
	"strings"

	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// eligible writes what the rules say of the case.
func (p *player) eligible() string {
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
		name string
		t    slots.Instant
	}{{"ask until", e.RequestUntil}, {"change until", e.DecisionChangingUntil}, {"due by", e.DueBy}} {
		if l.t != 0 {
			fmt.Fprintf(&b, "  %s %s\n", l.name, l.t)
		}
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

// match writes what the rules say of a reviewer at one start.
func (p *player) match(args []argument) (string, error) {
	r, start, err := p.reviewer(args)
	if err != nil {
		return "", err
	}
	roster := matcher.NewRoster()
	roster.Put(r)
	view := &matcher.View{Tenant: tenant, Rules: p.rules, Roster: roster, Calendar: slots.NewCalendar(), Now: p.now}
	plan, refused := matcher.NewPlan(view, matcher.Query{
		Cases: []*matcher.Case{p.c}, FirstAsked: p.asked, SpecialtyMatch: p.specialtyMatch, Waivable: matcher.RevealAlways,
	})
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
	fmt.Fprintf(&b, " (%s)\n", strings.Join(j.Rules, ", "))
	return b.String()
}
