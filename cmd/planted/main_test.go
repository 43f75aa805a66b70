package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestBugsAreAll: each number stands for one bug, which has its file, its detector, and its row in docs/planted.md.
func TestBugsAreAll(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..")
	doc := read(t, filepath.Join(root, "docs", "planted.md"))
	for i, b := range bugs {
		if b.number != i+1 {
			t.Fatalf("bug %d stands at place %d", b.number, i+1)
		}
		name := fmt.Sprintf("planted_%02d.go", b.number)
		if text := read(t, filepath.Join(root, b.in, name)); !strings.HasPrefix(text, "//go:build "+b.tag()+"\n") {
			t.Errorf("%s/%s is not built under %s alone", b.in, name, b.tag())
		}
		row := fmt.Sprintf("| %d | %s | `%s` | `%s` |\n", b.number, b.name, b.in, b.by.pkg+"."+b.by.test)
		if !strings.Contains(doc, row) {
			t.Errorf("docs/planted.md has no row %s", row)
		}
		if !hasTest(t, filepath.Join(root, b.by.pkg), b.by.test) {
			t.Errorf("%s has no test %s", b.by.pkg, b.by.test)
		}
	}
	files, err := filepath.Glob(filepath.Join(root, "*", "planted_[0-9]*.go"))
	if err != nil || len(files) != len(bugs) {
		t.Errorf("%d bugs have files, %d are listed: %v", len(files), len(bugs), err)
	}
}

func hasTest(t *testing.T, dir, test string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.Contains(read(t, name), "func "+test+"(t *testing.T)") {
			return true
		}
	}
	return false
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestCaught plays the go command: what counts is a test that ran, failed, and said what it must.
func TestCaught(t *testing.T) {
	t.Parallel()
	const run, pass = `=== RUN   TestX`, "=== RUN   TestX\n--- PASS: TestX (0.00s)"
	f := func(want, clean string, cleanCode int, sick string, sickCode int) {
		t.Helper()
		script := filepath.Join(t.TempDir(), "go")
		text := fmt.Sprintf("#!/bin/sh\ncase \"$*\" in *-tags=plant*) cat <<'X'\n%s\nX\nexit %d;; *) cat <<'X'\n%s\nX\nexit %d;; esac\n", sick, sickCode, clean, cleanCode)
		if err := os.WriteFile(script, []byte(text), 0o700); err != nil { //nolint:gosec // it is a program
			t.Fatal(err)
		}
		var lines, table bytes.Buffer
		err := run1(script, &lines, &table)
		got := lines.String()
		if !strings.Contains(got, want) || (err == nil) != strings.Contains(got, `"caught":true`) || !strings.Contains(table.String(), "/1") {
			t.Errorf("want %q: %v\n%s%s", want, err, got, table.String())
		}
	}
	f(`"caught":true`, pass, 0, run+"\n    x_test.go:1: two calls overlap\n--- FAIL: TestX (0.00s)\nFAIL", 1)
	f(`"said":"the test passes"`, pass, 0, pass, 0)
	f(`without a bug: exit status 1`, run+"\n--- FAIL: TestX (0.00s)", 1, run+"\noverlap\n--- FAIL: TestX", 1)
	f(`without a bug: no test ran`, "ok", 0, run+"\noverlap\n--- FAIL: TestX", 1)
	f(`"said":"[build failed]"`, pass, 0, "overlap\nFAIL x [build failed]", 1)
	f(`"said":"panic: test timed out"`, pass, 0, run+"\noverlap\npanic: test timed out after 10m", 2)
	f(`the test did not run`, pass, 0, "overlap\nFAIL", 1)
	f(`failed, but not by overlap`, pass, 0, run+"\nsomething else\n--- FAIL: TestX", 1)
}

func run1(command string, lines, table *bytes.Buffer) error {
	return run(command, []bug{{1, "x", "engine", detector{pkg: "engine", test: "TestX"}, "overlap"}}, lines, table)
}

// TestChoose takes numbers of bugs that there are.
func TestChoose(t *testing.T) {
	t.Parallel()
	if some, err := choose("5, 1"); err != nil || len(some) != 2 || some[0].number != 5 || some[1].number != 1 {
		t.Errorf("%v %v", some, err)
	}
	if all, err := choose(""); err != nil || len(all) != len(bugs) {
		t.Errorf("%d %v", len(all), err)
	}
	for _, bad := range []string{"0", "26", "x", "1,"} {
		if some, err := choose(bad); err == nil {
			t.Errorf("%q: %v", bad, some)
		}
	}
}
