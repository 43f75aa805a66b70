package server

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// evolentCase waits to be called back: physical medicine, decided, in Washington.
var evolentCase = texasCase.with("/id", "e-1", "/healthPlan", "evolent", "/program", "physical-medicine", "/situsState", "WA", "/member/state", "WA",
	"/levelOfReview", "initial", "/providers/requesting/timeZone", "US/Pacific")

// evolentReviewer works Chicago hours and takes physical medicine.
var evolentReviewer = texasReviewer.with("/id", "rev-1", "/licenses/0/state", "WA", "/programs", []string{"physical-medicine"})

// spans are windows by their starts and ends.
func spans(times ...string) []doc {
	var out []doc
	for i := 0; i < len(times); i += 2 {
		out = append(out, doc{"start": times[i], "end": times[i+1]})
	}
	return out
}

// deckCallback asks for a call on Tuesday or Wednesday morning.
var deckCallback = parseDoc(`{"caseIds":["e-1"],"timeZone":"US/Pacific",
 "performedBy":{"role":"requesting_provider","firstName":"Jane","lastName":"Doe","credential":"MD"},
 "contact":{"firstName":"John","lastName":"Doe","location":"provider_office","phone":"+12125550143","email":"droffice@example.com"}}`).with(
	"/windows", spans("2026-11-03T07:00:00-08:00", "2026-11-03T09:00:00-08:00", "2026-11-04T07:00:00-08:00", "2026-11-04T08:00:00-08:00"))

func newCallbacks(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, texasNow)
	w.seed(evolentReviewer, evolentCase)
	return w
}

// TestCallbackWithdrawn: a call that ends with its request says so, as calls do that
// end by a rule.
func TestCallbackWithdrawn(t *testing.T) {
	t.Parallel()
	w := newCallbacks(t)
	r := w.post("/v1/callback-requests", deckCallback.String()).is(201, "")
	w.do("DELETE", "/v1/callback-requests/"+r.text("id"), "").is(204, "")
	got := w.get("/v1/appointments/"+r.text("appointmentId")).is(200, "")
	if got.at("status") != "cancelled" || got.at("cancelCode") != "cancelled_by_request" || got.at("cancellation", "by") != "provider" ||
		got.at("cancellation", "reason") != "cancelled_by_request" || got.at("cancellation", "rule") != nil {
		t.Errorf("withdrawn %s", got.body)
	}
}

// TestCallbackAssigned: a request that can be met has an ordinary appointment at once.
func TestCallbackAssigned(t *testing.T) {
	t.Parallel()
	w := newCallbacks(t)
	body := deckCallback.String()
	r := w.do("POST", "/v1/callback-requests", body, "Idempotency-Key", "k-1").is(201, "")
	if r.at("status") != "assigned" || r.at("queuePosition") != nil || r.at("explanation") != nil || r.at("appointment", "id") != r.at("appointmentId") ||
		r.at("appointment", "start") != "2026-11-03T07:00:00-08:00" || r.at("appointment", "reviewer", "id") != "rev-1" || r.header.Get("ETag") != `"1"` {
		t.Fatalf("assigned %s", r.body)
	}
	if r.at("contact", "notify") != "email" || r.at("requestedBy", "lastName") != "Doe" || r.at("windows", 1, "end") != "2026-11-04T08:00:00-08:00" {
		t.Errorf("as asked %s", r.body)
	}
	id, call := r.text("id"), r.text("appointmentId")
	w.get("/v1/appointments/"+call).is(200, "")
	got := w.get("/v1/callback-requests/"+id+"?timeZone=UTC").is(200, "")
	if got.at("appointment", "start") != "2026-11-03T15:00:00Z" || got.at("timeZone") != "UTC" {
		t.Errorf("read %s", got.body)
	}
	w.post("/v1/appointments/"+call+"/cancel", `{"reason":"ill","by":"provider"}`).is(200, "")
	again := w.do("POST", "/v1/callback-requests", body, "Idempotency-Key", "k-1").is(201, "")
	if string(again.body) != string(r.body) || again.header.Get("Idempotent-Replayed") != "true" || again.header.Get("ETag") != `"1"` {
		t.Errorf("repeated %s\nfirst %s", again.body, r.body)
	}
	w.do("POST", "/v1/callback-requests", deckCallback.with("/timeZone", "UTC").String(), "Idempotency-Key", "k-1").is(422, "idempotency_key_reused")
	if got := w.get("/v1/callback-requests/"+id).is(200, ""); got.at("status") != "cancelled" || got.at("appointment", "status") != "cancelled" {
		t.Errorf("after the cancellation %s", got.body)
	}
}

// TestCallbackResultDue: what is due after the call of a request, the request shows as the
// call does, in a list, too, until it is there; the first answer stays what it was.
func TestCallbackResultDue(t *testing.T) {
	t.Parallel()
	w := newWorld(t, texasNow)
	here := evolentCase.with("/situsState", "LA", "/member/state", "LA")
	w.seed(evolentReviewer, here)
	r := w.do("POST", "/v1/callback-requests", deckCallback.String(), "Idempotency-Key", "k-1").is(201, "")
	w.clock.set(t, "2026-11-03T07:10:00-08:00")
	w.post("/v1/appointments/"+r.text("appointmentId")+"/complete", `{"outcome":"information_requested"}`).is(200, "")
	shown := func(want any) {
		t.Helper()
		due := w.get("/v1/appointments/"+r.text("appointmentId")).is(200, "").at("resultDue")
		one := w.get("/v1/callback-requests/"+r.text("id")+"?timeZone=US/Pacific").is(200, "")
		all := w.get("/v1/callback-requests?timeZone=US/Pacific").is(200, "")
		for _, got := range []any{due, one.at("appointment", "resultDue"), all.at("callbackRequests", 0, "appointment", "resultDue")} {
			if !reflect.DeepEqual(got, want) {
				t.Errorf("due %v, want %v", got, want)
			}
		}
	}
	shown(map[string]any{"by": "2026-11-05T21:59:59-08:00", "rule": "la-commercial", "caseId": "e-1"})
	again := w.do("POST", "/v1/callback-requests", deckCallback.String(), "Idempotency-Key", "k-1").is(201, "")
	if string(again.body) != string(r.body) {
		t.Errorf("repeated %s\nfirst %s", again.body, r.body)
	}
	w.seed(here.with("/determination/decidedAt", "2026-11-03T07:30:00-08:00"))
	shown(nil)
}

// TestCallbackWaits: while nobody is free the answer says where it stands in the
// queue, why, and what is nearest; repeated, it is the first answer.
func TestCallbackWaits(t *testing.T) {
	t.Parallel()
	w := newCallbacks(t)
	w.seed(evolentCase.with("/id", "e-2"), evolentCase.with("/id", "e-3"))
	quarter := spans("2026-11-03T07:00:00-08:00", "2026-11-03T07:15:00-08:00", "2026-11-03T05:00:00-08:00", "2026-11-03T05:15:00-08:00")
	w.post("/v1/callback-requests", deckCallback.with("/windows", quarter).String()).is(201, "")
	second := deckCallback.with("/caseIds/0", "e-2", "/windows", quarter).String()
	r := w.do("POST", "/v1/callback-requests", second, "Idempotency-Key", "k-2").is(201, "")
	if r.at("status") != "queued" || r.at("queuePosition") != 1.0 || r.at("appointment") != nil || r.at("appointmentId") != nil {
		t.Fatalf("queued %s", r.body)
	}
	if r.at("explanation", "because", 0, "code") != "reviewer_not_free" || r.at("explanation", "nearest", "reviewer", "id") != "rev-1" {
		t.Errorf("explained %s", r.body)
	}
	w.clock.set(t, "2026-11-02T08:05:00-06:00")
	third := w.post("/v1/callback-requests", deckCallback.with("/caseIds/0", "e-3", "/windows", quarter).String()).is(201, "")
	w.clock.set(t, "2026-11-02T09:00:00-06:00")
	again := w.do("POST", "/v1/callback-requests", second, "Idempotency-Key", "k-2").is(201, "")
	if string(again.body) != string(r.body) || again.header.Get("Idempotent-Replayed") != "true" {
		t.Errorf("repeated %s\nfirst %s", again.body, r.body)
	}
	w.crash(t)
	if again = w.do("POST", "/v1/callback-requests", second, "Idempotency-Key", "k-2").is(201, ""); string(again.body) != string(r.body) {
		t.Errorf("repeated after a restart %s\nfirst %s", again.body, r.body)
	}
	if got := w.callbackIDs("?status=queued"); got != r.text("id")+" "+third.text("id") {
		t.Errorf("queue %s", got)
	}
	w.do("DELETE", "/v1/callback-requests/"+r.text("id"), "", "If-Match", `"9"`).is(412, "stale_version")
	w.do("DELETE", "/v1/callback-requests/"+r.text("id"), "").is(204, "")
	w.do("DELETE", "/v1/callback-requests/"+r.text("id"), "").is(204, "")
	if got := w.get("/v1/callback-requests/"+third.text("id")).is(200, "").at("queuePosition"); got != 1.0 {
		t.Errorf("position after the first was withdrawn: %v", got)
	}
	if got := w.get("/v1/callback-requests/"+r.text("id")).is(200, ""); got.at("status") != "cancelled" || got.at("explanation") != nil || got.at("cancelCode") != "cancelled_by_request" {
		t.Errorf("withdrawn %s", got.body)
	}
}

// TestCallbackNobody: where nobody may take the call the answer names the nearest
// offer and the change that would help.
func TestCallbackNobody(t *testing.T) {
	t.Parallel()
	w := newCallbacks(t)
	night := spans("2026-11-03T01:00:00-08:00", "2026-11-03T02:00:00-08:00", "2026-11-04T01:00:00-08:00", "2026-11-04T02:00:00-08:00")
	r := w.post("/v1/callback-requests", deckCallback.with("/windows", night).String()).is(201, "")
	if r.at("status") != "unassignable" || r.at("queuePosition") != nil || r.at("explanation", "nearest", "start") == nil || r.at("explanation", "because", 0, "detail") == "" {
		t.Errorf("unassignable %s", r.body)
	}
	if by := r.at("explanation", "unlockedBy").(map[string]any); by["kind"] != "windows" || by["slots"] == 0.0 || by["earliest"] == nil {
		t.Errorf("unlocked by %v", by)
	}
	w.seed(evolentCase.with("/id", "e-9", "/program", "radiation-oncology"))
	none := w.post("/v1/callback-requests", deckCallback.with("/caseIds/0", "e-9").String()).is(201, "")
	if none.at("status") != "unassignable" || none.at("explanation", "nearest") != nil || !strings.Contains(string(none.body), "no_candidate_trained") {
		t.Errorf("nobody trained %s", none.body)
	}
}

// callbackIDs lists requests by id, in the order of the answer.
func (w *world) callbackIDs(query string) string {
	w.t.Helper()
	var out []string
	for _, v := range w.get("/v1/callback-requests"+query).is(200, "").json()["callbackRequests"].([]any) {
		out = append(out, v.(map[string]any)["id"].(string))
	}
	return strings.Join(out, " ")
}

// TestCallbackList pages through the requests, of one status or all.
func TestCallbackList(t *testing.T) {
	t.Parallel()
	w := newCallbacks(t)
	night := spans("2026-11-03T01:00:00-08:00", "2026-11-03T02:00:00-08:00", "2026-11-04T01:00:00-08:00", "2026-11-04T02:00:00-08:00")
	ids := map[string]bool{}
	for i := range 5 {
		w.seed(evolentCase.with("/id", fmt.Sprint("l-", i)))
		body := deckCallback.with("/caseIds/0", fmt.Sprint("l-", i))
		if i > 2 {
			body = body.with("/windows", night)
		}
		ids[w.post("/v1/callback-requests", body.String()).is(201, "").text("id")] = true
	}
	seen, cursor, pages := 0, "", 0
	for {
		r := w.get("/v1/callback-requests?limit=2"+cursor).is(200, "")
		pages++
		for _, v := range r.json()["callbackRequests"].([]any) {
			if id := v.(map[string]any)["id"].(string); !ids[id] {
				t.Errorf("%s is listed twice or was never made", id)
			} else {
				delete(ids, id)
				seen++
			}
		}
		next, _ := r.at("nextCursor").(string)
		if next == "" {
			break
		}
		cursor = "&cursor=" + next
	}
	if seen != 5 || pages != 3 {
		t.Errorf("%d requests on %d pages", seen, pages)
	}
	if n := len(strings.Fields(w.callbackIDs("?status=unassignable"))); n != 2 {
		t.Errorf("%d unassignable", n)
	}
	if n := len(strings.Fields(w.callbackIDs("?status=assigned"))); n != 3 {
		t.Errorf("%d assigned", n)
	}
	w.get("/v1/callback-requests?status=open").is(422, "invalid_value")
	w.get("/v1/callback-requests?limit=0").is(422, "invalid_value")
	w.get("/v1/callback-requests?status=queued"+cursor).is(400, "invalid_cursor")
	w.get("/v1/callback-requests/nope").is(404, "not_found")
	w.do("DELETE", "/v1/callback-requests/nope", "").is(404, "not_found")
}

func TestCallbackFaults(t *testing.T) {
	t.Parallel()
	w := newCallbacks(t)
	f := w.refusing("POST", "/v1/callback-requests", deckCallback)
	f(400, "/timeZone", "/timeZone", absent{})
	f(400, "/contact", "/contact", nil)
	f(400, "/windows/0/end", "/windows", []doc{{"start": "2026-11-03T07:00:00-08:00"}})
	f(400, "/windows/0/start", "/windows/0/start", "tomorrow")
	f(422, "/windows/0/end", "/windows/0/end", "2026-11-03T07:00:00-08:00")
	f(422, "/windows/1", "/windows/1", deckCallback["windows"].([]any)[0])
	f(422, "/windows", "/windows", many(maxWindows+1, deckCallback["windows"].([]any)[0]))
	f(422, "/timeZone", "/timeZone", "PST")
	f(422, "/performedBy/role", "/performedBy/role", "nurse")
	f(422, "/contact/phone", "/contact/phone", "1")
	f(422, "/attestedBy", "/attestedBy", doc{"name": "A", "role": "nurse"})
	f(400, "", "/slot", doc{})
	code := func(status int, code string, changes ...any) {
		t.Helper()
		w.post("/v1/callback-requests", deckCallback.with(changes...).String()).is(status, code)
	}
	code(422, "too_few_windows", "/windows", deckCallback["windows"].([]any)[:1])
	code(422, "too_few_windows", "/windows", absent{})
	code(422, "windows_invalid", "/windows/1/end", "2026-11-04T07:10:00-08:00")
	code(422, "clinician_required", "/performedBy/credential", "scheduler")
	code(404, "not_found", "/caseIds/0", "nope")
	code(422, "cases_not_combinable", "/caseIds", []string{"e-1", "e-1"})
	w.seed(winter.with("/id", "slot", "/determination/letterDate", nil), evolentCase.with("/id", "done", "/determination/status", "approved"))
	code(422, "mode_not_available", "/caseIds/0", "slot")
	code(422, "not_eligible", "/caseIds/0", "done")
	w.do("POST", "/v1/callback-requests", deckCallback.String()).is(400, "idempotency_key_required")
	w.post("/v1/callback-requests", deckCallback.String()).is(201, "")
	code(409, "case_already_scheduled")
}

// TestCallbackDefaultWindows: a program that asks for none has hours of its own, in
// the provider's zone.
func TestCallbackDefaultWindows(t *testing.T) {
	t.Parallel()
	w := newWorld(t, texasNow)
	w.seed(evolentReviewer, evolentCase.with("/healthPlan", "claims-eval"))
	hint := w.get("/v1/cases/e-1/p2p-availability").is(200, "")
	if hint.at("minimumWindows") != 0.0 || hint.at("defaultWindows", 0, "end") != "2026-11-02T17:00:00-08:00" || hint.at("dials") != "reviewer" {
		t.Errorf("availability %s", hint.body)
	}
	for i, changes := range [][]any{{"/windows", absent{}}, {"/windows", []doc{}}} {
		id := fmt.Sprint("d-", i)
		w.seed(evolentCase.with("/id", id, "/healthPlan", "claims-eval"))
		r := w.post("/v1/callback-requests", deckCallback.with("/caseIds/0", id).with(changes...).String()).is(201, "")
		if r.at("windows", 1, "start") != "2026-11-03T09:00:00-08:00" || r.at("status") != "assigned" {
			t.Errorf("default windows %s", r.body)
		}
	}
}

// TestCallbackAnswerInDoubt: a request that was taken while its answer could not be
// kept is answered as one of unknown outcome and, asked again, as it is.
func TestCallbackAnswerInDoubt(t *testing.T) {
	t.Parallel()
	w := newCallbacks(t)
	body := deckCallback.with("/windows", spans("2026-11-03T01:00:00-08:00", "2026-11-03T02:00:00-08:00",
		"2026-11-03T03:00:00-08:00", "2026-11-03T04:00:00-08:00")).String()
	ask := func(status int, code string) reply {
		t.Helper()
		return w.do("POST", "/v1/callback-requests", body, "Idempotency-Key", "k").is(status, code)
	}
	w.store.BlockNext().Release() // the request itself is written
	w.store.FailNext(errors.New("disk is full"))
	ask(503, codeOutcomeUnknown)
	first := ask(201, "")
	if first.at("status") != "unassignable" || first.header.Get("Idempotent-Replayed") != "true" {
		t.Errorf("asked again %s", first.body)
	}
	w.seed(evolentReviewer.with("/id", "rev-2"))
	if again := ask(201, ""); string(again.body) != string(first.body) {
		t.Errorf("repeated %s\nfirst %s", again.body, first.body)
	}
}
