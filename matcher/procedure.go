package matcher

import (
	"slices"

	"github.com/parleyhq/parley/slots"
)

// contact is where the organisation is reached, for whatever no call settles.
type contact struct {
	Kind  string `json:"kind"`
	Value string `json:"value"`
	For   string `json:"for"`
}

// callbackHours are the windows of a callback request that names none, in the
// provider's zone.
type callbackHours struct {
	Weekly       []hoursSpan `json:"weekly"`
	BusinessDays int         `json:"businessDays"` // how many, today included
	Holidays     string      `json:"holidays"`     // "" = none

	weekly []slots.WeeklyHours
}

// outcomeRule names outcomes that a call may have.
type outcomeRule struct {
	Outcomes []string  `json:"outcomes"`
	When     condition `json:"when"`
}

// attempts is what becomes of a call that reaches nobody.
type attempts struct {
	Maximum  int    `json:"maximum"`
	Then     string `json:"then"`
	Counts   string `json:"counts"`
	CallBack *term  `json:"callBack"` // how long the provider may call back
}

// stage is a kind of reviewer that a case meets in its turn.
type stage struct {
	ID          string    `json:"id"`
	Credentials []string  `json:"credentials"`
	When        condition `json:"when"`

	tree  *activeNode
	rules [needCount]string // the stage's name, for the need that it asks for
}

// ending is a change of a case that ends its booked call.
type ending struct {
	ID      string    `json:"id"`
	Code    string    `json:"code"`
	Message string    `json:"message"`
	When    condition `json:"when"`

	rule string
}

// caps bound the calls of one case.
type caps struct {
	CallsPerCase int `json:"callsPerCase"` // completed ones; 0 = no bound
}

// Bounds of a row's procedure.
const (
	maxMinimumWindows = 10
	maxCallbackDays   = 60
	maxAttempts       = 10
	maxCallsPerCase   = 10
	maxParts          = 64 // of a list
	maxValueBytes     = 200
)

// procedure checks how a payer's row lets calls be placed, tried and ended.
func (p place) procedure(r *payerRow) {
	p.speakers(r)
	if r.Dials != "" {
		p.word("dials", r.Dials, dialers)
	}
	if r.NewInformation != "" {
		p.word("newInformation", r.NewInformation, informationWays)
	} else if r.NewInformationHow != "" {
		p.faultf("newInformationHow: without newInformation")
	}
	for i := range r.Contacts {
		c := &r.Contacts[i]
		p.word("contacts.kind", c.Kind, contactKinds)
		p.text("contacts.value", c.Value)
		p.text("contacts.for", c.For)
		p.between("contacts.value: bytes", len(c.Value), 1, maxValueBytes)
	}
	for i := range r.Outcomes {
		p.words("outcomes.outcomes", r.Outcomes[i].Outcomes, outcomes)
		p.between("outcomes.outcomes", len(r.Outcomes[i].Outcomes), 1, len(outcomes))
		p.condition("outcomes.when", &r.Outcomes[i].When)
	}
	if r.Caps != nil {
		p.between("caps.callsPerCase", r.Caps.CallsPerCase, 1, maxCallsPerCase)
	}
	if r.AgentSpecialty != "" && p.c.rs.concepts.of(r.AgentSpecialty) == 0 {
		p.faultf("agentSpecialty: %q belongs to no concept", r.AgentSpecialty)
	}
	p.callbacks(r)
	p.intake(r)
	p.attempts(r.Attempts)
	p.stages(r)
	for _, n := range []int{len(r.Contacts), len(r.Outcomes), len(r.ReviewerStages), len(r.Ends)} {
		p.between("contacts, outcomes, reviewerStages, ends", n, 0, maxParts)
	}
}

func (p place) callbacks(r *payerRow) {
	p.between("minimumWindows", r.MinimumWindows, 0, maxMinimumWindows)
	callback := slices.Contains(r.Modes, "callback")
	if r.MinimumWindows > 0 && !callback {
		p.faultf("minimumWindows: the row has no callbacks")
	}
	h := r.CallbackHours
	if h == nil {
		return
	}
	if r.MinimumWindows > 0 || !callback {
		p.faultf("callbackHours: only where callbacks need no windows")
	}
	p.between("callbackHours.businessDays", h.BusinessDays, 1, maxCallbackDays)
	p.between("callbackHours.weekly", len(h.Weekly), 1, maxParts)
	if h.Holidays != "" {
		p.holidayWord("callbackHours.holidays", h.Holidays)
	}
	h.weekly = p.spans("callbackHours", h.Weekly)
}

func (p place) attempts(a *attempts) {
	if a == nil {
		return
	}
	p.between("attempts.maximum", a.Maximum, 1, maxAttempts)
	p.word("attempts.then", a.Then, missEnds)
	p.word("attempts.counts", a.Counts, missCounts)
	if a.CallBack != nil {
		p.term("attempts.callBack", a.CallBack)
	}
}

func (p place) stages(r *payerRow) {
	for i := range r.ReviewerStages {
		s := &r.ReviewerStages[i]
		p.slug("reviewerStages.id", s.ID)
		p.credentials("reviewerStages.credentials", s.Credentials)
		p.between("reviewerStages.credentials", len(s.Credentials), 1, maxParts)
		p.condition("reviewerStages.when", &s.When)
		if slices.ContainsFunc(r.ReviewerStages[:i], func(o stage) bool { return o.ID == s.ID }) {
			p.faultf("reviewerStages.id: %q twice", s.ID)
		}
		s.tree = &activeNode{node: &node{Credential: &credentialRule{In: s.Credentials}}}
		for need := range s.rules {
			s.rules[need] = r.ID + "/" + s.ID
		}
	}
}

// Contact is where the organisation is reached.
type Contact struct {
	Kind, Value string // phone, fax, web, form, email
	For         string // what for
}

// HoursInfo is when the payer must be reachable.
type HoursInfo struct {
	Rule           string
	Zones          []string            // IANA names; the hours are local to each
	Weekly         []slots.WeeklyHours // on business days and others
	HolidaySpans   []slots.WeeklyHours // on weekends and holidays
	MinimumPerWeek int                 // hours a week, 0 = none
}

// AttemptRule is what becomes of a call that reaches nobody who may speak.
type AttemptRule struct {
	Maximum int    // misses, 1–10
	Then    string // what the last of them makes of the call: deemed_completed, no_show, none
	Counts  string // which misses count: windows (made inside one of the call's windows), any
	Rule    string

	callBack *termClock
}

// CallBackUntil returns the last instant at which the provider may call back after
// an attempt that missed at an instant, 0 if the rule says nothing of it.
func (a *AttemptRule) CallBackUntil(missed slots.Instant) slots.Instant {
	if a == nil || a.callBack == nil {
		return 0
	}
	return a.callBack.end(missed)
}

// defaultWindows are callback hours made ready for one case.
type defaultWindows struct {
	weekly []slots.WeeklyHours
	count  int // business days
	days   slots.Workdays
}

// DefaultWindows returns the windows of a callback request that names none: the
// row's hours in zone z on its first business days from an instant on, that one's
// included while something of its hours is left. It is nil if the row has none.
func (e *Eligibility) DefaultWindows(z *slots.Zone, from slots.Instant) []slots.Interval {
	if e.windows == nil {
		return nil
	}
	var windows []slots.Interval
	first := z.Date(from)
	for d, found := first, 0; found < e.windows.count && d < first.AddDays(maxCallbackSearch); d++ {
		if !e.windows.days.Business(d) {
			continue
		}
		day := slots.Availability{Weekly: e.windows.weekly}
		within := z.Dates(d, d).Hull()
		within.Start = max(within.Start, from)
		hours := day.Expand(z, within)
		for window := range hours.All() {
			windows = append(windows, window)
		}
		if !hours.Empty() {
			found++
		}
	}
	return windows
}

// maxCallbackSearch is how many days ahead default windows are looked for.
const maxCallbackSearch = 366

// procedure says how the call is placed, tried and ended.
func (cr *caseRules) procedure(p *payerRow) {
	e, c := &cr.eligibility, cr.c
	e.Speaker, e.ClinicianRequired = p.speaker, p.speaker.ClinicianRequired()
	if e.MinimumWindows = p.MinimumWindows; p.MinimumWindows > 0 {
		e.WindowsRule = p.ID + "/minimum-windows"
	}
	e.intakeOf(p, c)
	if e.Dials = p.Dials; e.Dials == "" {
		e.Dials = dialers[0]
	}
	e.NewInformation, e.NewInformationHow = p.NewInformation, p.NewInformationHow
	for _, contact := range p.Contacts {
		e.Contacts = append(e.Contacts, Contact(contact))
	}
	for i := range p.Outcomes {
		if e.Outcomes == nil {
			e.Outcomes, e.OutcomesRule = []string{}, p.ID+"/outcomes"
		}
		if o := &p.Outcomes[i]; o.When.holds(c, cr.now) {
			for _, outcome := range o.Outcomes {
				if !slices.Contains(e.Outcomes, outcome) {
					e.Outcomes = append(e.Outcomes, outcome)
				}
			}
		}
	}
	if h := p.CallbackHours; h != nil {
		e.windows = &defaultWindows{h.weekly, h.BusinessDays, cr.rs.workdays(h.Holidays, "", c.HealthPlan)}
	}
	if a := p.Attempts; a != nil {
		e.Attempts = &AttemptRule{Maximum: a.Maximum, Then: a.Then, Counts: a.Counts, Rule: p.ID + "/attempts"}
		if a.CallBack != nil {
			callBack := cr.termClock(a.CallBack, p.zone, "")
			e.Attempts.callBack = &callBack
		}
	}
}

// bindStage makes the stage that the case is at one more row to meet: the nth of
// those that apply, the last one from then on.
func (cr *caseRules) bindStage(p *payerRow) {
	var bound *stage
	e := &cr.eligibility
	for i := range p.ReviewerStages {
		s := &p.ReviewerStages[i]
		if !s.When.holds(cr.c, cr.now) {
			continue
		}
		if e.Stages <= cr.c.Stage {
			bound = s
		}
		e.Stages++
	}
	if bound == nil {
		return
	}
	e.Stage = bound.ID
	cr.stageRule = bound.rules[NeedCredential]
	cr.rows = append(cr.rows, activeRow{id: p.ID, rules: &bound.rules, tree: bound.tree})
}

// Ends reports whether a case, as it is now, ends a call that is booked about it,
// and why: the first of its payer's ends that holds. A case that no row governs ends none.
func (rs *Ruleset) Ends(c *Case, now slots.Instant) (Reason, bool) {
	asked := c.P2PRequestedAt
	if asked == 0 {
		asked = now
	}
	p := rs.payerFor(c, asked)
	if p == nil {
		return Reason{}, false
	}
	for i := range p.Ends {
		if end := &p.Ends[i]; end.When.holds(c, now) {
			return Reason{Code: end.Code, Message: end.Message, Rule: end.rule, Display: true}, true
		}
	}
	return Reason{}, false
}
