package server

import (
	"runtime/metrics"
	"sync/atomic"
	"time"
)

// Limits of the gate.
const (
	// usualMaxDelay is how long work may wait for a processor before some of it is turned away. While work is turned away the wait is held
	// at half of that: with a shorter one the processor would now and then have nothing to do, since requests come in bursts.
	usualMaxDelay = 250 * time.Millisecond
	// gateEvery is how often the wait is looked at. A look lasts until gateLeast waits are known – the runtime notes one in eight –, or
	// gateLongest: then gateFew are enough, for dear requests are few. With fewer nothing waits.
	gateEvery   = 10 * time.Millisecond
	gateLeast   = 20
	gateLongest = 250 * time.Millisecond
	gateFew     = 5
	// What counts is the mean of some gatePatience looks, each taken at twice the bound at most: a program that was stopped for a moment is not
	// overloaded, and goroutines that wait for others are among those that wait for a processor.
	gatePatience = 5
	// gateOpening is the pressure that closing begins with.
	gateOpening = 0.25
	// The wait above its target, as a part of it and for each tick, times gateWait, and its growth times gateGrowth, are added to the pressure at each look.
	// With them a load of two to five times what can be done settles within some tenths of a second and does not swing.
	gateWait, gateGrowth = 0.01, 0.5
	// mostPressure turns away everything but what has the first rank.
	mostPressure = 1
	// shareUnit is how shares are counted: all is 1<<16.
	shareUnit = 1 << 16
)

// gate turns requests away by their rank before anything of them is parsed, while work waits too long for a processor. How
// long it waits is measured by the runtime for every goroutine that becomes ready to run. The wait moves a pressure from 0 to 1, as
// in RFC 8033: imports and exports go first, then more and more of the reads and of the changes that begin something.
// What has the first rank is never turned away here.
type gate struct {
	maxDelay float64 // seconds; 0: always open
	control  gateControl
	asked    atomic.Bool // since the last look
	closing  atomic.Bool // some share is above 0
	share    [rankCount]atomic.Uint32
	turn     [rankCount]atomic.Uint32
	refused  atomic.Uint64
}

// gateControl is what one look leaves for the next. It knows no clock.
type gateControl struct {
	pressure float64
	wait     float64 // mean of the looks, the newest counting most, seconds
}

// look takes a wait in seconds, the bound for it, and how many ticks the look lasted, and returns the pressure.
func (c *gateControl) look(wait, most, ticks float64) float64 {
	last, target := c.wait, most/2
	c.wait += (min(wait, 2*most) - c.wait) / gatePatience
	if c.pressure == 0 {
		if c.wait > most {
			c.pressure = gateOpening
		}
		return c.pressure
	}
	c.pressure += gateWait*(c.wait/target-1)*ticks + gateGrowth*(c.wait-last)/target
	c.pressure = max(0, min(c.pressure, mostPressure))
	return c.pressure
}

// shareOf is how much of a rank is turned away at a pressure, from 0 to 1.
func shareOf(r rank, pressure float64) float64 {
	switch r {
	case rankBulk:
		return min(1, 4*pressure)
	case rankRead, rankChange: // alike: what is searched in vain was not worth its search
		return min(1, pressure)
	}
	return 0
}

// set takes the pressure.
func (g *gate) set(pressure float64) {
	for r := range rankCount {
		g.share[r].Store(uint32(shareOf(r, pressure) * shareUnit))
	}
	g.closing.Store(pressure > 0)
}

// open reports whether nothing is turned away at present, and notes that somebody asks.
func (g *gate) open() bool {
	if !g.asked.Load() {
		g.asked.Store(true)
	}
	return !g.closing.Load()
}

// admits says whether a request goes on. Of n in a row of one rank the share is turned away, evenly.
func (g *gate) admits(r rank) bool {
	share := g.share[r].Load()
	if share == 0 {
		return true
	}
	if now := g.turn[r].Add(share); now%shareUnit >= share && share < shareUnit {
		return true
	}
	g.refused.Add(1)
	return false
}

// follow looks at the wait at every tick until done is closed, tells measured what it saw, and say each second how many were turned away in it, if any.
func (g *gate) follow(done <-chan struct{}, tick <-chan time.Time, measured func(wait, pressure float64), say func(refused uint64)) {
	w := newWaitTimes()
	looks, told := 0, uint64(0)
	var began, now time.Time // of the look; ticks that nobody was there to take are lost
	for {
		select {
		case <-done:
			return
		case now = <-tick:
		}
		if looks++; looks%int(time.Second/gateEvery) == 0 {
			if n := g.refused.Load(); n != told {
				say(n - told)
				told = n
			}
		}
		if g.asked.Swap(false) || g.control.pressure > 0 { // else there is nothing to measure
			lasted := now.Sub(began)
			if lasted < gateLongest && w.count() < gateLeast {
				continue
			}
			wait, waited := w.since()
			if waited < gateFew {
				wait = 0
			}
			g.set(g.control.look(wait, g.maxDelay, min(lasted, gateLongest).Seconds()/gateEvery.Seconds()))
			measured(wait, g.control.pressure)
			began = now
		}
	}
}

// waitTimes reads how long goroutines were ready and had no processor.
type waitTimes struct {
	sample [1]metrics.Sample
	before []uint64
}

func newWaitTimes() *waitTimes {
	w := &waitTimes{}
	w.sample[0].Name = "/sched/latencies:seconds"
	w.since()
	return w
}

// count reads the waits that are known so far and returns how many there were since the last call of since.
func (w *waitTimes) count() (n uint64) {
	metrics.Read(w.sample[:])
	if w.sample[0].Value.Kind() != metrics.KindFloat64Histogram {
		return 0
	}
	h := w.sample[0].Value.Float64Histogram()
	if w.before == nil {
		w.before = make([]uint64, len(h.Counts))
	}
	for i, counted := range h.Counts {
		n += counted - w.before[i]
	}
	return n
}

// since returns what three quarters of the goroutines waited at most, in seconds, and how many there were, since the last call.
// It allocates nothing after the first.
func (w *waitTimes) since() (seconds float64, count uint64) {
	if count = w.count(); count == 0 {
		return 0, 0
	}
	h := w.sample[0].Value.Float64Histogram()
	left := count - count/4
	for i, n := range h.Counts {
		if d := n - w.before[i]; d < left {
			left -= d
		} else if left > 0 {
			seconds, left = h.Buckets[i], 0 // the bucket's lower bound
		}
		w.before[i] = n
	}
	return max(seconds, 0), count
}
