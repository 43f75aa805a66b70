package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestBench runs the suite as a user does: against a server that it starts and
// stops, then a report, then a comparison.
func TestBench(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "results")
	f := func(code int, want string, args ...string) {
		t.Helper()
		out, errs, got := parley(t, "", append([]string{"bench"}, args...)...)
		if got != code || !strings.Contains(out+errs, want) {
			t.Errorf("parley bench %v: exit code %d, want %d; no %q in\n%s%s", args, got, code, want, out, errs)
		}
	}
	f(0, "every operation is taken | yes", "run", "national", "--target=http", "--size=40", "--rate=100", "--clients=4",
		"--warmup=0s", "--duration=300ms", "--out", dir)
	profile := filepath.Join(t.TempDir(), "cpu.pprof")
	f(0, "exactly one wins each slot | yes", "run", "hold-storm", "--clients=4", "--duration=5s", "--target=http", "--cpu-profile", profile, "--out", dir)
	if info, err := os.Stat(profile); err != nil || info.Size() == 0 {
		t.Errorf("the server's profile is empty: %v", err)
	}
	f(exitUsage, "serve --cpu-profile", "run", "national", "--target=http://127.0.0.1:1", "--cpu-profile="+profile)
	f(exitUsage, "sends load", "run", "growth", "--cpu-profile="+profile)
	f(exitUsage, "one size", "run", "national", "--size=40,50", "--cpu-profile="+profile)
	f(0, "report.md", "report", dir)
	report, err := os.ReadFile(filepath.Join(dir, "report.md"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(report), "`parley bench run national --target=http --size=40 --rate=100 --clients=4 --warmup=0s --duration=300ms`") ||
		strings.Contains(string(report), dir) {
		t.Errorf("the report must hold the command, without places of this machine:\n%s", report)
	}
	result := filepath.Join(dir, "national-http-40.json")
	f(0, "| 1.000 | same |", "compare", result, strings.TrimSuffix(result, ".json")+".txt")
	f(0, "hold-storm", "list")
	f(0, "--target", "run", "--help")

	f(exitUsage, "locusts", "run", "locusts")
	f(exitUsage, "loopback", "run", "--target=http://192.0.2.1")
	f(exitUsage, "no such file", "compare", result, filepath.Join(dir, "absent.json"))
	f(exitUsage, "no results", "report", t.TempDir())
	f(exitFailed, "refused", "run", "--target=http://127.0.0.1:1")
}
