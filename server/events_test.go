package server

import (
	"fmt"
	"strings"
	"testing"
)

// TestEvents: every accepted command once, in order, by ids and codes alone.
func TestEvents(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	start := uint64(w.get("/v1/events").is(200, "").at("next").(float64))
	id := w.book()
	w.post("/v1/appointments", deckBooking.String()).is(409, "case_already_scheduled")
	w.post("/v1/appointments/"+id+"/cancel", `{"reason":"Patient withdrew","by":"provider"}`).is(200, "")
	r := w.get(fmt.Sprint("/v1/events?after=", start)).is(200, "")
	if len(r.at("events").([]any)) != 2 {
		t.Fatalf("events %s", r.body)
	}
	for i, kind := range []string{"book", "cancel"} {
		for path, want := range map[string]any{"kind": kind, "seq": float64(start) + float64(i) + 1, "actorRole": "all", "source": "api", "at": "2020-05-15T13:00:00Z"} {
			if got := r.at("events", i, path); got != want {
				t.Errorf("%d: %s = %v, want %v", i, path, got, want)
			}
		}
		if r.at("events", i, "requestId") == "" || r.at("events", i, "rules") == "" || !strings.Contains(string(r.body), `{"type":"appointment","id":"`+id+`"}`) {
			t.Errorf("%d: %s", i, r.body)
		}
	}
	if r.at("next") != float64(start)+2 {
		t.Errorf("next %v", r.at("next"))
	}
	one := w.get(fmt.Sprint("/v1/events?limit=1&after=", start)).is(200, "")
	if len(one.at("events").([]any)) != 1 || one.at("next") != float64(start)+1 {
		t.Errorf("one %s", one.body)
	}
	if none := w.get(fmt.Sprint("/v1/events?after=", start+2)).is(200, ""); len(none.at("events").([]any)) != 0 || none.at("next") != float64(start)+2 {
		t.Errorf("none %s", none.body)
	}
	for _, secret := range []string{"Doe", "withdrew", "5550143", "Winter", "Ames"} {
		if strings.Contains(string(r.body), secret) {
			t.Errorf("the events tell %s", secret)
		}
	}
	refused := func(status int, query string) { t.Helper(); w.get("/v1/events?"+query).is(status, "") }
	refused(400, "after=-1")
	refused(400, "after=1.5")
	refused(400, "after=007")
	refused(400, "after=")
	refused(400, "after=18446744073709551616")
	refused(422, "limit=201")
	refused(400, "cursor=x")
}
