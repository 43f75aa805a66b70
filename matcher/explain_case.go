package matcher

import (
	"cmp"
	"slices"
	"strings"

	"github.com/parleyhq/parley/slots"
)

// CaseExplanation is everything that the rules say of a case, and which of them
// could have spoken and did not.
type CaseExplanation struct {
	CaseID      string
	Eligibility Eligibility
	Rows        []RowExplanation // payers' rows before the others, each by id
	// Requirements are what reviewers must meet, with the facts that the case gives.
	// Nobody has been judged: none is met, none counts.
	Requirements []RequirementFact
}

// RowExplanation is a row that was looked at for a case: the rows of its health
// plan, those for plans without rows of their own, the rows of its states, and
// all federal and accreditation rows.
type RowExplanation struct {
	ID, Title, Source string
	Kind              string // payer, state, federal, accreditation
	Applies           bool
	// Why names what keeps the row out, "" if it applies: phrases joined by ", ", the
	// first word of each the dimension (unverified, disabled, plan, program, line, level, phase,
	// status, date, state, accreditation, plan_type, agent, trigger, replaced), then the fact of the case that
	// does not fit, or the row that takes this one's place.
	Why string
}

// RequirementFact is one requirement with what was known when it was judged.
type RequirementFact struct {
	Code   string // license, specialty, …; of a slot the detail of a judgement that fails it: off_grid, call, …
	Rule   string // the row that asks for it, "" if the caller or the calendar does
	Source string // of that row
	Facts  []string
	Met    bool
	// OneOf is 0 for a requirement that binds; requirements of one row and case that
	// share another number are alternatives. Of alternatives only those Count that decided.
	OneOf  int
	Counts bool
	Waiver string // the attestation that would let a caller go on, "" = none or not needed
}

// ExplainCase says what the rules say of a case at now and which rows were looked
// at; firstAsked is when the call was first asked for, 0 = now.
func (rs *Ruleset) ExplainCase(c *Case, now, firstAsked slots.Instant) CaseExplanation {
	cr := rs.resolve(c, now, firstAsked, false)
	x := CaseExplanation{CaseID: c.ID, Eligibility: cr.eligibility}
	x.Eligibility.Reasons = slices.Concat(x.Eligibility.Reasons, cr.unread)
	asked := cmp.Or(c.P2PRequestedAt, firstAsked, now)
	for _, row := range rs.payerRows {
		if row.HealthPlan == c.HealthPlan || row.HealthPlan == defaultPlan {
			x.Rows = append(x.Rows, RowExplanation{
				ID: row.ID, Title: row.Title, Source: row.Source, Kind: "payer",
				Applies: row == cr.payer, Why: strings.Join(row.whyNot(rs, c, asked), ", "),
			})
		}
	}
	for _, row := range rs.lawRows {
		if row.Kind != "state" || slices.Contains(row.States, c.SitusState) || slices.Contains(row.States, c.MemberState) {
			x.Rows = append(x.Rows, RowExplanation{
				ID: row.ID, Title: row.Title, Source: row.Source, Kind: row.Kind,
				Applies: cr.conjoined(row.ID), Why: strings.Join(row.whyNot(cr, asked), ", "),
			})
		}
	}
	x.Requirements = cr.facts(nil, 0)
	return x
}

// conjoined reports whether a row of jurisdictions governs the case.
func (cr *caseRules) conjoined(id string) bool {
	return slices.ContainsFunc(cr.rows, func(r activeRow) bool { return r.rules == nil && r.id == id })
}

// misfits collects the dimensions of a row that keep a case out.
type misfits []string

func (m *misfits) add(out bool, phrase string) {
	if out {
		*m = append(*m, phrase)
	}
}

// head adds what a row's switches and dates keep out.
func (m *misfits) head(h *rowHead, zone *slots.Zone, asked slots.Instant) {
	m.add(h.Verified == nil || !*h.Verified, "unverified")
	m.add(!h.enabled(), "disabled")
	if zone == nil {
		zone = slots.UTC()
	}
	date := zone.Date(asked)
	m.add(!h.validity.holds(date), "date "+date.String())
}

// whyNot lists the dimensions that keep a payer's row from governing a case first asked for at asked.
func (r *payerRow) whyNot(rs *Ruleset, c *Case, asked slots.Instant) (out misfits) {
	out.head(&r.rowHead, r.zone, asked)
	_, known := rs.payers[c.HealthPlan]
	out.add(r.HealthPlan == defaultPlan && known && c.HealthPlan != defaultPlan, "plan "+c.HealthPlan)
	out.add(!oneOf(r.Programs, c.Program), "program "+c.Program)
	out.add(!oneOf(r.Lines, c.LineOfBusiness), "line "+c.LineOfBusiness)
	out.add(!oneOf(r.Levels, c.LevelOfReview), "level "+c.LevelOfReview)
	out.add(!oneOf(r.Phases, c.Phase), "phase "+c.Phase)
	return out
}

// whyNot lists the dimensions that keep a row of jurisdictions from covering a case.
func (r *jurisdictionRow) whyNot(cr *caseRules, asked slots.Instant) (out misfits) {
	c, zone, state := cr.c, r.zone, ""
	if r.Kind == "state" {
		if state = r.stateOf(c); zone == nil {
			zone = cr.rs.zones[state]
		}
	}
	out.head(&r.rowHead, zone, asked)
	out.add(r.Kind == "state" && !slices.Contains(r.States, state), "state "+cmp.Or(state, "unknown"))
	out.add(cr.payer == nil, "plan "+c.HealthPlan)
	if r.Accreditation != "" && cr.payer != nil {
		out.add(!slices.Contains(cr.payer.Accreditations, r.Accreditation), "accreditation "+r.Accreditation)
	}
	out.add(!slices.Contains(r.Lines, c.LineOfBusiness), "line "+c.LineOfBusiness)
	out.add(!slices.Contains(r.Levels, c.LevelOfReview), "level "+c.LevelOfReview)
	out.add(!slices.Contains(r.Phases, c.Phase), "phase "+c.Phase)
	out.add(!slices.Contains(r.Statuses, c.Determination.Status), "status "+c.Determination.Status)
	out.add(!oneOf(r.PlanTypes, c.PlanType), "plan_type "+cmp.Or(c.PlanType, "unknown"))
	out.add(r.Agent && cr.payer != nil && cr.payer.AgentSpecialty == "", "agent none")
	out.add(!r.Trigger.active(c, cr.specialtyMatch), "trigger "+r.Trigger.words())
	if cr.payer != nil {
		if other := r.replacement(cr); other != nil {
			out.add(true, "replaced by "+other.ID)
		}
	}
	return out
}

// words says what a trigger asks for.
func (t *trigger) words() string {
	if t == nil {
		return "always"
	}
	var parts []string
	if t.Requested != "" {
		parts = append(parts, t.Requested+" requested")
	}
	if len(t.Roles) > 0 {
		who := slices.Concat(t.Credentials, []string{t.Profession})
		who = slices.DeleteFunc(who, func(s string) bool { return s == "" })
		parts = append(parts, strings.Join(who, "/")+" as "+strings.Join(t.Roles, "/"))
	}
	return strings.Join(parts, " and ")
}
