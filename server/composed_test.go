package server

import (
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
