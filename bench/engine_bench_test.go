package bench_test

import (
	"context"
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/parleyhq/parley/bench"
	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/persist"
)

// Sizes of the booking and replay benchmarks.
const (
	bookingReviewers = 500
	replayBookings   = 5_000
)

// BenchmarkBooking measures durable bookings: judged, written with a sync and
// published, in flight from many clients at once.
func BenchmarkBooking(b *testing.B) {
	f := func(name string, clients int, open func(testing.TB) (engine.Log, engine.Identity)) {
		b.Run(fmt.Sprintf("log=%s/clients=%d", name, clients), func(b *testing.B) {
			eng, load := fill(b, open)
			defer func() {
				b.StopTimer() // its checkpoint is not of the bookings
				if err := eng.Close(); err != nil {
					b.Error(err)
				}
			}()
			if err := load.Prepare(b.Context(), eng, b.N); err != nil {
				b.Fatal(err)
			}
			var next atomic.Int64
			b.SetParallelism((clients + runtime.GOMAXPROCS(0) - 1) / runtime.GOMAXPROCS(0))
			b.ReportAllocs()
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					i := int(next.Add(1)) - 1
					o, err := eng.Submit(context.Background(), load.Booking(i))
					if err != nil || o.Status != engine.StatusOK {
						b.Errorf("booking %d: %v %v", i, o.Status, err)
						return
					}
				}
			})
		})
	}
	for _, clients := range []int{1, 64, 256, 1024} {
		f("memory", clients, memory)
		f("pebble", clients, pebble)
	}
}

// BenchmarkReplay measures a start from the log alone, without a checkpoint.
func BenchmarkReplay(b *testing.B) {
	log := engine.NewMemLog()
	eng, load := fill(b, func(testing.TB) (engine.Log, engine.Identity) { return log, bench.Identity() })
	if err := load.Prepare(b.Context(), eng, replayBookings); err != nil {
		b.Fatal(err)
	}
	commands := make([]engine.Command, replayBookings)
	for i := range commands {
		commands[i] = load.Booking(i)
	}
	for i, r := range eng.SubmitAll(b.Context(), commands) {
		if r.Err != nil || r.Outcome.Status != engine.StatusOK {
			b.Fatalf("booking %d: %v %v", i, r.Outcome.Status, r.Err)
		}
	}
	last, _ := log.Last()
	for b.Loop() {
		b.StopTimer()
		again := log.Reopen() // without the checkpoint that Close would write
		b.StartTimer()
		started, err := engine.Open(b.Context(), engine.Options{Log: again, Identity: bench.Identity(), Clock: load.Clock()})
		if err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		if err := started.Close(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(last), "ns/entry")
	if err := eng.Close(); err != nil {
		b.Fatal(err)
	}
}

func memory(testing.TB) (engine.Log, engine.Identity) { return engine.NewMemLog(), bench.Identity() }

func pebble(t testing.TB) (engine.Log, engine.Identity) {
	store, err := persist.Create(t.TempDir()+"/store", persist.Options{}, bench.Identity())
	if err != nil {
		t.Fatal(err)
	}
	return store, store.Identity()
}

// fill opens an engine on a log and puts the roster.
func fill(t testing.TB, open func(testing.TB) (engine.Log, engine.Identity)) (*engine.Engine, *bench.Bookings) {
	t.Helper()
	log, identity := open(t)
	load, err := bench.NewBookings(bookingReviewers, bench.DefaultSeed, bench.DefaultNow)
	if err != nil {
		t.Fatal(err)
	}
	eng, err := engine.Open(t.Context(), engine.Options{Log: log, Identity: identity, Clock: load.Clock()})
	if err != nil {
		t.Fatal(err)
	}
	if err := load.PutRoster(t.Context(), eng); err != nil {
		t.Fatal(err)
	}
	return eng, load
}

// TestBookingsSmoke books a little and replays it, so that the benchmarks cannot rot.
func TestBookingsSmoke(t *testing.T) {
	t.Parallel()
	log := engine.NewMemLog()
	eng, load := fill(t, func(testing.TB) (engine.Log, engine.Identity) { return log, bench.Identity() })
	const count = 200
	if err := load.Prepare(t.Context(), eng, count); err != nil {
		t.Fatal(err)
	}
	for i := range count {
		if o, err := eng.Submit(t.Context(), load.Booking(i)); err != nil || o.Status != engine.StatusOK {
			t.Fatalf("booking %d: %v %v", i, o.Status, err)
		}
	}
	report, err := engine.Replay(t.Context(), log, bench.Identity(), engine.ReplayOptions{})
	if err != nil || report.Counts.Appointments != count {
		t.Errorf("replay: %d appointments, %v; want %d", report.Counts.Appointments, err, count)
	}
	if err := eng.Close(); err != nil {
		t.Fatal(err)
	}
}
