package persist

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/parleyhq/parley/engine"
)

// crashClone is what a power cut may leave: unsynced says how many percent of
// what was not synced, chosen by seed.
func crashClone(fs *vfs.MemFS, unsynced int, seed uint64) *vfs.MemFS {
	return fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: unsynced, RNG: rand.New(rand.NewPCG(seed, 1))})
}

// progress is how far a scenario has come. Whatever happens to the disk,
// acknowledged ⊆ recovered ⊆ attempted.
type progress struct {
	created                    bool // Create has returned
	acked, attempted           engine.Seq
	ackedState, attemptedState engine.Seq // position of the checkpoint
}

// scenario is a small life of a store: created, written, with checkpoints,
// closed, opened and written again.
type scenario struct {
	mu sync.Mutex
	progress
}

func (c *scenario) now() progress {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.progress
}

func (c *scenario) note(change func(*progress)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change(&c.progress)
}

// run plays the scenario until its end or the first error.
func (c *scenario) run(o Options) error {
	s, err := Create(testDir, o, testIdentity())
	if err != nil {
		return err
	}
	c.note(func(p *progress) { p.created = true })
	for _, step := range []func(*Store) error{
		c.append(1), c.append(3), c.save(100), c.append(40), c.watermark, c.append(40), c.append(1),
		c.save(200), c.append(2),
	} {
		if err := step(s); err != nil {
			return errors.Join(err, s.Close())
		}
	}
	if err := s.Close(); err != nil {
		return err
	}
	if s, err = Open(testDir, o); err != nil {
		return err
	}
	err = errors.Join(c.append(2)(s), c.save(10)(s))
	return errors.Join(err, s.Close())
}

func (c *scenario) append(n int) func(*Store) error {
	return func(s *Store) error {
		last, _ := s.Last()
		c.note(func(p *progress) { p.attempted = last + engine.Seq(n) })
		if err := s.Append(context.Background(), last, recordsAfter(last, n)); err != nil {
			return err
		}
		c.note(func(p *progress) { p.acked = last + engine.Seq(n) })
		return nil
	}
}

func (c *scenario) save(size int) func(*Store) error {
	return func(s *Store) error {
		last, _ := s.Last()
		c.note(func(p *progress) { p.attemptedState = last })
		if err := saveState(s, make([]byte, size)); err != nil {
			return err
		}
		c.note(func(p *progress) { p.ackedState = last })
		return nil
	}
}

func (c *scenario) watermark(s *Store) error { return s.writeWatermark(s.current.Load().content) }

// checkRecovered opens fs after a crash that came between before and after.
func checkRecovered(fs vfs.FS, before, after progress) error {
	o := quietOptions(fs)
	s, err := Open(testDir, o)
	if err != nil && !before.created && (errors.Is(err, ErrNoStore) || errors.Is(err, ErrInterrupted)) {
		if s, err = Create(testDir, o, testIdentity()); err != nil {
			return fmt.Errorf("creation again: %w", err)
		}
		return s.Close()
	}
	if err != nil {
		return err
	}
	last, chain := s.Last()
	if last < before.acked || last > after.attempted {
		err = fmt.Errorf("recovered to seq %d, acknowledged %d, attempted %d", last, before.acked, after.attempted)
	}
	state := engine.Seq(0)
	if p := s.current.Load().checkpoint; p != nil {
		state = p.info.Seq
	}
	if state < before.ackedState || state > after.attemptedState {
		err = errors.Join(err, fmt.Errorf("checkpoint at %d, acknowledged %d, attempted %d", state, before.ackedState, after.attemptedState))
	}
	err = errors.Join(err, checkContent(s))
	if err == nil { // it goes on from there
		err = s.Append(context.Background(), last, recordsAfter(last, 1))
	}
	if _, again := s.Last(); err == nil && again == chain {
		err = errors.New("the chain stands still")
	}
	return errors.Join(err, s.Close())
}

// TestCrashAtEveryOperation cuts the power before each write operation of the
// scenario, whatever goroutine of Pebble makes it. A power cut alone must never
// lead to a refusal, but for a creation that has not come to its end.
func TestCrashAtEveryOperation(t *testing.T) {
	t.Parallel()
	const seed = 20260301
	fs := newFaultFS()
	var c scenario
	var mu sync.Mutex
	ops, checks := 0, 0
	fs.set(func(op errorfs.Op) error {
		if op.Kind.ReadOrWrite() != errorfs.OpIsWrite {
			return nil
		}
		mu.Lock()
		ops++
		op1 := ops
		mu.Unlock()
		for _, unsynced := range []int{0, 50, 100} {
			before := c.now()
			clone := crashClone(fs.mem, unsynced, seed+uint64(op1))
			after := c.now()
			if err := checkRecovered(clone, before, after); err != nil {
				t.Errorf("crash before operation %d (%v %s), %d%% of unsynced data kept, seed %d: %v",
					op1, op.Kind, op.Path, unsynced, seed, err)
			}
			mu.Lock()
			checks++
			mu.Unlock()
		}
		return nil
	})
	o := quietOptions(fs)
	o.CommitTimeout = MaxCommitTimeout // checks run inside the operations
	if err := c.run(o); err != nil {
		t.Fatal(err)
	}
	if want := 100; ops < want {
		t.Fatalf("the scenario made %d operations, want at least %d", ops, want)
	}
	t.Logf("%d operations, %d crashes", ops, checks)
}
