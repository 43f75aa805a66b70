package server

import (
	"fmt"
	"testing"

	"github.com/parleyhq/parley/engine"
)

// TestStraysAreAccountedFor: who asks for what is no route, or in a way that no route is looked for, is refused like elsewhere: with a
// record, charged to who asks, and a credential that is not taken counts as one that failed.
func TestStraysAreAccountedFor(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	w.own = true // requests that the document does not know
	f := func(status int, code, method, target string, headers ...string) {
		t.Helper()
		r := w.do(method, target, "", headers...).is(status, code)
		got := w.wantRecord(r, "test", engine.AccessRefused)
		if got.Principal == "" || got.Action != "" || got.Code != code || got.Client != "127.0.0.1" || got.At == 0 || len(got.Objects) > 0 {
			t.Errorf("%s %s: recorded %+v", method, target, got)
		}
		if len(headers) > 0 && (got.KeyID != "desk" || got.Principal != "principal-desk") {
			t.Errorf("%s %s: recorded %+v", method, target, got)
		}
	}
	f(404, codeRouteNotFound, "GET", "/v1/jordan.winter") // of everybody on this machine
	desk := "Bearer " + w.key("desk", engine.CreateKey{Role: engine.RoleCoordinator})
	f(404, codeRouteNotFound, "GET", "/v1/jordan.winter", "Authorization", desk)
	f(405, codeMethodNotAllowed, "DELETE", "/v1/cases/1004567", "Authorization", desk)
	f(405, codeMethodNotAllowed, "TRACE", "/v1/cases/1004567", "Authorization", desk)
	f(400, codeInvalidTarget, "GET", "/v1/../admin", "Authorization", desk)
	f(400, codeInvalidTarget, "GET", "/v1/cases/a%2fb", "Authorization", desk)
	answers := raw(t, w.listenTCP(), head("GET /v1/me HTTP/1.1", "Authorization: "+desk, "X-Request-Id: twice", "If-Match: 1", "If-Match: 2"))
	if got := recordOf(w.journaled("test"), reply{header: answers[0].Header}); answers[0].StatusCode != 400 || len(got) != 1 || got[0].KeyID != "desk" || got[0].Code != codeInvalidHeader {
		t.Errorf("a head that is wrong: %d, recorded %+v", answers[0].StatusCode, got)
	}

	wrong := w.do("GET", "/v1/jordan.winter", "", "Authorization", "Bearer "+keyPrefix+"desk_wrong").is(404, codeRouteNotFound)
	if got := w.wantRecord(wrong, "test", engine.AccessFailed); got.KeyID != "desk" || got.Principal != "" {
		t.Errorf("recorded %+v", got)
	}
	if got := recordOf(w.journaled("test"), w.get("/v1/jordan.winter").is(404, codeRouteNotFound)); len(got) != 0 {
		t.Errorf("nobody is recorded: %+v", got)
	}
}

// TestStraysAreLimited: a caller fills no journal with requests that lead nowhere.
func TestStraysAreLimited(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	desk := w.key("desk", engine.CreateKey{Role: engine.RoleCoordinator})
	w.limits(Rates{Principal: 1, Tenant: -1, Address: -1, Failures: 1}, false)
	for _, want := range []int{404, 404, 429} {
		w.as(desk, "GET", "/v1/nowhere", "").is(want, "")
	}
	for range 3 {
		w.as("a.b.c", "GET", "/v1/nowhere", "").is(404, codeRouteNotFound)
	}
	w.as("a.b.c", "GET", "/v1/me", "").is(429, codeRateLimited)
}

// TestWhatChangesNothingIsARead: the answer to a call that is cancelled again, or to a case that is written as it is, tells what it was, and the
// log names nothing that changed.
func TestWhatChangesNothingIsARead(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	desk := w.key("desk", engine.CreateKey{Role: engine.RoleCoordinator})
	id := w.as(desk, "POST", "/v1/appointments", deckBooking.String()).is(201, "").text("id")
	cancel := func() reply {
		return w.as(desk, "POST", "/v1/appointments/"+id+"/cancel", `{"reason":"ill","by":"payer"}`).is(200, "")
	}
	if got := recordOf(w.journaled("test"), cancel()); len(got) != 0 {
		t.Errorf("a change is in the log: %+v", got)
	}
	again := cancel()
	if again.at("contact", "phone") == nil {
		t.Fatalf("tells nothing: %s", again.body)
	}
	if got := w.wantRecord(again, "test", engine.AccessRead); got.Action != "cancelAppointment" || len(got.Objects) == 0 || got.Objects[0] != (engine.Object{Type: "appointment", ID: id}) {
		t.Errorf("recorded %+v", got)
	}
	put := func() reply {
		return w.as(desk, "PUT", "/v1/cases/idle", winter.with("/id", "idle").String())
	}
	if got := recordOf(w.journaled("test"), put().is(201, "")); len(got) != 0 {
		t.Errorf("a change is in the log: %+v", got)
	}
	same := put().is(200, "")
	if same.at("member", "name") == nil || same.header.Get("ETag") != `"1"` {
		t.Fatalf("tells nothing, or has changed something: %s", same.body)
	}
	if got := w.wantRecord(same, "test", engine.AccessRead); got.Action != "putCase" || fmt.Sprint(got.Objects) != "[{case idle}]" {
		t.Errorf("recorded %+v", got)
	}
}

// TestAnswersRememberedSayWhose: the answer to a request for a callback that is waiting is kept as it was composed. Given once more it is a
// read, and the record says of what.
func TestAnswersRememberedSayWhose(t *testing.T) {
	t.Parallel()
	w := newCallbacks(t)
	night := spans("2026-11-03T01:00:00-08:00", "2026-11-03T02:00:00-08:00", "2026-11-04T01:00:00-08:00", "2026-11-04T02:00:00-08:00")
	ask := func() reply {
		return w.do("POST", "/v1/callback-requests", deckCallback.with("/windows", night).String(), "Idempotency-Key", "k-1").is(201, "")
	}
	first, again := ask(), ask()
	if again.header.Get("Idempotent-Replayed") != "true" || again.at("contact", "phone") == nil {
		t.Fatalf("repeated %s", again.body)
	}
	if got := w.wantRecord(again, "test", engine.AccessRead); fmt.Sprint(got.Objects) != "[{callback "+first.text("id")+"}]" {
		t.Errorf("recorded %+v", got)
	}
}
