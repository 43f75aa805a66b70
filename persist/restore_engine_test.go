package persist_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/engine/enginetest"
	"github.com/parleyhq/parley/persist"
	"github.com/parleyhq/parley/slots"
)

// TestRestoredState restores a backup of an engine's store to each of several entries and
// instants: the state is the one of the time, by its hash, in stores of both formats, and
// idempotency keys of what was kept still answer.
func TestRestoredState(t *testing.T) {
	t.Parallel()
	for format := 1; format <= persist.FormatVersion; format++ {
		t.Run(fmt.Sprint("format ", format), func(t *testing.T) {
			t.Parallel()
			restoredStates(t, format)
		})
	}
}

// restored is a store of an engine, with what its state was after each entry.
type restored struct {
	t      *testing.T
	o      persist.Options
	clock  *enginetest.Clock
	hashes map[engine.Seq]engine.Hash
	stamps map[engine.Seq]slots.Instant
}

const restoredNotes = 20

func (r *restored) open(store *persist.Store) *engine.Engine {
	r.t.Helper()
	e, err := engine.Open(r.t.Context(), engine.Options{Log: store, Identity: store.Identity(), Clock: r.clock, CheckpointEvery: 7})
	if err != nil {
		r.t.Fatal(err)
	}
	return e
}

// note is a command that changes nothing but what is remembered.
func note(i int) engine.Command {
	return engine.Command{
		Actor: engine.Actor{Tenant: "acme", Principal: "desk", Role: engine.RoleAll}, Key: fmt.Sprint("key-", i),
		Payload: engine.RecordAnswer{Body: fmt.Appendf(nil, `{"n":%d}`, i)},
	}
}

// fill makes the store and a backup of it.
func (r *restored) fill(format int) {
	t := r.t
	id := persist.NewIdentity("acme", true, 1_600_000_000)
	id.Format = format
	store, err := persist.Create("store", r.o, id)
	if err != nil {
		t.Fatal(err)
	}
	e := r.open(store)
	r.hashes[1], r.stamps[1] = e.Snapshot().Hash(), r.clock.Now()
	for i := range restoredNotes {
		r.clock.Advance(10)
		if _, err := e.Submit(t.Context(), note(i)); err != nil {
			t.Fatal(err)
		}
		s := e.Snapshot()
		r.hashes[s.Seq()], r.stamps[s.Seq()] = s.Hash(), s.Stamped()
	}
	m, err := store.Backup("backup", int64(r.clock.Now()), nil)
	if err != nil || m.Sequence != restoredNotes+1 {
		t.Fatalf("%+v: %v", m, err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
}

// check opens a restored store that ends at last.
func (r *restored) check(to string, last engine.Seq) {
	t := r.t
	t.Helper()
	store, err := persist.Open(to, r.o)
	if err != nil {
		t.Fatal(err)
	}
	report, err := engine.Replay(context.Background(), store, store.Identity(), engine.ReplayOptions{Rejudge: true})
	if err != nil || report.Last != last || report.State != r.hashes[last] || report.Different != 0 {
		t.Fatalf("%s: at %d, hash as then %t, %d decided otherwise: %v", to, report.Last, report.State == r.hashes[last], report.Different, err)
	}
	e := r.open(store)
	for i := range restoredNotes {
		o, err := e.Submit(t.Context(), note(i))
		if kept := engine.Seq(i+2) <= last; err != nil || o.Replayed != kept {
			t.Fatalf("%s: repeated command %d: replayed %t, want %t: %v", to, i, o.Replayed, kept, err)
		}
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
}

func restoredStates(t *testing.T, format int) {
	r := &restored{
		t: t, o: persist.Options{FS: vfs.NewMem(), CacheBytes: 1 << 20}, clock: enginetest.NewClock(1_600_000_000),
		hashes: map[engine.Seq]engine.Hash{}, stamps: map[engine.Seq]slots.Instant{},
	}
	r.fill(format)
	for _, seq := range []engine.Seq{1, 2, 6, 7, 8, 14, 20, 21} {
		to := fmt.Sprint("seq-", seq)
		if _, last, err := persist.Restore("backup", to, r.o, persist.RestoreOptions{Sequence: seq, Derived: engine.DerivedOf}); err != nil || last != seq {
			t.Fatalf("to %d: %d, %v", seq, last, err)
		}
		r.check(to, seq)
	}
	for at, want := range map[slots.Instant]engine.Seq{r.stamps[5]: 5, r.stamps[5] + 9: 5, r.stamps[21]: 21, r.stamps[1]: 1} {
		to := fmt.Sprint("at-", at)
		keep := func(payload []byte) (bool, error) {
			stamp, err := engine.StampOf(payload)
			return stamp <= at, err
		}
		if _, last, err := persist.Restore("backup", to, r.o, persist.RestoreOptions{Keep: keep, Derived: engine.DerivedOf}); err != nil || last != want {
			t.Fatalf("to %v: %d, want %d: %v", at, last, want, err)
		}
		r.check(to, want)
	}
}
