package persist

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"github.com/parleyhq/parley/engine"
)

// TestCrashDuringRecovery cuts the power while a store is opened after a power
// cut, at every operation of some such openings.
func TestCrashDuringRecovery(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 4))
	fs := newFaultFS()
	var c scenario
	var mu sync.Mutex
	var before []progress
	var clones []*vfs.MemFS
	fs.set(func(op errorfs.Op) error {
		mu.Lock()
		defer mu.Unlock()
		if op.Kind.ReadOrWrite() == errorfs.OpIsWrite && rng.IntN(100) == 0 {
			before = append(before, c.now())
			clones = append(clones, crashClone(fs.mem, rng.IntN(3)*50, rng.Uint64()))
		}
		return nil
	})
	if err := c.run(quietOptions(fs)); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	for i, clone := range clones {
		crashWhileChecking(t, fmt.Sprintf("seed %d, crash %d of %d", seed, i, len(clones)), clone, before[i], c.now())
	}
}

// crashWhileChecking runs checkRecovered on mem and, before each of its write
// operations, on what a power cut would then leave.
func crashWhileChecking(t *testing.T, name string, mem *vfs.MemFS, before, after progress) {
	t.Helper()
	fs := &faultFS{mem: mem}
	var mu sync.Mutex
	ops := 0
	fs.FS = errorfs.Wrap(mem, errorfs.InjectorFunc(func(op errorfs.Op) error {
		if op.Kind.ReadOrWrite() != errorfs.OpIsWrite {
			return nil
		}
		mu.Lock()
		ops++
		at := ops
		mu.Unlock()
		again := after
		again.attempted++ // checkRecovered appends a record
		clone := crashClone(mem, at%3*50, uint64(at))
		if err := checkRecovered(clone, before, again); err != nil {
			t.Errorf("%s, and again before operation %d (%v %s): %v", name, at, op.Kind, op.Path, err)
		}
		return nil
	}))
	if err := checkRecovered(fs, before, after); err != nil {
		t.Errorf("%s: %v", name, err)
	}
}

// P9: Pebble makes a MANIFEST and the marker that names it durable together, so
// a power cut can keep the marker alone, and the store cannot be opened.
func TestP9ManifestIsDurableBeforeItsMarker(t *testing.T) {
	t.Parallel()
	fs := newFaultFS()
	markers := 0
	var mu sync.Mutex
	fs.set(func(op errorfs.Op) error {
		_, manifest, ok := strings.Cut(op.Path, "marker.manifest.")
		if op.Kind != errorfs.OpCreate || !ok {
			return nil
		}
		mu.Lock()
		defer mu.Unlock()
		markers++
		manifest = manifest[strings.IndexByte(manifest, '.')+1:]
		clone := crashClone(fs.mem, 0, 0)
		if _, err := clone.Stat(clone.PathJoin(testDir, databaseName, manifest)); err != nil {
			t.Errorf("before %s is made: %v", op.Path, err)
		}
		return nil
	})
	var c scenario
	if err := c.run(quietOptions(fs)); err != nil {
		t.Fatal(err)
	}
	if markers < 3 {
		t.Fatalf("%d markers were made: the scenario rotates no MANIFEST", markers)
	}
}

// TestInterruptedCreation takes what each step of a creation leaves.
func TestInterruptedCreation(t *testing.T) {
	t.Parallel()
	fs := vfs.NewMem()
	s := mustCreate(t, quietOptions(fs))
	mustClose(t, s)
	whole := imageOf(t, fs)
	f := func(name string, img image, want error) {
		t.Helper()
		fs := vfs.NewMem()
		img.writeTo(t, fs, testDir)
		if _, err := Open(testDir, quietOptions(fs)); !errors.Is(err, want) {
			t.Fatalf("%s: Open: got %v, want %v", name, err, want)
		}
		if _, err := Verify(testDir, quietOptions(fs)); !errors.Is(err, want) {
			t.Fatalf("%s: Verify: got %v, want %v", name, err, want)
		}
		s := mustCreate(t, quietOptions(fs))
		appendRecords(t, s, 1)
		mustClose(t, s)
	}
	started := whole.with(identityName, remove)
	started[newIdentityName] = whole[identityName]
	f("all but the name", started, ErrInterrupted)
	f("no watermark yet", started.with(watermarkName, remove), ErrInterrupted)
	f("torn identity", started.with(newIdentityName, cut(10)), ErrInterrupted)
	f("no database yet", image{newIdentityName: whole[identityName]}, ErrInterrupted)
	f("nothing of the database but its log", image{
		newIdentityName: nil, started.find(t, "", ".log"): whole[started.find(t, "", ".log")],
	}, ErrInterrupted)
}

// TestLostIdentityIsNoInterruptedCreation takes a store that was in use and has its identity under the name that marks a creation alone:
// a key rotation that was killed leaves both. It is refused, and nothing of it is deleted.
func TestLostIdentityIsNoInterruptedCreation(t *testing.T) {
	t.Parallel()
	fs := vfs.NewMem()
	s := mustCreate(t, quietOptions(fs))
	appendRecords(t, s, 5)
	if err := saveState(s, randomBytes(rand.New(rand.NewPCG(1, 1)), 2*createdBytes)); err != nil {
		t.Fatal(err)
	}
	mustClose(t, s)
	renamed := imageOf(t, fs)
	renamed[newIdentityName] = renamed[identityName]
	renamed = renamed.with(identityName, remove)
	for name, img := range map[string]image{
		"renamed": renamed, "renamed, and cut": renamed.with(newIdentityName, cut(10)),
		"watermark lost, too": renamed.with(watermarkName, remove), "watermark cut": renamed.with(watermarkName, cut(20)),
	} {
		fs := vfs.NewMem()
		img.writeTo(t, fs, testDir)
		if _, err := Open(testDir, quietOptions(fs)); !errors.Is(err, engine.ErrCorrupt) || errors.Is(err, ErrInterrupted) || !strings.Contains(err.Error(), identityName) {
			t.Errorf("%s: Open: got %v, want damage of %s", name, err, identityName)
		}
		if _, err := Create(testDir, quietOptions(fs), testIdentity()); !errors.Is(err, ErrExists) {
			t.Errorf("%s: Create: got %v, want ErrExists", name, err)
		}
		if !equalImages(img, imageOf(t, fs)) {
			t.Errorf("%s: the directory has changed", name)
		}
	}
}
