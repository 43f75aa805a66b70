package server

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

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

// TestNoTrailOfNobody: the trail of a tenant that is none is not exported, and nothing is recorded of it: the log takes no anchor of it. A
// journal in which such a record stands already is anchored for the others.
func TestNoTrailOfNobody(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	for _, tenant := range []string{"a b", "other"} {
		if _, err := ExportAudit(t.Context(), w.engine, "test", tenant, "ndjson", io.Discard); err == nil {
			t.Errorf("the trail of %q is exported", tenant)
		}
	}
	if _, err := w.store.AppendJournal(t.Context(), []engine.JournalEntry{{Tenant: "a b", Payload: []byte{1}}}); err != nil {
		t.Fatal(err)
	}
	w.get("/v1/cases/1004567").is(200, "")
	if err := w.server.journal.anchor(); err != nil {
		t.Fatal(err)
	}
	anchored := false
	w.engine.Snapshot().Anchors(func(a *engine.Anchor) bool {
		anchored = anchored || a.Tenant == "test" && a.JournalHead == headOf(w.store, "test")
		return true
	})
	if !anchored {
		t.Error("the journal of the tenant is not anchored")
	}
}

// TestVerifyYearsOfHeads: with the heads of every minute of two years a trail is verified about as fast as with one.
func TestVerifyYearsOfHeads(t *testing.T) {
	t.Parallel()
	const records, most = 10_000, time.Minute
	var file bytes.Buffer
	at := engine.JournalHead{Tenant: "test"}
	ownForm{}.start(&file, at)
	heads := make([]engine.JournalHead, 0, 1<<20)
	for range records {
		r := engine.AccessRecord{Kind: engine.AccessRead, Tenant: "test", Principal: "desk", RequestID: "req"}
		payload, err := r.Encode()
		if err != nil {
			t.Fatal(err)
		}
		at = at.Next(payload)
		ownForm{}.access(&file, at, &r, payload)
		for range cap(heads) / records {
			heads = append(heads, at)
		}
	}
	odd := slices.Clone(heads)
	odd[len(odd)/2].Chain[0] ^= 1
	began := time.Now()
	if _, err := VerifyAudit(bytes.NewReader(file.Bytes()), odd); !errors.Is(err, ErrAudit) || !strings.Contains(err.Error(), "not that of the head") {
		t.Errorf("another head among many: %v", err)
	}
	if _, err := VerifyAudit(bytes.NewReader(file.Bytes()), heads); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > most {
		t.Errorf("%d records and %d heads take %v", records, len(heads), took)
	}
}
