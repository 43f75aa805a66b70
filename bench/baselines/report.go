package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/parleyhq/parley/bench/report"
)

// unit is what a comparison's figures are in.
type unit int

const (
	perSecond    unit = iota // operations a second, more is better
	perOperation             // time of one operation, less is better
)

// of returns the figure of a sample: operations a second, or nanoseconds.
func (u unit) of(s sample) float64 {
	if u == perOperation {
		return latencyOf(s)
	}
	return rateOf(s)
}

// name is the unit as results write it.
func (u unit) name() string {
	if u == perOperation {
		return "ns"
	}
	return "per_second"
}

// target is what a ratio is held to.
type target struct {
	number int     // row of the table of targets, 0 = none
	name   string  // of the figure; documents refer to it
	want   float64 // at least; 0 = held to nothing
}

// The targets.
var (
	overBare     = target{5, "week_http_over_bare", 0.60}
	overPebble   = target{6, "bookings_over_pebble", 0.60}
	overPostgres = target{7, "bookings_over_postgres", 4}
	weekLatency  = target{8, "week_latency_over_postgres", 40}
	weekRate     = target{8, "week_rate_over_postgres", 100}
	overTable    = target{9, "first20_over_slot_table", 2.5}
)

// beside is a reading of the same row of the table that is held to nothing.
func (t target) beside(suffix string) target { return target{t.number, t.name + suffix, 0} }

// run is a comparison under way.
type run struct {
	options
	log    io.Writer
	report report.Result
}

// version notes what a rival is.
func (r *run) version(name, version string) {
	if r.report.Machine.Versions == nil {
		r.report.Machine.Versions = map[string]string{}
	}
	r.report.Machine.Versions[name] = version
}

// samples lets contenders run in turns and notes their figures.
func (r *run) samples(ctx context.Context, title string, u unit, contenders []contender) (map[string][]sample, error) {
	fmt.Fprintf(r.log, "%s\n", title)
	began := time.Now()
	all, err := interleave(ctx, r.log, r.pace, contenders)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", title, err)
	}
	for _, c := range contenders {
		f := report.NewFigure(figureName(title+" "+c.name), c.name, u.name(), each(all[c.name], u.of))
		f.Group, f.HigherIsBetter = title, u == perSecond
		r.report.Figures = append(r.report.Figures, f)
		fmt.Fprintf(r.log, "  %-48s %.0f %s\n", c.name, f.Median, f.Unit)
	}
	fmt.Fprintf(r.log, "  took %v\n", time.Since(began).Round(time.Second))
	return all, nil
}

// figureName makes a title a name: words of small letters and digits, joined by _.
func figureName(title string) string {
	words := strings.FieldsFunc(strings.ToLower(title), func(c rune) bool { return (c < 'a' || c > 'z') && (c < '0' || c > '9') })
	return strings.Join(words, "_")
}

// judge keeps a quotient of two contenders, and holds it to a target.
func (r *run) judge(t target, what, over, under string, q []float64) {
	f := report.NewFigure(t.name, what+": "+over+" ÷ "+under, "ratio", q)
	if f.Goal, f.HigherIsBetter, f.Unclaimed = t.number, true, r.pace.rounds < minRounds; t.want > 0 {
		f = f.Reach(t.number, t.want)
	}
	r.report.Figures = append(r.report.Figures, f)
	fmt.Fprintf(r.log, "  = %s: %.2f (%.2f–%.2f) %s\n", f.What, f.Median, f.Min, f.Max, f.Verdict())
}

// skip says that a part is left out, and why. Nothing is claimed of it.
func (r *run) skip(part, why string) {
	text := "Left out: " + part + ": " + why + "."
	r.report.Notes = append(r.report.Notes, text)
	fmt.Fprintln(r.log, "SKIPPED", text)
}
