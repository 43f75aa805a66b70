package persist

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parleyhq/parley/engine"
)

const testDir = "store"

// smallFiles makes Pebble flush, compact and rotate its MANIFEST after a few
// records, so that small tests meet what large stores meet.
func smallFiles(o *pebble.Options) {
	o.MemTableSize = 32 << 10
	o.L0CompactionThreshold = 2
	o.MaxManifestFileSize = 1
}

// bigTables makes Pebble keep everything in its log file.
func bigTables(o *pebble.Options) { o.MemTableSize = 8 << 20 }

// quietOptions are those of a test store: the watermark stands where Open
// and the test have put it.
func quietOptions(fs vfs.FS) Options {
	return Options{FS: fs, CacheBytes: 1 << 20, WatermarkInterval: MaxWatermarkInterval, tune: smallFiles}
}

// testIdentity is of a store of format 1, in which every record has its audit record.
func testIdentity() engine.Identity {
	return engine.Identity{
		StoreID: "00112233445566778899aabbccddeeff", Tenant: "acme", Format: 1,
		DigestKey: bytes.Repeat([]byte{7}, digestKeyBytes), CreatedAt: 1_600_000_000,
	}
}

func mustCreate(t *testing.T, o Options) *Store {
	t.Helper()
	s, err := Create(testDir, o, testIdentity())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func mustOpen(t *testing.T, o Options) *Store {
	t.Helper()
	s, err := Open(testDir, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func mustClose(t *testing.T, s *Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// payloadAt is the payload at seq: about 200 bytes that do not compress.
func payloadAt(seq engine.Seq) []byte {
	p := fmt.Appendf(nil, "record %d ", seq)
	h := engine.ChainNext(engine.Hash{}, seq, p)
	for range 6 {
		p = append(p, h[:]...)
		h = engine.ChainNext(h, seq, nil)
	}
	return p
}

func recordsAfter(last engine.Seq, n int) []engine.Record {
	records := make([]engine.Record, n)
	for i := range records {
		seq := last + engine.Seq(i) + 1
		records[i] = engine.Record{Payload: payloadAt(seq), Derived: []engine.DerivedRecord{
			{Space: engine.SpaceAudit, Key: fmt.Appendf(nil, "acme/%08d", seq), Value: []byte("who did what")},
		}}
	}
	return records
}

func appendRecords(t *testing.T, s *Store, n int) {
	t.Helper()
	last, _ := s.Last()
	if err := s.Append(t.Context(), last, recordsAfter(last, n)); err != nil {
		t.Fatalf("append after seq %d: %v", last, err)
	}
}

func saveState(s *Store, state []byte) error {
	last, chain := s.Last()
	return s.SaveCheckpoint(engine.CheckpointInfo{Seq: last, Chain: chain}, func(w io.Writer) (engine.Hash, error) {
		_, err := w.Write(state)
		return engine.Hash{1}, err
	})
}

// checkContent returns an error unless the log holds payloadAt(1 … Last), and
// the checkpoint, if there is one, can be read.
func checkContent(s *Store) error {
	next := engine.Seq(1)
	err := s.Read(1, func(seq engine.Seq, payload []byte) error {
		if seq != next || !bytes.Equal(payload, payloadAt(seq)) {
			return fmt.Errorf("other payload at seq %d, want seq %d", seq, next)
		}
		next++
		return nil
	})
	if last, _ := s.Last(); err == nil && next != last+1 {
		err = fmt.Errorf("read to seq %d, log ends at %d", next-1, last)
	}
	if err != nil {
		return err
	}
	_, r, err := s.LoadCheckpoint()
	if errors.Is(err, engine.ErrNoRecord) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, r)
	return errors.Join(err, r.Close())
}

// mark puts the watermark at the end of the log.
func mark(t *testing.T, s *Store) {
	t.Helper()
	if err := s.writeWatermark(s.current.Load().content); err != nil {
		t.Fatal(err)
	}
}

// image is the content of a store's directory: paths below it, with slashes.
type image map[string][]byte

func imageOf(t *testing.T, fs vfs.FS) image {
	t.Helper()
	img := image{}
	for _, dir := range []string{"", databaseName} {
		names, err := fs.List(fs.PathJoin(testDir, dir))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if name == databaseName || name == lockName {
				continue
			}
			path := fs.PathJoin(dir, name)
			b, err := readFile(fs, fs.PathJoin(testDir, path), 1<<30)
			if err != nil {
				t.Fatal(err)
			}
			img[path] = b
		}
	}
	return img
}

// crashImage is what a power cut would leave now, nothing unsynced included.
func crashImage(t *testing.T, fs *vfs.MemFS) image {
	t.Helper()
	return imageOf(t, fs.CrashClone(vfs.CrashCloneCfg{}))
}

// mount returns a file system that holds the image.
func (img image) mount(t *testing.T) *vfs.MemFS {
	t.Helper()
	fs := vfs.NewMem()
	img.writeTo(t, fs, testDir)
	return fs
}

func (img image) writeTo(t *testing.T, fs vfs.FS, dir string) {
	t.Helper()
	if err := errors.Join(fs.MkdirAll(dir, dirMode), fs.MkdirAll(fs.PathJoin(dir, databaseName), dirMode)); err != nil {
		t.Fatal(err)
	}
	for _, path := range img.paths() {
		if err := writeFile(fs, fs.PathJoin(dir, path), img[path]); err != nil {
			t.Fatal(err)
		}
	}
}

// with returns a copy of the image in which change has replaced the content
// under path; nil removes the file.
func (img image) with(path string, change func([]byte) []byte) image {
	out := image{}
	for p, b := range img {
		if p == path {
			b = change(bytes.Clone(b))
		}
		if b != nil {
			out[p] = b
		}
	}
	return out
}

func (img image) paths() []string {
	var paths []string
	for p := range img {
		paths = append(paths, p)
	}
	slices.Sort(paths)
	return paths
}

// find returns the last path whose base name begins and ends like this.
func (img image) find(t *testing.T, prefix, suffix string) string {
	t.Helper()
	for _, p := range slices.Backward(img.paths()) {
		base := []byte(vfs.Default.PathBase(p))
		if bytes.HasPrefix(base, []byte(prefix)) && bytes.HasSuffix(base, []byte(suffix)) {
			return p
		}
	}
	t.Fatalf("no file %s…%s among %v", prefix, suffix, img.paths())
	return ""
}

func flip(at int) func([]byte) []byte {
	return func(b []byte) []byte {
		b[at] ^= 1 << (at % 8)
		return b
	}
}

func cut(to int) func([]byte) []byte { return func(b []byte) []byte { return b[:to:to] } }

func remove([]byte) []byte { return nil }

// openOutcome opens what fs holds. It returns the last position and nil if it
// is whole, or the refusal. A store that opens but is not whole is an error in
// silent, which no test accepts.
func openOutcome(t *testing.T, fs vfs.FS) (last engine.Seq, refusal, silent error) {
	t.Helper()
	o := quietOptions(fs)
	o.CommitTimeout = 5 * time.Second
	s, err := Open(testDir, o)
	if err != nil {
		return 0, err, nil
	}
	last, _ = s.Last()
	return last, nil, errors.Join(checkContent(s), s.Close())
}

// wantRefused checks that img is refused as damaged.
func wantRefused(t *testing.T, what string, img image) {
	t.Helper()
	last, refusal, silent := openOutcome(t, img.mount(t))
	if !errors.Is(refusal, engine.ErrCorrupt) {
		t.Fatalf("%s: opened to seq %d (%v), refusal %v, want ErrCorrupt", what, last, silent, refusal)
	}
}

// wantWholeOrRefused checks that img opens with all records to last, or is
// refused. It returns whether it was refused.
func wantWholeOrRefused(t *testing.T, what string, img image, last engine.Seq) bool {
	t.Helper()
	got, refusal, silent := openOutcome(t, img.mount(t))
	if silent != nil || refusal == nil && got != last {
		t.Fatalf("%s: opened to seq %d, want %d: %v", what, got, last, silent)
	}
	return refusal != nil
}

// checkModes fails for what lies below root and is open to others than its owner.
func checkModes(t *testing.T, root string) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		want := os.FileMode(fileMode)
		if d.IsDir() {
			want = dirMode
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s has mode %o, want %o", path, got, want)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
