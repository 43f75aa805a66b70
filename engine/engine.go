package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/parleyhq/parley/slots"
)

// Engine owns a log and the state that it describes. See the package comment
// for what it guarantees. All methods are safe for concurrent use.
type Engine struct {
	options Options
	vault   *Vault

	published atomic.Pointer[Snapshot]
	// failed is set once, when the fate of a batch is unknown; from then on
	// nothing is accepted.
	failed atomic.Pointer[error]
	// doubt is set once, when a sweep has found the state to contradict itself.
	doubt  atomic.Pointer[error]
	swept  atomic.Pointer[SweepReport]
	behind atomic.Int64 // commands that are judged and wait for a write other than their own

	queue   chan *request
	urgent  chan *request // those that go first, see queue.go
	gate    sync.RWMutex  // held for reading while a request enters the queue
	closed  bool          // under gate: the queue takes no more
	closing chan struct{} // closed after that
	stopped chan struct{} // closed when the writer has ended

	checkpoints checkpointer
}

// request is a command on its way through the writer.
type request struct {
	ctx    context.Context
	cmd    *Command
	stage  atomic.Int32
	result Result
	done   chan struct{} // closed when result is there
}

// A request is waiting until the writer takes it or its context ends,
// whichever is first; then its fate is one or the other for good.
const (
	waiting int32 = iota
	taken
	abandoned
)

func (r *request) take() bool {
	if planted == plantLate {
		r.stage.Store(taken)
		return true
	}
	if end, bounded := r.ctx.Deadline(); bounded && hasCome(end) {
		return false // the context's own timer may be late, above all where there is too much to do
	}
	return r.ctx.Err() == nil && r.stage.CompareAndSwap(waiting, taken)
}

func (r *request) answer(o Outcome, err error) {
	r.result = Result{Outcome: o, Err: err}
	close(r.done)
}

// Submit queues a command and waits for its outcome. The command and all that it
// points to belong to the engine from then on. ctx holds until the writer takes
// the command; after that the outcome is awaited. Only if the log has stalled, and ctx
// has ended, the answer is ErrOutcomeUnknown: the write is not given up, and asking again
// with the same key tells. The errors are those of outcome.go; a refusal is no error.
func (e *Engine) Submit(ctx context.Context, c Command) (Outcome, error) {
	r := &request{ctx: ctx, cmd: &c, done: make(chan struct{})}
	if err := e.enqueue(r, false); err != nil {
		return Outcome{}, err
	}
	result := r.wait(e.stalled)
	return result.Outcome, result.Err
}

// SubmitAll queues commands in order without waiting between them, as far as
// they leave most of the queue to others, and waits for all. Where Submit would
// fail for a full queue, it waits.
func (e *Engine) SubmitAll(ctx context.Context, cs []Command) []Result {
	results := make([]Result, len(cs))
	requests := make([]*request, len(cs))
	window := max(1, e.options.QueueLimit/4)
	oldest := 0
	collect := func() {
		if r := requests[oldest]; r != nil {
			results[oldest] = r.wait(e.stalled)
		}
		oldest++
	}
	for i := range cs {
		if i-oldest >= window {
			collect()
		}
		r := &request{ctx: ctx, cmd: &cs[i], done: make(chan struct{})}
		if err := e.enqueue(r, true); err != nil {
			results[i].Err = err
			continue
		}
		requests[i] = r
	}
	for oldest < len(cs) {
		collect()
	}
	return results
}

// enqueue puts a request into its line. If that is full it waits for room, as
// long as the request's context holds, or fails at once. Who waits has an order to keep.
func (e *Engine) enqueue(r *request, wait bool) error {
	if err := r.ctx.Err(); err != nil {
		return fmt.Errorf("%w: %w", ErrDeadline, err)
	}
	e.gate.RLock()
	defer e.gate.RUnlock()
	if e.closed {
		return ErrClosed
	}
	if err := e.writableFor(r.cmd.Payload); err != nil {
		// The key may be that of a command whose fate is unknown until a restart: to
		// say that nothing was changed would be a guess.
		if r.cmd.Key != "" && e.poisoned() {
			return fmt.Errorf("%w: %w", ErrOutcomeUnknown, err)
		}
		return err
	}
	line := e.line(r, wait)
	select {
	case line <- r:
		return nil
	default:
	}
	if !wait {
		return ErrOverloaded
	}
	// The writer goes on while the gate is held, so there will be room.
	select {
	case line <- r:
		return nil
	case <-r.ctx.Done():
		return fmt.Errorf("%w: %w", ErrDeadline, r.ctx.Err())
	}
}

// stalled returns what is closed when the write under way takes too long.
func (e *Engine) stalled() <-chan struct{} {
	if log, ok := e.options.Log.(StallingLog); ok {
		return log.Stalled()
	}
	return nil
}

// wait waits for the result; stalled is asked when the request's time is over.
func (r *request) wait(stalled func() <-chan struct{}) Result {
	select {
	case <-r.done:
	case <-r.ctx.Done():
		if r.stage.CompareAndSwap(waiting, abandoned) {
			return Result{Err: fmt.Errorf("%w: %w", ErrDeadline, r.ctx.Err())}
		}
		select {
		case <-r.done:
		case <-stalled():
			return Result{Err: fmt.Errorf("%w: the log has stalled: %w", ErrOutcomeUnknown, r.ctx.Err())}
		}
	}
	return r.result
}

// poisoned reports whether a commit has failed with an unknown outcome.
func (e *Engine) poisoned() bool {
	select {
	case <-e.options.Log.Poisoned():
		return true
	default:
		return e.failed.Load() != nil
	}
}

// writable returns nil, or ErrNotWritable with the reason.
func (e *Engine) writable() error {
	if failed := e.failed.Load(); failed != nil {
		return fmt.Errorf("%w: %w", ErrNotWritable, *failed)
	}
	if doubt := e.doubt.Load(); doubt != nil {
		return fmt.Errorf("%w: %w", ErrNotWritable, &Refusal{Cause: CauseState, Kind: ErrReadOnly, Detail: (*doubt).Error()})
	}
	if err := e.options.Log.Writable(); err != nil {
		return fmt.Errorf("%w: %w", ErrNotWritable, err)
	}
	return nil
}

// writableFor is writable for one command: what gives something back is taken longer.
func (e *Engine) writableFor(p Payload) error {
	err := e.writable()
	if log, ok := e.options.Log.(FreeingLog); ok && err != nil && e.failed.Load() == nil && e.doubt.Load() == nil && frees(p) && log.WritableFreeing() == nil {
		return nil
	}
	return err
}

// Recall answers a repeated idempotent request from the snapshot without
// queueing: known is false if the key is new; the status is StatusKeyReused if it
// belongs to another request.
func (e *Engine) Recall(a Actor, key string, f Fingerprint) (o Outcome, known bool) {
	return e.Snapshot().state.recall(a, key, f, e.Now())
}

// Snapshot returns the newest published state: one atomic load.
func (e *Engine) Snapshot() *Snapshot { return e.published.Load() }

// Now returns the present instant, never before the last stamped one.
func (e *Engine) Now() slots.Instant {
	return max(e.options.Clock.Now(), e.Snapshot().Stamped())
}

// Vault returns the store's sealer.
func (e *Engine) Vault() *Vault { return e.vault }

// Health says whether commands are accepted.
type Health struct {
	Ready    bool
	Writable error // nil, or why not
	Seq      Seq   // of the newest snapshot
	Queue    int   // commands waiting, for their turn or for a write before their own
	Room     int   // how many may wait for their turn
	Sandbox  bool  // the store belongs to a sandbox clock
	// ClockStep is by how many seconds the machine's clock is ahead of the state's time
	// (behind it, if negative) after a step that is being made up for; 0 = there is none.
	ClockStep float64
}

// Health returns the present health.
func (e *Engine) Health() Health {
	err := e.writable()
	select {
	case <-e.closing:
		err = ErrClosed
	default:
	}
	step := 0.0
	if c, ok := e.options.Clock.(*systemClock); ok {
		step = c.steps()
	}
	return Health{
		ClockStep: step,
		Ready:     err == nil,
		Writable:  err,
		Seq:       e.Snapshot().Seq(),
		Queue:     e.waiting() + int(e.behind.Load()),
		Room:      cap(e.queue),
		Sandbox:   e.options.Identity.Sandbox,
	}
}

// Close stops taking commands, finishes the queued ones, writes a checkpoint
// unless the store is poisoned, and closes the log. Snapshots stay readable. A
// second call does nothing.
func (e *Engine) Close() error {
	e.gate.Lock()
	if e.closed {
		e.gate.Unlock()
		<-e.stopped
		return nil
	}
	e.closed = true
	e.gate.Unlock()
	close(e.closing)
	<-e.stopped
	var err error
	if e.writable() == nil {
		err = e.Checkpoint()
	}
	e.checkpoints.begin() // for good: none is under way when the log closes
	return errors.Join(err, e.options.Log.Close())
}
