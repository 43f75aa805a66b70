package engine_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/engine/enginetest"
	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// TestOneSlot has 64 clients want one slot, while readers look on: one gets it,
// and what readers see never goes back and never shows two.
func TestOneSlot(t *testing.T) {
	t.Parallel()
	const clients = 64
	e := openEngine(t, engine.Options{Log: engine.NewMemLog(), BatchLimit: 16})
	furnish(t, e, 1, clients)
	stop, readers := make(chan struct{}), sync.WaitGroup{}
	for range 4 {
		readers.Go(func() { watchSlot(t, e, stop) })
	}
	var mu sync.Mutex
	met := make(map[engine.Status]int)
	var group sync.WaitGroup
	for i := range clients {
		group.Go(func() {
			id := fmt.Sprint("apt-", i)
			o, err := e.Submit(t.Context(), commandOf(id, booking(id, fmt.Sprint("case-", i), "rev-0", 0)))
			if err != nil {
				t.Error(err)
			}
			if own := e.Snapshot().Seq(); o.Status == engine.StatusOK && own < o.Seq {
				t.Errorf("acknowledged at %d, readers are at %d", o.Seq, own)
			}
			mu.Lock()
			defer mu.Unlock()
			met[o.Status]++
		})
	}
	group.Wait()
	close(stop)
	readers.Wait()
	if met[engine.StatusOK] != 1 || met[engine.StatusSlotTaken] != clients-1 {
		t.Fatal(met)
	}
	if err := e.Snapshot().Check(); err != nil {
		t.Fatal(err)
	}
}

// watchSlot reads snapshots until stop is closed. Each shows one call at most,
// and offers the slot exactly while there is none.
func watchSlot(t *testing.T, e *engine.Engine, stop <-chan struct{}) {
	var last engine.Seq
	for {
		select {
		case <-stop:
			return
		default:
		}
		s := e.Snapshot()
		if s.Seq() < last {
			t.Errorf("snapshot at %d after one at %d", s.Seq(), last)
		}
		last = s.Seq()
		calls := 0
		s.ByReviewer(enginetest.Tenant, "rev-0", engine.Position{}, func(*engine.Appointment) bool { calls++; return true })
		c, _ := s.Case(enginetest.Tenant, "case-0")
		r, _ := s.Reviewer(enginetest.Tenant, "rev-0")
		plan, refusal := matcher.NewPlan(s.View(enginetest.Tenant, e.Now()), matcher.Query{Cases: []*matcher.Case{&c.Case}})
		if refusal != nil {
			t.Error(refusal)
			return
		}
		if fault := plan.Judge(&r.Reviewer, quarter(0)).Fault; calls > 1 || (fault == matcher.FaultNone) != (calls == 0) {
			t.Errorf("%d calls, fault %d", calls, fault)
		}
	}
}

// segment is what a workload asks while its clock stands still.
type segment struct {
	at       slots.Instant
	commands []engine.Command
	want     []engine.Status
}

// marker is the command that opens a segment.
func (s *segment) marker() engine.Command {
	return commandOf("payer", engine.PutProfile{Profile: engine.Profile{ConfirmedAt: s.at}})
}

// TestBatchesDoNotMatter gives the same commands one by one and many at once:
// the outcomes and the state are the same.
func TestBatchesDoNotMatter(t *testing.T) {
	t.Parallel()
	clock := enginetest.NewClock(enginetest.Monday)
	single, batched := engine.NewMemLog(), engine.NewMemLog()
	one := openEngine(t, engine.Options{Log: single, Clock: clock, BatchLimit: 1})
	segments := playSegments(t, one, clock)
	clock = enginetest.NewClock(enginetest.Monday)
	many := openEngine(t, engine.Options{Log: batched, Clock: clock, BatchLimit: 100})
	for _, s := range segments {
		clock.Set(s.at)
		// While the first is written the others gather to one batch.
		gate := batched.BlockNext()
		first := start(t.Context(), many, s.marker())
		<-gate.Entered()
		all := make(chan []engine.Result)
		go func() { all <- many.SubmitAll(t.Context(), s.commands) }()
		queued(many, len(s.commands))
		gate.Release()
		<-first
		for i, r := range <-all {
			if r.Err != nil || r.Outcome.Status != s.want[i] {
				t.Fatalf("command %d, %T: %v, %s, want %s", i, s.commands[i].Payload, r.Err, r.Outcome.Status, s.want[i])
			}
		}
	}
	if batched.Appends() >= single.Appends() {
		t.Fatalf("%d appends in batches, %d one by one", batched.Appends(), single.Appends())
	}
	if one.Snapshot().Hash() != many.Snapshot().Hash() {
		t.Fatal("the states differ")
	}
}

// playSegments runs a workload one by one and notes what came out.
func playSegments(t *testing.T, e *engine.Engine, clock *enginetest.Clock) (segments []segment) {
	w := enginetest.NewWorkload(7, clock)
	for range 400 {
		c := w.Next()
		if len(segments) == 0 || segments[len(segments)-1].at != clock.Now() {
			s := segment{at: clock.Now()}
			mustOK(t, e, s.marker())
			segments = append(segments, s)
		}
		o, err := e.Submit(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		w.Learn(c, o.Status)
		s := &segments[len(segments)-1]
		s.commands, s.want = append(s.commands, c), append(s.want, o.Status)
	}
	return segments
}

// TestDuplicatesInFlight sends one request four times, two of them in one
// batch: one effect, one answer.
func TestDuplicatesInFlight(t *testing.T) {
	t.Parallel()
	log := engine.NewMemLog()
	e := openEngine(t, engine.Options{Log: log})
	furnish(t, e, 1, 2)
	gate := log.BlockNext()
	c := keyed(commandOf("alice", booking("apt-1", "case-0", "rev-0", 0)), "k")
	all := []pending{start(t.Context(), e, c)}
	<-gate.Entered()
	other := c
	other.Fingerprint[0]++
	all = append(all, start(t.Context(), e, c), start(t.Context(), e, c), start(t.Context(), e, other))
	queued(e, 3)
	gate.Release()
	var seq engine.Seq
	for i, p := range all {
		r := <-p
		switch {
		case r.Err != nil:
			t.Fatal(r.Err)
		case i == 0:
			seq = r.Outcome.Seq
		case i == 3:
			if r.Outcome.Status != engine.StatusKeyReused {
				t.Fatal(r.Outcome.Status)
			}
			continue
		}
		if o := r.Outcome; o.Status != engine.StatusOK || o.Seq != seq || o.Replayed != (i > 0) || o.Appointment.ID != "apt-1" {
			t.Fatalf("%d: %+v", i, o)
		}
	}
	if o, known := e.Recall(c.Actor, "k", c.Fingerprint); !known || o.Seq != seq || !o.Replayed {
		t.Fatal("not recalled")
	}
	if _, known := e.Recall(enginetest.Actor("bob"), "k", c.Fingerprint); known {
		t.Fatal("recalled for another principal")
	}
	if s := e.Snapshot().Counts(); s.Appointments != 1 {
		t.Fatal(s)
	}
}

// TestRefusalWaitsForSync checks that a refusal that rests on a booking is not
// given before that booking is durable.
func TestRefusalWaitsForSync(t *testing.T) {
	t.Parallel()
	log := engine.NewMemLog()
	e := openEngine(t, engine.Options{Log: log})
	furnish(t, e, 1, 3)
	gate := log.BlockNext()
	first := start(t.Context(), e, commandOf("alice", booking("apt-0", "case-0", "rev-0", 4)))
	<-gate.Entered()
	winner := start(t.Context(), e, commandOf("alice", booking("apt-1", "case-1", "rev-0", 0)))
	queued(e, 1)
	loser := start(t.Context(), e, commandOf("bob", booking("apt-2", "case-2", "rev-0", 0)))
	queued(e, 2)
	second := log.BlockNext()
	gate.Release()
	<-first
	<-second.Entered()
	if winner.answered() || loser.answered() || e.Snapshot().Counts().Appointments != 1 {
		t.Error("shown before it is durable") // the write goes on, for the engine waits for it when it is closed
	}
	second.Release()
	if r := <-loser; r.Outcome.Status != engine.StatusSlotTaken {
		t.Fatalf("%+v", r)
	}
	if r := <-winner; r.Outcome.Status != engine.StatusOK {
		t.Fatalf("%+v", r)
	}
}

func TestDeadlines(t *testing.T) {
	t.Parallel()
	log := engine.NewMemLog()
	e := openEngine(t, engine.Options{Log: log, QueueLimit: 2, BatchLimit: 1})
	furnish(t, e, 1, 5)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := e.Submit(ended, commandOf("a", booking("apt-9", "case-3", "rev-0", 9))); !errors.Is(err, engine.ErrDeadline) {
		t.Fatal(err)
	}
	gate := log.BlockNext()
	ctx, cancel := context.WithCancel(t.Context())
	taken := start(ctx, e, commandOf("a", booking("apt-0", "case-0", "rev-0", 0)))
	<-gate.Entered()
	judged := start(t.Context(), e, commandOf("a", booking("apt-4", "case-4", "rev-0", 4)))
	queued(e, 1)
	late, giveUp := context.WithCancel(t.Context())
	waiting := start(late, e, commandOf("a", booking("apt-1", "case-1", "rev-0", 1)))
	queued(e, 2)
	kept := start(t.Context(), e, commandOf("a", booking("apt-2", "case-2", "rev-0", 2)))
	queued(e, 3)
	if _, err := e.Submit(t.Context(), commandOf("a", booking("apt-3", "case-3", "rev-0", 3))); !errors.Is(err, engine.ErrOverloaded) {
		t.Fatal(err)
	}
	// The one that waits is dropped at once, the one that is being written is not.
	cancel()
	giveUp()
	if r := <-waiting; !errors.Is(r.Err, engine.ErrDeadline) || !errors.Is(r.Err, context.Canceled) {
		t.Fatal(r.Err)
	}
	gate.Release()
	for _, p := range []pending{taken, judged, kept} {
		if r := <-p; r.Err != nil || r.Outcome.Status != engine.StatusOK {
			t.Fatalf("%+v", r)
		}
	}
	if _, ok := e.Snapshot().Appointment(enginetest.Tenant, "apt-1"); ok {
		t.Fatal("applied after its deadline")
	}
}
