package persist

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/parleyhq/parley/engine/enginetest"
)

var (
	crashScenarios = flag.Uint64("crash.scenarios", 1, "scenarios of which every crash point is tried")
	errorScenarios = flag.Uint64("crash.errors", 1, "scenarios of which every operation is made to fail")
	crashOut       = flag.String("crash.out", "", "file of results, one a line; scenarios that it has are not run again")
	crashKeep      = flag.String("crash.keep", "", "folder for the image of a failure; empty: of temporary files")
)

// codeCrash is the violation that a crash loop knows: not what was acknowledged, or no store at all.
const codeCrash = "recovery"

// eachScenario runs scenarios side by side, unless the file has their results.
func eachScenario(t *testing.T, test string, last uint64, run func(t *testing.T, seed uint64) *enginetest.Result) {
	t.Helper()
	file := enginetest.OpenResults(t, *crashOut)
	t.Run("scenarios", func(t *testing.T) {
		var next atomic.Uint64
		for range 2 {
			t.Run("worker", func(t *testing.T) {
				t.Parallel()
				for seed := next.Add(1); seed <= last; seed = next.Add(1) {
					if file.Has(test, seed, seed, 0) {
						continue
					}
					began := time.Now()
					r := run(t, seed)
					r.Test, r.From, r.To, r.Go, r.Seconds = test, seed, seed, runtime.Version(), time.Since(began).Seconds()
					file.Add(t, r)
					t.Logf("scenario %d: %d operations, %d crashes, %d violations", seed, r.Steps, r.Crashes, len(r.Violations))
				}
			})
		}
	})
	sum := file.Sum(test, last, 0)
	for _, v := range sum.Violations {
		t.Errorf("scenario %d: %s", v.Seed, v.Text)
	}
	t.Logf("%d scenarios, %d operations, %d crashes, %d violations\n%v", last, sum.Steps, sum.Crashes, len(sum.Violations), sum.Counts)
}

// TestCrashLoop cuts the power before each operation of generated scenarios that changes
// the disk, with all, half and nothing of what is unsynced left; and once more at an
// operation of the recovery that follows.
func TestCrashLoop(t *testing.T) {
	t.Parallel()
	eachScenario(t, "crash", *crashScenarios, crashScenario)
}

func crashScenario(t *testing.T, seed uint64) *enginetest.Result {
	t.Helper()
	r := &enginetest.Result{Counts: enginetest.Counts{}}
	var mu sync.Mutex
	p := &player{seed: seed}
	p.hook = func(fs *faultFS) func(errorfs.Op) error {
		return func(op errorfs.Op) error {
			if op.Kind.ReadOrWrite() != errorfs.OpIsWrite {
				return nil
			}
			mu.Lock()
			r.Steps++
			n := uint64(r.Steps)
			r.Counts.Add("crash before %s", opName(op))
			mu.Unlock()
			for _, unsynced := range []int{0, 50, 100} {
				before := p.now()
				clone := crashClone(fs.mem, unsynced, seed<<32+n)
				after := p.now()
				kept := clone.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 100, RNG: rand.New(rand.NewPCG(1, 1))})
				again := recoveredAgain(clone, before, after, seed<<32+n)
				mu.Lock()
				r.Crashes += 2
				r.Counts.Add("crash during recovery")
				if again != nil {
					text := fmt.Sprintf("crash before operation %d (%s %s), %d%% of unsynced data kept: %v", n, opName(op), op.Path, unsynced, again)
					r.Violations = append(r.Violations, enginetest.SeedFault{Seed: seed, Code: codeCrash, Text: text})
					t.Errorf("scenario %d %v: %s; image and trace in %s", seed, planOf(seed), text, keepImage(t, kept, p.traced(), seed, n))
				}
				mu.Unlock()
			}
			return nil
		}
	}
	o := quietOptions(nil)
	o.CommitTimeout = MaxCommitTimeout // checks run inside the operations
	if err := p.play(planOf(seed), o); err != nil {
		t.Errorf("scenario %d %v: %v", seed, planOf(seed), err)
		r.Violations = append(r.Violations, enginetest.SeedFault{Seed: seed, Code: codeCrash, Text: err.Error()})
	}
	return r
}

// recoveredAgain is checkRecovered, with the power cut once more in the midst.
func recoveredAgain(mem *vfs.MemFS, before, after progress, seed uint64) error {
	rng := rand.New(rand.NewPCG(seed, 6))
	fs := faultFSOn(mem)
	at, seen := 1+rng.Int64N(40), atomic.Int64{}
	var second atomic.Pointer[vfs.MemFS]
	fs.set(func(op errorfs.Op) error {
		if op.Kind.ReadOrWrite() == errorfs.OpIsWrite && seen.Add(1) == at {
			second.Store(crashClone(fs.mem, int(seed%3)*50, seed))
		}
		return nil
	})
	if err := checkRecovered(fs, before, after); err != nil {
		return err
	}
	if left := second.Load(); left != nil {
		after.attempted++ // checkRecovered goes on by one
		if err := checkRecovered(left, before, after); err != nil {
			return fmt.Errorf("and once more at operation %d of the recovery: %w", at, err)
		}
	}
	return nil
}

// keepImage writes what was on the disk, and the operations that led to it, into a folder.
func keepImage(t *testing.T, mem *vfs.MemFS, trace []string, seed, n uint64) string {
	t.Helper()
	parent := *crashKeep
	if parent == "" {
		parent = os.TempDir()
	}
	dir := filepath.Join(parent, fmt.Sprintf("crash-%d-%d", seed, n))
	write := func(path string, content []byte) {
		path = filepath.Join(dir, path)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), dirMode), os.WriteFile(path, content, fileMode)); err != nil {
			t.Error(err)
		}
	}
	var walk func(path string)
	walk = func(path string) {
		names, err := mem.List(path)
		if err != nil { // a file
			content, err := readFile(mem, path, 1<<30)
			if err != nil {
				t.Error(err)
			}
			write(path, content)
			return
		}
		for _, name := range names {
			walk(mem.PathJoin(path, name))
		}
	}
	walk(testDir)
	write("trace.txt", []byte(strings.Join(trace, "\n")+"\n"))
	return dir
}

// TestErrorLoop fails each operation of generated scenarios that changes the disk, once
// or from then on, and then cuts the power.
func TestErrorLoop(t *testing.T) {
	t.Parallel()
	eachScenario(t, "error", *errorScenarios, errorScenario)
}

func errorScenario(t *testing.T, seed uint64) *enginetest.Result {
	t.Helper()
	r := &enginetest.Result{Counts: enginetest.Counts{}}
	kinds := []struct {
		name    string
		err     error
		forever bool
	}{{"EIO once", syscall.EIO, false}, {"EIO from then on", syscall.EIO, true}, {"ENOSPC from then on", syscall.ENOSPC, true}}
	step := int64(1)
	if *crashOut == "" { // a sample, in every test run
		step = 37
	}
	for i, kind := range kinds {
		for n := 1 + int64(i); ; n += step {
			fault := &nth{class: errorfs.OpIsWrite, n: n, err: kind.err, forever: kind.forever}
			text := failScenario(seed, fault, r)
			if text != nil {
				text = fmt.Errorf("%s at operation %d: %w", kind.name, n, text)
				r.Violations = append(r.Violations, enginetest.SeedFault{Seed: seed, Code: codeCrash, Text: text.Error()})
				t.Errorf("scenario %d %v: %v", seed, planOf(seed), text)
			}
			if !fault.fired.Load() {
				break
			}
			r.Steps++
			r.Counts.Add("%s", kind.name)
		}
	}
	return r
}

// failScenario plays a scenario with a fault and checks what is left.
func failScenario(seed uint64, fault *nth, r *enginetest.Result) error {
	p := &player{seed: seed, hook: func(*faultFS) func(errorfs.Op) error { return fault.fault }}
	o := quietOptions(nil)
	o.CommitTimeout = 5 * time.Second
	if err := p.play(planOf(seed), o); err != nil && !fault.fired.Load() {
		return fmt.Errorf("failed without a fault: %w", err)
	}
	for _, unsynced := range []int{0, 50, 100} {
		before := p.now()
		clone := crashClone(p.disk().mem, unsynced, seed)
		r.Crashes++
		if err := checkRecovered(clone, before, p.now()); err != nil {
			return fmt.Errorf("%d%% of unsynced data kept: %w", unsynced, err)
		}
	}
	return nil
}
