package engine_test

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/engine/enginetest"
)

// TestAudit finds one record for each entry, in order, saying who did what to
// what, and no personal data: kept beside the entries in a store of format 1, and
// the same read out of the entries in every store.
func TestAudit(t *testing.T) {
	t.Parallel()
	log := engine.NewMemLog()
	e := openEngine(t, engine.Options{Log: log, Identity: engine.Identity{Tenant: enginetest.Tenant, Format: 1}})
	const secret = "Canary"
	reviewer, c := enginetest.Reviewer("rev-0"), enginetest.Case("case-0")
	reviewer.Personal = e.Vault().SealReviewer("", &engine.ReviewerPersonal{Name: secret})
	c.Personal = e.Vault().SealCase("", &engine.CasePersonal{MemberName: secret})
	mustOK(t, e, commandOf("payer", engine.PutReviewer{Reviewer: reviewer}))
	mustOK(t, e, commandOf("payer", engine.PutCase{Case: c}))
	mustOK(t, e, commandOf("alice", engine.HoldSlot{ID: "h", CaseIDs: []string{"case-0"}, ReviewerID: "rev-0", Start: quarter(0)}))
	book := booking("a", "case-0", "rev-0", 0)
	book.Personal = e.Vault().SealAppointment("", &engine.AppointmentPersonal{Instructions: secret})
	made := keyed(commandOf("alice", book), "k")
	made.RequestID, made.Client = "req-1", "192.0.2.7"
	last := mustOK(t, e, made)
	elsewhere := made
	elsewhere.Client, elsewhere.RequestID = "192.0.2.8", "req-2"
	if again := mustOK(t, e, elsewhere); !again.Replayed {
		t.Error("asked again from another address, it is another command")
	}
	var records []engine.AuditRecord
	err := log.Derived(engine.SpaceAudit, nil, func(key, value []byte) error {
		r, err := engine.DecodeAudit(value)
		if err != nil {
			return err
		}
		records = append(records, r)
		if !bytes.Equal(key, engine.AuditKey(enginetest.Tenant, engine.Seq(len(records)))) {
			t.Errorf("record %d has key %q", len(records), key)
		}
		if bytes.Contains(value, []byte(secret)) {
			t.Errorf("record %d holds personal data", len(records))
		}
		return nil
	})
	if err != nil || len(records) != 5 {
		t.Fatalf("%d records, %v", len(records), err)
	}
	var read []engine.AuditRecord
	next, err := e.Events(enginetest.Tenant, 0, 100, func(r *engine.Change) bool {
		read = append(read, r.AuditRecord)
		return true
	})
	if err != nil || next != 5 || !reflect.DeepEqual(read, records) {
		t.Fatalf("read up to %d: %+v, kept %+v, %v", next, read, records, err)
	}
	got := records[4]
	want := []engine.Object{{Type: "hold", ID: "h"}, {Type: "appointment", ID: "a"}}
	if got.Seq != last.Seq || got.At != last.Now || got.Actor != enginetest.Actor("alice") || got.RequestID != "req-1" ||
		got.Kind != engine.KindBook || got.Rules != e.Snapshot().Rules().Version() ||
		got.Client != "192.0.2.7" || got.KeyID != "" || len(got.Objects) != 2 || got.Objects[0] != want[0] || got.Objects[1] != want[1] {
		t.Fatalf("%+v", got)
	}
	if first := records[0]; first.Kind != engine.KindLoadRules || first.Actor.Principal != "system" || first.Rules != "" || first.Client != "" || first.KeyID != "" {
		t.Fatalf("%+v", first)
	}
}

// TestEventsInSteps walks a log in which a tenant has few entries among many of
// another one: each call looks at so many entries and says how far it came.
func TestEventsInSteps(t *testing.T) {
	t.Parallel()
	log := engine.NewMemLog()
	e := openEngine(t, engine.Options{Log: log, Identity: engine.Identity{Tenant: enginetest.Tenant}})
	put := func(tenant string, n int) {
		var commands []engine.Command
		for i := range n {
			c := commandOf("payer", engine.PutProfile{Profile: engine.Profile{TimeZone: fmt.Sprint(tenant, n, i)}})
			c.Actor.Tenant = tenant
			commands = append(commands, c)
		}
		for _, r := range e.SubmitAll(t.Context(), commands) {
			if r.Err != nil || r.Outcome.Status != engine.StatusOK {
				t.Fatal(r)
			}
		}
	}
	const many = engine.MaxEventScan + 10
	put("few", 1)
	put("many", many)
	put("few", 2)
	f := func(after engine.Seq, limit int, next engine.Seq, want ...engine.Seq) {
		t.Helper()
		var seqs []engine.Seq
		at, err := e.Events("few", after, limit, func(r *engine.Change) bool {
			seqs = append(seqs, r.Seq)
			return true
		})
		if err != nil || at != next || !slices.Equal(seqs, want) {
			t.Fatalf("from %d: %v up to %d, %v; want %v up to %d", after, seqs, at, err, want, next)
		}
	}
	f(0, 10, engine.MaxEventScan, 2)
	f(engine.MaxEventScan, 10, many+4, many+3, many+4)
	f(engine.MaxEventScan, 1, many+3, many+3)
	f(many+4, 10, many+4)
	f(0, 0, 0)
	if err := log.Derived(engine.SpaceAudit, nil, func(_, _ []byte) error { return errors.New("kept") }); err != nil {
		t.Fatal(err)
	}
}
