package server

import (
	"fmt"
	"strings"
	"testing"
)

// why asks for an explanation.
func (w *world) why(changes ...any) reply {
	w.t.Helper()
	return w.do("POST", "/v1/explain", doc{}.with(changes...).String()).is(200, "")
}

// facts lists requirements or gates as "code rule met", those that count alone.
func facts(v any) string {
	var out []string
	for _, item := range v.([]any) {
		f := item.(map[string]any)
		if f["counts"] == false {
			continue
		}
		rule, _ := f["rule"].(string)
		out = append(out, strings.TrimSpace(f["code"].(string)+" "+rule)+" "+fmt.Sprint(f["met"]))
	}
	return strings.Join(out, ", ")
}

// TestExplainCase: the rows that were looked at, why some do not apply, and what is asked.
func TestExplainCase(t *testing.T) {
	t.Parallel()
	x := &texas{world: newWorld(t, texasNow)}
	_, caseID := x.pair(nil, nil)
	r := x.why("/caseId", caseID)
	applies := map[string]string{}
	for _, v := range r.at("cases", 0, "rows").([]any) {
		row := v.(map[string]any)
		if row["source"] == "" || row["title"] == "" {
			t.Errorf("row without source: %v", row)
		}
		applies[row["id"].(string)] = fmt.Sprint(row["applies"], " ", row["why"])
	}
	if applies["hne"] != "true <nil>" || applies["tx-commercial"] != "true <nil>" || applies["default"] != "false plan hne" {
		t.Errorf("rows %v", applies)
	}
	codes := map[string]bool{}
	for _, v := range r.at("cases", 0, "requirements").([]any) {
		f := v.(map[string]any)
		codes[f["code"].(string)] = true
		if _, judged := f["met"]; judged {
			t.Errorf("nobody was judged: %v", f)
		}
	}
	if !codes["license"] || !codes["specialty"] || !codes["program"] {
		t.Errorf("requirements %v", codes)
	}
	if r.at("mode") != "slot" || r.at("refusal") != nil || r.at("reviewer") != nil || r.at("cases", 0, "availability", "status") != "eligible" {
		t.Errorf("case alone %s", r.body)
	}
	if r.at("best", "tier") != "full" || len(r.at("explanation", "nothingBecause").([]any)) != 0 {
		t.Errorf("best %v because %v", r.at("best"), r.at("explanation"))
	}
}

// TestExplainReviewer: facts, verdict and rule of each requirement, and the waiver
// that would let the caller go on.
func TestExplainReviewer(t *testing.T) {
	t.Parallel()
	x := &texas{world: newWorld(t, texasNow)}
	reviewerID, caseID := x.pair([]any{"/licenses/0/state", "OK"}, nil)
	r := x.why("/caseIds", []string{caseID}, "/reviewerId", reviewerID, "/start", tuesday, "/timeZone", "America/Chicago")
	if r.at("reviewer", "verdict") != "bookable" || r.at("reviewer", "tier") != "license_waived" || r.at("reviewer", "start") != tuesday ||
		list(r.at("reviewer", "attestations")) != noteA || list(r.at("reviewer", "unmet")) != "license" {
		t.Errorf("reviewer %v", r.at("reviewer"))
	}
	for _, v := range r.at("reviewer", "cases", 0, "requirements").([]any) {
		f := v.(map[string]any)
		if f["code"] == "license" && (f["met"] != false || f["waiver"] != noteA || f["rule"] != "tx-commercial" || f["source"] == nil ||
			!strings.Contains(list(f["facts"]), "state=TX") || !strings.Contains(list(f["facts"]), "license=none")) {
			t.Errorf("licence %v", f)
		}
	}
	busy := deckBooking.with("/caseIds/0", caseID, "/slot", doc{"reviewerId": reviewerID, "start": tuesday}, "/attestations", []string{noteA})
	x.post("/v1/appointments", busy.String()).is(201, "")
	_, other := x.pair([]any{"/active", false}, nil)
	taken := x.why("/caseId", other, "/reviewerId", reviewerID, "/start", tuesday)
	if taken.at("reviewer", "verdict") != "slot_taken" || taken.at("reviewer", "detail") != "call" || !strings.Contains(facts(taken.at("reviewer", "slot")), "call false") {
		t.Errorf("taken %v", taken.at("reviewer"))
	}
	off := x.why("/caseId", other, "/reviewerId", reviewerID, "/start", "2026-11-03T10:07:00-06:00")
	if off.at("reviewer", "verdict") != "slot_not_offered" || off.at("reviewer", "detail") != "off_grid" {
		t.Errorf("off the grid %v", off.at("reviewer"))
	}
	alone := x.why("/caseId", other, "/reviewerId", "rev-2")
	if alone.at("reviewer", "verdict") != "reviewer_not_qualified" || alone.at("reviewer", "detail") != "active" || alone.at("reviewer", "start") != nil || alone.at("reviewer", "tier") != nil {
		t.Errorf("inactive %v", alone.at("reviewer"))
	}
	if got := x.why("/caseId", other, "/reviewerId", reviewerID).at("reviewer", "verdict"); got != "qualified" {
		t.Errorf("about no start: %v", got)
	}
}

// TestExplainNothing: the single changes that would yield a call, each with its
// count and its earliest start.
func TestExplainNothing(t *testing.T) {
	t.Parallel()
	x := &texas{world: newWorld(t, texasNow)}
	_, caseID := x.pair([]any{"/licenses/0/state", "OK"}, nil)
	unlocks := func(r reply) map[string]float64 {
		t.Helper()
		got := map[string]float64{}
		for _, v := range r.at("explanation", "unlock").([]any) {
			u := v.(map[string]any)
			got[u["kind"].(string)+" "+u["value"].(string)] = u["slots"].(float64)
			if u["earliest"] == "" {
				t.Errorf("unlock without a start: %v", u)
			}
		}
		return got
	}
	waiver := x.why("/caseId", caseID, "/week", "2026-11-02")
	if unlocks(waiver)["attestation "+noteA] == 0 || waiver.at("best", "tier") != "license_waived" {
		t.Errorf("unlocks %s", waiver.body)
	}
	x.pair(nil, nil)
	ticked := x.why("/caseId", caseID, "/week", "2026-11-02", "/days", []string{"sat"})
	if got := unlocks(ticked); got["day mon"] == 0 || ticked.at("best") != nil {
		t.Errorf("unlocks of a Saturday %v", got)
	}
	gone := x.why("/caseId", caseID, "/from", "2026-10-01T00:00:00Z", "/to", "2026-10-02T00:00:00Z")
	if got := gone.at("explanation", "nothingBecause", 0, "code"); got != "past" {
		t.Errorf("because %v", gone.at("explanation"))
	}
}

// TestExplainRefused: a case without a call is explained all the same.
func TestExplainRefused(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	w.seed(mate("approved", "/determination/status", "approved"))
	r := w.why("/caseId", "approved", "/reviewerId", "rev-ames")
	if r.at("refusal", "code") != "not_eligible" || r.at("refusal", "reasons", 0, "code") != "case_approved" || r.at("mode") != nil ||
		r.at("cases", 0, "availability", "status") != "not_eligible" || r.at("explanation", "nothingBecause", 0, "code") != "case_approved" {
		t.Errorf("refused %s", r.body)
	}
	if got := w.why("/caseId", "1004567", "/mode", "callback"); got.at("refusal", "code") != "mode_not_available" || got.at("refusal", "rule") != "hne/modes" {
		t.Errorf("callback: %s", got.body)
	}
	closed := newCallbacks(t)
	closed.seed(evolentCase.with("/id", "a-1", "/healthPlan", "asuris", "/determination/letterDate", "2026-10-10"))
	late := closed.why("/caseId", "a-1")
	if late.at("refusal", "reasons", 0, "code") != "request_window_closed" || late.at("explanation", "unlock", 0, "kind") != "deadline" ||
		late.at("explanation", "unlock", 0, "value") != "asuris/request-window" {
		t.Errorf("too late %s", late.body)
	}
	f := w.refusing("POST", "/v1/explain", doc{"caseId": "1004567"})
	f(400, "/reviewerId", "/reviewerId", "rev ames")
	f(400, "/start", "/start", "now", "/reviewerId", "rev-ames")
	f(422, "", "/caseId", absent{})
	f(422, "", "/caseIds", []string{"1004567"})
	f(422, "/start", "/start", "2020-05-18T18:30:00-04:00")
	f(422, "/mode", "/mode", "fax")
	f(422, "/week", "/week", "2020-05-18", "/from", "2020-05-18T00:00:00Z")
	f(422, "/days /hours", "/days", []string{}, "/hours", []int{})
	f(422, "/windows/0/end", "/windows", []doc{{"start": "2020-05-18T18:30:00-04:00", "end": "2020-05-18T18:30:00-04:00"}})
	f(422, "/windows/1", "/windows", many(2, doc{"start": "2020-05-18T18:30:00-04:00", "end": "2020-05-18T19:30:00-04:00"}))
	f(422, "/timeZone", "/timeZone", "EST")
	f(404, "", "/caseId", "nope")
	f(404, "", "/reviewerId", "nope")
	f(422, "", "/caseId", absent{}, "/caseIds", []string{"1004567", "1004567"})
}
