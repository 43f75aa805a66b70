package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/parleyhq/parley/bench/report"
)

// sample is what one contender did in one round.
type sample struct {
	ops     int
	elapsed time.Duration
	median  time.Duration // of the operations' latencies; 0 = not taken
}

// rate is operations a second.
func (s sample) rate() float64 { return float64(s.ops) / s.elapsed.Seconds() }

// each is the time that one operation takes where they follow each other: the
// median if latencies were taken, else the mean.
func (s sample) each() time.Duration {
	if s.median > 0 {
		return s.median
	}
	return s.elapsed / time.Duration(max(s.ops, 1))
}

// contender is one side of a comparison. run works for about d and reports what
// it did; an error of one operation is an error of the whole.
type contender struct {
	name string
	run  func(ctx context.Context, d time.Duration) (sample, error)
}

// minRounds is the fewest rounds that a median is claimed from.
const minRounds = 5

// pace says how long and how often contenders run.
type pace struct {
	rounds int
	round  time.Duration
}

// interleave warms the contenders up and lets them run in turns, in an order
// that moves on by one each round, so that a neighbour's noise falls on all of
// them. The samples of round i are at index i of every contender.
func interleave(ctx context.Context, log io.Writer, p pace, contenders []contender) (map[string][]sample, error) {
	all := make(map[string][]sample, len(contenders))
	for round := range p.rounds + 1 { // round 0 is the warm-up
		for i := range contenders {
			c := contenders[(i+round)%len(contenders)]
			d := p.round
			if round == 0 {
				d /= 2
			}
			s, err := c.run(ctx, d)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", c.name, err)
			}
			if s.ops == 0 {
				return nil, fmt.Errorf("%s: nothing was done in %v", c.name, d)
			}
			if round > 0 {
				all[c.name] = append(all[c.name], s)
			}
		}
		fmt.Fprintf(log, "    round %d of %d\n", round, p.rounds)
	}
	return all, nil
}

// quotient divides round by round, so that what slows a whole round cancels out.
func quotient(over, under []sample, of func(sample) float64) []float64 {
	q := make([]float64, min(len(over), len(under)))
	for i := range q {
		q[i] = of(over[i]) / of(under[i])
	}
	return q
}

func rateOf(s sample) float64    { return s.rate() }
func latencyOf(s sample) float64 { return float64(s.each().Nanoseconds()) }

// bestOf returns the name among names whose median of is greatest.
func bestOf(all map[string][]sample, names []string, of func(sample) float64) string {
	return slices.MaxFunc(names, func(a, b string) int {
		return cmp.Compare(medianOf(all[a], of), medianOf(all[b], of))
	})
}

func medianOf(samples []sample, of func(sample) float64) float64 {
	median, _, _ := report.Spread(each(samples, of))
	return median
}

func each(samples []sample, of func(sample) float64) []float64 {
	values := make([]float64, len(samples))
	for i, s := range samples {
		values[i] = of(s)
	}
	return values
}
