package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
	"time"
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
	out       string // base name of the report, "" = none
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
	flags.DurationVar(&o.pace.round, "round", 2*time.Second, "length of a contender's turn in a round")
	flags.StringVar(&o.program, "parley", filepath.Join("..", "..", "bin", "parley"), "the built program")
	flags.StringVar(&o.cache, "cache", filepath.Join("..", "..", ".cache", "rivals"), "folder in which filled stores are kept for the next run")
	flags.StringVar(&o.out, "out", "", "base name of the report's two files, without their endings")
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
	r.report.Machine = factsOf(scratch)
	r.report.Claims = o.pace.rounds >= minRounds
	r.report.Settings = []string{fmt.Sprintf("%d reviewers for searches, %d for bookings, %d rounds of %v", o.reviewers, o.bookers, o.pace.rounds, o.pace.round)}
	for _, p := range parts {
		if len(o.parts) > 0 && !slices.Contains(o.parts, p.name) {
			continue
		}
		if err := p.run(r, ctx); err != nil {
			return fmt.Errorf("part %s: %w", p.name, err)
		}
	}
	fmt.Fprintln(log)
	if o.out == "" {
		_, err := io.WriteString(log, r.report.markdown())
		return err
	}
	if err := r.report.save(o.out); err != nil {
		return err
	}
	fmt.Fprintf(log, "wrote %s.json and %s.md\n", o.out, o.out)
	return nil
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

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
