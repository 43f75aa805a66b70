package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/parleyhq/parley/engine/enginetest"
)

// maxLine bounds a line of results, in bytes.
const maxLine = 1 << 20

// logs returns what the newest run of each step of a part has written.
func logs(dir, name string) (string, error) {
	paths, err := filepath.Glob(filepath.Join(dir, name+"-*.log"))
	if err != nil {
		return "", err
	}
	var all strings.Builder
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return "", err
		}
		all.Write(text)
	}
	return all.String(), nil
}

// fromLog reads figures from the output of a part: each is the sum of a number that its pattern finds. A pattern
// that finds nothing gives no figure.
func fromLog(name string, patterns map[string]string) func(string) (map[string]float64, error) {
	return func(dir string) (map[string]float64, error) {
		text, err := logs(dir, name)
		if err != nil || text == "" {
			return nil, err
		}
		out := map[string]float64{"failed tests": float64(len(failedTest.FindAllString(text, -1)))}
		for figure, pattern := range patterns {
			for _, hit := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
				n, err := strconv.ParseFloat(hit[1], 64)
				if err != nil {
					return nil, err
				}
				out[figure] += n
			}
		}
		return out, nil
	}
}

// lines calls f with each line of a file of results. A line that is cut short, as a crash leaves it, is not
// there; neither is a file that nothing was written to.
func lines[T any](path string, f func(line *T)) error {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // only read
	in := bufio.NewScanner(file)
	in.Buffer(nil, maxLine)
	for in.Scan() {
		line := new(T)
		if json.Unmarshal(in.Bytes(), line) == nil {
			f(line)
		}
	}
	return in.Err()
}

// simLine is a line of make sim and make crash.
type simLine struct {
	Test       string            `json:"test"`
	From       uint64            `json:"from"`
	To         uint64            `json:"to"`
	Commands   int               `json:"commands"`
	Steps      int               `json:"steps"`
	Crashes    int               `json:"crashes"`
	Violations []json.RawMessage `json:"violations"`
	Counts     map[string]int    `json:"counts"`
}

// sumOfRuns adds up the newest line about each range of seeds.
func sumOfRuns(path, test string) (sum simLine, seeds int, err error) {
	newest := map[uint64]*simLine{}
	sum.Counts = map[string]int{}
	err = lines(path, func(l *simLine) {
		if l.Test == test {
			newest[l.From] = l
		}
	})
	for _, l := range newest {
		seeds += int(l.To - l.From + 1)
		sum.Commands += l.Commands
		sum.Steps += l.Steps
		sum.Crashes += l.Crashes
		sum.Violations = append(sum.Violations, l.Violations...)
		for name, n := range l.Counts {
			sum.Counts[name] += n
		}
	}
	return sum, seeds, err
}

func simulated(dir string) (map[string]float64, error) {
	sum, seeds, err := sumOfRuns(filepath.Join(dir, "sim.jsonl"), "sim")
	if err != nil || seeds == 0 {
		return nil, err
	}
	rare := slices.Concat(enginetest.RareStates(), enginetest.RareOnDisk())
	return map[string]float64{
		"rare states": float64(len(rare)), "rare states never met": float64(len(enginetest.Counts(sum.Counts).Missing(rare))),
		"seeds": float64(seeds), "commands": float64(sum.Commands), "crashes": float64(sum.Crashes), "violations": float64(len(sum.Violations)),
	}, nil
}

func crashed(dir string) (map[string]float64, error) {
	path := filepath.Join(dir, "crash.jsonl")
	cuts, scenarios, err := sumOfRuns(path, "crash")
	faults, failing, err2 := sumOfRuns(path, "error")
	if err := errors.Join(err, err2); err != nil || scenarios == 0 {
		return nil, err
	}
	return map[string]float64{
		"scenarios": float64(scenarios), "disk operations": float64(cuts.Steps), "power cuts": float64(cuts.Crashes),
		"scenarios with errors": float64(failing), "disk operations with errors": float64(faults.Steps),
		"violations": float64(len(cuts.Violations) + len(faults.Violations)),
	}, nil
}

// damaged adds what make corruption has counted to what the tests by name have told.
func damaged(dir string) (map[string]float64, error) {
	out, err := fromLog("corruption", map[string]string{"by chance": `(\d+) damages`, "silent": `damages: .*, (\d+) silent`})(dir)
	if err != nil || out == nil {
		return nil, err
	}
	sum, stores, err := sumOfRuns(filepath.Join(dir, "corruption.jsonl"), "corruption")
	if err != nil || stores == 0 {
		return out, err
	}
	out["stores"], out["cases"] = float64(stores), float64(sum.Steps)
	out["recovered"], out["found on reading"] = float64(sum.Counts["recovered"]), float64(sum.Counts["found on reading"])
	byKind := sum.Counts["refused, place by kind"]
	out["refused"], out["of these, place by kind"] = float64(sum.Counts["refused"]+byKind), float64(byKind)
	out["silent"] += float64(len(sum.Violations))
	return out, nil
}

func killed(dir string) (map[string]float64, error) {
	out := map[string]float64{}
	err := lines(filepath.Join(dir, "kill.jsonl"), func(l *struct {
		Kills        int `json:"kills"`
		Acknowledged int `json:"acknowledged"`
		Unknown      int `json:"unknown"`
		Found        int `json:"found"`
		Replayed     int `json:"replayed"`
		Checked      int `json:"checked"`
		Lost         int `json:"lost"`
		Changed      int `json:"changed"`
		Doubled      int `json:"doubled"`
	},
	) {
		for figure, n := range map[string]int{
			"kills": l.Kills, "acknowledged writes": l.Acknowledged, "answers lost to kills": l.Unknown, "of these, found done": l.Found,
			"asked again, answered the same": l.Replayed, "cases compared with receipts": l.Checked, "lost": l.Lost, "changed": l.Changed, "doubled": l.Doubled,
		} {
			out[figure] += float64(n)
		}
	})
	return some(out), err
}

func explained(dir string) (map[string]float64, error) {
	type line struct {
		Seed       uint64 `json:"seed"`
		Operations int    `json:"operations"`
		Lost       int    `json:"lost"`
		Retried    int    `json:"retried"`
		Kills      int    `json:"kills"`
		Outcome    string `json:"outcome"`
		CheckMS    int64  `json:"checkMs"`
	}
	newest := map[uint64]*line{}
	err := lines(filepath.Join(dir, "histories.jsonl"), func(l *line) { newest[l.Seed] = l })
	out := map[string]float64{}
	for _, l := range newest {
		out["histories"]++
		out["requests"] += float64(l.Operations)
		out["open to the end"] += float64(l.Lost)
		out["asked again"] += float64(l.Retried)
		out["longest check, ms"] = max(out["longest check, ms"], float64(l.CheckMS))
		out["with kills"] += float64(min(l.Kills, 1))
		out["not linearizable"] += 0
		if l.Outcome != "linearizable" {
			out["not linearizable"]++
		}
	}
	return some(out), err
}

func caughtBugs(dir string) (map[string]float64, error) {
	text, err := logs(dir, "planted")
	if err != nil {
		return nil, err
	}
	caught := map[int]bool{}
	for l := range strings.Lines(text) {
		var r struct {
			Bug    int  `json:"bug"`
			Caught bool `json:"caught"`
		}
		if json.Unmarshal([]byte(l), &r) == nil && r.Bug > 0 {
			caught[r.Bug] = r.Caught
		}
	}
	out := map[string]float64{}
	for _, yes := range caught {
		out["missed"] += 0
		if yes {
			out["caught"]++
		} else {
			out["missed"]++
		}
	}
	return some(out), nil
}

// boundedMemory is the check of make overload whose bound grows with what is stored, and no figure alone tells it; overloadMemory is 0 where
// the memory was not known, and the check says nothing.
const boundedMemory, overloadMemory = "memory is bounded", "overload_memory"

func overloaded(dir string) (map[string]float64, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "overload", "*.json"))
	if err != nil {
		return nil, err
	}
	out := map[string]float64{}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		var r struct {
			Workload string `json:"workload"`
			Figures  []struct {
				Name   string  `json:"name"`
				Median float64 `json:"median"`
			} `json:"figures"`
			Checks []struct {
				Name string `json:"name"`
				OK   bool   `json:"ok"`
			} `json:"checks"`
		}
		if err := json.Unmarshal(text, &r); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		if r.Workload != "overload" {
			continue
		}
		for _, f := range r.Figures {
			out[f.Name] = f.Median
		}
		for _, c := range r.Checks {
			failed := 0.0
			if !c.OK {
				failed = 1
			}
			out["checks"]++
			out["checks that fail"] += failed
			if c.Name == boundedMemory && out[overloadMemory] > 0 {
				out["memory beyond its bound"] += failed
			}
		}
	}
	return some(out), nil
}

var (
	fuzzTarget = regexp.MustCompile(`^== (\S+ \S+)`)
	fuzzExecs  = regexp.MustCompile(`^fuzz: elapsed: .*execs: (\d+) `)
	// fuzzEnd is the end of a target's time that Go took for a failure (go.dev/issue/75804): make runs the target again.
	fuzzEnd = regexp.MustCompile(`(?m)^--- FAIL: Fuzz\w+ \(.*\)\n +context deadline exceeded$`)
)

func fuzzed(dir, name string) (map[string]float64, error) {
	text, err := logs(dir, name)
	if err != nil || text == "" {
		return nil, err
	}
	execs, target := map[string]float64{}, ""
	for l := range strings.Lines(text) {
		if hit := fuzzTarget.FindStringSubmatch(l); hit != nil {
			target = hit[1]
		}
		if hit := fuzzExecs.FindStringSubmatch(l); hit != nil {
			execs[target], err = strconv.ParseFloat(hit[1], 64)
			if err != nil {
				return nil, err
			}
		}
	}
	ends := len(fuzzEnd.FindAllString(text, -1))
	out := map[string]float64{"failed tests": float64(len(failedTest.FindAllString(text, -1)) - ends), "run again": float64(ends)}
	for _, n := range execs {
		out["targets"]++
		out["executions"] += n
	}
	return out, nil
}

// some returns nil instead of no figures.
func some(figures map[string]float64) map[string]float64 {
	if len(figures) == 0 {
		return nil
	}
	return figures
}
