package engine_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/engine/enginetest"
	"github.com/parleyhq/parley/slots"
)

// A reviewer of the benchmarks is booked on 35 working days, 36 quarters of an
// hour each.
const (
	workingDays      = 35
	slotsPerReviewer = workingDays * 36
)

// nthBooking books case n on a slot of its own.
func nthBooking(n int) engine.Book {
	day, quarterOfDay := n%workingDays, n/workingDays%36
	start := enginetest.Monday - 3600 + 24*3600*7 + slots.Instant(day/5*7+day%5)*24*3600 + slots.Instant(quarterOfDay)*900
	b := booking(fmt.Sprint("apt-", n), fmt.Sprint("case-", n), fmt.Sprint("rev-", n/slotsPerReviewer), 0)
	b.Start, b.PerformedByCredential = start, "MD"
	return b
}

// BenchmarkBook books without a disk, from many clients at once and from one.
func BenchmarkBook(b *testing.B) {
	for _, clients := range []int{1, 64} {
		b.Run(fmt.Sprint("clients=", clients), func(b *testing.B) {
			e := openEngine(b, engine.Options{Log: engine.NewMemLog(), CheckpointEvery: 1 << 40})
			furnish(b, e, b.N/slotsPerReviewer+1, b.N)
			var next atomic.Int64
			b.SetParallelism(clients)
			b.ReportAllocs()
			b.ResetTimer()
			run := func() {
				n := int(next.Add(1) - 1)
				c := keyed(commandOf("office", nthBooking(n)), fmt.Sprint("key-", n))
				if o, err := e.Submit(b.Context(), c); err != nil || o.Status != engine.StatusOK {
					b.Error(n, err, o.Status, o.Detail)
				}
			}
			if clients == 1 {
				for range b.N {
					run()
				}
				return
			}
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					run()
				}
			})
		})
	}
}

// BenchmarkReplay opens a log of 10,000 bookings without a checkpoint, and the
// same state from a checkpoint.
func BenchmarkReplay(b *testing.B) {
	const n = 10_000
	log := engine.NewMemLog()
	e := openEngine(b, engine.Options{Log: log})
	furnish(b, e, n/slotsPerReviewer+1, n)
	for i := range n {
		mustOK(b, e, keyed(commandOf("office", nthBooking(i)), fmt.Sprint("key-", i)))
	}
	log = log.Reopen()
	_ = e.Close()
	b.Run("entries", func(b *testing.B) { log = benchmarkOpen(b, log, n) })
	e = openEngine(b, engine.Options{Log: log})
	if err := e.Checkpoint(); err != nil {
		b.Fatal(err)
	}
	log = log.Reopen()
	_ = e.Close()
	b.Run("checkpoint", func(b *testing.B) { log = benchmarkOpen(b, log, n) })
}

// benchmarkOpen returns a log with the content of log, which it closes.
func benchmarkOpen(b *testing.B, log *engine.MemLog, bookings int) *engine.MemLog {
	b.ReportAllocs()
	for b.Loop() {
		e, err := engine.Open(b.Context(), engine.Options{Log: log, Clock: enginetest.NewClock(enginetest.Monday)})
		if err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		if e.Snapshot().Counts().Appointments != bookings {
			b.Fatal("not all are there")
		}
		log = log.Reopen()
		_ = e.Close()
		b.StartTimer()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(bookings), "ns/booking")
	return log
}
