package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/parleyhq/parley/bench/report"
)

// options are what a run is told.
type options struct {
	reviewers int // of the searches
	bookers   int // of the bookings
	perTurn   int // bookings over HTTP in one turn, at most
	pace      pace
	program   string // the built parley
	cache     string // folder of filled stores
	scratch   string // folder of everything else; made and removed by main
	out       string // folder of the result, "" = it is printed
	command   string // that repeats the run
	revision  string // of the product; "" = of this module's build
	parts     []string
}

func main() {
	if serveBareIfAsked() {
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := command(ctx, os.Args[1:], os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "baselines:", err)
		os.Exit(1)
	}
}

// command reads the flags and runs the comparison.
func command(ctx context.Context, args []string, log io.Writer) error {
	var o options
	flags := flag.NewFlagSet("baselines", flag.ContinueOnError)
	flags.SetOutput(log)
	flags.IntVar(&o.reviewers, "reviewers", 5_000, "reviewers of the searches")
	flags.IntVar(&o.bookers, "booking-reviewers", 500, "reviewers of the bookings")
	flags.IntVar(&o.perTurn, "bookings", 20_000, "most bookings that the product makes in one turn")
	flags.IntVar(&o.pace.rounds, "rounds", minRounds, "interleaved rounds")
	flags.DurationVar(&o.pace.round, "round", time.Second, "length of a contender's turn in a round")
	flags.StringVar(&o.program, "parley", filepath.Join("..", "..", "bin", "parley"), "the built program")
	flags.StringVar(&o.cache, "cache", filepath.Join("..", "..", ".cache", "rivals"), "folder in which filled stores are kept for the next run")
	flags.StringVar(&o.out, "out", "", "folder in which the result is kept, as parley bench run keeps its own")
	flags.StringVar(&o.command, "command", "make bench-rivals", "how the run is repeated, for the result")
	flags.StringVar(&o.revision, "revision", "", "of the product, for the result")
	only := flags.String("only", "", "one part: "+fmt.Sprint(partNames()))
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *only != "" {
		if o.parts = []string{*only}; !slices.Contains(partNames(), *only) {
			return fmt.Errorf("no part is called %q; there are %v", *only, partNames())
		}
	}
	return compare(ctx, o, log)
}

// compare runs the parts, each with a scratch folder of its own, and writes the
// report. A part that fails leaves no report: nothing is claimed on errors.
func compare(ctx context.Context, o options, log io.Writer) (err error) {
	scratch, err := os.MkdirTemp("", "parley-rivals-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	// Servers that run as another user must get through.
	if err := os.Chmod(scratch, 0o711); err != nil {
		return err
	}
	r := &run{options: o, log: log}
	r.scratch = scratch
	r.report = report.Result{
		Schema: report.Schema, Workload: strings.Join(append([]string{"rivals"}, o.parts...), "-"), Target: "http", Command: o.command,
		Started: time.Now().UTC().Format(time.RFC3339), Machine: report.ThisMachine(o.revision),
		Config: map[string]string{
			"size": fmt.Sprint(o.reviewers), "booking reviewers": fmt.Sprint(o.bookers), "rounds": fmt.Sprint(o.pace.rounds),
			"round": o.pace.round.String(), "stores on": fileSystem(scratch),
		},
		Notes: []string{"Ratios are taken round by round. Answers were compared before anything was timed."},
	}
	if o.pace.rounds < minRounds {
		r.report.Notes = append(r.report.Notes, fmt.Sprintf("**Fewer than %d rounds: these figures show that the comparison runs, and nothing else.**", minRounds))
	}
	r.noteModules()
	for _, p := range parts {
		if len(o.parts) > 0 && !slices.Contains(o.parts, p.name) {
			continue
		}
		if err := p.run(r, ctx); err != nil {
			return fmt.Errorf("part %s: %w", p.name, err)
		}
	}
	r.report.Machine.After()
	if o.out == "" {
		return r.report.WriteSummary(log)
	}
	name, err := r.report.Write(o.out)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(log, "wrote %s; parley bench report %s makes a page of all results there\n", name, o.out)
	return err
}

// parts of the comparison, in order.
var parts = []struct {
	name string
	run  func(*run, context.Context) error
}{
	{"searches", (*run).searches},
	{"writes", (*run).writes},
}

func partNames() []string {
	names := make([]string, len(parts))
	for i, p := range parts {
		names[i] = p.name
	}
	return names
}
