package persist

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"

	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
)

// planStep is a step of a generated scenario.
type planStep struct {
	kind planKind
	n    int // records, bytes of a state, or percent of what is unsynced
}

type planKind int

const (
	planAppend    planKind = iota
	planSave               // a checkpoint
	planWatermark          // the watermark is put at the end
	planReopen             // closed and opened
	planCut                // the power is cut, and the store opened again
	planEnd
)

// String names the step.
func (s planStep) String() string {
	return fmt.Sprintf("%s %d", [...]string{"append", "save", "watermark", "reopen", "cut"}[s.kind], s.n)
}

// opName names an operation that changes the disk.
func opName(op errorfs.Op) string {
	names := map[errorfs.OpKind]string{
		errorfs.OpCreate: "create", errorfs.OpLink: "link", errorfs.OpOpen: "open", errorfs.OpOpenDir: "open a directory",
		errorfs.OpRemove: "remove", errorfs.OpRemoveAll: "remove all", errorfs.OpRename: "rename", errorfs.OpReuseForWrite: "reuse",
		errorfs.OpMkdirAll: "make a directory", errorfs.OpLock: "lock", errorfs.OpFilePreallocate: "preallocate",
		errorfs.OpFileClose: "close", errorfs.OpFileWrite: "write", errorfs.OpFileWriteAt: "write at", errorfs.OpFileSync: "sync",
		errorfs.OpFileSyncData: "sync data", errorfs.OpFileSyncTo: "sync to", errorfs.OpFileFlush: "flush",
	}
	if name, ok := names[op.Kind]; ok {
		return name
	}
	return fmt.Sprint("operation ", int(op.Kind))
}

// planOf makes a scenario from its number: a few steps, so that every operation of all of
// them can be the last one. Each has its log file replaced, since tests make them small.
func planOf(seed uint64) (plan []planStep) {
	rng := rand.New(rand.NewPCG(seed, 5))
	for range 4 + rng.IntN(5) {
		s := planStep{kind: planKind(rng.IntN(int(planEnd) + 4))}
		switch {
		case s.kind >= planEnd:
			s.kind, s.n = planAppend, 1+rng.IntN(60)
		case s.kind == planAppend:
			s.n = 1 + rng.IntN(3)
		case s.kind == planSave:
			s.n = 1 + rng.IntN(40_000)
		case s.kind == planCut:
			s.n = rng.IntN(3) * 50
		}
		plan = append(plan, s)
	}
	return plan
}

// player plays a generated scenario on a file system that a test looks at.
type player struct {
	scenario
	seed uint64
	hook func(*faultFS) func(errorfs.Op) error // before each operation of a disk

	mu    sync.Mutex
	fs    *faultFS // the disk as of now
	trace []string
}

// disk is the one in use.
func (p *player) disk() *faultFS {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.fs
}

// use puts a disk into use; the one before does not matter any more.
func (p *player) use(fs *faultFS) {
	p.mu.Lock()
	if p.fs != nil {
		p.fs.clear()
	}
	p.fs = fs
	p.mu.Unlock()
	look := p.hook(fs)
	fs.set(func(op errorfs.Op) error {
		p.mu.Lock()
		p.trace = append(p.trace, opName(op)+" "+op.Path)
		p.mu.Unlock()
		return look(op)
	})
}

func (p *player) traced() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.trace...)
}

// play plays a scenario until its end or the first error.
func (p *player) play(plan []planStep, o Options) error {
	p.use(newFaultFS())
	o.FS = p.disk()
	s, err := Create(testDir, o, testIdentity())
	if err != nil {
		return err
	}
	p.note(func(g *progress) { g.created = true })
	for i, step := range plan {
		switch last, _ := s.Last(); {
		case step.kind == planSave && last == 0:
			err = p.append(1)(s)
		case step.kind == planSave:
			err = p.save(step.n)(s)
		case step.kind == planAppend:
			err = p.append(step.n)(s)
		case step.kind == planWatermark:
			err = p.watermark(s)
		case step.kind == planReopen:
			if err = s.Close(); err == nil {
				s, err = Open(testDir, o)
			}
		case step.kind == planCut:
			if err = p.cut(s, step.n, uint64(i)); err == nil {
				o.FS = p.disk()
				s, err = Open(testDir, o)
			}
		}
		if err != nil {
			if s != nil {
				err = errors.Join(err, s.Close())
			}
			return fmt.Errorf("step %d, %v: %w", i+1, step, err)
		}
	}
	return s.Close()
}

// cut cuts the power: what is left of the disk is put into use.
func (p *player) cut(s *Store, unsynced int, salt uint64) error {
	old := p.disk()
	left := crashClone(old.mem, unsynced, p.seed+salt)
	p.use(faultFSOn(left))
	return s.Close() // on a disk that nobody looks at any more
}
