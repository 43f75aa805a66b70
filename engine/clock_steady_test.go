package engine

import (
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/parleyhq/parley/slots"
)

// machine is a machine's clocks, which a test moves.
type machine struct {
	wall    time.Time
	elapsed time.Duration
	told    []float64
}

func newMachine(at int64) *machine { return &machine{wall: time.Unix(at, 0)} }

func (m *machine) clock() *systemClock {
	return NewSystemClock(ClockOptions{
		Wall: func() time.Time { return m.wall }, Elapsed: func() time.Duration { return m.elapsed },
		Stepped: func(s float64) { m.told = append(m.told, s) },
	}).(*systemClock)
}

// pass lets time pass, with a look at the clock every so often.
func (m *machine) pass(c *systemClock, d, every time.Duration) {
	for ; d > 0; d -= every {
		m.wall, m.elapsed = m.wall.Add(min(d, every)), m.elapsed+min(d, every)
		c.Now()
	}
}

const began = 1_600_000_000

// TestClockWithoutSteps follows the machine's clock, and what slews it a little.
func TestClockWithoutSteps(t *testing.T) {
	t.Parallel()
	m := newMachine(began)
	c := m.clock()
	for i := range 1000 {
		m.pass(c, time.Second, time.Second)
		m.wall = m.wall.Add(time.Duration(i%3-1) * 1500 * time.Millisecond)
		m.pass(c, time.Second, time.Second)
		m.wall = m.wall.Add(-time.Duration(i%3-1) * 1500 * time.Millisecond)
	}
	m.pass(c, 5*time.Second, time.Second)
	if got, want := c.Now(), slots.Instant(began+2005); got != want || len(m.told) != 0 || c.steps() != 0 {
		t.Fatalf("at %d, want %d; told %v", got, want, m.told)
	}
}

// TestClockStepsForward: an hour's step ends no hold early. The alarm tells the step, and
// the difference is made up for in the end.
func TestClockStepsForward(t *testing.T) {
	t.Parallel()
	m := newMachine(began)
	c := m.clock()
	m.pass(c, 10*time.Second, time.Second)
	m.wall = m.wall.Add(time.Hour)
	m.pass(c, 590*time.Second, time.Second)
	if got := c.Now(); got < began+600 || got >= began+606+1 {
		t.Fatalf("590 s after the step the time is %d s", got-began)
	}
	if len(m.told) != 1 || m.told[0] < 3590 || m.told[0] > 3600 {
		t.Fatalf("told %v, want one step of an hour", m.told)
	}
	if s := c.steps(); s < 3590 || s > 3595 {
		t.Fatalf("a step of %v s is left after 590 s", s)
	}
	m.pass(c, 100*time.Hour, 10*time.Second)
	if got := c.Now(); got != slots.Instant(m.wall.Unix()) || c.steps() != 0 || m.told[len(m.told)-1] != 0 {
		t.Fatalf("in the end at %d, want %d; left %v, told %v", got, m.wall.Unix(), c.steps(), m.told)
	}
}

// TestClockStepsBack: time goes on, a little slower, and is never given twice.
func TestClockStepsBack(t *testing.T) {
	t.Parallel()
	m := newMachine(began)
	c := m.clock()
	m.pass(c, time.Minute, time.Second)
	m.wall = m.wall.Add(-24 * time.Hour)
	m.pass(c, 1000*time.Second, time.Second)
	if got := c.Now(); got < began+60+989 || got > began+60+1000 {
		t.Fatalf("1000 s after the step the time is %d s", got-began)
	}
	if len(m.told) != 1 || m.told[0] > -86390 {
		t.Fatalf("told %v", m.told)
	}
	m.wall = m.wall.Add(24 * time.Hour) // set right again
	m.pass(c, 2000*time.Second, time.Second)
	if got := c.Now(); got != slots.Instant(m.wall.Unix()) || c.steps() != 0 {
		t.Fatalf("set right again, at %d, want %d; left %v", got, m.wall.Unix(), c.steps())
	}
}

// TestClockNeverGoesBack throws steps of all sizes at the clock. Between two looks it moves
// with the time that has passed, but for the tolerance and the slew.
func TestClockNeverGoesBack(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	rnd := rand.New(rand.NewPCG(seed, 1))
	sizes := []time.Duration{time.Millisecond, time.Second, 3 * time.Second, time.Hour, 365 * 24 * time.Hour, 10 * 365 * 24 * time.Hour}
	m := newMachine(began)
	c := m.clock()
	for last := c.Now(); m.elapsed < 1000*time.Hour; {
		if rnd.IntN(20) == 0 {
			m.wall = m.wall.Add(time.Duration(rnd.Int64N(int64(2*sizes[rnd.IntN(len(sizes))]))) - sizes[rnd.IntN(len(sizes))])
		}
		passed := clockLook + time.Duration(rnd.Int64N(int64(time.Minute)))
		m.wall, m.elapsed = m.wall.Add(passed), m.elapsed+passed
		now := c.Now()
		moved, most := time.Duration(now-last)*time.Second, passed+passed/clockSlew+ClockTolerance+time.Second
		if now < last || moved > most {
			t.Fatalf("seed %d: in %v the time went from %d to %d", seed, passed, last, now)
		}
		last = now
	}
}

// TestClockAfterRestart: the machine's clock is behind the log's last stamp.
func TestClockAfterRestart(t *testing.T) {
	t.Parallel()
	m := newMachine(began)
	c := m.clock()
	c.notBefore(began - 5)
	c.notBefore(began + 1)
	if len(m.told) != 0 || c.Now() != began+1 {
		t.Fatalf("at %d, told %v", c.Now()-began, m.told)
	}
	c.notBefore(began + 3600)
	if len(m.told) != 1 || m.told[0] != -3599 && m.told[0] != -3600 || c.Now() != began+3600 {
		t.Fatalf("at %d, told %v", c.Now()-began, m.told)
	}
	m.pass(c, 1000*time.Second, time.Second)
	if got := c.Now(); got < began+3600+989 || got > began+3600+1000 {
		t.Fatalf("1000 s later the time is %d s", got-began)
	}
}

// TestOpenWithClock opens a store under clocks that are behind, at and far ahead of it.
func TestOpenWithClock(t *testing.T) {
	t.Parallel()
	log := NewMemLog()
	id := Identity{Tenant: "t", DigestKey: make([]byte, 32)}
	f := func(at int64, advance int, want error) slots.Instant {
		t.Helper()
		m := newMachine(at)
		e, err := Open(t.Context(), Options{Log: log, Identity: id, Clock: m.clock(), ClockAdvance: advance})
		if !errors.Is(err, want) {
			t.Fatalf("clock at %d: %v, want %v", at, err, want)
		}
		if err != nil {
			return 0
		}
		now, step := e.Now(), e.Health().ClockStep
		if (step != 0) != (int64(now) != at) {
			t.Errorf("clock at %d, time %d, step %v", at, now, step)
		}
		if _, err := e.Submit(t.Context(), Command{Actor: Actor{Tenant: "t", Principal: "p"}, Key: "k" + now.String(), Payload: RecordAnswer{Body: []byte("{}")}}); err != nil {
			t.Fatal(err)
		}
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
		log = log.Reopen()
		return now
	}
	const year = 365 * 24 * 3600
	f(began, 0, nil)
	f(began+year, 0, ErrClockAhead)
	if now := f(began-year, 0, nil); now != began {
		t.Errorf("a clock that is a year behind makes it %d, want the last stamp", now-began)
	}
	f(began+30*24*3600, 0, nil)
	f(began+year, -1, nil)
}
