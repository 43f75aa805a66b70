package engine

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"sync"

	"github.com/parleyhq/parley/slots"
)

// checkpointer lets one checkpoint run at a time.
type checkpointer struct {
	busy  chan struct{} // holds one value while a checkpoint is under way
	mu    sync.Mutex
	last  Seq // of the newest checkpoint
	tried Seq // of the newest attempt beside the writer
	// checked is the stamp of the newest state that was checked in this process: what
	// changed before agrees.
	checked slots.Instant
}

func (c *checkpointer) begin() { c.busy <- struct{}{} }

func (c *checkpointer) end() { <-c.busy }

// tryBegin begins a checkpoint at seq if every entries have been written since
// the last one, or since the last attempt, and none is under way.
func (c *checkpointer) tryBegin(seq Seq, every int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if seq < max(c.last, c.tried)+Seq(every) {
		return false
	}
	select {
	case c.busy <- struct{}{}:
		c.tried = seq
		return true
	default:
		return false
	}
}

func (c *checkpointer) saved(seq Seq) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last = max(c.last, seq)
}

func (c *checkpointer) agreed(at slots.Instant) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.checked = max(c.checked, at)
}

func (c *checkpointer) whole() slots.Instant {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.checked
}

func (c *checkpointer) newest() Seq {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.last
}

// Checkpoint saves the present snapshot as a checkpoint, unless there is one of
// it already. It waits for a checkpoint that is under way.
func (e *Engine) Checkpoint() error {
	e.checkpoints.begin()
	defer e.checkpoints.end()
	return e.saveCheckpoint(e.Snapshot())
}

// saveCheckpoint writes a snapshot. It reads a published state and holds nothing
// that the writer waits for. A state that contradicts itself stops the process:
// what the log says can still be trusted.
func (e *Engine) saveCheckpoint(s *Snapshot) error {
	if s.Seq() <= e.checkpoints.newest() {
		return nil
	}
	if err := s.state.checkChanges(e.checkpoints.whole()); err != nil {
		broken("a state agrees with itself", s.Seq(), err)
	}
	if err := e.options.Log.SaveCheckpoint(CheckpointInfo{Seq: s.Seq(), Chain: s.chain}, s.state.writeHashed); err != nil {
		return err
	}
	e.checkpoints.saved(s.Seq())
	e.checkpoints.agreed(s.Stamped())
	return nil
}

// writeHashed writes the state and returns its hash: it is encoded once for both. The error is
// one of w: a state that cannot be encoded stops the process, as it does in Hash.
func (s *state) writeHashed(w io.Writer) (Hash, error) {
	h, out := sha256.New(), &failing{out: w}
	err := s.writeTo(io.MultiWriter(out, h))
	if err != nil && out.err == nil {
		broken("a state can be encoded", s.seq, err)
	}
	return sumOf(h), err
}

// failing remembers whether what it writes to has failed.
type failing struct {
	out io.Writer
	err error
}

func (w *failing) Write(p []byte) (n int, err error) {
	if n, err = w.out.Write(p); err == nil && n < len(p) {
		err = io.ErrShortWrite
	}
	w.err = err
	return n, err
}

// Hash returns the SHA-256 of the state's canonical encoding. It takes time in
// proportion to the state.
func (s *Snapshot) Hash() Hash {
	h := sha256.New()
	if err := s.state.writeTo(h); err != nil {
		broken("a state can be encoded", s.Seq(), err)
	}
	return sumOf(h)
}

func sumOf(h hash.Hash) (out Hash) {
	h.Sum(out[:0])
	return out
}

// loadCheckpoint returns the state of the newest checkpoint, or an empty state
// at 0. Nothing of it is used before its digest agrees. progress, if not nil, is
// told how many bytes are read.
func loadCheckpoint(ctx context.Context, log Log, progress func(done, total uint64)) (s *state, info CheckpointInfo, err error) {
	info, r, err := log.LoadCheckpoint()
	if errors.Is(err, ErrNoRecord) {
		return newState(), CheckpointInfo{}, nil
	}
	if err != nil {
		return nil, info, fmt.Errorf("engine: load checkpoint: %w", err)
	}
	defer func() { _ = r.Close() }()
	// The log reports damage at the end at the latest: its digest is of what was read.
	s, err = readTexts(&watchedReader{ctx: ctx, in: textsOf(r), total: uint64(info.Bytes), progress: progress})
	switch {
	case ctx.Err() != nil:
		return nil, info, fmt.Errorf("engine: load checkpoint: %w", ctx.Err())
	case err != nil:
		return nil, info, fmt.Errorf("engine: checkpoint at seq %d: %w", info.Seq, err)
	case info.Digest != info.State:
		return nil, info, fmt.Errorf("%w: checkpoint at seq %d: state hash differs", ErrCorrupt, info.Seq)
	case s.seq != info.Seq:
		return nil, info, fmt.Errorf("%w: checkpoint at seq %d says it is at %d", ErrCorrupt, info.Seq, s.seq)
	}
	return s, info, nil
}
