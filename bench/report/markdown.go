package report

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// ReportName is the file that WriteDir writes beside its plots.
const ReportName = "report.md"

// WriteDir writes a Markdown report of all results in dir, with a plot for every
// curve, and returns its name.
func WriteDir(dir string) (string, error) {
	results, err := ReadDir(dir)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString("# Measurements\n\nGenerator and target share the machine unless the target is a URL of another one. Latency counts from the\n" +
		"instant at which an operation was due. Read ratios and shapes; absolutes belong to the machine.\n")
	goals(&b, results)
	for _, r := range results {
		section(&b, r)
		for _, c := range append(slices.Clone(r.Curves), r.loadCurves()...) {
			var plot bytes.Buffer
			if err := c.WriteSVG(&plot); err != nil {
				return "", err
			}
			name := r.Name() + "-" + metricName(c.Name) + ".svg"
			if err := os.WriteFile(filepath.Join(dir, name), plot.Bytes(), 0o644); err != nil {
				return "", err
			}
			fmt.Fprintf(&b, "\n![%s](%s)\n", c.Title, name)
			points(&b, &c)
		}
	}
	name := filepath.Join(dir, ReportName)
	return name, os.WriteFile(name, []byte(b.String()), 0o644)
}

// WriteTargets writes the table of targets that the results in dir speak of.
func WriteTargets(w io.Writer, dir string) error {
	results, err := ReadDir(dir)
	if err != nil {
		return err
	}
	var b strings.Builder
	goals(&b, results)
	_, err = io.WriteString(w, b.String())
	return err
}

// goals lists the figures that have a target, in order of its number, and names the
// targets that none of the results measures.
func goals(b *strings.Builder, results []*Result) {
	type row struct {
		figure  Figure
		command string
	}
	var rows []row
	missing := make(map[int]bool, Goals)
	for n := 1; n <= Goals; n++ {
		missing[n] = true
	}
	for _, r := range results {
		for _, f := range r.Figures {
			if f.Goal > 0 {
				rows = append(rows, row{f, r.Command})
				delete(missing, f.Goal)
			}
		}
	}
	if len(rows) == 0 {
		return
	}
	slices.SortStableFunc(rows, func(a, b row) int { return a.figure.Goal - b.figure.Goal })
	b.WriteString("\n## Targets\n\n| # | Figure | Median (min–max) | Target | | Command |\n|---|---|---|---|---|---|\n")
	for _, r := range rows {
		target, verdict := r.figure.bound(), r.figure.Verdict()
		if verdict == "" {
			target, verdict = "–", "for comparison"
		}
		fmt.Fprintf(b, "| %d | %s (`%s`) | %s | %s | %s | `%s` |\n", r.figure.Goal, r.figure.What, r.figure.Name,
			r.figure.spread(), target, verdict, r.command)
	}
	if len(missing) > 0 {
		fmt.Fprintf(b, "\nNot measured in these results: %s.\n", joined(slices.Sorted(maps.Keys(missing))))
	}
}

func joined(list []int) string {
	words := make([]string, len(list))
	for i, n := range list {
		words[i] = fmt.Sprint(n)
	}
	return strings.Join(words, ", ")
}

// WriteSummary writes the result without its curves, in Markdown.
func (r *Result) WriteSummary(w io.Writer) error {
	var b strings.Builder
	section(&b, r)
	_, err := io.WriteString(w, b.String())
	return err
}

// section writes one result, all but its plots.
func section(b *strings.Builder, r *Result) {
	fmt.Fprintf(b, "\n## %s on %s\n\n`%s`, %s\n\n", r.Workload, r.Target, r.Command, r.Started)
	for _, name := range slices.Sorted(maps.Keys(r.Config)) {
		fmt.Fprintf(b, "%s %s; ", name, r.Config[name])
	}
	fmt.Fprintf(b, "\n\n%s\n", r.Machine.text())
	for _, n := range r.Notes {
		fmt.Fprintf(b, "\n%s\n", n)
	}
	for i, c := range r.Checks {
		if i == 0 {
			b.WriteString("\n| Check | Holds | |\n|---|---|---|\n")
		}
		holds := "yes"
		if !c.OK {
			holds = "**no**"
		}
		fmt.Fprintf(b, "| %s | %s | %s |\n", c.Name, holds, c.Detail)
	}
	figures(b, r.Figures)
	runs(b, r.Runs)
}

// figures writes a table of those of no group and one of each group.
func figures(b *strings.Builder, all []Figure) {
	var groups []string
	for i := range all {
		if !slices.Contains(groups, all[i].Group) {
			groups = append(groups, all[i].Group)
		}
	}
	for _, group := range groups {
		if group != "" {
			fmt.Fprintf(b, "\n### %s\n", group)
		}
		b.WriteString("\n| Figure | What | Unit | Median (min–max) | Samples |\n|---|---|---|---|---|\n")
		for i := range all {
			if f := &all[i]; f.Group == group {
				fmt.Fprintf(b, "| `%s` | %s | %s | %s | %d |\n", f.Name, f.What, f.Unit, f.spread(), len(f.Samples))
			}
		}
	}
}

// text is the machine in two sentences.
func (m *Machine) text() string {
	noise := "The fixed loop took %s at best before and %s after (medians %s, %s)"
	if m.Noisy() {
		noise += ": **the machine was not the run's alone, read ratios only**"
	}
	others := ""
	for _, name := range slices.Sorted(maps.Keys(m.Versions)) {
		others += ", " + name + " " + m.Versions[name]
	}
	return fmt.Sprintf("%s, %d cores, GOMAXPROCS %d, governor %s, %s KiB, Linux %s, %s, revision %s%s, load %s → %s. "+noise+".",
		m.CPU, m.Cores, m.GoMaxProcs, m.Governor, number(float64(m.MemoryKiB)), m.Kernel, m.Go, m.Revision, others, m.LoadBefore, m.LoadAfter,
		duration(m.LoopBefore.Best), duration(m.LoopAfter.Best), duration(m.LoopBefore.Median), duration(m.LoopAfter.Median))
}

// runs writes one table with a row for every kind of every run.
func runs(b *strings.Builder, all []Run) {
	if len(all) == 0 {
		return
	}
	b.WriteString("\n| Run | Loop | Clients | Done/s | Kind | Count | p50 | p90 | p99 | p99.9 | max | Outcomes |\n|---|---|---|---|---|---|---|---|---|---|---|---|\n")
	for i := range all {
		run := &all[i]
		for _, kind := range slices.Sorted(maps.Keys(run.Kinds)) {
			q := run.Kinds[kind]
			fmt.Fprintf(b, "| %s | %s | %d | %s | %s | %d | %s | %s | %s | %s | %s | %s |\n", run.Label, run.Loop, run.Clients, number(run.PerSecond),
				kind, q.Count, duration(q.P50), duration(q.P90), duration(q.P99), duration(q.P999), duration(q.Max), outcomes(run.Outcomes[kind]))
		}
		if run.Unsent > 0 {
			fmt.Fprintf(b, "| %s | | | | not sent | %d | | | | | | the target could not keep up |\n", run.Label, run.Unsent)
		}
	}
	lag := all[0].Lag
	for i := range all {
		lag.P99 = max(lag.P99, all[i].Lag.P99)
	}
	if lag.Count > 0 {
		fmt.Fprintf(b, "\nThe generator itself was late by %s at most in 99 of 100 cases.\n", duration(lag.P99))
	}
}

func outcomes(counts map[string]int64) string {
	parts := make([]string, 0, len(counts))
	for _, class := range slices.Sorted(maps.Keys(counts)) {
		parts = append(parts, fmt.Sprintf("%s %d", class, counts[class]))
	}
	return strings.Join(parts, ", ")
}

// points writes a curve as a table, for those who want the numbers.
func points(b *strings.Builder, c *Curve) {
	fmt.Fprintf(b, "\n| %s |", c.X)
	for _, line := range c.Lines {
		fmt.Fprintf(b, " %s: %s |", line.Name, c.Y)
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(c.Lines)) + "\n")
	rows := map[float64][]string{}
	for i, line := range c.Lines {
		for _, p := range line.Points {
			if rows[p.X] == nil {
				rows[p.X] = make([]string, len(c.Lines))
			}
			rows[p.X][i] = spreadText([]float64{p.Low, p.Y, p.Top})
		}
	}
	for _, x := range slices.Sorted(maps.Keys(rows)) {
		fmt.Fprintf(b, "| %s | %s |\n", number(x), strings.Join(rows[x], " | "))
	}
}

// loadCurves are the plots that runs give by themselves: latency against rate
// where several rates were run, throughput and latency against clients where
// several numbers of clients were, and latency over time for long runs.
func (r *Result) loadCurves() (curves []Curve) {
	rate := Curve{Name: "latency-rate", Title: r.Workload + ": latency against rate", X: "operations done per second", Y: "latency (ms)", LogY: true}
	clients := Curve{Name: "throughput-clients", Title: r.Workload + ": throughput against clients", X: "clients", Y: "operations per second", LogX: true}
	p50, p99, p999, limit := Lines{Name: "p50"}, Lines{Name: "p99"}, Lines{Name: "p99.9"}, Lines{Name: "closed loop"}
	for i := range r.Runs {
		run := &r.Runs[i]
		if run.Loop == "open" {
			for _, v := range []struct {
				line *Lines
				ns   int64
			}{{&p50, run.Latency.P50}, {&p99, run.Latency.P99}, {&p999, run.Latency.P999}} {
				v.line.Points = append(v.line.Points, NewPoint(run.PerSecond, []float64{float64(v.ns) / 1e6}))
			}
			continue
		}
		limit.Points = append(limit.Points, NewPoint(float64(run.Clients), []float64{run.PerSecond}))
	}
	if len(p50.Points) > 1 {
		rate.Lines = []Lines{p50, p99, p999}
		curves = append(curves, rate)
	}
	if len(limit.Points) > 1 {
		clients.Lines = []Lines{limit}
		curves = append(curves, clients)
	}
	for i := range r.Runs {
		if run := &r.Runs[i]; len(run.Series) >= longSeries {
			curves = append(curves, run.overTime()...)
		}
	}
	return curves
}

// longSeries is from how many seconds on a run is drawn over time.
const longSeries = 10

// overTime draws a run's latency and gauge by the second.
func (run *Run) overTime() []Curve {
	p50, p99, gauge := Lines{Name: "p50"}, Lines{Name: "p99"}, Lines{Name: "gauge"}
	for _, s := range run.Series {
		p50.Points = append(p50.Points, NewPoint(s.At, []float64{float64(s.P50) / 1e6}))
		p99.Points = append(p99.Points, NewPoint(s.At, []float64{float64(s.P99) / 1e6}))
		if s.Gauge > 0 {
			gauge.Points = append(gauge.Points, NewPoint(s.At, []float64{float64(s.Gauge) / (1 << 20)}))
		}
	}
	curves := []Curve{{Name: "time-" + run.Label, Title: "latency over time, " + run.Label, X: "seconds", Y: "latency (ms)", LogY: true, Lines: []Lines{p50, p99}}}
	if len(gauge.Points) > 0 {
		curves = append(curves, Curve{Name: "memory-" + run.Label, Title: "memory over time, " + run.Label, X: "seconds", Y: "MiB", Lines: []Lines{gauge}})
	}
	return curves
}
