package engine_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/engine/enginetest"
	"github.com/parleyhq/parley/slots"
)

const (
	crowdReviewers = 3
	crowdCases     = 20
	crowdWriters   = 8
	crowdReaders   = 3
	crowdCommands  = 80 // of each writer
)

// crowd is an engine under many writers and readers at once.
type crowd struct {
	t      *testing.T
	engine *engine.Engine
	clock  *enginetest.Clock
	seed   uint64
	acked  atomic.Uint64 // highest Seq acknowledged to anybody
	holds  []string      // every id that a hold may get
	done   atomic.Bool   // the writers have ended
}

func newCrowd(t *testing.T) *crowd {
	c := &crowd{t: t, clock: enginetest.NewClock(enginetest.Monday), seed: max(1, *simSeed)}
	e, err := engine.Open(t.Context(), engine.Options{Log: engine.NewMemLog(), Clock: c.clock, CheckpointEvery: 50})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	c.engine = e
	for i := range crowdReviewers {
		r := enginetest.Reviewer(fmt.Sprint("rev-", i))
		r.BufferAfter, r.MaxPerDay = 5*i, 8*(i%2)
		c.accept(engine.PutReviewer{Reviewer: r})
	}
	for i := range crowdCases {
		c.accept(engine.PutCase{Case: enginetest.Case(fmt.Sprint("case-", i))})
	}
	for w := range crowdWriters {
		for i := range crowdCommands {
			c.holds = append(c.holds, callID("hold", w, i))
		}
	}
	return c
}

func callID(kind string, writer, i int) string { return fmt.Sprintf("%s-%d-%d", kind, writer, i) }

func (c *crowd) accept(p engine.Payload) {
	c.t.Helper()
	o, err := c.engine.Submit(c.t.Context(), engine.Command{Actor: enginetest.Actor("payer"), Payload: p})
	if err != nil || o.Status != engine.StatusOK {
		c.t.Fatalf("%s: %v %v", p.Kind(), o.Status, err)
	}
}

// TestConcurrent lets writers contend for few slots while readers look on.
//
//   - A snapshot's Seq and stamp never go back.
//   - In every snapshot no two calls of a reviewer overlap and no case has two.
//   - What was acknowledged before a command was sent comes before it in the log.
//   - What was acknowledged is in every snapshot taken afterwards.
//   - A snapshot never changes.
func TestConcurrent(t *testing.T) {
	t.Parallel()
	c := newCrowd(t)
	var readers, writers sync.WaitGroup
	for range crowdReaders {
		readers.Go(c.read)
	}
	for w := range crowdWriters {
		writers.Go(func() { c.write(w) })
	}
	writers.Wait()
	c.done.Store(true)
	readers.Wait()
	if err := c.engine.Snapshot().Check(); err != nil {
		t.Error(err)
	}
	if n := c.engine.Snapshot().Counters(); n.Booked == 0 || n.Moved == 0 || n.Cancelled == 0 || n.HoldsExpired == 0 {
		t.Errorf("the crowd has not met: %+v", n)
	}
}

// read takes snapshots until the writers have ended.
func (c *crowd) read() {
	var last engine.Seq
	var stamped slots.Instant
	kept := c.engine.Snapshot()
	hash := kept.Hash()
	for looks := 0; !c.done.Load() || looks == 0; looks++ {
		s := c.engine.Snapshot()
		if s.Seq() < last || s.Stamped() < stamped {
			c.t.Errorf("seed %d: a snapshot at %d of %v follows one at %d of %v", c.seed, s.Seq(), s.Stamped(), last, stamped)
		}
		last, stamped = s.Seq(), s.Stamped()
		if err := enginetest.Sweep(s, enginetest.Tenant, c.holds, stamped); err != nil {
			c.t.Errorf("seed %d: %v", c.seed, err)
		}
		runtime.Gosched()
	}
	if kept.Hash() != hash {
		c.t.Errorf("seed %d: the snapshot at %d has changed", c.seed, kept.Seq())
	}
}

// write sends the commands of one principal, one after the other.
func (c *crowd) write(w int) {
	rnd := rand.New(rand.NewPCG(c.seed, uint64(w)))
	actor := enginetest.Actor(fmt.Sprint("writer-", w))
	var last engine.Seq
	var own []string // appointments
	for i := range crowdCommands {
		p := crowdPayload(rnd, w, i, own)
		before := engine.Seq(c.acked.Load())
		o, err := c.engine.Submit(c.t.Context(), engine.Command{Actor: actor, Payload: p})
		if err != nil {
			c.t.Errorf("seed %d: %s: %v", c.seed, p.Kind(), err)
			return
		}
		s := c.engine.Snapshot()
		if o.Seq != 0 && (o.Seq <= before || o.Seq <= last) {
			c.t.Errorf("seed %d: entry %d was asked for after %d and %d were acknowledged", c.seed, o.Seq, before, last)
		}
		if o.Seq > s.Seq() {
			c.t.Errorf("seed %d: entry %d is acknowledged, a later snapshot is at %d", c.seed, o.Seq, s.Seq())
		}
		c.note(o.Seq)
		last = max(last, o.Seq)
		c.visible(s, &o)
		if o.Status == engine.StatusOK && p.Kind() == engine.KindBook {
			own = append(own, o.Appointment.ID)
		}
		c.clock.Advance(slots.Instant(rnd.IntN(3)))
	}
}

func crowdPayload(rnd *rand.Rand, w, i int, own []string) engine.Payload {
	caseIDs := []string{fmt.Sprint("case-", rnd.IntN(crowdCases))}
	reviewerID := fmt.Sprint("rev-", rnd.IntN(crowdReviewers))
	start := enginetest.Monday + 3600 + slots.Instant(rnd.IntN(10))*900
	switch n := rnd.IntN(10); {
	case n < 3:
		return engine.HoldSlot{ID: callID("hold", w, i), CaseIDs: caseIDs, ReviewerID: reviewerID, Start: start}
	case n < 6 || len(own) == 0:
		return engine.Book{ID: callID("apt", w, i), CaseIDs: caseIDs, ReviewerID: reviewerID, Start: start}
	case n < 8:
		return engine.Reschedule{ID: own[rnd.IntN(len(own))], ReviewerID: reviewerID, Start: start}
	}
	return engine.Cancel{ID: own[rnd.IntN(len(own))], By: "provider"}
}

// note raises the highest acknowledged Seq.
func (c *crowd) note(seq engine.Seq) {
	for {
		old := c.acked.Load()
		if uint64(seq) <= old || c.acked.CompareAndSwap(old, uint64(seq)) {
			return
		}
	}
}

// visible checks that a principal reads its own writes: nobody else changes them.
func (c *crowd) visible(s *engine.Snapshot, o *engine.Outcome) {
	if o.Status != engine.StatusOK {
		return
	}
	if want := o.Appointment; want != nil {
		got, ok := s.Appointment(want.Tenant, want.ID)
		if !ok || got.Version != want.Version || got.Span != want.Span || got.Status != want.Status {
			c.t.Errorf("seed %d: %s is acknowledged as %+v and read as %+v", c.seed, want.ID, want, got)
		}
	}
	if want := o.Hold; want != nil {
		if got, ok := s.Hold(want.Tenant, want.ID); !ok && s.Stamped() < want.ExpiresAt {
			c.t.Errorf("seed %d: %s is acknowledged as %+v and read as %+v", c.seed, want.ID, want, got)
		}
	}
}

// TestConcurrentOneSlot: of 64 who want one slot one gets it.
func TestConcurrentOneSlot(t *testing.T) {
	t.Parallel()
	c := newCrowd(t)
	const takers = 64
	for i := range takers {
		c.accept(engine.PutCase{Case: enginetest.Case(fmt.Sprint("taker-", i))})
	}
	tally := c.together(takers, func(i int) engine.Command {
		return engine.Command{Actor: enginetest.Actor(fmt.Sprint("p-", i)), Payload: engine.Book{
			ID: fmt.Sprint("apt-", i), CaseIDs: []string{fmt.Sprint("taker-", i)}, ReviewerID: "rev-0", Start: enginetest.Monday + 3600,
		}}
	})
	if tally["ok"] != 1 || tally["slot_taken"] != takers-1 {
		t.Errorf("got %v", tally)
	}
}

// TestConcurrentOneKey: one request that is sent 64 times happens once, and
// every sender gets the same answer.
func TestConcurrentOneKey(t *testing.T) {
	t.Parallel()
	c := newCrowd(t)
	tally := c.together(64, func(i int) engine.Command {
		return engine.Command{Actor: enginetest.Actor("p"), Key: "once", Fingerprint: engine.Fingerprint{1}, Payload: engine.Book{
			ID: fmt.Sprint("apt-", i), CaseIDs: []string{"case-0"}, ReviewerID: "rev-0", Start: enginetest.Monday + 3600,
		}}
	})
	if tally["ok"] != 1 || tally["replayed"] != 63 || tally["ids"] != 1 {
		t.Errorf("got %v", tally)
	}
}

// together submits n commands at once and counts statuses, replays and the
// different appointments that were answered.
func (c *crowd) together(n int, command func(i int) engine.Command) map[string]int {
	var mu sync.Mutex
	var all sync.WaitGroup
	tally, ids := map[string]int{}, map[string]bool{}
	start := make(chan struct{})
	for i := range n {
		all.Go(func() {
			<-start
			o, err := c.engine.Submit(c.t.Context(), command(i))
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err != nil:
				tally[err.Error()]++
			case o.Replayed:
				tally["replayed"]++
			default:
				tally[o.Status.String()]++
			}
			if o.Appointment != nil {
				ids[o.Appointment.ID] = true
			}
		})
	}
	close(start)
	all.Wait()
	tally["ids"] = len(ids)
	return tally
}

// TestConcurrentOneReviewer: of 100 calls that are to be put through to the one
// reviewer who is free, one is held.
func TestConcurrentOneReviewer(t *testing.T) {
	t.Parallel()
	c := newCrowd(t)
	const callers = 100
	r := enginetest.Reviewer("heart")
	r.Programs = []string{"cardiac"}
	c.accept(engine.PutReviewer{Reviewer: r})
	for i := range callers {
		k := enginetest.Case(fmt.Sprint("caller-", i))
		k.HealthPlan, k.LineOfBusiness, k.SitusState, k.MemberState, k.Program = "evolent", "medicaid", "MA", "MA", "cardiac"
		c.accept(engine.PutCase{Case: k})
	}
	tally := c.together(callers, func(i int) engine.Command {
		return engine.Command{Actor: enginetest.Actor(fmt.Sprint("p-", i)), Payload: engine.AdHoc{
			ID: fmt.Sprint("hold-", i), CaseIDs: []string{fmt.Sprint("caller-", i)}, PerformedByCredential: "MD",
		}}
	})
	if tally["ok"] != 1 || tally["reviewer_not_free"] != callers-1 {
		t.Errorf("got %v", tally)
	}
	if err := c.engine.Snapshot().Check(); err != nil {
		t.Error(err)
	}
}
