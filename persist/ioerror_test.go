package persist

import (
	"errors"
	"math/rand/v2"
	"runtime"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/parleyhq/parley/engine"
)

// nth fails the n-th operation of a class, and with it all later ones if
// forever. fired tells whether it came to that.
type nth struct {
	class   errorfs.OpReadWrite
	n       int64
	err     error
	forever bool

	seen  atomic.Int64
	fired atomic.Bool
}

func (f *nth) fault(op errorfs.Op) error {
	if op.Kind.ReadOrWrite() != f.class {
		return nil
	}
	if seen := f.seen.Add(1); seen == f.n || f.forever && seen > f.n {
		f.fired.Store(true)
		return f.err
	}
	return nil
}

// TestFailAtEveryOperation fails the n-th write operation of the scenario, for
// n = 1, 2, … until none is left to fail. After that comes a power cut.
func TestFailAtEveryOperation(t *testing.T) {
	t.Parallel()
	f := func(name string, err error, forever bool, step int) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seed := rand.Uint64()
			rng := rand.New(rand.NewPCG(seed, 2))
			for n := 1; ; n += 1 + rng.IntN(step) {
				fault := &nth{class: errorfs.OpIsWrite, n: int64(n), err: err, forever: forever}
				failOnce(t, fault, seed)
				if !fault.fired.Load() {
					break
				}
			}
		})
	}
	f("EIO once", syscall.EIO, false, 8)
	f("EIO from then on", syscall.EIO, true, 16)
	f("ENOSPC from then on", syscall.ENOSPC, true, 16)
}

func failOnce(t *testing.T, fault *nth, seed uint64) {
	fs := newFaultFS()
	fs.set(fault.fault)
	o := quietOptions(fs)
	o.CommitTimeout = 5 * time.Second
	var c scenario
	err := c.run(o)
	if err != nil && !fault.fired.Load() {
		t.Fatalf("operation %d, seed %d: failed without a fault: %v", fault.n, seed, err)
	}
	for _, unsynced := range []int{0, 50, 100} {
		before := c.now()
		clone := crashClone(fs.mem, unsynced, seed)
		if err := checkRecovered(clone, before, c.now()); err != nil {
			t.Errorf("after operation %d failed with %v, forever %v, %d%% of unsynced data kept, seed %d: %v",
				fault.n, fault.err, fault.forever, unsynced, seed, err)
		}
	}
}

// TestFailedReadAtOpen fails the n-th read operation of Open: it refuses, or
// it opens with every record. A compaction that begins while it opens, and meets the fault, poisons it, perhaps only afterwards.
func TestFailedReadAtOpen(t *testing.T) {
	t.Parallel()
	img := markedLog(t)
	for _, forever := range []bool{false, true} {
		for n := int64(1); ; n += 3 {
			fault := &nth{class: errorfs.OpIsRead, n: n, err: syscall.EIO, forever: forever}
			fs := &faultFS{mem: vfs.NewCrashableMem()}
			fs.FS = errorfs.Wrap(img.mount(t), errorfs.InjectorFunc(fault.fault))
			last, refusal, silent := openOutcome(t, fs)
			if !fault.fired.Load() {
				break
			}
			if silent != nil && !errors.Is(silent, syscall.EIO) && !errors.Is(silent, engine.ErrPoisoned) || refusal == nil && last != markedRecords {
				t.Fatalf("read %d failed, forever %v: opened to seq %d: %v", n, forever, last, silent)
			}
		}
	}
}

// TestReadOnlyWithoutWatermark fails the watermark file alone.
func TestReadOnlyWithoutWatermark(t *testing.T) {
	t.Parallel()
	fs := newFaultFS()
	o := quietOptions(fs)
	o.WatermarkInterval = time.Millisecond
	s := mustCreate(t, o)
	fs.set(failing(syscall.EIO, newWatermark, errorfs.OpCreate))
	err := error(nil)
	for err == nil {
		last, _ := s.Last()
		err = s.Append(t.Context(), last, recordsAfter(last, 1))
	}
	if !errors.Is(err, engine.ErrNotWritten) || !errors.Is(err, engine.ErrReadOnly) {
		t.Fatalf("got %v, want ErrReadOnly", err)
	}
	fs.clear()
	for s.Writable() != nil {
		runtime.Gosched() // the keeper tries again by itself
	}
	appendRecords(t, s, 1)
	last, _ := s.Last()
	mustClose(t, s)
	if got, refusal, silent := openOutcome(t, fs); got != last || refusal != nil || silent != nil {
		t.Fatalf("after a restart: seq %d, want %d: %v %v", got, last, refusal, silent)
	}
}
