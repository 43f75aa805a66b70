package server

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/slots"
)

// TestAuditRangeIsWhole: seals come up to a minute behind the changes that they seal and carry their instants. A stretch of the trail holds all
// records and changes of its time all the same, and its last page says that it is the last.
func TestAuditRangeIsWhole(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	auditor := w.key("auditor", engine.CreateKey{Role: engine.RoleAuditor})
	desk := w.key("desk", engine.CreateKey{Role: engine.RoleCoordinator})
	minute := func() { // is over: what was recorded is written, and the log sealed
		t.Helper()
		if err := errors.Join(w.server.journal.flush(t.Context()), w.server.journal.anchor()); err != nil {
			t.Fatal(err)
		}
	}
	at := func() string { return string(slots.AppendInstant(nil, w.engine.Now(), slots.UTC())) }
	var starts, reads []string
	for range 12 { // a change, 59 seconds in which something is read, and the seal of the minute
		w.as(desk, "POST", "/v1/appointments/"+w.as(desk, "POST", "/v1/appointments", deckBooking.String()).is(201, "").text("id")+"/cancel", `{"reason":"ill","by":"payer"}`).is(200, "")
		w.clock.now.Add(20)
		starts = append(starts, at())
		reads = append(reads, w.as(desk, "GET", "/v1/cases/1004567", "").is(200, "").header.Get("X-Request-Id"))
		w.clock.now.Add(39)
		minute()
		w.clock.now.Add(1)
	}
	for i, from := range starts {
		pages, _ := w.trail(auditor, "limit=500&from="+from)
		if text := string(bytes.Join(pages, nil)); !strings.Contains(text, reads[i]) {
			t.Errorf("from %s: the read of that second is not there", from)
		}
	}
	to := at()
	made := w.as(desk, "POST", "/v1/appointments", deckBooking.String()).is(201, "").text("id")
	w.clock.now.Add(1)
	until := at()
	w.clock.now.Add(30)
	w.as(desk, "GET", "/v1/cases/1004567", "").is(200, "")
	w.clock.now.Add(28)
	minute()
	w.clock.now.Add(200)
	past := w.as(desk, "GET", "/v1/cases/1004567", "").is(200, "").header.Get("X-Request-Id")
	minute()
	pages, _ := w.trail(auditor, "limit=500&from="+to+"&to="+until)
	if text := string(bytes.Join(pages, nil)); !strings.Contains(text, made) || strings.Contains(text, past) {
		t.Errorf("from %s to %s: %s", to, until, text)
	}
}
