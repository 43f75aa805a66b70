package report

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/parleyhq/parley/bench/load"
)

// Benchstat writes the result as Go benchmarks print themselves, one line a
// sample, so that benchstat can read and compare it.
func (r *Result) Benchstat() string {
	var b strings.Builder
	fmt.Fprintf(&b, "goos: %s\npkg: parley/bench/%s\ncpu: %s\nversion: %s\n", strings.SplitN(r.Machine.OS, "/", 2)[0],
		r.Workload, r.Machine.CPU, r.Machine.Revision)
	for _, m := range r.metrics() {
		for _, v := range m.samples {
			fmt.Fprintf(&b, "Benchmark%s 1 %s %s\n", m.name, strconv.FormatFloat(v, 'g', -1, 64), m.unit)
		}
	}
	return b.String()
}

// metric is a number of a result by which it is compared.
type metric struct {
	name    string
	unit    string // as benchstat writes it
	samples []float64
	higher  bool // higher is better
}

// metrics are the comparable numbers of a result, in a fixed order.
func (r *Result) metrics() (all []metric) {
	prefix := "Parley/workload=" + r.Workload + "/target=" + metricName(r.Target)
	for i := range r.Figures {
		f := &r.Figures[i]
		all = append(all, metric{"Parley/figure=" + f.Name, statUnit(f.Unit), f.Samples, f.HigherIsBetter})
	}
	for i := range r.Runs {
		run := &r.Runs[i]
		at := prefix + "/run=" + metricName(run.Label)
		all = append(all, run.bySecond(at)...)
		for _, kind := range slices.Sorted(maps.Keys(run.Kinds)) {
			q := run.Kinds[kind]
			for _, v := range quantileRows(q) {
				all = append(all, metric{at + "/kind=" + metricName(kind), v.name + "-ns", []float64{float64(v.value)}, false})
			}
		}
	}
	for i := range r.Curves {
		c := &r.Curves[i]
		for _, line := range c.Lines {
			for _, p := range line.Points {
				name := fmt.Sprintf("%s/curve=%s/line=%s/x=%g", prefix, metricName(c.Name), metricName(line.Name), p.X)
				all = append(all, metric{name, metricName(c.Y), []float64{p.Low, p.Y, p.Top}, false})
			}
		}
	}
	return all
}

// fewSeconds is below which a run's seconds are no samples.
const fewSeconds = 3

// bySecond gives what was done and the latencies of each counted second as samples,
// so that a comparison can tell a difference from the run's own unrest; of a short
// run, the whole is one sample.
func (run *Run) bySecond(name string) []metric {
	done, p50, p99 := metric{name, "done/s", nil, true}, metric{name, "p50-ns", nil, false}, metric{name, "p99-ns", nil, false}
	from := 0.0
	for _, s := range run.Series {
		length := s.At - from
		from = s.At
		if s.Warmup || s.Done == 0 || length <= 0 {
			continue
		}
		done.samples = append(done.samples, float64(s.Done)/length)
		p50.samples, p99.samples = append(p50.samples, float64(s.P50)), append(p99.samples, float64(s.P99))
	}
	if len(done.samples) < fewSeconds {
		done.samples = []float64{run.PerSecond}
		p50.samples, p99.samples = []float64{float64(run.Latency.P50)}, []float64{float64(run.Latency.P99)}
	}
	return []metric{done, p50, p99}
}

// quantile is one row of Quantiles by name.
type quantile struct {
	name  string
	value int64
}

func quantileRows(q load.Quantiles) []quantile {
	return []quantile{{"p50", q.P50}, {"p99", q.P99}, {"p999", q.P999}}
}

// metricName replaces what would end a benchmark's name or a unit.
func metricName(s string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case ' ', '/', '\t', '(', ')':
			return '_'
		}
		return r
	}, s)
}

func statUnit(unit string) string {
	switch unit {
	case "ns":
		return "ns/op"
	case "bytes":
		return "B/op"
	case "allocs":
		return "allocs/op"
	case "per_second":
		return "op/s"
	}
	return unit
}

// parseBench reads the benchmark lines of a text: the samples of each unit of
// each name, in the order in which they first occur.
func parseBench(in io.Reader) (all []metric, err error) {
	at := map[string]int{}
	scan := bufio.NewScanner(in)
	scan.Buffer(nil, 1<<20)
	for scan.Scan() {
		words := strings.Fields(scan.Text())
		if len(words) < 4 || !strings.HasPrefix(words[0], "Benchmark") {
			continue
		}
		if _, err := strconv.Atoi(words[1]); err != nil {
			continue
		}
		for i := 2; i+1 < len(words); i += 2 {
			v, err := strconv.ParseFloat(words[i], 64)
			if err != nil {
				break
			}
			name, unit := strings.TrimPrefix(words[0], "Benchmark"), words[i+1]
			key := name + " " + unit
			k, seen := at[key]
			if !seen {
				k = len(all)
				at[key] = k
				all = append(all, metric{name: name, unit: unit, higher: strings.HasSuffix(unit, "/s")})
			}
			all[k].samples = append(all[k].samples, v)
		}
	}
	return all, scan.Err()
}
