package enginetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/parleyhq/parley/engine"
)

func testEmpty(t *testing.T, h Harness) {
	wantWhole(t, h.Log, 0)
	if err := h.Log.Writable(); err != nil || isClosed(h.Log.Poisoned()) {
		t.Fatalf("an empty log is not writable: %v", err)
	}
	_, _, err := h.Log.LoadCheckpoint()
	wantErr(t, err, engine.ErrNoRecord)
}

func testAppendRead(t *testing.T, h Harness) {
	fill(t, h.Log, 100)
	wantWhole(t, h.Log, 100)
	f := func(from, first engine.Seq, count int) {
		t.Helper()
		var seqs []engine.Seq
		err := h.Log.Read(from, func(seq engine.Seq, payload []byte) error {
			if !bytes.Equal(payload, payloadOf(seq)) {
				return fmt.Errorf("other payload at %d", seq)
			}
			seqs = append(seqs, seq)
			return nil
		})
		if err != nil || len(seqs) != count || count > 0 && seqs[0] != first {
			t.Fatalf("read from %d: got %v, want %d records from %d: %v", from, seqs, count, first, err)
		}
	}
	f(0, 1, 100)
	f(1, 1, 100)
	f(2, 2, 99)
	f(57, 57, 44)
	f(100, 100, 1)
	f(101, 0, 0)
	f(1<<63, 0, 0)
}

func testSeqMismatch(t *testing.T, h Harness) {
	f := func(expected engine.Seq) {
		t.Helper()
		wantErr(t, h.Log.Append(t.Context(), expected, batch(expected, 1)), engine.ErrSeqMismatch)
	}
	f(1)
	fill(t, h.Log, 5)
	f(0)
	f(4)
	f(6)
	f(1 << 63)
	fill(t, h.Log, 1)
	wantWhole(t, h.Log, 6)
}

func testRefusedBatches(t *testing.T, h Harness) {
	fill(t, h.Log, 3)
	f := func(why string, records ...engine.Record) {
		t.Helper()
		if err := h.Log.Append(t.Context(), 3, records); !errors.Is(err, engine.ErrNotWritten) {
			t.Fatalf("%s: got %v, want ErrNotWritten", why, err)
		}
		wantWhole(t, h.Log, 3)
	}
	good := batch(3, 1)[0]
	with := func(d engine.DerivedRecord) engine.Record {
		return engine.Record{Payload: payloadOf(5), Derived: []engine.DerivedRecord{d}}
	}
	key := []byte("acme/x")
	f("empty batch")
	f("nil payload", good, engine.Record{})
	f("empty payload", good, engine.Record{Payload: []byte{}})
	f("long payload", good, engine.Record{Payload: make([]byte, engine.MaxPayloadBytes+1)})
	f("no derived key", good, with(engine.DerivedRecord{Space: engine.SpaceAudit}))
	f("long derived key", good, with(engine.DerivedRecord{Space: engine.SpaceAudit, Key: make([]byte, engine.MaxDerivedKeyBytes+1)}))
	f("log space", good, with(engine.DerivedRecord{Space: 1, Key: key}))
	f("checkpoint space", good, with(engine.DerivedRecord{Space: 2, Key: key}))
	f("access space", good, with(engine.DerivedRecord{Space: engine.SpaceAccess, Key: key}))
	f("unknown space", good, with(engine.DerivedRecord{Space: 200, Key: key}))
}

// testNothingRetained changes every buffer after it was appended.
func testNothingRetained(t *testing.T, h Harness) {
	for range 3 {
		last, _ := h.Log.Last()
		records := batch(last, 2)
		if err := h.Log.Append(t.Context(), last, records); err != nil {
			t.Fatal(err)
		}
		for _, r := range records {
			for _, b := range [][]byte{r.Payload, r.Derived[0].Key, r.Derived[0].Value} {
				for i := range b {
					b[i] = 0xee
				}
			}
		}
	}
	wantWhole(t, h.Log, 6)
}

func testCancelledContext(t *testing.T, h Harness) {
	fill(t, h.Log, 2)
	wantErr(t, h.Log.Append(cancelled(), 2, batch(2, 1)), engine.ErrNotWritten, context.Canceled)
	wantWhole(t, h.Log, 2)
	fill(t, h.Log, 1)
	wantWhole(t, h.Log, 3)
}

func testBigBatch(t *testing.T, h Harness) {
	fill(t, h.Log, 1)
	if err := h.Log.Append(t.Context(), 1, batch(1, 5000)); err != nil {
		t.Fatal(err)
	}
	big := batch(5001, 2)
	big[0].Payload = bytes.Repeat([]byte("0123456789abcdef"), 9<<20/16)
	if err := h.Log.Append(t.Context(), 5001, big); err != nil {
		t.Fatal(err)
	}
	sizes := []int{}
	err := h.Log.Read(5001, func(_ engine.Seq, payload []byte) error {
		sizes = append(sizes, len(payload))
		return nil
	})
	want := []int{len(payloadOf(5001)), 9 << 20, len(payloadOf(5003))}
	if err != nil || !slices.Equal(sizes, want) {
		t.Fatalf("got payloads of %v bytes, want %v: %v", sizes, want, err)
	}
}

// testReadDuringAppend reads beside one writer. Each walk must end where the
// log ended when it began, or it saw what came later.
func testReadDuringAppend(t *testing.T, h Harness) {
	const total = 200
	done := make(chan struct{})
	var readers sync.WaitGroup
	for range 2 {
		readers.Go(func() {
			for !isClosed(done) {
				before, _ := h.Log.Last()
				seen := engine.Seq(0)
				err := h.Log.Read(1, func(seq engine.Seq, payload []byte) error {
					if seen++; seq != seen || !bytes.Equal(payload, payloadOf(seq)) {
						return fmt.Errorf("seq %d at place %d", seq, seen)
					}
					return nil
				})
				after, _ := h.Log.Last()
				if err != nil || seen < before || seen > after {
					t.Errorf("read %d records, log grew from %d to %d: %v", seen, before, after, err)
					return
				}
			}
		})
	}
	fill(t, h.Log, total)
	close(done)
	readers.Wait()
	seen := 0
	err := h.Log.Read(1, func(engine.Seq, []byte) error {
		if seen++; seen == 1 { // an append from inside a walk is not part of it
			fill(t, h.Log, 1)
		}
		return nil
	})
	if err != nil || seen != total {
		t.Fatalf("walk saw %d records, want %d: %v", seen, total, err)
	}
	wantWhole(t, h.Log, total+1)
}

func testReadEndsWithCallback(t *testing.T, h Harness) {
	fill(t, h.Log, 10)
	stop := errors.New("stop")
	calls := 0
	wantErr(t, h.Log.Read(3, func(seq engine.Seq, _ []byte) error {
		if calls++; seq == 5 {
			return stop
		}
		return nil
	}), stop)
	wantErr(t, h.Log.Derived(engine.SpaceAudit, nil, func(_, _ []byte) error { calls++; return stop }), stop)
	if calls != 4 {
		t.Fatalf("got %d calls, want 4", calls)
	}
	wantWhole(t, h.Log, 10)
}

func testDerived(t *testing.T, h Harness) {
	put := func(seq engine.Seq, records ...engine.DerivedRecord) {
		t.Helper()
		if err := h.Log.Append(t.Context(), seq-1, []engine.Record{{Payload: payloadOf(seq), Derived: records}}); err != nil {
			t.Fatal(err)
		}
	}
	d := func(space engine.Space, key, value string) engine.DerivedRecord {
		return engine.DerivedRecord{Space: space, Key: []byte(key), Value: []byte(value)}
	}
	put(1, d(engine.SpaceOffers, "b/2", "1"), d(engine.SpaceAudit, "b/1", "2"), d(engine.SpaceOffers, "a/9", "3"))
	put(2)
	put(3, d(engine.SpaceOffers, "b/10", "4"), d(engine.SpaceArchive, "\xff\xff", "5"), d(engine.SpaceArchive, "\x00", ""))
	f := func(space engine.Space, from, want string) {
		t.Helper()
		got := ""
		err := h.Log.Derived(space, []byte(from), func(key, value []byte) error {
			got += fmt.Sprintf("%q=%s ", key, value)
			return nil
		})
		if err != nil || got != want {
			t.Fatalf("space %d from %q: got %s, want %s: %v", space, from, got, want, err)
		}
	}
	f(engine.SpaceAudit, "", `"b/1"=2 `)
	f(engine.SpaceOffers, "", `"a/9"=3 "b/10"=4 "b/2"=1 `)
	f(engine.SpaceOffers, "b/10", `"b/10"=4 "b/2"=1 `)
	f(engine.SpaceOffers, "b/11", `"b/2"=1 `)
	f(engine.SpaceOffers, "c", ``)
	f(engine.SpaceArchive, "", `"\x00"= "\xff\xff"=5 `)
	f(engine.SpaceArchive, "\xff\xff\x00", ``)
	f(engine.SpaceAccess, "", ``)
}

func testDerivedDuringAppend(t *testing.T, h Harness) {
	fill(t, h.Log, 5)
	seen := 0
	err := h.Log.Derived(engine.SpaceAudit, nil, func(_, _ []byte) error {
		seen++
		fill(t, h.Log, 1)
		return nil
	})
	if err != nil || seen != 5 {
		t.Fatalf("walk saw %d records, want 5: %v", seen, err)
	}
	wantWhole(t, h.Log, 10)
}
