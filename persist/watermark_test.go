package persist

import (
	"errors"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parleyhq/parley/engine"
)

func watermarkOn(t *testing.T, fs vfs.FS) watermark {
	t.Helper()
	b, err := readFile(fs, fs.PathJoin(testDir, watermarkName), watermarkBytes)
	if err != nil {
		t.Fatal(err)
	}
	w, err := decodeWatermark(b)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// TestWatermarkFollowsTheLog looks at the file after each event that moves it.
// What counts is what a power cut leaves of it.
func TestWatermarkFollowsTheLog(t *testing.T) {
	t.Parallel()
	fs := newFaultFS()
	o := quietOptions(fs)
	f := func(event string, s *Store) {
		t.Helper()
		last, chain := s.Last()
		w := watermarkOn(t, fs.mem.CrashClone(vfs.CrashCloneCfg{}))
		if w.seq != last || w.chain != chain || w.store != s.identityDigest {
			t.Fatalf("%s: watermark at %d, log ends at %d", event, w.seq, last)
		}
	}
	s := mustCreate(t, o)
	f("created", s)
	appendRecords(t, s, 3)
	mustClose(t, s)
	f("closed", s)

	o.WatermarkInterval = time.Millisecond
	s = mustOpen(t, o)
	appendRecords(t, s, 2)
	for last, _ := s.Last(); watermarkOn(t, fs.mem.CrashClone(vfs.CrashCloneCfg{})).seq != last; {
		runtime.Gosched() // the keeper writes it by itself
	}
	f("while the log moves", s)
	mustClose(t, s)

	o.WatermarkInterval = MaxWatermarkInterval
	s = mustOpen(t, o)
	appendRecords(t, s, 2)
	fs.set(failing(syscall.EIO, ".log", syncKinds...))
	if err := s.Append(t.Context(), 7, recordsAfter(7, 1)); !errors.Is(err, engine.ErrPoisoned) {
		t.Fatalf("got %v, want ErrPoisoned", err)
	}
	<-s.kept
	f("poisoned", s)
}

// TestOpenMovesTheWatermark: what Open has found is durable, so a log that has
// outrun its watermark in a crash is protected from the first moment.
func TestOpenMovesTheWatermark(t *testing.T) {
	t.Parallel()
	fs := vfs.NewCrashableMem()
	s := mustCreate(t, quietOptions(fs))
	appendRecords(t, s, 9)
	img := crashImage(t, fs)
	img[watermarkName] = watermark{store: s.identityDigest}.encode()
	mustClose(t, s)
	again := img.mount(t)
	s = mustOpen(t, quietOptions(again))
	if w := watermarkOn(t, again); w.seq != 9 {
		t.Fatalf("watermark at %d, want 9", w.seq)
	}
	mustClose(t, s)
}
