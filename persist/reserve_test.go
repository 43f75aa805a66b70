package persist

import (
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/parleyhq/parley/engine"
)

// TestReserve has cancellations taken, and not, at the reserve of guards of several sizes: it is room to open the
// store again wherever that is not more than half of the guard.
func TestReserve(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ guard, reserve int64 }{ // MiB
		{2, 1}, {20, 10}, {40, 20}, {64, 20}, {144, 20}, {160, 20}, {256, 32}, {1024, 128},
	} {
		fs := vfs.NewMem()
		o := quietOptions(fs)
		o.MinFreeBytes = c.guard << 20
		s := mustCreate(t, o)
		now := moveClock(s)
		for _, left := range []int64{c.reserve << 20, c.reserve<<20 - 1} {
			fs.TestingSetDiskUsage(vfs.DiskUsage{AvailBytes: uint64(left), TotalBytes: 1 << 40})
			now.Add(int64(spaceCheckInterval))
			cause := engine.Cause("")
			if left < c.reserve<<20 {
				cause = engine.CauseSpace
			}
			what := fmt.Sprintf("guard of %d MiB, %d bytes free", c.guard, left)
			wantCause(t, what, s.Writable(), engine.CauseSpace)
			wantCause(t, what+", freeing", s.WritableFreeing(), cause)
		}
		mustClose(t, s)
	}
}

// TestLogWithoutPreallocation goes on where the disk has no room to take for the next log file in advance: what counts is the write.
func TestLogWithoutPreallocation(t *testing.T) {
	t.Parallel()
	var failed atomic.Int64
	o := quietOptions(errorfs.Wrap(vfs.Default, errorfs.InjectorFunc(func(op errorfs.Op) error {
		if op.Kind != errorfs.OpFilePreallocate || !strings.HasSuffix(op.Path, ".log") {
			return nil
		}
		failed.Add(1)
		return syscall.ENOSPC
	})))
	o.BallastBytes = -1
	dir := filepath.Join(t.TempDir(), testDir)
	s, err := Create(dir, o, testIdentity())
	if err != nil {
		t.Fatal(err)
	}
	before := failed.Load()
	for failed.Load() < before+3 {
		appendRecords(t, s, 20)
	}
	last, _ := s.Last()
	mustClose(t, s)
	if s, err = Open(dir, o); err != nil {
		t.Fatal(err)
	}
	if got, _ := s.Last(); got != last || checkContent(s) != nil {
		t.Fatalf("after a restart: seq %d of %d, %v", got, last, checkContent(s))
	}
	mustClose(t, s)
}

// TestReadOnlyOnFewInodes lets the free inodes fall and rise, with bytes enough: as with bytes, the way back is further than the way there.
func TestReadOnlyOnFewInodes(t *testing.T) {
	t.Parallel()
	fs := vfs.NewMem()
	fs.TestingSetDiskUsage(vfs.DiskUsage{AvailBytes: 1 << 40, TotalBytes: 1 << 40})
	s := mustCreate(t, quietOptions(fs))
	now := moveClock(s)
	var free atomic.Int64
	s.health.mu.Lock()
	s.health.freeInodes = func(string) (int64, bool) { return free.Load(), free.Load() >= 0 }
	s.health.mu.Unlock()
	for _, c := range []struct {
		free              int64
		writable, freeing bool
	}{
		{1000, true, true}, {256, true, true}, {255, false, true}, {256, false, true}, {32, false, true}, {31, false, false}, {0, false, false},
		{287, false, true}, {288, true, true}, {0, false, false}, {-1, true, true}, // -1: unknown
	} {
		free.Store(c.free)
		now.Add(int64(spaceCheckInterval))
		cause := map[bool]engine.Cause{false: engine.CauseSpace}
		wantCause(t, fmt.Sprintf("%d inodes free, all", c.free), s.Writable(), cause[c.writable])
		wantCause(t, fmt.Sprintf("%d inodes free, freeing", c.free), s.WritableFreeing(), cause[c.freeing])
		wantCause(t, fmt.Sprintf("%d inodes free, the journal", c.free), s.writableJournal(), cause[c.freeing])
		if err := s.Writable(); err != nil && !strings.Contains(err.Error(), "inodes") {
			t.Fatalf("%d inodes free: %v", c.free, err)
		}
	}
	mustClose(t, s)
}

// TestFreeInodes asks the machine's own file system, or is told that it does not know.
func TestFreeInodes(t *testing.T) {
	t.Parallel()
	if free, ok := freeInodes(t.TempDir()); ok && free <= 0 {
		t.Fatalf("%d inodes are free where this test makes files", free)
	}
	if _, ok := freeInodes("no such directory"); ok {
		t.Fatal("knows of no directory")
	}
}
