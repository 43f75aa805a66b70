package engine_test

import (
	"bytes"
	"testing"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/engine/enginetest"
)

// TestAudit finds one record for each entry, in order, saying who did what to
// what, and no personal data.
func TestAudit(t *testing.T) {
	t.Parallel()
	log := engine.NewMemLog()
	e := openEngine(t, engine.Options{Log: log, Identity: engine.Identity{Tenant: enginetest.Tenant}})
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
	made.RequestID = "req-1"
	last := mustOK(t, e, made)
	mustOK(t, e, made)
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
	got := records[4]
	want := []engine.Object{{Type: "hold", ID: "h"}, {Type: "appointment", ID: "a"}}
	if got.Seq != last.Seq || got.At != last.Now || got.Actor != enginetest.Actor("alice") || got.RequestID != "req-1" ||
		got.Kind != engine.KindBook || got.Rules != e.Snapshot().Rules().Version() ||
		len(got.Objects) != 2 || got.Objects[0] != want[0] || got.Objects[1] != want[1] {
		t.Fatalf("%+v", got)
	}
	if first := records[0]; first.Kind != engine.KindLoadRules || first.Actor.Principal != "system" || first.Rules != "" {
		t.Fatalf("%+v", first)
	}
}
