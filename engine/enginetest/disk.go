package enginetest

import (
	"github.com/parleyhq/parley/engine"
)

// Disk is what a simulation keeps its log on. Whoever has opened the log learns nothing
// from a disk that was left by Kill or Cut; what those return goes on from there.
type Disk interface {
	// Open opens the log, as a program does that starts.
	Open() (engine.Log, error)
	// Kill ends the program at once. What it has written is there, synced or not.
	Kill() Disk
	// Cut cuts the power; the trouble says what is left of what was not synced.
	Cut(t Trouble) Disk
	// Refuse lets the next append fail without a trace, for lack of space or another cause.
	Refuse(cause error)
	// Poison lets the next append fail with an unknown outcome. A disk that cannot choose
	// whether the batch is there afterwards leaves kept alone.
	Poison(kept bool)
}

// TroubledDisk is a Disk of which every operation can fail.
type TroubledDisk interface {
	Disk
	CutAfter(n int)                      // cuts the power at the n-th operation from now on
	Fail(t Trouble)                      // lets operations fail
	Heal()                               // takes back what has not come yet, and lets what fails go well
	Dead() bool                          // whether the power is off
	Damage(n int) (heal func(), ok bool) // changes a bit of what must be there
	Trace() uint64                       // sums up all operations
	Lines() []string                     // the last of them, in words
	Stats() map[string]int
}

// Trouble says what happens to a disk.
type Trouble struct {
	After   int    // so many operations of the kind go well first
	Ops     string // the kind: "write", "sync", "names", "read", "any"
	Full    bool   // there is no space, rather than an input/output error
	Forever bool   // all fail from then on, rather than one
	Loss    int    // what is lost: -1 = nothing, the program was killed; else by number
	Again   []int  // after so many operations of each recovery that follows the power is cut again
	Reads   bool   // before that a recovery meets reads that fail
}

// memDisk is a MemLog as a Disk: a batch is there or not, and "later" is all the time.
type memDisk struct {
	log    *engine.MemLog
	reopen func(*engine.MemLog) *engine.MemLog
}

func newMemDisk(p *Plant) *memDisk {
	d := &memDisk{log: engine.NewMemLog(), reopen: (*engine.MemLog).Reopen}
	if p != nil && p.Reopen != nil {
		d.reopen = p.Reopen
	}
	return d
}

// Open implements Disk.
func (d *memDisk) Open() (engine.Log, error) { return d.log, nil }

// Kill implements Disk.
func (d *memDisk) Kill() Disk { return &memDisk{log: d.reopen(d.log), reopen: d.reopen} }

// Cut implements Disk.
func (d *memDisk) Cut(Trouble) Disk { return d.Kill() }

// Refuse implements Disk.
func (d *memDisk) Refuse(cause error) { d.log.FailNext(cause) }

// Poison implements Disk.
func (d *memDisk) Poison(kept bool) { d.log.PoisonNext(kept) }

// disk returns what a simulation runs on.
func (c *Config) disk() Disk {
	if c.Disk != nil {
		return c.Disk(c.Seed)
	}
	return newMemDisk(c.Plant)
}

// troubled returns the disk of a run of which every operation can fail.
func (r *run) troubled() TroubledDisk {
	d, _ := r.disk.(TroubledDisk)
	return d
}

// setReadOnly refuses appends, or ends that.
func (r *run) setReadOnly(on bool) {
	if log, ok := r.log.Log.(interface{ SetReadOnly(on bool) }); ok {
		log.SetReadOnly(on)
	}
}

// leave ends whatever runs on the disk, and goes on with what is left of it.
func (r *run) leave(t Trouble) {
	if t.Loss < 0 {
		r.disk = r.disk.Kill()
	} else {
		r.disk = r.disk.Cut(t)
	}
	r.end() // its disk answers no more: this only stops its goroutines
}

// start opens log and engine.
func (r *run) start(queue, batch int) error {
	log, err := r.disk.Open()
	if err != nil {
		return err
	}
	r.log = &faultLog{Log: log, disk: r.disk}
	return r.open(queue, batch)
}

// recover starts again after the program has ended, now and then with further power cuts
// while it does so, or with reads that fail.
func (r *run) recover(t Trouble, queue, batch int) error {
	d := r.troubled()
	if d == nil {
		return r.start(queue, batch)
	}
	if t.Reads {
		d.Fail(Trouble{Ops: "read", After: t.After % 6, Forever: t.Forever})
		if err := r.start(queue, batch); err != nil {
			r.counts.Add("read error in recovery")
		} else {
			r.leave(Trouble{Loss: -1})
		}
		r.disk.(TroubledDisk).Heal()
	}
	for _, n := range t.Again {
		d = r.troubled()
		d.CutAfter(n)
		err := r.start(queue, batch)
		if !d.Dead() {
			d.Heal()
			return err
		}
		r.counts.Add("crash during recovery")
		r.leave(t)
	}
	return r.start(queue, batch)
}

// attempt is what the log was last asked to end at.
func (l *faultLog) attempt() engine.Seq {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.attempted
}
