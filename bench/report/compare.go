package report

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// Comparison is one number before and after.
type Comparison struct {
	Name, Unit string
	Old, New   []float64
	Higher     bool // higher is better
}

// Bounds of what counts as a difference: the medians differ by more than minChange,
// and where there are samples enough for a spread, the spreads do not overlap.
const (
	minChange     = 0.03
	enoughSamples = 3
)

// Ratio is the new median in units of the old one, 0 if that is 0.
func (c *Comparison) Ratio() float64 {
	old, _, _ := Spread(c.Old)
	now, _, _ := Spread(c.New)
	if old == 0 {
		return 0
	}
	return now / old
}

// Verdict is better, worse, same (the medians are within 3 % of each other) or
// unclear: the spreads overlap, or there are fewer than three samples on a side,
// so that chance may explain the difference.
func (c *Comparison) Verdict() string {
	old, oldLow, oldTop := Spread(c.Old)
	now, nowLow, nowTop := Spread(c.New)
	change := now - old
	if change < 0 {
		change = -change
	}
	if change <= minChange*max(old, -old) {
		return "same"
	}
	if min(len(c.Old), len(c.New)) < enoughSamples || nowLow <= oldTop && oldLow <= nowTop {
		return "unclear"
	}
	if (now > old) == c.Higher {
		return "better"
	}
	return "worse"
}

// ErrNothingShared is returned when two files have no number in common.
var ErrNothingShared = errors.New("the two have no number in common")

// CompareFiles reads two results (.json) or two texts with Go benchmark lines and
// pairs what has the same name and unit. Each may be of either kind.
func CompareFiles(old, now string) ([]Comparison, error) {
	before, err := readMetrics(old)
	if err != nil {
		return nil, err
	}
	after, err := readMetrics(now)
	if err != nil {
		return nil, err
	}
	var pairs []Comparison
	for _, a := range after {
		for _, b := range before {
			if a.name == b.name && a.unit == b.unit {
				pairs = append(pairs, Comparison{Name: a.name, Unit: a.unit, Old: b.samples, New: a.samples, Higher: a.higher})
			}
		}
	}
	if len(pairs) == 0 {
		return nil, fmt.Errorf("%s and %s: %w", old, now, ErrNothingShared)
	}
	return pairs, nil
}

func readMetrics(name string) ([]metric, error) {
	if strings.HasSuffix(name, ".json") {
		r, err := Read(name)
		if err != nil {
			return nil, err
		}
		return r.metrics(), nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // only read
	all, err := parseBench(f)
	if err == nil && len(all) == 0 {
		err = fmt.Errorf("%w, and no Go benchmark lines", ErrSchema)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return all, nil
}

// WriteComparison writes a Markdown table: medians with their spreads, the ratio
// of new to old, and the verdict.
func WriteComparison(w io.Writer, pairs []Comparison) error {
	var b strings.Builder
	b.WriteString("| Figure | Unit | Old median (min–max) | New median (min–max) | New ÷ old | Verdict |\n|---|---|---|---|---|---|\n")
	for i := range pairs {
		c := &pairs[i]
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %.3f | %s |\n",
			c.Name, c.Unit, spreadText(c.Old), spreadText(c.New), c.Ratio(), c.Verdict())
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func spreadText(samples []float64) string {
	median, low, high := Spread(samples)
	if low == high {
		return number(median)
	}
	return fmt.Sprintf("%s (%s–%s)", number(median), number(low), number(high))
}
