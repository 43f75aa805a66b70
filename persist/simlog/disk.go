package simlog

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// SectorBytes is what a disk writes whole or not at all.
const SectorBytes = 512

// Lane says who makes an operation. Those of one lane follow one another; two lanes
// may have one each under way.
type Lane int

// The lanes of a log.
const (
	LaneAppend Lane = iota + 1
	LaneCheckpoint
	LaneOpen
	laneEnd
)

// Op is a kind of operation.
type Op uint8

// The operations of a disk.
const (
	OpCreate Op = iota + 1
	OpWrite
	OpSync
	OpRename
	OpRemove
	OpSyncDir
	OpRead
	OpList
)

var opNames = [...]string{"", "create", "write", "sync", "rename", "remove", "syncdir", "read", "list"}

// String names the operation.
func (o Op) String() string { return opNames[o] }

// Errors of a disk. Compare with errors.Is.
var (
	ErrPowerCut = errors.New("simlog: the power is off")
	ErrIO       = errors.New("simlog: input/output error")
	ErrNoSpace  = errors.New("simlog: no space left on device")
)

// Disk is a simulated disk. All methods are safe for concurrent use.
type Disk struct {
	mu    sync.Mutex
	rnd   *rand.Rand
	waits [laneEnd]*rand.Rand // how long operations take: lanes begin them side by side
	names map[string]*inode   // as programs see it
	kept  map[string]*inode   // as of the last sync of the directory
	moves []func(map[string]*inode)

	ops    int
	cutAt  int // the operation that the power cut meets, 0 = none
	dead   bool
	faults []*Fault
	lies   []Op // operations that say they were done
	trace  uint64
	lines  []string // of the last operations, where they are kept
	keep   bool
	slow   time.Duration // how much longer an operation takes, at most
	timed  bool
	syncs  int
	stats  map[string]int
}

// inode is a file, whatever it is called.
type inode struct {
	data    []byte // as programs see it
	durable []byte
	pending []write // since the last sync
}

type write struct {
	at   int
	data []byte
}

// Fault fails operations.
type Fault struct {
	Ops     []Op  // that it may meet
	Lane    Lane  // whose, 0 = anybody's
	Err     error // what they end with
	After   int   // so many of them go well before
	Forever bool  // else it fails one
	Met     int   // how many it has failed
}

// NewDisk returns an empty disk; its seed decides what power cuts leave.
func NewDisk(seed uint64) *Disk {
	d := &Disk{names: map[string]*inode{}, kept: map[string]*inode{}, stats: map[string]int{}}
	d.seed(seed)
	return d
}

func (d *Disk) seed(seed uint64) {
	d.rnd = rand.New(rand.NewPCG(seed, 77))
	for lane := range d.waits {
		d.waits[lane] = rand.New(rand.NewPCG(seed, 100+uint64(lane)))
	}
}

// Timed makes every operation take time, in a bubble of synctest, and now and then up
// to slow more.
func (d *Disk) Timed(slow time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.timed, d.slow = true, slow
}

// Fail lets operations fail as f says.
func (d *Disk) Fail(f *Fault) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.faults = append(d.faults, f)
}

// Lie makes operations of some kinds end well and do nothing, as a disk does that is not
// to be trusted: a simulation must notice.
func (d *Disk) Lie(ops ...Op) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lies = ops
}

// Heal takes back every fault and a power cut that has not come.
func (d *Disk) Heal() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.faults, d.cutAt = nil, 0
}

// CutAfter cuts the power at the n-th operation from now on, n > 0.
func (d *Disk) CutAfter(n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.cutAt = d.ops + n
}

// Dead reports whether the power is off.
func (d *Disk) Dead() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.dead
}

// Ops counts operations, Syncs those that made a file durable.
func (d *Disk) Ops() (ops, syncs int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.ops, d.syncs
}

// Stats counts what happened, by name.
func (d *Disk) Stats() map[string]int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return maps.Clone(d.stats)
}

func (d *Disk) count(what string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stats[what]++
}

// Trace sums up the operations so far: kind, file, place, content and end of each.
func (d *Disk) Trace() uint64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.trace
}

// KeepLines makes the disk remember its operations, for Lines.
func (d *Disk) KeepLines() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.keep = true
}

// Lines tells the operations since KeepLines, one a line.
func (d *Disk) Lines() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.lines)
}

// Seen is what an operation came to.
type seen struct {
	op   Op
	name string
	at   int
	data []byte
}

const (
	traceStart = 14695981039346656037 // FNV-1a
	traceStep  = 1099511628211
)

func (d *Disk) note(s *seen, err error) {
	if d.trace == 0 {
		d.trace = traceStart
	}
	add := func(b byte) { d.trace = (d.trace ^ uint64(b)) * traceStep }
	add(byte(s.op))
	for _, b := range []byte(s.name) {
		add(b)
	}
	for n := s.at; n > 0; n >>= 8 {
		add(byte(n))
	}
	for _, b := range s.data {
		add(b)
	}
	if err != nil {
		add(1)
	}
	if d.keep {
		d.lines = append(d.lines, fmt.Sprintf("%6d %-7v %s at %d, %d bytes: %v", d.ops, s.op, s.name, s.at, len(s.data), err))
	}
}

// do makes one operation: it waits for its turn, meets the power cut or a fault, or does it.
// half is what is left of it where the power is cut in its midst.
func (d *Disk) do(lane Lane, s seen, half func(), act func() error) error {
	d.wait(lane)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.dead {
		return ErrPowerCut
	}
	d.ops++
	if d.ops == d.cutAt {
		d.dead = true
		d.stats["power cut at "+s.op.String()]++
		if half != nil && d.rnd.IntN(2) == 0 {
			half()
			if s.op == OpSync {
				d.stats["power cut between sync and answer"]++
			}
		}
		d.note(&s, ErrPowerCut)
		return ErrPowerCut
	}
	err := d.fault(lane, s.op)
	if slices.Contains(d.lies, s.op) && err == nil {
		return nil
	}
	if err == nil {
		err = act()
	} else if half != nil {
		d.failed(&s, half)
	}
	d.note(&s, err)
	return err
}

// failed is what an operation leaves that ends in an error. A write has written some of
// it. Of a sync nobody knows: what was to be written is clean for the cache and may be lost.
func (d *Disk) failed(s *seen, half func()) {
	switch s.op {
	case OpWrite:
		half()
	case OpSync:
		f := d.names[s.name]
		if f == nil {
			return
		}
		for _, w := range f.pending {
			if d.rnd.IntN(2) == 0 {
				f.durable = put(f.durable, w)
			}
		}
		f.pending = nil
	}
}

func (d *Disk) fault(lane Lane, op Op) error {
	for _, f := range d.faults {
		if !slices.Contains(f.Ops, op) || f.Lane != 0 && f.Lane != lane || f.Met > 0 && !f.Forever {
			continue
		}
		if f.After > 0 {
			f.After--
			continue
		}
		f.Met++
		d.stats[faultName(op, f.Err)]++
		return f.Err
	}
	return nil
}

func faultName(op Op, err error) string {
	if errors.Is(err, ErrNoSpace) {
		return "no space at " + op.String()
	}
	return "I/O error at " + op.String()
}

// wait lets the time of an operation pass. The operations of a lane end at instants of
// its own, so two never end at the same one.
func (d *Disk) wait(lane Lane) {
	d.mu.Lock()
	timed, slow := d.timed, time.Duration(0)
	if rnd := d.waits[lane]; d.slow > 0 && rnd.IntN(8) == 0 {
		slow = time.Duration(rnd.Int64N(int64(d.slow)))
	}
	d.mu.Unlock()
	if !timed {
		return
	}
	now := time.Now().UnixNano()
	end := now + int64(time.Microsecond+slow)
	end += (int64(lane) - end%int64(laneEnd) + int64(laneEnd)) % int64(laneEnd)
	<-time.After(time.Duration(end - now))
}

// Create makes an empty file in the place of what has the name.
func (d *Disk) Create(lane Lane, name string) error {
	return d.do(lane, seen{op: OpCreate, name: name}, nil, func() error {
		f := &inode{}
		d.move(func(names map[string]*inode) { names[name] = f })
		return nil
	})
}

// move changes names, for good with the next sync of the directory.
func (d *Disk) move(change func(map[string]*inode)) {
	change(d.names)
	d.moves = append(d.moves, change)
}

// Write writes data at an offset, not beyond the end of the file. After an error some of it
// may be written.
func (d *Disk) Write(lane Lane, name string, at int, data []byte) error {
	write := func(n int) error {
		f := d.names[name]
		if f == nil {
			return fmt.Errorf("simlog: write %s: %w", name, fs.ErrNotExist)
		}
		w := write{at, slices.Clone(data[:n])}
		f.data = put(f.data, w)
		f.pending = append(f.pending, w)
		return nil
	}
	half := func() {
		if len(data) > 0 {
			_ = write(d.rnd.IntN(len(data))) // of a file that is not there nothing is left
		}
	}
	return d.do(lane, seen{OpWrite, name, at, data}, half, func() error { return write(len(data)) })
}

func put(to []byte, w write) []byte {
	if end := w.at + len(w.data); end > len(to) {
		to = append(to, make([]byte, end-len(to))...)
	}
	copy(to[w.at:], w.data)
	return to
}

// Sync makes what is written in a file durable; its name is the directory's affair.
func (d *Disk) Sync(lane Lane, name string) error {
	sync := func() error {
		f := d.names[name]
		if f == nil {
			return fmt.Errorf("simlog: sync %s: %w", name, fs.ErrNotExist)
		}
		for _, w := range f.pending {
			f.durable = put(f.durable, w)
		}
		f.pending = nil
		d.syncs++
		return nil
	}
	return d.do(lane, seen{op: OpSync, name: name}, func() { _ = sync() }, sync)
}

// Rename gives a file another name, from which it takes who has it.
func (d *Disk) Rename(lane Lane, from, to string) error {
	return d.do(lane, seen{op: OpRename, name: from + " " + to}, nil, func() error {
		f := d.names[from]
		if f == nil {
			return fmt.Errorf("simlog: rename %s: %w", from, fs.ErrNotExist)
		}
		d.move(func(names map[string]*inode) {
			delete(names, from)
			names[to] = f
		})
		return nil
	})
}

// Remove takes a name away.
func (d *Disk) Remove(lane Lane, name string) error {
	return d.do(lane, seen{op: OpRemove, name: name}, nil, func() error {
		d.move(func(names map[string]*inode) { delete(names, name) })
		return nil
	})
}

// SyncDir makes all names durable.
func (d *Disk) SyncDir(lane Lane) error {
	sync := func() error {
		d.kept, d.moves = maps.Clone(d.names), nil
		return nil
	}
	return d.do(lane, seen{op: OpSyncDir}, func() { _ = sync() }, sync)
}

// Read returns the content of a file, to be left as it is.
func (d *Disk) Read(lane Lane, name string) (data []byte, err error) {
	err = d.do(lane, seen{op: OpRead, name: name}, nil, func() error {
		f := d.names[name]
		if f == nil {
			return fmt.Errorf("simlog: read %s: %w", name, fs.ErrNotExist)
		}
		data = f.data[:len(f.data):len(f.data)]
		return nil
	})
	return data, err
}

// List returns all names in order.
func (d *Disk) List(lane Lane) (names []string, err error) {
	err = d.do(lane, seen{op: OpList}, nil, func() error {
		names = slices.Sorted(maps.Keys(d.names))
		return nil
	})
	return names, err
}
