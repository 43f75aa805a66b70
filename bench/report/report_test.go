package report_test

import (
	"encoding/xml"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parleyhq/parley/bench/load"
	"github.com/parleyhq/parley/bench/report"
)

// sample is a result with something of everything. factor scales its figure.
func sample(factor float64) *report.Result {
	q := load.Quantiles{Count: 10, Min: 1000, Mean: 2000, P50: 2000, P90: 3000, P99: 4000, P999: 5000, Max: 6000}
	run := func(label string, rate float64) report.Run {
		s := load.Stats{Seconds: 1, Due: 10, Done: 10, PerSecond: rate, Latency: q, Service: q, Lag: q,
			Kinds: map[string]load.Quantiles{"week": q}, Outcomes: map[string]map[string]int64{"week": {"ok": 9, "conflict": 1}}}
		for i := range 12 {
			s.Series = append(s.Series, load.Second{At: float64(i + 1), Done: 1, P50: 2000, P99: 4000, Gauge: 5 << 20})
		}
		return report.Run{Label: label, Loop: "open", Rate: rate, Clients: 4, Stats: s}
	}
	return &report.Result{
		Schema: report.Schema, Workload: "national", Target: "http", Command: "parley bench run national", Started: "2026-11-23T14:00:00Z",
		Config:  map[string]string{"size": "500"},
		Machine: report.Machine{CPU: "test", OS: "linux/amd64", LoopBefore: report.Loop{Best: 100, Median: 101}, LoopAfter: report.Loop{Best: 100, Median: 102}},
		Runs:    []report.Run{run("rate=10", 10), run("rate=20", 20)},
		Figures: []report.Figure{
			report.NewFigure("week_over_format", "a & b", "ratio", []float64{2 * factor, 2.1 * factor, 1.9 * factor}).Aim(1, 3),
			report.NewFigure("rate_over_rival", "a ÷ rival", "ratio", []float64{0.5}).Reach(5, 0.6),
			{Name: "rate_over_other", What: "a ÷ other", Unit: "ratio", Samples: []float64{0.7}, Goal: 5},
			{Name: "latency", What: "rival", Unit: "ns", Samples: []float64{3_700_000}, Median: 3_700_000, Min: 3_700_000, Max: 3_700_000, Group: "One & one"},
		},
		Curves: []report.Curve{{Name: "reviewers", Title: "Growth <with> the roster", X: "reviewers", Y: "ns", LogX: true, LogY: true, Lines: []report.Lines{
			{Name: "week", Points: []report.Point{report.NewPoint(500, []float64{900, 1000, 1100}), report.NewPoint(5000, []float64{2000})}},
			{Name: "nothing", Points: []report.Point{report.NewPoint(0, []float64{0})}},
		}}},
		Checks: []report.Check{{Name: "one wins", OK: true}, {Name: "all are told", Detail: "two were not"}},
		Notes:  []string{"A note."},
	}
}

// TestRoundTrip writes a result and reads it again.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := sample(1)
	name, err := r.Write(dir)
	if err != nil {
		t.Fatal(err)
	}
	if filepath.Base(name) != "national-http-500.json" {
		t.Errorf("written as %s", name)
	}
	again, err := report.Read(name)
	if err != nil {
		t.Fatal(err)
	}
	if again.Benchstat() != r.Benchstat() || again.Runs[1].Outcomes["week"]["conflict"] != 1 || again.Figures[0].Verdict() != "met" {
		t.Errorf("read %+v", again)
	}
	if failed := again.Failed(); len(failed) != 1 || failed[0].Name != "all are told" {
		t.Errorf("failed %v", failed)
	}
	f := func(text string) {
		t.Helper()
		odd := filepath.Join(t.TempDir(), "odd.json")
		if err := os.WriteFile(odd, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := report.Read(odd); !errors.Is(err, report.ErrSchema) {
			t.Errorf("%q: got %v, want ErrSchema", text, err)
		}
	}
	f(`{"schema":"parley-bench/99"}`)
	f(`not json`)
	f(`{}`)
	if _, err := report.ReadDir(t.TempDir()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an empty directory: %v", err)
	}
}

// TestReport writes a report: Markdown that names everything, plots that are XML.
func TestReport(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := sample(1).Write(dir); err != nil {
		t.Fatal(err)
	}
	name, err := report.WriteDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"## Targets", "| 1 | a & b (`week_over_format`) | 2 (1.90–2.10) | ≤ 3 | met |",
		"| 5 | a ÷ rival (`rate_over_rival`) | 0.5 | ≥ 0.6 | not met |", "| 5 | a ÷ other (`rate_over_other`) | 0.7 | – | for comparison |",
		"Not measured in these results: 2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13.", "### One & one", "| 3.70 ms (3.70 ms–3.70 ms) |", "rate=20", "conflict 1, ok 9",
		"2 µs", "**no**", "two were not", "A note.", "national-http-500-reviewers.svg", "latency-rate.svg", "1,000 (900–1,100)"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the report lacks %q:\n%s", want, text)
		}
	}
	plots, err := filepath.Glob(filepath.Join(dir, "*.svg"))
	if err != nil || len(plots) != 6 {
		t.Fatalf("plots %v %v, want a curve, latency against rate, and time and memory of two runs", plots, err)
	}
	for _, plot := range plots {
		drawn, err := os.ReadFile(plot)
		if err != nil {
			t.Fatal(err)
		}
		d := xml.NewDecoder(strings.NewReader(string(drawn)))
		for {
			if _, err = d.Token(); err != nil {
				break
			}
		}
		if !errors.Is(err, io.EOF) {
			t.Errorf("%s is not XML: %v", plot, err)
		}
		if strings.Contains(string(drawn), "NaN") || strings.Contains(string(drawn), "Inf") || !strings.Contains(string(drawn), "prefers-color-scheme") {
			t.Errorf("%s has a place that is no number, or one style for all pages", plot)
		}
	}
	var targets strings.Builder
	if err := report.WriteTargets(&targets, dir); err != nil || !strings.HasPrefix(targets.String(), "\n## Targets") || !strings.Contains(string(text), targets.String()) {
		t.Errorf("the targets alone, %v:\n%s", err, &targets)
	}
	empty := report.Curve{Name: "empty", LogY: true, Lines: []report.Lines{{Name: "a", Points: []report.Point{{X: 1}}}}}
	if err := empty.WriteSVG(io.Discard); err == nil {
		t.Error("a curve without points is drawn")
	}
}

// TestCompare pairs results and texts, and judges.
func TestCompare(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name string, r *report.Result) string {
		t.Helper()
		path, err := r.Write(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return path
	}
	old, slower, alike := write("old", sample(1)), write("slower", sample(1.5)), write("alike", sample(1.01))
	verdict := func(a, b string) (ratio float64, verdict string) {
		t.Helper()
		pairs, err := report.CompareFiles(a, b)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range pairs {
			if p.Name == "Parley/figure=week_over_format" {
				return p.Ratio(), p.Verdict()
			}
		}
		t.Fatalf("no pair for the figure in %v", pairs)
		return 0, ""
	}
	f := func(a, b, want string, low, high float64) {
		t.Helper()
		if ratio, got := verdict(a, b); got != want || ratio < low || ratio > high {
			t.Errorf("%s → %s: %s at %.3f, want %s", filepath.Dir(a), filepath.Dir(b), got, ratio, want)
		}
	}
	f(old, slower, "worse", 1.49, 1.51)
	f(slower, old, "better", 0.66, 0.67)
	f(old, alike, "same", 1, 1.02)
	pairs, err := report.CompareFiles(old, old)
	if err != nil {
		t.Fatal(err)
	}
	seconds := 0
	for _, p := range pairs {
		if p.Verdict() != "same" {
			t.Errorf("a result differs from itself: %+v", p)
		}
		if p.Unit == "p50-ns" && len(p.Old) == 12 {
			seconds++
		}
	}
	if seconds != 2 {
		t.Errorf("%d runs are compared second by second, want 2", seconds)
	}
	f(old, strings.TrimSuffix(slower, ".json")+".txt", "worse", 1.49, 1.51)

}

// TestVerdict judges what is no clear difference.
func TestVerdict(t *testing.T) {
	t.Parallel()
	f := func(want string, higher bool, old, now []float64) {
		t.Helper()
		c := report.Comparison{Old: old, New: now, Higher: higher}
		if got := c.Verdict(); got != want {
			t.Errorf("%v → %v: %s, want %s", old, now, got, want)
		}
	}
	f("unclear", false, []float64{10, 20, 30}, []float64{14, 28, 40}) // the spreads overlap
	f("unclear", true, []float64{10}, []float64{20})                  // too few samples
	f("better", true, []float64{10, 10, 10}, []float64{20, 20, 20})
	f("worse", false, []float64{10, 10, 10}, []float64{20, 20, 20})
	f("same", false, []float64{100, 90, 110}, []float64{102, 101, 103})
	f("same", false, []float64{0, 0, 0}, []float64{0, 0, 0})
	f("worse", false, []float64{0, 0, 0}, []float64{1, 1, 1})
}

// TestCompareTexts compares what Go benchmarks print.
func TestCompareTexts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	old, err := sample(1).Write(dir)
	if err != nil {
		t.Fatal(err)
	}
	text := filepath.Join(dir, "go.txt")
	const lines = "goos: linux\nBenchmarkA-2 \t 100\t 2000 ns/op\t 3 allocs/op\nBenchmarkA-2 100 2200 ns/op 3 allocs/op\nPASS\n"
	if err := os.WriteFile(text, []byte(lines), 0o600); err != nil {
		t.Fatal(err)
	}
	pairs, err := report.CompareFiles(text, text)
	if err != nil || len(pairs) != 2 || len(pairs[0].Old) != 2 || pairs[0].Verdict() != "same" {
		t.Errorf("Go benchmarks: %v %v", pairs, err)
	}
	var table strings.Builder
	if err := report.WriteComparison(&table, pairs); err != nil || !strings.Contains(table.String(), "| A-2 | ns/op | 2,100 (2,000–2,200) |") {
		t.Errorf("table %v\n%s", err, table.String())
	}
	if _, err := report.CompareFiles(text, old); !errors.Is(err, report.ErrNothingShared) {
		t.Errorf("nothing shared: %v", err)
	}
	none := filepath.Join(dir, "none.txt")
	if err := os.WriteFile(none, []byte("PASS\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := report.CompareFiles(none, text); !errors.Is(err, report.ErrSchema) {
		t.Errorf("no benchmarks: %v", err)
	}
}

// TestMachine reads this machine.
func TestMachine(t *testing.T) {
	t.Parallel()
	m := report.ThisMachine("")
	m.After()
	if m.Cores < 1 || m.GoMaxProcs < 1 || m.Go == "" || m.CPU == "" || m.Kernel == "" || m.Revision == "" ||
		m.LoopBefore.Best <= 0 || m.LoopAfter.Median < m.LoopAfter.Best {
		t.Errorf("%+v", m)
	}
	quiet := report.Machine{LoopBefore: report.Loop{Best: 100, Median: 110}, LoopAfter: report.Loop{Best: 101, Median: 103}}
	if quiet.Noisy() {
		t.Error("a quiet machine is called noisy")
	}
	for _, loop := range []report.Loop{{Best: 100, Median: 140}, {Best: 150, Median: 150}} {
		noisy := quiet
		noisy.LoopAfter = loop
		if !noisy.Noisy() {
			t.Errorf("%+v after %+v is called quiet", loop, quiet.LoopBefore)
		}
	}
}
