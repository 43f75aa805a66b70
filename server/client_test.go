package server

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/parleyhq/parley/engine"
)

// TestRecordsNameTheClient: behind a trusted proxy the records of changes, reads, refusals and failed authentications name the address that the proxy
// has appended, whole; what the client wrote before it is nobody's, and without a proxy the header means nothing.
func TestRecordsNameTheClient(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		proxied         bool
		forwarded, want string
	}{
		{true, "6.6.6.6, 203.0.113.9", "203.0.113.9"},
		{true, "2001:db8:1:2:3:4:5:6", "2001:db8:1:2:3:4:5:6"},
		{true, "::ffff:203.0.113.9", "203.0.113.9"},
		{true, "203.0.113.9, unknown", "127.0.0.1"},
		{true, "", "127.0.0.1"},
		{false, "6.6.6.6, 203.0.113.9", "127.0.0.1"},
		{false, "203.0.113.9", "127.0.0.1"},
	} {
		w := newDeck(t)
		desk := w.key("desk", engine.CreateKey{Role: engine.RoleCoordinator})
		auditor := w.key("auditor", engine.CreateKey{Role: engine.RoleAuditor})
		w.limits(unlimited, c.proxied)
		ask := func(token, method, target, body string) reply {
			return w.do(method, target, body, "Authorization", "Bearer "+token, "Idempotency-Key", newID("key"), "X-Forwarded-For", c.forwarded)
		}
		made := ask(desk, "POST", "/v1/appointments", deckBooking.String()).is(201, "")
		for kind, r := range map[engine.AccessKind]reply{
			engine.AccessRead:    ask(desk, "GET", "/v1/appointments/"+made.text("id"), "").is(200, ""),
			engine.AccessRefused: ask(desk, "GET", "/v1/keys", "").is(403, ""),
			engine.AccessFailed:  ask(desk+"x", "GET", "/v1/me", "").is(401, ""),
		} {
			if got := w.wantRecord(r, "test", kind); got.Client != c.want {
				t.Errorf("%+v: a record of kind %s names %s", c, kind, got.Client)
			}
		}
		if r := ask(desk, "GET", "/v1/none", ""); w.wantRecord(r, "test", engine.AccessRefused).Client != c.want {
			t.Errorf("%+v: what comes to no route is from elsewhere", c)
		}
		pages, _ := w.trail(auditor, "limit=1000")
		booked := 0
		for line := range bytes.Lines(bytes.Join(pages, nil)) {
			var change struct{ Type, Action, Client string }
			if err := json.Unmarshal(line, &change); err != nil {
				t.Fatal(err)
			}
			if change.Type == lineChange && change.Action == "book" {
				if booked++; change.Client != c.want {
					t.Errorf("%+v: %s", c, line)
				}
			}
		}
		if booked != 1 {
			t.Errorf("%d bookings in the trail", booked)
		}
	}
}

// TestOperatorsListenerHasNoProxy: whoever asks there names no other address, whatever the public listener trusts.
func TestOperatorsListenerHasNoProxy(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	s, err := NewAdmin(Options{Engine: w.engine, Tenant: "test", BehindProxy: true, Public: w.server})
	if err != nil {
		t.Fatal(err)
	}
	h := &harness{t: t, log: &logBuffer{}, own: true, server: s}
	h.start()
	refused := h.do("POST", "/admin/backup", "", "X-Forwarded-For", "203.0.113.9").is(400, codeInvalidHeader)
	if got := w.wantRecord(refused, "test", engine.AccessRefused); got.Client != "127.0.0.1" {
		t.Errorf("recorded %+v", got)
	}
}
