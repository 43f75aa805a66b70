package persist

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parleyhq/parley/engine"
)

const (
	oldRecords = 150 // before the checkpoint
	allRecords = 200
)

// behindOptions leave all but a few records to be read behind.
func behindOptions(fs vfs.FS) Options {
	o := quietOptions(fs)
	o.readAtOnce = 1
	return o
}

// oldStore returns a store whose checkpoint is at oldRecords, after change.
func oldStore(t *testing.T, change func(*Store)) *vfs.MemFS {
	t.Helper()
	fs := vfs.NewMem()
	s := mustCreate(t, behindOptions(fs))
	appendRecords(t, s, oldRecords)
	if err := saveState(s, make([]byte, maxChunkBytes+10)); err != nil {
		t.Fatal(err)
	}
	appendRecords(t, s, allRecords-oldRecords)
	change(s)
	mustClose(t, s)
	return fs
}

// put replaces what is under a key, nil deletes it, and returns what was there.
func put(t *testing.T, s *Store, key, value []byte) []byte {
	t.Helper()
	old, ok, err := s.get(s.current.Load(), key)
	if err != nil || !ok {
		t.Fatalf("%x: %t, %v", key, ok, err)
	}
	if value == nil {
		err = s.db.Delete(key, nil)
	} else {
		err = s.db.Set(key, value, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return old
}

func wantNote(t *testing.T, files vfs.FS, want bool) {
	t.Helper()
	_, err := files.Stat(files.PathJoin(testDir, damageName))
	if err != nil && !errors.Is(err, fs.ErrNotExist) || (err == nil) != want {
		t.Fatalf("%s: %v, want it there: %t", damageName, err, want)
	}
}

func TestBehindWhole(t *testing.T) {
	t.Parallel()
	files := oldStore(t, func(*Store) {})
	s := mustOpen(t, behindOptions(files))
	<-s.behind.ended
	if old := s.OldLog(); old != (OldLog{oldRecords, oldRecords, true}) {
		t.Errorf("%+v", old)
	}
	appendRecords(t, s, 1)
	if err := checkContent(s); err != nil {
		t.Error(err)
	}
	mustClose(t, s)
	wantNote(t, files, false)

	o := behindOptions(files)
	o.readAtOnce = oldRecords
	s = mustOpen(t, o)
	if old := s.OldLog(); old != (OldLog{Whole: true}) {
		t.Errorf("a short log is read at once: %+v", old)
	}
	mustClose(t, s)
}

// TestBehindFindsDamage: a store with damage before its checkpoint opens, gets
// read-only, stays so over a restart, and takes writes again once it is whole.
func TestBehindFindsDamage(t *testing.T) {
	t.Parallel()
	key := logKey(77)
	altered := func([]byte) []byte { return encodeRecord(key, engine.Hash{1}, []byte("another payload")) }
	f := func(name, detail string, spoil func(old []byte) []byte) {
		t.Helper()
		var original []byte
		files := oldStore(t, func(s *Store) {
			original = put(t, s, key, []byte("?"))
			put(t, s, key, spoil(bytes.Clone(original)))
		})
		for range 2 {
			s := mustOpen(t, behindOptions(files))
			<-s.behind.ended
			last, _ := s.Last()
			err := s.Append(t.Context(), last, recordsAfter(last, 1))
			if !errors.Is(err, engine.ErrReadOnly) || !errors.Is(err, engine.ErrNotWritten) || !strings.Contains(err.Error(), detail) {
				t.Errorf("%s: append says %v", name, err)
			}
			if err := saveState(s, []byte("state")); !errors.Is(err, engine.ErrReadOnly) {
				t.Errorf("%s: checkpoint says %v", name, err)
			}
			if old := s.OldLog(); old != (OldLog{76, oldRecords, false}) {
				t.Errorf("%s: %+v", name, old)
			}
			read := engine.Seq(0)
			if err := s.Read(oldRecords+1, func(engine.Seq, []byte) error { read++; return nil }); err != nil || read != allRecords-oldRecords {
				t.Errorf("%s: %d records read: %v", name, read, err)
			}
			mustClose(t, s)
			wantNote(t, files, true)
		}
		s := mustOpen(t, behindOptions(files))
		if err := s.Writable(); !errors.Is(err, engine.ErrReadOnly) {
			t.Errorf("%s: after a restart: %v", name, err)
		}
		<-s.behind.ended
		if err := s.db.Set(key, original, nil); err != nil {
			t.Fatal(err)
		}
		mustClose(t, s)
		s = mustOpen(t, behindOptions(files))
		<-s.behind.ended
		appendRecords(t, s, 1)
		mustClose(t, s)
		wantNote(t, files, false)
	}
	f("missing", "record at seq 77 is missing", func([]byte) []byte { return nil })
	f("flipped", "log/77: checksum differs", func(old []byte) []byte { return flip(len(old) - 1)(old) })
	f("altered", "chain broken at seq 77", altered)
}

// TestBehindRefuses: what the state is made of is checked before or while it is loaded.
func TestBehindRefuses(t *testing.T) {
	t.Parallel()
	f := func(name string, change func(*Store)) {
		t.Helper()
		if _, err := Open(testDir, behindOptions(oldStore(t, change))); !errors.Is(err, engine.ErrCorrupt) {
			t.Errorf("%s: %v", name, err)
		}
	}
	f("a record behind the checkpoint", func(s *Store) { put(t, s, logKey(oldRecords+1), nil) })
	f("the record at the checkpoint", func(s *Store) { put(t, s, logKey(oldRecords), nil) })
	f("another record at the checkpoint", func(s *Store) {
		key := logKey(oldRecords)
		put(t, s, key, encodeRecord(key, engine.Hash{1}, payloadAt(oldRecords)))
	})

	files := oldStore(t, func(s *Store) { put(t, s, chunkKey(s.generation, 1), nil) })
	s := mustOpen(t, behindOptions(files))
	_, r, err := s.LoadCheckpoint()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, r); !errors.Is(err, engine.ErrCorrupt) {
		t.Errorf("a checkpoint without its end: %v", err)
	}
	_ = r.Close()
	mustClose(t, s)

	for _, seq := range []engine.Seq{1, oldRecords - 1} {
		files := oldStore(t, func(*Store) {})
		s := mustOpen(t, behindOptions(files))
		w := watermark{store: s.identityDigest, seq: seq, chain: engine.Hash{9}}
		mustClose(t, s)
		if err := replaceFile(files, testDir, watermarkName, newWatermark, w.encode()); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(testDir, behindOptions(files)); !errors.Is(err, engine.ErrCorrupt) {
			t.Errorf("another history at %d: %v", seq, err)
		}
	}
}

// TestBehindUnknownTable: a table that Pebble does not know would be deleted, so
// everything is read before that.
func TestBehindUnknownTable(t *testing.T) {
	t.Parallel()
	files := oldStore(t, func(*Store) {})
	if err := writeFile(files, files.PathJoin(testDir, databaseName, "999999.sst"), []byte("once a table")); err != nil {
		t.Fatal(err)
	}
	s := mustOpen(t, behindOptions(files))
	if old := s.OldLog(); old.Total != 0 {
		t.Errorf("left behind: %+v", old)
	}
	mustClose(t, s)
}

// TestBehindCloses: a store closes while it is still being read, and reads on
// from the beginning when it is opened again.
func TestBehindCloses(t *testing.T) {
	t.Parallel()
	files := oldStore(t, func(*Store) {})
	for range 20 {
		mustClose(t, mustOpen(t, behindOptions(files)))
	}
	wantNote(t, files, false)
}

// TestBehindDamageToEveryFile spoils every file in every way: the store is
// refused as it was found, or its damage is met by reading behind or by loading
// the checkpoint, or there is none.
func TestBehindDamageToEveryFile(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 3))
	img := markedLog(t)
	for _, path := range img.paths() {
		for _, d := range damages(len(img[path]), rng) {
			spoilt := img.with(path, d.change)
			files := spoilt.mount(t)
			s, err := Open(testDir, behindOptions(files))
			if err != nil {
				if after := imageOf(t, files); !equalImages(spoilt, after) {
					t.Errorf("seed %d: %s %s: refused (%v), but the directory has changed", seed, path, d.name, err)
				}
				continue
			}
			<-s.behind.ended
			last, _ := s.Last()
			content, writable := checkContent(s), s.Writable()
			if last != markedRecords || content != nil && writable == nil && !strings.Contains(content.Error(), "checkpoint") {
				t.Errorf("seed %d: %s %s: seq %d, content %v, writable %v", seed, path, d.name, last, content, writable)
			}
			mustClose(t, s)
		}
	}
}
