package server

import (
	"fmt"
	"strings"
	"sync"
	"testing"
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
