package persist

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parleyhq/parley/engine"
)

// commit is a batch on its way to the disk.
type commit struct {
	batch  *pebble.Batch
	sync   *pebble.WriteOptions
	effect func(*content) // what the batch changes
	done   chan error     // room for one
}

// Append implements engine.Log.
func (s *Store) Append(ctx context.Context, expected engine.Seq, records []engine.Record) error {
	s.appending.Lock()
	defer s.appending.Unlock()
	if err := refused(s.WritableFreeing()); err != nil { // who may ask for more was asked before
		return err
	}
	last, chain := s.Last()
	if expected != last {
		return fmt.Errorf("%w: expected %d, last is %d", engine.ErrSeqMismatch, expected, last)
	}
	if err := engine.CheckBatch(records); err != nil {
		return err
	}
	batch := s.db.NewBatch()
	for _, r := range records {
		last++
		chain = engine.ChainNext(chain, last, r.Payload)
		if err := setRecord(batch, last, chain, r); err != nil {
			return errors.Join(engine.ErrNotWritten, err)
		}
	}
	return s.commit(ctx, batch, func(c *content) { c.last, c.chain = last, chain })
}

// setRecord writes a record and what is derived from it straight into a batch.
func setRecord(batch *pebble.Batch, seq engine.Seq, chain engine.Hash, r engine.Record) error {
	op := batch.SetDeferred(logKeyBytes, recordHeader+len(r.Payload))
	appendLogKey(op.Key[:0], seq)
	appendRecord(op.Value[:0], op.Key, chain, r.Payload)
	if err := op.Finish(); err != nil {
		return err
	}
	for _, d := range r.Derived {
		op := batch.SetDeferred(1+len(d.Key), len(d.Value))
		op.Key[0] = byte(d.Space)
		copy(op.Key[1:], d.Key)
		copy(op.Value, d.Value)
		if err := op.Finish(); err != nil {
			return err
		}
	}
	return nil
}

// refusal returns why nothing may be written now, in the words of Append.
func (s *Store) refusal() error { return refused(s.Writable()) }

func refused(err error) error {
	if err == nil || errors.Is(err, engine.ErrPoisoned) {
		return err
	}
	return errors.Join(engine.ErrNotWritten, err)
}

// commit makes a batch durable.
func (s *Store) commit(ctx context.Context, batch *pebble.Batch, effect func(*content)) error {
	sync := pebble.Sync
	if planted == plantAckFirst {
		sync = pebble.NoSync
	}
	return s.hand(ctx, commit{batch: batch, sync: sync, effect: effect, done: make(chan error, 1)})
}

// hand gives a commit to the commit loop and waits for the end, which is
// nil (durable and in the view), ErrNotWritten (never begun) or ErrPoisoned. It
// does not wait longer than CommitTimeout once the commit has begun.
func (s *Store) hand(ctx context.Context, c commit) error { return s.handTo(ctx, s.commits, c) }

// handTo is hand for one of the commit loops.
func (s *Store) handTo(ctx context.Context, to chan<- commit, c commit) error {
	if err := ctx.Err(); err != nil {
		return errors.Join(engine.ErrNotWritten, err)
	}
	select {
	case to <- c:
	case <-s.poisoned:
		return s.poisonedError()
	case <-s.closing:
		return errors.Join(engine.ErrNotWritten, engine.ErrLogClosed)
	case <-ctx.Done():
		return errors.Join(engine.ErrNotWritten, ctx.Err())
	}
	defer s.limit("a commit", s.opts.CommitTimeout)()
	select {
	case err := <-c.done:
		if err != nil {
			return err
		}
	case <-s.poisoned:
	}
	if isClosed(s.poisoned) {
		return s.poisonedError()
	}
	return nil
}

// commitLoop makes one commit after the other. It has a goroutine of its own
// because a commit whose log write fails never returns; see halt.
func (s *Store) commitLoop() {
	defer close(s.committed)
	for {
		select {
		case c := <-s.commits:
			c.done <- s.commitOne(c)
		case <-s.closing:
			return
		}
	}
}

func (s *Store) commitOne(c commit) error {
	if isClosed(s.poisoned) {
		return s.poisonedError()
	}
	start := time.Now()
	s.health.stall.begin()
	defer s.health.stall.end()
	err := recovered("commit", func() error {
		if err := c.batch.Commit(c.sync); err != nil {
			return err
		}
		return c.batch.Close()
	})
	if err != nil {
		s.poison(fmt.Sprintf("commit failed: %v", err))
	}
	s.lastCommit.Store(int64(time.Since(start)))
	if isClosed(s.poisoned) { // also if the watchdog has given this commit up
		return s.poisonedError()
	}
	now := s.current.Load().content
	c.effect(&now)
	s.publish(now)
	return nil
}

// keep writes the watermark while the log moves, and once more when the store
// is poisoned: what was acknowledged until then is still to be protected. The
// watermark stands at written.
func (s *Store) keep(written engine.Seq) {
	defer close(s.kept)
	s.marked.Store(int64(time.Since(s.born)))
	ticker := time.NewTicker(s.opts.WatermarkInterval)
	defer ticker.Stop()
	for {
		_ = s.health.check() // tells what has changed, also while nobody writes
		ending := false
		select {
		case <-ticker.C:
		case <-s.poisoned:
			ending = true
		case <-s.closing:
			return
		}
		v, seen := s.current.Load(), time.Since(s.born)
		if v.last != written {
			err := s.writeWatermark(v.content)
			if ending && outOfSpace(err) && s.health.giveBallast() { // what was acknowledged is worth the reserve
				err = s.writeWatermark(v.content)
			}
			if err == nil {
				written = v.last
			}
			s.health.watermark(err)
		}
		if v.last == written {
			s.marked.Store(int64(seen))
		}
		if ending {
			return
		}
	}
}
