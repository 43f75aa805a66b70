package engine_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/engine/enginetest"
	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// finer is a row with a grid that no other row has: with it the index has other cells.
const finer = `{"id": "acme-fine", "title": "Fine", "source": "test", "verified": true, "enabled": true, "healthPlan": "acme-health",
	"levels": ["reconsideration"], "modes": ["slot"], "requires": {"credential": {"in": ["MD"]}},
	"call": {"callMinutes": 20, "gridMinutes": 10, "leadMinutes": 0, "horizonHours": 200, "holdMinutes": 5},
	"clauses": [{"id": "call", "effect": "eligible", "code": "call_available", "message": "A call.", "display": true, "when": {}}]}`

// askers search every snapshot by bits and by trees while it is replaced.
type askers struct {
	t      *testing.T
	seed   uint64
	engine *engine.Engine
	bits   atomic.Int64
}

// while lets three of them ask as long as do runs.
func (a *askers) while(do func()) {
	var done atomic.Bool
	var all sync.WaitGroup
	for i := range uint64(3) {
		all.Go(func() {
			rnd := rand.New(rand.NewPCG(a.seed, 9+i))
			var bits, trees matcher.Searcher
			for looks := 0; !done.Load() || looks == 0; looks++ {
				a.ask(rnd, &bits, &trees)
			}
		})
	}
	do()
	done.Store(true)
	all.Wait()
}

func (a *askers) ask(rnd *rand.Rand, bits, trees *matcher.Searcher) {
	s := a.engine.Snapshot()
	tenant := []string{enginetest.Tenant, enginetest.Tenant, "other"}[rnd.IntN(3)]
	v, ok := s.Case(tenant, fmt.Sprint("case-", rnd.IntN(6)))
	if !ok {
		return
	}
	now := s.Stamped() + slots.Instant(rnd.IntN(3)*rnd.IntN(9*86400))
	view := s.View(tenant, now)
	if _, hold := s.ActiveCall(tenant, v.ID, now); hold != nil {
		s.Except(view, hold.ID)
	}
	monday := slots.UTC().Date(now).AddDays(7 * rnd.IntN(3)).Monday()
	q := matcher.Query{Cases: []*matcher.Case{&v.Case}, Waivable: matcher.RevealAlways}
	if rnd.IntN(2) == 0 {
		q.Range = matcher.WeekRange(slots.UTC(), monday)
	}
	tree := *view
	tree.Index = nil
	p, no := bits.Plan(view, q)
	twin, refused := trees.Plan(&tree, q)
	if (no == nil) != (refused == nil) {
		a.t.Errorf("seed %d: refused %v and %v", a.seed, no, refused)
	}
	if no != nil || refused != nil {
		return
	}
	if view.Index != nil && view.Index.Covers(slots.Interval{Start: now, End: now + 86400}) {
		a.bits.Add(1)
	}
	shape := matcher.WeekShape{Monday: monday, ReviewersPerPriority: 1 + rnd.IntN(9), SlotsPerDay: 1 + rnd.IntN(9)}
	if got, want := p.Week(shape), twin.Week(shape); !reflect.DeepEqual(got, want) {
		a.t.Errorf("seed %d, at %d: week\n%+v\n%+v", a.seed, s.Seq(), got, want)
	}
	if got, want := p.Earliest(30), twin.Earliest(30); !reflect.DeepEqual(got, want) {
		a.t.Errorf("seed %d, at %d: earliest\n%+v\n%+v", a.seed, s.Seq(), got, want)
	}
}

// TestSearchesAgreeThroughAll: whatever becomes of clock, rules, roster, holds, writes and
// the process, readers find by a snapshot's index what they find without it.
func TestSearchesAgreeThroughAll(t *testing.T) {
	t.Parallel()
	const lives, steps = 3, 60
	a := &askers{t: t, seed: max(1, *simSeed)}
	rnd := rand.New(rand.NewPCG(a.seed, 1))
	clock, log := enginetest.NewClock(enginetest.Monday), engine.NewMemLog()
	bundles := [][]byte{enginetest.EditedRules(t, ""), enginetest.EditedRules(t, finer)}
	for life := range lives {
		a.engine = openEngine(t, engine.Options{Log: log, Clock: clock, CheckpointEvery: 40})
		a.while(func() {
			if life == 0 {
				furnish(t, a.engine, 5, 6)
			}
			for i := range steps {
				seamStep(t, rnd, a.engine, clock, log, bundles, (life*steps+i)*10)
			}
		})
		if err := a.engine.Close(); err != nil { // checks the state, too
			t.Fatalf("seed %d: %v", a.seed, err)
		}
		log = log.Reopen()
	}
	if a.bits.Load() == 0 {
		t.Error("the index was never there")
	}
}

// seamStep moves the clock, perhaps back or far ahead, may let a write fail, and submits
// a few commands.
func seamStep(t *testing.T, rnd *rand.Rand, e *engine.Engine, clock *enginetest.Clock, log *engine.MemLog, bundles [][]byte, id int) {
	clock.Advance(slots.Instant(rnd.IntN(400)))
	switch n := rnd.IntN(40); {
	case n == 0:
		clock.Advance(slots.Instant(rnd.IntN(20)) * 86400)
	case n == 1:
		clock.Advance(-slots.Instant(rnd.IntN(12)) * 86400)
	case n < 5:
		log.FailNext(errors.New("full"))
	}
	var commands []engine.Command
	for k := range 1 + rnd.IntN(4) {
		commands = append(commands, seamCommand(rnd, e.Snapshot(), bundles, id+k))
	}
	for _, r := range e.SubmitAll(t.Context(), commands) {
		if r.Err != nil && !errors.Is(r.Err, engine.ErrNotWritable) {
			t.Error(r.Err)
		}
	}
}

func seamCommand(rnd *rand.Rand, s *engine.Snapshot, bundles [][]byte, i int) engine.Command {
	c := engine.Command{Actor: enginetest.Actor("a")}
	if rnd.IntN(5) == 0 {
		c.Actor.Tenant = "other"
	}
	caseID, reviewerID := fmt.Sprint("case-", rnd.IntN(6)), fmt.Sprint("rev-", rnd.IntN(7))
	now := s.Stamped()
	start := now - now%86400 + slots.Instant(rnd.IntN(6))*86400 + 14*3600 + slots.Instant(rnd.IntN(18))*600
	if rnd.IntN(2) == 0 {
		start -= start % 900
	}
	switch n := rnd.IntN(30); {
	case n == 0:
		c.Payload = engine.LoadRules{Bundle: bundles[rnd.IntN(2)]}
	case n < 4:
		r := enginetest.Reviewer(reviewerID)
		r.BufferAfter, r.MaxPerDay = 5*rnd.IntN(3), 2*rnd.IntN(3)
		c.Payload = engine.PutReviewer{Reviewer: r}
	case n < 6:
		c.Payload = engine.DeactivateReviewer{ID: reviewerID}
	case n < 9:
		c.Payload = engine.PutCase{Case: enginetest.Case(caseID)}
	case n < 17:
		c.Payload = engine.HoldSlot{ID: fmt.Sprint("hold-", i), CaseIDs: []string{caseID}, ReviewerID: reviewerID, Start: start}
	case n < 26:
		c.Payload = engine.Book{ID: fmt.Sprint("apt-", i), CaseIDs: []string{caseID}, ReviewerID: reviewerID, Start: start}
	default:
		c.Payload = engine.Cancel{ID: fmt.Sprint("apt-", rnd.IntN(i+1)), By: "provider"}
	}
	if call, hold := s.ActiveCall(c.Actor.Tenant, caseID, now); call != nil && rnd.IntN(2) == 0 {
		c.Payload = engine.Cancel{ID: call.ID, By: "provider"}
	} else if hold != nil && rnd.IntN(3) == 0 {
		c.Payload = engine.ReleaseHold{ID: hold.ID}
	}
	return c
}
