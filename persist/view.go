package persist

import (
	"errors"
	"fmt"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parleyhq/parley/engine"
)

// content sums up what is durable.
type content struct {
	last       engine.Seq
	chain      engine.Hash
	checkpoint *pointer // nil: none
}

// view is the durable content at one moment. It is immutable but for its
// reference count.
type view struct {
	content
	snapshot *pebble.Snapshot
	refs     int // guarded by Store.viewMu; the store itself holds one
}

// publish makes c and what Pebble shows now the current view, and lets go of
// the one before. Only the commit loop calls it, and Open.
func (s *Store) publish(c content) {
	v := &view{content: c, snapshot: s.db.NewSnapshot(), refs: 1}
	if old := s.current.Swap(v); old != nil {
		s.release(old)
	}
}

// acquire returns the current view, for a walk or for the caller to drop.
func (s *Store) acquire() (*view, error) {
	s.viewMu.Lock()
	defer s.viewMu.Unlock()
	if isClosed(s.closing) {
		return nil, engine.ErrLogClosed
	}
	v := s.current.Load()
	v.refs++
	s.walks.Add(1)
	return v, nil
}

// drop gives back what acquire returned. It may get stuck in a poisoned store.
func (s *Store) drop(v *view) {
	s.release(v)
	s.walks.Done()
}

func (s *Store) release(v *view) {
	s.viewMu.Lock()
	v.refs--
	last := v.refs == 0
	s.viewMu.Unlock()
	if last && !isClosed(s.poisoned) {
		if err := v.snapshot.Close(); err != nil {
			s.opts.Logger.Error("snapshot not closed", "error", err)
		}
	}
}

// A block is a run of keys and values that a cursor's goroutine has copied
// out of Pebble.
type block struct {
	data []byte
	ends []int // of key, value, key, value, … in data
}

const (
	blockBytes = 256 << 10
	blockKeys  = 1024
)

// cursor walks a range of keys of a view in order. Pebble is read on a
// goroutine of its own, which may end up in halt; the cursor then answers with
// an error in its stead.
type cursor struct {
	s      *Store
	blocks chan block
	stop   chan struct{}
	done   chan struct{}
	err    error // of the walk; valid when blocks is closed
	cur    block
	next   int
	grace  <-chan time.Time
}

// walk starts a cursor over [lower, upper) of v, which it drops in the end.
func (s *Store) walk(v *view, lower, upper []byte) *cursor {
	c := &cursor{s: s, blocks: make(chan block, 1), stop: make(chan struct{}), done: make(chan struct{})}
	go func() {
		defer close(c.done)
		defer s.drop(v)
		closeIter := func() error { return nil }
		c.err = recovered("read", func() error {
			iter, err := v.snapshot.NewIter(&pebble.IterOptions{LowerBound: lower, UpperBound: upper})
			if err != nil {
				return err
			}
			closeIter = iter.Close
			return c.fill(iter)
		})
		close(c.blocks)
		// Not before the end is told: in a poisoned store this may be stuck.
		if err := recovered("read", closeIter); err != nil && c.err == nil {
			s.opts.Logger.Error("iterator not closed", "error", err)
		}
	}()
	return c
}

// fill sends blocks until the range or the consumer ends.
func (c *cursor) fill(iter *pebble.Iterator) error {
	var b block
	send := func() bool {
		select {
		case c.blocks <- b:
			if len(b.data) >= 2*blockBytes { // a large value, for which append makes just the room
				b = block{}
				return true
			}
			// The next one is likely to be as long.
			b = block{data: make([]byte, 0, len(b.data)+len(b.data)/8), ends: make([]int, 0, len(b.ends)+len(b.ends)/8)}
			return true
		case <-c.stop:
			return false
		}
	}
	for valid := iter.First(); valid; valid = iter.Next() {
		value, err := iter.ValueAndErr()
		if err != nil {
			return err
		}
		b.data = append(b.data, iter.Key()...)
		b.ends = append(b.ends, len(b.data))
		b.data = append(b.data, value...)
		b.ends = append(b.ends, len(b.data))
		if (len(b.data) >= blockBytes || len(b.ends) >= 2*blockKeys) && !send() {
			return nil
		}
	}
	if len(b.ends) > 0 && !send() {
		return nil
	}
	return iter.Error()
}

// read returns the next key and value, which are never changed, or ok false at
// the end or on an error.
func (c *cursor) read() (key, value []byte, ok bool, err error) {
	if 2*c.next >= len(c.cur.ends) {
		if ok, err := c.receive(); !ok {
			return nil, nil, false, err
		}
	}
	start := 0
	if c.next > 0 {
		start = c.cur.ends[2*c.next-1]
	}
	middle, end := c.cur.ends[2*c.next], c.cur.ends[2*c.next+1]
	c.next++
	return c.cur.data[start:middle:middle], c.cur.data[middle:end:end], true, nil
}

func (c *cursor) receive() (ok bool, err error) {
	poisoned := c.s.poisoned
	for {
		select {
		case c.cur, ok = <-c.blocks:
			c.next = 0
			if !ok {
				err = c.s.readError(c.err)
			}
			return ok, err
		case <-poisoned: // go on reading, but not for ever
			poisoned = nil
			if c.grace == nil {
				c.grace = time.After(c.s.grace())
			}
		case <-c.grace:
			return false, fmt.Errorf("persist: read is stuck: %w", c.s.poisonedError())
		}
	}
}

// close ends the walk. It waits until Pebble is let go of, so that it can be
// closed afterwards, unless that may never be.
func (c *cursor) close() {
	close(c.stop)
	select {
	case <-c.done:
	case <-c.s.poisoned:
	}
}

// readError wraps an error of reading from Pebble, naming the file if Pebble
// has reported which one is damaged.
func (s *Store) readError(err error) error {
	if err == nil || isDamage(err) || errors.Is(err, engine.ErrPoisoned) {
		return err
	}
	place := "database"
	if file := s.health.damagedFile.Load(); file != nil {
		place = *file
	}
	return classify(place, err)
}

// get returns a copy of the value under key as of v, or ok false.
func (s *Store) get(v *view, key []byte) (value []byte, ok bool, err error) {
	value, err = guarded(s, "read", s.grace(), func() ([]byte, error) {
		found, closer, err := v.snapshot.Get(key)
		if errors.Is(err, pebble.ErrNotFound) {
			return nil, nil
		}
		if err != nil {
			return nil, s.readError(err)
		}
		return append([]byte{}, found...), closer.Close()
	})
	return value, value != nil, err
}
