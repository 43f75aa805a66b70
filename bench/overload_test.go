package bench_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/parleyhq/parley/bench"
	"github.com/parleyhq/parley/bench/report"
)

// TestOverload runs the workload as small as it can be: every load is asked, all that is not done is turned away in order, and each figure is
// there. How much is done is for a machine of its own.
func TestOverload(t *testing.T) {
	t.Parallel()
	o := tiny("overload", bench.TargetHTTP)
	o.Clients, o.Duration, o.Warmup = []int{24}, 200*time.Millisecond, time.Millisecond
	pinned := []int{}
	o.Wiring.Pin = func(core int) (func() error, error) {
		pinned = append(pinned, core)
		return func() error { pinned = append(pinned, -1); return nil }, nil
	}
	results, err := bench.Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	r := results[0]
	labels := map[string]bool{}
	for _, run := range r.Runs {
		labels[run.Label] = run.Outcomes["accepted"]["ok"] > 0
	}
	for _, label := range []string{"capacity, clients=24", "load=0.5x", "load=0.8x", "load=1x", "load=2x", "after=2x", "load=5x", "after=5x"} {
		if !labels[label] {
			t.Errorf("nothing was done in the run %s: %v", label, labels)
		}
	}
	for _, name := range []string{bench.FigureCapacity, bench.FigureGoodput + "2x", bench.FigureAccepted + "5x", bench.FigureRecovery + "2x", bench.FigureOverloadMemory} {
		if !slices.ContainsFunc(r.Figures, func(f report.Figure) bool { return f.Name == name }) {
			t.Errorf("no figure %s", name)
		}
	}
	for _, c := range r.Checks {
		if c.Name == "what is not done is turned away in order" && !c.OK {
			t.Error(c.Detail)
		}
	}
	if len(pinned) > 0 && !slices.Equal(pinned, []int{0, 1, -1}) {
		t.Errorf("pinned to %v: the server first, then the generator, then nothing", pinned)
	}
	o = tiny("overload", bench.TargetInProcess)
	if _, err := bench.Run(t.Context(), o); !errors.Is(err, bench.ErrUsage) {
		t.Errorf("in this process: %v", err)
	}
}
