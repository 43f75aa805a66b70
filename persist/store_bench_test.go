package persist

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parleyhq/parley/engine"
)

func benchStore(b *testing.B) *Store {
	b.Helper()
	s, err := Create(filepath.Join(b.TempDir(), "store"), Options{}, testIdentity())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := s.Close(); err != nil {
			b.Error(err)
		}
	})
	return s
}

// BenchmarkAppend measures durable batches and, beside them, what the same bytes
// under the same keys cost in a Pebble batch without chain, checksum and view; an op
// is a record of 200 bytes.
func BenchmarkAppend(b *testing.B) {
	for _, size := range []int{1, 16, 256} {
		for _, raw := range []bool{false, true} {
			b.Run(fmt.Sprintf("batch=%d/raw=%v", size, raw), func(b *testing.B) {
				s := benchStore(b)
				last := engine.Seq(0)
				records := bare(recordsAfter(0, size))
				b.ReportAllocs()
				for b.Loop() {
					if last++; last%engine.Seq(size) != 0 {
						continue
					}
					write := s.Append
					if raw {
						write = s.raw
					}
					if err := write(b.Context(), last-engine.Seq(size), records); err != nil {
						b.Fatal(err)
					}
				}
				if raw { // what Close would not know of
					if err := s.db.DeleteRange(logKey(1), logKey(last+1), pebble.Sync); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// raw writes records as large as Append would.
func (s *Store) raw(_ context.Context, last engine.Seq, records []engine.Record) error {
	batch := s.db.NewBatch()
	for i, r := range records {
		op := batch.SetDeferred(logKeyBytes, recordHeader+len(r.Payload))
		appendLogKey(op.Key[:0], last+engine.Seq(i)+1)
		copy(op.Value[recordHeader:], r.Payload)
		if err := op.Finish(); err != nil {
			return err
		}
	}
	return errors.Join(batch.Commit(pebble.Sync), batch.Close())
}

// BenchmarkAppendBesideCheckpoint measures how long appends of 16 records take while
// checkpoints of 64 MiB are saved one after the other, and while none is.
func BenchmarkAppendBesideCheckpoint(b *testing.B) {
	state := bytes.Repeat([]byte("0123456789abcdef"), 4<<20)
	for _, saving := range []bool{false, true} {
		b.Run(fmt.Sprintf("checkpoint=%v", saving), func(b *testing.B) {
			s := benchStore(b)
			records := bare(recordsAfter(0, 16))
			if err := s.Append(b.Context(), 0, records); err != nil {
				b.Fatal(err)
			}
			stop, ended := make(chan struct{}), make(chan error, 1)
			go func() {
				var err error
				for saving && err == nil && !isClosed(stop) {
					err = saveState(s, state)
				}
				ended <- err
			}()
			var took []time.Duration
			last := engine.Seq(16)
			for b.Loop() {
				began := time.Now()
				if err := s.Append(b.Context(), last, records); err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(began))
				last += 16
			}
			close(stop)
			if err := <-ended; err != nil {
				b.Fatal(err)
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
		})
	}
}

// BenchmarkRead measures a walk with its chain check; an op is a record.
func BenchmarkRead(b *testing.B) {
	const total = 20_000
	s := benchStore(b)
	for last := engine.Seq(0); last < total; last += 1000 {
		if err := s.Append(b.Context(), last, recordsAfter(last, 1000)); err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(int64(len(payloadAt(total))))
	left := 0
	for b.Loop() {
		if left--; left > 0 {
			continue
		}
		left = total
		if err := s.Read(1, func(engine.Seq, []byte) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
}
