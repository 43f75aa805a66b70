package engine_test

import (
	"errors"
	"testing"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/engine/enginetest"
)

func TestMemLogSuite(t *testing.T) {
	t.Parallel()
	for _, written := range []bool{false, true} {
		enginetest.RunLogSuite(t, func(*testing.T) enginetest.Harness {
			return enginetest.Harness{
				Log: engine.NewMemLog(),
				Reopen: func(_ *testing.T, log engine.Log) engine.Log {
					return log.(*engine.MemLog).Reopen()
				},
				Poison: func(_ *testing.T, log engine.Log) {
					log.(*engine.MemLog).PoisonNext(written)
				},
				ReadOnly: func(_ *testing.T, log engine.Log, on bool) {
					log.(*engine.MemLog).SetReadOnly(on)
				},
				DamageCheckpoint: func(_ *testing.T, log engine.Log) engine.Log {
					log.(*engine.MemLog).DamageCheckpoint()
					return log
				},
			}
		})
	}
}

func appendOne(t *testing.T, log *engine.MemLog, payload string) error {
	last, _ := log.Last()
	return log.Append(t.Context(), last, []engine.Record{{Payload: []byte(payload)}})
}

func TestMemLogFailNext(t *testing.T) {
	t.Parallel()
	log, cause := engine.NewMemLog(), errors.New("disk gone")
	log.FailNext(cause)
	if err := appendOne(t, log, "a"); !errors.Is(err, engine.ErrNotWritten) || !errors.Is(err, cause) {
		t.Fatalf("got %v, want ErrNotWritten with its cause", err)
	}
	if err := appendOne(t, log, "a"); err != nil {
		t.Fatal(err)
	}
	if last, _ := log.Last(); last != 1 || log.Appends() != 1 {
		t.Fatalf("log ends at %d after %d appends, want 1 and 1", last, log.Appends())
	}
}

func TestMemLogBlockNext(t *testing.T) {
	t.Parallel()
	f := func(block func(*engine.MemLog) *engine.Gate, want error, reopened engine.Seq) {
		t.Helper()
		log := engine.NewMemLog()
		gate := block(log)
		answer := make(chan error)
		go func() { answer <- appendOne(t, log, "a") }()
		<-gate.Entered()
		if last, _ := log.Last(); last != 0 {
			t.Fatal("visible before it is durable")
		}
		gate.Release()
		gate.Release()
		if err := <-answer; !errors.Is(err, want) {
			t.Fatalf("got %v, want %v", err, want)
		}
		if last, _ := log.Reopen().Last(); last != reopened {
			t.Fatalf("after reopening the log ends at %d, want %d", last, reopened)
		}
	}
	f((*engine.MemLog).BlockNext, nil, 1)
	f(func(l *engine.MemLog) *engine.Gate { return l.BlockThenPoisonNext(true) }, engine.ErrPoisoned, 1)
	f(func(l *engine.MemLog) *engine.Gate { return l.BlockThenPoisonNext(false) }, engine.ErrPoisoned, 0)
}

func TestMemLogDamage(t *testing.T) {
	t.Parallel()
	log := engine.NewMemLog()
	for _, payload := range []string{"a", "b", "c"} {
		if err := appendOne(t, log, payload); err != nil {
			t.Fatal(err)
		}
	}
	log.DamageRecord(2)
	seen := 0
	err := log.Read(1, func(engine.Seq, []byte) error { seen++; return nil })
	if !errors.Is(err, engine.ErrCorrupt) || seen != 1 {
		t.Fatalf("got %v after %d records, want ErrCorrupt after 1", err, seen)
	}
}

func TestMemLogDerivedKeyTwice(t *testing.T) {
	t.Parallel()
	log := engine.NewMemLog()
	d := engine.DerivedRecord{Space: engine.SpaceAudit, Key: []byte("acme/1")}
	err := log.Append(t.Context(), 0, []engine.Record{{Payload: []byte("a"), Derived: []engine.DerivedRecord{d, d}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := log.Derived(d.Space, nil, func(_, _ []byte) error { return nil }); !errors.Is(err, engine.ErrCorrupt) {
		t.Fatalf("got %v, want ErrCorrupt", err)
	}
}
