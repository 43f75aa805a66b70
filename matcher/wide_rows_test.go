package matcher

import (
	"fmt"
	"slices"
	"testing"

	"github.com/go-json-experiment/json"
	"pgregory.net/rapid"

	"github.com/parleyhq/parley/slots"
)

// The types of this file spell rows that use every dimension, as rule files would.
// The rules compile them; the slow twin reads them as they are.

type wideTerm struct {
	Amount          int      `json:"amount"`
	Unit            string   `json:"unit"`
	Holidays        string   `json:"holidays,omitzero"`
	ExcludeWeekends bool     `json:"excludeWeekends,omitzero"`
	From            string   `json:"from,omitzero"`
	Until           []string `json:"until,omitzero"`
	RemovesLater    bool     `json:"removesLater,omitzero"`
	Phases          []string `json:"phases,omitzero"`
	Levels          []string `json:"levels,omitzero"`
	Expedited       *bool    `json:"expedited,omitzero"`
	ExcludesDrugs   bool     `json:"excludesDrugs,omitzero"`
}

type wideWhen struct {
	Roles      []string `json:"roles,omitzero"`
	Profession string   `json:"profession,omitzero"`
	Requested  string   `json:"requested,omitzero"`
}

type wideAnchor struct {
	Of         string   `json:"of"`
	Roles      []string `json:"roles,omitzero"`
	Profession string   `json:"profession,omitzero"`
}

type wideNode struct {
	All  []*wideNode `json:"all,omitzero"`
	Any  []*wideNode `json:"any,omitzero"`
	When *wideWhen   `json:"when,omitzero"`

	License *struct {
		State        string   `json:"state"`
		ExcludeTypes []string `json:"excludeTypes,omitzero"`
	} `json:"license,omitzero"`
	Specialty *struct {
		Relation string     `json:"relation"`
		Anchor   wideAnchor `json:"anchor"`
	} `json:"specialty,omitzero"`
	Credential *struct {
		In []string `json:"in"`
	} `json:"credential,omitzero"`
	Population         string        `json:"population,omitzero"`
	Identity           string        `json:"identity,omitzero"`
	Within             *wideTerm     `json:"within,omitzero"`
	BoardCertification *widePractice `json:"boardCertification,omitzero"`
	Experience         *widePractice `json:"experience,omitzero"`
}

type widePractice struct {
	Kind        string `json:"kind,omitzero"`
	Of          string `json:"of,omitzero"`
	RecentYears int    `json:"recentYears,omitzero"`
}

type wideWaiver struct {
	Unmet       []string `json:"unmet"`
	Attestation string   `json:"attestation"`
}

type wideLimit struct {
	ID      string    `json:"id"`
	Event   string    `json:"event"`
	Before  *wideTerm `json:"before,omitzero"`
	Effect  string    `json:"effect"`
	Code    string    `json:"code"`
	Message string    `json:"message"`
	Display bool      `json:"display"`
	When    struct{}  `json:"when"`
}

type wideStage struct {
	ID          string              `json:"id"`
	Credentials []string            `json:"credentials"`
	When        map[string][]string `json:"when"`
}

// wideRow is a row of payers or of jurisdictions; what is not of its section is absent.
type wideRow struct {
	ID       string       `json:"id"`
	Title    string       `json:"title"`
	Source   string       `json:"source"`
	Verified bool         `json:"verified"`
	Enabled  bool         `json:"enabled"`
	Zone     string       `json:"zone,omitzero"`
	Requires *wideNode    `json:"requires,omitzero"`
	Waivers  []wideWaiver `json:"waivers,omitzero"`

	RequestWindow *wideTerm `json:"requestWindow,omitzero"`
	ResponseClock *wideTerm `json:"responseClock,omitzero"`

	// Of jurisdictions.
	Kind                 string          `json:"kind,omitzero"`
	Accreditation        string          `json:"accreditation,omitzero"`
	States               []string        `json:"states,omitzero"`
	StateBasis           string          `json:"stateBasis,omitzero"`
	Lines                []string        `json:"lines,omitzero"`
	Levels               []string        `json:"levels,omitzero"`
	Phases               []string        `json:"phases,omitzero"`
	Statuses             []string        `json:"statuses,omitzero"`
	MinimumNotice        []wideTerm      `json:"minimumNotice,omitzero"`
	PreDeterminationOnly map[string]bool `json:"preDeterminationOnly,omitzero"`
	ResultClock          *wideTerm       `json:"resultClock,omitzero"`
	PartialCertification bool            `json:"partialCertification,omitzero"`
	DecisionClock        []wideTerm      `json:"decisionClock,omitzero"`
	PlanTypes            []string        `json:"planTypes,omitzero"`
	Agent                bool            `json:"agent,omitzero"`
	Beside               []string        `json:"beside,omitzero"`
	Replaces             []string        `json:"replaces,omitzero"`
	Trigger              *wideWhen       `json:"trigger,omitzero"`

	// Of payers.
	HealthPlan     string           `json:"healthPlan,omitzero"`
	Accreditations []string         `json:"accreditations,omitzero"`
	Modes          []string         `json:"modes,omitzero"`
	Call           map[string]int   `json:"call,omitzero"`
	Clauses        []map[string]any `json:"clauses,omitzero"`
	Limits         []wideLimit      `json:"limits,omitzero"`
	Caps           map[string]int   `json:"caps,omitzero"`
	Stages         []wideStage      `json:"reviewerStages,omitzero"`
	AgentSpecialty string           `json:"agentSpecialty,omitzero"`
}

// wideRules are one payer's row, laws, and days that calendars keep.
type wideRules struct {
	payer wideRow
	laws  []wideRow
	kept  map[string][]slots.Date // by calendar
}

// Zones of rows: of the same hemisphere, so that days differ by hours only.
var wideZones = []string{"America/New_York", "America/Indiana/Indianapolis", "America/Chicago", "America/Los_Angeles"}

// chance is true once in n times.
func chance(t *rapid.T, n int, label string) bool { return rapid.IntRange(1, n).Draw(t, label) == 1 }

func drawWideTerm(t *rapid.T, label string, words ...string) *wideTerm {
	w := &wideTerm{
		Amount: rapid.IntRange(1, 6).Draw(t, label+" amount"), Unit: rapid.SampledFrom(units).Draw(t, label+" unit"),
		Holidays: rapid.SampledFrom(words).Draw(t, label+" holidays"),
	}
	if w.Unit == "hours" {
		w.Amount *= rapid.SampledFrom([]int{1, 7, 24}).Draw(t, label+" hours")
		w.ExcludeWeekends = rapid.Bool().Draw(t, label+" weekends")
	}
	return w
}

func drawWideFrom(t *rapid.T, w *wideTerm, label string, events ...string) *wideTerm {
	w.From = rapid.SampledFrom(events).Draw(t, label+" from")
	if w.From == "letter_date" && w.Unit == "hours" {
		w.Unit, w.ExcludeWeekends = "calendar_days", false
	}
	return w
}

func drawWideNode(t *rapid.T, depth int, words []string, identity bool) *wideNode {
	n := &wideNode{}
	if chance(t, 4, "conditional") {
		n.When = drawWideWhen(t)
	}
	kind := rapid.IntRange(0, 10).Draw(t, "kind")
	if depth == 0 {
		kind = max(kind, 3)
	}
	switch kind {
	case 0, 1, 2:
		var children []*wideNode
		for range rapid.IntRange(1, 3).Draw(t, "children") {
			children = append(children, drawWideNode(t, depth-1, words, identity))
		}
		if kind == 0 {
			n.All = children
		} else {
			n.Any = children
		}
	default:
		drawWideLeaf(t, n, kind, words, identity)
	}
	return n
}

func drawWideWhen(t *rapid.T) *wideWhen {
	return rapid.SampledFrom([]*wideWhen{
		{Roles: []string{"requesting"}, Profession: "physician"}, {Roles: []string{"ordering", "rendering"}, Profession: "non_physician"},
		{Requested: "specialty_match"},
	}).Draw(t, "when")
}

func drawWideLeaf(t *rapid.T, n *wideNode, kind int, words []string, identity bool) {
	leaf := map[string]any{}
	switch kind {
	case 3, 4:
		leaf["license"] = map[string]any{
			"state":        rapid.SampledFrom([]string{"TX", "HI", "any"}).Draw(t, "state"),
			"excludeTypes": rapid.SampledFrom([][]string{nil, {"administrative"}}).Draw(t, "excluded"),
		}
	case 5, 6:
		anchor := wideAnchor{Of: rapid.SampledFrom(anchorKinds).Draw(t, "of")}
		if anchor.Of == "requester" || anchor.Of == "either" {
			anchor.Roles = rapid.SampledFrom([][]string{{"requesting"}, {"ordering", "rendering"}}).Draw(t, "roles")
			anchor.Profession = rapid.SampledFrom(professions).Draw(t, "profession")
		}
		leaf["specialty"] = map[string]any{"relation": rapid.SampledFrom(relationNames[1:]).Draw(t, "relation"), "anchor": anchor}
	case 7:
		leaf["credential"] = map[string]any{"in": rapid.SampledFrom([][]string{{"MD"}, {"MD", "DO"}, {"PharmD"}}).Draw(t, "credentials")}
	case 8:
		leaf["boardCertification"] = rapid.SampledFrom([]widePractice{
			{Kind: "certified"}, {Kind: "certified_or_experience"}, {Kind: "certified_or_experience", RecentYears: 5},
		}).Draw(t, "certification")
	case 9:
		leaf["experience"] = widePractice{Of: "condition", RecentYears: rapid.SampledFrom([]int{0, 2, 5}).Draw(t, "years")}
	default:
		words := words
		if !identity {
			leaf["population"] = "member"
			break
		}
		leaf["identity"] = rapid.SampledFrom(identities).Draw(t, "identity")
		if leaf["identity"] == "original_preferred" {
			leaf["within"] = drawWideTerm(t, "within", words...)
		}
	}
	text, err := json.Marshal(leaf)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, n); err != nil {
		t.Fatal(err)
	}
}

// drawWideLaw draws a law of its own accreditation, the first one perhaps of Texas.
func drawWideLaw(t *rapid.T, i int, identity bool) wideRow {
	row := wideRow{
		ID: fmt.Sprintf("rule-%d", i), Title: "Rule", Source: "test", Verified: true, Enabled: true,
		Kind: "accreditation", Accreditation: fmt.Sprintf("a%d", i), Lines: lines, Levels: levels, Phases: phases,
		Statuses: statuses, Zone: rapid.SampledFrom(wideZones).Draw(t, "law's zone"),
	}
	words := []string{"none", "federal", "payer"}
	if i == 0 && rapid.Bool().Draw(t, "of Texas") {
		row.Kind, row.Accreditation, row.States, row.StateBasis, row.Zone = "state", "", []string{"TX"}, "situs", ""
		words = append(words, "state", "federal_and_state")
	}
	if !chance(t, 4, "no tree") {
		row.Requires = drawWideNode(t, 2, words, identity)
	}
	for _, w := range [][]string{{"license"}, {"specialty"}, {"license", "specialty"}} {
		asked := !slices.ContainsFunc(w, func(need string) bool { return !row.Requires.asks(need) })
		if asked && rapid.Bool().Draw(t, "waived") {
			code := rapid.SampledFrom([]string{"tx_ssl_waived", "appeal_level_of_review"}).Draw(t, "code")
			row.Waivers = append(row.Waivers, wideWaiver{w, code})
		}
	}
	if chance(t, 3, "law's window") {
		row.RequestWindow = drawWideFrom(t, drawWideTerm(t, "window", words...), "window", "denial", "letter_date")
		row.RequestWindow.Until = rapid.SliceOfNDistinct(rapid.SampledFrom(endEvents), 0, 2, rapid.ID).Draw(t, "until")
	}
	if chance(t, 2, "law's clock") {
		row.ResponseClock = drawWideFrom(t, drawWideTerm(t, "clock", words...), "clock", startEvents...)
		row.ResponseClock.RemovesLater = chance(t, 3, "removes")
	}
	if chance(t, 4, "notice") {
		notice := drawWideTerm(t, "notice", words...)
		notice.Phases = rapid.SampledFrom([][]string{nil, {"pre_service"}}).Draw(t, "notice phases")
		row.MinimumNotice = []wideTerm{*notice}
	}
	if chance(t, 3, "result") {
		row.ResultClock = drawWideTerm(t, "result", words...)
	}
	row.PartialCertification = chance(t, 3, "in part")
	if chance(t, 5, "before") {
		row.PreDeterminationOnly = map[string]bool{"consultativeAfter": rapid.Bool().Draw(t, "consultative after")}
	}
	drawWideScope(t, &row, words)
	return row
}

func (n *wideNode) asks(need string) bool {
	if n == nil {
		return false
	}
	text, err := json.Marshal(n)
	return err == nil && slices.Contains([]bool{
		need == "license" && containsText(text, `"license":`), need == "specialty" && containsText(text, `"specialty":`),
	}, true)
}

func containsText(text []byte, want string) bool {
	for i := range len(text) - len(want) + 1 {
		if string(text[i:i+len(want)]) == want {
			return true
		}
	}
	return false
}

func drawWideRules(t *rapid.T, identity bool) wideRules {
	w := wideRules{kept: map[string][]slots.Date{}}
	for _, calendar := range []string{"federal", "state/TX", "payer/acme"} {
		for range rapid.IntRange(1, 3).Draw(t, calendar) {
			d := slots.Date(rapid.Int32Range(20_436, 20_466).Draw(t, "kept"))
			w.kept[calendar] = append(w.kept[calendar], d)
		}
	}
	for i := range rapid.IntRange(0, 3).Draw(t, "laws") {
		w.laws = append(w.laws, drawWideLaw(t, i, identity))
	}
	w.drawStanding(t)
	w.payer = drawWidePayer(t, identity)
	return w
}

func drawWidePayer(t *rapid.T, identity bool) wideRow {
	words := []string{"none", "federal", "payer"}
	p := wideRow{
		ID: "pay", Title: "Payer", Source: "test", Verified: true, Enabled: true, HealthPlan: "acme",
		Zone: rapid.SampledFrom(wideZones).Draw(t, "payer's zone"), Modes: []string{"slot", "callback", "ad_hoc"},
		Accreditations: []string{"a0", "a1", "a2", "a3"},
		Call: map[string]int{
			"callMinutes": rapid.SampledFrom([]int{15, 20}).Draw(t, "minutes"), "gridMinutes": rapid.SampledFrom([]int{10, 15}).Draw(t, "grid"),
			"leadMinutes": rapid.SampledFrom([]int{0, 45}).Draw(t, "lead"), "horizonHours": rapid.SampledFrom([]int{60, 240}).Draw(t, "horizon"),
			"holdMinutes": 5,
		},
		Clauses: []map[string]any{
			{"id": "expired", "effect": "refuse", "code": "case_expired", "message": "Expired.", "display": true, "when": map[string]any{"statuses": []string{"expired"}}},
			{"id": "final", "effect": "consultative", "code": "final_determination", "message": "Final.", "display": true, "when": map[string]any{"final": true}},
			{"id": "call", "effect": "eligible", "code": "call_available", "message": "A call.", "display": true, "when": map[string]any{}},
		},
		AgentSpecialty: rapid.SampledFrom([]string{"", codeOrtho, codeNeuro}).Draw(t, "agent"),
	}
	if rapid.Bool().Draw(t, "payer's tree") {
		p.Requires = drawWideNode(t, 1, words, identity)
	}
	if chance(t, 3, "payer's window") {
		p.RequestWindow = drawWideFrom(t, drawWideTerm(t, "asking", words...), "asking", "denial", "letter_date")
		p.RequestWindow.Until = rapid.SliceOfNDistinct(rapid.SampledFrom(endEvents), 0, 2, rapid.ID).Draw(t, "until")
	}
	if chance(t, 3, "payer's clock") {
		p.ResponseClock = drawWideFrom(t, drawWideTerm(t, "duty", words...), "duty", startEvents...)
	}
	for i, event := range limitEvents {
		if !chance(t, 4, event) {
			continue
		}
		l := wideLimit{ID: fmt.Sprintf("limit-%d", i), Event: event, Code: "limit_" + event, Message: "Late."}
		l.Effect = rapid.SampledFrom(limitEffects).Draw(t, "effect")
		if rapid.Bool().Draw(t, "sooner") {
			if l.Before = drawWideTerm(t, "before", words...); event == "service_performed" && l.Before.Unit == "hours" {
				l.Before = nil
			}
		}
		p.Limits = append(p.Limits, l)
	}
	if chance(t, 4, "capped") {
		p.Caps = map[string]int{"callsPerCase": rapid.IntRange(1, 2).Draw(t, "calls")}
	}
	if chance(t, 3, "staged") {
		p.Stages = []wideStage{
			{"pharmacist", []string{"PharmD"}, map[string][]string{"phases": {"pre_service"}}},
			{"doctor", []string{"MD", "DO"}, map[string][]string{}},
		}
	}
	return p
}

// compile makes rules of the rows, in any order.
func (w *wideRules) compile(t *rapid.T, tb testing.TB) *Ruleset {
	add := func(s *section, row any) {
		text, err := json.Marshal(row)
		if err != nil {
			t.Fatal(err)
		}
		s.Rows = append(s.Rows, text)
	}
	bundle := slimBundle(tb, func(s map[string]*section) {
		keepRows(tb, s["payers"], "default")
		s["jurisdictions"].Rows, s["holidays"].Rows = nil, nil
		add(s["payers"], w.payer)
		for i := range w.laws {
			add(s["jurisdictions"], w.present(&w.laws[i]))
		}
		for _, id := range []string{"federal", "state/TX", "payer/acme"} {
			var days []map[string]any
			for _, d := range w.kept[id] {
				days = append(days, map[string]any{"name": "Day", "date": d.String()})
			}
			add(s["holidays"], map[string]any{"id": id, "label": "L", "source": "test", "days": days})
		}
	})
	rs, err := CompileRules(bundle)
	if err != nil {
		t.Fatal(err)
	}
	return rs
}

// drawWideCase draws a case with many of its facts, or without them.
func drawWideCase(t *rapid.T, now slots.Instant) *Case {
	c := drawRuleCase(t)
	c.HealthPlan = "acme"
	moment := func(label string) slots.Instant {
		if chance(t, 3, "no "+label) {
			return 0
		}
		return now + slots.Instant(rapid.IntRange(-12*24*60, 8*24*60).Draw(t, label))*slots.Minute
	}
	day := func(label string) slots.Date {
		if m := moment(label); m != 0 {
			return slots.UTC().Date(m)
		}
		return 0
	}
	c.Determination.Final = chance(t, 6, "final")
	c.Determination.DecidedAt, c.Determination.LetterDate = moment("decided"), day("letter")
	c.DecisionDue, c.InformationCompleteAt = moment("due"), moment("complete")
	c.PostDecision = PostDecision{Present: rapid.Bool().Draw(t, "post"), Delegated: true, Reconsideration: "open", Until: moment("until")}
	if rapid.Bool().Draw(t, "went on") {
		c.AppealFiledAt, c.DischargedAt, c.ServicePerformedOn = moment("appealed"), moment("discharged"), day("performed")
	}
	c.AuthorizationRequestedAt, c.Expedited = moment("submitted"), rapid.Bool().Draw(t, "expedited")
	if chance(t, 3, "due by law") {
		c.Determination.Status, c.DecisionDue = "pending", 0
	}
	c.PlanType = rapid.SampledFrom(append([]string{""}, planTypes...)).Draw(t, "plan type")
	c.Drug = rapid.SampledFrom(append([]string{"", ""}, drugs...)).Draw(t, "drug")
	c.Stage, c.CallsHeld = rapid.IntRange(0, 2).Draw(t, "stage"), rapid.IntRange(0, 2).Draw(t, "held")
	return c
}

// drawWideReviewer draws a reviewer with certifications and experience.
func drawWideReviewer(t *rapid.T, id string) *Reviewer {
	r := drawRuleReviewer(t)
	r.ID = id
	day := func(label string) slots.Date {
		return slots.Date(rapid.OneOf(rapid.Int32Range(20_436, 20_466), rapid.Int32Range(15_000, 21_000)).Draw(t, label))
	}
	for range rapid.IntRange(0, 2).Draw(t, "certifications") {
		c := Certification{Specialty: rapid.SampledFrom(twinCodes).Draw(t, "certified in"), From: day("from")}
		if rapid.Bool().Draw(t, "ends") {
			c.To = day("to")
		}
		r.BoardCertifications = append(r.BoardCertifications, c)
	}
	for range rapid.IntRange(0, 2).Draw(t, "experiences") {
		e := Experience{Specialty: rapid.SampledFrom(twinCodes).Draw(t, "experienced in")}
		if !chance(t, 3, "still") {
			years := rapid.SampledFrom([]int{0, 2, 5}).Draw(t, "ago")
			year, month, date := day("practised until").YMD()
			e.Until, _ = slots.DateOf(year-years, month, date)
		}
		r.Experience = append(r.Experience, e)
	}
	return r
}
