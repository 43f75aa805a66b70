package load

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"
)

// MaxArrivals bounds the operations of one run: eight bytes each are kept.
const MaxArrivals = 50_000_000

// Arrivals are when operations are due, counted from the start of a run.
type Arrivals struct {
	// Rate is how many are due in a second, on average; where there is a Shape, at
	// its highest.
	Rate float64
	// Even: in equal distances; else at random, as independent callers arrive (Poisson).
	Even bool
	// Shape is the rate as a share of Rate, 0–1, at a share of the whole span,
	// 0–1; nil = 1 throughout.
	Shape func(at float64) float64
	Seed  uint64
}

// Within returns the due times of a span in order. The same arrivals give the
// same times. It fails for a rate that is not positive, and beyond MaxArrivals.
func (a Arrivals) Within(span time.Duration) ([]time.Duration, error) {
	expected := a.Rate * span.Seconds()
	if !(a.Rate > 0) || math.IsInf(a.Rate, 0) || expected > MaxArrivals {
		return nil, fmt.Errorf("load: %g a second over %v: want a positive rate and at most %d operations", a.Rate, span, MaxArrivals)
	}
	rnd := rand.New(rand.NewPCG(a.Seed, 1))
	due := make([]time.Duration, 0, int(expected)+16)
	gap := float64(time.Second) / a.Rate
	for at := 0.0; len(due) < MaxArrivals; {
		if a.Even {
			at += gap
		} else {
			at += rnd.ExpFloat64() * gap
		}
		if at >= float64(span) {
			break
		}
		// Dropping arrivals by the shape leaves a Poisson process with that rate.
		if a.Shape != nil && rnd.Float64() >= a.Shape(at/float64(span)) {
			continue
		}
		due = append(due, time.Duration(at))
	}
	return due, nil
}
