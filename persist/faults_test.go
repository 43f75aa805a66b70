package persist

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/parleyhq/parley/engine"
)

// faultFS is a file system whose operations fail where a test says so.
type faultFS struct {
	*errorfs.FS
	mem   *vfs.MemFS
	fault atomic.Pointer[func(errorfs.Op) error]
}

func newFaultFS() *faultFS { return faultFSOn(vfs.NewCrashableMem()) }

func faultFSOn(mem *vfs.MemFS) *faultFS {
	f := &faultFS{mem: mem}
	f.FS = errorfs.Wrap(f.mem, errorfs.InjectorFunc(func(op errorfs.Op) error {
		if fault := f.fault.Load(); fault != nil {
			return (*fault)(op)
		}
		return nil
	}))
	return f
}

// ReuseForWrite implements vfs.FS; errorfs would return a file without faults.
func (f *faultFS) ReuseForWrite(oldname, newname string, category vfs.DiskWriteCategory) (vfs.File, error) {
	if err := f.Rename(oldname, newname); err != nil {
		return nil, err
	}
	return f.OpenReadWrite(newname, category)
}

func (f *faultFS) set(fault func(errorfs.Op) error) { f.fault.Store(&fault) }
func (f *faultFS) clear()                           { f.fault.Store(nil) }

// failing returns a fault: err for the given kinds on files with the suffix.
func failing(err error, suffix string, kinds ...errorfs.OpKind) func(errorfs.Op) error {
	return func(op errorfs.Op) error {
		for _, k := range kinds {
			if op.Kind == k && strings.HasSuffix(op.Path, suffix) {
				return err
			}
		}
		return nil
	}
}

var (
	writeKinds = []errorfs.OpKind{errorfs.OpFileWrite, errorfs.OpFileWriteAt}
	syncKinds  = []errorfs.OpKind{errorfs.OpFileSync, errorfs.OpFileSyncData, errorfs.OpFileSyncTo}
)

// wantPoisoned checks everything that holds in a poisoned store whose last
// acknowledged record is last, and that after a restart the log ends there or
// with the batch in doubt.
func wantPoisoned(t *testing.T, s *Store, fs *faultFS, last engine.Seq, inDoubt int) {
	t.Helper()
	if !isClosed(s.Poisoned()) || !errors.Is(s.Writable(), engine.ErrPoisoned) {
		t.Fatalf("not poisoned: %v", s.Writable())
	}
	fs.clear()
	for range 2 {
		if err := s.Append(t.Context(), last, recordsAfter(last, 1)); !errors.Is(err, engine.ErrPoisoned) {
			t.Fatalf("append after the failure: got %v, want ErrPoisoned", err)
		}
	}
	if got, _ := s.Last(); got != last {
		t.Fatalf("log ends at %d after the failure, want %d", got, last)
	}
	if err := checkContent(s); err != nil {
		t.Fatal(err)
	}
	s.Metrics()
	mustClose(t, s)
	for _, unsynced := range []int{0, 100} {
		got, refusal, silent := openOutcome(t, crashClone(fs.mem, unsynced, 1))
		if refusal != nil || silent != nil || got != last && got != last+engine.Seq(inDoubt) {
			t.Fatalf("after a restart: seq %d, want %d or %d more: %v %v", got, last, inDoubt, refusal, silent)
		}
	}
}

// P6: with a Fatalf that returns, a failed log write or sync is answered with
// nil, and its data is visible.
func TestP6FailedLogWriteOrSync(t *testing.T) {
	t.Parallel()
	f := func(name string, fault func(errorfs.Op) error) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fs := newFaultFS()
			o := quietOptions(fs)
			s := mustCreate(t, o)
			appendRecords(t, s, 5)
			fs.set(fault)
			err := s.Append(t.Context(), 5, recordsAfter(5, 3))
			if !errors.Is(err, engine.ErrPoisoned) {
				t.Fatalf("got %v, want ErrPoisoned", err)
			}
			wantPoisoned(t, s, fs, 5, 3)
		})
	}
	f("write EIO", failing(syscall.EIO, ".log", writeKinds...))
	f("sync EIO", failing(syscall.EIO, ".log", syncKinds...))
	f("write ENOSPC", failing(syscall.ENOSPC, ".log", writeKinds...))
	f("sync EDQUOT", failing(syscall.EDQUOT, ".log", syncKinds...))
}

// TestFailedLogRotation fails the making of the next log file, on which Pebble
// panics with its locks held.
func TestFailedLogRotation(t *testing.T) {
	t.Parallel()
	fs := newFaultFS()
	s := mustCreate(t, quietOptions(fs))
	fs.set(failing(syscall.EMFILE, ".log", errorfs.OpCreate, errorfs.OpReuseForWrite))
	last := engine.Seq(0)
	err := error(nil)
	for err == nil {
		if err = s.Append(t.Context(), last, recordsAfter(last, 10)); err == nil {
			last += 10
		}
	}
	if !errors.Is(err, engine.ErrPoisoned) {
		t.Fatalf("got %v, want ErrPoisoned", err)
	}
	wantPoisoned(t, s, fs, last, 10)
}

// P7: when tables cannot be written, a bare Pebble takes thousands of writes
// and then blocks for ever without an error.
func TestP7TablesCannotBeWritten(t *testing.T) {
	t.Parallel()
	fs := newFaultFS()
	o := quietOptions(fs)
	o.tune = func(p *pebble.Options) { // room enough for this test not to depend on who is faster
		smallFiles(p)
		p.MemTableStopWritesThreshold = 1000
	}
	s := mustCreate(t, o)
	now := moveClock(s)
	fs.set(failing(syscall.ENOSPC, ".sst", errorfs.OpCreate, errorfs.OpFileWrite))
	last := engine.Seq(0)
	err := error(nil)
	for err == nil {
		if err = s.Append(t.Context(), last, recordsAfter(last, 10)); err == nil {
			last += 10
		}
	}
	if !errors.Is(err, engine.ErrNotWritten) || !errors.Is(err, engine.ErrReadOnly) || isClosed(s.Poisoned()) {
		t.Fatalf("after %d records got %v, want ErrReadOnly", last, err)
	}
	if err := checkContent(s); err != nil {
		t.Fatal(err)
	}
	fs.clear()
	for s.Writable() != nil { // Pebble goes on trying; in the end it is quiet
		now.Add(int64(time.Second))
	}
	appendRecords(t, s, 10)
	mustClose(t, s)
	if got, refusal, silent := openOutcome(t, fs.mem); got != last+10 || refusal != nil || silent != nil {
		t.Fatalf("after a restart: seq %d, want %d: %v %v", got, last+10, refusal, silent)
	}
}

// moveClock puts the store's health on a clock that the test moves.
func moveClock(s *Store) *atomic.Int64 {
	now := &atomic.Int64{}
	now.Store(time.Now().UnixNano())
	s.health.mu.Lock()
	defer s.health.mu.Unlock()
	s.health.now = func() time.Time { return time.Unix(0, now.Load()) }
	return now
}

// TestCommitThatNeverReturns blocks the sync of the log file.
func TestCommitThatNeverReturns(t *testing.T) {
	t.Parallel()
	fs := newFaultFS()
	o := quietOptions(fs)
	o.CommitTimeout = 1500 * time.Millisecond
	s := mustCreate(t, o)
	appendRecords(t, s, 5)
	release := make(chan struct{})
	fs.set(func(op errorfs.Op) error {
		if strings.HasSuffix(op.Path, ".log") && strings.HasPrefix(op.Path, testDir) && op.Kind >= errorfs.OpFileSync {
			<-release
		}
		return nil
	})
	err := s.Append(t.Context(), 5, recordsAfter(5, 3))
	if !errors.Is(err, engine.ErrPoisoned) || !strings.Contains(err.Error(), "1.5s") {
		t.Fatalf("got %v, want ErrPoisoned with the time", err)
	}
	if got, _ := s.Last(); got != 5 {
		t.Fatalf("log ends at %d, want 5", got)
	}
	close(release) // too late: it may be durable now, but it was given up
	next := commit{done: make(chan error, 1)}
	s.commits <- next // when the loop takes this one, it is through with the other
	if err := <-next.done; !errors.Is(err, engine.ErrPoisoned) {
		t.Fatalf("next commit: got %v, want ErrPoisoned", err)
	}
	wantPoisoned(t, s, fs, 5, 3)
}

// P7, the other way: the writes come faster than the news that tables cannot be
// written. The commit that is stalled ends all the same.
func TestP7CommitIsStalled(t *testing.T) {
	t.Parallel()
	fs := newFaultFS()
	o := quietOptions(fs)
	o.CommitTimeout = 200 * time.Millisecond
	s := mustCreate(t, o)
	fs.set(func(op errorfs.Op) error {
		if strings.HasSuffix(op.Path, ".sst") && op.Kind == errorfs.OpCreate {
			<-s.poisoned
		}
		return nil
	})
	last := engine.Seq(0)
	err := error(nil)
	for err == nil {
		if err = s.Append(t.Context(), last, recordsAfter(last, 10)); err == nil {
			last += 10
		}
	}
	if !errors.Is(err, engine.ErrPoisoned) {
		t.Fatalf("after %d records got %v, want ErrPoisoned", last, err)
	}
	wantPoisoned(t, s, fs, last, 10)
}

// TestContextEndsDuringCommit shows that a write that has begun is not given
// up, and one that has to wait for another is.
func TestContextEndsDuringCommit(t *testing.T) {
	t.Parallel()
	fs := newFaultFS()
	s := mustCreate(t, quietOptions(fs))
	release, entered := make(chan struct{}), make(chan struct{})
	var once sync.Once
	fs.set(func(op errorfs.Op) error {
		if strings.HasSuffix(op.Path, ".log") && op.Kind >= errorfs.OpFileSync {
			once.Do(func() { close(entered) })
			<-release
		}
		return nil
	})
	ctx, cancel := context.WithCancel(t.Context())
	first, second := make(chan error, 1), make(chan error, 1)
	go func() { first <- s.Append(ctx, 0, recordsAfter(0, 1)) }()
	<-entered
	go func() { second <- s.commit(ctx, s.db.NewBatch(), func(*content) {}) }()
	cancel()
	if err := <-second; !errors.Is(err, engine.ErrNotWritten) || !errors.Is(err, context.Canceled) {
		t.Fatalf("waiting commit: got %v, want ErrNotWritten", err)
	}
	close(release)
	if err := <-first; err != nil {
		t.Fatalf("commit under way: %v", err)
	}
	mustClose(t, s)
}

// TestDirectorySyncFails: Pebble panics on its own goroutine when the directory
// sync after a marker fails; the store is poisoned instead.
func TestDirectorySyncFails(t *testing.T) {
	t.Parallel()
	fs := newFaultFS()
	s := mustCreate(t, quietOptions(fs))
	fs.set(failing(syscall.EIO, databaseName, syncKinds...))
	last := engine.Seq(0)
	for err := error(nil); err == nil; {
		if err = s.Append(t.Context(), last, recordsAfter(last, 10)); err == nil {
			last += 10
		} else if !errors.Is(err, engine.ErrPoisoned) {
			t.Fatalf("got %v, want ErrPoisoned", err)
		}
	}
	wantPoisoned(t, s, fs, last, 10)
}

// TestReadIsStuck stands for a read in a store where Pebble holds its locks
// for ever.
func TestReadIsStuck(t *testing.T) {
	t.Parallel()
	o := quietOptions(vfs.NewMem())
	o.CommitTimeout = 50 * time.Millisecond
	s := mustCreate(t, o)
	s.poison("test")
	never := make(chan struct{})
	defer close(never)
	err := s.guard("read", o.CommitTimeout, func() error { <-never; return nil })
	if !errors.Is(err, engine.ErrPoisoned) {
		t.Fatalf("guard: got %v, want ErrPoisoned", err)
	}
	c := &cursor{s: s, blocks: make(chan block)}
	if _, _, ok, err := c.read(); ok || !errors.Is(err, engine.ErrPoisoned) {
		t.Fatalf("cursor: got %v, want ErrPoisoned", err)
	}
	mustClose(t, s)
}
