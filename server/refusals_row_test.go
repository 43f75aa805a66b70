package server

import (
	"testing"
)

// TestRefusalsNameTheRow: what a program does not arrange or demands is refused by
// its row, on each way to a call.
func TestRefusalsNameTheRow(t *testing.T) {
	t.Parallel()
	w := newCallbacks(t)
	f := func(r reply, rule string) {
		t.Helper()
		if r.status != 422 || r.at("rule") != rule || r.at("caseIds", 0) != "e-1" {
			t.Errorf("%d %s, want rule %s and the case", r.status, r.body, rule)
		}
	}
	f(w.do("POST", "/v1/search", deckSearch.with("/caseIds", []string{"e-1"}).String()), "evolent-callback/modes")
	f(w.post("/v1/holds", deckHold.with("/caseIds", []string{"e-1"}, "/slot/reviewerId", "rev-1").String()), "evolent-callback/modes")
	f(w.post("/v1/callback-requests", deckCallback.with("/windows", absent{}).String()), "evolent-callback/minimum-windows")
	night := spans("2026-11-03T01:00:00-08:00", "2026-11-03T02:00:00-08:00", "2026-11-04T01:00:00-08:00", "2026-11-04T02:00:00-08:00")
	reasons := w.post("/v1/callback-requests", deckCallback.with("/windows", night).String()).is(201, "").at("explanation", "because").([]any)
	seen := map[any]bool{}
	for _, reason := range reasons {
		if code := reason.(map[string]any)["code"]; seen[code] {
			t.Errorf("%v is given twice: %v", code, reasons)
		} else {
			seen[code] = true
		}
	}
}
