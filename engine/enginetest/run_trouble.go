package enginetest

import (
	"errors"
	"fmt"
	"slices"

	"github.com/parleyhq/parley/engine"
)

// power cuts the power while commands are under way. What was acknowledged is there
// afterwards, and of the batch on its way all or nothing.
func (r *run) power(t Trouble, cmds []engine.Command) error {
	d := r.troubled()
	if d == nil {
		return r.crash(t, simQueueLimit)
	}
	d.CutAfter(1 + t.After)
	sent := r.begin(cmds)
	sent.wait()
	for n := 0; !d.Dead() && n < 2; n++ { // in the midst of a checkpoint, then
		_ = r.engine.Checkpoint() // its end is told below
		if d.Dead() {
			r.counts.Add("crash while a checkpoint is written")
		}
	}
	s, err := r.settle(sent, engine.ErrOutcomeUnknown, engine.ErrNotWritable)
	if err != nil {
		return err
	}
	if !d.Dead() {
		d.Heal()
		r.counts.Add("power cut not met")
		if len(s.failed)+len(s.unknown) > 0 {
			return fmt.Errorf("%d commands failed and nothing did", len(s.failed)+len(s.unknown))
		}
		return nil
	}
	r.counts.Add("power cut")
	if s.acked > 0 && len(s.unknown) > 0 {
		r.counts.Add("power cut between two batches")
	}
	return r.resolve(t, s)
}

// broken lets operations of the disk fail while commands are under way.
func (r *run) broken(t Trouble, cmds []engine.Command) error {
	d := r.troubled()
	if d == nil {
		return r.refuse(cmds)
	}
	d.Fail(t)
	sent := r.begin(cmds)
	sent.wait()
	s, err := r.settle(sent, engine.ErrOutcomeUnknown, engine.ErrNotWritable)
	if err != nil {
		return err
	}
	if t.Full && len(s.failed) > 0 {
		r.counts.Add("no space in the midst of a batch")
	}
	if err := r.compare(); err != nil {
		return fmt.Errorf("while the disk fails: %w", err)
	}
	health := r.engine.Health()
	d.Heal()
	switch {
	case errors.Is(health.Writable, engine.ErrPoisoned):
		r.counts.Add("commit failed")
		if _, err := r.engine.Submit(r.ctx, r.plug()); !errors.Is(err, engine.ErrNotWritable) {
			return violated(CodeAckAfterError, "a poisoned engine answers %w", err)
		}
		return r.resolve(t, s)
	case errors.Is(health.Writable, engine.ErrReadOnly):
		r.counts.Add("read-only for want of a watermark")
		r.mark()
	}
	if len(s.unknown) > 0 {
		return fmt.Errorf("%d outcomes are unknown, and the engine goes on", len(s.unknown))
	}
	return r.again(s.failed)
}

// mark writes the watermark, so that the log takes writes again.
func (r *run) mark() {
	if log, ok := r.log.Log.(interface{ Mark() }); ok {
		log.Mark()
	}
}

// resolve opens the store again after its writing has ended, and lets the clients ask
// again for what they have no answer to.
func (r *run) resolve(t Trouble, s settled) error {
	open := slices.Concat(s.unknown, s.failed)
	if err := r.decide(t, open, false); err != nil {
		return err
	}
	if len(s.unknown) > 0 {
		r.counts.Add("outcome unknown, then resolved")
	}
	return r.again(open)
}

// damage changes a bit of the disk. The store is refused, with the place, or nothing is
// gone; and it is as before once the bit is.
func (r *run) damage(t Trouble) error {
	if r.troubled() == nil {
		return nil
	}
	if err := r.restart(simQueueLimit); err != nil { // the watermark is at the end now
		return err
	}
	before := r.engine.Snapshot()
	r.leave(Trouble{Loss: -1})
	heal, ok := r.disk.(TroubledDisk).Damage(t.After)
	if !ok {
		return r.start(simQueueLimit, r.batch)
	}
	err := r.start(simQueueLimit, r.batch)
	switch {
	case err != nil && !errors.Is(err, engine.ErrCorrupt):
		return violated(CodeSilentDamage, "a damaged store is refused for another reason: %w", err)
	case err != nil:
		r.counts.Add("damage refused")
	default:
		r.counts.Add("damage without an effect")
		if got := r.engine.Snapshot(); got.Seq() != before.Seq() || got.Hash() != before.Hash() {
			return violated(CodeSilentDamage, "a damaged store is opened at seq %d, it was at %d", got.Seq(), before.Seq())
		}
	}
	r.leave(Trouble{Loss: -1})
	if err != nil {
		heal()
	}
	return r.after(before)
}

// after opens the store again and compares it with how it was.
func (r *run) after(before *engine.Snapshot) error {
	if err := r.start(simQueueLimit, r.batch); err != nil {
		return within(CodeRefusedOpen, err)
	}
	if got := r.engine.Snapshot(); got.Hash() != before.Hash() {
		return violated(CodeHash, "another state at seq %d, before at %d", got.Seq(), before.Seq())
	}
	r.restarted()
	return nil
}
