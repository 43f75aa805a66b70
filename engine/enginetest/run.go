package enginetest

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/parleyhq/parley/engine"
)

// Config says which simulation to run. Equal configurations give equal runs.
type Config struct {
	Seed   uint64
	Steps  int    // how many steps
	Batch  int    // commands of one step, at most
	Faults bool   // let the log fail and the engine crash
	Twist  Twist  // a mistake of the auditor
	Plant  *Plant // a fault of the engine's surroundings, nil = none
}

// Plant breaks what the engine stands on, to show that the simulation would see
// it. A nil function leaves its part as it is.
type Plant struct {
	// Log stands between the engine and its log.
	Log func(engine.Log) engine.Log
	// Reopen returns what is left of a log after a crash, instead of MemLog.Reopen.
	Reopen func(*engine.MemLog) *engine.MemLog
	// Submit stands between the simulation and the engine.
	Submit func(ctx context.Context, e *engine.Engine, cmds []engine.Command) []engine.Result
}

// Run simulates and fails the test with a *Failure if anything differs. It
// returns what happened how often.
func Run(t *testing.T, c Config) Counts {
	t.Helper()
	counts, failure := Simulate(t, c)
	if failure != nil {
		synctest.Test(t, func(*testing.T) { failure.shrink() })
		t.Fatal(failure)
	}
	return counts
}

// Simulate is Run, but returns the failure, with all steps that led to it.
func Simulate(t *testing.T, c Config) (counts Counts, failure *Failure) {
	t.Helper()
	// In the bubble, "every command waits in the queue" can be waited for.
	synctest.Test(t, func(t *testing.T) {
		var err error
		var steps []Step
		var at int
		if counts, steps, at, err = simulate(&c, nil); err != nil {
			failure = &Failure{Config: c, Step: at, Err: err, Shrunk: steps, ShrunkErr: err}
		}
	})
	return counts, failure
}

// simulate runs the steps of script, or of a workload if script is nil. It
// returns the steps that were taken and the one that failed.
func simulate(c *Config, script []Step) (counts Counts, steps []Step, at int, err error) {
	counts = Counts{}
	books, err := handbooks()
	if err != nil {
		return counts, nil, 0, err
	}
	r, err := newRun(c, books, counts)
	if err != nil {
		return counts, nil, 0, err
	}
	defer r.end()
	w, err := newWorkload(c, r.audit)
	if err != nil {
		return counts, nil, 0, err
	}
	total := c.Steps
	if script != nil {
		total = len(script)
	}
	for at = 1; at <= total; at++ {
		var s Step
		if script != nil {
			s = script[at-1]
		} else {
			w.audit = r.audit
			s = w.next()
		}
		steps = append(steps, s)
		if err := r.step(s); err != nil {
			return counts, steps, at, fmt.Errorf("%v: %w", s.Fault, err)
		}
	}
	return counts, steps, at, r.finish()
}
