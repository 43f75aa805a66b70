package bench

import (
	"slices"

	"github.com/parleyhq/parley/bench/load"
	"github.com/parleyhq/parley/bench/report"
)

// Names of the figures of a soak; a sample for each run.
const (
	FigureSoakLatency = "soak_latency_drift"
	FigureSoakMemory  = "soak_memory_growth"
)

// drift compares the last quarter of each long run with its first.
func (s *session) drift() {
	var latency, memory []float64
	for i := range s.result.Runs {
		series := slices.DeleteFunc(slices.Clone(s.result.Runs[i].Series), func(v load.Second) bool { return v.Warmup || v.Done == 0 })
		quarter := len(series) / 4
		if quarter == 0 {
			continue // too short to drift
		}
		median := func(part []load.Second, read func(load.Second) float64) float64 {
			values := make([]float64, len(part))
			for i, v := range part {
				values[i] = read(v)
			}
			m, _, _ := report.Spread(values)
			return m
		}
		first, last := series[:quarter], series[len(series)-quarter:]
		p50 := func(v load.Second) float64 { return float64(v.P50) }
		gauge := func(v load.Second) float64 { return float64(v.Gauge) }
		latency = append(latency, median(last, p50)/max(median(first, p50), 1))
		memory = append(memory, median(last, gauge)-median(first, gauge))
	}
	if len(latency) == 0 {
		return
	}
	s.figure(report.NewFigure(FigureSoakLatency, "median latency in the last quarter ÷ in the first", "ratio", latency))
	s.figure(report.NewFigure(FigureSoakMemory, "memory in the last quarter − in the first, ended calls kept for 90 days included", "bytes", memory))
}
