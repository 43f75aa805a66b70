package enginetest

import (
	"errors"
	"fmt"

	"github.com/parleyhq/parley/engine"
)

// survivor returns what is left of the log after a crash.
func (r *run) survivor() *engine.MemLog {
	if p := r.config.Plant; p != nil && p.Reopen != nil {
		return p.Reopen(r.log.MemLog)
	}
	return r.log.Reopen()
}

// crash drops the engine without closing it and opens another.
func (r *run) crash(queue int) error {
	dead := r.engine
	left := r.survivor()
	r.end() // its log is closed: this only stops its goroutines
	r.log = &faultLog{MemLog: left}
	if err := r.open(queue, simBatchLimit); err != nil {
		return fmt.Errorf("open after a crash: %w", err)
	}
	if r.engine.Snapshot().Seq() < dead.Snapshot().Seq() {
		return fmt.Errorf("after a crash the log ends at %d, it was shown at %d", r.engine.Snapshot().Seq(), dead.Snapshot().Seq())
	}
	r.restarted()
	return r.compare()
}

// restarted forgets instants that no entry was stamped with, as the engine does,
// and with them the refusals of that time.
func (r *run) restarted() {
	r.audit.now = max(r.audit.written, r.clock.Now())
	for n := len(r.journal); n > 0 && r.journal[n-1].now > r.audit.now; n-- {
		r.journal = r.journal[:n-1]
	}
}

// restart closes the engine and opens it again: the state is the same.
func (r *run) restart(queue int) error { return r.restartWith(queue, simBatchLimit) }

func (r *run) restartWith(queue, batch int) error {
	if err := r.engine.Close(); err != nil {
		return fmt.Errorf("close: %w", err)
	}
	return r.reopen(queue, batch)
}

// reopen opens the engine again after it was closed.
func (r *run) reopen(queue, batch int) error {
	before := r.engine.Snapshot().Hash()
	r.log = &faultLog{MemLog: r.survivor()}
	if err := r.open(queue, batch); err != nil {
		return fmt.Errorf("open again: %w", err)
	}
	if after := r.engine.Snapshot().Hash(); after != before {
		return fmt.Errorf("state hash was %x before closing and is %x after opening", before[:4], after[:4])
	}
	r.restarted()
	return r.compare()
}

// poison lets one write fail with an unknown outcome. Nothing is acknowledged
// until the store is opened again; then all of that write is there, or none.
func (r *run) poison(cmds []engine.Command, kept bool) error {
	results, err := r.together(cmds, func() { r.log.poison(kept) })
	if err != nil {
		return err
	}
	r.log.disarm()
	s, err := r.settle(cmds, results, engine.ErrOutcomeUnknown, engine.ErrNotWritable)
	if err != nil {
		return err
	}
	if len(s.unknown) == 0 {
		r.counts.Add("poison not met")
		if len(s.failed) > 0 {
			return fmt.Errorf("%d commands failed and no write did", len(s.failed))
		}
		return nil
	}
	r.counts.Add("poison")
	if len(s.failed) > 0 {
		r.counts.Add("poison with others waiting")
	}
	if s.acked > 0 {
		r.counts.Add("poison after a good write")
	}
	if err := r.compare(); err != nil {
		return fmt.Errorf("poisoned: %w", err)
	}
	if _, err := r.engine.Submit(r.ctx, r.plug()); !errors.Is(err, engine.ErrNotWritable) {
		return fmt.Errorf("a poisoned engine answers %w", err)
	}
	if h := r.engine.Health(); h.Ready {
		return fmt.Errorf("a poisoned engine is ready: %+v", h)
	}
	if err := r.decideUnknown(s.unknown, kept); err != nil {
		return err
	}
	// What clients do now: the same again.
	return r.again(append(s.unknown, s.failed...))
}

// decideUnknown opens the store again and looks which way it went.
func (r *run) decideUnknown(unknown []engine.Command, kept bool) error {
	with := r.audit.clone()
	with.counts = Counts{}
	var verdicts []Verdict
	for _, cmd := range unknown {
		verdicts = append(verdicts, with.judge(cmd))
	}
	r.end()
	r.log = &faultLog{MemLog: r.survivor()}
	if err := r.open(simQueueLimit, simBatchLimit); err != nil {
		return fmt.Errorf("open after a failed commit: %w", err)
	}
	seq := r.engine.Snapshot().Seq()
	switch {
	case seq == with.seq && kept:
		for i, cmd := range unknown {
			r.note(cmd, &verdicts[i])
		}
		r.counts.Merge(with.counts)
		with.counts = r.counts
		r.audit = with
	case seq == r.audit.seq && !kept:
		// As if they had never been asked.
	default:
		return fmt.Errorf("after a failed commit, written %v, the log ends at %d: expected %d without it or %d with it",
			kept, seq, r.audit.seq, with.seq)
	}
	r.restarted()
	return nil
}

// finish closes the store and proves that the log alone says everything.
func (r *run) finish() error {
	if err := r.engine.Close(); err != nil {
		return fmt.Errorf("last close: %w", err)
	}
	hash := r.engine.Snapshot().Hash()
	if err := r.reopen(simQueueLimit, simBatchLimit); err != nil {
		return err
	}
	if err := r.fromTheStart(hash); err != nil {
		return err
	}
	if err := r.audited(); err != nil {
		return err
	}
	if err := r.offered(); err != nil {
		return err
	}
	for _, batch := range []int{1, 100} {
		if err := r.repeat(hash, batch); err != nil {
			return fmt.Errorf("the same commands in batches of %d: %w", batch, err)
		}
	}
	return nil
}

// fromTheStart replays the log without its checkpoint.
func (r *run) fromTheStart(hash engine.Hash) error {
	fork := engine.NewMemLog()
	err := r.log.Read(1, func(seq engine.Seq, payload []byte) error {
		return fork.Append(r.ctx, seq-1, []engine.Record{{Payload: payload}})
	})
	if err != nil {
		return err
	}
	e, err := r.openOn(fork, simQueueLimit, simBatchLimit)
	if err != nil {
		return fmt.Errorf("open without a checkpoint: %w", err)
	}
	defer e.Close()
	if got := e.Snapshot().Hash(); got != hash {
		return fmt.Errorf("state hash is %x with the checkpoint and %x without", hash[:4], got[:4])
	}
	report, err := engine.Replay(r.ctx, r.log, r.identity(), engine.ReplayOptions{Rejudge: true})
	switch {
	case err != nil:
		return fmt.Errorf("replay: %w", err)
	case report.State != hash:
		return fmt.Errorf("replay gives state hash %x, the engine has %x", report.State[:4], hash[:4])
	case report.Different != 0:
		return fmt.Errorf("judged again, %d entries differ: %v", report.Different, report.Differences)
	}
	return nil
}

// audited checks that every entry has its audit record, and that it names who
// sent the command: read by each tenant and, in a store of format 1, as kept.
func (r *run) audited() error {
	if last, _ := r.log.Last(); int(last) != len(r.writers) {
		return fmt.Errorf("%d entries, %d commands accepted", last, len(r.writers))
	}
	found := 0
	check := func(rec *engine.AuditRecord) error {
		if rec.Seq < 1 || int(rec.Seq) > len(r.writers) {
			return fmt.Errorf("audit record of entry %d", rec.Seq)
		}
		w := r.writers[rec.Seq-1]
		if rec.Actor.Tenant != w.actor.Tenant || rec.Actor.Principal != w.actor.Principal || rec.Kind != w.kind {
			return fmt.Errorf("audit record of entry %d says %+v %s, expected %+v %s", rec.Seq, rec.Actor, rec.Kind, w.actor, w.kind)
		}
		found++
		return nil
	}
	for _, tenant := range tenants {
		var wrong error
		_, err := r.engine.Events(tenant, 0, len(r.writers)+1, func(rec *engine.Change) bool {
			wrong = check(&rec.AuditRecord)
			return wrong == nil
		})
		if err := errors.Join(err, wrong); err != nil {
			return err
		}
	}
	if found != len(r.writers) {
		return fmt.Errorf("%d audit records for %d entries", found, len(r.writers))
	}
	found = 0
	err := r.log.Derived(engine.SpaceAudit, nil, func(_, value []byte) error {
		rec, err := engine.DecodeAudit(value)
		if err != nil {
			return err
		}
		return check(&rec)
	})
	kept := 0
	if r.identity().Format == 1 {
		kept = len(r.writers)
	}
	if err == nil && found != kept {
		err = fmt.Errorf("%d audit records kept for %d entries", found, len(r.writers))
	}
	return err
}

// repeat sends everything that was judged to a new engine, batch by batch.
func (r *run) repeat(hash engine.Hash, batch int) error {
	now := r.clock.Now()
	defer r.clock.Set(now)
	r.clock.Set(simStart)
	e, err := r.openOn(engine.NewMemLog(), simQueueLimit, batch)
	if err != nil {
		return err
	}
	defer e.Close()
	for rest := r.journal; len(rest) > 0; {
		n := 1
		for n < len(rest) && n < batch && rest[n].now == rest[0].now {
			n++
		}
		r.clock.Set(rest[0].now)
		var cmds []engine.Command
		for _, j := range rest[:n] {
			cmds = append(cmds, j.cmd)
		}
		for _, result := range e.SubmitAll(r.ctx, cmds) {
			if result.Err != nil {
				return result.Err
			}
		}
		rest = rest[n:]
	}
	if got := e.Snapshot().Hash(); got != hash {
		return fmt.Errorf("state hash is %x, was %x", got[:4], hash[:4])
	}
	return nil
}
