package persist

import (
	"sync"
	"sync/atomic"
	"time"
)

// stall watches over the commit under way. One that takes longer than StallTimeout makes the
// store refuse new appends, by the clock of health, and tells who waits, by a timer.
type stall struct {
	h     *health
	began atomic.Int64 // nanoseconds since the store was made; 0 = no commit is under way
	timer *time.Timer

	mu     sync.Mutex
	passed chan struct{} // closed when the commit under way has passed the bound
	told   bool          // passed is closed
}

func (w *stall) init(h *health) {
	w.h, w.passed = h, make(chan struct{})
	w.timer = time.AfterFunc(h.s.opts.StallTimeout, w.tell)
	w.timer.Stop()
}

// begin and end stand around a commit, on the goroutine of the commit loop.
func (w *stall) begin() {
	w.began.Store(max(int64(w.h.now().Sub(w.h.s.born)), 1))
	w.timer.Reset(w.h.s.opts.StallTimeout)
}

func (w *stall) end() {
	w.timer.Stop()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.began.Store(0)
	if w.told {
		w.passed, w.told = make(chan struct{}), false
	}
}

func (w *stall) tell() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.began.Load() != 0 && !w.told { // else the commit has ended meanwhile
		w.told = true
		close(w.passed)
	}
}

// committing returns for how long the commit under way has been going on, 0 if none is.
func (w *stall) committing() time.Duration {
	began := w.began.Load()
	if began == 0 {
		return 0
	}
	return w.h.now().Sub(w.h.s.born) - time.Duration(began)
}

// Stalled implements engine.StallingLog.
func (s *Store) Stalled() <-chan struct{} {
	s.health.stall.mu.Lock()
	defer s.health.stall.mu.Unlock()
	return s.health.stall.passed
}
