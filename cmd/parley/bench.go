package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/alecthomas/kong"

	"github.com/parleyhq/parley/bench"
	"github.com/parleyhq/parley/bench/report"
)

// benchCmd is the load suite; docs/performance.md says how to read what it measures.
type benchCmd struct {
	Run     benchRunCmd     `cmd:"" help:"Run a workload against an engine or a server and measure it."`
	Compare benchCompareCmd `cmd:"" help:"Compare two results, or two texts of Go benchmarks: medians, spreads, ratios, verdicts."`
	Report  benchReportCmd  `cmd:"" help:"Write a Markdown report with SVG plots of the results in a directory."`
	List    benchListCmd    `cmd:"" help:"List the workloads."`
}

// benchWorkloads are the names of all workloads, as an enum of flags.
func benchWorkloads() string {
	var names []string
	for _, w := range bench.Workloads() {
		names = append(names, w.Name)
	}
	return strings.Join(names, ",")
}

type benchRunCmd struct {
	Workload string        `arg:"" optional:"" default:"national" enum:"${benchWorkloads}" help:"${enum}; parley bench list says what each does."`
	Target   string        `placeholder:"inprocess|http|URL" help:"The workload's usual target if it is left out, mostly inprocess. inprocess: an engine in this process; http: a server that the run starts on loopback with a temporary store, and stops; or the URL of a running one, whose store is filled with made-up data."`
	AnyHost  bool          `help:"Allow the URL of another machine."`
	Size     []int         `placeholder:"N" help:"Reviewers; a result for each."`
	Loop     string        `placeholder:"open|closed" enum:"open,closed," default:"" help:"open: operations are due by a rate, and latency counts from then; closed: each client sends when it has its answer, for limits."`
	Rate     []float64     `placeholder:"N" help:"Operations a second of the open loop; a run for each."`
	Arrivals string        `default:"poisson" enum:"poisson,even" help:"How operations of the open loop arrive: poisson or even."`
	Clients  []int         `placeholder:"N" help:"Closed loop: clients, a run for each number. Open loop: how many operations may be under way."`
	Warmup   time.Duration `default:"-1ns" placeholder:"TIME" help:"Time at the start that is not counted."`
	Duration time.Duration `placeholder:"TIME" help:"Time that is counted."`
	Writes   int           `default:"-1" placeholder:"PERCENT" help:"Share of writes in workloads that have any."`
	Booked   int           `default:"60" placeholder:"PERCENT" help:"Share of the next two weeks that is not free."`
	Count    []int         `placeholder:"N" help:"Appointments of replay and of the start figure; bookings of a closed loop."`
	Rounds   int           `placeholder:"N" help:"Interleaved rounds of replay, growth and figures; at least 5 for figures that are quoted."`
	Sample   time.Duration `default:"200ms" placeholder:"TIME" help:"Length of one measurement of growth and figures."`
	Profile  string        `name:"cpu-profile" type:"path" placeholder:"FILE" help:"Write a profile of the processor while load runs to FILE, of the engine or of the server that the run starts; go tool pprof reads it."`
	Log      string        `default:"" enum:"disk,memory," placeholder:"disk|memory" help:"Where an engine in this process keeps its log."`
	Seed     uint64        `default:"1" help:"Of everything that is drawn."`
	Out      string        `type:"path" placeholder:"DIR" help:"Also write the results there, as JSON and as text for benchstat."`
	Revision string        `hidden:"" help:"Of the program, for results of a build that does not know its own."`
}

// Run runs the workload and fails with exitNotWhole if the answers were wrong.
func (c *benchRunCmd) Run(ctx context.Context, parsed *kong.Context, s streams) error {
	say := &teller{out: s.err, steps: map[string]*progress{}}
	o := bench.Options{
		Workload: c.Workload, Target: c.Target, AnyHost: c.AnyHost, Sizes: c.Size, Booked: noneIfZero(c.Booked), Seed: c.Seed,
		Memory: c.Log == "memory", Writes: noneIfZero(c.Writes), Counts: c.Count, Rounds: c.Rounds, Sample: c.Sample,
		Loop: c.Loop, Rates: c.Rate, Even: c.Arrivals == "even", Clients: c.Clients, Duration: c.Duration,
		Command: repeatable(parsed.Args), Revision: c.Revision, Say: say.say, Step: say.step, Wiring: benchWiring(s.err),
		Profile: c.Profile,
	}
	if c.Writes < 0 {
		o.Writes = 0 // the workload's own share
	}
	switch {
	case c.Warmup == 0:
		o.Warmup = -1
	case c.Warmup > 0:
		o.Warmup = c.Warmup
	}
	if o.Revision == "" && version != "development" {
		o.Revision = version
	}
	results, err := bench.Run(ctx, o)
	wrong := 0
	for _, r := range results {
		if err := r.WriteSummary(s.out); err != nil {
			return err
		}
		wrong += len(r.Failed())
		if c.Out != "" {
			name, err := r.Write(c.Out)
			if err != nil {
				return err
			}
			fmt.Fprintf(s.err, "wrote %s\n", name)
		}
	}
	switch {
	case errors.Is(err, bench.ErrUsage) || errors.Is(err, bench.ErrNotLoopback):
		return &failure{exitUsage, err}
	case err != nil:
		return err
	case wrong > 0:
		return &failure{exitNotWhole, fmt.Errorf("%d checks of the answers do not hold; the figures mean nothing", wrong)}
	}
	return nil
}

// noneIfZero turns a share of nothing into what the suite takes for it; there, 0
// is the default.
func noneIfZero(percent int) int {
	if percent == 0 {
		return -1
	}
	return percent
}

// repeatable is a command line without the places of this machine.
func repeatable(args []string) string {
	kept := []string{"parley"}
	for i := 0; i < len(args); i++ {
		name, _, joined := strings.Cut(args[i], "=")
		if name == "--out" || name == "--revision" || name == "--cpu-profile" {
			if !joined {
				i++
			}
			continue
		}
		kept = append(kept, args[i])
	}
	return strings.Join(kept, " ")
}

// teller prints what the suite tells of its progress.
type teller struct {
	mu    sync.Mutex
	out   io.Writer
	steps map[string]*progress
	told  time.Time // when a step of few parts was last told of
}

func (t *teller) say(line string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	fmt.Fprintln(t.out, line)
}

// step shows a bar for a step of many parts, and a line a second for one of few;
// one that begins again gets a new bar.
func (t *teller) step(what string, done, total uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if total < progressMin {
		if now := time.Now(); now.Sub(t.told) >= time.Second || done == total {
			t.told = now
			fmt.Fprintf(t.out, "%s: %d of %d\n", what, done, total)
		}
		return
	}
	if t.steps[what] == nil {
		t.steps[what] = newProgress(t.out, what)
	}
	t.steps[what].update(done, total)
	if done == total {
		delete(t.steps, what)
	}
}

type benchCompareCmd struct {
	Old string `arg:"" help:"Result (.json) or text with Go benchmarks."`
	New string `arg:"" help:"The same of the other version."`
}

// Run prints the table.
func (c *benchCompareCmd) Run(s streams) error {
	pairs, err := report.CompareFiles(c.Old, c.New)
	switch {
	case errors.Is(err, fs.ErrNotExist) || errors.Is(err, report.ErrSchema) || errors.Is(err, report.ErrNothingShared):
		return &failure{exitUsage, err}
	case err != nil:
		return err
	}
	return report.WriteComparison(s.out, pairs)
}

type benchReportCmd struct {
	Dir     string `arg:"" type:"path" help:"Directory with results of parley bench run --out and make bench-rivals."`
	Targets bool   `help:"Print the table of targets alone, and write nothing."`
}

// Run writes the report beside the results.
func (c *benchReportCmd) Run(s streams) error {
	err := c.write(s)
	switch {
	case errors.Is(err, fs.ErrNotExist) || errors.Is(err, report.ErrSchema):
		return &failure{exitUsage, err}
	}
	return err
}

func (c *benchReportCmd) write(s streams) error {
	if c.Targets {
		return report.WriteTargets(s.out, c.Dir)
	}
	name, err := report.WriteDir(c.Dir)
	if err == nil {
		fmt.Fprintln(s.out, name)
	}
	return err
}

type benchListCmd struct{}

// Run prints a line for each workload.
func (benchListCmd) Run(s streams) error {
	all := bench.Workloads()
	width := len(slices.MaxFunc(all, func(a, b bench.Workload) int { return len(a.Name) - len(b.Name) }).Name)
	for _, w := range all {
		if _, err := fmt.Fprintf(s.out, "%-*s  %s\n", width, w.Name, w.About); err != nil {
			return err
		}
	}
	return nil
}
