package load_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/parleyhq/parley/bench/load"
)

// TestHistogram compares quantiles with a plain sort.
func TestHistogram(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(3, 3))
	h, again := load.NewHistogram(), load.NewHistogram()
	var all []time.Duration
	for i := range 20_000 {
		d := time.Duration(1000 + rnd.ExpFloat64()*5e6)
		all = append(all, d)
		if i%2 == 0 {
			h.Record(d)
		} else {
			again.Record(d)
		}
	}
	h.Add(again)
	slices.Sort(all)
	if h.Count() != int64(len(all)) {
		t.Fatalf("count %d, want %d", h.Count(), len(all))
	}
	for _, percent := range []float64{1, 50, 90, 99, 99.9, 100} {
		want := all[max(0, int(percent/100*float64(len(all)))-1)]
		got := h.At(percent)
		if off := float64(got-want) / float64(want); off > 0.01 || off < -0.01 {
			t.Errorf("p%v is %v, sorted %v", percent, got, want)
		}
	}
	q := h.Quantiles()
	if time.Duration(q.P50) != h.At(50) || q.P99 < q.P90 || q.Max < q.P999 || q.Min > q.P50 {
		t.Errorf("quantiles out of order: %+v", q)
	}
	// Another tool reads the same numbers.
	decoded, err := hdrhistogram.Decode([]byte(h.Encoded()))
	if err != nil || decoded.TotalCount() != h.Count() || time.Duration(decoded.ValueAtPercentile(99)) != h.At(99) {
		t.Errorf("decoded %v, %v", decoded, err)
	}
	h.Reset()
	if h.Encoded() != "" {
		t.Error("an empty histogram has an encoding")
	}
	h.Record(0)
	h.Record(time.Hour)
	if h.Count() != 2 {
		t.Errorf("values outside the bounds are counted %d times, want 2", h.Count())
	}
}

// TestArrivals checks order, number, repeatability and shape.
func TestArrivals(t *testing.T) {
	t.Parallel()
	const span = 10 * time.Second
	f := func(a load.Arrivals, low, high int) []time.Duration {
		t.Helper()
		due, err := a.Within(span)
		if err != nil {
			t.Fatal(err)
		}
		again, _ := a.Within(span)
		if !slices.Equal(due, again) || !slices.IsSorted(due) || len(due) < low || len(due) > high || due[len(due)-1] >= span {
			t.Errorf("%d arrivals, want %d to %d, sorted, inside the span, and the same again", len(due), low, high)
		}
		return due
	}
	f(load.Arrivals{Rate: 1000, Even: true}, 9999, 10_000)
	f(load.Arrivals{Rate: 1000, Seed: 1}, 9500, 10_500)
	shaped := f(load.Arrivals{Rate: 1000, Seed: 1, Shape: func(at float64) float64 {
		if at < 0.5 {
			return 0
		}
		return 1
	}}, 4600, 5400)
	if shaped[0] < span/2 {
		t.Errorf("an arrival at %v, where the shape is 0", shaped[0])
	}
	for _, rate := range []float64{0, -1, 1e12} {
		if _, err := (load.Arrivals{Rate: rate}).Within(span); err == nil {
			t.Errorf("a rate of %g is taken", rate)
		}
	}
}

// TestOpenChargesStalls lets the first operation stall: everything due meanwhile
// must be charged for its wait, which a closed loop would not notice.
func TestOpenChargesStalls(t *testing.T) {
	t.Parallel()
	const stall = 200 * time.Millisecond
	s, err := load.Open{
		Job: load.Job{Kinds: []string{"op"}, Classes: []string{"ok", "bad"}, Do: func(_, i int) load.Outcome {
			if i == 0 {
				<-time.After(stall)
				return load.Outcome{Class: 1}
			}
			return load.Outcome{}
		}},
		Arrivals: load.Arrivals{Rate: 1000, Even: true}, Clients: 1, Duration: stall, Drain: time.Minute,
	}.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if s.Done < 198 || s.Unsent != 0 || s.Outcomes["op"]["bad"] != 1 || s.Outcomes["op"]["ok"] != s.Done-1 {
		t.Errorf("got %d done, %d unsent, %v", s.Done, s.Unsent, s.Outcomes)
	}
	// The operation in the middle was due at 100 ms and could not be sent before 200 ms.
	if got := time.Duration(s.Latency.P50); got < stall/2-5*time.Millisecond {
		t.Errorf("median latency %v: the stall was not charged", got)
	}
}

// TestOpenGivesUp: what cannot be sent in time is counted, with the time it waited.
func TestOpenGivesUp(t *testing.T) {
	t.Parallel()
	s, err := load.Open{
		Job: load.Job{Kinds: []string{"op"}, Classes: []string{"ok"}, Do: func(int, int) load.Outcome {
			<-time.After(60 * time.Millisecond)
			return load.Outcome{}
		}},
		Arrivals: load.Arrivals{Rate: 1000, Even: true}, Clients: 1, Duration: 50 * time.Millisecond,
	}.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if s.Done != 1 || s.Unsent < 48 || s.Due != s.Done+s.Unsent || s.Latency.Count != s.Due {
		t.Errorf("got %d done, %d unsent, %d due, %d latencies", s.Done, s.Unsent, s.Due, s.Latency.Count)
	}
}

// TestWarmup: operations due in the warm-up run and are not counted.
func TestWarmup(t *testing.T) {
	t.Parallel()
	var ran atomic.Int64
	job := load.Job{Kinds: []string{"op"}, Classes: []string{"ok"}, Do: func(int, int) load.Outcome {
		ran.Add(1)
		return load.Outcome{}
	}}
	s, err := load.Open{
		Job: job, Arrivals: load.Arrivals{Rate: 1000, Even: true}, Clients: 2,
		Warmup: 50 * time.Millisecond, Duration: 50 * time.Millisecond, Drain: time.Minute,
	}.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if s.Done < 49 || s.Done > 51 || ran.Load() < 98 {
		t.Errorf("%d ran, %d counted; want about 100 and 50", ran.Load(), s.Done)
	}
}

func TestClosed(t *testing.T) {
	t.Parallel()
	var under, most atomic.Int64
	seconds := 0
	s, err := load.Closed{
		Job: load.Job{
			Kinds: []string{"a", "b"}, Classes: []string{"ok"}, Gauge: func() int64 { return 7 },
			Progress: func(load.Second) { seconds++ },
			Do: func(client, i int) load.Outcome {
				most.Store(max(most.Load(), under.Add(1)))
				defer under.Add(-1)
				if client < 0 || client > 2 {
					t.Errorf("client %d of 3", client)
				}
				return load.Outcome{Kind: uint8(i % 2)}
			}},
		Clients: 3, Duration: time.Minute, Limit: 1000,
	}.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if s.Done != 1000 || s.Kinds["a"].Count != 500 || s.Kinds["b"].Count != 500 || most.Load() > 3 || s.PerSecond <= 0 {
		t.Errorf("got %d done, kinds %v, at most %d at once", s.Done, s.Kinds, most.Load())
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := (load.Closed{Job: load.Job{Kinds: []string{"a"}, Classes: []string{"ok"}, Do: func(int, int) load.Outcome { return load.Outcome{} }},
		Clients: 1, Duration: time.Minute}).Run(ctx); err == nil {
		t.Error("a cancelled run has no error")
	}
	if _, err := (load.Closed{Clients: 1, Duration: time.Second}).Run(t.Context()); err == nil {
		t.Error("a job without anything to do is taken")
	}
}
