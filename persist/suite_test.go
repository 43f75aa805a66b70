package persist

import (
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/engine/enginetest"
)

// suiteStore is a store under the conformance suite and its file system.
type suiteStore struct {
	fs *faultFS
	o  Options
}

func TestStoreSuite(t *testing.T) {
	t.Parallel()
	f := func(name string, tune func(*pebble.Options)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			enginetest.RunLogSuite(t, func(t *testing.T) enginetest.Harness {
				fs := newFaultFS()
				o := quietOptions(fs)
				o.tune = tune
				h := &suiteStore{fs: fs, o: o}
				return enginetest.Harness{
					Log: mustCreate(t, o), Reopen: h.reopen, Poison: h.poison,
					ReadOnly: h.readOnly, DamageCheckpoint: h.damageCheckpoint,
				}
			})
		})
	}
	f("small files", smallFiles)
	f("default files", nil)
}

func (h *suiteStore) reopen(t *testing.T, log engine.Log) engine.Log {
	mustClose(t, log.(*Store))
	if isClosed(log.Poisoned()) { // only a restart of the machine frees its directory here
		h.fs.clear()
		h.o.FS = h.fs.mem.CrashClone(vfs.CrashCloneCfg{})
	}
	return mustOpen(t, h.o)
}

func (h *suiteStore) poison(*testing.T, engine.Log) {
	h.fs.set(failing(syscall.EIO, ".log", syncKinds...))
}

func (h *suiteStore) readOnly(_ *testing.T, log engine.Log, on bool) {
	s := log.(*Store)
	free := uint64(s.opts.MinFreeBytes) * 2
	if on {
		free = 1000
	}
	h.fs.mem.TestingSetDiskUsage(vfs.DiskUsage{AvailBytes: free, TotalBytes: 1 << 40})
	s.health.mu.Lock()
	defer s.health.mu.Unlock()
	s.health.space.checked = time.Time{}
}

func (h *suiteStore) damageCheckpoint(t *testing.T, log engine.Log) engine.Log {
	s := log.(*Store)
	key := chunkKey(s.generation, 1)
	value, ok, err := s.get(s.current.Load(), key)
	if err != nil || !ok {
		t.Fatalf("no second chunk: %v", err)
	}
	value[len(value)/2] ^= 1
	if err := s.db.Set(key, value, pebble.Sync); err != nil {
		t.Fatal(err)
	}
	s.publish(s.current.Load().content)
	return s
}
