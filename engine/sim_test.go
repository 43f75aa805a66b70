package engine_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"sync"
	"testing"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/engine/enginetest"
)

// simBatch is how many commands a step has at most: more than the simulated
// engine takes at once, so that some wait for another write.
const simBatch = 12

var (
	simSeed  = flag.Uint64("sim.seed", 0, "run this seed alone; 0 = seeds 1 to -sim.seeds")
	simSeeds = flag.Uint64("sim.seeds", simUsualSeeds, "how many seeds")
	simSteps = flag.Int("sim.steps", simUsualSteps, "steps of each seed")

	simShrink = flag.Bool("sim.shrink", true, "look for the few steps that a failure needs")
)

// simFullSeeds times simUsualSteps is enough to meet every rare state.
const (
	simUsualSteps = 300
	simFullSeeds  = 18
)

// TestSim runs the simulation: an engine on a log that fails, against an auditor
// that predicts every outcome. `make sim SEED=n` runs one seed again.
func TestSim(t *testing.T) {
	t.Parallel()
	if *simSeed != 0 {
		t.Log(simulate(t, enginetest.Config{Seed: *simSeed, Steps: *simSteps, Batch: simBatch, Faults: true}))
		return
	}
	var mu sync.Mutex
	sum := enginetest.Counts{}
	t.Run("seeds", func(t *testing.T) {
		for seed := range *simSeeds {
			t.Run(fmt.Sprint(seed+1), func(t *testing.T) {
				t.Parallel()
				counts := simulate(t, enginetest.Config{Seed: seed + 1, Steps: *simSteps, Batch: simBatch, Faults: true})
				mu.Lock()
				defer mu.Unlock()
				sum.Merge(counts)
			})
		}
	})
	enough := *simSeeds*uint64(*simSteps) >= simFullSeeds*simUsualSteps
	if missing := sum.Missing(enginetest.RareStates()); enough && len(missing) > 0 && !t.Failed() {
		t.Errorf("never met: %q", missing)
	}
	t.Logf("%d seeds:\n%v", *simSeeds, sum)
}

// simulate runs one seed; a failure is shrunk unless that is not asked for.
func simulate(t *testing.T, c enginetest.Config) enginetest.Counts {
	t.Helper()
	if *simShrink {
		return enginetest.Run(t, c)
	}
	counts, failure := enginetest.Simulate(t, c)
	if failure != nil {
		t.Fatal(failure.Err)
	}
	return counts
}

// TestSimTwists shows that the simulation would see an engine that overlaps by
// an instant, forgets a buffer, and so on: the auditor makes the mistake, and the
// two must come to differ.
func TestSimTwists(t *testing.T) {
	t.Parallel()
	for _, twist := range enginetest.Twists() {
		t.Run(twist.String(), func(t *testing.T) {
			t.Parallel()
			_ = wantCaught(t, enginetest.Config{Steps: 300, Batch: simBatch, Twist: twist})
		})
	}
}

// wantCaught fails unless one of a few seeds fails, and returns the failure.
func wantCaught(t *testing.T, c enginetest.Config) *enginetest.Failure {
	t.Helper()
	const seeds = 12
	for c.Seed = 1; c.Seed <= seeds; c.Seed++ {
		if _, failure := enginetest.Simulate(t, c); failure != nil {
			t.Logf("caught with seed %d at step %d: %v", c.Seed, failure.Step, failure.Err)
			return failure
		}
	}
	t.Fatalf("%d seeds of %d steps see nothing", seeds, c.Steps)
	return nil
}

// TestSimPlants shows that the simulation sees an engine whose surroundings
// lie. Each plant breaks one promise.
func TestSimPlants(t *testing.T) {
	t.Parallel()
	f := func(name string, p enginetest.Plant) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_ = wantCaught(t, enginetest.Config{Steps: 300, Batch: simBatch, Faults: true, Plant: &p})
		})
	}
	f("acknowledged before stored", enginetest.Plant{Reopen: func(l *engine.MemLog) *engine.MemLog { return cut(l.Reopen(), 1) }})
	f("half a batch", enginetest.Plant{Reopen: func(l *engine.MemLog) *engine.MemLog {
		before, _ := l.Last()
		left := l.Reopen()
		after, _ := left.Last()
		return cut(left, int(after-before)/2)
	}})
	f("refused but written", enginetest.Plant{Log: func(l engine.Log) engine.Log { return refusingLog{l} }})
	f("damaged record", enginetest.Plant{Reopen: func(l *engine.MemLog) *engine.MemLog {
		left := l.Reopen()
		left.DamageRecord(1)
		return left
	}})
	f("keys dropped", enginetest.Plant{Submit: meddle(func(c engine.Command) engine.Command {
		c.Key = ""
		return c
	})})
	f("cancelled in another tenant", enginetest.Plant{Submit: meddle(func(c engine.Command) engine.Command {
		if _, ok := c.Payload.(engine.Cancel); ok {
			c.Actor.Tenant = "north"
		}
		return c
	})})
	f("moved by cancelling", enginetest.Plant{Submit: meddle(func(c engine.Command) engine.Command {
		if p, ok := c.Payload.(engine.Reschedule); ok {
			c.Payload = engine.Cancel{ID: p.ID, By: "provider", Expect: p.Expect}
		}
		return c
	})})
}

// TestSimNames: what an engine does that answers before its log has written, stamps with an hour that has passed, or takes a late
// command for an early one, is called by its name.
func TestSimNames(t *testing.T) {
	t.Parallel()
	f := func(code string, p enginetest.Plant) {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			failure := wantCaught(t, enginetest.Config{Steps: 300, Batch: simBatch, Plant: &p})
			if got := enginetest.CodeOf(failure.Err); got != code {
				t.Errorf("caught as %s: %v", got, failure.Err)
			}
		})
	}
	f(enginetest.CodeEarlyAck, enginetest.Plant{Log: func(l engine.Log) engine.Log { return newHastyLog(l) }})
	f(enginetest.CodeTime, enginetest.Plant{Submit: func(ctx context.Context, e *engine.Engine, cmds []engine.Command) []engine.Result {
		results := e.SubmitAll(ctx, cmds)
		results[len(results)-1].Outcome.Now -= 3600
		return results
	}})
}

// hastyLog says that a batch is written when its write begins.
type hastyLog struct {
	engine.Log
	mu      sync.Mutex
	last    engine.Seq
	chain   engine.Hash
	written chan struct{} // closed when the newest batch is
}

func newHastyLog(l engine.Log) *hastyLog {
	h := &hastyLog{Log: l, written: make(chan struct{})}
	h.last, h.chain = l.Last()
	close(h.written)
	return h
}

// Append implements engine.Log.
func (l *hastyLog) Append(ctx context.Context, expected engine.Seq, records []engine.Record) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	kept := make([]engine.Record, len(records)) // the engine uses its memory again
	for i, r := range records {
		kept[i] = engine.Record{Payload: bytes.Clone(r.Payload), Derived: r.Derived}
		l.last++
		l.chain = engine.ChainNext(l.chain, l.last, r.Payload)
	}
	before, written := l.written, make(chan struct{})
	l.written = written
	go func() {
		<-before
		_ = l.Log.Append(ctx, expected, kept)
		close(written)
	}()
	return nil
}

// Last implements engine.Log.
func (l *hastyLog) Last() (engine.Seq, engine.Hash) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last, l.chain
}

// Close implements engine.Log.
func (l *hastyLog) Close() error {
	<-l.written
	return l.Log.Close()
}

// cut returns a log without the last n records of l, without a checkpoint and
// without audit records.
func cut(l *engine.MemLog, n int) *engine.MemLog {
	if n == 0 {
		return l
	}
	left := engine.NewMemLog()
	last, _ := l.Last()
	err := l.Read(1, func(seq engine.Seq, payload []byte) error {
		if seq > last-engine.Seq(n) {
			return nil
		}
		return left.Append(context.Background(), seq-1, []engine.Record{{Payload: payload}})
	})
	if err != nil {
		panic(err)
	}
	return left
}

// refusingLog says of every twentieth batch that it was not written.
type refusingLog struct{ engine.Log }

func (l refusingLog) Append(ctx context.Context, expected engine.Seq, records []engine.Record) error {
	err := l.Log.Append(ctx, expected, records)
	if err == nil && expected%20 == 19 {
		return engine.ErrNotWritten
	}
	return err
}

// meddle changes commands on their way to the engine.
func meddle(change func(engine.Command) engine.Command) func(context.Context, *engine.Engine, []engine.Command) []engine.Result {
	return func(ctx context.Context, e *engine.Engine, cmds []engine.Command) []engine.Result {
		changed := make([]engine.Command, len(cmds))
		for i, c := range cmds {
			changed[i] = change(c)
		}
		return e.SubmitAll(ctx, changed)
	}
}
