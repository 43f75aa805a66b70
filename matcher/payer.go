package matcher

import (
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/parleyhq/parley/slots"
)

// defaultPlan is the healthPlan of the row for plans that have none of their own.
const defaultPlan = "*"

// payerRow is a row of payers.json: how a health plan, or its vendor, holds
// calls for some programs. Exactly one row governs a case.
type payerRow struct {
	rowHead
	demand
	HealthPlan     string   `json:"healthPlan"`
	Programs       []string `json:"programs"` // none = all; likewise the three below
	Lines          []string `json:"lines"`
	Levels         []string `json:"levels"`
	Phases         []string `json:"phases"`
	Accreditations []string `json:"accreditations"`

	Modes   []string `json:"modes"`
	Call    callRule `json:"call"`
	Clauses []clause `json:"clauses"`
	Limits  []limit  `json:"limits"`
	Options []option `json:"options"`
	Advice  []advice `json:"advice"`

	ClinicianRequired bool          `json:"clinicianRequired"` // as speakers: {"who": "clinician"}
	Speakers          *speakersTerm `json:"speakers"`
	RequestWindow     *windowTerm   `json:"requestWindow"`
	ResponseClock     *clockTerm    `json:"responseClock"`
	Hours             *hoursTerm    `json:"hours"`
	Proxies           *proxyTerm    `json:"proxies"`
	RecordDuty        []string      `json:"recordDuty"`
	AgentSpecialty    string        `json:"agentSpecialty"` // NUCC code, of a review agent of one specialty

	MinimumWindows    int            `json:"minimumWindows"` // of a callback request
	CallbackHours     *callbackHours `json:"callbackHours"`
	Intake            []string       `json:"intake"` // of an ad hoc call; nil = intakeUnsaid
	Dials             string         `json:"dials"`  // "" = reviewer
	Outcomes          []outcomeRule  `json:"outcomes"`
	NewInformation    string         `json:"newInformation"`
	NewInformationHow string         `json:"newInformationHow"`
	Contacts          []contact      `json:"contacts"`
	Attempts          *attempts      `json:"attempts"`
	ReviewerStages    []stage        `json:"reviewerStages"`
	Ends              []ending       `json:"ends"`
	Caps              *caps          `json:"caps"`

	speaker SpeakerRule
	// needRules names the row's requirements: id/need, by Need.
	needRules [needCount]string
	// The names of the row's other parts.
	windowRule, clockRule, capsRule string
}

// callRule holds the numbers of slot booking.
type callRule struct {
	CallMinutes  int `json:"callMinutes"`
	GridMinutes  int `json:"gridMinutes"` // divides 60
	LeadMinutes  int `json:"leadMinutes"`
	HorizonHours int `json:"horizonHours"`
	HoldMinutes  int `json:"holdMinutes"`
}

// clause says what may be asked of a case, and why: it refuses the call, leaves
// it consultative, or tells what it is good for. Its id is the row's, a slash and its own.
type clause struct {
	ID      string    `json:"id"`
	Effect  string    `json:"effect"`
	Code    string    `json:"code"`
	Message string    `json:"message"`
	Display bool      `json:"display"`
	When    condition `json:"when"`

	rule string
}

// limit ends, at an instant of the case, what a call can change or that it can start.
type limit struct {
	ID      string    `json:"id"`
	Event   string    `json:"event"`  // reconsideration_until is included, others are not
	Before  *term     `json:"before"` // how much sooner than the event
	Effect  string    `json:"effect"` // consultative, closes
	Code    string    `json:"code"`   // of the reason once it has passed
	Message string    `json:"message"`
	Display bool      `json:"display"`
	When    condition `json:"when"`

	rule string
}

type option struct {
	Code  string    `json:"code"`
	How   string    `json:"how"`
	Until string    `json:"until"` // event that ends it, "" = none known
	When  condition `json:"when"`
}

type advice struct {
	Code string    `json:"code"`
	When condition `json:"when"`
}

// Bounds of a payer's numbers.
const (
	maxCallMinutes  = 8 * 60
	maxLeadMinutes  = 14 * 24 * 60
	maxHorizonHours = 366 * 24
	maxHoldMinutes  = 60
	maxClauses      = 64
)

func (c *compiler) compilePayers(raw jsontext.Value) {
	c.rs.payers = make(map[string][]*payerRow)
	for _, r := range decodeRows(c, "payers", raw, func(r *payerRow) string { return r.ID }) {
		at := c.at("payers", r.ID)
		c.head(at, &r.rowHead)
		at.applied, at.stateless, at.zoneless = r.applied(), true, r.zone == nil
		at.payer(r)
		c.rs.payerRows = append(c.rs.payerRows, r)
		for need := range r.needRules {
			r.needRules[need] = r.ID + "/" + needNames[need]
		}
		r.windowRule, r.clockRule, r.capsRule = r.ID+"/request-window", r.ID+"/response-clock", r.ID+"/caps"
		if !r.applied() {
			continue
		}
		for _, other := range c.rs.payers[r.HealthPlan] {
			if r.clashes(other) {
				at.faultf("governs the same cases at the same time as row %s", other.ID)
			}
		}
		c.rs.payers[r.HealthPlan] = append(c.rs.payers[r.HealthPlan], r)
	}
	if !slices.ContainsFunc(c.rs.payers[defaultPlan], (*payerRow).universal) {
		c.at("payers", "").faultf("no applied row of healthPlan %q governs every case at every time", defaultPlan)
	}
}

// universal reports whether the row governs every case of its plan, always.
func (r *payerRow) universal() bool {
	return len(r.Programs)+len(r.Lines)+len(r.Levels)+len(r.Phases) == 0 &&
		r.validity == validity{earliestDate, latestDate}
}

func (r *payerRow) clashes(o *payerRow) bool {
	both := func(a, b []string) bool { return len(a) == 0 || len(b) == 0 || meet(a, b) }
	return both(r.Programs, o.Programs) && both(r.Lines, o.Lines) && both(r.Levels, o.Levels) &&
		both(r.Phases, o.Phases) && r.validity.overlaps(o.validity)
}

func (p place) payer(r *payerRow) {
	if r.HealthPlan != defaultPlan {
		p.slug("healthPlan", r.HealthPlan)
	}
	p.programs("programs", r.Programs)
	p.words("lines", r.Lines, lines)
	p.words("levels", r.Levels, levels)
	p.words("phases", r.Phases, phases)
	for _, a := range r.Accreditations {
		p.slug("accreditations", a)
	}
	p.words("modes", r.Modes, modes)
	if len(r.Modes) == 0 {
		p.faultf("modes: none")
	}
	p.call(&r.Call)
	p.demand(&r.demand, nil)
	p.clauses(r)
	for i := range r.Options {
		o := &r.Options[i]
		p.word("options.code", o.Code, optionCodes)
		p.text("options.how", o.How)
		p.condition("options.when", &o.When)
		if o.Until != "" {
			p.word("options.until", o.Until, optionEnds)
		}
	}
	for i := range r.Advice {
		p.word("advice.code", r.Advice[i].Code, adviceCodes)
		p.condition("advice.when", &r.Advice[i].When)
	}
	p.payerTerms(r)
	p.procedure(r)
}

func (p place) call(r *callRule) {
	if !(slots.Grid{StepMinutes: r.GridMinutes}).Valid() {
		p.faultf("call.gridMinutes: %d does not divide 60", r.GridMinutes)
	}
	p.between("call.callMinutes", r.CallMinutes, 1, maxCallMinutes)
	p.between("call.leadMinutes", r.LeadMinutes, 0, maxLeadMinutes)
	p.between("call.horizonHours", r.HorizonHours, 1, maxHorizonHours)
	p.between("call.holdMinutes", r.HoldMinutes, 1, maxHoldMinutes)
}

// clauses checks clauses and limits; the last clause must say what is true of
// every other case, so that an answer always has a reason.
func (p place) clauses(r *payerRow) {
	p.between("clauses", len(r.Clauses), 1, maxClauses)
	p.between("limits", len(r.Limits), 0, maxClauses)
	var ids []string
	entry := func(field, id, code, message string, when *condition) string {
		p.slug(field+".id", id)
		p.code(field+".code", code)
		p.text(field+".message", message)
		p.condition(field+".when", when)
		if slices.Contains(ids, id) {
			p.faultf("%s.id: %q twice", field, id)
		}
		ids = append(ids, id)
		return r.ID + "/" + id
	}
	for i := range r.Clauses {
		cl := &r.Clauses[i]
		cl.rule = entry("clauses", cl.ID, cl.Code, cl.Message, &cl.When)
		p.word("clauses.effect", cl.Effect, clauseEffects)
	}
	for i := range r.Limits {
		l := &r.Limits[i]
		l.rule = entry("limits", l.ID, l.Code, l.Message, &l.When)
		p.word("limits.event", l.Event, limitEvents)
		if l.Before != nil {
			p.term("limits.before", l.Before)
		}
		if l.Event == "service_performed" && (p.zoneless || l.Before != nil && l.Before.Unit == "hours") {
			p.faultf("limits: %s: service_performed is a local date: it needs the row's zone, and days before it", l.ID)
		}
		p.word("limits.effect", l.Effect, limitEffects)
	}
	for i := range r.Ends {
		e := &r.Ends[i]
		e.rule = entry("ends", e.ID, e.Code, e.Message, &e.When)
	}
	if n := len(r.Clauses); n > 0 && (r.Clauses[n-1].Effect != "eligible" || !r.Clauses[n-1].When.always()) {
		p.faultf("clauses: the last one must be eligible and hold for every case")
	}
}

func (p place) payerTerms(r *payerRow) {
	if r.RequestWindow != nil {
		p.window("requestWindow", r.RequestWindow)
		if r.zone == nil {
			p.faultf("zone: missing, a request window runs in it")
		}
	}
	p.duty(r.ResponseClock)
	if r.Hours != nil {
		p.hours(r.Hours)
	}
	if r.Proxies != nil {
		p.words("proxies.who", r.Proxies.Who, proxyKinds)
	}
	p.words("recordDuty", r.RecordDuty, recordParts)
}

// payerFor returns the row that governs a case, nil if its plan has rows and
// none of them governs it.
func (rs *Ruleset) payerFor(c *Case, asked slots.Instant) *payerRow {
	rows, known := rs.payers[c.HealthPlan]
	if !known || c.HealthPlan == defaultPlan {
		rows = rs.payers[defaultPlan]
	}
	for _, r := range rows {
		zone := r.zone
		if zone == nil {
			zone = slots.UTC()
		}
		if oneOf(r.Programs, c.Program) && oneOf(r.Lines, c.LineOfBusiness) && oneOf(r.Levels, c.LevelOfReview) &&
			oneOf(r.Phases, c.Phase) && r.validity.holds(zone.Date(asked)) {
			return r
		}
	}
	return nil
}
