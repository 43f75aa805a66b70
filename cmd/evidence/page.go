package main

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// write writes the page from the lines of results.
func (o *options) write(e *evidence) error {
	path := filepath.Join(o.root, o.page)
	if err := os.WriteFile(path, []byte(page(e.runs)), 0o644); err != nil { //nolint:gosec // a page for everybody
		return err
	}
	fmt.Fprintf(e.out, "wrote %s\n", o.page)
	return nil
}

// page tells of every part what its newest run came to. Nothing stands in it that is not in the lines.
func page(runs []runLine) string {
	var b strings.Builder
	b.WriteString("# Evidence\n\nWritten by `make evidence` from the results of its runs, and from nothing else. Each part can be run again by its command; `make evidence PARTS=name`\n" +
		"runs it and writes this page. A part that was not run on this code says so. What the parts try stands in `docs/testing.md` and `docs/planted.md`.\n\n" + digestRule + "\n")
	b.WriteString("| Part | State | Command | Commit | Code | Time | Figures |\n|---|---|---|---|---|---|---|\n")
	for i := range parts {
		row(&b, &parts[i], runs)
	}
	places(&b, runs)
	return b.String()
}

// row writes the row of a part.
func row(b *strings.Builder, p *part, runs []runLine) {
	of := len(p.steps(""))
	last, seconds := -1, 0.0
	var commits []string
	for i := range runs {
		if runs[i].Part == p.name {
			last = i
			seconds += runs[i].Seconds
			if c := fmt.Sprintf("`%.12s`", runs[i].Revision); !slices.Contains(commits, c) {
				commits = append(commits, c)
			}
		}
	}
	if last < 0 {
		fmt.Fprintf(b, "| %s | not run | | | | | |\n", p.title)
		return
	}
	l := runs[last]
	var missed []string
	for _, g := range p.goals {
		if !g.met(l.Figures) {
			missed = append(missed, g.String())
		}
	}
	state := "**reached**"
	switch {
	case !l.OK:
		state = "FAILED"
	case l.Step < of:
		state = fmt.Sprintf("step %d of %d", l.Step, of)
	case missed != nil:
		state = "NOT reached: " + strings.Join(missed, ", ")
	}
	var figures []string
	for _, name := range slices.SortedFunc(maps.Keys(l.Figures), p.order) {
		figures = append(figures, name+" "+number(l.Figures[name]))
	}
	fmt.Fprintf(b, "| %s | %s | `%s` | %s | `%s` | %s | %s |\n", p.title, state, strings.ReplaceAll(l.Command, "|", `\|`), strings.Join(commits, ", "), l.Code, time.Duration(seconds*float64(time.Second)).Round(time.Second), strings.Join(figures, "; "))
}

// order puts the figures that have goals first, in their order.
func (p *part) order(a, b string) int {
	at := func(name string) int {
		if i := slices.IndexFunc(p.goals, func(g goal) bool { return g.figure == name }); i >= 0 {
			return i
		}
		return len(p.goals)
	}
	return cmp.Or(cmp.Compare(at(a), at(b)), cmp.Compare(a, b))
}

func (g goal) String() string {
	switch {
	case g.most == 0:
		return fmt.Sprintf("%s must be 0", g.figure)
	case g.least == 0:
		return fmt.Sprintf("%s must be %s or less", g.figure, number(g.most))
	}
	return fmt.Sprintf("%s must be %s or more", g.figure, number(g.least))
}

// number writes a figure with its thousands apart.
func number(x float64) string {
	if x != math.Trunc(x) {
		return strconv.FormatFloat(x, 'f', 3, 64)
	}
	digits := strconv.FormatFloat(math.Abs(x), 'f', 0, 64)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	if x < 0 {
		digits = "-" + digits
	}
	return digits
}

// places tells on which code and machine the runs were.
func places(b *strings.Builder, runs []runLine) {
	var said []string
	for _, l := range runs {
		m := l.Machine
		line := fmt.Sprintf("- commit `%.12s`: %s, %d cores, %s MiB, Linux %s, %s", l.Revision, m.CPU, m.Cores, number(float64(m.MemoryKiB>>10)), m.Kernel, m.Go)
		if !slices.Contains(said, line) {
			said = append(said, line)
		}
	}
	if said == nil {
		return
	}
	fmt.Fprintf(b, "\n## Where and when\n\n%s\n", strings.Join(said, "\n"))
	least, most := math.Inf(1), 0.0
	first, last := runs[0].Started, runs[0].Started // in UTC, so that texts are in the order of times
	for _, l := range runs {
		first, last = min(first, l.Started), max(last, l.Started)
		one, _, _ := strings.Cut(l.Machine.LoadBefore, " ") // of the last minute
		if x, err := strconv.ParseFloat(one, 64); err == nil {
			least, most = min(least, x), max(most, x)
		}
	}
	fmt.Fprintf(b, "- from %s to %s; load of the machine before the steps: %.1f to %.1f. Times are of such a machine.\n", first, last, least, most)
}
