package server

import (
	"encoding/json"
	"testing"

	"github.com/parleyhq/parley/matcher"
)

// rulesWhere returns the shipped rules with one payer row changed.
func rulesWhere(t testing.TB, id string, changes ...any) []byte {
	t.Helper()
	bundle, err := matcher.EmbeddedRules()
	if err != nil {
		t.Fatal(err)
	}
	rules := parseDoc(string(bundle))
	rows := rules["payers"].(map[string]any)["rows"].([]any)
	found := false
	for i, row := range rows {
		if r := row.(map[string]any); r["id"] == id {
			rows[i], found = map[string]any(doc(r).with(changes...)), true
		}
	}
	if !found {
		t.Fatalf("no payer row %s", id)
	}
	out, err := json.Marshal(rules)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// lawOf returns rules with one more law: of Texas, when the deck was made.
func lawOf(t testing.TB, bundle []byte, members ...any) []byte {
	t.Helper()
	rules := parseDoc(string(bundle))
	laws := rules["jurisdictions"].(map[string]any)
	law := doc{
		"id": "tx-earlier", "title": "Law", "source": "test", "verified": true, "enabled": true, "kind": "state", "states": []string{"TX"},
		"stateBasis": "situs_else_member", "lines": []string{"commercial"}, "levels": []string{"initial", "reconsideration"},
		"phases": []string{"pre_service"}, "statuses": []string{"pending", "denied", "partially_denied"},
		"validTo": "2021-08-31", "zone": "America/New_York", "beside": []string{"tx-hmo-ppo-hours", "tx-specialty-agent"},
	}
	laws["rows"] = append(laws["rows"].([]any), map[string]any(law.with(members...)))
	out, err := json.Marshal(rules)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// newCallUnder is newCall under other rules for the deck's plan.
func newCallUnder(t testing.TB, changes ...any) (w *world, id string) {
	t.Helper()
	w = newWorldOf(t, deckNow, rulesWhere(t, "hne", changes...))
	w.seed(ames, winter, summer)
	id = w.book()
	w.clock.set(t, deckCall)
	return w, id
}

// TestMisses is golden case 25 by a slot: the last miss that the row allows ends
// the call, and no further attempt is taken.
func TestMisses(t *testing.T) {
	t.Parallel()
	w, id := newCallUnder(t, "/attempts", doc{"maximum": 2, "then": "deemed_completed", "counts": "windows",
		"callBack": doc{"amount": 2, "unit": "business_days", "holidays": "none"}}, "/zone", "America/New_York")
	target := "/v1/appointments/" + id
	voicemail := tried("/result", "voicemail", "/spokeWith", nil)
	early := w.post(target+"/attempts", tried("/at", "2020-05-18T18:29:59-04:00", "/result", "no_answer", "/spokeWith", nil)).is(201, "")
	if early.at("attempt", "missed") != false || early.at("attempt", "attemptsLeft") != 2.0 || early.at("attempt", "callBackUntil") != nil {
		t.Errorf("before its time %s", early.body)
	}
	w.post(target+"/attempts", tried("/direction", "inbound", "/result", "voicemail", "/spokeWith", nil)).is(201, "")
	first := w.do("POST", target+"/attempts", voicemail, "Idempotency-Key", "first").is(201, "")
	if first.at("attempt", "missed") != true || first.at("attempt", "attemptsLeft") != 1.0 ||
		first.at("attempt", "callBackUntil") != "2020-05-20T23:59:59-04:00" || first.at("appointment", "status") != "booked" {
		t.Errorf("first miss %s", first.body)
	}
	second := w.post(target+"/attempts", voicemail).is(201, "")
	if second.at("attempt", "missed") != true || second.at("attempt", "attemptsLeft") != 0.0 || second.at("appointment", "status") != "deemed_completed" ||
		second.at("appointment", "endedAt") != deckCall || second.at("appointment", "outcome") != nil {
		t.Errorf("second miss %s", second.body)
	}
	third := w.post(target+"/attempts", voicemail).is(409, "attempts_exhausted")
	if third.at("rule") != "hne/attempts" {
		t.Errorf("third %s", third.body)
	}
	if got := w.get("/v1/cases/1004567/p2p-availability").at("p2pStatus"); got != "deemed_completed" {
		t.Errorf("p2pStatus %v", got)
	}
	if again := w.do("POST", target+"/attempts", voicemail, "Idempotency-Key", "first"); string(again.body) != string(first.body) {
		t.Errorf("repeated %s\nfirst %s", again.body, first.body)
	}
	if got := w.values(); got["parley_decisions_total kind=record_attempt outcome=ok"] != 4 ||
		got["parley_decisions_total kind=record_attempt outcome=attempts_exhausted"] != 1 {
		t.Errorf("counted %v", got)
	}
}

// TestOutcomes: a row says how a call may end; the agenda says the same.
func TestOutcomes(t *testing.T) {
	t.Parallel()
	w, id := newCallUnder(t, "/outcomes", []doc{
		{"outcomes": []string{"decision_pending"}, "when": doc{}},
		{"outcomes": []string{"modified"}, "when": doc{"levels": []string{"reconsideration"}}},
	})
	target := "/v1/appointments/" + id
	r := w.get("/v1/reviewers/rev-ames/agenda").is(200, "")
	if got := list(r.at("calls", 0, "outcomes")); got != "modified decision_pending" {
		t.Errorf("the agenda says %s", got)
	}
	if r := w.post(target+"/complete", `{"outcome":"upheld"}`).is(422, "outcome_not_allowed"); r.at("rule") == nil || list(r.at("caseIds")) != "1004567" {
		t.Errorf("refused %s", r.body)
	}
	w.post(target+"/complete", `{"outcome":"escalated"}`).is(422, "outcome_not_allowed")
	// No law lets a part be certified: a modification without one is a matter of the row.
	r = w.post(target+"/complete", completeBody.String()).is(422, "outcome_not_allowed")
	if r.at("reason") != "partial_certification" || r.at("rule") != "hne/partial-certification" || list(r.at("caseIds")) != "1004567" ||
		list(r.at("allowedBy")) != "tx-commercial tx-medicaid tx-specialty-agent tx-workers-comp-certification" {
		t.Errorf("refused %s", r.body)
	}
	done := w.post(target+"/complete", completeBody.with("/partialCertification", nil).String()).is(200, "")
	if done.at("appointment", "outcome") != "modified" || done.at("appointment", "report", "partialCertification") != nil {
		t.Errorf("modified %s", done.body)
	}
}

// TestPartialCertification: a part is certified where a law lets it, for each case
// of the call; the availability names the law.
func TestPartialCertification(t *testing.T) {
	t.Parallel()
	w := newWorldOf(t, deckNow, lawOf(t, rulesWhere(t, "hne"), "/partialCertification", true))
	w.seed(ames, winter, summer.with("/situsState", "NM", "/member/state", "NM"))
	if got := w.get("/v1/cases/1004567/p2p-availability").at("partialCertificationRule"); got != "tx-earlier" {
		t.Errorf("the law is %v", got)
	}
	if got := w.get("/v1/cases/1004568/p2p-availability").at("partialCertificationRule"); got != nil {
		t.Errorf("in New Mexico the law is %v", got)
	}
	both := w.book("/caseIds", []string{"1004567", "1004568"})
	w.clock.set(t, deckCall)
	r := w.post("/v1/appointments/"+both+"/complete", completeBody.String()).is(422, "outcome_not_allowed")
	if list(r.at("caseIds")) != "1004568" || r.at("rule") != "hne/partial-certification" || list(r.at("allowedBy")) != "tx-commercial tx-earlier tx-medicaid tx-specialty-agent tx-workers-comp-certification" {
		t.Errorf("refused %s", r.body)
	}
	w.post("/v1/appointments/"+both+"/cancel", `{"reason":"x","by":"payer"}`).is(200, "")
	one := w.book("/slot/start", "2020-05-18T18:45:00-04:00")
	done := w.post("/v1/appointments/"+one+"/complete", completeBody.String()).is(200, "")
	if done.at("appointment", "report", "partialCertification", "requested") != "12 visits" || done.at("appointment", "resultDue") != nil {
		t.Errorf("partially certified %s", done.body)
	}
}

// TestResultDue: what a call leaves open is due by law; the call, the list and the
// availability say so until it is there, and the first answer stays what it was.
func TestResultDue(t *testing.T) {
	t.Parallel()
	w := newWorldOf(t, deckNow, lawOf(t, rulesWhere(t, "hne"), "/resultClock", doc{"amount": 2, "unit": "business_days", "holidays": "federal"}))
	w.seed(ames, winter)
	duties := w.get("/v1/cases/1004567/p2p-availability").is(200, "")
	if duties.at("resultDuties", 0, "rule") != "tx-earlier" || duties.at("resultDuties", 0, "amount") != 2.0 || duties.at("resultDuties", 0, "unit") != "business_days" {
		t.Errorf("available %s", duties.body)
	}
	target := "/v1/appointments/" + w.book()
	w.clock.set(t, deckCall)
	done := w.do("POST", target+"/complete", `{"outcome":"information_requested"}`, "Idempotency-Key", "c").is(200, "")
	due := func(r reply, path ...any) {
		t.Helper()
		at := func(name string) any { return r.at(append(path, "resultDue", name)...) }
		if at("by") != "2020-05-20T23:59:59-04:00" || at("rule") != "tx-earlier" || at("caseId") != "1004567" {
			t.Errorf("due %s", r.body)
		}
	}
	due(done, "appointment")
	due(w.get(target).is(200, ""))
	due(w.get("/v1/appointments?view=case&caseId=1004567").is(200, ""), "appointments", 0)
	listed := func(code string) {
		t.Helper()
		r := w.get("/v1/attention").is(200, "")
		if r.at("items", 0, "code") != code || r.at("items", 0, "rule") != "tx-earlier" || r.at("items", 0, "caseId") != "1004567" ||
			r.at("items", 0, "message") == "" || len(r.at("items", 0, "replacements").([]any)) != 0 {
			t.Errorf("want %s: %s", code, r.body)
		}
		due(r, "items", 0, "appointment")
	}
	listed("result_due")
	w.clock.set(t, "2020-05-20T23:59:59-04:00")
	listed("result_due")
	w.clock.set(t, "2020-05-21T00:00:00-04:00")
	listed("result_overdue")
	w.seed(winter.with("/determination/decidedAt", "2020-05-20T09:00:00-04:00"))
	if r := w.get(target).is(200, ""); r.at("resultDue") != nil {
		t.Errorf("the result is there: %s", r.body)
	}
	if r := w.get("/v1/attention").is(200, ""); len(r.at("items").([]any)) != 0 {
		t.Errorf("the result is there: %s", r.body)
	}
	again := w.do("POST", target+"/complete", `{"outcome":"information_requested"}`, "Idempotency-Key", "c").is(200, "")
	if string(again.body) != string(done.body) || again.header.Get("Idempotent-Replayed") != "true" {
		t.Errorf("repeated %s\nfirst %s", again.body, done.body)
	}
}

// TestLawOnRequest: a law that waits for the wish for a specialty match says what
// follows calls that were booked with it, and nothing of the others.
func TestLawOnRequest(t *testing.T) {
	t.Parallel()
	w := newWorldOf(t, deckNow, lawOf(t, rulesWhere(t, "hne"), "/trigger", doc{"requested": "specialty_match"},
		"/resultClock", doc{"amount": 2, "unit": "business_days", "holidays": "federal"}, "/partialCertification", true))
	w.seed(ames, winter, summer)
	with := w.book("/callNotes/specialtyMatchRequested", true)
	without := w.book("/caseIds/0", "1004568", "/slot/start", "2020-05-18T18:45:00-04:00")
	w.clock.set(t, deckCall)
	w.post("/v1/appointments/"+without+"/complete", completeBody.String()).is(422, "outcome_not_allowed")
	if r := w.post("/v1/appointments/"+without+"/complete", `{"outcome":"information_requested"}`).is(200, ""); r.at("appointment", "resultDue") != nil {
		t.Errorf("nobody asked: %s", r.body)
	}
	if r := w.post("/v1/appointments/"+with+"/complete", `{"outcome":"information_requested"}`).is(200, ""); r.at("appointment", "resultDue", "rule") != "tx-earlier" {
		t.Errorf("asked for: %s", r.body)
	}
}

// TestNoPartialCertification: where the row leaves the decision pending, nothing
// is certified on the phone.
func TestNoPartialCertification(t *testing.T) {
	t.Parallel()
	w, id := newCallUnder(t, "/outcomes", []doc{{"outcomes": []string{"decision_pending"}, "when": doc{}}})
	w.post("/v1/appointments/"+id+"/complete", completeBody.String()).is(422, "outcome_not_allowed")
	w.post("/v1/appointments/"+id+"/complete", `{"outcome":"decision_pending","note":"more to read"}`).is(200, "")
}

// TestConsultativeOutcomes: what cannot change in a call cannot be its outcome.
func TestConsultativeOutcomes(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	w.seed(winter.with("/determination/final", true))
	target := "/v1/appointments/" + w.book()
	w.clock.set(t, deckCall)
	offered := list(w.get("/v1/reviewers/rev-ames/agenda").is(200, "").at("calls", 0, "outcomes"))
	if offered != "information_requested withdrawn decision_pending consultation_only" {
		t.Errorf("the agenda says %s", offered)
	}
	w.post(target+"/complete", `{"outcome":"overturned"}`).is(422, "outcome_not_allowed")
	w.post(target+"/complete", `{"outcome":"consultation_only"}`).is(200, "")
}

// TestEscalation: a pharmacist hands a case on to a medical director; the second
// call is linked to the first.
func TestEscalation(t *testing.T) {
	t.Parallel()
	w := newWorldOf(t, deckNow, rulesWhere(t, "hne", "/requires", absent{}, "/reviewerStages", []doc{
		{"id": "pharmacist", "credentials": []string{"PharmD", "RPh"}, "when": doc{}},
		{"id": "medical-director", "credentials": []string{"MD", "DO"}, "when": doc{}},
	}))
	w.seed(ames.with("/credential", "PharmD"), cole, winter)
	w.post("/v1/appointments", deckBooking.with("/slot/reviewerId", "rev-cole").String()).is(422, "reviewer_not_qualified")
	first := w.book()
	w.clock.set(t, deckCall)
	if got := w.get("/v1/reviewers/rev-ames/agenda").at("calls", 0, "cases", 0, "stage"); got != "pharmacist" {
		t.Errorf("the case is at %v", got)
	}
	done := w.do("POST", "/v1/appointments/"+first+"/complete", `{"outcome":"escalated"}`, "Idempotency-Key", "k").is(200, "")
	for path, want := range map[string]any{"stage": "medical-director", "follows": first, "availability": "/v1/cases/1004567/p2p-availability"} {
		if got := done.at("next", path); got != want {
			t.Errorf("next %s = %v, want %v", path, got, want)
		}
	}
	if list(done.at("next", "caseIds")) != "1004567" || done.at("next", "how") == "" {
		t.Errorf("next %s", done.body)
	}
	w.post("/v1/appointments", deckBooking.with("/slot/start", "2020-05-18T18:45:00-04:00").String()).is(422, "reviewer_not_qualified")
	second := w.book("/slot", doc{"reviewerId": "rev-cole", "start": "2020-05-18T18:45:00-04:00"})
	if got := w.get("/v1/appointments/" + second).at("follows"); got != first {
		t.Errorf("the second call follows %v", got)
	}
	if got := w.get("/v1/appointments/" + first).at("followedBy"); got != second {
		t.Errorf("the first call is followed by %v", got)
	}
	if again := w.do("POST", "/v1/appointments/"+first+"/complete", `{"outcome":"escalated"}`, "Idempotency-Key", "k"); string(again.body) != string(done.body) {
		t.Errorf("repeated %s\nfirst %s", again.body, done.body)
	}
	w.clock.set(t, "2020-05-18T18:46:00-04:00")
	w.post("/v1/appointments/"+second+"/complete", `{"outcome":"escalated"}`).is(422, "outcome_not_allowed")
	w.post("/v1/appointments/"+second+"/complete", `{"outcome":"overturned"}`).is(200, "")
}

// TestEndedByRule is golden case 26: a case that is approved or withdrawn ends its
// booked call; an appeal does so only where the row says it.
func TestEndedByRule(t *testing.T) {
	t.Parallel()
	end := func(code, status string) doc {
		return doc{"id": "ends-" + status, "code": code, "message": "The call is no longer needed.", "when": doc{"statuses": []string{status}}}
	}
	w, id := newCallUnder(t, "/ends", []doc{end("case_approved", "approved"), end("case_withdrawn", "withdrawn")})
	w.clock.set(t, deckNow)
	f := func(code, status string) {
		t.Helper()
		w.seed(winter.with("/determination/status", status))
		r := w.get("/v1/appointments/"+id).is(200, "")
		if r.at("status") != "cancelled" || r.at("cancelCode") != code || r.at("cancellation", "by") != "payer" ||
			r.at("cancellation", "reason") != code || r.at("cancellation", "rule") == nil {
			t.Errorf("%s: %s", status, r.body)
		}
		w.seed(winter)
	}
	w.seed(winter.with("/appealFiledAt", "2020-05-14T10:00:00-04:00"))
	if got := w.get("/v1/appointments/" + id).at("status"); got != "booked" {
		t.Errorf("an appeal made it %v", got)
	}
	f("case_approved", "approved")
	id = w.book() // the slot is free again
	f("case_withdrawn", "withdrawn")
	w.book()
}
