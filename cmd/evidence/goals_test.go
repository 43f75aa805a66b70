package main

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/parleyhq/parley/engine/enginetest"
)

func TestGoals(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		g       goal
		figures map[string]float64
		want    bool
	}{
		{least("a", 2), map[string]float64{"a": 2}, true},
		{least("a", 2), map[string]float64{"a": 3}, true},
		{least("a", 2), map[string]float64{"a": 1}, false},
		{least("a", 0), nil, false},
		{none("a"), map[string]float64{"a": 0}, true},
		{none("a"), map[string]float64{"a": 1}, false},
		{none("a"), map[string]float64{"b": 0}, false},
	} {
		if got := c.g.met(c.figures); got != c.want {
			t.Errorf("%v of %v: %t", c.g, c.figures, got)
		}
	}
	run := runLine{Part: "planted", Step: 1, Of: 1, OK: true, Figures: map[string]float64{"caught": 24, "missed": 0}}
	wants(t, "a goal that is missed", page([]runLine{run}), "NOT reached: caught must be 25 or more")
}

func TestReaders(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"sim.jsonl": `{"test":"sim","from":1,"to":100,"commands":5,"violations":[{"seed":3}]}
{"test":"crash","from":1,"to":100,"commands":7}
{"test":"sim","from":101,"to":200,"commands":6,"crashes":2,"violations":[]}
{"test":"sim","from":1,"to":100,"commands":4,"crashes":1,"violations":[]}
{"test":"sim","from":201,"to":3`,
		"crash.jsonl":     `{"test":"crash","from":1,"to":1,"steps":9,"crashes":27}` + "\n" + `{"test":"error","from":1,"to":1,"steps":40,"violations":[{}]}` + "\n",
		"kill.jsonl":      `{"kills":2,"acknowledged":30,"lost":0}` + "\n" + `{"kills":1,"acknowledged":12,"lost":1}` + "\n",
		"histories.jsonl": `{"seed":1,"outcome":"timeout","checkMs":9}` + "\n" + `{"seed":1,"outcome":"linearizable","operations":4,"checkMs":3}` + "\n" + `{"seed":2,"outcome":"illegal","kills":2}` + "\n",
		"planted-01.log":  "go run\n" + `{"bug":1,"caught":true}` + "\n" + `{"bug":2,"caught":false}` + "\nBUG caught\n",
		"matrix-01.log":   "    matrix_test.go:207: 1234 cells\n    --- FAIL: TestMatrix (1s)\n",
		"fuzz-core-01.log": "== ./a FuzzA\nfuzz: elapsed: 0s, execs: 0 (0/sec), new interesting: 0\nfuzz: elapsed: 3s, execs: 300 (100/sec), new\n" +
			"== ./a FuzzB\nfuzz: elapsed: 3s, execs: 40 (1/sec), new\n--- FAIL: FuzzB (3.11s)\n    context deadline exceeded\nFAIL\n" +
			"== ./a FuzzB\nfuzz: elapsed: 3s, execs: 50 (1/sec), new\n" +
			"== ./a FuzzC\n--- FAIL: FuzzC (0.10s)\n    --- FAIL: FuzzC (0.00s)\n",
		"corruption-01.log": "12 damages: 5 recovered, 6 refused, 1 silent\n",
		"corruption-02.log": "--- FAIL: TestSpoiled (1s)\n9 cases, 4 recovered, 5 refused, 1 silent\n",
		"corruption.jsonl": `{"test":"corruption","from":1,"to":1,"steps":5,"counts":{"recovered":2,"refused":3}}` + "\n" +
			`{"test":"corruption","from":2,"to":2,"steps":4,"violations":[{}],"counts":{"recovered":1,"found on reading":1,"refused, place by kind":1,"silent":1}}` + "\n",
		"overload/a.json": `{"workload":"overload","figures":[{"name":"overload_goodput_2x","median":0.95}]}`,
		"cover.out": "mode: set\n" + modulePath + "slots/a.go:1.2,3.4 3 1\n" + modulePath + "slots/a.go:5.2,6.4 1 0\n" +
			modulePath + "slots/a.go:1.2,3.4 3 0\n" + modulePath + "server/guard.go:1.1,2.2 2 1\n",
	} {
		write(t, filepath.Join(dir, name), text)
	}
	for name, want := range map[string]map[string]float64{
		"sim":        {"seeds": 200, "commands": 10, "crashes": 3, "violations": 0},
		"crash":      {"scenarios": 1, "power cuts": 27, "disk operations with errors": 40, "violations": 1},
		"kill":       {"kills": 3, "acknowledged writes": 42, "lost": 1, "doubled": 0},
		"histories":  {"histories": 2, "not linearizable": 1, "with kills": 1, "longest check, ms": 3},
		"planted":    {"caught": 1, "missed": 1},
		"matrix":     {"cells": 1234, "failed tests": 1},
		"corruption": {"cases": 9, "recovered": 3, "found on reading": 1, "refused": 4, "of these, place by kind": 1, "silent": 2, "by chance": 12, "stores": 2, "failed tests": 1},
		"fuzz-core":  {"targets": 2, "executions": 350, "failed tests": 2, "run again": 1},
		"overload":   {"overload_goodput_2x": 0.95},
		"cover":      {"time (slots), %": 75, "authorization, %": 100},
	} {
		p := mustChoose(t, name)
		got, err := p.read(dir)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for figure, n := range want {
			if x, ok := got[figure]; !ok || x != n {
				t.Errorf("%s: %s is %v (%t), want %v", name, figure, x, ok, n)
			}
		}
		if got, err := p.read(t.TempDir()); err != nil || name != "cover" && got != nil {
			t.Errorf("%s of nothing: %v, %v", name, got, err)
		}
	}
	if _, ok := mustRead(t, dir, "matrix")["mirrored requests"]; ok {
		t.Error("a figure that nobody has told is there")
	}
}

func mustChoose(t *testing.T, name string) part {
	t.Helper()
	chosen, err := choose(name)
	if err != nil {
		t.Fatal(err)
	}
	return chosen[0]
}

// missedBy is the figures of goals that results miss.
func missedBy(t *testing.T, dir, name string) (missed []string) {
	t.Helper()
	figures := mustRead(t, dir, name)
	for _, g := range mustChoose(t, name).goals {
		if !g.met(figures) {
			missed = append(missed, g.figure)
		}
	}
	return missed
}

// TestMemoryUnderOverload: the part is held to the check of the workload, and to all others that it makes; a memory that was not known is not bounded.
func TestMemoryUnderOverload(t *testing.T) {
	t.Parallel()
	const good = `{"workload":"overload","figures":[{"name":"overload_goodput_2x","median":0.95},{"name":"overload_recovery_2x","median":1},{"name":"overload_memory","median":1.95}],` +
		`"checks":[{"name":"memory is bounded","ok":true},{"name":"what is not done is turned away in order","ok":true}]}`
	f := func(old, other string, want ...string) {
		t.Helper()
		dir := t.TempDir()
		if !strings.Contains(good, old) {
			t.Fatalf("%q is not in the results", old)
		}
		write(t, filepath.Join(dir, "overload", "a.json"), strings.Replace(good, old, other, 1))
		if got := missedBy(t, dir, "overload"); !slices.Equal(got, want) {
			t.Errorf("%s instead of %s: missed %q, want %q", other, old, got, want)
		}
	}
	f(`true`, `true`)
	f(`bounded","ok":true`, `bounded","ok":false`, "memory beyond its bound", "checks that fail")
	f(`order","ok":true`, `order","ok":false`, "checks that fail")
	f(`"memory is bounded"`, `"another"`, "memory beyond its bound")
	f(`overload_memory","median":1.95`, `overload_memory","median":0`, "memory beyond its bound")
	f(`"checks":[{"name":"memory is bounded","ok":true},{"name":"what is not done is turned away in order","ok":true}]`, `"checks":[]`, "memory beyond its bound", "checks that fail")
}

// rareCounts is what a simulation counts that has met each rare state once, but for those that it lacks.
func rareCounts(t *testing.T, lacks ...string) string {
	t.Helper()
	counts := map[string]int{}
	for _, state := range slices.Concat(enginetest.RareStates(), enginetest.RareOnDisk()) {
		if !slices.Contains(lacks, state) {
			counts[state] = 1
		}
	}
	text, err := json.Marshal(counts)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestRareStatesOfTheProof: the simulation has met all that it must meet, and one that it never met is seen.
func TestRareStatesOfTheProof(t *testing.T) {
	t.Parallel()
	f := func(lacks string, want ...string) {
		t.Helper()
		dir := t.TempDir()
		write(t, filepath.Join(dir, "sim.jsonl"), `{"test":"sim","from":1,"to":20000,"commands":10000000,"violations":[],"counts":`+rareCounts(t, lacks)+"}\n")
		if got := missedBy(t, dir, "sim"); !slices.Equal(got, want) {
			t.Errorf("without %q: missed %q, want %q", lacks, got, want)
		}
	}
	f("")
	f(enginetest.RareStates()[0], "rare states never met")
	f(enginetest.RareOnDisk()[0], "rare states never met")
}

func mustRead(t *testing.T, dir, name string) map[string]float64 {
	t.Helper()
	figures, err := mustChoose(t, name).read(dir)
	if err != nil {
		t.Fatal(err)
	}
	return figures
}
