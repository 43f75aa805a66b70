package engine_test

import (
	"errors"
	"fmt"
	"runtime"
	"testing"

	"go.uber.org/goleak"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/engine/enginetest"
	"github.com/parleyhq/parley/slots"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestPoison loses a batch under way: its commands' fate is unknown, those that
// waited were not taken, readers go on.
func TestPoison(t *testing.T) {
	t.Parallel()
	log := engine.NewMemLog()
	var poisoned int
	e := openEngine(t, engine.Options{Log: log, Observer: engine.Observer{Poisoned: func(error) { poisoned++ }}})
	furnish(t, e, 1, 3)
	before := e.Snapshot()
	gate := log.BlockThenPoisonNext(false)
	lost := start(t.Context(), e, commandOf("a", booking("apt-0", "case-0", "rev-0", 0)))
	<-gate.Entered()
	waiting := start(t.Context(), e, commandOf("a", booking("apt-1", "case-1", "rev-0", 1)))
	queued(e, 1)
	gate.Release()
	if r := <-lost; !errors.Is(r.Err, engine.ErrOutcomeUnknown) || !errors.Is(r.Err, engine.ErrPoisoned) {
		t.Fatal(r.Err)
	}
	if r := <-waiting; !errors.Is(r.Err, engine.ErrNotWritable) {
		t.Fatal(r.Err)
	}
	_, err := e.Submit(t.Context(), commandOf("a", booking("apt-2", "case-2", "rev-0", 2)))
	if !errors.Is(err, engine.ErrNotWritable) || errors.Is(err, engine.ErrOutcomeUnknown) {
		t.Fatal(err)
	}
	if h := e.Health(); h.Ready || !errors.Is(h.Writable, engine.ErrPoisoned) {
		t.Fatalf("%+v", h)
	}
	if e.Snapshot() != before || poisoned != 1 {
		t.Fatalf("published after a failure, or told %d times", poisoned)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := log.Reopen().LoadCheckpoint(); !errors.Is(err, engine.ErrNoRecord) {
		t.Fatalf("checkpoint of a poisoned store: %v", err)
	}
}

// TestLostBatchLeavesNothing refuses a batch of several and retries it.
func TestLostBatchLeavesNothing(t *testing.T) {
	t.Parallel()
	log := engine.NewMemLog()
	e := openEngine(t, engine.Options{Log: log})
	furnish(t, e, 1, 3)
	gate := log.BlockNext()
	first := start(t.Context(), e, commandOf("a", booking("apt-0", "case-0", "rev-0", 0)))
	<-gate.Entered()
	var lost []pending
	for i := 1; i < 3; i++ {
		id := fmt.Sprint("apt-", i)
		lost = append(lost, start(t.Context(), e, keyed(commandOf("a", booking(id, fmt.Sprint("case-", i), "rev-0", i)), id)))
	}
	queued(e, 2)
	log.FailNext(errors.New("no space"))
	gate.Release()
	<-first
	before := e.Snapshot()
	for _, p := range lost {
		if r := <-p; !errors.Is(r.Err, engine.ErrNotWritable) {
			t.Fatal(r.Err)
		}
	}
	if e.Snapshot() != before || !e.Health().Ready {
		t.Fatal("a lost batch has left something")
	}
	for i := 1; i < 3; i++ {
		id := fmt.Sprint("apt-", i)
		if o := mustOK(t, e, keyed(commandOf("a", booking(id, fmt.Sprint("case-", i), "rev-0", i)), id)); o.Replayed {
			t.Fatal("remembered what was not written")
		}
	}
}

func TestClose(t *testing.T) {
	t.Parallel()
	log := engine.NewMemLog()
	e := openEngine(t, engine.Options{Log: log})
	furnish(t, e, 1, 2)
	gate := log.BlockNext()
	under := start(t.Context(), e, commandOf("a", booking("apt-0", "case-0", "rev-0", 0)))
	<-gate.Entered()
	waiting := start(t.Context(), e, commandOf("a", booking("apt-1", "case-1", "rev-0", 1)))
	queued(e, 1)
	closed := make(chan error)
	go func() { closed <- e.Close() }()
	for e.Health().Ready {
		runtime.Gosched()
	}
	if _, err := e.Submit(t.Context(), commandOf("a", engine.ReleaseHold{ID: "x"})); !errors.Is(err, engine.ErrClosed) {
		t.Fatal(err)
	}
	gate.Release()
	for _, p := range []pending{under, waiting} {
		if r := <-p; r.Err != nil || r.Outcome.Status != engine.StatusOK {
			t.Fatalf("%+v", r)
		}
	}
	if err := <-closed; err != nil {
		t.Fatal(err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	last := e.Snapshot().Seq()
	info, r, err := log.Reopen().LoadCheckpoint()
	if err != nil || info.Seq != last {
		t.Fatalf("checkpoint at %d of %d: %v", info.Seq, last, err)
	}
	_ = r.Close()
}

// TestClockGoesBack stamps no instant before one that is stamped.
func TestClockGoesBack(t *testing.T) {
	t.Parallel()
	clock := enginetest.NewClock(enginetest.Monday)
	e := openEngine(t, engine.Options{Log: engine.NewMemLog(), Clock: clock})
	furnish(t, e, 1, 1)
	clock.Advance(-slots.Hour)
	if o := mustOK(t, e, commandOf("a", booking("apt-0", "case-0", "rev-0", 0))); o.Now != enginetest.Monday {
		t.Fatal(o.Now)
	}
	if e.Now() != enginetest.Monday {
		t.Fatal(e.Now())
	}
	clock.Advance(2 * slots.Hour)
	if e.Now() != enginetest.Monday+slots.Hour {
		t.Fatal(e.Now())
	}
}

// TestSubmitAllBeyondTheQueue sends more than the queue holds.
func TestSubmitAllBeyondTheQueue(t *testing.T) {
	t.Parallel()
	e := openEngine(t, engine.Options{Log: engine.NewMemLog(), QueueLimit: 4, BatchLimit: 2})
	furnish(t, e, 3, 200)
	if n := e.Snapshot().Counts(); n.Cases != 200 || n.Reviewers != 3 {
		t.Fatal(n)
	}
	if r, ok := e.Snapshot().Reviewer(enginetest.Tenant, "rev-2"); !ok || r.Ref != 3 {
		t.Fatal("not in order")
	}
}

// TestLostWithWhatIsOnTop loses a write while others have been judged on it: what
// was written on top has not happened, what only repeats it is as unknown as it is.
func TestLostWithWhatIsOnTop(t *testing.T) {
	t.Parallel()
	f := func(poison bool, own, top, again, refused error) {
		t.Helper()
		log := engine.NewMemLog()
		e := openEngine(t, engine.Options{Log: log})
		furnish(t, e, 1, 3)
		before := e.Snapshot()
		var gate *engine.Gate
		if poison {
			gate = log.BlockThenPoisonNext(false)
		} else {
			gate = log.BlockThenFailNext(errors.New("no space"))
		}
		c := keyed(commandOf("a", booking("apt-0", "case-0", "rev-0", 0)), "k")
		first := start(t.Context(), e, c)
		<-gate.Entered()
		loser := start(t.Context(), e, commandOf("a", booking("apt-2", "case-2", "rev-0", 0)))
		queued(e, 1)
		next := start(t.Context(), e, keyed(commandOf("a", booking("apt-1", "case-1", "rev-0", 1)), "other"))
		queued(e, 2)
		repeat := start(t.Context(), e, c)
		queued(e, 3)
		gate.Release()
		for i, want := range []error{own, top, again, refused} {
			r := <-[]pending{first, next, repeat, loser}[i]
			if !errors.Is(r.Err, want) {
				t.Errorf("%d: got %v, want %v", i, r.Err, want)
			}
		}
		if e.Snapshot() != before || e.Health().Queue != 0 {
			t.Error("something is left")
		}
	}
	f(true, engine.ErrOutcomeUnknown, engine.ErrNotWritable, engine.ErrOutcomeUnknown, engine.ErrOutcomeUnknown)
	f(false, engine.ErrNotWritable, engine.ErrNotWritable, engine.ErrNotWritable, engine.ErrNotWritable)
}
