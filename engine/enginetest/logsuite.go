package enginetest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/parleyhq/parley/engine"
)

// Harness is one fresh, empty log under test with what only its maker can do
// to it. A nil function means that the log cannot do that; the tests that
// need it are then left out of the suite.
type Harness struct {
	Log engine.Log

	// Reopen closes log, if it is open, and opens its store again.
	Reopen func(t *testing.T, log engine.Log) engine.Log

	// Poison makes the next commit of log fail with an unknown outcome.
	Poison func(t *testing.T, log engine.Log)

	// ReadOnly makes log refuse appends, or take them again.
	ReadOnly func(t *testing.T, log engine.Log, on bool)

	// DamageCheckpoint changes a bit of the stored state of the checkpoint in
	// force and returns the log to read it from, opened again if need be.
	DamageCheckpoint func(t *testing.T, log engine.Log) engine.Log
}

// RunLogSuite checks that a log keeps the contract of engine.Log. It calls
// fresh once per test; the tests run in parallel.
func RunLogSuite(t *testing.T, fresh func(t *testing.T) Harness) {
	f := func(name string, test func(t *testing.T, h Harness)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, fresh(t))
		})
	}
	f("Empty", testEmpty)
	f("AppendRead", testAppendRead)
	f("SeqMismatch", testSeqMismatch)
	f("RefusedBatches", testRefusedBatches)
	f("NothingRetained", testNothingRetained)
	f("CancelledContext", testCancelledContext)
	f("BigBatch", testBigBatch)
	f("ReadDuringAppend", testReadDuringAppend)
	f("ReadEndsWithCallback", testReadEndsWithCallback)
	f("Derived", testDerived)
	f("DerivedDuringAppend", testDerivedDuringAppend)
	f("Checkpoint", testCheckpoint)
	f("CheckpointRefused", testCheckpointRefused)
	f("CheckpointReplacedWhileRead", testCheckpointReplacedWhileRead)
	f("CheckpointWriteFails", testCheckpointWriteFails)
	f("CheckpointDamaged", testCheckpointDamaged)
	f("Poison", testPoison)
	f("ReadOnly", testReadOnly)
	f("Reopen", testReopen)
	f("Close", testClose)
	f("Journal", testJournal)
	f("JournalBesideLog", testJournalBesideLog)
	f("JournalReopen", testJournalReopen)
}

// payloadOf is the payload that the suite writes at seq: of changing length,
// never empty, never equal to another one.
func payloadOf(seq engine.Seq) []byte {
	return append(fmt.Appendf(nil, "record %d ", seq), bytes.Repeat([]byte{byte(seq)}, int(seq*7%191))...)
}

// auditKey is the key of the audit record of seq: tenant, then the position.
func auditKey(seq engine.Seq) []byte { return fmt.Appendf(nil, "acme/%08d", seq) }

// batch returns records for the n positions after last.
func batch(last engine.Seq, n int) []engine.Record {
	records := make([]engine.Record, n)
	for i := range records {
		seq := last + engine.Seq(i) + 1
		records[i] = engine.Record{Payload: payloadOf(seq), Derived: []engine.DerivedRecord{
			{Space: engine.SpaceAudit, Key: auditKey(seq), Value: fmt.Appendf(nil, "audit %d", seq)},
		}}
	}
	return records
}

// fill appends n records in batches of 1, 2, 3, 1, …
func fill(t *testing.T, log engine.Log, n int) {
	t.Helper()
	for size := 1; n > 0; size = size%3 + 1 {
		last, _ := log.Last()
		size = min(size, n)
		if err := log.Append(t.Context(), last, batch(last, size)); err != nil {
			t.Fatalf("append %d records after seq %d: %v", size, last, err)
		}
		n -= size
	}
}

// wantWhole checks that log holds exactly the records of fill up to last,
// with their chain and their audit records.
func wantWhole(t *testing.T, log engine.Log, last engine.Seq) {
	t.Helper()
	var chain engine.Hash
	next := engine.Seq(1)
	err := log.Read(1, func(seq engine.Seq, payload []byte) error {
		if seq != next || !bytes.Equal(payload, payloadOf(seq)) {
			return fmt.Errorf("got seq %d, want %d, payload %.20q", seq, next, payload)
		}
		chain = engine.ChainNext(chain, seq, payload)
		next++
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, gotChain := log.Last(); got != last || gotChain != chain || next != last+1 {
		t.Fatalf("last is %d with chain %x; read to %d with chain %x, want %d", got, gotChain[:4], next-1, chain[:4], last)
	}
	audited := engine.Seq(0)
	err = log.Derived(engine.SpaceAudit, nil, func(key, value []byte) error {
		audited++
		if want := auditKey(audited); !bytes.Equal(key, want) {
			return fmt.Errorf("got audit key %q, want %q", key, want)
		}
		return nil
	})
	if err != nil || audited != last {
		t.Fatalf("%d audit records, want %d: %v", audited, last, err)
	}
}

// wantErr fails unless err is each of wants.
func wantErr(t *testing.T, err error, wants ...error) {
	t.Helper()
	for _, want := range wants {
		if !errors.Is(err, want) {
			t.Fatalf("got error %v, want %v", err, want)
		}
	}
}

// save writes state as the checkpoint at seq, whose chain value it reads
// from the log's records.
func save(log engine.Log, seq engine.Seq, state []byte) error {
	var chain engine.Hash
	stop := errors.New("stop")
	err := log.Read(1, func(at engine.Seq, payload []byte) error {
		if chain = engine.ChainNext(chain, at, payload); at == seq {
			return stop
		}
		return nil
	})
	if err != nil && !errors.Is(err, stop) {
		return err
	}
	return log.SaveCheckpoint(engine.CheckpointInfo{Seq: seq, Chain: chain}, func(w io.Writer) (engine.Hash, error) {
		for part := range chunks(state, 100_000) {
			if _, err := w.Write(part); err != nil {
				return engine.Hash{}, err
			}
		}
		return stateHash(state), nil
	})
}

func chunks(b []byte, size int) func(yield func([]byte) bool) {
	return func(yield func([]byte) bool) {
		for len(b) > 0 {
			n := min(size, len(b))
			if !yield(b[:n]) {
				return
			}
			b = b[n:]
		}
	}
}

// stateHash stands for the engine's digest, which a log does not interpret.
func stateHash(state []byte) engine.Hash { return engine.ChainNext(engine.Hash{1}, 1, state) }

// wantCheckpoint checks that state is the checkpoint in force at seq.
func wantCheckpoint(t *testing.T, log engine.Log, seq engine.Seq, state []byte) {
	t.Helper()
	info, r, err := log.LoadCheckpoint()
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil {
		t.Fatal(err)
	}
	if info.Seq != seq || info.State != stateHash(state) || info.Digest != sha256.Sum256(state) || info.Bytes != int64(len(state)) || !bytes.Equal(got, state) {
		t.Fatalf("got checkpoint at %d with %d of %d bytes, want %d with %d", info.Seq, len(got), info.Bytes, seq, len(state))
	}
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

func cancelled() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}
