package main

import (
	"context"
	"encoding/binary"
	"errors"
	"os"
	"syscall"
	"time"

	"github.com/cockroachdb/pebble/v2"
)

// pair is a key and its value as the product stored them.
type pair struct{ key, value []byte }

// bookedRecord is everything that the product writes for one booking.
type bookedRecord []pair

func (b bookedRecord) size() (n int) {
	for _, p := range b {
		n += len(p.key) + len(p.value)
	}
	return n
}

// groupCommit is one writer for many clients: whatever has come in while it was
// writing makes the next batch, and all of a batch are answered after its sync.
type groupCommit struct {
	in    chan waiting
	ended chan struct{}
}

type waiting struct {
	number uint64
	done   chan error // room for one
}

// maxGroup bounds a batch.
const maxGroup = 4096

func newGroupCommit(write func(numbers []uint64) error) *groupCommit {
	g := &groupCommit{in: make(chan waiting, maxGroup), ended: make(chan struct{})}
	go func() {
		defer close(g.ended)
		var group []waiting
		var numbers []uint64
		for first := range g.in {
			group, numbers = append(group[:0], first), append(numbers[:0], first.number)
			for more := true; more && len(group) < maxGroup; {
				select {
				case w, open := <-g.in:
					if more = open; open {
						group, numbers = append(group, w), append(numbers, w.number)
					}
				default:
					more = false
				}
			}
			err := write(numbers)
			for _, w := range group {
				w.done <- err
			}
		}
	}()
	return g
}

// contender keeps clients writes in flight.
func (g *groupCommit) contender(name string, clients int, next func() uint64) contender {
	return contender{name, func(ctx context.Context, d time.Duration) (sample, error) {
		done := make([]chan error, clients)
		for i := range done {
			done[i] = make(chan error, 1)
		}
		return closedLoop(ctx, clients, d, func(client, _ int) error {
			g.in <- waiting{next(), done[client]}
			return <-done[client]
		})
	}}
}

// close ends the writer. No client may be waiting.
func (g *groupCommit) close() {
	close(g.in)
	<-g.ended
}

// numbered is key with its tail replaced, so that no two are the same.
func numbered(dst, key []byte, n uint64) []byte {
	dst = append(dst[:0], key...)
	binary.BigEndian.PutUint64(dst[len(dst)-8:], n)
	return dst
}

// rawPebble writes the product's bytes into a Pebble of its own, a batch a sync.
type rawPebble struct {
	*groupCommit
	db *pebble.DB
}

// Pebble's memory for new data as the product sets it.
const (
	memTableBytes = 64 << 20
	memTables     = 4
)

func newRawPebble(dir string, records []bookedRecord) (*rawPebble, error) {
	db, err := pebble.Open(dir, &pebble.Options{
		FormatMajorVersion: pebble.FormatNewest, MemTableSize: memTableBytes, MemTableStopWritesThreshold: memTables, Logger: quiet{},
	})
	if err != nil {
		return nil, err
	}
	var key []byte
	return &rawPebble{db: db, groupCommit: newGroupCommit(func(numbers []uint64) error {
		batch := db.NewBatch()
		for _, n := range numbers {
			for _, p := range records[n%uint64(len(records))] {
				key = numbered(key, p.key, n)
				if err := batch.Set(key, p.value, nil); err != nil {
					return err
				}
			}
		}
		return errors.Join(batch.Commit(pebble.Sync), batch.Close())
	})}, nil
}

func (p *rawPebble) close() error {
	p.groupCommit.close()
	return p.db.Close()
}

// quiet drops Pebble's messages.
type quiet struct{}

// Infof implements pebble.Logger.
func (quiet) Infof(string, ...any) {}

// Errorf implements pebble.Logger.
func (quiet) Errorf(string, ...any) {}

// Fatalf implements pebble.Logger: Pebble cannot go on.
func (quiet) Fatalf(format string, args ...any) { panic("pebble: " + format) }

// plainFile appends the product's bytes to a file, one write and one sync a batch.
type plainFile struct {
	*groupCommit
	file *os.File
}

func newPlainFile(name string, records []bookedRecord) (*plainFile, error) {
	file, err := os.Create(name)
	if err != nil {
		return nil, err
	}
	var key, out []byte
	return &plainFile{file: file, groupCommit: newGroupCommit(func(numbers []uint64) error {
		out = out[:0]
		for _, n := range numbers {
			for _, p := range records[n%uint64(len(records))] {
				key = numbered(key, p.key, n)
				out = binary.BigEndian.AppendUint32(out, uint32(len(key)+len(p.value)))
				out = append(append(out, key...), p.value...)
			}
		}
		if _, err := file.Write(out); err != nil {
			return err
		}
		return syscall.Fdatasync(int(file.Fd()))
	})}, nil
}

func (p *plainFile) close() error {
	p.groupCommit.close()
	return p.file.Close()
}
