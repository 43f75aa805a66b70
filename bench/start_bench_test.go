package bench_test

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/parleyhq/parley/bench"
	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/persist"
)

// BenchmarkStart measures a start from a checkpoint on disk until commands are
// taken, in turns with a raw read of all files of the store: x-read is how many
// times as long it takes, B/appointment the memory of one with its case.
func BenchmarkStart(b *testing.B) {
	for _, count := range []int{1_000, 10_000} {
		b.Run(fmt.Sprintf("appointments=%d", count), func(b *testing.B) {
			dir := filepath.Join(b.TempDir(), "store")
			load := fillDirectory(b, dir, count)
			var read, heap float64
			for b.Loop() {
				b.StopTimer()
				read += float64(readFiles(b, dir))
				before := liveBytes()
				b.StartTimer()
				store, eng := startDirectory(b, dir, load)
				b.StopTimer()
				heap += liveBytes() - before
				if n := eng.Snapshot().Counts().Appointments; n != count {
					b.Fatalf("%d appointments, want %d", n, count)
				}
				if err := store.Close(); err != nil {
					b.Fatal(err)
				}
				_ = eng.Close() // it says that its log is closed
				b.StartTimer()
			}
			n := float64(b.N)
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/n/float64(count), "ns/appointment")
			b.ReportMetric(heap/n/float64(count), "B/appointment")
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/read, "x-read")
		})
	}
}

// fillDirectory makes a store with a checkpoint of count bookings.
func fillDirectory(b *testing.B, dir string, count int) *bench.Bookings {
	b.Helper()
	store, err := persist.Create(dir, persist.Options{}, bench.Identity())
	if err != nil {
		b.Fatal(err)
	}
	eng, load := fill(b, func(testing.TB) (engine.Log, engine.Identity) { return store, store.Identity() })
	if err := load.Prepare(b.Context(), eng, count); err != nil {
		b.Fatal(err)
	}
	commands := make([]engine.Command, count)
	for i := range commands {
		commands[i] = load.Booking(i)
		commands[i].Key = "" // a store holds those of a week only
	}
	for i, r := range eng.SubmitAll(b.Context(), commands) {
		if r.Err != nil || r.Outcome.Status != engine.StatusOK {
			b.Fatalf("booking %d: %v %v", i, r.Outcome.Status, r.Err)
		}
	}
	if err := eng.Close(); err != nil {
		b.Fatal(err)
	}
	return load
}

func startDirectory(b *testing.B, dir string, load *bench.Bookings) (*persist.Store, *engine.Engine) {
	b.Helper()
	store, err := persist.Open(dir, persist.Options{})
	if err != nil {
		b.Fatal(err)
	}
	eng, err := engine.Open(b.Context(), engine.Options{Log: store, Identity: store.Identity(), Clock: load.Clock()})
	if err != nil {
		b.Fatal(err)
	}
	return store, eng
}

// readFiles reads every file of a store from beginning to end.
func readFiles(b *testing.B, dir string) time.Duration {
	b.Helper()
	buffer := make([]byte, 1<<20)
	began := time.Now()
	err := filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		_, err = io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{f}, buffer)
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return time.Since(began)
}

func liveBytes() float64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}
