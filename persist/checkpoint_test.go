package persist

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parleyhq/parley/engine"
)

// chunkKeys returns the generation of every chunk in the store.
func chunkKeys(t *testing.T, s *Store) (generations []uint64) {
	t.Helper()
	err := s.Derived(engine.Space(spaceCheckpoint), []byte{1}, func(key, _ []byte) error {
		generation, _, ok := parseChunkKey(append([]byte{spaceCheckpoint}, key...))
		if !ok {
			t.Fatalf("a key of %d bytes is no chunk", len(key)+1)
		}
		generations = append(generations, generation)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return generations
}

func wantState(t *testing.T, s *Store, want []byte) {
	t.Helper()
	_, r, err := s.LoadCheckpoint()
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil || !bytes.Equal(got, want) {
		t.Fatalf("got a state of %d bytes, want %d: %v", len(got), len(want), err)
	}
}

// TestCheckpointGenerations follows the chunks through saves that succeed,
// break off, and are left over, before and after the store is opened again.
func TestCheckpointGenerations(t *testing.T) {
	t.Parallel()
	o := quietOptions(vfs.NewMem())
	s := mustCreate(t, o)
	appendRecords(t, s, 3)
	f := func(want ...uint64) {
		t.Helper()
		got := chunkKeys(t, s)
		if len(got) != len(want) {
			t.Fatalf("chunks of generations %v, want %v", got, want)
		}
		for i := range want {
			if got[i] != want[i] {
				t.Fatalf("chunks of generations %v, want %v", got, want)
			}
		}
	}
	save := func(state []byte) {
		t.Helper()
		if err := saveState(s, state); err != nil {
			t.Fatal(err)
		}
		wantState(t, s, state)
	}
	two := make([]byte, maxChunkBytes+1)
	save(two)
	f(1, 1)
	save([]byte("second"))
	f(2)

	mustClose(t, s)
	s = mustOpen(t, o)
	last, chain := s.Last()
	broken := errors.New("encoder broken")
	err := s.SaveCheckpoint(engine.CheckpointInfo{Seq: last, Chain: chain}, func(w io.Writer) (engine.Hash, error) {
		_, err := w.Write(two)
		return engine.Hash{}, errors.Join(err, broken)
	})
	if !errors.Is(err, broken) {
		t.Fatalf("got %v, want the encoder's error", err)
	}
	f(2)
	wantState(t, s, []byte("second"))

	// Left over from a save that a crash has broken off.
	key := chunkKey(9, 0)
	if err := s.db.Set(key, encodeChunk(key, []byte("left over")), pebble.Sync); err != nil {
		t.Fatal(err)
	}
	mustClose(t, s)
	s = mustOpen(t, o)
	f(2, 9)
	wantState(t, s, []byte("second"))
	save([]byte("third"))
	f(10)
	mustClose(t, s)
}
