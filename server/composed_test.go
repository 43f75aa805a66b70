package server

import (
	"fmt"
	"strings"
	"testing"
)

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
