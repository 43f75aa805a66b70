package persist

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parleyhq/parley/engine"
)

// damage is one way to spoil a file.
type damage struct {
	name   string
	change func([]byte) []byte
}

// damages returns ways to spoil a file of the given size, some by chance.
func damages(size int, rng *rand.Rand) []damage {
	out := []damage{{"deleted", remove}, {"emptied", cut(0)}, {"zeroed", func(b []byte) []byte { return make([]byte, len(b)) }}}
	if size == 0 {
		return out[:1]
	}
	for _, to := range []int{size - 1, size / 2, rng.IntN(size)} {
		out = append(out, damage{fmt.Sprintf("cut to %d", to), cut(to)})
	}
	for range 3 {
		at := rng.IntN(size)
		out = append(out, damage{fmt.Sprintf("flip at %d", at), flip(at)})
	}
	from := rng.IntN(size)
	return append(out,
		damage{fmt.Sprintf("zeros from %d", from), func(b []byte) []byte {
			clear(b[from:min(from+512, len(b))])
			return b
		}},
		damage{"doubled", func(b []byte) []byte { return append(b, b...) }})
}

// TestDamageToEveryFile spoils every file of a store in every way: it opens
// with every record, or it is refused and left as it was found.
func TestDamageToEveryFile(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 3))
	img := markedLog(t)
	refused := map[string]int{}
	tried, total, quiet := 0, 0, 0
	for _, path := range img.paths() {
		for _, d := range damages(len(img[path]), rng) {
			spoilt := img.with(path, d.change)
			fs := spoilt.mount(t)
			last, refusal, silent := openOutcome(t, fs)
			tried++
			if silent != nil || refusal == nil && last != markedRecords {
				quiet++
				t.Errorf("seed %d: %s %s: opened to seq %d, want %d: %v", seed, path, d.name, last, markedRecords, silent)
			}
			if refusal == nil {
				continue
			}
			refused[path]++
			total++
			if after := imageOf(t, fs); !equalImages(spoilt, after) {
				t.Errorf("seed %d: %s %s: refused (%v), but the directory has changed", seed, path, d.name, refusal)
			}
		}
	}
	for _, path := range []string{identityName, watermarkName} {
		if want := 9; refused[path] < want { // a doubled or cut one as well
			t.Errorf("seed %d: only %d ways to spoil %s were refused, want %d", seed, refused[path], path, want)
		}
	}
	t.Logf("%d damages: %d recovered, %d refused, %d silent", tried, tried-total-quiet, total, quiet)
}

func equalImages(a, b image) bool {
	if !slices.Equal(a.paths(), b.paths()) {
		return false
	}
	for path := range a {
		if !bytes.Equal(a[path], b[path]) {
			return false
		}
	}
	return true
}

// TestOldCopyOfOneFile puts back one file as it was some time ago.
func TestOldCopyOfOneFile(t *testing.T) {
	t.Parallel()
	fs := vfs.NewCrashableMem()
	s := mustCreate(t, quietOptions(fs))
	images := []image{}
	for range 3 {
		for range 60 {
			appendRecords(t, s, 2)
		}
		mark(t, s)
		images = append(images, crashImage(t, fs))
	}
	last, _ := s.Last()
	mustClose(t, s)
	newest := images[len(images)-1]
	for i, old := range images[:len(images)-1] {
		for path, content := range old {
			img := newest.with("", remove)
			img[path] = content
			wantWholeOrRefused(t, fmt.Sprintf("%s as in image %d", path, i), img, last)
		}
		img := newest.with(watermarkName, func([]byte) []byte { return old[watermarkName] })
		if wantWholeOrRefused(t, "old watermark", img, last) {
			t.Fatal("an old watermark, which the log has passed, is refused")
		}
		img = old.with(watermarkName, func([]byte) []byte { return newest[watermarkName] })
		wantRefused(t, "old database under a new watermark", img)
	}
}

// TestForeignFile mixes the files of two stores that have the same records.
func TestForeignFile(t *testing.T) {
	t.Parallel()
	img := markedLog(t)
	fs := vfs.NewCrashableMem()
	id := testIdentity()
	id.StoreID = "ffffffffffffffffffffffffffffffff"
	s, err := Create(testDir, quietOptions(fs), id)
	if err != nil {
		t.Fatal(err)
	}
	for range markedRecords {
		appendRecords(t, s, 1)
	}
	mark(t, s)
	other := crashImage(t, fs)
	mustClose(t, s)
	for _, name := range []string{identityName, watermarkName} {
		wantRefused(t, name+" of another store", img.with(name, func([]byte) []byte { return other[name] }))
	}
	both := img.with(watermarkName, func([]byte) []byte { return other[watermarkName] })
	both[identityName] = other[identityName]
	wantRefused(t, "both of another store", both)
}

// TestDamageOnDisk repeats the plainest damage on the machine's own disk.
func TestDamageOnDisk(t *testing.T) {
	t.Parallel()
	img := markedLog(t)
	f := func(path, name string, change func([]byte) []byte) {
		dir := filepath.Join(t.TempDir(), "store")
		img.with(path, change).writeTo(t, vfs.Default, dir)
		s, err := Open(dir, Options{})
		if err != nil {
			return
		}
		last, _ := s.Last()
		if err := errors.Join(checkContent(s), s.Close()); err != nil || last != markedRecords {
			t.Errorf("%s %s: opened to seq %d, want %d: %v", path, name, last, markedRecords, err)
		}
	}
	kinds := []damage{{"deleted", remove}, {"emptied", cut(0)}, {"flipped", func(b []byte) []byte {
		if len(b) > 0 {
			b[len(b)/2] ^= 0x10
		}
		return b
	}}}
	first := rand.IntN(len(kinds))
	for i, path := range img.paths() {
		kind := kinds[(first+i)%len(kinds)]
		f(path, kind.name, kind.change)
	}
}

// TestCheckpointChunkMissing deletes a chunk, as a lost table would.
func TestCheckpointChunkMissing(t *testing.T) {
	t.Parallel()
	fs := vfs.NewMem()
	s := mustCreate(t, quietOptions(fs))
	appendRecords(t, s, 3)
	if err := saveState(s, make([]byte, 2*maxChunkBytes+10)); err != nil {
		t.Fatal(err)
	}
	if err := s.db.Delete(chunkKey(s.generation, 1), nil); err != nil {
		t.Fatal(err)
	}
	mustClose(t, s)
	if _, err := Open(testDir, quietOptions(fs)); !errors.Is(err, engine.ErrCorrupt) {
		t.Fatalf("got %v, want ErrCorrupt", err)
	}
}

// TestModes looks at what other users of the machine may read.
func TestModes(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "a", "store")
	s, err := Create(dir, Options{}, testIdentity())
	if err != nil {
		t.Fatal(err)
	}
	appendRecords(t, s, 3)
	mustClose(t, s)
	if s, err = Open(dir, Options{}); err != nil {
		t.Fatal(err)
	}
	appendRecords(t, s, 3)
	checkModes(t, dir)
	mustClose(t, s)
}
