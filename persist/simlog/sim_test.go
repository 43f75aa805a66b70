package simlog_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/parleyhq/parley/engine/enginetest"
	"github.com/parleyhq/parley/persist/simlog"
)

// world is the simulation of a seed: two tenants, a disk, and what the seed lets go wrong.
func world(seed uint64, commands int) enginetest.Config {
	return enginetest.Config{
		Seed: seed, Steps: 10 * commands, Commands: commands, Faults: true, Swarm: true,
		Disk: func(seed uint64) enginetest.Disk {
			d := simlog.NewDisk(seed)
			d.KeepLines()
			if seed%4 == 0 {
				d.Timed(time.Minute)
			} else {
				d.Timed(0)
			}
			return simDisk{d}
		},
	}
}

func TestSim(t *testing.T) {
	t.Parallel()
	sum := enginetest.Counts{}
	for seed := range uint64(8) {
		report, failure := enginetest.Play(t, world(seed+1, 300))
		if failure != nil {
			t.Fatal(failure)
		}
		sum.Merge(report.Counts)
	}
	t.Log(sum)
}

// TestSimReproducible runs seeds again, on another number of processors: all that was
// seen is the same.
func TestSimReproducible(t *testing.T) {
	for seed := range uint64(4) {
		var traces []uint64
		for _, procs := range []int{1, 2, 8} {
			before := runtime.GOMAXPROCS(procs)
			report, failure := enginetest.Play(t, world(seed+1, 200))
			runtime.GOMAXPROCS(before)
			if failure != nil {
				t.Fatal(failure)
			}
			traces = append(traces, report.Trace)
		}
		if traces[0] != traces[1] || traces[0] != traces[2] {
			t.Errorf("seed %d: traces %s", seed+1, fmt.Sprintf("%x", traces))
		}
	}
}
