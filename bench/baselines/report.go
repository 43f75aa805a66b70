package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// unit is what a table's figures are in.
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

func (u unit) name() string {
	if u == perOperation {
		return "ns"
	}
	return "1/s"
}

// text writes a figure for people.
func (u unit) text(v float64) string {
	if u == perOperation {
		d := time.Duration(v)
		switch {
		case d >= time.Millisecond:
			return fmt.Sprintf("%.2f ms", v/1e6)
		case d >= time.Microsecond:
			return fmt.Sprintf("%.2f µs", v/1e3)
		}
		return fmt.Sprintf("%.0f ns", v)
	}
	return fmt.Sprintf("%.0f/s", v)
}

// line is one contender's figure.
type line struct {
	Name   string    `json:"name"`
	Rounds []float64 `json:"rounds"`
	spread
}

// table is one interleaved comparison.
type table struct {
	Title string `json:"title"`
	Unit  string `json:"unit"`
	Lines []line `json:"lines"`
	unit  unit
}

// verdict is a ratio with the target that it is held to.
type verdict struct {
	Target int     `json:"target"` // row of the table of targets, 0 = none
	What   string  `json:"what"`
	Over   string  `json:"over"`
	Under  string  `json:"under"`
	Want   float64 `json:"want"` // at least; 0 = not held to anything
	Met    bool    `json:"met"`
	spread
}

// report is everything that a run found.
type report struct {
	Machine  machine   `json:"machine"`
	Settings []string  `json:"settings"`
	Tables   []table   `json:"tables"`
	Verdicts []verdict `json:"verdicts"`
	Skipped  []string  `json:"skipped"` // each with its reason
	Notes    []string  `json:"notes"`
	Claims   bool      `json:"claims"` // false: too few rounds, figures are no evidence
}

// run is a comparison under way.
type run struct {
	options
	log    io.Writer
	report report
}

// table lets contenders run in turns and notes their figures.
func (r *run) table(ctx context.Context, title string, u unit, contenders []contender) error {
	_, err := r.samples(ctx, title, u, contenders)
	return err
}

// samples is table for those who want to compare further.
func (r *run) samples(ctx context.Context, title string, u unit, contenders []contender) (map[string][]sample, error) {
	fmt.Fprintf(r.log, "%s\n", title)
	all, err := interleave(ctx, r.log, r.pace, contenders)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", title, err)
	}
	r.note(title, u, contenders, all)
	return all, nil
}

// note adds a table of samples that were taken.
func (r *run) note(title string, u unit, contenders []contender, all map[string][]sample) {
	t := table{Title: title, Unit: u.name(), unit: u}
	for _, c := range contenders {
		values := each(all[c.name], u.of)
		t.Lines = append(t.Lines, line{c.name, values, spreadOf(values)})
		fmt.Fprintf(r.log, "  %-48s %s\n", c.name, u.text(spreadOf(values).Median))
	}
	r.report.Tables = append(r.report.Tables, t)
}

// judge holds a quotient to a target.
func (r *run) judge(target int, what, over, under string, want float64, q []float64) {
	v := verdict{Target: target, What: what, Over: over, Under: under, Want: want, spread: spreadOf(q)}
	v.Met = r.report.Claims && want > 0 && v.Median >= want
	r.report.Verdicts = append(r.report.Verdicts, v)
	fmt.Fprintf(r.log, "  = %s: %.2f (%.2f–%.2f)%s\n", what, v.Median, v.Min, v.Max, v.outcome(r.report.Claims))
}

func (v *verdict) outcome(claims bool) string {
	switch {
	case v.Want == 0:
		return ""
	case !claims:
		return fmt.Sprintf(", target %d: at least %.2f, not claimed", v.Target, v.Want)
	case v.Met:
		return fmt.Sprintf(", target %d: at least %.2f, met", v.Target, v.Want)
	}
	return fmt.Sprintf(", target %d: at least %.2f, not met", v.Target, v.Want)
}

// skip says that a part is left out, and why. Nothing is claimed of it.
func (r *run) skip(part, why string) {
	text := part + ": " + why
	r.report.Skipped = append(r.report.Skipped, text)
	fmt.Fprintf(r.log, "SKIPPED %s\n", text)
}

// save writes the report as JSON and Markdown to base.json and base.md.
func (r *report) save(base string) error {
	if err := os.MkdirAll(filepath.Dir(base), 0o755); err != nil {
		return err
	}
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(base+".json", append(text, '\n'), 0o644); err != nil {
		return err
	}
	return os.WriteFile(base+".md", []byte(r.markdown()), 0o644)
}

// markdown is the report for people.
func (r *report) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Parley and its rivals, %s\n\n", r.Machine.Date)
	if !r.Claims {
		fmt.Fprintf(&b, "**Fewer than %d rounds: these figures show that the comparison runs, and nothing else.**\n\n", minRounds)
	}
	b.WriteString("Figures are medians (least–greatest) over interleaved rounds; ratios are taken round by round. Load generators and\nservers share the machine. Answers were compared before anything was timed.\n\n")
	b.WriteString("| Target | Ratio | Median | Spread | Wanted | |\n|---|---|---|---|---|---|\n")
	for i := range r.Verdicts {
		v := &r.Verdicts[i]
		target, want, met := "–", "–", ""
		if v.Target > 0 {
			target = fmt.Sprint(v.Target)
		}
		if v.Want > 0 {
			want, met = fmt.Sprintf("≥ %.2f", v.Want), "not met"
			switch {
			case !r.Claims:
				met = "not claimed"
			case v.Met:
				met = "met"
			}
		}
		fmt.Fprintf(&b, "| %s | %s: %s ÷ %s | %.2f | %.2f–%.2f | %s | %s |\n", target, v.What, v.Over, v.Under, v.Median, v.Min, v.Max, want, met)
	}
	for i := range r.Tables {
		t := &r.Tables[i]
		fmt.Fprintf(&b, "\n## %s\n\n| Contender | Median | Least | Greatest |\n|---|---|---|---|\n", t.Title)
		for _, l := range t.Lines {
			fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", l.Name, t.unit.text(l.Median), t.unit.text(l.Min), t.unit.text(l.Max))
		}
	}
	list := func(title string, items []string) {
		if len(items) == 0 {
			return
		}
		fmt.Fprintf(&b, "\n## %s\n\n", title)
		for _, s := range items {
			fmt.Fprintf(&b, "- %s\n", s)
		}
	}
	list("Left out", r.Skipped)
	list("How it was measured", r.Notes)
	list("Settings", r.Settings)
	list("Machine", r.Machine.lines())
	return b.String()
}
