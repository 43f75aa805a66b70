package matcher

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/parleyhq/parley/slots"
)

// Reason says why, and by which rule.
type Reason struct {
	Code    string // stable, snake_case
	Message string // for people, free of personal data
	Rule    string // id of the row, e.g. "hne/reconsideration"
	Display bool   // worth showing to the requester
}

// RequirementInfo is a requirement as shown to the requester.
type RequirementInfo struct {
	Code     string // license, specialty, credential, program, population, …
	State    string // for a licence, "" = any
	Relation string // for a specialty: similar, same, same_subspecialty
	Rule     string
	// OneOf is 0 for a requirement that binds; requirements that share another
	// number are alternatives.
	OneOf int
}

// AttestationInfo is an acknowledgement that the caller may or must give.
type AttestationInfo struct {
	Code, Text, Rule string
	Version          int
	Mandatory        bool
}

// Option is another way on.
type Option struct {
	Code  string
	Until slots.Instant // last instant, 0 = no known end
	How   string
}

// EligibilityStatus is what the rules say of a case.
type EligibilityStatus uint8

// The statuses. Their numbers are part of the log format.
const (
	// Eligible: the call can change the decision.
	Eligible EligibilityStatus = iota
	// ConsultativeOnly: a call may be asked for, but the decision cannot change.
	ConsultativeOnly
	// NotEligible: no call may be asked for.
	NotEligible
)

var statusNames = [...]string{"eligible", "consultative_only", "not_eligible"}

// String returns the wire name: eligible, consultative_only, not_eligible.
func (s EligibilityStatus) String() string {
	if int(s) < len(statusNames) {
		return statusNames[s]
	}
	return "unknown"
}

// Eligibility is the verdict on a case alone: may a call be asked for, what can it change, how.
type Eligibility struct {
	Status                EligibilityStatus
	Modes                 []string      // slot, callback, ad_hoc; sorted as in the payer row; none if not eligible
	Reasons               []Reason      // never empty; each names its rule
	RequestUntil          slots.Instant // last instant to ask, 0 = none
	DecisionChangingUntil slots.Instant // last start that can still change the decision, 0 = no limit or no such start
	DueBy                 slots.Instant
	Requirements          []RequirementInfo
	Attestations          []AttestationInfo // mandatory or optional whatever the match; waivers come with an offer
	OtherOptions          []Option
	Advice                []string
	CallMinutes           int
	GridMinutes           int
	LeadMinutes           int
	HorizonHours          int
	HoldMinutes           int
	ClinicianRequired     bool // a licensed clinician must speak
	RecordDuty            bool // what is offered must be recorded
}

// Eligibility judges a case at now; firstAsked is when the call was first asked for, 0 = now.
func (rs *Ruleset) Eligibility(c *Case, now, firstAsked slots.Instant) Eligibility {
	return rs.resolve(c, now, firstAsked, false).eligibility
}

// refuseScope answers for a plan whose rows govern other cases only.
func (cr *caseRules) refuseScope() {
	cr.defaults = cr.defaultAnchor()
	cr.eligibility = Eligibility{
		Status: NotEligible,
		Reasons: []Reason{{
			Code: "not_arranged_here", Rule: cr.c.HealthPlan + "/scope", Display: true,
			Message: "Calls for this case are not arranged here. Call the health plan.",
		}},
		OtherOptions: []Option{{Code: "call_payer", How: "Call the health plan's provider line."}},
	}
}

// judgeCase fills eligibility and limits from the payer's row.
func (cr *caseRules) judgeCase(p *payerRow, asked slots.Instant) {
	e := &cr.eligibility
	e.Modes, e.ClinicianRequired, e.RecordDuty = p.Modes, p.ClinicianRequired, cr.recordDuty
	e.CallMinutes, e.GridMinutes = p.Call.CallMinutes, p.Call.GridMinutes
	e.LeadMinutes, e.HorizonHours, e.HoldMinutes = p.Call.LeadMinutes, p.Call.HorizonHours, p.Call.HoldMinutes
	cr.starts = slots.Interval{
		Start: cr.now + slots.Instant(p.Call.LeadMinutes)*slots.Minute,
		End:   cr.now + slots.Instant(p.Call.HorizonHours)*slots.Hour,
	}
	cr.changing = cr.starts
	var refused, consultative, good []Reason
	for i := range p.Clauses {
		cl := &p.Clauses[i]
		if !cl.When.holds(cr.c, cr.now) {
			continue
		}
		reason := Reason{cl.Code, cl.Message, cl.rule, cl.Display}
		switch cl.Effect {
		case "refuse":
			refused = append(refused, reason)
		case "consultative":
			consultative = append(consultative, reason)
		default: // the first that holds tells enough
			if len(good) == 0 {
				good = append(good, reason)
			}
		}
	}
	if reason, late := cr.windowClosed(p, asked); late {
		refused = append(refused, reason)
	}
	closed, passed := cr.applyLimits(p)
	cr.settleStatus(append(refused, closed...), append(consultative, passed...), good)
	if e.Status != NotEligible {
		e.Reasons = append(e.Reasons, cr.unknownFacts()...)
	}
	cr.listRequirements()
	cr.listOptions(p)
}

// settleStatus picks the strictest effect and its reasons.
func (cr *caseRules) settleStatus(refused, consultative, good []Reason) {
	e := &cr.eligibility
	switch {
	case len(refused) > 0:
		e.Status, e.Reasons, e.Modes = NotEligible, refused, nil
		cr.starts, cr.startsRule = slots.Interval{}, ""
		cr.changing, e.DecisionChangingUntil = slots.Interval{}, 0
	case len(consultative) > 0:
		e.Status, e.Reasons = ConsultativeOnly, consultative
		cr.changing, e.DecisionChangingUntil = slots.Interval{}, 0
	default:
		e.Status, e.Reasons = Eligible, good
	}
}

// windowClosed judges the payer's window to ask by the first request's instant.
func (cr *caseRules) windowClosed(p *payerRow, asked slots.Instant) (Reason, bool) {
	if p.RequestWindow == nil {
		return Reason{}, false
	}
	rule := p.ID + "/request-window"
	last, absent := p.RequestWindow.last(cr.c, p.zone)
	if absent != "" {
		return Reason{absent, "The window to ask for a call cannot be computed: its first day is not known.", rule, true}, true
	}
	cr.eligibility.RequestUntil = last
	return Reason{"request_window_closed", "The time to ask for a call has passed.", rule, true}, asked > last
}

// applyLimits narrows starts and changing by the instants of the case, and
// returns the reasons of limits that have passed.
func (cr *caseRules) applyLimits(p *payerRow) (closed, passed []Reason) {
	for i := range p.Limits {
		l := &p.Limits[i]
		end, known := eventEnd(l.Event, cr.c)
		if !known || !l.When.holds(cr.c, cr.now) {
			continue
		}
		reason := Reason{l.Code, l.Message, l.rule, l.Display}
		if l.Effect == "closes" {
			if end < cr.starts.End {
				cr.starts.End, cr.startsRule = end, l.rule
			}
			if end <= cr.now {
				closed = append(closed, reason)
			}
		} else if end <= cr.now {
			passed = append(passed, reason)
		}
		if end < cr.changing.End {
			cr.changing.End = end
		}
		if until := cr.eligibility.DecisionChangingUntil; until == 0 || end-1 < until {
			cr.eligibility.DecisionChangingUntil = end - 1
		}
	}
	return closed, passed
}

// eventEnd returns the first instant that an event of the case puts out of
// reach, if the case knows the event.
func eventEnd(event string, c *Case) (end slots.Instant, known bool) {
	switch event {
	case "decision_due":
		return c.DecisionDue, c.DecisionDue != 0
	case "reconsideration_until":
		if c.PostDecision.Present && c.PostDecision.Until != 0 {
			return c.PostDecision.Until + 1, true
		}
	}
	return 0, false
}

// unknownFacts names facts of the case that requirements need and cannot use.
// They refuse nothing by themselves: what they leave unmet does.
func (cr *caseRules) unknownFacts() (found []Reason) {
	note := func(code, message, rule string) {
		if reason := (Reason{Code: code, Message: message, Rule: rule}); !slices.Contains(found, reason) {
			found = append(found, reason)
		}
	}
	specialties := func(anchors []anchor, rule string) {
		for i := range anchors {
			switch a := &anchors[i]; {
			case a.code == "":
				note("specialty_unknown", "The case names no specialty to compare reviewers with.", rule)
			case a.concept == 0:
				note("specialty_unknown", "Specialty code "+strconv.Quote(a.code)+" is not known: no reviewer is related to it.", rule)
			}
		}
	}
	specialties(cr.defaults, cr.payer.ID)
	for i := range cr.rows {
		row := &cr.rows[i]
		row.tree.each(func(n *activeNode) {
			specialties(n.anchors, row.id)
			if n.Identity != "" && cr.c.Determination.ReviewerID == "" {
				note("original_reviewer_unknown", "The case does not say who made the determination.", row.id)
			}
		})
	}
	return found
}

// listRequirements lists what reviewers must meet, the rows in order of their ids.
func (cr *caseRules) listRequirements() {
	e := &cr.eligibility
	e.Requirements = append(e.Requirements, RequirementInfo{Code: NeedProgram.String(), Rule: cr.payer.needRules[NeedProgram]})
	groups := 0
	for i := range cr.rows {
		if row := &cr.rows[i]; row.tree != nil {
			e.Requirements = append(e.Requirements, row.infos(row.tree, 0, &groups)...)
		}
	}
	slices.SortStableFunc(e.Requirements, func(a, b RequirementInfo) int { return cmp.Compare(a.Rule, b.Rule) })
}

func (cr *caseRules) listOptions(p *payerRow) {
	e := &cr.eligibility
	for i := range p.Options {
		o := &p.Options[i]
		if !o.When.holds(cr.c, cr.now) {
			continue
		}
		until, ends := eventEnd(o.Until, cr.c)
		if ends && until <= cr.now {
			continue
		}
		if ends {
			until--
		}
		e.OtherOptions = append(e.OtherOptions, Option{o.Code, until, o.How})
	}
	for i := range p.Advice {
		if p.Advice[i].When.holds(cr.c, cr.now) {
			e.Advice = append(e.Advice, p.Advice[i].Code)
		}
	}
}
