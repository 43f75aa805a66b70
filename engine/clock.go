package engine

import (
	"time"

	"github.com/parleyhq/parley/slots"
)

// Clock tells the time. It may stand still or go back: the engine never stamps
// an instant before one that it has stamped already.
type Clock interface{ Now() slots.Instant }

// SystemClock reads the machine's clock and does not believe its steps: what jumps further
// than ClockTolerance against the time that has passed is made up for little by little, so
// that no hold expires early because a clock was set. After a start that finds the machine's
// clock behind the log's last stamp, time runs on from that stamp.
func SystemClock() Clock { return NewSystemClock(ClockOptions{}) }

// NewSystemClock is SystemClock with readings of the caller's.
func NewSystemClock(o ClockOptions) Clock {
	if o.Wall == nil {
		o.Wall = time.Now
	}
	if o.Elapsed == nil {
		began := time.Now()
		o.Elapsed = func() time.Duration { return time.Since(began) }
	}
	if o.Stepped == nil {
		o.Stepped = func(float64) {}
	}
	c := &systemClock{o: o}
	c.seen.Store(&sight{elapsed: o.Elapsed(), state: o.Wall().UnixNano()})
	return c
}

// SandboxClock starts at an instant and runs on from there. An engine whose
// log has stamped a later instant already, from an earlier run, lets the
// clock run on from that one.
func SandboxClock(start slots.Instant) Clock {
	return &sandboxClock{start: start, began: time.Now()}
}

type sandboxClock struct {
	start slots.Instant
	began time.Time
}

func (c *sandboxClock) Now() slots.Instant {
	return c.start + slots.Instant(time.Since(c.began)/time.Second)
}

// notBefore moves the clock up to t if it is behind. Not for concurrent use.
func (c *sandboxClock) notBefore(t slots.Instant) {
	if behind := t - c.Now(); behind > 0 {
		c.start += behind
	}
}

// follower is a clock that can be told what time it was at least. Not for concurrent use.
type follower interface{ notBefore(t slots.Instant) }

// stopwatch returns a function that tells the seconds since stopwatch was called.
func stopwatch() func() float64 {
	began := time.Now()
	return func() float64 { return time.Since(began).Seconds() }
}

// hasCome reports whether a deadline of a command has come, by the machine's clock.
func hasCome(end time.Time) bool { return !time.Now().Before(end) }
