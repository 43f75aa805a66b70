package matcher

import (
	"maps"
	"slices"
	"strings"
)

// ExplainNothing says why nothing can be booked as it was asked for, and each
// single change that would yield a call. Both lists are empty if something can.
func (p *Plan) ExplainNothing() Explanation { return p.explain(0) }

// ExplainRefused does so for a query that has no plan: the reasons are those of
// the refusal, and the change tried is the deadline that has passed. It is not ok
// if the query has a plan.
func ExplainRefused(v *View, q Query) (x Explanation, ok bool) {
	_, refusal := NewPlan(v, q)
	if refusal == nil {
		return x, false
	}
	for _, r := range refusal.Reasons {
		x.NothingBecause = append(x.NothingBecause, Because{Code: r.Code, Rule: r.Rule, Detail: r.Message})
	}
	if len(refusal.Reasons) == 0 {
		x.NothingBecause = []Because{{Code: refusal.Code, Rule: refusedBy(v, q), Detail: modesFact(v, q)}}
	}
	x.Unlock = passedUnlock(v, q, refusal)
	return x, true
}

// passedUnlock tries the query without the one rule that refused it, if that is a
// deadline: a second reason would remain. Where a fact is missing it is the fact
// that would help, and what it would yield at most is counted.
func passedUnlock(v *View, q Query, refusal *Refusal) []Unlock {
	if len(refusal.Reasons) != 1 {
		return nil
	}
	reason := refusal.Reasons[0]
	relaxed := *v
	if relaxed.Rules = v.Rules.without(reason.Rule); relaxed.Rules == nil {
		return nil
	}
	u := Unlock{Kind: "deadline", Value: reason.Rule, Rule: reason.Rule}
	if fact, absent := strings.CutSuffix(reason.Code, "_unknown"); absent {
		u.Kind, u.Value = "fact", fact
	}
	p := Plan{source: treeSource{}}
	return p.instead(&relaxed, q, u)
}

// refusedBy names the payer's row of the first case, the health plan if none governs it.
func refusedBy(v *View, q Query) string {
	for _, c := range q.Cases {
		if cr := v.Rules.resolve(c, v.Now, q.FirstAsked, q.SpecialtyMatch); cr.payer != nil {
			return cr.payer.ID
		}
	}
	return ""
}

// modesFact says in which modes each case of a query may be called about.
func modesFact(v *View, q Query) string {
	var parts []string
	for _, c := range q.Cases {
		e := v.Rules.Eligibility(c, v.Now, q.FirstAsked)
		parts = append(parts, c.HealthPlan+" "+c.Program+" by "+listFact(e.Modes, "no mode"))
	}
	return listFact(parts, "no case")
}

// deadlineUnlock tries the query without the limit that ends the starts on offer.
func (p *Plan) deadlineUnlock() []Unlock {
	relaxed := *p.view
	if relaxed.Rules = p.view.Rules.without(p.limitRule); relaxed.Rules == nil {
		return nil
	}
	return p.instead(&relaxed, p.query, Unlock{Kind: "deadline", Value: p.limitRule, Rule: p.limitRule})
}

// without returns the rules as if one deadline did not exist, a limit of a payer's
// row or its window to ask; nil if rule names none.
func (rs *Ruleset) without(rule string) *Ruleset {
	id, part, _ := strings.Cut(rule, "/")
	i := slices.IndexFunc(rs.payerRows, func(r *payerRow) bool { return r.ID == id && r.applied() })
	if i < 0 || part == "" {
		return nil
	}
	row := *rs.payerRows[i]
	row.Limits = slices.DeleteFunc(slices.Clone(row.Limits), func(l limit) bool { return l.rule == rule })
	switch {
	case len(row.Limits) < len(rs.payerRows[i].Limits):
	case part == requestWindowPart && row.RequestWindow != nil:
		row.RequestWindow = nil
	default:
		return nil
	}
	relaxed := *rs
	relaxed.payers = maps.Clone(rs.payers)
	rows := slices.Clone(rs.payers[row.HealthPlan])
	for k := range rows {
		if rows[k] == rs.payerRows[i] {
			rows[k] = &row
		}
	}
	relaxed.payers[row.HealthPlan] = rows
	return &relaxed
}

// requestWindowPart is the part of a payer's row that its window to ask has in rules' ids.
const requestWindowPart = "request-window"
