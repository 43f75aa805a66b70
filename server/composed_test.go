package server

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/parleyhq/parley/engine"
)

// calling is a request on its way to its handler.
func (w *world) calling(method, path, id, body, key string) *call {
	w.t.Helper()
	row, _, _ := tableRouter().find(method, path)
	a := &admitted{snap: w.engine.Snapshot(), now: w.engine.Now(), route: row}
	a.who = w.server.callers.find(a.snap, []byte("desk"))
	c := &call{server: w.server, route: row, requestID: "r", id: id, body: []byte(body), patience: callTimeout, key: key}
	c.enter(a)
	w.t.Cleanup(c.done)
	return c
}

// TestQueuePages: a page of queued requests goes on where the last one ended, also when the last one shown has left the queue.
func TestQueuePages(t *testing.T) {
	t.Parallel()
	w := newCallbacks(t)
	quarter := spans("2026-11-03T07:00:00-08:00", "2026-11-03T07:15:00-08:00", "2026-11-03T05:00:00-08:00", "2026-11-03T05:15:00-08:00")
	for i := range 6 {
		w.seed(evolentCase.with("/id", fmt.Sprint("q-", i)))
		w.post("/v1/callback-requests", deckCallback.with("/caseIds/0", fmt.Sprint("q-", i), "/windows", quarter).String()).is(201, "")
	}
	queue := strings.Fields(w.callbackIDs("?status=queued"))
	if len(queue) != 5 {
		t.Fatalf("queue %v", queue)
	}
	first := w.get("/v1/callback-requests?status=queued&limit=2").is(200, "")
	w.do("DELETE", "/v1/callback-requests/"+queue[1], "").is(204, "")
	if got := w.callbackIDs("?status=queued&limit=3&cursor=" + first.text("nextCursor")); got != strings.Join(queue[2:], " ") {
		t.Errorf("behind %v: %s", queue[:2], got)
	}
}

// TestOffersRefusedOnTheWay: a search whose credential ends before its offers are on record is refused for that.
func TestOffersRefusedOnTheWay(t *testing.T) {
	t.Parallel()
	x := &texas{world: newWorld(t, texasNow)}
	_, caseID := x.pair(nil, nil)
	x.key("desk", engine.CreateKey{Role: engine.RoleCoordinator})
	c := x.calling("POST", "/v1/search", "", doc{"caseIds": []string{caseID}, "timeZone": "America/Chicago"}.String(), "")
	x.command("test", engine.RevokeKey{ID: "desk"})
	if out := searchWeek(c); out.problem == nil || out.problem.status() != http.StatusUnauthorized {
		t.Fatalf("answered %+v", out.problem)
	}
}

// TestAbsenceWithoutAnswer: an absence that is stored and whose answer cannot be remembered is not said to have changed nothing.
func TestAbsenceWithoutAnswer(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	w.key("desk", engine.CreateKey{Role: engine.RoleCoordinator})
	c := w.calling("POST", "/v1/reviewers/rev-ames/absences", "rev-ames", `{"start":"2020-05-18T18:40:00-04:00","end":"2020-05-18T19:00:00-04:00"}`, "k")
	gate := w.store.BlockNext()
	w.store.FailNext(errors.New("no space"))
	answered := make(chan answer)
	go func() { answered <- addAbsence(c) }()
	<-gate.Entered()
	gate.Release()
	out := <-answered
	r, _ := w.engine.Snapshot().Reviewer("test", "rev-ames")
	if len(r.Hours.Blocks) != 1 || out.problem == nil || out.problem.code != codeOutcomeUnknown {
		t.Errorf("%d blocks, answered %+v", len(r.Hours.Blocks), out)
	}
	if again := addAbsence(w.calling("POST", "/v1/reviewers/rev-ames/absences", "rev-ames", string(c.body), "k")); again.status != http.StatusCreated || !again.replayed {
		t.Errorf("repeated %+v", again)
	}
}

// TestAbsenceFromBeforeEncryption: an absence that was taken while the store was in clear is known once it is encrypted.
func TestAbsenceFromBeforeEncryption(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	body := `{"start":"2020-05-18T18:40:00-04:00","end":"2020-05-18T19:00:00-04:00"}`
	ask := func() reply {
		t.Helper()
		return w.do("POST", "/v1/reviewers/rev-ames/absences", body, "Idempotency-Key", "k").is(201, "")
	}
	first := ask()
	keys, err := engine.NewDataKeys([]engine.DataKey{{ID: 1, State: engine.DataKeyActive, Secret: [32]byte{1}}})
	if err != nil {
		t.Fatal(err)
	}
	w.engine.Vault().Use(keys)
	if again := ask(); string(again.body) != string(first.body) || again.header.Get("Idempotent-Replayed") != "true" {
		t.Errorf("repeated %s\nfirst %s", again.body, first.body)
	}
}

// TestComposedOfThisRequest: an answer that was composed long after its request, for the server had stopped in between, is
// remembered longer than the request. Under the same key a new request is not answered with it.
func TestComposedOfThisRequest(t *testing.T) {
	t.Parallel()
	w := newCallbacks(t)
	w.key("desk", engine.CreateKey{Role: engine.RoleCoordinator, ExpiresAt: w.engine.Now() + 30*24*3600})
	night := spans("2026-11-23T01:00:00-08:00", "2026-11-23T02:00:00-08:00", "2026-11-24T01:00:00-08:00", "2026-11-24T02:00:00-08:00")
	body := deckCallback.with("/windows", night).String()
	ask := func() reply {
		t.Helper()
		return w.do("POST", "/v1/callback-requests", body, "Idempotency-Key", "k", "Authorization", "Bearer "+secretOf("desk")).is(201, "")
	}
	c := w.calling("POST", "/v1/callback-requests", "", body, "k")
	var in callbackIn
	if p := decode(c.body, &in); p != nil {
		t.Fatal(p)
	}
	var k check
	cmd, personal := in.resolve(&k, c.now)
	personal.RequestedBy = c.requesting("e-1")
	cmd.ID, cmd.AppointmentID = newID("cbr"), newID("apt")
	cmd.Personal = w.engine.Vault().SealAppointment(appointmentPlace("test", cmd.AppointmentID), personal)
	if o, p := c.submit(c.ticket(), cmd); p != nil || o.Status != engine.StatusOK {
		t.Fatal(p, o.Status)
	}
	w.clock.set(t, "2026-11-05T08:00:00-06:00")
	old := ask()
	if old.text("id") != cmd.ID || old.header.Get("Idempotent-Replayed") != "true" || old.at("status") != "unassignable" {
		t.Fatalf("the first request is answered %s", old.body)
	}
	if again := ask(); string(again.body) != string(old.body) {
		t.Errorf("repeated %s\nfirst %s", again.body, old.body)
	}
	w.do("DELETE", "/v1/callback-requests/"+cmd.ID, "", "Authorization", "Bearer "+secretOf("desk")).is(204, "")
	w.clock.set(t, "2026-11-10T08:00:00-06:00") // the request is forgotten, what was composed is not
	fresh := ask()
	if fresh.text("id") == cmd.ID || fresh.header.Get("Idempotent-Replayed") != "" {
		t.Errorf("a new request is answered with an old one: %s", fresh.body)
	}
	if again := ask(); string(again.body) != string(fresh.body) {
		t.Errorf("repeated %s\nfirst %s", again.body, fresh.body)
	}
}

// TestComposedByEarlierBuild: what a build remembered that left the place in the log out is given again.
func TestComposedByEarlierBuild(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	w.book() // would be affected
	w.key("desk", engine.CreateKey{Role: engine.RoleCoordinator})
	body := `{"start":"2020-05-18T18:40:00-04:00","end":"2020-05-18T19:00:00-04:00"}`
	c := w.calling("POST", "/v1/reviewers/rev-ames/absences", "rev-ames", body, "k")
	payload := engine.AddAbsence{ReviewerID: "rev-ames"}
	var in spanIn
	var k check
	if p := decode(c.body, &in); p != nil {
		t.Fatal(p)
	}
	payload.Span = k.interval("", in)
	own := c.ticket()
	own.key = composedKey("part ", "k")
	for _, x := range []struct {
		ticket  ticket
		payload engine.Payload
	}{{c.ticket(), payload}, {own, engine.RecordAnswer{Body: []byte("[]")}}} {
		if o, p := c.submit(x.ticket, x.payload); p != nil || o.Status != engine.StatusOK {
			t.Fatal(p, o.Status)
		}
	}
	again := w.do("POST", "/v1/reviewers/rev-ames/absences", body, "Idempotency-Key", "k", "Authorization", "Bearer "+secretOf("desk")).is(201, "")
	if len(again.at("affected").([]any)) != 0 || again.header.Get("Idempotent-Replayed") != "true" {
		t.Errorf("repeated %s", again.body)
	}
}
