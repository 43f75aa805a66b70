package persist

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parleyhq/parley/engine"
)

// verifiedStore returns a closed store of 20 records and a checkpoint at 15.
func verifiedStore(t *testing.T) *vfs.MemFS {
	t.Helper()
	fs := vfs.NewMem()
	s := mustCreate(t, quietOptions(fs))
	appendRecords(t, s, 15)
	if err := saveState(s, bytes.Repeat([]byte("state"), maxChunkBytes/4)); err != nil {
		t.Fatal(err)
	}
	appendRecords(t, s, 5)
	mustClose(t, s)
	return fs
}

// edit changes the database behind the store's back.
func edit(t *testing.T, fs vfs.FS, change func(*pebble.DB) error) {
	t.Helper()
	s, err := newStore(testDir, quietOptions(fs))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.openDatabase(readWrite); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(change(s.db), s.retire()); err != nil {
		t.Fatal(err)
	}
}

func mustVerify(t *testing.T, fs vfs.FS) Report {
	t.Helper()
	r, err := Verify(testDir, quietOptions(fs))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestVerifyWhole(t *testing.T) {
	t.Parallel()
	fs := verifiedStore(t)
	before := imageOf(t, fs)
	steps := 0
	o := quietOptions(fs)
	o.Progress = func(done, total uint64) {
		if steps++; done != 20 || total != 20 {
			t.Errorf("progress %d of %d, want 20 of 20", done, total)
		}
	}
	r, err := Verify(testDir, o)
	if err != nil || !r.Whole() || steps != 1 {
		t.Fatalf("findings %v, %d steps: %v", r.Findings, steps, err)
	}
	if r.Last != 20 || r.Watermark != 20 || r.Checkpoint.Seq != 15 || r.Identity.StoreID != testIdentity().StoreID || r.Identity.DigestKey != nil {
		t.Fatalf("got %+v", r)
	}
	want := "store 1, log 20, checkpoints 3, audit 20, offers 0, archive 0, access 0"
	got := []string{}
	for _, k := range r.Keys {
		got = append(got, fmt.Sprintf("%s %d", k.Space, k.Count))
	}
	if s := strings.Join(got, ", "); s != want {
		t.Fatalf("got keys %s, want %s", s, want)
	}
	if !equalImages(before, imageOf(t, fs)) {
		t.Fatal("Verify has changed the store")
	}
}

// TestVerifyFindings checks that each damage is found and named, that nothing
// else is, and that Open refuses what it has to look at.
func TestVerifyFindings(t *testing.T) {
	t.Parallel()
	f := func(name string, change func(*pebble.DB) error, opens bool, want ...string) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fs := verifiedStore(t)
			edit(t, fs, change)
			wantFindings(t, mustVerify(t, fs), want)
			if _, err := Open(testDir, quietOptions(fs)); opens != (err == nil) || err != nil && !errors.Is(err, engine.ErrCorrupt) {
				t.Fatalf("Open: %v", err)
			}
		})
	}
	set := func(key, value []byte) func(*pebble.DB) error {
		return func(db *pebble.DB) error { return db.Set(key, value, nil) }
	}
	spoil := func(key []byte, at int) func(*pebble.DB) error {
		return func(db *pebble.DB) error {
			value, closer, err := db.Get(key)
			if err != nil {
				return err
			}
			spoilt := flip(at)(bytes.Clone(value))
			return errors.Join(closer.Close(), db.Set(key, spoilt, nil))
		}
	}
	drop := func(from, to []byte) func(*pebble.DB) error {
		return func(db *pebble.DB) error { return db.DeleteRange(from, to, nil) }
	}
	auditKey := func(n int) []byte { return fmt.Appendf([]byte{spaceAudit}, "acme/%08d", n) }
	forged := encodeRecord(logKey(7), engine.Hash{1}, []byte("forged"))

	f("record spoilt", spoil(logKey(7), 90), false, "log/7: checksum differs")
	f("record of an unknown version", spoil(logKey(7), 0), false, "log/7 has record version 0, want 1")
	f("record forged", set(logKey(7), forged), false, "chain broken at seq 7", "chain broken at seq 8")
	f("record too short", set(logKey(7), []byte{1}), false, "log/7 has 1 bytes, too few")
	f("records missing", drop(logKey(3), logKey(6)), false, "records at seq 3 to 5 are missing")
	f("first missing", drop(logKey(1), logKey(2)), false, "records at seq 1 to 1 are missing")
	f("end missing", drop(logKey(19), logKey(30)), false, "ends at seq 18, but seq 20 was durable: 2 acknowledged", "20 records for 18")
	f("end missing to before the checkpoint", drop(logKey(10), logKey(30)), false,
		"ends at seq 9, but seq 20", "before the checkpoint at seq 15", "20 records for 9")
	f("more than written", set(append(logKey(21), 0), nil), false, "a key of 10 bytes that is no position")
	f("a record at seq 0", set(logKey(0), encodeRecord(logKey(0), engine.Hash{}, []byte("x"))), false, "a key of 9 bytes that is no position")
	f("audit missing", drop(auditKey(4), auditKey(6)), true, "18 records for 20 log records")
	f("chunk spoilt", spoil(chunkKey(1, 1), 500), false, "chunk 1 of generation 1: checksum differs")
	f("chunk missing", drop(chunkKey(1, 0), chunkKey(1, 1)), false, "chunk 0 is missing")
	f("last chunk missing", drop(chunkKey(1, 1), chunkKey(1, 2)), false, "want 1310720 in 2")
	f("pointer spoilt", spoil(pointerKey, 20), false, "checkpoint pointer: checksum differs")
	f("pointer and chunk left by others", set(append(chunkKey(9, 9), 0), nil), false, "that is no chunk")
	f("unknown keyspace", set([]byte{99, 1}, nil), true, "unknown keyspace 99: a key of 2 bytes")
	f("binding missing", drop(bindingKey, append(bindingKey, 0)), false, "store key: missing")
	f("binding spoilt", spoil(bindingKey, 5), false, "store key: checksum differs")
}

// wantFindings checks that every finding has one of the texts, and every text
// a finding.
func wantFindings(t *testing.T, r Report, want []string) {
	t.Helper()
	all := ""
	for _, finding := range r.Findings {
		all += "\n" + finding.Detail
		known := false
		for _, w := range want {
			known = known || strings.Contains(finding.Detail, w)
		}
		if !known {
			t.Errorf("unexpected finding: %s", finding.Detail)
		}
	}
	for _, w := range want {
		if !strings.Contains(all, w) {
			t.Errorf("no finding says %q among:%s", w, all)
		}
	}
}

func TestVerifyManyFindings(t *testing.T) {
	t.Parallel()
	fs := vfs.NewMem()
	s := mustCreate(t, quietOptions(fs))
	appendRecords(t, s, 300)
	mustClose(t, s)
	edit(t, fs, func(db *pebble.DB) error {
		b := db.NewBatch()
		for seq := engine.Seq(1); seq <= 300; seq += 2 {
			if err := b.Set(logKey(seq), bytes.Repeat([]byte{1}, 100), nil); err != nil {
				return err
			}
		}
		return b.Commit(pebble.Sync)
	})
	r := mustVerify(t, fs)
	if len(r.Findings) != maxFindings || r.More != 50 || r.Last != 300 {
		t.Fatalf("%d findings and %d more, last %d; want %d, 50 and 300", len(r.Findings), r.More, r.Last, maxFindings)
	}
}

// TestVerifyFiles damages the store's files.
func TestVerifyFiles(t *testing.T) {
	t.Parallel()
	whole := imageOf(t, verifiedStore(t))
	f := func(name, path string, change func([]byte) []byte, want ...string) {
		t.Helper()
		r, err := Verify(testDir, quietOptions(whole.with(path, change).mount(t)))
		if err != nil || r.Whole() {
			t.Fatalf("%s: findings %v: %v", name, r.Findings, err)
		}
		if len(want) > 0 {
			wantFindings(t, r, want)
		}
	}
	f("no identity", identityName, remove, "IDENTITY: open", "WATERMARK: belongs to another store", "IDENTITY: belongs to another")
	f("identity spoilt", identityName, flip(40))
	f("no watermark", watermarkName, remove, "WATERMARK: open")
	f("watermark spoilt", watermarkName, flip(50), "WATERMARK: checksum differs")
	f("no manifest", whole.find(t, "MANIFEST", ""), remove)
	f("no marker", whole.find(t, "marker.manifest", ""), remove)
	f("no table", whole.find(t, "", ".sst"), remove)
	f("table spoilt", whole.find(t, "", ".sst"), flip(30))
}
