package matcher

import (
	"strings"
	"testing"
)

// TestBadStanding: what a row says of plan types, agents and other rows is checked, as
// is a clock for the decision.
func TestBadStanding(t *testing.T) {
	t.Parallel()
	f := func(patch, detail string, others ...string) {
		t.Helper()
		rows := patched(t, lawRow, patch) + strings.Join(others, "")
		refusal(t, withRows(t, "jurisdictions", rows), "jurisdictions", "law", detail)
	}
	other := func(id, patch string) string { return patched(t, patched(t, lawRow, patch), `{"id": "`+id+`"}`) }

	f(`{"planTypes": ["hmo", "bronze"]}`, `planTypes: unknown "bronze"`)
	f(`{"planTypes": ["hmo", "hmo"]}`, `planTypes: "hmo" twice`)
	f(`{"agent": "yes"}`, "agent")
	f(`{"beside": ["nowhere"]}`, `beside: no row "nowhere"`)
	f(`{"replaces": ["nowhere"]}`, `replaces: no row "nowhere"`)
	f(`{"beside": ["law"]}`, "beside: the row names itself")
	f(`{"replaces": ["law"]}`, "replaces: the row names itself")
	f(`{"beside": ["tx-commercial"]}`, "beside: row tx-commercial covers none of the same cases")
	f(`{"replaces": ["tx-commercial"]}`, "replaces: row tx-commercial covers none of the same cases")
	f(`{"planTypes": ["hmo"], "beside": ["law-2"]}`, "beside: row law-2 covers none of the same cases", other("law-2", `{"planTypes": ["ppo"]}`))
	f(`{"beside": ["urac-um"]}`, "beside: row urac-um is of another kind")
	f(`{"beside": ["law-2", "law-2"]}`, `beside: "law-2" twice`, other("law-2", `{}`))
	f(`{"beside": ["law-2"], "replaces": ["law-2"]}`, "replaces: row law-2 stands beside this one", other("law-2", `{}`))
	f(`{"replaces": ["law-2"]}`, "replaces: a cycle", other("law-2", `{"replaces": ["law"]}`))
	f(`{"replaces": ["law-2"]}`, "replaces: a cycle", other("law-2", `{"replaces": ["law-3"]}`), other("law-3", `{"replaces": ["law"], "enabled": false}`))

	pending := `{"statuses": ["pending"], "decisionClock": `
	f(pending+`[{"amount": 0, "unit": "hours", "from": "authorization"}]}`, "decisionClock[0].amount: 0")
	f(pending+`[{"amount": 7, "from": "authorization"}]}`, "decisionClock[0].unit: missing")
	f(pending+`[{"amount": 7, "unit": "business_days", "from": "authorization"}]}`, "decisionClock[0].holidays: missing")
	f(pending+`[{"amount": 7, "unit": "calendar_days", "from": "request"}]}`, `decisionClock[0].from: unknown "request"`)
	f(pending+`[{"amount": 7, "unit": "calendar_days"}]}`, "decisionClock[0].from: missing")
	f(pending+`[{"amount": 7, "unit": "calendar_days", "from": "authorization", "removesLater": true}]}`, "removesLater")
	f(pending+`[{"amount": 3, "unit": "hours", "from": "authorization", "expedited": true}, {"amount": 7, "unit": "hours", "from": "authorization"}]}`,
		"decisionClock[1].expedited: decisionClock[0] runs for the same cases")
	f(pending+`[{"amount": 7, "unit": "hours", "from": "authorization", "levels": ["first"]}]}`, `decisionClock[0].levels: unknown "first"`)
	f(pending+`[{"amount": 7, "unit": "hours", "from": "authorization", "levels": ["initial", "initial"]}]}`, `decisionClock[0].levels: "initial" twice`)
	f(pending+`[{"amount": 7, "unit": "hours", "from": "authorization", "levels": ["appeal"]}]}`, "decisionClock[0].levels: the row covers none of them")
	f(`{"levels": ["initial", "appeal"], `+pending[1:]+`[{"amount": 3, "unit": "hours", "from": "authorization", "levels": ["initial"]},
		{"amount": 7, "unit": "hours", "from": "authorization", "levels": ["appeal", "initial"]}]}`, "decisionClock[1].expedited: decisionClock[0] runs for the same cases")
	f(`{"levels": ["initial", "appeal"], `+pending[1:]+`[{"amount": 3, "unit": "hours", "from": "authorization", "levels": ["initial"]},
		{"amount": 7, "unit": "hours", "from": "authorization", "expedited": true}]}`, "decisionClock[1].expedited: decisionClock[0] runs for the same cases")
	f(`{"decisionClock": [{"amount": 7, "unit": "calendar_days", "from": "authorization"}]}`, "decisionClock: nothing that the row covers is pending")
}

// TestRowsBeside: rows that cover a common case are told apart by what they say of one
// another, whichever of them says it; versions of one law still clash.
func TestRowsBeside(t *testing.T) {
	t.Parallel()
	second := func(patch string) string { return lawRow + patched(t, patched(t, lawRow, `{"id": "law-2"}`), patch) }
	for _, ok := range []string{
		second(`{"beside": ["law"]}`),
		second(`{"replaces": ["law"]}`),
		patched(t, lawRow, `{"beside": ["law-2"]}`) + patched(t, lawRow, `{"id": "law-2"}`),
		patched(t, lawRow, `{"planTypes": ["hmo"]}`) + patched(t, lawRow, `{"id": "law-2", "planTypes": ["ppo", "epo"]}`),
	} {
		if _, err := CompileRules(withRows(t, "jurisdictions", ok)); err != nil {
			t.Error(err)
		}
	}
	f := func(rows, detail string) {
		t.Helper()
		_, err := CompileRules(withRows(t, "jurisdictions", rows))
		if err == nil || !strings.Contains(err.Error(), detail) {
			t.Errorf("%v, want %s", err, detail)
		}
	}
	f(second(`{}`), "row law-2: covers the same cases at the same time as row law")
	f(second(`{"planTypes": ["hmo"]}`), "row law-2: covers the same cases at the same time as row law")
	f(second(`{"agent": true}`), "row law-2: covers the same cases at the same time as row law")
	// Two versions of a law that stands beside another must not overlap.
	version := func(patch string) string { return patched(t, patched(t, lawRow, `{"beside": ["law"]}`), patch) }
	early := version(`{"id": "law-2", "validTo": "2025-12-31"}`)
	if _, err := CompileRules(withRows(t, "jurisdictions", lawRow+early+version(`{"id": "law-3", "validFrom": "2026-01-01"}`))); err != nil {
		t.Error(err)
	}
	f(lawRow+early+version(`{"id": "law-3", "validFrom": "2025-12-31"}`), "row law-3: covers the same cases at the same time as row law-2")
}
