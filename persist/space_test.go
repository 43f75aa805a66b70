package persist

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/parleyhq/parley/engine"
)

// wantCause checks that a refusal says why, in its one word and in its kind.
func wantCause(t *testing.T, what string, err error, want engine.Cause) {
	t.Helper()
	var r *engine.Refusal
	if want == "" && err == nil {
		return
	}
	if want == "" || !errors.As(err, &r) || r.Cause != want || !errors.Is(err, r.Kind) {
		t.Fatalf("%s: got %v, want cause %q", what, err, want)
	}
}

// TestReadOnlyOnLowSpace lets the free space fall and rise: what frees something is
// taken longer than the rest, the journal in between, and the way back is further than the way there.
func TestReadOnlyOnLowSpace(t *testing.T) {
	t.Parallel()
	fs := vfs.NewMem()
	o := quietOptions(fs)
	o.MinFreeBytes = 8000 << 20
	s := mustCreate(t, o)
	now := moveClock(s)
	f := func(mib uint64, writable, journal, freeing bool) {
		t.Helper()
		free := mib << 20
		fs.TestingSetDiskUsage(vfs.DiskUsage{AvailBytes: free, TotalBytes: 1 << 40})
		now.Add(int64(spaceCheckInterval))
		cause := map[bool]engine.Cause{false: engine.CauseSpace}
		wantCause(t, fmt.Sprintf("%d bytes free, all", free), s.Writable(), cause[writable])
		wantCause(t, fmt.Sprintf("%d bytes free, freeing", free), s.WritableFreeing(), cause[freeing])
		last, _ := s.Last()
		if err := s.Append(t.Context(), last, recordsAfter(last, 1)); freeing != (err == nil) || err != nil && !errors.Is(err, engine.ErrNotWritten) {
			t.Fatalf("%d bytes free: append %v", free, err)
		}
		_, err := s.AppendJournal(t.Context(), []engine.JournalEntry{{Tenant: "acme", Payload: []byte("read")}})
		if journal != (err == nil) || err != nil && !errors.Is(err, engine.ErrNotWritten) {
			t.Fatalf("%d bytes free: the journal %v", free, err)
		}
		if err := saveState(s, []byte("state")); writable != (err == nil) || err != nil && !errors.Is(err, engine.ErrReadOnly) {
			t.Fatalf("%d bytes free: checkpoint %v", free, err)
		}
		if m := s.Metrics(); m.FreeBytes != int64(free) || m.TotalBytes != 1<<40 {
			t.Fatalf("metrics say that %d of %d bytes are free, want %d", m.FreeBytes, m.TotalBytes, free)
		}
	}
	f(1<<19, true, true, true)
	f(8000, true, true, true)
	f(7999, false, true, true)
	f(8000, false, true, true) // not yet: it would go to and fro
	f(4000, false, true, true)
	f(3999, false, false, true)
	f(1000, false, false, true)
	f(999, false, false, false)
	f(0, false, false, false)
	f(8999, false, true, true)
	f(9000, true, true, true)
	f(8000, true, true, true)
	mustClose(t, s)
}

// lines collects what a store logs.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// TestFreeShareIsTold crosses both bounds, each way, and wants one line for each crossing.
func TestFreeShareIsTold(t *testing.T) {
	t.Parallel()
	fs, log := vfs.NewMem(), &lines{}
	o := quietOptions(fs)
	o.MinFreeBytes, o.LowFreePercent, o.ScarceFreePercent = 1, 30, 15
	o.Logger = slog.New(slog.NewTextHandler(log, nil))
	s := mustCreate(t, o)
	now := moveClock(s)
	const low, scarce, enough = "disk is low", "disk is scarce", "enough free space"
	for _, step := range []struct {
		percent uint64
		want    string
	}{
		{50, ""}, {30, ""}, {29, low}, {28, ""}, {15, ""}, {14, scarce}, {13, ""}, {20, ""}, {30, enough}, {10, scarce}, {99, enough},
	} {
		before := log.text()
		fs.TestingSetDiskUsage(vfs.DiskUsage{AvailBytes: step.percent * 1000, TotalBytes: 100_000})
		now.Add(int64(spaceCheckInterval))
		if err := s.Writable(); err != nil {
			t.Fatal(err)
		}
		told := strings.TrimPrefix(log.text(), before)
		if step.want == "" && told != "" || !strings.Contains(told, step.want) || strings.Count(told, "\n") > 1 {
			t.Errorf("%d %% free: the log says %q, want %q", step.percent, told, step.want)
		}
	}
	mustClose(t, s)
}

// smallDisk is a file system with room for so many bytes, which others use as well.
type smallDisk struct {
	vfs.FS
	mu     sync.Mutex
	size   int64
	others int64
	files  map[string]int64
}

func newSmallDisk(size int64) *smallDisk {
	return &smallDisk{FS: vfs.NewMem(), size: size, files: map[string]int64{}}
}

func (d *smallDisk) free() int64 {
	free := d.size - d.others
	for _, n := range d.files {
		free -= n
	}
	return max(free, 0)
}

// fill lets others take all but so many bytes.
func (d *smallDisk) fill(left int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.others += d.free() - left
}

func (d *smallDisk) has(path string) (int64, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	n, ok := d.files[path]
	return n, ok
}

func (d *smallDisk) grow(path string, to int64) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	more := to - d.files[path]
	if more > d.free() {
		return syscall.ENOSPC
	}
	d.files[path] += max(more, 0)
	return nil
}

func (d *smallDisk) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := d.FS.Create(name, c)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.files[name] = 0
	return &smallFile{File: f, d: d, name: name}, err
}

func (d *smallDisk) ReuseForWrite(from, to string, c vfs.DiskWriteCategory) (vfs.File, error) {
	return nil, errors.Join(d.Remove(from), errors.New("not in this test"))
}

func (d *smallDisk) Remove(name string) error {
	err := d.FS.Remove(name)
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.files, name)
	return err
}

func (d *smallDisk) Rename(from, to string) error {
	err := d.FS.Rename(from, to)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.files[to] = d.files[from]
	delete(d.files, from)
	return err
}

func (d *smallDisk) GetDiskUsage(string) (vfs.DiskUsage, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return vfs.DiskUsage{AvailBytes: uint64(d.free()), TotalBytes: uint64(d.size)}, nil
}

type smallFile struct {
	vfs.File
	d    *smallDisk
	name string
	at   int64
}

func (f *smallFile) Write(p []byte) (int, error) {
	if err := f.d.grow(f.name, f.at+int64(len(p))); err != nil {
		return 0, err
	}
	f.at += int64(len(p))
	return f.File.Write(p)
}

func (f *smallFile) Preallocate(at, n int64) error {
	if !strings.HasSuffix(f.name, ballastName) {
		return nil
	}
	return f.d.grow(f.name, at+n)
}

// TestFullDisk fills a disk under a store up to the last byte: bookings are refused,
// cancellations go on in the room that the ballast leaves, the store can be closed and
// opened again, and takes everything when there is room again.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	const ballast = 3 << 20
	disk := newSmallDisk(64 << 20)
	o := quietOptions(disk)
	o.MinFreeBytes, o.BallastBytes, o.WatermarkInterval = 4<<20, ballast, time.Millisecond
	o.tune = bigTables
	s := mustCreate(t, o)
	path := disk.PathJoin(testDir, ballastName)
	for n, _ := disk.has(path); n != ballast; n, _ = disk.has(path) { // the keeper makes it
	}
	appendRecords(t, s, 10)
	now := moveClock(s)
	disk.fill(0) // others are greedy
	now.Add(int64(spaceCheckInterval))
	wantCause(t, "on a full disk", s.Writable(), engine.CauseSpace)
	if _, there := disk.has(path); there || s.Metrics().BallastBytes != 0 {
		t.Fatal("the ballast is still there")
	}
	wantCause(t, "freeing on a full disk", s.WritableFreeing(), "")
	appendRecords(t, s, 10)
	disk.fill(300 << 10) // the reserve is used up
	now.Add(int64(spaceCheckInterval))
	wantCause(t, "without a reserve", s.WritableFreeing(), engine.CauseSpace)
	mustClose(t, s)

	s = mustOpen(t, o)
	wantCause(t, "after a restart", s.Writable(), engine.CauseSpace)
	if err := checkContent(s); err != nil {
		t.Fatal(err)
	}
	now = moveClock(s)
	disk.mu.Lock()
	disk.others = 0
	disk.mu.Unlock()
	now.Add(int64(spaceCheckInterval))
	wantCause(t, "with room again", s.Writable(), "")
	for n, _ := disk.has(path); n != ballast; n, _ = disk.has(path) {
		now.Add(int64(spaceCheckInterval))
	}
	appendRecords(t, s, 10)
	last, _ := s.Last()
	mustClose(t, s)
	if got, refusal, silent := openOutcome(t, disk.FS); got != last || last != 30 || refusal != nil || silent != nil {
		t.Fatalf("in the end: seq %d of %d: %v %v", got, last, refusal, silent)
	}
}

// TestRestartOnFullDisk opens a store whose process has died while others filled the disk:
// opening has to write, which the ballast makes room for.
func TestRestartOnFullDisk(t *testing.T) {
	t.Parallel()
	disk := newSmallDisk(64 << 20)
	o := quietOptions(disk)
	o.MinFreeBytes, o.BallastBytes = 4<<20, 3<<20
	o.tune = bigTables
	s := mustCreate(t, o)
	path := disk.PathJoin(testDir, ballastName)
	for _, there := disk.has(path); !there; _, there = disk.has(path) {
	}
	appendRecords(t, s, 5)
	mustClose(t, s)
	disk.fill(0)
	s = mustOpen(t, o)
	wantCause(t, "after a restart on a full disk", s.Writable(), engine.CauseSpace)
	appendRecords(t, s, 1) // what frees something
	mustClose(t, s)
}

// TestBallastCannotBeMade goes on without one.
func TestBallastCannotBeMade(t *testing.T) {
	t.Parallel()
	fs := newFaultFS()
	fs.mem.TestingSetDiskUsage(vfs.DiskUsage{AvailBytes: 1 << 40, TotalBytes: 1 << 40})
	var mu sync.Mutex
	tried := 0
	fs.set(func(op errorfs.Op) error {
		if !strings.HasSuffix(op.Path, ballastName) || op.Kind != errorfs.OpCreate {
			return nil
		}
		mu.Lock()
		defer mu.Unlock()
		tried++
		return syscall.EPERM
	})
	s := mustCreate(t, quietOptions(fs))
	now := moveClock(s)
	for range 3 {
		now.Add(int64(spaceCheckInterval))
		wantCause(t, "without a ballast", s.Writable(), "")
	}
	appendRecords(t, s, 1)
	mustClose(t, s)
	mu.Lock()
	defer mu.Unlock()
	if tried != 1 || s.Metrics().BallastBytes != 0 {
		t.Fatalf("tried %d times, want once", tried)
	}
}

// TestStalledCommit: a sync that takes too long refuses new appends while it goes on, and is
// forgotten when it has ended. Nothing is poisoned, and what waited is durable.
func TestStalledCommit(t *testing.T) {
	t.Parallel()
	fs := newFaultFS()
	o := quietOptions(fs)
	o.CommitTimeout, o.StallTimeout = MaxCommitTimeout, 3*time.Second
	s := mustCreate(t, o)
	now := moveClock(s)
	appendRecords(t, s, 5)
	release, entered := make(chan struct{}), make(chan struct{})
	var once sync.Once
	fs.set(func(op errorfs.Op) error {
		if strings.HasSuffix(op.Path, ".log") && op.Kind >= errorfs.OpFileSync {
			once.Do(func() { close(entered) })
			<-release
		}
		return nil
	})
	done := make(chan error, 1)
	go func() { done <- s.Append(t.Context(), 5, recordsAfter(5, 1)) }()
	<-entered
	now.Add(int64(3 * time.Second))
	wantCause(t, "at the bound", s.Writable(), "")
	now.Add(1)
	wantCause(t, "beyond the bound", s.Writable(), engine.CauseStalled)
	wantCause(t, "what frees something beyond the bound", s.WritableFreeing(), engine.CauseStalled)
	if m := s.Metrics(); m.CommittingSeconds <= 3 || m.Last != 5 {
		t.Fatalf("a commit has been under way for %v s, last %d", m.CommittingSeconds, m.Last)
	}
	close(release)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	for s.Writable() != nil { // until the commit loop has let go of it
	}
	if m := s.Metrics(); m.CommittingSeconds != 0 || m.Last != 6 {
		t.Fatalf("a commit has been under way for %v s, last %d", m.CommittingSeconds, m.Last)
	}
	appendRecords(t, s, 1)
	mustClose(t, s)
}

// A poisoned store says so in its one word, and that never passes.
func TestPoisonedCause(t *testing.T) {
	t.Parallel()
	fs := newFaultFS()
	s := mustCreate(t, quietOptions(fs))
	now := moveClock(s)
	fs.set(failing(syscall.EIO, ".log", syncKinds...))
	if err := s.Append(t.Context(), 0, recordsAfter(0, 1)); !errors.Is(err, engine.ErrPoisoned) {
		t.Fatalf("a failed sync: %v", err)
	}
	fs.clear()
	for range 3 {
		now.Add(int64(time.Hour))
		wantCause(t, "after a failed sync", s.Writable(), engine.CausePoisoned)
		wantCause(t, "after a failed sync, freeing", s.WritableFreeing(), engine.CausePoisoned)
	}
	mustClose(t, s)
}

// TestStallIsTold: who waits is told by a channel, once for each commit that stalls.
func TestStallIsTold(t *testing.T) {
	t.Parallel()
	fs := newFaultFS()
	o := quietOptions(fs)
	o.CommitTimeout, o.StallTimeout = MaxCommitTimeout, time.Millisecond
	s := mustCreate(t, o)
	for i := range engine.Seq(3) {
		told := s.Stalled()
		if isClosed(told) {
			t.Fatal("told before anything stalls")
		}
		fs.set(func(op errorfs.Op) error {
			if strings.HasSuffix(op.Path, ".log") && op.Kind >= errorfs.OpFileSync {
				<-told
			}
			return nil
		})
		if err := s.Append(t.Context(), i, recordsAfter(i, 1)); err != nil {
			t.Fatal(err)
		}
		for isClosed(s.Stalled()) { // until the commit loop has let go of it
		}
	}
	fs.clear()
	mustClose(t, s)
}
