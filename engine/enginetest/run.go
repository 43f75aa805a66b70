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
	// Disk makes the disk of the log, nil = the log is in memory and knows no power cuts.
	Disk func(seed uint64) Disk
	// Commands ends the run when so many were judged, 0 = after Steps alone.
	Commands int
	// Swarm lets the seed choose which faults there are and how often, and lets requests
	// be lost, come late, twice and in another order.
	Swarm bool
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
		failure.Shrink(t)
		t.Fatal(failure)
	}
	return counts
}

// Simulate is Run, but returns the failure, with all steps that led to it.
func Simulate(t *testing.T, c Config) (counts Counts, failure *Failure) {
	t.Helper()
	report, failure := Play(t, c)
	return report.Counts, failure
}

// Report says what a simulation came to. Equal configurations give equal reports.
type Report struct {
	Counts   Counts
	Steps    int
	Commands int      // that were submitted
	Trace    uint64   // sums up commands, answers, states and what the disk did
	Lines    []string // operations of the disk, if it failed
}

// Play is Simulate, and reports.
func Play(t *testing.T, c Config) (report Report, failure *Failure) {
	t.Helper()
	// In the bubble, "every command waits in the queue" can be waited for.
	synctest.Test(t, func(*testing.T) {
		s, err := simulate(&c, nil)
		report = s.report()
		if err != nil {
			failure = &Failure{Config: c, Step: s.at, Err: err, Shrunk: s.steps, ShrunkErr: err, Lines: s.lines()}
		}
	})
	return report, failure
}

// simulation is one that was run.
type simulation struct {
	run   *run // nil: it did not come to that
	steps []Step
	at    int // the step that failed
	trace trace
}

func (s *simulation) report() Report {
	if s.run == nil {
		return Report{Counts: Counts{}}
	}
	return Report{Counts: s.run.counts, Steps: len(s.steps), Commands: s.run.asked, Trace: uint64(s.trace)}
}

// lines are the last operations of the disk.
func (s *simulation) lines() []string {
	if s.run == nil || s.run.troubled() == nil {
		return nil
	}
	lines := s.run.troubled().Lines()
	return lines[max(0, len(lines)-maxLines):]
}

const maxLines = 60

// simulate runs the steps of script, or of a workload if script is nil.
func simulate(c *Config, script []Step) (s *simulation, err error) {
	s = &simulation{}
	books, err := handbooks()
	if err != nil {
		return s, err
	}
	r, err := newRun(c, books, Counts{})
	if err != nil {
		return s, err
	}
	s.run = r
	defer func() { r.end() }()
	w, err := newWorkload(c, r.audit)
	if err != nil {
		return s, err
	}
	total := c.Steps
	if script != nil {
		total = len(script)
	}
	for s.at = 1; s.at <= total && (c.Commands == 0 || r.asked < c.Commands || script != nil); s.at++ {
		var step Step
		if script != nil {
			step = script[s.at-1]
		} else {
			w.audit = r.audit
			step = w.next()
		}
		s.steps = append(s.steps, step)
		err := r.step(step)
		if err == nil {
			err = r.look(s.at)
		}
		if err != nil {
			return s, fmt.Errorf("%v: %w", step.Fault, err)
		}
	}
	err = r.finish()
	r.tell()
	s.trace = r.trace
	return s, err
}

// tell takes what the disk has counted, and its trace.
func (r *run) tell() {
	d := r.troubled()
	if d == nil {
		return
	}
	for name, n := range d.Stats() {
		r.counts[name] += n
	}
	r.trace.add("%x %x", d.Trace(), r.engine.Snapshot().Hash())
}
