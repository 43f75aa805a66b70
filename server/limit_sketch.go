package server

import (
	"hash/maphash"
	"sync"
	"sync/atomic"
	"time"
)

// Size of a table of buckets.
const (
	sketchRows  = 4
	sketchCells = 1 << 13 // in a row; a power of two
	sketchLocks = 64      // a power of two
)

// buckets are token buckets for any number of names in memory of a fixed size, 256 KiB. A name has a cell in each of some rows, and cells are shared:
// a cell tells the latest of what its names have used up, so the earliest of a name's cells is never before what the name itself has used. A name is
// never forgotten and never gets a second burst by being so; it can only be refused for others, and only where in every one
// of its rows somebody else who is at the limit has the same cell. The seed is drawn at start, so nobody can aim at a cell.
//
// What is kept of a bucket is one instant: when it will be full again. A token puts it off by the time that one takes to come back.
type buckets struct {
	seed  maphash.Seed
	every int64 // ns for one token to come back; 0: no limit
	depth int64 // ns for all of them
	locks [sketchLocks]sync.Mutex
	cells [sketchRows][sketchCells]atomic.Int64 // when the bucket is full again, ns
}

// newBuckets makes buckets that are refilled with rate tokens a second and hold those of some time, nil for a rate of 0.
func newBuckets(rate float64, window time.Duration) *buckets {
	if rate <= 0 {
		return nil
	}
	b := &buckets{seed: maphash.MakeSeed(), every: max(1, int64(float64(time.Second)/rate))}
	b.depth = max(b.every, int64(window))
	return b
}

// spent is what is left of a bucket.
type spent struct {
	ok bool
	// left is how many tokens there are, full and wait how long until all, or a first one, are back, in ns.
	left       int64
	full, wait int64
}

// take takes a token of a name's bucket at an instant in ns, if there is one. On a nil table there always is.
func (b *buckets) take(name []byte, now int64) spent { return b.look(name, now, true) }

// peek says what take would, and takes nothing.
func (b *buckets) peek(name []byte, now int64) spent { return b.look(name, now, false) }

func (b *buckets) look(name []byte, now int64, take bool) spent {
	if b == nil {
		return spent{ok: true}
	}
	h := maphash.Bytes(b.seed, name)
	lock := &b.locks[h>>58&(sketchLocks-1)]
	lock.Lock()
	defer lock.Unlock()
	cells, full := b.of(h, now)
	after := full + b.every
	if after-now > b.depth {
		return spent{full: full - now, wait: after - now - b.depth}
	}
	if take {
		full = after
		raise(&cells, after)
	}
	return spent{ok: true, left: (b.depth - (full - now)) / b.every, full: full - now}
}

// spend takes a token of a name's bucket at an instant in ns, also if there is none.
func (b *buckets) spend(name []byte, now int64) {
	h := maphash.Bytes(b.seed, name)
	lock := &b.locks[h>>58&(sketchLocks-1)]
	lock.Lock()
	defer lock.Unlock()
	cells, full := b.of(h, now)
	raise(&cells, full+b.every)
}

// of returns the cells of a name by its hash, and when its bucket is full again. The caller holds the name's lock.
func (b *buckets) of(h uint64, now int64) (cells [sketchRows]*atomic.Int64, full int64) {
	for i := range cells {
		cells[i] = &b.cells[i][h>>(13*i)&(sketchCells-1)]
		if at := cells[i].Load(); i == 0 || at < full {
			full = at
		}
	}
	return cells, max(full, now)
}

// raise puts off when the bucket of some cells is full again, in ns.
func raise(cells *[sketchRows]*atomic.Int64, after int64) {
	for _, c := range cells {
		for at := c.Load(); at < after && !c.CompareAndSwap(at, after); at = c.Load() {
		}
	}
}
