package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parleyhq/parley/bench/report"
)

// TestMain lets the test binary be the bare handler, as the program is.
func TestMain(m *testing.M) {
	if serveBareIfAsked() {
		return
	}
	os.Exit(m.Run())
}

// builtParley builds the product and returns its path.
func builtParley(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "parley")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, "./cmd/parley")
	build.Dir = filepath.Join("..", "..")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building parley: %v\n%s", err, out)
	}
	return program
}

// TestComparison runs the whole comparison, small: every contender that is
// installed answers as the product does, or the run fails.
func TestComparison(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	o := options{
		reviewers: 100, bookers: 20, perTurn: 50, pace: pace{rounds: 1, round: 40 * time.Millisecond},
		program: builtParley(t), cache: filepath.Join(dir, "cache"), out: filepath.Join(dir, "results"), command: "make bench-rivals",
	}
	if err := compare(t.Context(), o, t.Output()); err != nil {
		t.Fatal(err)
	}
	got, err := report.Read(filepath.Join(o.out, "rivals-http-100.json"))
	if err != nil {
		t.Fatal(err)
	}
	var judged []int
	for _, f := range got.Figures {
		if f.AtLeast == nil {
			continue
		}
		judged = append(judged, f.Goal)
		if f.Verdict() != "not claimed" {
			t.Errorf("one round is evidence for %s: %s", f.Name, f.Verdict())
		}
	}
	// What needs nothing installed is always there; what is not installed is named
	// and nothing is claimed of it.
	want := []int{5, 6}
	if _, _, err := findPostgres(); err == nil {
		want = append(want, 7, 8, 9)
	} else if !slices.ContainsFunc(got.Notes, func(s string) bool { return strings.Contains(s, "PostgreSQL") }) {
		t.Errorf("PostgreSQL is absent and not named among %q", got.Notes)
	}
	for target := 5; target <= 9; target++ {
		if slices.Contains(judged, target) != slices.Contains(want, target) {
			t.Errorf("judged targets %v, want %v", judged, want)
		}
	}
	if _, err := report.WriteDir(o.out); err != nil {
		t.Error(err)
	}
}

// TestNoReportOnErrors: a part that fails leaves nothing that could be quoted.
func TestNoReportOnErrors(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	o := options{
		reviewers: 100, bookers: 20, perTurn: 50, pace: pace{rounds: 1, round: time.Millisecond},
		program: filepath.Join(dir, "missing"), cache: filepath.Join(dir, "cache"), out: filepath.Join(dir, "rivals"), parts: []string{"writes"},
	}
	if err := compare(t.Context(), o, t.Output()); err == nil {
		t.Error("a run without the product succeeds")
	}
	if _, err := os.Stat(o.out); err == nil {
		t.Error("a failed run has left a report")
	}
}

func TestUnknownPart(t *testing.T) {
	t.Parallel()
	if err := command(t.Context(), []string{"-only", "nothing"}, t.Output()); err == nil {
		t.Error("an unknown part is accepted")
	}
}
