package persist

import (
	"errors"
	"io/fs"
	"math"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parleyhq/parley/engine"
)

// space is what is known of the free space of the store's disk. What is not atomic is
// guarded by health.mu.
type space struct {
	free, total atomic.Int64 // bytes as of checked, -1 if unknown
	ballast     atomic.Int64 // bytes that the ballast takes
	exhausted   atomic.Bool  // not even what frees something is written

	checked time.Time
	low     bool
	inodes  int64      // free, as of checked; only known where few is true
	few     bool       // inodes are few
	share   shareLevel // as it was told last
}

// shareLevel is how much of the disk is free, for the log.
type shareLevel int

const (
	shareEnough shareLevel = iota
	shareLow
	shareScarce
)

// roomToOpen is what opening a store may take of the disk: a log file of Pebble's, preallocated at 11/10 of
// a memtable, or the table of one memtable, and what is small.
const roomToOpen = memTableBytes * 5 / 4

// reserve is the free space below which nothing is written and the ballast goes: room to open the store again. A
// small guard has half of it for what frees something, and less than that room left.
func (o *Options) reserve() int64 { return max(o.MinFreeBytes/8, min(o.MinFreeBytes/2, roomToOpen)) }

// minFreeInodes is the number of files that must be free on the disk, as MinFreeBytes is of bytes: opening makes some ten,
// and what frees something goes on until an eighth is left.
const minFreeInodes = 256

// checkInodes asks the file system how many files can still be made, and reports whether not even what frees something is written.
func (h *health) checkInodes() (exhausted bool) {
	free, ok := h.freeInodes(h.s.dir)
	least := int64(minFreeInodes)
	if h.space.few {
		least += least / 8
	}
	h.space.inodes, h.space.few = free, ok && free < least
	return ok && free < minFreeInodes/8
}

// checkSpace asks the file system for its free space, if the last answer is
// too old, and drops or makes the ballast.
func (h *health) checkSpace() {
	minFree := h.s.opts.MinFreeBytes
	if minFree < 0 || !h.space.checked.IsZero() && h.now().Sub(h.space.checked) < spaceCheckInterval {
		return
	}
	h.space.checked = h.now()
	noInodes := h.checkInodes()
	free, ok := h.measure()
	if !ok { // the guard is an early warning; a full disk is noticed without it
		h.space.low = false
		h.space.exhausted.Store(noInodes)
		return
	}
	if free < h.s.opts.reserve() && h.dropBallast() {
		free, _ = h.measure()
	}
	if h.space.low {
		minFree += minFree / 8
	}
	h.space.low = free < minFree
	h.space.exhausted.Store(noInodes || free < h.s.opts.reserve())
	h.tellShare(free)
	if h.s.running.Load() && !h.space.few && free-h.s.opts.BallastBytes >= minFree+minFree/8 {
		h.makeBallast()
	}
}

// measure asks for the free space; ok is false if it is unknown.
func (h *health) measure() (free int64, ok bool) {
	usage, err := h.s.fs.GetDiskUsage(h.s.dir)
	if err != nil {
		h.space.free.Store(-1)
		h.space.total.Store(-1)
		if !errors.Is(err, vfs.ErrUnsupported) {
			h.report("free space unknown", err)
		}
		return 0, false
	}
	free = int64(min(usage.AvailBytes, math.MaxInt64))
	h.space.free.Store(free)
	h.space.total.Store(int64(min(usage.TotalBytes, math.MaxInt64)))
	return free, true
}

// tellShare logs when the share of the disk that is free falls below a bound, or rises above it.
func (h *health) tellShare(free int64) {
	total := h.space.total.Load()
	below := func(percent int) bool { return total > 0 && float64(free)*100 < float64(total)*float64(percent) }
	now := shareEnough
	switch {
	case below(h.s.opts.ScarceFreePercent):
		now = shareScarce
	case below(h.s.opts.LowFreePercent):
		now = shareLow
	}
	before := h.space.share
	h.space.share = now
	log := h.s.opts.Logger
	switch {
	case now == before:
	case now == shareScarce:
		log.Error("free space on the disk is scarce", "free", free, "total", total)
	case now == shareLow && before == shareEnough:
		log.Warn("free space on the disk is low", "free", free, "total", total)
	case now == shareEnough:
		log.Info("there is enough free space on the disk again", "free", free, "total", total)
	}
}

// outOfSpace reports whether an error says that the disk, or what this user may take of it, is full.
func outOfSpace(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

// makeBallast makes the ballast, if there is none. Space is taken without being written. It
// is only a reserve, so a file system that cannot do that has none.
func (h *health) makeBallast() {
	s, size := h.s, h.s.opts.BallastBytes
	if size < 0 || h.space.ballast.Load() != 0 {
		return
	}
	path := s.fs.PathJoin(s.dir, ballastName)
	f, err := s.fs.Create(path, vfs.WriteCategoryUnspecified)
	if err == nil {
		err = errors.Join(f.Preallocate(0, size), f.Close())
	}
	if err != nil {
		h.report("ballast not made", err)
		err = s.fs.Remove(path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			h.report("ballast not removed", err)
		}
		size = -1 // not tried again
	}
	h.space.ballast.Store(size)
}

// dropBallast gives the space of the ballast back and reports whether there was any.
func (h *health) dropBallast() bool {
	err := h.s.fs.Remove(h.s.fs.PathJoin(h.s.dir, ballastName))
	if h.space.ballast.Load() > 0 {
		h.space.ballast.Store(0)
	}
	switch {
	case err == nil:
		h.s.opts.Logger.Warn("the disk is full: the ballast was given back")
		return true
	case !errors.Is(err, fs.ErrNotExist):
		h.report("ballast not removed", err)
	}
	return false
}

// giveBallast is dropBallast for who does not hold the lock.
func (h *health) giveBallast() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.dropBallast()
}

// makeRoom gives the ballast of a store that is about to be opened back, if the disk is full:
// opening writes.
func (h *health) makeRoom() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.s.opts.MinFreeBytes < 0 {
		return
	}
	if free, ok := h.measure(); ok && free < h.s.opts.reserve() {
		h.dropBallast()
	}
}

// WritableFreeing is Writable for what gives something back, such as a cancellation: it is
// taken in a store that is short of space as long as the reserve lasts.
func (s *Store) WritableFreeing() error {
	err := s.Writable()
	var r *engine.Refusal
	if errors.As(err, &r) && r.Cause == engine.CauseSpace {
		return s.health.checkFreeing()
	}
	return err
}

// writableJournal is Writable for the access journal: it may go on until half of what must be free is, so that what is read and refused
// meanwhile is on record, and the rest is left to what gives something back.
func (s *Store) writableJournal() error {
	err := s.Writable()
	var r *engine.Refusal
	if errors.As(err, &r) && r.Cause == engine.CauseSpace && !s.health.space.exhausted.Load() && s.health.space.free.Load() >= s.opts.MinFreeBytes/2 {
		return nil
	}
	return err
}
