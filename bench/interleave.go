package bench

import (
	"context"
	"fmt"
	"time"
)

// contender is one of several things that are measured in turns, so that whatever
// the machine does meanwhile happens to all of them.
type contender struct {
	name string
	// pass does the same work every time and returns how many operations that were.
	pass    func() (int, error)
	samples []float64 // ns per operation, one a round
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
			ns, err := c.measure(sample)
			if err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			c.samples = append(c.samples, ns)
			step(uint64(round*len(all)+i+1), uint64(rounds*len(all)))
		}
	}
	return nil
}

// measure repeats the pass and returns the mean ns per operation.
func (c *contender) measure(sample time.Duration) (float64, error) {
	done := 0
	began := time.Now()
	for {
		n, err := c.pass()
		if err != nil {
			return 0, err
		}
		done += n
		if took := time.Since(began); took >= sample {
			return float64(took) / float64(max(done, 1)), nil
		}
	}
}

// ratios divides sample by sample: what was measured in the same round.
func ratios(a, b *contender) []float64 {
	out := make([]float64, min(len(a.samples), len(b.samples)))
	for i := range out {
		out[i] = a.samples[i] / b.samples[i]
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
