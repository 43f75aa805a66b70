package persist

import (
	"errors"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parleyhq/parley/engine"
)

// TestReadChecks changes the log of an open store: a walk stops before it
// hands out the first record that is not what was written.
func TestReadChecks(t *testing.T) {
	t.Parallel()
	f := func(name string, from, good engine.Seq, change func(*pebble.DB) error) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := mustCreate(t, quietOptions(vfs.NewMem()))
			appendRecords(t, s, 20)
			if err := change(s.db); err != nil {
				t.Fatal(err)
			}
			s.publish(s.current.Load().content)
			seen := engine.Seq(0)
			err := s.Read(from, func(seq engine.Seq, _ []byte) error { seen = seq; return nil })
			if !errors.Is(err, engine.ErrCorrupt) || seen != good {
				t.Fatalf("read to seq %d, want %d: %v", seen, good, err)
			}
			mustClose(t, s)
		})
	}
	forged := encodeRecord(logKey(7), engine.Hash{1}, []byte("forged"))
	forge := func(db *pebble.DB) error { return db.Set(logKey(7), forged, nil) }
	drop := func(db *pebble.DB) error { return db.Delete(logKey(7), nil) }
	f("forged", 1, 6, forge)
	f("forged, from there", 7, 0, forge)
	f("forged, from the next", 8, 0, forge)
	f("missing", 1, 6, drop)
	f("missing, from there", 7, 0, drop)
	f("missing, from the next", 8, 0, drop)
	f("end missing", 1, 19, func(db *pebble.DB) error { return db.Delete(logKey(20), nil) })
	f("spoilt", 5, 6, func(db *pebble.DB) error { return db.Set(logKey(7), flip(3)(forged), nil) })
}
