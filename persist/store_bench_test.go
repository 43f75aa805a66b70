package persist

import (
	"fmt"
	"path/filepath"
	"testing"

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

// BenchmarkAppend measures durable batches; an op is a record of 200 bytes
// with its audit record.
func BenchmarkAppend(b *testing.B) {
	for _, size := range []int{1, 16, 256} {
		b.Run(fmt.Sprintf("batch=%d", size), func(b *testing.B) {
			s := benchStore(b)
			last := engine.Seq(0)
			for b.Loop() {
				if last++; last%engine.Seq(size) != 0 {
					continue
				}
				if err := s.Append(b.Context(), last-engine.Seq(size), recordsAfter(last-engine.Seq(size), size)); err != nil {
					b.Fatal(err)
				}
			}
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
