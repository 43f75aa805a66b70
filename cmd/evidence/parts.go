package main

import (
	"fmt"
	"math"
	"regexp"
)

// goal is what a figure is held to: the least and the most that it may be.
type goal struct {
	figure      string
	least, most float64
}

func least(figure string, n float64) goal { return goal{figure, n, math.Inf(1)} }

func most(figure string, n float64) goal { return goal{figure, 0, n} }

func none(figure string) goal { return most(figure, 0) }

// met reports whether figures reach the goal. A figure that is missing does not.
func (g goal) met(figures map[string]float64) bool {
	got, ok := figures[g.figure]
	return ok && got >= g.least && got <= g.most
}

// part is one kind of proof.
type part struct {
	name  string
	title string
	hours string // on two idle cores, about
	// packages are those whose tests or programs the part runs, files what it reads besides: they make its digest.
	packages []string
	files    []string
	// steps are arguments of make, each a little more of the same: one that is done is not done again.
	steps func(dir string) [][]string
	goals []goal
	// read finds the figures in the folder of results; the output of the newest run of each step lies in NAME-n.log.
	read func(dir string) (map[string]float64, error)
}

// upTo makes steps of which each goes a part of the way.
func upTo(last, parts int, step func(n int) []string) [][]string {
	out := make([][]string, 0, parts)
	for i := 1; i <= parts; i++ {
		out = append(out, step(last*i/parts))
	}
	return out
}

// once is a part of one step.
func once(args ...string) func(string) [][]string {
	return func(string) [][]string { return [][]string{args} }
}

// tests is a part of one step that runs tests by name and keeps their output.
func tests(pkg, pattern string) func(string) [][]string {
	return once("evidence-tests", "PKG="+pkg, "RUN="+pattern)
}

// fuzzing is the part that runs the fuzz targets of some packages, n in all. There are two, so that what one finds in the
// server's parsers does not end the results of the rest.
func fuzzing(name, title string, n float64, packages ...string) part {
	return part{
		name: name, title: title, hours: "half an hour",
		packages: packages,
		steps: func(string) (out [][]string) {
			for _, pkg := range packages {
				out = append(out, []string{"fuzz", "FUZZTIME=60s", "PKG=" + pkg})
			}
			return out
		},
		goals: []goal{least("targets", n), least("executions", 1e6), none("failed tests")},
		read:  func(dir string) (map[string]float64, error) { return fuzzed(dir, name) },
	}
}

// parts are all kinds of proof, the short ones first.
var parts = []part{
	{
		name: "matrix", title: "Authorization: route × role × relation", hours: "a minute",
		packages: []string{"./server"},
		steps:    tests("./server", "^TestMatrix|^TestMirroredReplay"),
		goals:    []goal{least("cells", 1000), least("mirrored requests", 100), none("failed tests")},
		read: fromLog("matrix", map[string]string{
			"cells": `(\d+) cells`, "mirrored requests": `(\d+) requests about another tenant's objects`,
		}),
	}, {
		name: "nasty", title: "Nasty inputs on a real socket", hours: "a minute",
		packages: []string{"./server"},
		steps:    tests("./server", "^TestNasty"),
		goals:    []goal{least("requests", 300), least("rows", 60), none("failed tests")},
		read:     fromLog("nasty", map[string]string{"requests": `(\d+) nasty requests`, "rows": `requests in (\d+) rows`, "rows that wait for their feature": `(\d+) rows wait`}),
	}, {
		name: "mirror", title: "Two payers on one server, each as if alone", hours: "five minutes",
		packages: []string{"./server"},
		steps:    once("mirror", "MIRROR=100000"),
		goals:    []goal{least("requests", 100000), none("failed tests")},
		read:     fromLog("mirror", map[string]string{"requests": `(\d+) requests of two payers`}),
	}, {
		name: "corruption", title: "Damaged stores: whole or refused, never less", hours: "ten minutes",
		packages: []string{"./persist"},
		steps: func(dir string) [][]string {
			return [][]string{
				{"evidence-tests", "PKG=./persist", "RUN=^(Test.*Damage|TestP[0-9]|TestOldCopy|TestForeign|TestMissing)"},
				{"corruption", "CORRUPTION_OUT=" + dir + "/corruption.jsonl"},
			}
		},
		goals: []goal{least("cases", 2000), least("by chance", 100), least("recovered", 1), least("refused", 1), none("silent"), none("failed tests")},
		read:  damaged,
	}, {
		name: "canary", title: "Personal data outside its place", hours: "five minutes",
		packages: []string{"./cmd/parley"},
		files:    []string{"docs/encryption.md"},
		steps:    once("canary"),
		goals:    []goal{least("tokens", 100), least("requests", 100), none("failed tests")},
		read: fromLog("canary", map[string]string{
			"tokens": `(\d+) tokens`, "requests": `tokens, (\d+) requests`, "personal fields on record": `(\d+) personal fields`,
		}),
	}, {
		name: "proxy", title: "The front filter beside a real nginx", hours: "five minutes",
		packages: []string{"./server"},
		steps:    once("test-proxy"),
		goals:    []goal{least("exchanges", 5000), none("failed tests")},
		read:     fromLog("proxy", map[string]string{"exchanges": `(\d+) exchanges`}),
	}, {
		name: "cover", title: "Coverage of statements", hours: "ten minutes",
		packages: []string{"./engine/...", "./matcher/...", "./slots/...", "./persist/...", "./server/..."},
		steps:    func(dir string) [][]string { return [][]string{{"evidence-cover", "COVER_OUT=" + dir + "/cover.out"}} },
		goals:    []goal{least("core (engine, matcher), %", 90), least("time (slots), %", 90), least("codec, %", 90), least("authorization, %", 90), none("failed tests")},
		read:     coverage,
	}, {
		name: "histories", title: "Linearizability of HTTP histories (porcupine)", hours: "ten minutes",
		packages: []string{"./cmd/parley"},
		steps: func(dir string) [][]string {
			return [][]string{{"histories", "HISTORIES=200", "HISTORY_OUT=" + dir + "/histories.jsonl"}}
		},
		goals: []goal{least("histories", 200), least("with kills", 1), none("not linearizable")},
		read:  explained,
	}, {
		name: "planted", title: "Planted bugs", hours: "half an hour",
		packages: []string{"./cmd/planted", "./engine", "./matcher", "./slots", "./persist", "./server"},
		steps:    once("planted"),
		goals:    []goal{least("caught", 25), none("missed")},
		read:     caughtBugs,
	}, {
		name: "kill", title: "kill -9 under load, receipts outside", hours: "half an hour",
		packages: []string{"./cmd/parley"},
		steps: func(dir string) [][]string {
			return upTo(200, 8, func(n int) []string {
				return []string{"kill", fmt.Sprintf("KILLS=%d", n), "ACKS=8000", "KILL_DIR=" + dir + "/kill", "KILL_OUT=" + dir + "/kill.jsonl"}
			})
		},
		goals: []goal{least("kills", 200), least("acknowledged writes", 1e6), none("lost"), none("changed"), none("doubled")},
		read:  killed,
	}, {
		name: "crash", title: "Power cuts and errors at every disk operation of Pebble", hours: "ten minutes",
		packages: []string{"./persist"},
		steps: func(dir string) [][]string {
			return upTo(200, 8, func(n int) []string {
				return []string{"crash", fmt.Sprintf("SCENARIOS=%d", n), fmt.Sprintf("ERRORS=%d", n/10), "CRASH_OUT=" + dir + "/crash.jsonl"}
			})
		},
		goals: []goal{least("scenarios", 200), least("power cuts", 1), none("violations")},
		read:  crashed,
	}, {
		name: "sim", title: "Deterministic simulation", hours: "an hour",
		packages: []string{"./persist/simlog"},
		steps: func(dir string) [][]string {
			return upTo(20000, 20, func(n int) []string {
				return []string{"sim", fmt.Sprintf("SEEDS=%d", n), "STEPS=500", "SIM_OUT=" + dir + "/sim.jsonl"}
			})
		},
		goals: []goal{least("seeds", 20000), least("commands", 1e7), none("rare states never met"), none("violations")},
		read:  simulated,
	}, {
		name: "overload", title: "Overload, server and generator on a core each", hours: "five minutes",
		packages: []string{"./cmd/parley"},
		steps:    func(dir string) [][]string { return [][]string{{"overload", "BENCH_OUT=" + dir + "/overload"}} },
		goals:    []goal{least("overload_goodput_2x", 0.9), most("overload_recovery_2x", 5), none("memory beyond its bound"), none("checks that fail")},
		read:     overloaded,
	},
	fuzzing("fuzz-core", "Fuzzing: time, rules, engine, store", 27, "./slots", "./matcher/...", "./engine", "./persist"),
	fuzzing("fuzz-server", "Fuzzing: server and program", 23, "./server", "./cmd/parley", "./cmd/parley/otlp"),
}

// failedTest is a line of go test about a test that failed.
var failedTest = regexp.MustCompile(`(?m)^\s*--- FAIL: `)
