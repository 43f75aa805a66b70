package server

import (
	"strings"
	"testing"
)

// TestBrokenStore: what a client hears when the store does not take changes,
// and after a crash.
func TestBrokenStore(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	held := w.do("POST", "/v1/holds", deckHold.String(), "Idempotency-Key", "h").is(201, "")
	w.store.SetReadOnly(true)
	r := w.post("/v1/appointments", deckBooking.String()).is(503, "read_only")
	if r.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	w.do("POST", "/v1/search", deckSearch.String()).is(200, "")
	w.importing(line("case", winter.with("/id", "9")), "Idempotency-Key", "i").is(503, "read_only")
	w.store.SetReadOnly(false)

	w.store.PoisonNext(true)
	book := func(status int, code string) reply {
		t.Helper()
		return w.do("POST", "/v1/appointments", deckBooking.String(), "Idempotency-Key", "b").is(status, code)
	}
	book(503, "outcome_unknown")
	book(503, "outcome_unknown") // also for the retry: nobody knows before the restart
	// The journal rests on the same disk: what is personal is not shown without a record, free slots are.
	w.get("/v1/appointments?view=mine").is(503, "journal_unavailable")
	w.do("POST", "/v1/search", deckSearch.String()).is(200, "")
	again := w.do("POST", "/v1/holds", deckHold.String(), "Idempotency-Key", "h").is(201, "")
	if string(again.body) != string(held.body) {
		t.Errorf("repeated %s", again.body)
	}

	w.crash(t)
	booked := book(201, "")
	if booked.header.Get("Idempotent-Replayed") != "true" {
		t.Error("the booking that was written before the crash was made again")
	}
	got := w.get("/v1/appointments/"+booked.text("id")).is(200, "")
	if string(got.body) != string(booked.body) {
		t.Errorf("after the crash %s\nwas %s", got.body, booked.body)
	}
	again = w.do("POST", "/v1/holds", deckHold.String(), "Idempotency-Key", "h").is(201, "")
	if string(again.body) != string(held.body) || again.header.Get("Idempotent-Replayed") != "true" {
		t.Errorf("repeated after the crash %s", again.body)
	}
}

// TestNothingPersonalInTheLog: names and numbers of requests and answers stay
// out of it.
func TestNothingPersonalInTheLog(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	w.do("POST", "/v1/cases/lookup", `{"memberId":"M-1","memberDateOfBirth":"1982-06-28","memberLastName":"Winter"}`).is(200, "")
	id := w.book()
	w.post("/v1/appointments/"+id+"/cancel", `{"reason":"Zebra","by":"payer"}`).is(200, "")
	w.put("/v1/cases/1004567", winter.with("/member/name", "Zebra\u0007").String()).is(422, "invalid_value")
	w.importing(line("case", winter.with("/member/dateOfBirth", "Zebra")), "Idempotency-Key", "i").is(200, "")
	if !strings.Contains(w.log.String(), "lookupCases") {
		t.Fatal("nothing was logged")
	}
	for _, secret := range []string{"Winter", "1982-06", "Doe", "Zebra", "+1212555", "example.com", "M-1", "Ames"} {
		if strings.Contains(w.log.String(), secret) {
			t.Errorf("the log tells %s", secret)
		}
	}
}
