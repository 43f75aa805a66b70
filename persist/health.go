package persist

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parleyhq/parley/engine"
)

const (
	spaceCheckInterval = time.Second      // how old the answer to "how much is free" may be
	backgroundQuiet    = 10 * time.Second // without a background error before writes are taken again
	backgroundPause    = 10 * time.Millisecond
	maxSpilledErrors   = 100              // of background work in memory, which should not fail at all
	repeatInterval     = 10 * time.Second // between two reports of one kind of event
)

// health decides whether the store may be written. All its reasons to refuse
// are definite: they are looked at before a write begins.
type health struct {
	s   *Store
	now func() time.Time // time.Now; tests move it

	freeInodes func(dir string) (free int64, ok bool) // of the machine's own file system; tests have their own

	damagedFile atomic.Pointer[string] // found by Pebble while reading; stays
	damagedLog  atomic.Pointer[string] // found by reading behind; stays
	space       space
	events      events
	stall       stall

	mu            sync.Mutex
	backgroundErr error     // of a flush or compaction
	backgroundAt  time.Time // when it last came
	watermarkErr  error     // of the last try, nil when it went well
	readOnly      bool      // the last answer, to report changes
	reports       map[string]*report
}

// events counts what Pebble has told since the store was opened.
type events struct{ backgroundErrors, slowDisk, writeStalls atomic.Uint64 }

// report thins out the messages about one kind of event: a full disk makes
// Pebble report tens of thousands of failed flushes a second.
type report struct {
	last       time.Time
	suppressed int
}

func (h *health) init(s *Store) {
	h.s, h.now, h.reports = s, time.Now, map[string]*report{}
	h.space.free.Store(-1)
	h.space.total.Store(-1)
	h.freeInodes = freeInodes
	if s.opts.FS != nil {
		h.freeInodes = func(string) (int64, bool) { return 0, false }
	}
	h.stall.init(h)
}

// check returns nil, or why nothing may be written: a *engine.Refusal that wraps
// ErrReadOnly.
func (h *health) check() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	r := h.refusal()
	if readOnly := r != nil; readOnly != h.readOnly {
		h.readOnly = readOnly
		if readOnly {
			h.s.opts.Logger.Warn("store is read-only", "reason", r.Detail, "cause", string(r.Cause))
		} else {
			h.s.opts.Logger.Info("store takes writes again")
		}
	}
	if r != nil {
		return r
	}
	return nil
}

// checkFreeing is check for a write that gives something back: it is refused for
// want of space only when the reserve is used up as well.
func (h *health) checkFreeing() error {
	err := h.check()
	var r *engine.Refusal
	if errors.As(err, &r) && r.Cause == engine.CauseSpace && !h.space.exhausted.Load() {
		return nil
	}
	return err
}

// refusal looks at the reasons in the order of their weight: first what does not pass, last what
// checkFreeing forgives, so that it hides none.
func (h *health) refusal() *engine.Refusal {
	no := func(cause engine.Cause, format string, args ...any) *engine.Refusal {
		return &engine.Refusal{Cause: cause, Kind: engine.ErrReadOnly, Detail: fmt.Sprintf(format, args...)}
	}
	h.checkSpace()
	if file := h.damagedFile.Load(); file != nil {
		return no(engine.CauseDamage, "%s is damaged; stop the program and verify the store", *file)
	}
	if what := h.damagedLog.Load(); what != nil {
		return no(engine.CauseDamage, "damage was found: %s; stop the program and verify the store", *what)
	}
	if took := h.stall.committing(); took > h.s.opts.StallTimeout {
		return no(engine.CauseStalled, "a commit is under way and has taken longer than %v", h.s.opts.StallTimeout)
	}
	if h.backgroundErr != nil {
		if h.now().Sub(h.backgroundAt) < backgroundQuiet { // as in failing
			return no(engine.CauseBackground, "background work fails: %v", h.backgroundErr)
		}
		h.backgroundErr = nil
	}
	if h.watermarkErr != nil {
		return no(engine.CauseWatermark, "%s cannot be written: %v", watermarkName, h.watermarkErr)
	}
	if h.space.low {
		return no(engine.CauseSpace, "%d bytes are free on the disk, %d must be", h.space.free.Load(), h.s.opts.MinFreeBytes)
	}
	if h.space.few {
		return no(engine.CauseSpace, "%d inodes are free on the disk, %d must be", h.space.inodes, minFreeInodes)
	}
	return nil
}

// background takes note of a failed flush or compaction. Pebble tries again by
// itself, at once; as long as it fails, writes would pile up in memory until
// Pebble stops them without an answer.
func (h *health) background(err error) {
	// A failed flush Pebble would try for ever, and not come to an end of opening. Who
	// meets a damaged table is a compaction: opening does not wait for it. What has spilled comes to an end.
	spilled := h.s.opts.spill.err() != nil && h.events.backgroundErrors.Load() < maxSpilledErrors
	if !h.s.running.Load() && !pebble.IsCorruptionError(err) && !spilled {
		h.s.halt("background work failed: %v", err)
	}
	time.Sleep(backgroundPause) // instead of Pebble, which does not wait
	h.events.backgroundErrors.Add(1)
	h.mu.Lock()
	defer h.mu.Unlock()
	if outOfSpace(err) {
		h.dropBallast()
	}
	h.backgroundErr, h.backgroundAt = err, h.now()
	h.report("background work failed", err)
}

// failing reports whether background work has failed lately.
func (h *health) failing() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.backgroundErr != nil && h.now().Sub(h.backgroundAt) < backgroundQuiet
}

// corruption takes note of a damaged file.
func (h *health) corruption(path string) {
	h.damagedFile.CompareAndSwap(nil, &path)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.report("file is damaged: "+path, engine.ErrCorrupt)
}

// watermark takes note of how writing the watermark ended. While it fails,
// acknowledged records would go unprotected against the loss of the log's end.
func (h *health) watermark(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.watermarkErr = err; err != nil {
		h.report("watermark not written", err)
	}
}

// slow takes note of disk operations that take seconds.
func (h *health) slow(what string) {
	h.events.slowDisk.Add(1)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.report("disk is slow", errors.New(what))
}

// stalled takes note of writes that Pebble holds back. Whether one of ours waits is seen by
// how long its commit takes.
func (h *health) stalled(what string) {
	h.events.writeStalls.Add(1)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.report("writes are stalled", errors.New(what))
}

func (h *health) report(what string, err error) {
	r := h.reports[what]
	if r == nil {
		r = &report{}
		h.reports[what] = r
	}
	now := h.now()
	if !r.last.IsZero() && now.Sub(r.last) < repeatInterval {
		r.suppressed++
		return
	}
	h.s.opts.Logger.Error(what, "error", err.Error(), "suppressed", r.suppressed)
	r.last, r.suppressed = now, 0
}
