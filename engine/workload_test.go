package engine_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/engine/enginetest"
)

// TestWorkload plays seeded workloads, with crashes, checkpoints and failed
// writes among the commands. The auditor, a model that shares no code with the
// engine, predicts every status and every call. At the end the log is replayed
// and judged again.
func TestWorkload(t *testing.T) {
	t.Parallel()
	const seeds, commands = 8, 500
	var mu sync.Mutex
	met := make(map[engine.Status]int)
	t.Run("seeds", func(t *testing.T) {
		for seed := range uint64(seeds) {
			t.Run(fmt.Sprint(seed), func(t *testing.T) {
				t.Parallel()
				for status, n := range playWorkload(t, seed, commands) {
					mu.Lock()
					met[status] += n
					mu.Unlock()
				}
			})
		}
	})
	for _, s := range []engine.Status{
		engine.StatusOK, engine.StatusNotFound, engine.StatusStaleVersion, engine.StatusKeyReused, engine.StatusNotEligible,
		engine.StatusCasesNotCombinable, engine.StatusCaseAlreadyScheduled, engine.StatusHoldExpired, engine.StatusHoldMismatch,
		engine.StatusSlotNotOffered, engine.StatusReviewerNotQualified, engine.StatusSlotTaken, engine.StatusRulesChanged,
		engine.StatusAttestationRequired, engine.StatusAttestationNotApplicable, engine.StatusNotReschedulable,
	} {
		if met[s] == 0 {
			t.Errorf("never met %s; the workload is too tame: %v", s, met)
		}
	}
}

// play is one run of a workload.
type play struct {
	t       *testing.T
	seed    uint64
	random  *enginetest.Random // of faults
	clock   *enginetest.Clock
	auditor *enginetest.Auditor
	log     *engine.MemLog
	engine  *engine.Engine
}

func (p *play) fatalf(format string, args ...any) {
	p.t.Helper()
	p.t.Fatalf("seed %d: %s", p.seed, fmt.Sprintf(format, args...))
}

// playWorkload returns how often it met each status.
func playWorkload(t *testing.T, seed uint64, commands int) map[engine.Status]int {
	p := &play{
		t: t, seed: seed, random: enginetest.NewRandom(^seed), clock: enginetest.NewClock(enginetest.Monday),
		auditor: &enginetest.Auditor{HoldLimit: 3}, log: engine.NewMemLog(),
	}
	w := enginetest.NewWorkload(seed, p.clock)
	p.open()
	statuses := make(map[engine.Status]int)
	for n := range commands {
		c := w.Next()
		switch p.random.Below(40) {
		case 0:
			p.crash()
		case 1:
			if err := p.engine.Checkpoint(); err != nil {
				p.fatalf("command %d: %v", n, err)
			}
		case 2:
			p.failed(c)
			continue
		case 3:
			p.poisoned(c)
			continue
		}
		status := p.check(n, c)
		w.Learn(c, status)
		statuses[status]++
	}
	p.end()
	return statuses
}

func (p *play) open() {
	e, err := engine.Open(p.t.Context(), engine.Options{Log: p.log, Clock: p.clock, HoldsPerPrincipal: p.auditor.HoldLimit})
	if err != nil {
		p.fatalf("open: %v", err)
	}
	p.engine = e
	p.t.Cleanup(func() { e.Close() })
}

// check submits a command and compares.
func (p *play) check(n int, c engine.Command) engine.Status {
	p.t.Helper()
	want, replay := p.auditor.Predict(c, p.engine.Now())
	got, err := p.engine.Submit(p.t.Context(), c)
	if err != nil {
		p.fatalf("command %d, %+v: %v", n, c.Payload, err)
	}
	if got.Status != want || got.Replayed != replay {
		p.fatalf("command %d of %s, %T %+v:\ngot %s (%s, replayed %v), want %s (replayed %v)",
			n, c.Actor.Principal, c.Payload, c.Payload, got.Status, got.Detail, got.Replayed, want, replay)
	}
	if diff := p.auditor.Compare(p.engine.Snapshot()); diff != "" {
		p.fatalf("after command %d, %T: %s", n, c.Payload, diff)
	}
	return got.Status
}

// crash opens what is durable anew: that is what was live.
func (p *play) crash() {
	before := p.engine.Snapshot().Hash()
	p.reopen()
	if after := p.engine.Snapshot().Hash(); after != before {
		p.fatalf("state %x before the crash, %x after it", before, after)
	}
}

// failed submits a command whose write is refused: nothing has happened.
func (p *play) failed(c engine.Command) {
	before := p.engine.Snapshot()
	p.log.SetReadOnly(true)
	_, err := p.engine.Submit(p.t.Context(), c)
	p.log.SetReadOnly(false)
	if !errors.Is(err, engine.ErrNotWritable) || p.engine.Snapshot() != before {
		p.fatalf("read-only: %v", err)
	}
}

// poisoned submits a command whose fate nobody knows, and opens the log anew. If
// it was written it has happened, else not.
func (p *play) poisoned(c engine.Command) {
	written := p.random.Chance(2)
	p.log.PoisonNext(written)
	entries := p.engine.Snapshot().Seq()
	_, err := p.engine.Submit(p.t.Context(), c)
	if err != nil && !errors.Is(err, engine.ErrOutcomeUnknown) {
		p.fatalf("poisoned: %v", err)
	}
	if err == nil {
		// Nothing was to be written, so the fault is still to come.
		p.crash()
	} else {
		p.reopen()
	}
	if err == nil || p.engine.Snapshot().Seq() > entries {
		p.auditor.Predict(c, p.engine.Now())
	}
}

func (p *play) reopen() {
	log := p.log.Reopen()
	p.engine.Close()
	p.log = log
	p.open()
}

func (p *play) end() {
	if err := p.engine.Snapshot().Check(); err != nil {
		p.fatalf("%v", err)
	}
	live := p.engine.Snapshot().Hash()
	p.engine.Close()
	report, err := engine.Replay(p.t.Context(), p.log.Reopen(), engine.Identity{}, engine.ReplayOptions{Rejudge: true})
	if err != nil {
		p.fatalf("replay: %v", err)
	}
	if report.State != live || report.Different != 0 {
		p.fatalf("replayed to %x, live %x; %d judged differently, first %+v", report.State, live, report.Different, report.Differences)
	}
}
