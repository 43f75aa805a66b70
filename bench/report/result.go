package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/parleyhq/parley/bench/load"
)

// Schema names the form of a Result. It changes when a reader of the old form
// would misread the new one.
const Schema = "parley-bench/1"

// Result is what one run of the suite has measured.
type Result struct {
	Schema   string            `json:"schema"`
	Workload string            `json:"workload"`
	Target   string            `json:"target"`  // inprocess, http, or a URL
	Command  string            `json:"command"` // that repeats it
	Started  string            `json:"started"` // RFC 3339, UTC
	Config   map[string]string `json:"config"`
	Machine  Machine           `json:"machine"`
	Runs     []Run             `json:"runs,omitempty"`
	Figures  []Figure          `json:"figures,omitempty"`
	Curves   []Curve           `json:"curves,omitempty"`
	Checks   []Check           `json:"checks,omitempty"`
	Notes    []string          `json:"notes,omitempty"`
}

// Run is one stretch of load.
type Run struct {
	Label   string  `json:"label"`          // unique in the result
	Loop    string  `json:"loop"`           // open, closed
	Rate    float64 `json:"rate,omitempty"` // asked for, per second; open loop
	Clients int     `json:"clients"`
	load.Stats
}

// Figure is a named number with the samples that it was drawn from.
type Figure struct {
	Name    string    `json:"name"` // fixed: documents refer to it
	What    string    `json:"what"`
	Unit    string    `json:"unit"` // ratio, ns, bytes, allocs, per_second
	Samples []float64 `json:"samples"`
	Median  float64   `json:"median"`
	Min     float64   `json:"min"`
	Max     float64   `json:"max"`
	// HigherIsBetter says in which direction the figure improves.
	HigherIsBetter bool `json:"higherIsBetter,omitempty"`
	// Group is the comparison that the figure is one side of, "" = none.
	Group string `json:"group,omitempty"`
	// Goal is the number of the target in the table of docs/performance.md, 0 = none; AtMost or
	// AtLeast its bound. A figure without a bound stands beside the one that is held to it.
	Goal    int      `json:"goal,omitempty"`
	AtMost  *float64 `json:"atMost,omitempty"`
	AtLeast *float64 `json:"atLeast,omitempty"`
	// Unclaimed figures come from too few rounds to meet a target.
	Unclaimed bool `json:"unclaimed,omitempty"`
}

// Goals is how many targets docs/performance.md has.
const Goals = 13

// NewFigure sums samples up. There must be one at least.
func NewFigure(name, what, unit string, samples []float64) Figure {
	f := Figure{Name: name, What: what, Unit: unit, Samples: samples}
	f.Median, f.Min, f.Max = Spread(samples)
	return f
}

// Aim returns f with a target: its number and the bound that its median may not exceed.
func (f Figure) Aim(goal int, atMost float64) Figure {
	f.Goal, f.AtMost = goal, &atMost
	return f
}

// Reach returns f with a target: its number and the bound that its median must reach.
func (f Figure) Reach(goal int, atLeast float64) Figure {
	f.Goal, f.AtLeast, f.HigherIsBetter = goal, &atLeast, true
	return f
}

// Verdict says of a figure with a bound whether its median meets it: met, not met, or
// not claimed.
func (f *Figure) Verdict() string {
	switch {
	case f.AtMost == nil && f.AtLeast == nil:
		return ""
	case f.Unclaimed:
		return "not claimed"
	case f.AtMost != nil && f.Median > *f.AtMost, f.AtLeast != nil && f.Median < *f.AtLeast:
		return "not met"
	}
	return "met"
}

// bound writes what the figure is held to.
func (f *Figure) bound() string {
	switch {
	case f.AtMost != nil:
		return "≤ " + number(*f.AtMost)
	case f.AtLeast != nil:
		return "≥ " + number(*f.AtLeast)
	}
	return ""
}

// spread writes the median with the least and the greatest, times in the unit of their size.
func (f *Figure) spread() string {
	if f.Unit != "ns" {
		return spreadText(f.Samples)
	}
	return duration(int64(f.Median)) + " (" + duration(int64(f.Min)) + "–" + duration(int64(f.Max)) + ")"
}

// Spread returns the median, the least and the greatest of samples; zeros if
// there are none.
func Spread(samples []float64) (median, low, high float64) {
	if len(samples) == 0 {
		return 0, 0, 0
	}
	sorted := slices.Sorted(slices.Values(samples))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2, sorted[0], sorted[n-1]
}

// Curve is how one quantity depends on another.
type Curve struct {
	Name  string  `json:"name"` // unique in the result; names its plot
	Title string  `json:"title"`
	X     string  `json:"x"` // with the unit
	Y     string  `json:"y"` // with the unit
	LogX  bool    `json:"logX,omitempty"`
	LogY  bool    `json:"logY,omitempty"`
	Lines []Lines `json:"lines"`
}

// Lines are the points of one series.
type Lines struct {
	Name   string  `json:"name"`
	Points []Point `json:"points"`
}

// Point is a median with its spread.
type Point struct {
	X   float64 `json:"x"`
	Y   float64 `json:"y"`
	Low float64 `json:"low"`
	Top float64 `json:"top"`
}

// NewPoint sums samples up at x.
func NewPoint(x float64, samples []float64) Point {
	p := Point{X: x}
	p.Y, p.Low, p.Top = Spread(samples)
	return p
}

// Check is a claim about the answers, not about their speed.
type Check struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail,omitempty"`
}

// Failed returns the checks that do not hold.
func (r *Result) Failed() (failed []Check) {
	for _, c := range r.Checks {
		if !c.OK {
			failed = append(failed, c)
		}
	}
	return failed
}

// Name is the file name of a result, without its extension.
func (r *Result) Name() string {
	target := r.Target
	if strings.Contains(target, "://") {
		target = "remote"
	}
	name := r.Workload + "-" + target
	if size := r.Config["size"]; size != "" {
		name += "-" + strings.ReplaceAll(size, ",", "-")
	}
	if len(r.Runs) > 0 && r.Runs[0].Loop == "closed" {
		name += "-closed"
	}
	return name
}

// Write stores the result in dir as NAME.json, with its text for benchstat as
// NAME.txt beside it, and returns the first name.
func (r *Result) Write(dir string) (string, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return "", err
	}
	name := filepath.Join(dir, r.Name()+".json")
	if err := os.WriteFile(name, append(text, '\n'), 0o644); err != nil {
		return "", err
	}
	return name, os.WriteFile(filepath.Join(dir, r.Name()+".txt"), []byte(r.Benchstat()), 0o644)
}

// ErrSchema is returned for a file that is no result of a known schema.
var ErrSchema = errors.New("no result of this suite")

// Read loads one result.
func Read(name string) (*Result, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var r Result
	if err := json.Unmarshal(text, &r); err != nil {
		return nil, fmt.Errorf("%s: %w: %w", name, ErrSchema, err)
	}
	if r.Schema != Schema {
		return nil, fmt.Errorf("%s: %w: schema %q, this program reads %q", name, ErrSchema, r.Schema, Schema)
	}
	return &r, nil
}

// ReadDir loads the results of a directory in order of their names. A JSON file
// that is no result is an error, a directory without any is fs.ErrNotExist.
func ReadDir(dir string) ([]*Result, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	results := make([]*Result, 0, len(names))
	for _, name := range names {
		r, err := Read(name)
		if err != nil {
			return nil, err
		}
		results = append(results, r)
	}
	if len(results) == 0 {
		return nil, fmt.Errorf("%s holds no results: %w", dir, fs.ErrNotExist)
	}
	return results, nil
}
