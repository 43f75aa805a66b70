package enginetest

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/parleyhq/parley/engine"
)

// journalOf is the access journal of a log under test; nil for one that keeps none.
func journalOf(log engine.Log) engine.Journal {
	j, _ := log.(engine.Journal)
	return j
}

// journalPayload is what the suite writes as record n of a tenant.
func journalPayload(tenant string, n uint64) []byte {
	return append(fmt.Appendf(nil, "%s %d ", tenant, n), bytes.Repeat([]byte{byte(n)}, int(n*5%97))...)
}

// journalEntries are the next records of tenants, whose chains end at counts.
func journalEntries(counts map[string]uint64, tenants ...string) (entries []engine.JournalEntry) {
	for _, t := range tenants {
		counts[t]++
		entries = append(entries, engine.JournalEntry{Tenant: t, Payload: journalPayload(t, counts[t])})
	}
	return entries
}

// wantJournal checks that a journal holds exactly what journalEntries gave.
func wantJournal(t *testing.T, j engine.Journal, counts map[string]uint64) {
	t.Helper()
	var heads []engine.JournalHead
	for tenant, n := range counts {
		head := engine.JournalHead{Tenant: tenant}
		for i := range n {
			head = head.Next(journalPayload(tenant, i+1))
		}
		heads = append(heads, head)
		for _, from := range []uint64{0, 1, 2, n, n + 1} {
			next := max(from, 1)
			var last engine.JournalHead
			err := j.WalkJournal(tenant, from, func(at engine.JournalHead, payload []byte) error {
				if at.N != next || at.Tenant != tenant || !bytes.Equal(payload, journalPayload(tenant, at.N)) {
					return fmt.Errorf("got record %d of %s, want %d of %s: %.20q", at.N, at.Tenant, next, tenant, payload)
				}
				next, last = next+1, at
				return nil
			})
			if err != nil || next != max(n+1, from) || next > max(from, 1) && last != head {
				t.Fatalf("read %s from %d to %d, want %d: %v", tenant, from, next-1, n, err)
			}
		}
	}
	slices.SortFunc(heads, func(a, b engine.JournalHead) int { return bytes.Compare([]byte(a.Tenant), []byte(b.Tenant)) })
	if got := j.JournalHeads(); !slices.Equal(got, heads) {
		t.Fatalf("heads are %v, want %v", got, heads)
	}
}

func testJournal(t *testing.T, h Harness) {
	j, counts := journalOf(h.Log), map[string]uint64{}
	if j == nil {
		return
	}
	wantJournal(t, j, counts)
	for i := range 60 {
		entries := journalEntries(counts, [][]string{{"acme"}, {"b", "acme", "zenith"}, {"zenith", "zenith"}}[i%3]...)
		heads, err := j.AppendJournal(t.Context(), entries)
		if err != nil || len(heads) != len(entries) || heads[len(heads)-1].N != counts[entries[len(entries)-1].Tenant] {
			t.Fatalf("append %d: heads %v: %v", i, heads, err)
		}
		entries[0].Payload[0] ^= 1 // nothing of it is retained
		fill(t, h.Log, 1)
	}
	wantJournal(t, j, counts)
	wantWhole(t, h.Log, 60)
	f := func(entries ...engine.JournalEntry) {
		t.Helper()
		_, err := j.AppendJournal(t.Context(), entries)
		wantErr(t, err, engine.ErrNotWritten)
	}
	f()
	f(engine.JournalEntry{Payload: []byte("x")})
	f(engine.JournalEntry{Tenant: "a\x00b", Payload: []byte("x")})
	f(engine.JournalEntry{Tenant: "acme", Payload: []byte("x")}, engine.JournalEntry{Tenant: "acme"})
	f(engine.JournalEntry{Tenant: "acme", Payload: make([]byte, engine.MaxPayloadBytes+1)})
	_, err := j.AppendJournal(cancelled(), []engine.JournalEntry{{Tenant: "acme", Payload: []byte("x")}})
	wantErr(t, err, engine.ErrNotWritten, context.Canceled)
	wantJournal(t, j, counts)
	if err := j.WalkJournal("nobody", 1, func(engine.JournalHead, []byte) error { return fmt.Errorf("a record of nobody") }); err != nil {
		t.Fatal(err)
	}
}

func testJournalBesideLog(t *testing.T, h Harness) {
	j, counts := journalOf(h.Log), map[string]uint64{}
	if j == nil {
		return
	}
	var wait sync.WaitGroup
	wait.Go(func() {
		for range 40 {
			if _, err := j.AppendJournal(t.Context(), journalEntries(counts, "acme", "zenith")); err != nil {
				t.Error(err)
			}
		}
	})
	wait.Go(func() {
		for range 40 {
			err := j.WalkJournal("acme", 1, func(at engine.JournalHead, payload []byte) error {
				if !bytes.Equal(payload, journalPayload("acme", at.N)) {
					return fmt.Errorf("other payload at %d", at.N)
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		}
	})
	fill(t, h.Log, 60)
	wait.Wait()
	wantJournal(t, j, counts)
	wantWhole(t, h.Log, 60)
}

func testJournalReopen(t *testing.T, h Harness) {
	j, counts := journalOf(h.Log), map[string]uint64{}
	if j == nil || h.Reopen == nil {
		return
	}
	for range 3 {
		if _, err := j.AppendJournal(t.Context(), journalEntries(counts, "acme", "zenith", "acme")); err != nil {
			t.Fatal(err)
		}
		h.Log = h.Reopen(t, h.Log)
		j = journalOf(h.Log)
		wantJournal(t, j, counts)
	}
	if h.ReadOnly != nil {
		h.ReadOnly(t, h.Log, true)
		_, err := j.AppendJournal(t.Context(), []engine.JournalEntry{{Tenant: "acme", Payload: []byte("x")}})
		wantErr(t, err, engine.ErrNotWritten, engine.ErrReadOnly)
		h.ReadOnly(t, h.Log, false)
	}
	if h.Poison == nil {
		return
	}
	h.Poison(t, h.Log)
	_, err := j.AppendJournal(t.Context(), []engine.JournalEntry{{Tenant: "zz", Payload: []byte("x")}})
	if _, faults := h.Log.(*engine.MemLog); !faults { // whose poison waits for an append of the log
		wantErr(t, err, engine.ErrPoisoned)
		_, err = j.AppendJournal(t.Context(), []engine.JournalEntry{{Tenant: "zz", Payload: []byte("x")}})
		wantErr(t, err, engine.ErrPoisoned)
	}
}
