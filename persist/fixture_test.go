package persist

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parleyhq/parley/engine"
)

// fixture copies a store from testdata into memory.
func fixture(t *testing.T, name string) vfs.FS {
	t.Helper()
	fs := vfs.NewMem()
	for _, dir := range []string{"", databaseName} {
		entries, err := os.ReadDir(filepath.Join("testdata", name, dir))
		if err != nil {
			t.Fatal(err)
		}
		if err := fs.MkdirAll(fs.PathJoin(testDir, dir), dirMode); err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if e.IsDir() {
				continue
			}
			content, err := os.ReadFile(filepath.Join("testdata", name, dir, e.Name()))
			if err != nil {
				t.Fatal(err)
			}
			if err := writeFile(fs, fs.PathJoin(testDir, dir, e.Name()), content); err != nil {
				t.Fatal(err)
			}
		}
	}
	return fs
}

// TestFixtures opens stores that programs of each format have left: 43 records in
// batches of 40, 1, 1 and 1, and a checkpoint after the first. A store stays in
// its format.
func TestFixtures(t *testing.T) {
	t.Parallel()
	f := func(name string, format, audit int, next []engine.Record) {
		t.Helper()
		fs := fixture(t, name)
		r, err := Verify(testDir, quietOptions(fs))
		if err != nil || !r.Whole() || r.Last != 43 || r.Checkpoint == nil || r.Checkpoint.Seq != 40 || r.Keys[spaceAudit].Count != uint64(audit) {
			t.Fatalf("%s: got %+v: %v", name, r, err)
		}
		s := mustOpen(t, quietOptions(fs))
		if got := s.Identity().Format; got != format {
			t.Fatalf("%s: format %d", name, got)
		}
		if err := checkContent(s); err != nil {
			t.Fatal(err)
		}
		if err := s.Append(t.Context(), 43, next); err != nil {
			t.Fatal(err)
		}
		mustClose(t, s)
		if r := mustVerify(t, fs); !r.Whole() || r.Last != 44 || r.Identity.Format != format {
			t.Fatalf("%s: got %+v", name, r)
		}
	}
	f("format-v1", 1, 43, recordsAfter(43, 1))
	f("format-v2", 2, 0, bare(recordsAfter(43, 1)))
}

// bare takes the audit records off.
func bare(records []engine.Record) []engine.Record {
	for i := range records {
		records[i].Derived = nil
	}
	return records
}

// TestFormat2KeepsNoAudit creates a store as programs do now.
func TestFormat2KeepsNoAudit(t *testing.T) {
	t.Parallel()
	fs := vfs.NewMem()
	id := testIdentity()
	id.Format = 0
	s, err := Create(testDir, quietOptions(fs), id)
	if err != nil || s.Identity().Format != 2 {
		t.Fatalf("%+v, %v", s.Identity(), err)
	}
	if err := s.Append(t.Context(), 0, bare(recordsAfter(0, 5))); err != nil {
		t.Fatal(err)
	}
	mustClose(t, s)
	if r := mustVerify(t, fs); !r.Whole() || r.Keys[spaceAudit].Count != 0 {
		t.Fatalf("%+v", r)
	}
	s = mustOpen(t, quietOptions(fs))
	if err := s.Append(t.Context(), 5, recordsAfter(5, 1)); err != nil {
		t.Fatal(err)
	}
	mustClose(t, s)
	if r := mustVerify(t, fs); len(r.Findings) != 1 || !strings.Contains(r.Findings[0].Detail, "1 records in a store of format 2, which keeps none") {
		t.Fatalf("%+v", r)
	}
}
