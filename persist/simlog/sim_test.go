package simlog_test

import (
	"flag"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parleyhq/parley/engine/enginetest"
	"github.com/parleyhq/parley/persist/simlog"
)

var (
	simSeed     = flag.Uint64("sim.seed", 0, "run this seed alone, twice; 0 = seeds 1 to -sim.seeds")
	simSeeds    = flag.Uint64("sim.seeds", simUsualSeeds, "how many seeds")
	simCommands = flag.Int("sim.commands", 200, "commands of each seed")
	simOut      = flag.String("sim.out", "", "file of results, one a line; seeds that it has are not run again")
)

const (
	// simBlock is how many seeds one line of results is about.
	simBlock = 50
	// simWorkers is how many seeds run side by side, at most.
	simWorkers = 2
	// simFullCommands is enough to meet every rare state.
	simFullCommands = 100_000
)

// world is the simulation of a seed: two tenants, a disk, and what the seed lets go wrong.
func world(seed uint64, commands int) enginetest.Config {
	return enginetest.Config{
		Seed: seed, Steps: 10 * commands, Commands: commands, Faults: true, Swarm: true,
		Disk: func(seed uint64) enginetest.Disk {
			d := simlog.NewDisk(seed)
			d.KeepLines()
			slow := time.Duration(0)
			if seed%4 == 0 {
				slow = time.Minute
			}
			d.Timed(slow)
			return simDisk{d}
		},
	}
}

// TestSim simulates engine, recovery and decoding on disks that fail, against an auditor
// that predicts every outcome. `make sim SEED=n` replays a seed, `make sim SEEDS=n` runs many.
func TestSim(t *testing.T) {
	t.Parallel()
	if *simSeed != 0 {
		replayTwice(t, *simSeed)
		return
	}
	file := enginetest.OpenResults(t, *simOut)
	t.Run("seeds", func(t *testing.T) {
		var next atomic.Uint64
		for range simWorkers {
			t.Run("worker", func(t *testing.T) {
				t.Parallel()
				for {
					from := (next.Add(1)-1)*simBlock + 1
					if from > *simSeeds {
						return
					}
					to := min(from+simBlock-1, *simSeeds)
					if !file.Has("sim", from, to, *simCommands) {
						file.Add(t, runBlock(t, from, to))
					}
				}
			})
		}
	})
	sum := file.Sum("sim", *simSeeds, *simCommands)
	rare := slices.Concat(enginetest.RareStates(), enginetest.RareOnDisk())
	if missing := sum.Counts.Missing(rare); sum.Commands >= simFullCommands && len(missing) > 0 {
		t.Errorf("never met: %q", missing)
	}
	for _, v := range sum.Violations {
		t.Errorf("seed %d, %s: %s", v.Seed, v.Code, v.Text)
	}
	t.Logf("%d seeds, %d commands, %d crashes, %d violations; %.0f commands a second of one worker\n%v",
		sum.To-sum.From+1, sum.Commands, sum.Crashes, len(sum.Violations), float64(sum.Commands)/max(sum.Seconds, 1e-9), sum.Counts)
}

// TestSimFound plays seeds again that have found something.
func TestSimFound(t *testing.T) {
	t.Parallel()
	for _, seed := range []uint64{
		889, // an operator of one payer disabled the other one, whose commands the writer is blocked with
	} {
		if _, failure := enginetest.Play(t, world(seed, 500)); failure != nil {
			failure.Shrink(t)
			t.Error(failure)
		}
	}
}

// runBlock runs some seeds and sums up.
func runBlock(t *testing.T, from, to uint64) *enginetest.Result {
	t.Helper()
	began := time.Now()
	r := &enginetest.Result{Test: "sim", From: from, To: to, Size: *simCommands, Counts: enginetest.Counts{}, Go: runtime.Version()}
	for seed := from; seed <= to; seed++ {
		report, failure := enginetest.Play(t, world(seed, *simCommands))
		r.Counts.Merge(report.Counts)
		r.Commands += report.Commands
		r.Steps += report.Steps
		if failure != nil {
			failure.Shrink(t)
			t.Error(failure)
			r.Violations = append(r.Violations, enginetest.SeedFault{Seed: seed, Code: enginetest.CodeOf(failure.Err), Text: failure.Err.Error()})
		}
	}
	r.Crashes = crashesIn(r.Counts)
	r.Seconds = time.Since(began).Seconds()
	t.Logf("seeds %d to %d: %d commands, %d crashes, %d violations, %.0f commands a second",
		from, to, r.Commands, r.Crashes, len(r.Violations), float64(r.Commands)/r.Seconds)
	return r
}

// crashesIn counts how often a program or a machine has ended in the midst of something.
func crashesIn(counts map[string]int) (n int) {
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		if strings.HasPrefix(name, "power cut at ") || name == "fault: crash" || name == "poison" || name == "commit failed" {
			n += counts[name]
		}
	}
	return n
}

// replayTwice shows that a seed is the same every time.
func replayTwice(t *testing.T, seed uint64) {
	t.Helper()
	var traces []uint64
	for range 2 {
		report, failure := enginetest.Play(t, world(seed, *simCommands))
		if failure != nil {
			failure.Shrink(t)
			t.Error(failure)
		}
		traces = append(traces, report.Trace)
		t.Logf("seed %d: %d commands in %d steps, trace %016x", seed, report.Commands, report.Steps, report.Trace)
		if len(traces) == 1 {
			t.Log(report.Counts)
		}
	}
	if traces[0] != traces[1] {
		t.Errorf("traces %x and %x", traces[0], traces[1])
	}
}

// TestSimReproducible runs seeds again, on another number of processors: all that was
// seen is the same.
func TestSimReproducible(t *testing.T) {
	for seed := range uint64(4) {
		var traces []uint64
		for _, procs := range []int{1, 2, 8} {
			before := runtime.GOMAXPROCS(procs)
			report, failure := enginetest.Play(t, world(100+seed, 150))
			runtime.GOMAXPROCS(before)
			if failure != nil {
				t.Fatal(failure)
			}
			traces = append(traces, report.Trace)
		}
		if traces[0] != traces[1] || traces[0] != traces[2] {
			t.Errorf("seed %d: traces %s", 100+seed, fmt.Sprintf("%x", traces))
		}
	}
}
