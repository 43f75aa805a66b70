package persist

import (
	"errors"
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parleyhq/parley/engine"
)

const (
	spaceCheckInterval = time.Second      // how old the answer to "how much is free" may be
	backgroundQuiet    = 10 * time.Second // without a background error before writes are taken again
	backgroundPause    = 10 * time.Millisecond
	repeatInterval     = 10 * time.Second // between two reports of one kind of event
)

// health decides whether the store may be written. All its reasons to refuse
// are definite: they are looked at before a write begins.
type health struct {
	s   *Store
	now func() time.Time // time.Now; tests move it

	damagedFile atomic.Pointer[string] // found by Pebble while reading; stays
	damagedLog  atomic.Pointer[string] // found by reading behind; stays
	free        atomic.Int64           // bytes as of spaceChecked, -1 if unknown

	mu            sync.Mutex
	spaceChecked  time.Time
	low           bool
	backgroundErr error     // of a flush or compaction
	backgroundAt  time.Time // when it last came
	watermarkErr  error     // of the last try, nil when it went well
	readOnly      bool      // the last answer, to report changes
	reports       map[string]*report
}

// report thins out the messages about one kind of event: a full disk makes
// Pebble report tens of thousands of failed flushes a second.
type report struct {
	last       time.Time
	suppressed int
}

func (h *health) init(s *Store) {
	h.s, h.now, h.reports = s, time.Now, map[string]*report{}
	h.free.Store(-1)
}

// check returns nil, or an error wrapping ErrReadOnly with the reason.
func (h *health) check() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	reason := h.refusal()
	if readOnly := reason != ""; readOnly != h.readOnly {
		h.readOnly = readOnly
		if readOnly {
			h.s.opts.Logger.Warn("store is read-only", "reason", reason)
		} else {
			h.s.opts.Logger.Info("store takes writes again")
		}
	}
	if reason != "" {
		return fmt.Errorf("%w: %s", engine.ErrReadOnly, reason)
	}
	return nil
}

func (h *health) refusal() string {
	if file := h.damagedFile.Load(); file != nil {
		return fmt.Sprintf("%s is damaged; stop the program and verify the store", *file)
	}
	if what := h.damagedLog.Load(); what != nil {
		return fmt.Sprintf("damage was found: %s; stop the program and verify the store", *what)
	}
	if h.checkSpace(); h.low {
		return fmt.Sprintf("%d bytes are free on the disk, %d must be", h.free.Load(), h.s.opts.MinFreeBytes)
	}
	if h.backgroundErr != nil {
		if h.now().Sub(h.backgroundAt) < backgroundQuiet { // as in failing
			return fmt.Sprintf("background work fails: %v", h.backgroundErr)
		}
		h.backgroundErr = nil
	}
	if h.watermarkErr != nil {
		return fmt.Sprintf("%s cannot be written: %v", watermarkName, h.watermarkErr)
	}
	return ""
}

// checkSpace asks the file system for its free space, if the last answer is
// too old.
func (h *health) checkSpace() {
	minFree := h.s.opts.MinFreeBytes
	if minFree < 0 || !h.spaceChecked.IsZero() && h.now().Sub(h.spaceChecked) < spaceCheckInterval {
		return
	}
	h.spaceChecked = h.now()
	usage, err := h.s.fs.GetDiskUsage(h.s.dir)
	if err != nil { // the guard is an early warning; a full disk is noticed without it
		h.low = false
		h.free.Store(-1)
		if !errors.Is(err, vfs.ErrUnsupported) {
			h.report("free space unknown", err)
		}
		return
	}
	free := int64(min(usage.AvailBytes, math.MaxInt64))
	if h.low {
		minFree += minFree / 8
	}
	h.low = free < minFree
	h.free.Store(free)
}

// background takes note of a failed flush or compaction. Pebble tries again by
// itself, at once; as long as it fails, writes would pile up in memory until
// Pebble stops them without an answer.
func (h *health) background(err error) {
	// A failed flush Pebble would try for ever, and not come to an end of opening. Who
	// meets a damaged table is a compaction: opening does not wait for it.
	if !h.s.running.Load() && !pebble.IsCorruptionError(err) {
		h.s.halt("background work failed: %v", err)
	}
	time.Sleep(backgroundPause) // instead of Pebble, which does not wait
	h.mu.Lock()
	defer h.mu.Unlock()
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
	h.mu.Lock()
	defer h.mu.Unlock()
	h.report("disk is slow", errors.New(what))
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
