package server

import (
	"runtime/metrics"
	"sync/atomic"
	"time"
)

// Limits of the gate.
const (
	// usualMaxDelay is how long work may wait for a processor before some of it is turned away.
	usualMaxDelay = 100 * time.Millisecond
	// gateTarget is what the wait is brought down to while work is turned away.
	gateTarget = 5 * time.Millisecond
	// gateEvery is how often the wait is looked at. The gate begins to close when the wait is too long on the mean of some gatePatience looks,
	// each taken at twice the bound at most; one in which fewer than gateLeast goroutines waited finds none. A
	// program that was stopped for a moment is not overloaded.
	gateEvery    = 10 * time.Millisecond
	gatePatience = 8
	gateLeast    = 20
	// gateLongest is what a wait counts at most once the gate closes: a stop must not swing it.
	gateLongest = 50 * time.Millisecond
	// gateOpening is the pressure that closing begins with.
	gateOpening = 0.5
	// The wait above the target, in seconds, times gateWait, and its growth times gateGrowth, are added to the pressure at each look.
	// With them a load of two to five times what can be done settles within some tenths of a second and does not swing.
	gateWait, gateGrowth = 1, 10
	// gateDecay is what is left of the pressure at a look that finds the wait well below the target.
	gateDecay = 0.98
	// mostPressure turns away everything but what has the first rank.
	mostPressure = 2
	// shareUnit is how shares are counted: all is 1<<16.
	shareUnit = 1 << 16
)

// gate turns requests away by their rank before anything of them is parsed, while work waits too long for a processor. How
// long it waits is measured by the runtime for every goroutine that becomes ready to run. The wait moves a pressure from 0 to 2, as
// in RFC 8033: imports and exports go first, then, up to a pressure of 1, more and more of the reads, and from there more and more of the changes.
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
	last     float64 // wait of the look before, seconds
	mean     float64 // of the looks while the gate is open
}

// look takes a wait in seconds that so many goroutines had, and returns the pressure.
func (c *gateControl) look(wait, most float64, waited uint64) float64 {
	if c.pressure == 0 {
		if waited < gateLeast {
			wait = 0
		}
		c.mean += (min(wait, 2*most) - c.mean) / gatePatience
		c.last = min(wait, gateLongest.Seconds())
		if c.mean > most {
			c.mean, c.pressure = 0, gateOpening
		}
		return c.pressure
	}
	wait = min(wait, gateLongest.Seconds())
	defer func() { c.last = wait }()
	c.pressure += gateWait*(wait-gateTarget.Seconds()) + gateGrowth*(wait-c.last)
	if wait < gateTarget.Seconds()/2 {
		c.pressure *= gateDecay
	}
	c.pressure = min(c.pressure, mostPressure)
	if c.pressure < 0.01 {
		c.pressure = 0
	}
	return c.pressure
}

// shareOf is how much of a rank is turned away at a pressure, from 0 to 1.
func shareOf(r rank, pressure float64) float64 {
	switch r {
	case rankBulk:
		return min(1, 4*pressure)
	case rankRead:
		return min(1, pressure)
	case rankChange:
		return max(0, min(1, pressure-1))
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
	for {
		select {
		case <-done:
			return
		case <-tick:
		}
		if g.asked.Swap(false) || g.control.pressure > 0 { // else there is nothing to measure
			wait, waited := w.since()
			g.set(g.control.look(wait, g.maxDelay, waited))
			measured(wait, g.control.pressure)
		}
		if looks++; looks%int(time.Second/gateEvery) == 0 {
			if n := g.refused.Load(); n != told {
				say(n - told)
				told = n
			}
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

// since returns what three quarters of the goroutines waited at most, in seconds, and how many there were, since the last call.
// It allocates nothing after the first.
func (w *waitTimes) since() (seconds float64, count uint64) {
	metrics.Read(w.sample[:])
	if w.sample[0].Value.Kind() != metrics.KindFloat64Histogram {
		return 0, 0
	}
	h := w.sample[0].Value.Float64Histogram()
	if w.before == nil {
		w.before = make([]uint64, len(h.Counts))
	}
	for i, n := range h.Counts {
		count += n - w.before[i]
	}
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
