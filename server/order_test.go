package server

import (
	"encoding/json"
	"testing"

	"github.com/parleyhq/parley/matcher"
)

// rulesWith returns the shipped rules with more payer rows: copies of the
// default row with changes, each for the health plan that is its id.
func rulesWith(t testing.TB, rows map[string]map[string]any) []byte {
	t.Helper()
	bundle, err := matcher.EmbeddedRules()
	if err != nil {
		t.Fatal(err)
	}
	rules := parseDoc(string(bundle))
	payers := rules["payers"].(map[string]any)
	for _, id := range []string{"callback-only", "clinician-only"} {
		row := parseDoc(doc(payers["rows"].([]any)[0].(map[string]any)).String())
		row["id"], row["healthPlan"] = id, id
		for name, v := range rows[id] {
			row[name] = v
		}
		payers["rows"] = append(payers["rows"].([]any), map[string]any(row))
	}
	out, err := json.Marshal(rules)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestRefusalOrder breaks two conditions at a time: the earlier one is named.
func TestRefusalOrder(t *testing.T) {
	t.Parallel()
	x := &texas{world: newWorldOf(t, texasNow, rulesWith(t, map[string]map[string]any{
		"callback-only":  {"modes": []string{"callback"}, "clinicianRequired": true},
		"clinician-only": {"clinicianRequired": true},
	}))}
	manager := []any{"/performedBy/credential", "Office manager"}
	offGrid := []any{"/slot/start", "2026-11-03T10:07:00-06:00"}
	noHold := []any{"/holdId", "hold-none"}
	unexpected := []any{"/expect", doc{"tier": "skilled"}}
	match := []any{"/callNotes/specialtyMatchRequested", true}
	superfluous := []any{"/attestations", []string{"oh_member_consent"}}

	on := func(reviewerID, caseID string) doc {
		return deckBooking.with("/caseIds/0", caseID, "/slot", doc{"reviewerId": reviewerID, "start": tuesday}, "/timeZone", "America/Chicago")
	}
	f := func(status int, code string, base doc, broken ...[]any) {
		t.Helper()
		for _, changes := range broken {
			base = base.with(changes...)
		}
		x.post("/v1/appointments", base.String()).is(status, code)
	}
	good, plain := x.pair(nil, nil)
	_, approved := x.pair(nil, []any{"/determination/status", "approved", "/healthPlan", "callback-only"})
	_, callback := x.pair(nil, []any{"/healthPlan", "callback-only"})
	_, clinician := x.pair(nil, []any{"/healthPlan", "clinician-only"})
	f(404, "not_found", on(good, approved), []any{"/slot/reviewerId", "rev-none"})
	f(404, "not_found", on(good, approved), []any{"/caseIds", []string{approved, "case-none"}})
	f(422, "not_eligible", on(good, approved), manager)
	f(422, "mode_not_available", on(good, callback), manager)
	f(201, "", on(good, clinician))
	f(422, "clinician_required", on(good, clinician), manager)
	f(409, "case_already_scheduled", on(good, clinician), noHold)
	f(409, "hold_expired", on(good, plain), noHold, offGrid)
	hold := x.post("/v1/holds", doc{"caseIds": []string{plain}, "slot": doc{"reviewerId": good, "start": "2026-11-03T11:00:00-06:00"}}.String()).is(201, "")
	f(422, "hold_mismatch", on(good, plain), []any{"/holdId", hold.text("id")}, offGrid)
	untrained, _ := x.pair([]any{"/programs", []string{"sleep"}}, nil)
	f(422, "slot_not_offered", on(untrained, plain), offGrid)
	busy, other := x.pair(nil, nil)
	f(201, "", on(busy, other))
	x.seed(texasReviewer.with("/id", busy, "/programs", []string{"sleep"}))
	f(422, "reviewer_not_qualified", on(busy, plain))
	f(409, "slot_taken", on(good, plain), unexpected)
	similar, _ := x.pair([]any{"/specialties", []string{"207T00000X"}, "/licenses/0/state", "OK"}, nil)
	f(409, "rules_changed", on(similar, plain), unexpected, match)
	f(422, "specialty_match_unmet", on(similar, plain), match)
	f(422, "attestation_required", on(similar, plain), superfluous)
	f(422, "attestation_not_applicable", on(similar, plain), []any{"/attestations", []string{noteA, "oh_member_consent"}})
	f(201, "", on(similar, plain), []any{"/attestations", []string{noteA}})
}

// TestRulesChanged carries the offer as it is now.
func TestRulesChanged(t *testing.T) {
	t.Parallel()
	x := &texas{world: newWorld(t, texasNow)}
	reviewerID, caseID := x.pair([]any{"/licenses/0/state", "OK"}, nil)
	body := deckBooking.with("/caseIds/0", caseID, "/slot", doc{"reviewerId": reviewerID, "start": tuesday}, "/timeZone", "America/Chicago")
	r := x.post("/v1/appointments", body.with("/expect", doc{"tier": "full"}).String()).is(409, "rules_changed")
	for field, want := range map[string]any{"start": tuesday, "tier": "license_waived", "relation": "same_subspecialty", "consultativeOnly": false} {
		if got := r.at("offer", field); got != want {
			t.Errorf("offer %s = %v, want %v", field, got, want)
		}
	}
	if list(r.at("offer", "attestations")) != noteA || r.at("offer", "reviewer", "name") != "Alex Ames" {
		t.Errorf("offer %s", r.body)
	}
	x.post("/v1/appointments", body.with("/expect", doc{"ruleset": "rules-0"}).String()).is(409, "rules_changed")
}

// TestNotEligible: searches, holds and bookings refuse alike, with reasons.
func TestNotEligible(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	w.seed(winter.with("/determination/status", "approved"))
	f := func(r reply) {
		t.Helper()
		r.is(422, "not_eligible")
		if r.at("reasons", 0, "code") != "case_approved" || r.at("reasons", 0, "rule") == "" || list(r.at("caseIds")) != "1004567" {
			t.Errorf("refused %s", r.body)
		}
	}
	f(w.do("POST", "/v1/search", deckSearch.String()))
	f(w.do("POST", "/v1/search/earliest", deckSearch.with("/week", absent{}).String()))
	f(w.post("/v1/holds", deckHold.String()))
	f(w.post("/v1/appointments", deckBooking.String()))
	r := w.get("/v1/cases/1004567/p2p-availability").is(200, "")
	if r.at("status") != "not_eligible" || r.at("reasons", 0, "code") != "case_approved" {
		t.Errorf("availability %s", r.body)
	}
	w.seed(winter, summer.with("/healthPlan", "other"))
	w.do("POST", "/v1/search", deckSearch.with("/caseIds", []string{"1004567", "1004568"}).String()).is(422, "cases_not_combinable")
}
