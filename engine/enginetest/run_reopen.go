package enginetest

import (
	"errors"
	"fmt"
	"slices"

	"github.com/parleyhq/parley/engine"
)

// crash drops the engine without closing it and opens another.
func (r *run) crash(t Trouble, queue int) error {
	dead := r.engine
	r.leave(t)
	if err := r.recover(t, queue, r.batch); err != nil {
		return within(CodeRefusedOpen, fmt.Errorf("open after a crash: %w", err))
	}
	if r.engine.Snapshot().Seq() < dead.Snapshot().Seq() {
		return violated(CodeLostAck, "after a crash the log ends at %d, it was shown at %d", r.engine.Snapshot().Seq(), dead.Snapshot().Seq())
	}
	r.restarted()
	return r.compare()
}

// restarted forgets instants that no entry was stamped with, as the engine does,
// and with them the refusals of that time.
func (r *run) restarted() {
	r.audit.now = r.audit.written
	for n := len(r.journal); n > 0 && r.journal[n-1].now > r.audit.now; n-- {
		r.journal = r.journal[:n-1]
	}
}

// restart closes the engine and opens it again: the state is the same.
func (r *run) restart(queue int) error { return r.restartWith(queue, r.batch) }

func (r *run) restartWith(queue, batch int) error {
	if err := r.engine.Close(); err != nil {
		return fmt.Errorf("close: %w", err)
	}
	return r.reopen(queue, batch)
}

// reopen opens the engine again after it was closed.
func (r *run) reopen(queue, batch int) error {
	before := r.engine.Snapshot().Hash()
	r.disk = r.disk.Kill()
	if err := r.start(queue, batch); err != nil {
		return within(CodeRefusedOpen, fmt.Errorf("open again: %w", err))
	}
	if after := r.engine.Snapshot().Hash(); after != before {
		return violated(CodeHash, "state hash was %x before closing and is %x after opening", before[:4], after[:4])
	}
	r.restarted()
	return r.compare()
}

// poison lets one write fail with an unknown outcome. Nothing is acknowledged
// until the store is opened again; then all of that write is there, or none.
func (r *run) poison(cmds []engine.Command, kept bool) error {
	sent, err := r.together(cmds, func() { r.log.poison(kept) })
	if err != nil {
		return err
	}
	r.log.disarm()
	s, err := r.settle(sent, engine.ErrOutcomeUnknown, engine.ErrNotWritable)
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
		return violated(CodeAckAfterError, "a poisoned engine answers %w", err)
	}
	if h := r.engine.Health(); h.Ready {
		return fmt.Errorf("a poisoned engine is ready: %+v", h)
	}
	unseen := len(s.unknown) + len(s.failed)
	all := slices.Concat(s.unknown, s.failed)
	if err := r.decide(Trouble{Loss: lossOf(kept)}, all, kept); err != nil {
		return err
	}
	if unseen > 0 {
		r.counts.Add("outcome unknown, then resolved")
	}
	// What clients do now: the same again.
	return r.again(all)
}

// lossOf makes a disk keep a batch of unknown fate, or lose it if it can.
func lossOf(kept bool) int {
	if kept {
		return -1
	}
	return 0
}

// decide opens the store again and looks how far the log goes: to the last
// acknowledged batch, or to the end of the one that was under way.
func (r *run) decide(t Trouble, open []engine.Command, kept bool) error {
	attempted, shown := r.log.attempt(), r.engine.Snapshot().Seq()
	r.leave(t)
	if err := r.recover(t, simQueueLimit, r.batch); err != nil {
		return within(CodeRefusedOpen, fmt.Errorf("open after a failed commit: %w", err))
	}
	seq := r.engine.Snapshot().Seq()
	_, chooses := r.disk.(*memDisk)
	switch {
	case seq < r.audit.seq || seq < shown:
		return violated(CodeLostAck, "the log ends at %d, acknowledged was %d, shown %d", seq, r.audit.seq, shown)
	case seq != r.audit.seq && seq != attempted:
		return violated(CodeTornBatch, "the log ends at %d: expected %d, or %d with the whole batch", seq, r.audit.seq, attempted)
	case chooses && kept != (seq == attempted):
		return violated(CodeLostAck, "after a failed commit, written %v, the log ends at %d, without it at %d", kept, seq, r.audit.seq)
	}
	if seq > r.audit.seq {
		r.counts.Add("unknown, and done")
	} else {
		r.counts.Add("unknown, and not done")
	}
	for _, cmd := range open {
		if r.audit.seq >= seq {
			break
		}
		r.audit.tick(r.clock.Now())
		v := r.audit.judge(cmd)
		r.note(cmd, &v)
	}
	if r.audit.seq != seq {
		return violated(CodePhantom, "the log ends at %d, all that was asked leads to %d", seq, r.audit.seq)
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
	if err := r.reopen(simQueueLimit, r.batch); err != nil {
		return err
	}
	if err := r.fromTheStart(hash); err != nil {
		return err
	}
	if err := within(CodeAudit, r.audited()); err != nil {
		return err
	}
	if err := within(CodeAudit, r.offered()); err != nil {
		return err
	}
	batches := []int{1, 100}
	if r.config.Commands > 0 { // many seeds: each one of them
		batches = batches[r.config.Seed%2:][:1]
	}
	for _, batch := range batches {
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
	e, err := r.openOn(fork, simQueueLimit, r.batch)
	if err != nil {
		return within(CodeHash, fmt.Errorf("open without a checkpoint: %w", err))
	}
	defer e.Close()
	if got := e.Snapshot().Hash(); got != hash {
		return violated(CodeHash, "state hash is %x with the checkpoint and %x without", hash[:4], got[:4])
	}
	report, err := engine.Replay(r.ctx, r.log, r.identity(), engine.ReplayOptions{Rejudge: true})
	switch {
	case err != nil:
		return within(CodeHash, fmt.Errorf("replay: %w", err))
	case report.State != hash:
		return violated(CodeHash, "replay gives state hash %x, the engine has %x", report.State[:4], hash[:4])
	case report.Different != 0:
		return violated(CodeRejudged, "judged again, %d entries differ: %v", report.Different, report.Differences)
	}
	return nil
}

// audited checks that every entry has its audit record, and that it names who
// sent the command, and from where: read by each tenant and, in a store of format 1, as kept.
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
		if rec.Client != w.client || rec.KeyID != w.keyID {
			return fmt.Errorf("audit record of entry %d says from %q with key %q, expected %q, %q", rec.Seq, rec.Client, rec.KeyID, w.client, w.keyID)
		}
		found++
		return nil
	}
	for _, tenant := range tenants {
		var wrong error
		_, err := r.engine.Events(tenant, 0, len(r.writers)+1, func(rec *engine.Change) bool {
			wrong = check(&rec.AuditRecord)
			if rec.Actor.Tenant != tenant { // also told to the one whose tenant or key it is
				found--
				if rec.Kind < engine.KindPutTenant || rec.Kind > engine.KindRevokeKey {
					wrong = violated(CodeTenant, "tenant %s is told of entry %d of %s", tenant, rec.Seq, rec.Actor.Tenant)
				}
			}
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
	r.clock.Set(r.config.season().start)
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
		return violated(CodeRejudged, "state hash is %x, was %x", got[:4], hash[:4])
	}
	return nil
}
