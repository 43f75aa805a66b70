package engine

import (
	"errors"
	"fmt"

	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// writer judges commands and owns the state. What it has judged is written by
// the committer, one batch at a time; meanwhile it judges the next batch on top.
//
//	published = base ≤ flying ≤ forming = judged
//	published ≤ durable ≤ flying
//
// where base, flying and forming stand for the Seq of the state with the batch,
// and durable for the log's last position. An answer is given when the state that
// it was judged on is durable, so nobody learns of what may still be lost. There
// is no timer in it: a lone command is written at once, and while one write is
// under way whoever comes meanwhile makes up the next.
type writer struct {
	*Engine
	limits  limits
	stamped slots.Instant // the latest instant used, ≥ work.now

	// base is the state as published, in a copy that nobody else sees, so that it
	// may be cloned: what everything falls back to when a write fails.
	base *state
	work *state // with all that was judged: what the next command is judged on
	lost *state // with the batch whose fate is unknown; nil unless a write failed so

	search matcher.Searcher // memory for one judgement after another

	forming *batch // judged and not yet on its way; its replies are empty if its records are
	flying  *batch // on its way to the log; nil: none
	spare   *batch // its memory is used again

	urgentTaken int // urgent commands in a row while one of the others waited; at urgentInRow it is that one's turn

	writes  chan *batch   // to the committer, room for one
	written chan struct{} // from the committer, room for one
}

func newWriter(e *Engine, s *state) *writer {
	return &writer{
		Engine: e, limits: e.options.limits(), stamped: s.now, base: s.clone(), work: s.clone(),
		forming: new(batch), writes: make(chan *batch, 1), written: make(chan struct{}, 1),
	}
}

// start runs the writer and its committer on goroutines of their own, and makes the
// lists of what was loaded behind, so that who asks for one first waits for less.
func (w *writer) start() {
	if lists := w.work.lists; lists != nil {
		go lists.make(w.closing)
	}
	go w.commit()
	go w.run()
}

// run judges and hands over until the engine closes and nothing is left to do.
func (w *writer) run() {
	defer close(w.stopped)
	closing := w.closing
	for {
		w.launch()
		queue, urgent := w.queue, w.urgent
		switch {
		case w.flying != nil && w.full():
			queue, urgent = nil, nil
		case w.flying == nil && closing == nil && w.waiting() == 0:
			close(w.writes) // nothing enters the queue any more
			<-w.written
			return
		}
		select { // what is written goes first: others wait for it
		case <-w.written:
			w.land()
			continue
		default:
		}
		if r := w.next(urgent, queue); r != nil {
			w.judge(r)
			continue
		}
		select { // nothing waits: whoever comes first
		case <-w.written:
			w.land()
		case r := <-urgent:
			w.judge(r)
		case r := <-queue:
			w.judge(r)
		case <-w.lagging():
			w.follow()
		case <-closing:
			closing = nil
		}
	}
}

// always is ready to be received from.
var always = func() <-chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

// lagging is ready if the index has something left to build and nothing is being
// written, nil otherwise.
func (w *writer) lagging() <-chan struct{} {
	if w.flying == nil && len(w.forming.records) == 0 && w.failed.Load() == nil && w.work.behind(w.work.rules.compiled, w.now()) {
		return always
	}
	return nil
}

// follow builds a little more of the index between two batches. What readers see is the
// same state; its searches take a shorter way.
func (w *writer) follow() {
	w.work.follow(w.work.rules.compiled, w.now())
	w.base = w.work.clone()
	w.published.Store(&Snapshot{state: w.work.clone(), chain: w.Snapshot().chain})
}

// now is what the next command would be stamped with.
func (w *writer) now() slots.Instant { return max(w.stamped, w.options.Clock.Now()) }

// commit is the committer: it writes one batch after the other.
func (w *writer) commit() {
	defer close(w.written)
	for b := range w.writes {
		b.write(&w.options)
		w.written <- struct{}{}
	}
}

// judge decides on a command and, if it is accepted, makes its entry a record of
// the forming batch. A command whose turn comes too late is never applied.
func (w *writer) judge(r *request) {
	if !r.take() {
		r.answer(Outcome{}, ErrDeadline) // its waiter may be gone
		return
	}
	if len(w.forming.records) == 0 || w.forming.frees && !frees(r.cmd.Payload) {
		if err := w.writableFor(r.cmd.Payload); err != nil {
			w.refuse(r, err)
			return
		}
	}
	w.stamped = w.now()
	done, err := w.work.step(r.cmd, w.stamped, w.limits, &w.forming.codec, &w.search)
	if done.entry != nil {
		w.forming.frees = frees(r.cmd.Payload) && (w.forming.frees || len(w.forming.records) == 0)
		w.forming.add(done)
	}
	w.reply(reply{r, done.outcome, err})
}

// reply keeps an answer until what it rests on is durable: the forming batch, or
// the one on its way if nothing forms, or else what is published already.
func (w *writer) reply(p reply) {
	switch {
	case len(w.forming.records) > 0:
		w.forming.replies = append(w.forming.replies, p)
	case w.flying != nil:
		w.flying.replies = append(w.flying.replies, p)
		w.flying.joined++
	default:
		p.give(&w.options.Observer)
		return
	}
	w.behind.Add(1)
}

// full reports whether no more may be judged before a write has ended.
func (w *writer) full() bool {
	return len(w.forming.replies) >= w.options.BatchLimit || w.forming.bytes >= MaxBatchPayload ||
		w.flying.joined >= w.options.BatchLimit
}

// launch puts the forming batch on its way, if there is something to write and no
// write under way. Commands that wait already come along, up to a few: they
// have come together and are cheaper written together.
func (w *writer) launch() {
	b := w.forming
	more := len(b.replies) < min(gather, w.options.BatchLimit) && b.bytes < MaxBatchPayload && w.waiting() > 0
	if w.flying != nil || len(b.records) == 0 || more {
		return
	}
	w.takeOff()
	w.options.Observer.queue(w.waiting())
	w.writes <- b
}

// takeOff makes the forming batch the flying one.
func (w *writer) takeOff() {
	b := w.forming
	w.work.follow(w.work.rules.compiled, w.now()) // where writes never pause, the index comes along
	b.expected, b.after, b.fallback = w.base.seq, w.work.clone(), w.work.clone()
	if b.after.seq != b.expected+Seq(len(b.records)) {
		broken("one record for each entry", b.after.seq, b.expected+Seq(len(b.records)))
	}
	if planted == plantEarlySnapshot {
		w.published.Store(&Snapshot{state: b.after.clone(), chain: w.Snapshot().chain})
	}
	w.behind.Add(-int64(len(b.replies)))
	w.flying, w.forming, w.spare = b, w.spare, nil
	if w.forming == nil {
		w.forming = new(batch)
	}
}

// land deals with the end of a write: publishes what is durable, and only then
// answers; or drops what was judged on what is not.
func (w *writer) land() {
	b := w.flying
	w.flying = nil
	w.behind.Add(-int64(b.joined))
	if b.err != nil {
		w.fallBack(b)
	} else {
		w.publish(b)
		b.answer(nil, &w.options.Observer)
		w.maybeCheckpoint()
	}
	b.reset()
	w.spare = b
}

// publish makes the durable state the one that readers see.
func (w *writer) publish(b *batch) {
	last, chain := w.options.Log.Last()
	if last != b.after.seq {
		broken("the durable end of the log is what is published", last, b.after.seq)
	}
	w.base = b.fallback
	w.published.Store(&Snapshot{state: b.after, chain: chain})
	w.options.Observer.committed(len(b.records), b.seconds, last)
}

// fallBack ends every command of a batch that was not written, or perhaps was,
// and every one that was judged on top of it: also a refusal may rest on what is
// now lost. Those on top were never written.
func (w *writer) fallBack(b *batch) {
	if errors.Is(b.err, ErrNotWritten) && !errors.Is(b.err, ErrPoisoned) {
		w.options.Observer.logf("batch not written", "records", len(b.records), "error", b.err)
		err := fmt.Errorf("%w: %w", ErrNotWritable, b.err)
		b.answer(err, &w.options.Observer)
		w.forming.answer(err, &w.options.Observer)
	} else {
		// Poisoned, or an error that should not be: the log does not say what it holds.
		w.lost = b.after
		failed := b.err
		w.failed.Store(&failed)
		w.options.Observer.poisoned(b.err)
		w.options.Observer.logf("commit failed, outcome unknown", "records", len(b.records), "error", b.err)
		b.answer(fmt.Errorf("%w: %w", ErrOutcomeUnknown, b.err), &w.options.Observer)
		for _, p := range w.forming.replies {
			w.refuse(p.request, w.writable())
		}
	}
	w.behind.Add(-int64(len(w.forming.replies)))
	w.forming.reset()
	w.work = w.base.clone()
}

// refuse ends a command that changes nothing, since nothing may be written. Where
// it repeats one whose fate is unknown, so is its own.
func (w *writer) refuse(r *request, err error) {
	if w.lost != nil {
		if _, known := w.lost.recall(r.cmd.Actor, r.cmd.Key, r.cmd.Fingerprint, w.stamped); known {
			err = fmt.Errorf("%w: %w", ErrOutcomeUnknown, err)
		}
	}
	r.answer(Outcome{}, err)
}

// maybeCheckpoint starts a checkpoint of the published snapshot beside the
// writer, if one is due and none is under way.
func (w *writer) maybeCheckpoint() {
	snapshot := w.Snapshot()
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
