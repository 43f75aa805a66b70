package matcher

import (
	"slices"

	"github.com/parleyhq/parley/slots"
)

// Fault says which gate a slot fails, in the order in which a booking is refused.
type Fault uint8

// The faults, in that order.
const (
	// FaultNone: the slot can be booked, with the attestations it needs.
	FaultNone Fault = iota
	// FaultNotOffered: off the grid, outside the hours, past, beyond a limit.
	FaultNotOffered
	// FaultNotQualified: the reviewer may not take the case.
	FaultNotQualified
	// FaultTaken: a call, its buffers or a cap is in the way.
	FaultTaken
)

// CaseJudgement is the part of one case in a judgement.
type CaseJudgement struct {
	CaseID       string
	Tier         Tier
	Relation     Relation
	Unmet        Needs
	Consultative bool
	Late         bool     // it starts after the payer had to hold the call
	Attestations []string // codes that booking this case on this slot needs, waivers and mandatory ones
	Optional     []string // codes that are stored if sent
}

// Judgement is what the one predicate says of a reviewer and a start. What the
// rules say (from Tier on) is empty where the fault is FaultNotOffered.
type Judgement struct {
	Fault    Fault
	Detail   string         // machine-readable: off_grid, outside_hours, outside_windows, past, lead_time, beyond_horizon, beyond_limit, call, cap, stage, or the code of a need that Rule asks for
	Rule     string         // the rule or limit that decided, for a refusal
	Span     slots.Interval // the call
	Busy     slots.Interval // with the reviewer's present buffers
	Tier     Tier
	Relation Relation
	Unmet    Needs
	// Consultative: the decision of every case can no longer change.
	Consultative bool
	Late         bool     // it starts after the payer had to hold the call, for some case
	Attestations []string // union over the cases, sorted
	Optional     []string
	Met          []string // requirement codes that are met, sorted
	Rules        []string // ids of the rows that judged, sorted
	Cases        []CaseJudgement
}

// Clone returns a judgement that shares no list with the plan's memory.
func (j Judgement) Clone() Judgement {
	j.Attestations, j.Optional = slices.Clone(j.Attestations), slices.Clone(j.Optional)
	j.Met, j.Rules = slices.Clone(j.Met), slices.Clone(j.Rules)
	j.Cases = slices.Clone(j.Cases)
	for i := range j.Cases {
		c := &j.Cases[i]
		c.Attestations, c.Optional = slices.Clone(c.Attestations), slices.Clone(c.Optional)
	}
	return j
}

// Details of a judgement that are not needs' codes.
const (
	detailOffGrid       = "off_grid"
	detailOutsideHours  = "outside_hours"
	detailPast          = "past"
	detailLeadTime      = "lead_time"
	detailBeyondHorizon = "beyond_horizon"
	detailBeyondLimit   = "beyond_limit"
	detailOutsideWindow = "outside_windows"
	detailStage         = "stage"
	detailCall          = "call"
	detailCap           = "cap"
)

// Judge is the one predicate behind search, hold, book, reschedule and explain. It ignores
// ticks and the query's range, and honours windows, lead time, horizon and the cases' limits. A reviewer
// of another tenant is nobody to the plan: not qualified, identity. A specialty match that the
// caller asked for and does not get shows in Unmet and is no fault.
func (p *Plan) Judge(r *Reviewer, start slots.Instant) Judgement {
	d := &desk{plan: p, reviewer: r}
	j := Judgement{Span: p.call(start), Busy: d.busy(start)}
	if detail, rule := p.outside(start); detail != "" {
		return j.fail(FaultNotOffered, detail, rule)
	}
	d.open(slots.Interval{Start: start, End: start + 1})
	if !d.hours.Covers(j.Span) {
		return j.fail(FaultNotOffered, detailOutsideHours, "")
	}
	var more particulars
	m := p.match(r, start, &more)
	j.Tier, j.Relation, j.Unmet, j.Consultative, j.Late = m.tier, m.relation, m.unmet, m.consultative, p.late(start)
	j.Attestations, j.Optional, j.Met, j.Rules, j.Cases = m.attestations, more.optional, more.met, more.rules, slices.Clone(m.cases)
	if r.Tenant != p.view.Tenant {
		return j.fail(FaultNotQualified, Needs(1 << NeedIdentity).Codes()[0], "")
	}
	if m.tier == TierNone {
		return j.fail(FaultNotQualified, p.unqualified(&m), m.blocking)
	}
	if detail := d.taken(start); detail != "" {
		return j.fail(FaultTaken, detail, "")
	}
	return j
}

func (j Judgement) fail(f Fault, detail, rule string) Judgement {
	j.Fault, j.Detail, j.Rule = f, detail, rule
	return j
}

// unqualified is the detail of a match that is barred: stage, or the code of the
// need behind the rule that bars it.
func (p *Plan) unqualified(m *match) string {
	if slices.ContainsFunc(p.rules, func(cr *caseRules) bool { return cr.stageRule == m.blocking }) {
		return detailStage
	}
	return m.barred.decisive().String()
}

// outside says why start is on nobody's offer, "" if it may be.
func (p *Plan) outside(start slots.Instant) (detail, rule string) {
	switch {
	case !p.Grid.On(start):
		return detailOffGrid, ""
	case start < p.limits.Start && start < p.view.Now:
		return detailPast, ""
	case start < p.limits.Start:
		return detailLeadTime, ""
	case start >= p.limits.End && p.limitRule != "":
		return detailBeyondLimit, p.limitRule
	case start >= p.limits.End:
		return detailBeyondHorizon, ""
	case !p.windows.Covers(p.call(start)):
		return detailOutsideWindow, ""
	}
	return "", ""
}
