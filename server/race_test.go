package server

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/slots"
)

// TestOneSlotManyClients: of 64 offices that want one slot at once, one has it.
func TestOneSlotManyClients(t *testing.T) {
	t.Parallel()
	const clients = 64
	w := newDeck(t)
	for i := range clients {
		w.seed(winter.with("/id", fmt.Sprint("case-", i)))
	}
	codes := make([]string, clients)
	var all sync.WaitGroup
	begin := make(chan struct{})
	for i := range clients {
		all.Go(func() {
			<-begin
			r := w.post("/v1/appointments", deckBooking.with("/caseIds/0", fmt.Sprint("case-", i)).String())
			codes[i] = fmt.Sprint(r.status, " ", r.text("code"))
		})
	}
	close(begin)
	all.Wait()
	count := make(map[string]int)
	for _, c := range codes {
		count[c]++
	}
	if count["201 "] != 1 || count["409 slot_taken"] != clients-1 {
		t.Errorf("answers %v", count)
	}
	if n := len(w.get("/v1/appointments?view=mine&limit=200").at("appointments").([]any)); n != 1 {
		t.Errorf("%d appointments", n)
	}
}

// TestOneRequestManyTimes: duplicates in flight get one answer.
func TestOneRequestManyTimes(t *testing.T) {
	t.Parallel()
	const times = 32
	w := newDeck(t)
	bodies := make([]string, times)
	var all sync.WaitGroup
	for i := range times {
		all.Go(func() {
			r := w.do("POST", "/v1/appointments", deckBooking.String(), "Idempotency-Key", "one")
			bodies[i] = fmt.Sprint(r.status, " ", string(r.body))
		})
	}
	all.Wait()
	for _, b := range bodies {
		if b != bodies[0] || !strings.HasPrefix(b, "201 ") {
			t.Fatalf("answers differ:\n%s\n%s", b, bodies[0])
		}
	}
}

// TestCancelKeepsWhoAttests: a cancellation that was begun before a move ends the call as it was moved: who attests for the
// new slot stays on record, by name and role.
func TestCancelKeepsWhoAttests(t *testing.T) {
	t.Parallel()
	x := &texas{world: newWorld(t, texasNow)}
	reviewerID, caseID := x.pair([]any{"/licenses/0/state", "OK"}, nil)
	target := "/v1/appointments/" + x.book("/caseIds/0", caseID, "/slot", doc{"reviewerId": reviewerID, "start": tuesday}, "/attestations", []string{noteA})
	before := x.engine.Snapshot()
	x.post(target+"/reschedule", doc{"slot": doc{"reviewerId": reviewerID, "start": "2026-11-03T11:00:00-06:00"}, "attestations": []string{noteA},
		"attestedBy": doc{"name": "Ann Att", "role": "nurse"}}.String()).is(200, "")
	now := x.server.read
	x.server.read = func() (*engine.Snapshot, slots.Instant) { return before, before.Stamped() } // what it began with
	x.post(target+"/cancel", `{"reason":"ill","by":"payer"}`, "If-Match", `"1"`).is(412, "stale_version")
	got := x.post(target+"/cancel", `{"reason":"ill","by":"payer"}`).is(200, "")
	x.server.read = now
	for _, r := range []reply{got, x.get(target).is(200, "")} {
		if r.at("status") != "cancelled" || r.at("attestedBy", "name") != "Ann Att" || r.at("attestedBy", "role") != "nurse" ||
			r.at("cancellation", "reason") != "ill" || r.at("version") != 3.0 {
			t.Errorf("cancelled %s", r.body)
		}
	}
}
