package bench

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/parleyhq/parley/bench/load"
	"github.com/parleyhq/parley/bench/report"
)

// runs runs a job open at every rate, or closed with every number of clients.
// limit ends closed runs early, 0 = none.
func (s *session) runs(ctx context.Context, job load.Job, arrivals load.Arrivals, limit int) error {
	return s.profiled(func() error { return s.eachRun(ctx, job, arrivals, limit) })
}

// eachRun is runs without a look at the processor.
func (s *session) eachRun(ctx context.Context, job load.Job, arrivals load.Arrivals, limit int) error {
	if s.Loop == loopClosed {
		most := 0.0
		for _, clients := range s.Clients {
			label := fmt.Sprintf("clients=%d", clients)
			job.Progress = s.progress(label)
			stats, err := load.Closed{Job: job, Clients: clients, Warmup: s.Warmup, Duration: s.Duration, Limit: limit}.Run(ctx)
			if err != nil {
				return err
			}
			s.result.Runs = append(s.result.Runs, report.Run{Label: label, Loop: loopClosed, Clients: clients, Stats: *stats})
			most = max(most, stats.PerSecond)
		}
		limit := report.NewFigure(FigureMost, "most that any number of clients got, per second", "per_second", []float64{most})
		limit.HigherIsBetter = true
		s.figure(limit)
		return nil
	}
	for _, rate := range s.Rates {
		label := fmt.Sprintf("rate=%g", rate)
		job.Progress = s.progress(label)
		arrivals.Rate = rate
		stats, err := load.Open{
			Job: job, Arrivals: arrivals, Clients: slices.Max(s.Clients), Warmup: s.Warmup, Duration: s.Duration, Drain: drain,
		}.Run(ctx)
		if err != nil {
			return err
		}
		s.result.Runs = append(s.result.Runs, report.Run{Label: label, Loop: loopOpen, Rate: rate, Clients: slices.Max(s.Clients), Stats: *stats})
	}
	return nil
}

// FigureMost is the name of a closed loop's limit.
const FigureMost = "most_per_second"

// drain is how long a target that fell behind may catch up.
const drain = 10 * time.Second

// progress prints a line a second.
func (s *session) progress(label string) func(load.Second) {
	return func(v load.Second) {
		phase := ""
		if v.Warmup {
			phase = ", warming up"
		}
		s.Say(fmt.Sprintf("%s %d %s: %3.0f s, %d done, %d not ok, p50 %v, p99 %v%s", s.result.Workload, s.size, label, v.At, v.Done, v.Failed,
			time.Duration(v.P50).Round(time.Microsecond), time.Duration(v.P99).Round(time.Microsecond), phase))
	}
}
