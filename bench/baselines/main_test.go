package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
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
		program: builtParley(t), cache: filepath.Join(dir, "cache"), out: filepath.Join(dir, "results", "rivals"),
	}
	if err := compare(t.Context(), o, t.Output()); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(o.out + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var got report
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	var judged []int
	for _, v := range got.Verdicts {
		judged = append(judged, v.Target)
	}
	// What needs nothing installed is always there; what is not installed is named
	// and nothing is claimed of it.
	want := []int{5, 6}
	if _, _, err := findPostgres(); err == nil {
		want = append(want, 7, 8, 9)
	} else if !slices.ContainsFunc(got.Skipped, func(s string) bool { return strings.Contains(s, "PostgreSQL") }) {
		t.Errorf("PostgreSQL is absent and not named among %q", got.Skipped)
	}
	for target := 5; target <= 9; target++ {
		if slices.Contains(judged, target) != slices.Contains(want, target) {
			t.Errorf("judged targets %v, want %v", judged, want)
		}
	}
	if got.Claims {
		t.Error("one round is claimed to be evidence")
	}
	page, err := os.ReadFile(o.out + ".md")
	if err != nil || !strings.Contains(string(page), "Fewer than 5 rounds") {
		t.Errorf("the page does not say that it is no evidence: %v", err)
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
	if _, err := os.Stat(o.out + ".md"); err == nil {
		t.Error("a failed run has left a report")
	}
}

func TestUnknownPart(t *testing.T) {
	t.Parallel()
	if err := command(t.Context(), []string{"-only", "nothing"}, t.Output()); err == nil {
		t.Error("an unknown part is accepted")
	}
}
