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
	DueBy                 slots.Instant // the payer's duty: later starts are late, 0 = none
	DueByRule             string
	NoticeUntil           slots.Instant // last instant to offer the call before the determination, 0 = none
	Requirements          []RequirementInfo
	Attestations          []AttestationInfo // mandatory or optional whatever the match; waivers come with an offer
	OtherOptions          []Option
	Advice                []string
	CallMinutes           int
	GridMinutes           int
	LeadMinutes           int
	HorizonHours          int
	HoldMinutes           int
	RecordDuty            bool // what is offered must be recorded

	Speaker           SpeakerRule
	ClinicianRequired bool         // a licensed clinician must speak: what Speaker says, for short
	Proxies           []string     // who may stand in for the provider: designee, licensed_staff, clinician, any_staff; sorted
	MinimumWindows    int          // of a callback request
	WindowsRule       string       // the row that demands them, "" if none does
	Intake            []IntakeFact // what an ad hoc call needs of the case; none where there is no such call
	IntakeRule        string       // the row that demands it, "" if none does
	Dials             string       // who places the call: reviewer, requester
	Outcomes          []string     // allowed ones; nil = all
	OutcomesRule      string       // the row behind them, "" if all are
	// Results are the duties to tell the result of a call, in order of their rules.
	// They are those of a call that was held, whatever is open to the case since.
	Results []ResultDuty
	// PartialCertification: a part may be certified on the phone. PartialRule is
	// the law that lets it, else what of the payer's stands against it.
	PartialCertification bool
	PartialRule          string
	// NewInformation is how new information counts: in_writing, documented, none,
	// any; "" = the row does not say. NewInformationHow tells people how.
	NewInformation, NewInformationHow string

	Contacts    []Contact
	Attempts    *AttemptRule // nil = none
	Hours       []HoursInfo  // when the payer must be reachable
	Stage       string       // id of the reviewer stage that binds now, "" = none
	Stages      int          // how many stages apply
	CaseEffects []Reason     // what the call does to the case; reported, never done

	windows *defaultWindows
}

// Eligibility judges a case at now; firstAsked is when the call was first asked for, 0 = now.
func (rs *Ruleset) Eligibility(c *Case, now, firstAsked slots.Instant) Eligibility {
	return rs.resolve(c, now, firstAsked, false).eligibility
}

// EligibilityOfCall is Eligibility for a call that was asked for with or without a
// specialty match: laws that wait for that wish govern it if it was uttered.
func (rs *Ruleset) EligibilityOfCall(c *Case, now, firstAsked slots.Instant, specialtyMatch bool) Eligibility {
	return rs.resolve(c, now, firstAsked, specialtyMatch).eligibility
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
		PartialRule:  cr.c.HealthPlan + "/scope",
	}
}

// judgeCase settles status, limits and duties by the payer's row and the laws.
func (cr *caseRules) judgeCase(p *payerRow) {
	e := &cr.eligibility
	e.Modes, e.RecordDuty = p.Modes, cr.recordDuty
	e.CallMinutes, e.GridMinutes = p.Call.CallMinutes, p.Call.GridMinutes
	e.LeadMinutes, e.HorizonHours, e.HoldMinutes = p.Call.LeadMinutes, p.Call.HorizonHours, p.Call.HoldMinutes
	cr.starts = slots.Interval{
		Start: cr.now + slots.Instant(p.Call.LeadMinutes)*slots.Minute,
		End:   cr.now + slots.Instant(p.Call.HorizonHours)*slots.Hour,
	}
	cr.changing = cr.starts
	cr.judgeClauses(p)
	if p.Caps != nil && cr.c.CallsHeld >= p.Caps.CallsPerCase {
		cr.refused = append(cr.refused, Reason{"call_already_held", "A call about this case was held already.", p.capsRule, true})
	}
	if reason, over := cr.askingOver(p); over {
		cr.refused = append(cr.refused, reason)
	}
	cr.applyLimits(p)
	cr.runDuties(p)
	cr.beforeDetermination()
	cr.refused, cr.consultative = append(cr.refused, cr.closed...), append(cr.consultative, cr.passed...)
	cr.settleStatus()
	if e := &cr.eligibility; e.Status == NotEligible && cr.closedByLaw {
		for _, note := range cr.notes {
			if note.Code == decisionDueByLaw {
				e.Reasons = append(e.Reasons, note)
			}
		}
	}
}

// describe adds what people are told of a case and no search asks for: notes, procedure,
// requirements, options. It changes nothing that was decided.
func (cr *caseRules) describe() {
	p, e := cr.payer, &cr.eligibility
	if p == nil {
		return
	}
	cr.noteFacts()
	for _, note := range cr.notes {
		if e.Status != NotEligible {
			e.Reasons = append(e.Reasons, note)
		}
	}
	for _, row := range cr.covering {
		cr.caseEffect(row)
	}
	cr.procedure(p)
	cr.whatFollows(p)
	cr.listLaws(p)
	cr.listRequirements()
	cr.listOptions(p)
}

// judgeClauses sorts the reasons of the clauses that hold by their effect.
func (cr *caseRules) judgeClauses(p *payerRow) {
	for i := range p.Clauses {
		cl := &p.Clauses[i]
		if !cl.When.holds(cr.c, cr.now) {
			continue
		}
		reason := Reason{cl.Code, cl.Message, cl.rule, cl.Display}
		switch cl.Effect {
		case "refuse":
			cr.refused = append(cr.refused, reason)
		case "consultative":
			cr.consultative = append(cr.consultative, reason)
		default: // the first that holds tells enough
			if len(cr.good) == 0 {
				cr.good = append(cr.good, reason)
			}
		}
	}
}

// settleStatus picks the strictest effect and its reasons.
func (cr *caseRules) settleStatus() {
	e := &cr.eligibility
	switch {
	case len(cr.refused) > 0:
		e.Status, e.Reasons, e.Modes = NotEligible, cr.refused, nil
		cr.starts, cr.startsRule = slots.Interval{}, ""
		cr.changing, e.DecisionChangingUntil = slots.Interval{}, 0
		e.DueBy, e.DueByRule, e.NoticeUntil = 0, "", 0
	case len(cr.consultative) > 0:
		e.Status, e.Reasons = ConsultativeOnly, cr.consultative
		cr.changing, e.DecisionChangingUntil = slots.Interval{}, 0
	default:
		e.Status, e.Reasons = Eligible, cr.good
	}
}

// noteFacts names facts of the case that requirements need and cannot use.
// They refuse nothing by themselves: what they leave unmet does.
func (cr *caseRules) noteFacts() {
	specialties := func(anchors []anchor, rule string) {
		for i := range anchors {
			switch a := &anchors[i]; {
			case a.code == "":
				cr.note("specialty_unknown", "The case names no specialty to compare reviewers with.", rule)
			case a.concept == 0:
				cr.note("specialty_unknown", "Specialty code "+strconv.Quote(a.code)+" is not known: no reviewer is related to it.", rule)
			}
		}
	}
	specialties(cr.defaults, cr.payer.ID)
	for i := range cr.rows {
		row := &cr.rows[i]
		row.tree.each(func(n *activeNode) {
			specialties(n.anchors, row.id)
			if n.Specialty != nil && n.Specialty.Anchor.Of == "agent" && len(n.anchors) == 0 {
				cr.missing("agent_specialty_unknown", row.id)
			}
			if n.Identity != "" && cr.c.Determination.ReviewerID == "" {
				cr.note("original_reviewer_unknown", "The case does not say who made the determination.", row.id)
			}
		})
	}
}

// listLaws lists what payer and laws say of hours, proxies and the case itself.
func (cr *caseRules) listLaws(p *payerRow) {
	cr.listProcedure(p.ID, p.Hours, p.Proxies)
	for _, l := range cr.laws {
		cr.listProcedure(l.ID, l.Hours, l.Proxies)
	}
	slices.Sort(cr.eligibility.Proxies)
}

func (cr *caseRules) listProcedure(rule string, h *hoursTerm, proxies *proxyTerm) {
	e := &cr.eligibility
	if h != nil {
		e.Hours = append(e.Hours, HoursInfo{rule, h.Zones, h.weekly, h.holidaySpans, h.MinimumPerWeek})
	}
	if proxies == nil {
		return
	}
	for _, who := range proxies.Who {
		if !slices.Contains(e.Proxies, who) {
			e.Proxies = append(e.Proxies, who)
		}
	}
}

// caseEffect reports what a call, or asking for a specialty match, does to the case.
// A row that only such a wish sets off is reported to who has not uttered it, too.
func (cr *caseRules) caseEffect(r *jurisdictionRow) {
	message := effectMessages[r.CaseEffect]
	if message == "" || !r.Trigger.active(cr.c, true) {
		return
	}
	if r.Trigger != nil && r.Trigger.Requested != "" && !cr.specialtyMatch {
		message = "If a specialty match is asked for: " + message
	}
	cr.eligibility.CaseEffects = append(cr.eligibility.CaseEffects, Reason{r.CaseEffect, message, r.ID, true})
}

// effectMessages say what a call does to the case. None does it by itself.
var effectMessages = map[string]string{
	"converts_to_appeal":   "The reconsideration becomes an appeal.",
	"needs_member_consent": "The member's consent is needed.",
}

// listRequirements lists what reviewers must meet, the rows in order of their ids.
func (cr *caseRules) listRequirements() {
	e := &cr.eligibility
	e.Requirements = append(e.Requirements, RequirementInfo{Code: NeedProgram.String(), Rule: cr.payer.needRules[NeedProgram]})
	groups := 0
	for i := range cr.rows {
		if row := &cr.rows[i]; row.tree != nil {
			e.Requirements = row.appendInfos(e.Requirements, row.tree, 0, &groups)
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
		until, ends := cr.eventEnd(o.Until, slots.UTC()) // no local date among them
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
