package matcher

import (
	"maps"
	"slices"
	"strings"

	"github.com/parleyhq/parley/slots"
)

// ExplainNothing says why nothing can be booked as it was asked for, and each
// single change that would yield a call. Both lists are empty if something can.
func (p *Plan) ExplainNothing() Explanation { return p.explain(0, glimpse{}) }

// ExplainRefused does so for a query that has no plan: the reasons are those of
// the refusal, and the change tried is the deadline that has passed. It is not ok
// if the query has a plan.
func ExplainRefused(v *View, q Query) (x Explanation, ok bool) {
	_, refusal := NewPlan(v, q)
	if refusal == nil {
		return x, false
	}
	for _, r := range refusal.Reasons {
		x.NothingBecause = append(x.NothingBecause, Because{Code: r.Code, Rule: r.Rule, Detail: Text(r.Message)})
	}
	if len(refusal.Reasons) == 0 {
		rule, modes := refusedBy(v, q)
		x.NothingBecause = []Because{{Code: refusal.Code, Rule: rule, Detail: Text(modes)}}
	}
	x.Unlock = passedUnlock(v, q, refusal)
	return x, true
}

// passedUnlock tries the query without the one rule that refused it, if that is a
// deadline: a second reason would remain. Where a fact is missing it is the fact
// that would help, and what it would yield at most is counted.
func passedUnlock(v *View, q Query, refusal *Refusal) []Unlock {
	reasons := slices.DeleteFunc(slices.Clone(refusal.Reasons), func(r Reason) bool { return r.Code == decisionDueByLaw })
	if len(reasons) != 1 {
		return nil
	}
	reason := reasons[0]
	relaxed := *v
	u := Unlock{Kind: "deadline", Value: reason.Rule, Rule: reason.Rule}
	fact, absent := strings.CutSuffix(reason.Code, "_unknown")
	if absent {
		u.Kind, u.Value = "fact", fact
	}
	if absent || reason.Code == "request_window_closed" {
		i := slices.IndexFunc(q.Cases, func(c *Case) bool { return c.ID == refusal.CaseID })
		relaxed.Rules = v.Rules.withoutWindow(v.Rules.resolve(q.Cases[i], v.Now, q.FirstAsked, false).payer)
	} else {
		relaxed.Rules = v.Rules.withoutDeadline(reason.Rule)
	}
	if relaxed.Rules == nil {
		return nil
	}
	p := Plan{source: treeSource{}, mem: new(Searcher)}
	return appendUnlock(nil, u.Kind, u.Value, u.Rule, p.instead(&relaxed, &q))
}

// refusedBy names the payer's row of the first case that has one, and the modes in
// which each case of a query may be called about.
func refusedBy(v *View, q Query) (rule, modes string) {
	var parts []string
	for _, c := range q.Cases {
		cr := v.Rules.resolve(c, v.Now, q.FirstAsked, q.SpecialtyMatch)
		if rule == "" && cr.payer != nil {
			rule = cr.payer.ID
		}
		parts = append(parts, c.HealthPlan+" "+c.Program+" by "+listFact(cr.eligibility.Modes, "no mode"))
	}
	return rule, listFact(parts, "no case")
}

// appendDeadline tries the query without the limit that ends the starts on offer.
func (p *Plan) appendDeadline(list []Unlock) []Unlock {
	rules := p.view.Rules.withoutDeadline(p.limitRule)
	if rules == nil {
		return list
	}
	relaxed := *p.view
	relaxed.Rules = rules
	return appendUnlock(list, "deadline", p.limitRule, p.limitRule, p.instead(&relaxed, &p.query))
}

// withoutDeadline returns the rules as if the deadline that a rule sets for the
// starts on offer did not exist; nil if it sets none.
func (rs *Ruleset) withoutDeadline(rule string) *Ruleset {
	id, part, _ := strings.Cut(rule, "/")
	if part == "" {
		return rs.withoutLaw(id)
	}
	i := slices.IndexFunc(rs.payerRows, func(r *payerRow) bool { return r.ID == id && r.applied() })
	if i < 0 {
		return nil
	}
	row := *rs.payerRows[i]
	row.Limits = slices.DeleteFunc(slices.Clone(row.Limits), func(l limit) bool { return l.rule == rule })
	switch {
	case len(row.Limits) < len(rs.payerRows[i].Limits):
	case part == "response-clock" && row.ResponseClock != nil:
		row.ResponseClock = nil
	default:
		return nil
	}
	return rs.withPayer(rs.payerRows[i], &row)
}

// withoutWindow returns the rules as if a payer bounded the time to ask by nothing;
// nil if it does not.
func (rs *Ruleset) withoutWindow(payer *payerRow) *Ruleset {
	if payer == nil || payer.RequestWindow == nil {
		return nil
	}
	row := *payer
	row.RequestWindow = nil
	return rs.withPayer(payer, &row)
}

// withPayer returns the rules with a payer's row in the place of another.
func (rs *Ruleset) withPayer(old, row *payerRow) *Ruleset {
	changed := *rs
	changed.payers = maps.Clone(rs.payers)
	rows := slices.Clone(rs.payers[old.HealthPlan])
	for i := range rows {
		if rows[i] == old {
			rows[i] = row
		}
	}
	changed.payers[old.HealthPlan] = rows
	return &changed
}

// withoutLaw returns the rules with a row of jurisdictions that ends no starts.
func (rs *Ruleset) withoutLaw(id string) *Ruleset {
	i := slices.IndexFunc(rs.jurisdictions, func(r *jurisdictionRow) bool { return r.ID == id })
	if i < 0 {
		return nil
	}
	row := *rs.jurisdictions[i]
	row.ResponseClock, row.PreDeterminationOnly = nil, nil
	changed := *rs
	changed.jurisdictions = slices.Clone(rs.jurisdictions)
	changed.jurisdictions[i] = &row
	return &changed
}

// appendWindows tries the times around the requester's windows. Its value is the
// start nearest to them.
func (p *Plan) appendWindows(list []Unlock) []Unlock {
	if p.query.Windows == nil {
		return list
	}
	q := p.query
	q.Windows, q.Range = nil, p.aroundWindows().Intersect(p.window)
	if q.Range.Empty() {
		return list
	}
	free, refusal := NewPlan(p.view, q)
	if refusal != nil {
		return list
	}
	u := Unlock{Kind: "windows"}
	var nearest slots.Instant
	p.source.each(free, free.window, free.ticked(free.window), asAsked, func(_ *Reviewer, start slots.Instant, _ *span) bool {
		p.work.spend(workChange)
		far, farthest := p.outsideBy(start), p.outsideBy(nearest)
		if u.Slots == 0 || far < farthest || far == farthest && start < nearest {
			nearest = start
		}
		u.add(start)
		return true
	})
	if u.Slots == 0 {
		return list
	}
	u.Value = nearest.String()
	return append(list, u)
}

// aroundWindows are the starts that are not too far from the requester's windows; of
// none, not too far from the first possible start.
func (p *Plan) aroundWindows() slots.Interval {
	hull := p.windows.Hull()
	if p.windows.Empty() {
		hull = slots.Interval{Start: p.limits.Start, End: p.limits.Start}
	}
	reach := windowsReach
	if p.Mode == modeAdHoc {
		reach = adHocReach / 2
	}
	return slots.Interval{Start: hull.Start - reach, End: hull.End + reach}
}

// outsideBy returns by how much a call at start misses the nearest window, 0 = it
// lies inside one. Without windows the earlier start is the nearer one.
func (p *Plan) outsideBy(start slots.Instant) slots.Instant {
	call := p.call(start)
	if p.windows.Empty() {
		return max(start-p.limits.Start, 0)
	}
	least := everything.Hull().End
	for i := range p.windows.Len() {
		w := p.windows.At(i)
		least = min(least, max(w.Start-call.Start, call.End-w.End, 0))
	}
	return least
}

// appendOriginals looks at the reviewers whom a rule prefers, at times that were not
// asked for: they have some, or the rule would not bind.
func (p *Plan) appendOriginals(list []Unlock) []Unlock {
	for _, o := range p.originals {
		window := p.limits.Intersect(slots.Interval{Start: p.limits.Start, End: o.until + 1})
		d := desk{plan: p}
		if d.seat(o.reviewer, window); d.tiers(asAsked) == 0 {
			continue // two such rules exclude one another
		}
		d.open(window)
		var y yield
		d.starts(p.windows.Clip(p.reach(window)), asAsked, func(start slots.Instant, _ *span) bool {
			y.add(1, start)
			return true
		})
		list = appendUnlock(list, "original_reviewer", o.reviewer.ID, o.rule, y)
	}
	return list
}
