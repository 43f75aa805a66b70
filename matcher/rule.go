package matcher

import (
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/parleyhq/parley/slots"
)

// rowHead opens the rows of jurisdictions.json and payers.json. A row applies
// only if it is verified and enabled; others are kept, checked and listed.
type rowHead struct {
	ID        string  `json:"id"`
	Title     string  `json:"title"`
	Source    string  `json:"source"`
	Note      string  `json:"note"`
	Verified  *bool   `json:"verified"`
	Enabled   *bool   `json:"enabled"`
	ValidFrom *string `json:"validFrom"` // request dates, both included
	ValidTo   *string `json:"validTo"`
	Zone      string  `json:"zone"` // in which dates are read and days run

	validity validity
	zone     *slots.Zone // nil if the row names none
}

func (h *rowHead) applied() bool {
	return h.Verified != nil && *h.Verified && h.enabled()
}

func (h *rowHead) enabled() bool { return h.Enabled != nil && *h.Enabled }

// demand is what a row asks for, from reviewers and callers.
type demand struct {
	Requires     *node     `json:"requires"`
	Waivers      []*waiver `json:"waivers"`
	Attestations []asked   `json:"attestations"`
}

// jurisdictionRow is a row of jurisdictions.json: a state's law, a federal or
// an accreditation rule. All rows that cover a case are conjoined.
type jurisdictionRow struct {
	rowHead
	demand
	lawScope
	Kind          string   `json:"kind"`
	Accreditation string   `json:"accreditation"` // binds payers whose row names it
	States        []string `json:"states"`
	StateBasis    string   `json:"stateBasis"`
	Lines         []string `json:"lines"`
	Levels        []string `json:"levels"`
	Phases        []string `json:"phases"`
	Statuses      []string `json:"statuses"`
	Trigger       *trigger `json:"trigger"`

	ResponseClock        *clockTerm        `json:"responseClock"`
	DecisionClock        []decisionTerm    `json:"decisionClock"`
	RequestWindow        *windowTerm       `json:"requestWindow"`
	MinimumNotice        []noticeTerm      `json:"minimumNotice"`
	Hours                *hoursTerm        `json:"hours"`
	PreDeterminationOnly *preDetermination `json:"preDeterminationOnly"`
	CaseEffect           string            `json:"caseEffect"`
	Proxies              *proxyTerm        `json:"proxies"`
	RecordDuty           []string          `json:"recordDuty"`
	ResultClock          *term             `json:"resultClock"` // runs from the end of the call
	PartialCertification bool              `json:"partialCertification"`
}

func (c *compiler) compileJurisdictions(raw jsontext.Value) {
	for _, r := range decodeRows(c, "jurisdictions", raw, func(r *jurisdictionRow) string { return r.ID }) {
		at := c.at("jurisdictions", r.ID)
		c.head(at, &r.rowHead)
		info := &c.rs.rows[len(c.rs.rows)-1]
		info.Beside, info.Replaces = r.Beside, r.Replaces
		at.applied, at.stateless = r.applied(), len(r.States) == 0
		at.jurisdiction(r)
		c.rs.lawRows = append(c.rs.lawRows, r)
		if !r.applied() {
			continue
		}
		for _, other := range c.rs.jurisdictions {
			if r.clashes(other) {
				at.faultf("covers the same cases at the same time as row %s", other.ID)
			}
		}
		c.rs.jurisdictions = append(c.rs.jurisdictions, r)
	}
	c.standing()
}

func (c *compiler) head(at place, h *rowHead) {
	at.slug("id", h.ID)
	at.text("title", h.Title)
	at.text("source", h.Source)
	if h.Verified == nil || h.Enabled == nil {
		at.faultf("verified and enabled: missing")
	}
	h.validity = at.validity(h.ValidFrom, h.ValidTo)
	if h.Zone != "" {
		h.zone = at.zone("zone", h.Zone)
	}
	info := RowInfo{
		Section: at.section, ID: h.ID, Title: h.Title, Source: h.Source, Applied: h.applied(),
		Verified: h.Verified != nil && *h.Verified, Enabled: h.enabled(),
	}
	if h.ValidFrom != nil {
		info.ValidFrom = *h.ValidFrom
	}
	if h.ValidTo != nil {
		info.ValidTo = *h.ValidTo
	}
	c.rs.rows = append(c.rs.rows, info)
}

func (p place) jurisdiction(r *jurisdictionRow) {
	p.word("kind", r.Kind, rowKinds)
	if (r.Kind == "accreditation") != (r.Accreditation != "") {
		p.faultf("accreditation: belongs to rows of that kind, and to them alone")
	}
	if (r.Kind == "state") != (len(r.States) > 0) {
		p.faultf("states: belong to rows of kind state, and to them alone")
	}
	for i, s := range r.States {
		p.state("states", s)
		if slices.Contains(r.States[:i], s) {
			p.faultf("states: %q twice", s)
		}
	}
	if r.Kind == "state" {
		p.word("stateBasis", r.StateBasis, stateBases)
	}
	for _, key := range []struct {
		name        string
		list, words []string
	}{{"lines", r.Lines, lines}, {"levels", r.Levels, levels}, {"phases", r.Phases, phases}, {"statuses", r.Statuses, statuses}} {
		if len(key.list) == 0 {
			p.faultf("%s: missing", key.name)
		}
		p.words(key.name, key.list, key.words)
	}
	p.words("planTypes", r.PlanTypes, planTypes)
	if r.Trigger != nil {
		p.trigger("trigger", r.Trigger)
	}
	p.demand(&r.demand, r.States)
	p.terms(r)
}

func (p place) demand(d *demand, states []string) {
	var needs Needs
	if d.Requires != nil {
		needs = p.requirement(d.Requires, states)
	}
	p.waivers(d.Waivers, needs)
	p.askedFor(d.Attestations)
}

// clashes reports whether two rows of one kind cover a common case on a common
// date, and neither says that it stands beside the other or in its place: two
// versions of one law, or one written twice.
func (r *jurisdictionRow) clashes(o *jurisdictionRow) bool {
	return r.Kind == o.Kind && r.Accreditation == o.Accreditation && r.meets(o) && r.validity.overlaps(o.validity) &&
		!r.names(o.ID) && !o.names(r.ID)
}

// meets reports whether the keys of two rows have a case in common, kinds and dates aside.
func (r *jurisdictionRow) meets(o *jurisdictionRow) bool {
	return someMeet(r.States, o.States) && meet(r.Lines, o.Lines) && meet(r.Levels, o.Levels) &&
		meet(r.Phases, o.Phases) && meet(r.Statuses, o.Statuses) && someMeet(r.PlanTypes, o.PlanTypes)
}

func meet(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}

// someMeet is meet where an empty list stands for every word.
func someMeet(a, b []string) bool { return len(a) == 0 || len(b) == 0 || meet(a, b) }

// covers reports whether the row covers a case first asked for at asked, its trigger
// and rows that replace it aside; in which state, "" for a row of no state; and in which zone its days run.
func (r *jurisdictionRow) covers(rs *Ruleset, c *Case, payer *payerRow, asked slots.Instant) (state string, zone *slots.Zone, ok bool) {
	zone = r.zone
	if r.Kind == "state" {
		state = r.stateOf(c)
		if !slices.Contains(r.States, state) {
			return "", nil, false
		}
		if zone == nil {
			zone = rs.zones[state]
		}
	}
	if zone == nil {
		zone = slots.UTC()
	}
	if r.Accreditation != "" && !slices.Contains(payer.Accreditations, r.Accreditation) {
		return "", nil, false
	}
	return state, zone, slices.Contains(r.Lines, c.LineOfBusiness) && slices.Contains(r.Levels, c.LevelOfReview) &&
		slices.Contains(r.Phases, c.Phase) && slices.Contains(r.Statuses, c.Determination.Status) && r.admits(c, payer) &&
		r.validity.holds(zone.Date(asked))
}

func (r *jurisdictionRow) stateOf(c *Case) string {
	switch {
	case r.StateBasis == "member", r.StateBasis == "situs_else_member" && c.SitusState == "":
		return c.MemberState
	}
	return c.SitusState
}
