package server

import (
	"strings"
	"testing"
)

// What is tried and said during calls: the clock of these tests stands just
// after the deck's call began.
const deckCall = "2020-05-18T18:31:00-04:00"

// newCall seeds the deck, books its call and waits until it begins.
func newCall(t testing.TB) (w *world, target string) {
	t.Helper()
	w = newDeck(t)
	id := w.book()
	w.clock.set(t, deckCall)
	return w, "/v1/appointments/" + id
}

// tried is an attempt at the deck's call, with changes.
func tried(changes ...any) string {
	return attemptBody.with("/at", deckCall, "/numberCalled", "+12125550143", "/newInformation", nil).with(changes...).String()
}

// TestAttempts: what is recorded is told, in the words for the record, again and again.
func TestAttempts(t *testing.T) {
	t.Parallel()
	w, target := newCall(t)
	body := tried("/result", "message_with_person", "/spokeWith/role", "medical_assistant")
	first := w.do("POST", target+"/attempts", body, "Idempotency-Key", "k", "If-Match", `"1"`).is(201, "")
	const sentence = "On May 18, 2020 at 6:31 pm EDT a call was placed to the office of Jane Doe, +12125550143. " +
		"The provider was not available; a message was left with Pat Poe, a medical assistant. The callback number +19167979997 was given."
	if got := first.at("attempt", "sentence"); got != sentence {
		t.Errorf("for the record %v, want %s", got, sentence)
	}
	for path, want := range map[string]any{
		"direction": "outbound", "result": "message_with_person", "numberCalled": "+12125550143", "callbackNumberGiven": "+19167979997",
		"newInformation": nil, "attemptsLeft": nil, "callBackUntil": nil, "missed": false, "at": deckCall, "recordedAt": deckCall,
	} {
		if got := first.at("attempt", path); got != want {
			t.Errorf("%s = %v, want %v", path, got, want)
		}
	}
	if first.at("appointment", "version") != 2.0 || first.header.Get("ETag") != `"2"` || first.at("appointment", "status") != "booked" {
		t.Errorf("recorded %s", first.body)
	}
	w.post(target+"/attempts", tried("/direction", "inbound", "/numberCalled", nil, "/callbackNumberGiven", true, "/newInformation", "MRI of April 30")).is(201, "")
	now := w.get(target).is(200, "")
	if len(now.at("attempts").([]any)) != 2 || now.at("attempts", 0, "sentence") != sentence || now.at("attempts", 1, "numberCalled") != nil ||
		now.at("attempts", 1, "callbackNumberGiven") != true || now.at("attempts", 1, "newInformation") != "MRI of April 30" || now.at("version") != 3.0 {
		t.Errorf("recorded twice %s", now.body)
	}
	if zoned := w.get(target+"?timeZone=America/Chicago").at("attempts", 0, "sentence").(string); !strings.HasPrefix(zoned, "On May 18, 2020 at 5:31 pm CDT ") {
		t.Errorf("in Chicago %s", zoned)
	}
	w.seed(winter.with("/providers/requesting/lastName", "Roe"), ames.with("/name", "Alex Ames-Smith"))
	again := w.do("POST", target+"/attempts", body, "Idempotency-Key", "k", "If-Match", `"1"`).is(201, "")
	if string(again.body) != string(first.body) || again.header.Get("Idempotent-Replayed") != "true" || again.header.Get("Cache-Control") != "no-store" {
		t.Errorf("repeated %s\nfirst %s", again.body, first.body)
	}
	w.do("POST", target+"/attempts", tried(), "Idempotency-Key", "k").is(422, "idempotency_key_reused")
	w.post(target+"/attempts", body, "If-Match", `"1"`).is(412, "stale_version")
	w.do("POST", target+"/attempts", body).is(400, "idempotency_key_required")
	w.post("/v1/appointments/apt-none/attempts", body).is(404, "not_found")
	w.silent(t, "Poe", "5550143", "9167979997", "MRI", "Doe", "Roe")
}

// silent checks that no log line and no metric tells what is personal.
func (w *world) silent(t *testing.T, secrets ...string) {
	t.Helper()
	text := w.log.String() + string(w.get("/metrics").body)
	for _, secret := range secrets {
		if strings.Contains(text, secret) {
			t.Errorf("the log or the metrics tell %s", secret)
		}
	}
}

func TestAttemptFaults(t *testing.T) {
	t.Parallel()
	w, target := newCall(t)
	f := w.refusing("POST", target+"/attempts", parseDoc(tried()))
	f(400, "/at", "/at", absent{})
	f(400, "/result", "/result", nil)
	f(400, "/numberCalled", "/numberCalled", nil)
	f(400, "/callbackNumberGiven", "/callbackNumberGiven", absent{})
	f(400, "", "/Result", "reached")
	f(422, "/at", "/at", "2020-05-18T18:31:01-04:00")
	f(422, "/at", "/at", "2020-05-15T08:59:59-04:00")
	f(422, "/spokeWith", "/spokeWith", nil)
	f(422, "/direction /result /numberCalled", "/direction", "up", "/result", "busy", "/numberCalled", "911")
	if got := w.get(target).at("version"); got != 1.0 {
		t.Errorf("a refused attempt made version %v", got)
	}
}

// TestCallsProgress: a call starts, ends with an outcome and a report, and is over.
func TestCallsProgress(t *testing.T) {
	t.Parallel()
	w := newWorldOf(t, deckNow, lawOf(t, rulesWhere(t, "hne"), "/partialCertification", true))
	w.seed(ames, winter)
	target := "/v1/appointments/" + w.book()
	w.clock.set(t, deckCall)
	p2p := func(want string) {
		t.Helper()
		if got := w.get("/v1/cases/1004567/p2p-availability").at("p2pStatus"); got != want {
			t.Errorf("p2pStatus %v, want %s", got, want)
		}
	}
	p2p("scheduled")
	f := w.refusing("POST", target+"/start", doc{})
	f(400, "/at", "/at", "18:30")
	f(422, "/at", "/at", "2020-05-18T18:31:01-04:00")
	f(422, "/at", "/at", "2020-05-15T08:59:59-04:00")
	f(400, "", "/by", "provider")
	started := w.do("POST", target+"/start", `{"at":"2020-05-18T18:30:30-04:00"}`, "Idempotency-Key", "s").is(200, "")
	if started.at("status") != "in_progress" || started.at("startedAt") != "2020-05-18T18:30:30-04:00" || started.at("version") != 2.0 {
		t.Errorf("started %s", started.body)
	}
	p2p("in_progress")
	w.post(target+"/cancel", `{"reason":"x","by":"payer"}`).is(409, "not_cancellable")
	w.post(target+"/reschedule", `{"slot":{"reviewerId":"rev-ames","start":"2020-05-18T18:45:00-04:00"}}`).is(409, "not_reschedulable")
	w.post(target+"/attempts", tried()).is(201, "")
	g := w.refusing("POST", target+"/complete", completeBody)
	g(400, "/outcome", "/outcome", nil)
	g(422, "/outcome", "/outcome", "won")
	g(422, "/partialCertification", "/outcome", "upheld")
	g(422, "/clarifications/0/subject", "/clarifications/0/subject", " ")
	w.post(target+"/complete", completeBody.String(), "If-Match", `"1"`).is(412, "stale_version")
	w.clock.set(t, "2020-05-18T18:40:00-04:00")
	done := w.do("POST", target+"/complete", completeBody.String(), "Idempotency-Key", "c").is(200, "")
	for path, want := range map[string]any{"status": "completed", "outcome": "modified", "endedAt": "2020-05-18T18:40:00-04:00", "version": 4.0, "noShowBy": nil} {
		if got := done.at("appointment", path); got != want {
			t.Errorf("%s = %v, want %v", path, got, want)
		}
	}
	if done.at("next") != nil || done.at("appointment", "report", "clarifications", 0, "clarified") != "six weeks of therapy" ||
		done.at("appointment", "report", "partialCertification", "certified") != "6 visits" || done.at("appointment", "report", "note") != "courteous" {
		t.Errorf("completed %s", done.body)
	}
	p2p("completed")
	again := w.do("POST", target+"/complete", completeBody.String(), "Idempotency-Key", "c").is(200, "")
	if string(again.body) != string(done.body) || again.header.Get("Idempotent-Replayed") != "true" {
		t.Errorf("repeated %s\nfirst %s", again.body, done.body)
	}
	if again := w.do("POST", target+"/start", `{"at":"2020-05-18T18:30:30-04:00"}`, "Idempotency-Key", "s").is(200, ""); string(again.body) != string(started.body) {
		t.Errorf("repeated %s\nfirst %s", again.body, started.body)
	}
	w.post(target+"/complete", completeBody.String()).is(409, "not_in_progress")
	w.post(target+"/start", `{}`).is(409, "not_in_progress")
	w.post(target+"/no-show", `{"by":"provider"}`).is(409, "not_in_progress")
	w.post(target+"/attempts", tried()).is(409, "not_in_progress")
	for _, route := range []string{"start", "complete", "no-show", "reassign"} {
		w.do("POST", target+"/"+route, `{}`).is(400, "idempotency_key_required")
		body := map[string]string{"start": `{}`, "complete": `{"outcome":"upheld"}`, "no-show": `{"by":"provider"}`, "reassign": `{"reviewerId":"rev-ames"}`}[route]
		w.post("/v1/appointments/apt-none/"+route, body).is(404, "not_found")
	}
	w.silent(t, "therapy", "6 visits", "courteous")
}

// TestNoShow: the side that did not come is told.
func TestNoShow(t *testing.T) {
	t.Parallel()
	w, target := newCall(t)
	f := w.refusing("POST", target+"/no-show", doc{"by": "reviewer"})
	f(400, "/by", "/by", nil)
	f(422, "/by", "/by", "payer")
	r := w.post(target+"/no-show", `{"by":"reviewer"}`).is(200, "")
	if r.at("status") != "no_show" || r.at("noShowBy") != "reviewer" || r.at("endedAt") == nil || r.at("outcome") != nil || r.at("report") != nil {
		t.Errorf("missed %s", r.body)
	}
	if got := w.get("/v1/cases/1004567/p2p-availability").at("p2pStatus"); got != "no_show" {
		t.Errorf("p2pStatus %v", got)
	}
}

// cole could take every call of ames.
var cole = ames.with("/id", "rev-cole", "/name", "Chris Cole")

// TestReassign: another reviewer at the same time, judged like a move.
func TestReassign(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	w.seed(cole)
	target := "/v1/appointments/" + w.book()
	reassign := func(status int, code, body string, headers ...string) reply {
		t.Helper()
		return w.post(target+"/reassign", body, headers...).is(status, code)
	}
	f := w.refusing("POST", target+"/reassign", doc{"reviewerId": "rev-cole"})
	f(400, "/reviewerId", "/reviewerId", nil)
	f(400, "/reviewerId", "/reviewerId", "rev cole")
	f(422, "/attestations/1", "/attestations", []string{noteA, noteA})
	f(422, "/attestedBy", "/attestedBy", doc{"name": "Ann Att", "role": "nurse"})
	f(400, "", "/start", deckCall)
	reassign(412, "stale_version", `{"reviewerId":"rev-cole"}`, "If-Match", `"2"`)
	reassign(404, "not_found", `{"reviewerId":"rev-none"}`)
	reassign(422, "slot_not_offered", `{"reviewerId":"rev-brook"}`)
	r := reassign(200, "", `{"reviewerId":"rev-cole"}`)
	if r.at("reviewer", "id") != "rev-cole" || r.at("reviewer", "name") != "Chris Cole" || r.at("start") != "2020-05-18T18:30:00-04:00" || r.at("version") != 2.0 {
		t.Errorf("reassigned %s", r.body)
	}
	w.book("/caseIds/0", "1004568")
	if r := reassign(409, "slot_taken", `{"reviewerId":"rev-ames"}`); r.at("alternatives") == nil {
		t.Errorf("taken %s", r.body)
	}
	w.clock.set(t, deckCall)
	w.post(target+"/start", `{}`).is(200, "")
	reassign(409, "not_reschedulable", `{"reviewerId":"rev-cole"}`)
}

// TestReassignAttests: what was attested for one reviewer says nothing of another.
func TestReassignAttests(t *testing.T) {
	t.Parallel()
	x := &texas{world: newWorld(t, texasNow)}
	reviewerID, caseID := x.pair(nil, nil)
	waived, _ := x.pair([]any{"/licenses/0/state", "OK"}, nil)
	id := x.book("/caseIds/0", caseID, "/slot", doc{"reviewerId": reviewerID, "start": tuesday})
	reassign := func(status int, code, reviewerID string, more ...any) reply {
		t.Helper()
		body := doc{"reviewerId": reviewerID}.with(more...).String()
		return x.post("/v1/appointments/"+id+"/reassign", body).is(status, code)
	}
	if r := reassign(422, "attestation_required", waived); list(r.at("codes")) != noteA {
		t.Errorf("needs %s", r.body)
	}
	r := reassign(200, "", waived, "/attestations", []string{noteA}, "/attestedBy", doc{"name": "Ann Att", "role": "nurse"})
	if r.at("tier") != "license_waived" || r.at("attestedBy", "name") != "Ann Att" || r.at("attestedBy", "role") != "nurse" || list(r.at("attestations")) != noteA {
		t.Errorf("reassigned %s", r.body)
	}
	reassign(422, "attestation_not_applicable", reviewerID, "/attestations", []string{noteA})
	if r := reassign(200, "", reviewerID); r.at("tier") != "full" || r.at("attestedBy") != nil || list(r.at("attestations")) != "" {
		t.Errorf("back %s", r.body)
	}
	if r := reassign(200, "", waived, "/attestations", []string{noteA}); r.at("attestedBy", "name") != "Jane Doe" {
		t.Errorf("nobody but the performer can have attested: %s", r.body)
	}
}
