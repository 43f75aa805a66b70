package bench

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// contender is one of several things that are measured in turns, so that whatever
// the machine does meanwhile happens to all of them.
type contender struct {
	name string
	// pass does the same work every time and returns how many operations that were.
	pass    func() (int, error)
	samples []float64 // ns per operation, one a round
	// cpu is the same in time on the processor: what neighbours take is not in it,
	// nor is what other threads do for the pass. Empty where the system does not tell.
	cpu []float64
}

// interleave measures every contender once a round, in whole passes, for sample at
// least, after one pass that does not count.
func interleave(ctx context.Context, rounds int, sample time.Duration, all []*contender, step func(done, total uint64)) error {
	for _, c := range all {
		if _, err := c.pass(); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
	}
	for round := range rounds {
		for i, c := range all {
			if err := ctx.Err(); err != nil {
				return err
			}
			wall, cpu, err := c.measure(sample)
			if err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			c.samples = append(c.samples, wall)
			if cpu > 0 {
				c.cpu = append(c.cpu, cpu)
			}
			step(uint64(round*len(all)+i+1), uint64(rounds*len(all)))
		}
	}
	return nil
}

// cost is the time on the processor, or by the clock where that is unknown.
func (c *contender) cost() []float64 {
	if len(c.cpu) > 0 {
		return c.cpu
	}
	return c.samples
}

// measure repeats the pass on one locked thread and returns the mean ns per
// operation, by the clock and on the processor; the latter 0 if it is unknown.
func (c *contender) measure(sample time.Duration) (wall, cpu float64, err error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	done := 0
	used, began := threadTime(), time.Now()
	for {
		n, err := c.pass()
		if err != nil {
			return 0, 0, err
		}
		done += n
		if took := time.Since(began); took >= sample {
			per := float64(max(done, 1))
			return float64(took) / per, float64(threadTime()-used) / per, nil
		}
	}
}

// threadTime is how long this thread has been on a processor, in ns, exact to a
// tick of the scheduler; always 0 where the system does not tell.
func threadTime() int64 {
	text, err := os.ReadFile("/proc/thread-self/schedstat")
	first, _, _ := strings.Cut(string(text), " ")
	if err != nil {
		return 0
	}
	ns, _ := strconv.ParseInt(first, 10, 64)
	return ns
}

// ratios divides sample by sample: what was measured in the same round.
func ratios(a, b []float64) []float64 {
	out := make([]float64, min(len(a), len(b)))
	for i := range out {
		out[i] = a[i] / b[i]
	}
	return out
}

// searchPass searches every one of a list, once.
func searchPass(one func(*Search) Reply, list []Search) func() (int, error) {
	return func() (int, error) {
		for i := range list {
			if r := one(&list[i]); r.Class != OK {
				return 0, fmt.Errorf("search %d: %s %s", i, ClassNames[r.Class], r.Detail)
			}
		}
		return len(list), nil
	}
}
