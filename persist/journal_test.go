package persist

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parleyhq/parley/engine"
)

// journaled returns the file system of a closed store with three records of acme and two of
// zenith in its journal.
func journaled(t *testing.T) *vfs.MemFS {
	t.Helper()
	fs := vfs.NewMem()
	s := mustCreate(t, quietOptions(fs))
	appendRecords(t, s, 4)
	for i := range 3 {
		entries := []engine.JournalEntry{{Tenant: "acme", Payload: fmt.Appendf(nil, "read %d", i)}}
		if i < 2 {
			entries = append(entries, engine.JournalEntry{Tenant: "zenith", Payload: fmt.Appendf(nil, "export %d", i)})
		}
		if _, err := s.AppendJournal(t.Context(), entries); err != nil {
			t.Fatal(err)
		}
	}
	mustClose(t, s)
	return fs
}

// TestJournalDamage spoils the journal of a store: verify names the place, and so
// does who reads it.
func TestJournalDamage(t *testing.T) {
	t.Parallel()
	f := func(want string, change func(*pebble.DB) error) {
		t.Helper()
		fs := journaled(t)
		edit(t, fs, change)
		r := mustVerify(t, fs)
		if want == "" {
			if !r.Whole() || r.Keys[spaceAccess].Count != 5 {
				t.Fatalf("%+v", r)
			}
			return
		}
		if r.Whole() || !strings.Contains(fmt.Sprint(r.Findings), want) {
			t.Fatalf("found %v, want %q", r.Findings, want)
		}
		s, err := Open(testDir, quietOptions(fs))
		if err == nil {
			for _, tenant := range []string{"acme", "zenith"} {
				err = errors.Join(err, s.WalkJournal(tenant, 1, func(engine.JournalHead, []byte) error { return nil }))
			}
			mustClose(t, s)
		}
		if !errors.Is(err, engine.ErrCorrupt) || !strings.Contains(err.Error(), want) {
			t.Fatalf("read %v, want %q", err, want)
		}
	}
	put := func(tenant string, n uint64, change func(value []byte) []byte) func(*pebble.DB) error {
		return func(db *pebble.DB) error {
			value, closer, err := db.Get(journalKey(tenant, n))
			if err != nil {
				return err
			}
			changed := change(append([]byte{}, value...))
			return errors.Join(closer.Close(), db.Set(journalKey(tenant, n), changed, pebble.Sync))
		}
	}
	f("", func(*pebble.DB) error { return nil })
	f("record 2 of acme is damaged", put("acme", 2, flip(recordHeader+1)))
	f("record 3 of acme is damaged", put("acme", 3, flip(5)))
	f("record 2 of acme is missing", func(db *pebble.DB) error { return db.Delete(journalKey("acme", 2), pebble.Sync) })
	f("record 1 of zenith is missing", func(db *pebble.DB) error { return db.Delete(journalKey("zenith", 1), pebble.Sync) })
	f("chain broken at record 2 of acme", put("acme", 2, func(value []byte) []byte { // edited with a checksum that fits
		chain, _, err := decodeRecord(journalKey("acme", 2), value)
		if err != nil {
			t.Error(err)
		}
		return encodeRecord(journalKey("acme", 2), chain, []byte("other"))
	}))
	f("a key of 4 bytes that is none", func(db *pebble.DB) error { return db.Set([]byte{spaceAccess, 'a', 'c', 'm'}, []byte("x"), pebble.Sync) })
}

// TestJournalKeys reads keys back and refuses all others.
func TestJournalKeys(t *testing.T) {
	t.Parallel()
	for _, tenant := range []string{"a", "acme", "a-b.c"} {
		for _, n := range []uint64{1, 255, 256, 1 << 40} {
			if got, at, ok := parseJournalKey(journalKey(tenant, n)); !ok || got != tenant || at != n {
				t.Fatalf("%s %d read as %s %d %v", tenant, n, got, at, ok)
			}
		}
	}
	for _, key := range [][]byte{nil, {spaceAccess}, journalKey("", 1), journalKey("a\x00b", 1), journalKey("a", 1)[:9], logKey(1)} {
		if _, _, ok := parseJournalKey(key); ok {
			t.Fatalf("read %x", key)
		}
	}
}

// TestJournalSurvivesPowerCut loses all that is not synced after each append.
func TestJournalSurvivesPowerCut(t *testing.T) {
	t.Parallel()
	fs := vfs.NewCrashableMem()
	o := quietOptions(fs)
	s := mustCreate(t, o)
	for i := range 20 {
		if i%3 == 0 {
			appendRecords(t, s, 1)
		}
		heads, err := s.AppendJournal(t.Context(), []engine.JournalEntry{{Tenant: "acme", Payload: fmt.Appendf(nil, "read %d", i)}})
		if err != nil {
			t.Fatal(err)
		}
		o.FS = fs.CrashClone(vfs.CrashCloneCfg{})
		again := mustOpen(t, o)
		if got := again.JournalHeads(); len(got) != 1 || got[0] != heads[0] {
			t.Fatalf("after append %d: %v, want %v", i, got, heads)
		}
		mustClose(t, again)
	}
	mustClose(t, s)
}
