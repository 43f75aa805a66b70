package matcher

import (
	"math/bits"
	"slices"
	"strconv"
	"strings"

	"github.com/parleyhq/parley/slots"
)

// ReviewerExplanation says, fact by fact, why a reviewer may take the call or may
// not, and why a start can be had or cannot.
type ReviewerExplanation struct {
	ReviewerID string
	Start      slots.Instant // 0: about no start
	At         slots.Instant // the instant at which licences were judged: start, else the first that the limits allow
	// Judgement is that of Plan.Judge. About no start it holds what the rules say
	// alone, and its fault is FaultNone or FaultNotQualified.
	Judgement Judgement
	Cases     []CaseFacts
	// Slot holds the gates that a start passes besides the requirements, in the order in
	// which a booking is refused; about no start only that of the tenant, identity. The first that
	// counts and is not met is the judgement's detail; requirements stand between identity and call.
	Slot []RequirementFact
}

// CaseFacts is the part of one case.
type CaseFacts struct {
	CaseJudgement          // whatever else is wrong with the start
	Anchors       []string // NUCC codes that the relation compares the reviewer with
	Requirements  []RequirementFact
}

// ExplainReviewer explains r for a call that starts at start, 0 for no start in
// particular. It says the same as Judge, and what Judge leaves out once it has refused.
func (p *Plan) ExplainReviewer(r *Reviewer, start slots.Instant) ReviewerExplanation {
	x := ReviewerExplanation{ReviewerID: r.ID, Start: start, At: start}
	if start == 0 {
		x.At = p.limits.Start
	}
	var more particulars
	m := p.match(r, x.At, &more)
	m.cases = slices.Clone(m.cases)
	for i, cr := range p.rules {
		x.Cases = append(x.Cases, CaseFacts{
			CaseJudgement: m.cases[i], Anchors: cr.compared(), Requirements: cr.facts(r, x.At),
		})
	}
	if start != 0 {
		x.Judgement, x.Slot = p.Judge(r, start), p.slotFacts(r, start)
		return x
	}
	x.Slot = []RequirementFact{p.tenantFact(r)}
	j := &x.Judgement
	j.Tier, j.Relation, j.Unmet, j.Consultative, j.Late = m.tier, m.relation, m.unmet, m.consultative, p.late(x.At)
	j.Attestations, j.Optional, j.Met, j.Rules, j.Cases = m.attestations, more.optional, more.met, more.rules, m.cases
	switch {
	case r.Tenant != p.view.Tenant:
		*j = j.fail(FaultNotQualified, NeedIdentity.String(), "")
	case m.tier == TierNone:
		*j = j.fail(FaultNotQualified, p.unqualified(&m), m.blocking)
	}
	return x
}

// compared returns the codes that the relation of a reviewer is measured against.
func (cr *caseRules) compared() []string {
	anchors := cr.defaults
	for i := range cr.rows {
		cr.rows[i].tree.each(func(n *activeNode) {
			if n.Specialty != nil {
				anchors = append(anchors[:len(anchors):len(anchors)], n.anchors...)
			}
		})
	}
	return anchorCodes(anchors)
}

// slotFacts lists the gates of a start and what is known at each.
func (p *Plan) slotFacts(r *Reviewer, start slots.Instant) []RequirementFact {
	d := &desk{plan: p, reviewer: r}
	d.open(slots.Interval{Start: start, End: start + 1})
	found := p.limitFacts(start)
	add := func(code string, met bool, facts ...string) {
		found = append(found, RequirementFact{Code: code, Facts: facts, Met: met, Counts: true})
	}
	call := p.call(start)
	add(detailOutsideHours, d.hours.Covers(call), "call="+spanFact(call), "hours="+hoursFact(r, start))
	found = append(found, p.tenantFact(r))
	busy := d.busy(start)
	way := []string{"busy=" + spanFact(busy)}
	for i := range d.calls {
		if d.calls[i].busy.Start < busy.End && busy.Start < d.calls[i].busy.End && len(way) <= maxFactValues {
			way = append(way, "call="+spanFact(d.calls[i].busy))
		}
	}
	add(detailCall, len(way) == 1, way...)
	if r.MaxPerDay == 0 {
		add(detailCap, true, "cap=none")
	} else {
		calls := d.onDate(start)
		add(detailCap, calls < r.MaxPerDay, "cap="+strconv.Itoa(r.MaxPerDay), "day="+r.Zone.Date(start).String(), "calls="+strconv.Itoa(calls))
	}
	return append(found, p.tickFact(start))
}

// tenantFact says whether the reviewer is anybody to the plan.
func (p *Plan) tenantFact(r *Reviewer) RequirementFact {
	ours := r.Tenant == p.view.Tenant
	facts := []string{"same_tenant=" + strconv.FormatBool(ours)}
	return RequirementFact{Code: NeedIdentity.String(), Facts: facts, Met: ours, Counts: true}
}

// limitFacts lists the gates that concern no reviewer, as Plan.outside asks them.
func (p *Plan) limitFacts(start slots.Instant) []RequirementFact {
	at := "start=" + start.String()
	lead, horizon := p.leadRule(), p.horizonRule()
	last := RequirementFact{Code: detailBeyondHorizon, Rule: horizon, Source: p.sourceOf(horizon), Facts: []string{at, "before=" + p.limits.End.String()}}
	if p.limitRule != "" {
		last.Code, last.Rule, last.Source = detailBeyondLimit, p.limitRule, p.sourceOf(p.limitRule)
		for _, by := range p.appendDue(nil) {
			last.Facts = append(last.Facts, "decision_due_by="+by.Rule)
		}
	}
	last.Met = start < p.limits.End
	early := start < p.limits.Start
	found := []RequirementFact{
		{Code: detailOffGrid, Facts: []string{at, "grid_minutes=" + strconv.Itoa(p.Grid.StepMinutes)}, Met: p.Grid.On(start)},
		{Code: detailPast, Facts: []string{at, "now=" + p.view.Now.String()}, Met: !early || start >= p.view.Now},
		{Code: detailLeadTime, Rule: lead, Source: p.sourceOf(lead), Facts: []string{at, "from=" + p.limits.Start.String()}, Met: !early},
		last,
	}
	if p.query.Windows != nil {
		call := p.call(start)
		found = append(found, RequirementFact{
			Code: detailOutsideWindow, Met: p.windows.Covers(call),
			Facts: []string{"call=" + spanFact(call), "windows=" + setFact(p.windows)},
		})
	}
	for i := range found {
		found[i].Counts = true
	}
	return found
}

// tickFact says which boxes a call at start needs; Judge does not ask for them.
func (p *Plan) tickFact(start slots.Instant) RequirementFact {
	needed, ticks := p.boxes(start), p.query.Ticks
	return RequirementFact{
		Code: becauseNotTicked, Met: needed.Days&^ticks.Days == 0 && needed.Hours&^ticks.Hours == 0,
		Facts: []string{"days=" + daysFact(needed.Days), "hours=" + hourFact(needed.Hours)},
	}
}

// leadRule and horizonRule name the payer's row behind the ends of the limits.
func (p *Plan) leadRule() string {
	return p.payerBehind(func(cr *caseRules) bool { return cr.starts.Start == p.limits.Start })
}

func (p *Plan) horizonRule() string {
	return p.payerBehind(func(cr *caseRules) bool { return cr.starts.End == p.limits.End })
}

func (p *Plan) payerBehind(decides func(*caseRules) bool) string {
	for _, cr := range p.rules {
		if decides(cr) {
			return cr.payer.ID
		}
	}
	return p.rules[0].payer.ID
}

// sourceOf returns the source of the row that a rule's id names: the row's own
// id, or its id, a slash and a part.
func (p *Plan) sourceOf(rule string) string {
	id, _, _ := strings.Cut(rule, "/")
	for i := range p.view.Rules.rows {
		if info := &p.view.Rules.rows[i]; info.ID == id {
			return info.Source
		}
	}
	return ""
}

func spanFact(i slots.Interval) string { return i.Start.String() + "/" + i.End.String() }

// hoursFact spells a reviewer's hours, blocks taken out, on his local date of start.
func hoursFact(r *Reviewer, start slots.Instant) string {
	date := r.Zone.Date(start)
	return setFact(r.Hours.Expand(r.Zone, r.Zone.Dates(date, date).Hull()))
}

func setFact(set slots.Set) string {
	var spans []string
	for i := range set.Len() {
		spans = append(spans, spanFact(set.At(i)))
	}
	return listFact(spans, "none")
}

func daysFact(days slots.Weekdays) string {
	var names []string
	for set := uint8(days); set != 0; set &= set - 1 {
		names = append(names, slots.Weekday(bits.TrailingZeros8(set)).String())
	}
	return listFact(names, "none")
}

// hourFact spells hours of the day; a full day has more than a list of facts names.
func hourFact(hours uint32) string {
	var names []string
	for set := hours; set != 0; set &= set - 1 {
		names = append(names, strconv.Itoa(bits.TrailingZeros32(set)))
	}
	return strings.Join(names, ",")
}
