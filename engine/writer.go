package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/parleyhq/parley/slots"
)

// writer is the one goroutine that changes state. Its counters obey
//
//	published ≤ durable ≤ judged, and published = durable between batches
//
// where published is the newest snapshot's Seq, durable the log's last position
// and judged the Seq of the working copy.
type writer struct {
	*Engine
	limits limits
	// base is the state as published, in a copy that nobody else sees, so that it
	// may be cloned. A batch works on a clone; if it is not written, the clone is
	// dropped and base stands.
	base    *state
	stamped slots.Instant // the latest instant used, ≥ base.now

	batch   []*request
	replies []reply
	records []Record
}

type reply struct {
	request *request
	outcome Outcome
	err     error
}

var errKeysFull = fmt.Errorf("%w: no room for another idempotency key", ErrOverloaded)

// start runs the writer on a goroutine of its own.
func (w *writer) start() { go w.run() }

// run takes batches until the engine closes and the queue is empty.
func (w *writer) run() {
	defer close(w.stopped)
	for {
		select {
		case r := <-w.queue:
			w.collect(r)
			w.process()
		case <-w.closing:
			// Nothing enters the queue any more.
			for len(w.queue) > 0 {
				w.collect(<-w.queue)
				w.process()
			}
			return
		}
	}
}

// collect fills the batch with first and what is waiting, without waiting for more.
func (w *writer) collect(first *request) {
	w.batch = append(w.batch[:0], first)
	for len(w.batch) < w.options.BatchLimit {
		select {
		case r := <-w.queue:
			w.batch = append(w.batch, r)
		default:
			w.options.Observer.queue(0)
			return
		}
	}
	w.options.Observer.queue(len(w.queue))
}

// process commits the batch, in several writes if it is too large for one.
func (w *writer) process() {
	for rest := w.batch; len(rest) > 0; {
		rest = rest[w.commit(rest):]
	}
	clear(w.batch)
	w.maybeCheckpoint()
}

// commit judges requests in order on a private copy, writes what was accepted
// with one sync, publishes it and only then answers. It returns how many
// requests it has dealt with.
func (w *writer) commit(requests []*request) (dealt int) {
	if err := w.writable(); err != nil {
		for _, r := range requests {
			if r.take() {
				r.answer(Outcome{}, err)
			} else {
				r.answer(Outcome{}, ErrDeadline)
			}
		}
		return len(requests)
	}
	w.stamped = max(w.stamped, w.options.Clock.Now())
	work := w.base.clone()
	dealt = w.judgeAll(work, requests)
	if len(w.records) == 0 {
		// What was judged is what is published, so the answers are true already.
		w.answerAll(nil)
		return dealt
	}
	watch := stopwatch()
	err := w.options.Log.Append(context.Background(), w.base.seq, w.records)
	if err != nil {
		w.answerAll(w.writeFailed(err))
		return dealt
	}
	w.publish(work)
	w.options.Observer.committed(len(w.records), watch(), work.seq)
	w.answerAll(nil)
	return dealt
}

// judgeAll fills replies and records from requests, until a batch's bytes are full.
func (w *writer) judgeAll(work *state, requests []*request) (dealt int) {
	w.replies, w.records = w.replies[:0], w.records[:0]
	bytes := 0
	for _, r := range requests {
		if bytes >= MaxBatchPayload {
			break
		}
		dealt++
		if !r.take() {
			// Its waiter may be gone; the command is never applied.
			r.answer(Outcome{}, ErrDeadline)
			continue
		}
		done, err := work.step(r.cmd, w.stamped, w.limits)
		w.replies = append(w.replies, reply{r, done.outcome, err})
		if done.entry != nil {
			derived := done.entry.derived()
			w.records = append(w.records, Record{Payload: done.payload, Derived: derived})
			bytes += len(done.payload)
			for i := range derived {
				bytes += len(derived[i].Value)
			}
		}
	}
	if work.seq != w.base.seq+Seq(len(w.records)) {
		broken("one record for each entry", work.seq, w.base.seq+Seq(len(w.records)))
	}
	return dealt
}

// writeFailed says what a failed append means for every command of the batch:
// also a refusal may have been judged by what is now lost.
func (w *writer) writeFailed(err error) error {
	if errors.Is(err, ErrNotWritten) && !errors.Is(err, ErrPoisoned) {
		w.options.Observer.logf("batch not written", "records", len(w.records), "error", err)
		return fmt.Errorf("%w: %w", ErrNotWritable, err)
	}
	// Poisoned, or an error that should not be: the log does not say what it holds.
	w.failed.Store(&err)
	w.options.Observer.poisoned(err)
	w.options.Observer.logf("commit failed, outcome unknown", "records", len(w.records), "error", err)
	return fmt.Errorf("%w: %w", ErrOutcomeUnknown, err)
}

// publish makes the durable working copy the state that readers see.
func (w *writer) publish(work *state) {
	last, chain := w.options.Log.Last()
	if last != work.seq {
		broken("the durable end of the log is what is published", last, work.seq)
	}
	w.base = work.clone()
	w.published.Store(&Snapshot{state: work, chain: chain})
}

// answerAll wakes the waiters in order. With an error, every one gets it.
func (w *writer) answerAll(err error) {
	for _, r := range w.replies {
		if err != nil {
			r.request.answer(Outcome{}, err)
			continue
		}
		if r.err == nil {
			w.options.Observer.decided(r.request.cmd.Payload.Kind(), r.outcome.Status)
		}
		r.request.answer(r.outcome, r.err)
	}
	clear(w.replies)
	clear(w.records)
}

// maybeCheckpoint starts a checkpoint of the published snapshot beside the
// writer, if one is due and none is under way.
func (w *writer) maybeCheckpoint() {
	snapshot := w.Snapshot()
	if w.failed.Load() != nil {
		return
	}
	if !w.checkpoints.tryBegin(snapshot.Seq(), w.options.CheckpointEvery) {
		return
	}
	go func() {
		defer w.checkpoints.end()
		if err := w.saveCheckpoint(snapshot); err != nil {
			w.options.Observer.logf("checkpoint failed", "seq", snapshot.Seq(), "error", err)
		}
	}()
}
