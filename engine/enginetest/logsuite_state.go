package enginetest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/parleyhq/parley/engine"
)

// stateOf is an encoded state of some megabytes, not a whole number of any
// round chunk size; version tells states apart.
func stateOf(version byte) []byte {
	return bytes.Repeat([]byte{version, 1, 2, 3, 5, 7, 11}, 400_001)
}

func testCheckpoint(t *testing.T, h Harness) {
	fill(t, h.Log, 10)
	for i, at := range []engine.Seq{4, 10, 10} { // the same place may be saved again
		state := stateOf(byte(i))
		if err := save(h.Log, at, state); err != nil {
			t.Fatal(err)
		}
		wantCheckpoint(t, h.Log, at, state)
	}
	fill(t, h.Log, 5)
	if err := save(h.Log, 12, nil); err != nil { // an empty state is a state
		t.Fatal(err)
	}
	wantCheckpoint(t, h.Log, 12, nil)
	wantWhole(t, h.Log, 15)
}

func testCheckpointRefused(t *testing.T, h Harness) {
	fill(t, h.Log, 5)
	state := stateOf(1)
	if err := save(h.Log, 3, state); err != nil {
		t.Fatal(err)
	}
	f := func(why string, info engine.CheckpointInfo) {
		t.Helper()
		err := h.Log.SaveCheckpoint(info, func(w io.Writer) (engine.Hash, error) {
			_, err := w.Write([]byte("other"))
			return engine.Hash{}, err
		})
		if !errors.Is(err, engine.ErrNotWritten) {
			t.Fatalf("%s: got %v, want ErrNotWritten", why, err)
		}
		wantCheckpoint(t, h.Log, 3, state)
	}
	last, chain := h.Log.Last()
	f("nowhere", engine.CheckpointInfo{})
	f("beyond the end", engine.CheckpointInfo{Seq: last + 1, Chain: chain})
	f("other chain", engine.CheckpointInfo{Seq: last, Chain: engine.Hash{1}})
	wantErr(t, save(h.Log, 2, state), engine.ErrNotWritten) // older than the one in force
	wantCheckpoint(t, h.Log, 3, state)
}

func testCheckpointReplacedWhileRead(t *testing.T, h Harness) {
	fill(t, h.Log, 5)
	first := stateOf(1)
	if err := save(h.Log, 2, first); err != nil {
		t.Fatal(err)
	}
	_, r, err := h.Log.LoadCheckpoint()
	if err != nil {
		t.Fatal(err)
	}
	head := make([]byte, 1000)
	if _, err := io.ReadFull(r, head); err != nil {
		t.Fatal(err)
	}
	for i := range byte(3) {
		if err := save(h.Log, engine.Seq(i)+3, stateOf(2+i)); err != nil {
			t.Fatal(err)
		}
	}
	tail, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(append(head, tail...), first) {
		t.Fatal("the checkpoint changed while it was read")
	}
	wantCheckpoint(t, h.Log, 5, stateOf(4))
}

func testCheckpointWriteFails(t *testing.T, h Harness) {
	fill(t, h.Log, 5)
	last, chain := h.Log.Last()
	info := engine.CheckpointInfo{Seq: last, Chain: chain}
	broken := errors.New("encoder broken")
	half := func(w io.Writer) (engine.Hash, error) {
		if _, err := w.Write(stateOf(9)); err != nil {
			return engine.Hash{}, err
		}
		return engine.Hash{}, broken
	}
	wantErr(t, h.Log.SaveCheckpoint(info, half), broken)
	_, _, err := h.Log.LoadCheckpoint()
	wantErr(t, err, engine.ErrNoRecord)
	if err := save(h.Log, 4, stateOf(1)); err != nil {
		t.Fatal(err)
	}
	wantErr(t, h.Log.SaveCheckpoint(info, half), broken)
	wantCheckpoint(t, h.Log, 4, stateOf(1))
	fill(t, h.Log, 1)
	wantWhole(t, h.Log, 6)
}

func testCheckpointDamaged(t *testing.T, h Harness) {
	if h.DamageCheckpoint == nil {
		return
	}
	fill(t, h.Log, 5)
	if err := save(h.Log, 5, stateOf(1)); err != nil {
		t.Fatal(err)
	}
	log := h.DamageCheckpoint(t, h.Log)
	_, r, err := log.LoadCheckpoint()
	if err == nil {
		_, err = io.Copy(io.Discard, r)
		err = errors.Join(err, r.Close())
	}
	wantErr(t, err, engine.ErrCorrupt)
	wantWhole(t, log, 5)
}

func testPoison(t *testing.T, h Harness) {
	if h.Poison == nil {
		return
	}
	fill(t, h.Log, 5)
	if err := save(h.Log, 4, stateOf(1)); err != nil {
		t.Fatal(err)
	}
	h.Poison(t, h.Log)
	wantErr(t, h.Log.Append(t.Context(), 5, batch(5, 2)), engine.ErrPoisoned)
	if !isClosed(h.Log.Poisoned()) {
		t.Fatal("Poisoned is open after a failed commit")
	}
	for range 3 { // never an acknowledgement again, and no definite answer either
		err := h.Log.Append(t.Context(), 5, batch(5, 1))
		wantErr(t, err, engine.ErrPoisoned)
		if errors.Is(err, engine.ErrNotWritten) {
			t.Fatalf("got %v: a poisoned log cannot know that", err)
		}
	}
	wantErr(t, h.Log.Append(cancelled(), 5, batch(5, 1)), engine.ErrPoisoned)
	wantErr(t, h.Log.Append(t.Context(), 7, batch(7, 1)), engine.ErrPoisoned)
	wantErr(t, h.Log.Writable(), engine.ErrPoisoned)
	wantErr(t, save(h.Log, 5, stateOf(2)), engine.ErrPoisoned)
	wantWhole(t, h.Log, 5) // reads go on, and show what was acknowledged
	wantCheckpoint(t, h.Log, 4, stateOf(1))
	if h.Reopen == nil {
		return
	}
	log := h.Reopen(t, h.Log)
	last, _ := log.Last()
	if last != 5 && last != 7 {
		t.Fatalf("after reopening the log ends at %d, want 5 or 7: a batch is whole or absent", last)
	}
	wantWhole(t, log, last)
	fill(t, log, 3)
	wantWhole(t, log, last+3)
}

func testReadOnly(t *testing.T, h Harness) {
	if h.ReadOnly == nil {
		return
	}
	fill(t, h.Log, 3)
	h.ReadOnly(t, h.Log, true)
	wantErr(t, h.Log.Append(t.Context(), 3, batch(3, 1)), engine.ErrNotWritten, engine.ErrReadOnly)
	wantErr(t, h.Log.Writable(), engine.ErrReadOnly)
	wantErr(t, save(h.Log, 3, stateOf(1)), engine.ErrNotWritten, engine.ErrReadOnly)
	wantWhole(t, h.Log, 3)
	h.ReadOnly(t, h.Log, false)
	if err := h.Log.Writable(); err != nil {
		t.Fatal(err)
	}
	fill(t, h.Log, 3)
	wantWhole(t, h.Log, 6)
}

func testReopen(t *testing.T, h Harness) {
	if h.Reopen == nil {
		return
	}
	log := h.Log
	total := engine.Seq(0)
	for round := range 4 {
		log = h.Reopen(t, log)
		wantWhole(t, log, total)
		if round > 0 {
			wantCheckpoint(t, log, total-1, fmt.Appendf(nil, "state %d", round))
		}
		fill(t, log, 7)
		total += 7
		if err := save(log, total-1, fmt.Appendf(nil, "state %d", round+1)); err != nil {
			t.Fatal(err)
		}
	}
}

func testClose(t *testing.T, h Harness) {
	fill(t, h.Log, 3)
	if err := h.Log.Close(); err != nil {
		t.Fatal(err)
	}
	wantErr(t, h.Log.Append(t.Context(), 3, batch(3, 1)), engine.ErrNotWritten, engine.ErrLogClosed)
	wantErr(t, h.Log.Writable(), engine.ErrLogClosed)
	wantErr(t, h.Log.Read(1, func(engine.Seq, []byte) error { return nil }), engine.ErrLogClosed)
	wantErr(t, h.Log.Derived(engine.SpaceAudit, nil, func(_, _ []byte) error { return nil }), engine.ErrLogClosed)
	_, _, err := h.Log.LoadCheckpoint()
	wantErr(t, err, engine.ErrLogClosed)
	if err := h.Log.Close(); err != nil { // a second Close does nothing
		t.Fatal(err)
	}
	if h.Reopen != nil {
		wantWhole(t, h.Reopen(t, h.Log), 3)
	}
}
