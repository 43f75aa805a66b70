package engine

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/parleyhq/parley/slots"
)

// Bounds of the system's clock.
const (
	// ClockTolerance is how far the machine's clock may jump and be followed at once. A
	// longer step is followed by slewing.
	ClockTolerance = 2 * time.Second
	// clockSlew is how much of the time that passes is made up for after a step: one
	// second in clockSlew. A hold of ten minutes ends six seconds early or late at most.
	clockSlew = 100
	// clockLook is how often the machine's clock is looked at.
	clockLook = 250 * time.Millisecond
	// DefaultClockAdvance is how far a clock may be ahead of the last entry when a store is
	// opened, in seconds: 31 days.
	DefaultClockAdvance = 31 * 24 * 3600
)

// ClockOptions say what a system clock reads; the zero value means the machine.
type ClockOptions struct {
	// Wall tells the time of day. It may step.
	Wall func() time.Time
	// Elapsed tells how long the clock has been running. It never steps.
	Elapsed func() time.Duration
	// Stepped is told how many seconds the machine's clock is ahead of the state's time when
	// it has stepped, and 0 when the difference is made up for. It must be quick, and must not
	// ask for the time.
	Stepped func(seconds float64)
}

type systemClock struct {
	o    ClockOptions
	mu   sync.Mutex // one look at a time
	seen atomic.Pointer[sight]
}

// sight is one look at the machine's clock.
type sight struct {
	elapsed time.Duration // when it was
	state   int64         // the time of the state then, in nanoseconds since 1970
	step    int64         // by how much the machine's clock was ahead of it, if that is being made up for
}

// Now implements Clock.
func (c *systemClock) Now() slots.Instant {
	s, elapsed := c.seen.Load(), c.o.Elapsed()
	if elapsed-s.elapsed >= clockLook {
		s, elapsed = c.look()
	}
	return slots.Instant((s.state + max(int64(elapsed-s.elapsed), 0)) / int64(time.Second))
}

// look compares the machine's clock with the time that has passed since the last look.
func (c *systemClock) look() (*sight, time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	before, elapsed := c.seen.Load(), c.o.Elapsed()
	passed := int64(elapsed - before.elapsed)
	if passed < int64(clockLook) { // somebody else was faster
		return before, elapsed
	}
	now := &sight{elapsed: elapsed, state: before.state + passed}
	ahead := c.o.Wall().UnixNano() - now.state
	switch {
	case before.step == 0 && within(ahead, int64(ClockTolerance)):
		now.state = max(now.state+ahead, before.state)
	case before.step != 0 && within(ahead, passed/clockSlew+1):
		now.state += ahead
	default:
		more := min(max(ahead, -passed/clockSlew), passed/clockSlew)
		now.state += more
		now.step = ahead - more
	}
	c.seen.Store(now)
	if now.step == 0 && before.step != 0 || now.step != 0 && !within(now.step-before.step, int64(ClockTolerance)) {
		c.o.Stepped(float64(now.step) / 1e9)
	}
	return now, elapsed
}

func within(d, bound int64) bool { return -bound <= d && d <= bound }

// notBefore lets the clock run on from t, if the machine's clock is behind it.
func (c *systemClock) notBefore(t slots.Instant) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s, elapsed := c.seen.Load(), c.o.Elapsed()
	state := s.state + int64(elapsed-s.elapsed)
	behind := int64(t)*int64(time.Second) - state
	if behind <= 0 {
		return
	}
	now := &sight{elapsed: elapsed, state: state + behind, step: s.step - behind}
	if s.step == 0 && behind <= int64(ClockTolerance) {
		now.step = 0
	}
	c.seen.Store(now)
	if now.step != 0 {
		c.o.Stepped(float64(now.step) / 1e9)
	}
}

// steps returns by how many seconds the machine's clock is ahead of the state's time since
// it has stepped, 0 if it has not.
func (c *systemClock) steps() float64 { return float64(c.seen.Load().step) / 1e9 }

// checkAdvance refuses a clock that is further ahead of the last stamp than anybody would
// leave a store alone: what is stamped with a wrong time cannot be taken back.
func (o *Options) checkAdvance(stamped slots.Instant) error {
	if _, ok := o.Clock.(*systemClock); !ok || o.ClockAdvance < 0 || stamped == 0 {
		return nil
	}
	now := o.Clock.Now()
	if now-stamped <= slots.Instant(o.ClockAdvance) {
		return nil
	}
	return fmt.Errorf("%w: the clock says %v, the last entry is of %v, which is more than %d days before; "+
		"set the clock right, or accept it if the store was at rest for so long", ErrClockAhead, now, stamped, o.ClockAdvance/(24*3600))
}
