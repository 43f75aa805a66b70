package server

import (
	"errors"
	"fmt"
	"testing"

	"github.com/parleyhq/parley/engine"
)

// counted returns for how many refusals of a principal for a reason the journal stands, in how many records, what is counted
// and not yet written with it.
func (w *world) counted(principal, code string) (refusals, records uint64) {
	w.t.Helper()
	for _, n := range w.server.journal.floods.take(w.engine.Now()) {
		if err := w.server.journal.recordBehind(w.t.Context(), n.record); err != nil {
			w.t.Fatal(err)
		}
	}
	for _, r := range w.journaled("test") {
		if r.Principal == principal && r.Code == code && r.Kind == engine.AccessRefused {
			refusals, records = refusals+r.Count+1, records+1
		}
	}
	return refusals, records
}

// TestUnservedAreAccountedFor: who is refused because the server cannot or will not serve has that on record like every other refusal,
// the first of many apart and the rest in numbers, and how ready the server is is no refusal.
func TestUnservedAreAccountedFor(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	key := w.key("desk", engine.CreateKey{Role: engine.RoleCoordinator})
	w.store.SetReadOnly(true)
	r := w.as(key, "PUT", "/v1/cases/1004567", winter.String()).is(503, codeReadOnly)
	w.as(key, "GET", "/readyz", "").is(503, codeReadOnly)
	w.store.SetReadOnly(false)
	if got := w.wantRecord(r, "test", engine.AccessRefused); got.Principal != "principal-desk" || got.KeyID != "desk" || got.Action != "putCase" || got.Code != codeReadOnly ||
		got.Client != "127.0.0.1" || fmt.Sprint(got.Objects) != "[{case 1004567}]" {
		t.Errorf("recorded %+v", got)
	}
	if n, _ := w.counted("principal-desk", codeReadOnly); n != 1 {
		t.Errorf("%d refusals of one", n)
	}

	for range maxImports {
		w.server.imports.enter("test")
	}
	busy := w.as(key, "POST", "/v1/import", "").is(503, codeOverloaded)
	if got := w.wantRecord(busy, "test", engine.AccessRefused); got.Action != "importLines" || got.Principal != "principal-desk" {
		t.Errorf("recorded %+v", got)
	}
	w.own = true
	w.server.router.exact[methodIndex([]byte("GET"))]["/v1/me"].handle = func(*call) answer { panic("a bug") }
	broken := w.as(key, "GET", "/v1/me", "").is(500, codeInternal)
	if got := w.wantRecord(broken, "test", engine.AccessRefused); got.Action != "getMe" || got.Code != codeInternal {
		t.Errorf("recorded %+v", got)
	}
	const more = 40
	for range more {
		w.as(key, "GET", "/v1/me", "").is(500, codeInternal)
	}
	if n, records := w.counted("principal-desk", codeInternal); n != more+1 || records > 3*failuresEach {
		t.Errorf("%d refusals of %d, in %d records", n, more+1, records)
	}
}

// TestUnservedWithoutJournal: while the journal cannot be written what it cannot take is counted, in memory that is bounded and in a
// metric, keeps no other request waiting, and is written afterwards.
func TestUnservedWithoutJournal(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	j := w.server.journal
	waiting := func() float64 {
		for range 2 { // what the first one meets is told by the second
			if err := j.flush(t.Context()); err != nil && !errors.Is(err, errJournal) {
				t.Fatal(err)
			}
		}
		return w.values()["parley_journal_waiting"]
	}
	w.store.RefuseJournal(errors.New("no room"))
	const tries = 100
	for range tries {
		w.get("/v1/cases/1004567").is(503, codeJournal)
	}
	if n := len(j.behind); n > failuresEach {
		t.Errorf("%d wait for the journal", n)
	}
	if n := waiting(); n != tries {
		t.Errorf("%g wait", n)
	}
	w.store.RefuseJournal(nil)
	waiting()
	if n, records := w.counted(engine.LocalPrincipal, codeJournal); n != tries || records > 2*failuresEach {
		t.Errorf("%d refusals of %d, in %d records", n, tries, records)
	}
	if n := waiting(); n != 0 {
		t.Errorf("%g wait still", n)
	}
}
