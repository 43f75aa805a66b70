package enginetest

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/go-json-experiment/json"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/matcher"
)

// terms are the numbers of a payer's row, as the auditor knows them.
type terms struct {
	plan, program        string   // program "" = all of the plan
	call, grid, lead     int      // minutes
	horizon              int      // hours
	hold                 int      // minutes
	window               int      // hours after the decision in which to ask, 0 = none
	modes                []string // nil = slots
	windows              int      // that a callback request must name
	office               int      // business days whose office hours stand in for windows, 0 = none do
	clinician            bool     // a clinician must speak
	ohioConsent, appeals bool     // attestations of the row for Health New England
	misses               int      // after which an outcome of their own follows, 0 = no rule
	then                 string   // what: deemed_completed, no_show, none
	anyTime              bool     // misses count whenever they happen
	outcomes             []string
	stages               bool // a pharmacist first, then a physician
	once                 bool // one call a case
	anyCase              bool // the intake of an ad hoc call asks for nothing
}

// Health plans of the simulated world. planPlain has no row of its own and
// falls to the default policy; planDeck has a shipped row.
const (
	planPlain    = "plain"
	planDeck     = "hne"
	planLong     = "long"
	planCallback = "callback"
	planWindow   = "window"
	planStages   = "stages"
	planBoth     = "both" // slots and callbacks
	planNow      = "now"  // whoever is free
)

// Programs of the simulated world.
const (
	programSpine = "msk-spine-surgery"
	programJoint = "msk-joint-surgery"
)

// handbook is a ruleset as the auditor knows it.
type handbook struct {
	version string
	bundle  []byte
	rows    []terms
	result  int // hours after a call in which Texas wants its result
}

// shippedHorizon is that of the rows which come from the embedded rules, in hours: less
// than there, since the index of free time reaches as far.
const shippedHorizon = 240

// shipped are the rows that the embedded rules have.
var shipped = []terms{
	{plan: planPlain, call: 15, grid: 15, horizon: shippedHorizon, hold: 5},
	{plan: planDeck, call: 15, grid: 15, horizon: shippedHorizon, hold: 5, ohioConsent: true, appeals: true, modes: slotsAndCallbacks},
}

// slotsAndCallbacks are the modes of several plans; the shipped row of planDeck gets them too.
var slotsAndCallbacks = []string{engine.ModeSlot, engine.ModeCallback}

// firstRows and secondRows are the rows that the two rulesets of a simulation
// add to the shipped ones.
var (
	firstRows = []terms{
		{plan: planLong, program: programSpine, call: 30, grid: 15, lead: 60, horizon: 48, hold: 10, clinician: true, misses: 2, then: "deemed_completed"},
		{plan: planLong, program: programJoint, call: 20, grid: 20, horizon: 72, hold: 4, misses: 1, then: "no_show", anyTime: true},
		{
			plan: planCallback, call: 15, grid: 15, lead: 30, horizon: 48, hold: 5, clinician: true, misses: 2, then: "deemed_completed",
			modes: []string{engine.ModeCallback}, windows: 2,
		},
		{
			plan: planWindow, call: 15, grid: 15, horizon: 240, hold: 5, window: 12, misses: 3, then: "none",
			outcomes: []string{"upheld", "decision_pending"}, modes: slotsAndCallbacks,
		},
		{plan: planStages, call: 15, grid: 15, horizon: 240, hold: 5, stages: true, once: true, modes: slotsAndCallbacks},
		{plan: planBoth, call: 15, grid: 15, horizon: 240, hold: 5, modes: slotsAndCallbacks, office: 2},
		{plan: planNow, call: 15, grid: 15, horizon: 48, hold: 5, modes: []string{engine.ModeAdHoc}, clinician: true},
	}
	secondRows = []terms{
		{plan: planLong, program: programSpine, call: 45, grid: 15, horizon: 48, hold: 2},
		{plan: planLong, program: programJoint, call: 20, grid: 20, lead: 30, horizon: 72, hold: 4},
		{plan: planCallback, call: 30, grid: 30, horizon: 48, hold: 5, modes: []string{engine.ModeCallback}},
		{plan: planWindow, call: 15, grid: 15, horizon: 240, hold: 1, window: 6, once: true},
		{plan: planStages, call: 15, grid: 15, horizon: 240, hold: 5, stages: true, modes: slotsAndCallbacks},
		{plan: planBoth, call: 15, grid: 15, lead: 15, horizon: 240, hold: 5, modes: slotsAndCallbacks, windows: 1, clinician: true},
		{plan: planNow, call: 10, grid: 20, lead: 60, horizon: 48, hold: 3, modes: []string{engine.ModeSlot, engine.ModeAdHoc}, anyCase: true},
	}
)

// handbooks returns the two rulesets between which a simulation changes.
var handbooks = sync.OnceValues(func() ([]handbook, error) {
	first, err := newHandbook(firstRows, 9)
	if err != nil {
		return nil, err
	}
	second, err := newHandbook(secondRows, 40)
	return []handbook{first, second}, err
})

// newHandbook writes rows into a bundle, each as a copy of the default row with
// its own numbers, and has the law of Texas want results within so many hours.
func newHandbook(rows []terms, result int) (handbook, error) {
	embedded, err := matcher.EmbeddedRules()
	if err != nil {
		return handbook{}, err
	}
	var sections map[string]any
	if err := json.Unmarshal(embedded, &sections); err != nil {
		return handbook{}, err
	}
	for i, t := range rows {
		row, err := t.row(rowsOf(sections, "payers"), fmt.Sprintf("sim-%d", i))
		if err != nil {
			return handbook{}, err
		}
		setRows(sections, "payers", append(rowsOf(sections, "payers"), row))
	}
	for _, row := range rowsOf(sections, "jurisdictions") {
		if m, _ := row.(map[string]any); m["id"] == "tx-commercial" {
			m["resultClock"] = map[string]any{"amount": result, "unit": "hours"}
		}
	}
	cut(sections)
	bundle, err := json.Marshal(sections, json.Deterministic(true))
	if err != nil {
		return handbook{}, err
	}
	compiled, err := matcher.CompileRules(bundle)
	if err != nil {
		return handbook{}, err
	}
	return handbook{version: compiled.Version(), bundle: bundle, rows: append(rows[:len(rows):len(rows)], shipped...), result: result}, nil
}

func rowsOf(sections map[string]any, name string) []any {
	section, _ := sections[name].(map[string]any)
	rows, _ := section["rows"].([]any)
	return rows
}

func setRows(sections map[string]any, name string, rows []any) {
	if section, ok := sections[name].(map[string]any); ok {
		section["rows"] = rows
	}
}

// cut leaves out what the auditor does not ask: a simulation opens its engine
// many times, and each time the rules are compiled.
func cut(sections map[string]any) {
	keep := func(name string, wanted func(id string) bool) {
		setRows(sections, name, slices.DeleteFunc(rowsOf(sections, name), func(row any) bool {
			m, _ := row.(map[string]any)
			id, _ := m["id"].(string)
			return !wanted(id)
		}))
	}
	keep("specialties", func(id string) bool {
		return id == "orthopaedic-surgery" || id == "orthopaedic-surgery/spine" || id == "neurosurgery" || id == "cardiology"
	})
	keep("similarity", func(id string) bool { return strings.HasPrefix(id, "spine-") })
	keep("jurisdictions", func(id string) bool {
		return slices.ContainsFunc([]string{"tx-", "ma-", "oh-"}, func(state string) bool { return strings.HasPrefix(id, state) })
	})
	keep("payers", func(id string) bool { return id == "default" || id == planDeck || strings.HasPrefix(id, "sim-") })
	for _, row := range rowsOf(sections, "payers") {
		m, _ := row.(map[string]any)
		if id, _ := m["id"].(string); !strings.HasPrefix(id, "sim-") {
			call, _ := m["call"].(map[string]any)
			call["horizonHours"] = shippedHorizon
		}
		if m["healthPlan"] == planDeck {
			m["modes"] = slotsAndCallbacks
		}
		for _, part := range []string{"limits", "options", "advice"} {
			delete(m, part)
		}
		clauses, _ := m["clauses"].([]any)
		m["clauses"] = slices.DeleteFunc(clauses, func(clause any) bool {
			c, _ := clause.(map[string]any)
			return c["effect"] == "consultative"
		})
	}
}

// row returns the default row of list with the numbers of t.
func (t terms) row(list []any, id string) (map[string]any, error) {
	var row map[string]any
	for _, r := range list {
		if m, ok := r.(map[string]any); ok && m["healthPlan"] == "*" {
			text, err := json.Marshal(m)
			if err != nil {
				return nil, err
			}
			if err := json.Unmarshal(text, &row); err != nil {
				return nil, err
			}
		}
	}
	if row == nil {
		return nil, fmt.Errorf("the embedded rules have no default row")
	}
	row["id"], row["title"], row["healthPlan"] = id, "Simulated plan "+t.plan, t.plan
	if t.program != "" {
		row["programs"] = []string{t.program}
	}
	if t.modes != nil {
		row["modes"] = t.modes
	}
	if t.anyCase {
		row["intake"] = []string{}
	}
	if t.windows > 0 {
		row["minimumWindows"] = t.windows
	}
	if t.office > 0 {
		row["callbackHours"] = map[string]any{
			"weekly": []any{map[string]any{"days": []string{"mon", "tue", "wed", "thu", "fri"}, "start": "09:00", "end": "17:00"}}, "businessDays": t.office,
		}
	}
	row["call"] = map[string]int{
		"callMinutes": t.call, "gridMinutes": t.grid, "leadMinutes": t.lead, "horizonHours": t.horizon, "holdMinutes": t.hold,
	}
	row["clinicianRequired"] = t.clinician
	t.procedure(row)
	if t.window > 0 {
		row["zone"] = "UTC"
		row["requestWindow"] = map[string]any{"amount": t.window, "unit": "hours", "from": "denial"}
	}
	return row, nil
}

// procedure writes what becomes of a call.
func (t terms) procedure(row map[string]any) {
	if t.misses > 0 {
		counts := "windows"
		if t.anyTime {
			counts = "any"
		}
		row["attempts"] = map[string]any{"maximum": t.misses, "then": t.then, "counts": counts}
	}
	if t.outcomes != nil {
		row["outcomes"] = []any{map[string]any{"outcomes": t.outcomes, "when": map[string]any{}}}
	}
	if t.stages {
		row["requires"] = map[string]any{"credential": map[string]any{"in": []string{"MD", "DO", "PharmD"}}}
		row["reviewerStages"] = []any{
			map[string]any{"id": "pharmacist", "credentials": []string{"PharmD"}, "when": map[string]any{}},
			map[string]any{"id": "director", "credentials": []string{"MD", "DO"}, "when": map[string]any{}},
		}
	}
	if t.once {
		row["caps"] = map[string]int{"callsPerCase": 1}
	}
}

// opens tells whether calls may come about in a mode.
func (t terms) opens(mode string) bool {
	if t.modes == nil {
		return mode == engine.ModeSlot
	}
	return slices.Contains(t.modes, mode)
}

// termsOf finds the row that governs a case.
func (h *handbook) termsOf(c *engine.Case) terms {
	for _, t := range h.rows {
		if t.plan == c.HealthPlan && (t.program == "" || t.program == c.Program) {
			return t
		}
	}
	return shipped[0]
}
