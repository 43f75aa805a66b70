package engine

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/parleyhq/parley/slots"
)

// sampleAccess is a record of the journal with every field of its kind.
func sampleAccess(next func(uint64) uint64, kind AccessKind) *AccessRecord {
	if kind == AccessSeal {
		return &AccessRecord{Kind: kind, At: slots.Instant(next(1 << 33)), Tenant: "acme", From: Seq(next(1 << 40)), Through: Seq(next(1 << 40)), Changes: next(9), Digest: Hash{1, 2}}
	}
	r := filled[AccessRecord](next)
	r.Kind, r.From, r.Through, r.Changes, r.Digest = kind, 0, 0, 0, Hash{}
	return r
}

func TestAccessRecords(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		next := func(n uint64) uint64 { return rapid.Uint64Range(0, n-1).Draw(t, "n") }
		kind := AccessKind(1 + next(uint64(accessKindEnd)-1))
		roundTrip(t, sampleAccess(next, kind), (*codec).access)
	})
	for kind := AccessKind(1); kind < accessKindEnd; kind++ {
		record, err := sampleAccess(counting(), kind).Encode()
		if err != nil {
			t.Fatal(err)
		}
		for n := range record {
			if _, err := DecodeAccess(record[:n]); err == nil {
				t.Fatalf("%s: read %d of %d bytes", kind, n, len(record))
			}
		}
	}
}

func FuzzDecodeAccess(f *testing.F) {
	for kind := AccessKind(1); kind < accessKindEnd; kind++ {
		record, err := sampleAccess(counting(), kind).Encode()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(record)
	}
	f.Fuzz(func(t *testing.T, record []byte) {
		r, err := DecodeAccess(record)
		if err != nil {
			return
		}
		if again, err := r.Encode(); err != nil || !bytes.Equal(again, record) {
			t.Fatalf("read %x, wrote %x, %v", record, again, err)
		}
	})
}

// anchoredState is guardedState with an anchor.
func anchoredState(t testing.TB) *state {
	t.Helper()
	s := guardedState(t)
	e := &entry{seq: s.seq + 1, now: testNow, actor: Actor{Tenant: "acme", Principal: "system"}, kind: KindAnchorJournal,
		effects: []effect{&putAnchor{&Anchor{JournalHead: JournalHead{Tenant: "acme", N: 3, Chain: Hash{9}}, Sealed: 2}}}}
	if err := s.apply(e); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAnchorsAreState(t *testing.T) {
	t.Parallel()
	s := anchoredState(t)
	record := encoded(t, s)
	again, err := readState(bytes.NewReader(record))
	if err != nil {
		t.Fatal(err)
	}
	if s.least() != 4 || !bytes.Equal(encoded(t, again), record) || again.anchors.len() != 1 {
		t.Fatalf("version %d, %d anchors read", s.least(), again.anchors.len())
	}
	for n := range record {
		if _, err := readState(bytes.NewReader(record[:n])); err == nil {
			t.Fatalf("read %d of %d bytes", n, len(record))
		}
	}
	back := &entry{seq: s.seq + 1, now: testNow, effects: []effect{&putAnchor{&Anchor{JournalHead: JournalHead{Tenant: "acme", N: 2}}}}}
	if err := s.apply(back); err == nil {
		t.Fatal("an anchor went back")
	}
}

// TestAnchorsGoForward judges anchors that would take something back.
func TestAnchorsGoForward(t *testing.T) {
	t.Parallel()
	s := anchoredState(t)
	f := func(want Status, effects int, anchors ...Anchor) {
		t.Helper()
		cmd := AnchorJournal{Anchors: anchors}
		if detail, ok := cmd.admit(); !ok {
			if want != StatusInvalid {
				t.Fatalf("not admitted: %s", detail)
			}
			return
		}
		j := judging{s: s, actor: Actor{Tenant: "acme", Principal: "system"}, now: testNow}
		d := j.judge(cmd)
		if d.outcome.Status != want || len(d.effects) != effects {
			t.Fatalf("%v: %s with %d effects, want %s with %d", anchors, d.outcome.Status, len(d.effects), want, effects)
		}
	}
	at := func(tenant string, n uint64, chain byte, sealed Seq) Anchor {
		return Anchor{JournalHead: JournalHead{Tenant: tenant, N: n, Chain: Hash{chain}}, Sealed: sealed}
	}
	f(StatusOK, 1, at("acme", 4, 1, 2))
	f(StatusOK, 0, at("acme", 3, 9, 2))
	f(StatusOK, 2, at("acme", 4, 1, 3), at("zenith", 1, 1, 3))
	f(StatusInvalid, 0, at("acme", 2, 9, 2))
	f(StatusInvalid, 0, at("acme", 3, 8, 2))
	f(StatusInvalid, 0, at("acme", 4, 9, 1))
	f(StatusInvalid, 0, at("acme", 4, 9, s.seq+1))
	f(StatusInvalid, 0, at("zenith", 1, 1, 2), at("acme", 4, 1, 2))
	f(StatusInvalid, 0, at("acme", 0, 1, 2))
	f(StatusInvalid, 0, at("acme", 4, 0, 2))
	f(StatusInvalid, 0)
}

// TestJournalIsComparedWithItsAnchors cuts, changes and replaces a journal.
func TestJournalIsComparedWithItsAnchors(t *testing.T) {
	t.Parallel()
	f := func(want string, anchorAt uint64, spoil func(*MemLog)) {
		t.Helper()
		log := NewMemLog()
		var heads []JournalHead
		for _, payload := range []string{"one", "two", "three", "four"} {
			got, err := log.AppendJournal(t.Context(), []JournalEntry{{"acme", []byte(payload)}, {"zenith", []byte("z" + payload)}})
			if err != nil {
				t.Fatal(err)
			}
			heads = append(heads, got[0])
		}
		s := guardedState(t)
		if err := s.putAnchor(&Anchor{JournalHead: heads[anchorAt-1]}); err != nil {
			t.Fatal(err)
		}
		spoil(log)
		behind := 0
		err := (&Snapshot{state: s}).CheckAnchors(log, func(JournalHead, []byte) error { behind++; return nil })
		if want == "" {
			if err != nil || behind != int(4-anchorAt)+4 {
				t.Fatalf("%d records behind the anchor at %d, %v", behind, anchorAt, err)
			}
			return
		}
		if !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), want) {
			t.Fatalf("got %v, want %q", err, want)
		}
	}
	f("", 2, func(*MemLog) {})
	f("", 4, func(*MemLog) {})
	f("ends at 1, and 2 was anchored", 2, func(l *MemLog) { l.CutJournal("acme", 1) })
	f("ends at 0, and 4 was anchored", 4, func(l *MemLog) { l.CutJournal("acme", 0) })
	f("chain broken at record 2", 2, func(l *MemLog) { l.DamageJournal("acme", 2) })
	f("chain broken at record 3", 2, func(l *MemLog) { l.DamageJournal("acme", 3) })
	f("chain broken at record 4", 2, func(l *MemLog) { l.DamageJournal("zenith", 4) })
	f("record 2 is not the one", 2, func(l *MemLog) { // written anew, with a chain that fits
		l.CutJournal("acme", 0)
		for _, payload := range []string{"one", "other", "three"} {
			if _, err := l.AppendJournal(t.Context(), []JournalEntry{{"acme", []byte(payload)}}); err != nil {
				t.Error(err)
			}
		}
	})
}
