package persist

import (
	"errors"
	"fmt"
	"io"
	iofs "io/fs"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

const (
	memTableBytes     = 16 << 20 // also bounds what is read again from the log files at open
	memTables         = 4        // room for writes between a first failed flush and a stalled commit
	slowDiskThreshold = 2 * time.Second
)

// openMode says what Pebble may do with its directory.
type openMode int

const (
	readOnly  openMode = iota // an existing database, nothing is changed
	readWrite                 // an existing database
	create                    // no database yet
)

// openDatabase opens Pebble. Every error is a refusal; one that Pebble reports
// by not returning poisons the store.
func (s *Store) openDatabase(mode openMode) error {
	fs := s.fs
	if s.opts.FS == nil {
		fs, s.dbCloser = vfs.WithDiskHealthChecks(vfs.Default, slowDiskThreshold, nil, func(info vfs.DiskSlowInfo) {
			s.health.slow(fmt.Sprintf("%s of %s takes %v", info.OpType, info.Path, info.Duration))
		})
	}
	dir := s.fs.PathJoin(s.dir, databaseName)
	if _, err := s.fs.Stat(dir); mode != create && errors.Is(err, iofs.ErrNotExist) {
		return errors.Join(damaged(databaseName, "the directory is missing"), closeIfAny(s.dbCloser))
	}
	wal := new(atomic.Pointer[string])
	opts := s.pebbleOptions(mode, storeFS{FS: fs, modes: s.opts.FS == nil, halt: s.halt, vital: dir, wal: wal})
	var db atomic.Pointer[pebble.DB]
	err := s.guard("open", 0, func() error {
		opened, err := pebble.Open(dir, opts)
		db.Store(opened)
		return err
	})
	s.db = db.Load()
	if isClosed(s.poisoned) && s.db == nil { // stuck in halt; nothing was written on anybody's behalf
		return fmt.Errorf("persist: %s", *s.reason.Load())
	}
	switch name := wal.Load(); {
	case errors.Is(err, pebble.ErrDBDoesNotExist):
		err = damaged(databaseName, "no marker.manifest file names a MANIFEST there")
	case err != nil && mode == readOnly && name != nil: // then the log files are what comes last
		err = classify(*name, err)
	case err != nil && mode == readOnly: // they come first
		err = classify(databaseName+" (MANIFEST, OPTIONS, marker files)", err)
	}
	if err != nil {
		err = errors.Join(s.readError(err), closeIfAny(s.dbCloser))
		s.dbCloser = nil
		return err
	}
	if got := s.db.FormatMajorVersion(); got > pebbleFormat || mode != readOnly && got != pebbleFormat {
		return fmt.Errorf("persist: database has Pebble format %d, want %d", got, pebbleFormat)
	}
	return nil
}

func closeIfAny(c io.Closer) error {
	if c == nil {
		return nil
	}
	return c.Close()
}

func (s *Store) pebbleOptions(mode openMode, fs vfs.FS) *pebble.Options {
	// Pebble's messages print keys; they shall not show what derived keys hold.
	comparer := *pebble.DefaultComparer
	comparer.FormatKey = func(key []byte) fmt.Formatter { return formattedKey(key) }
	opts := &pebble.Options{
		FS:                          fs,
		Comparer:                    &comparer,
		FormatMajorVersion:          pebbleFormat,
		ErrorIfExists:               mode == create,
		ErrorIfNotExists:            mode != create,
		ReadOnly:                    mode == readOnly,
		CacheSize:                   s.opts.CacheBytes,
		MemTableSize:                memTableBytes,
		MemTableStopWritesThreshold: memTables,
		Logger:                      pebbleLogger{s},
		EventListener: &pebble.EventListener{
			BackgroundError: s.health.background,
			// By default this is a Fatalf, which would turn a damaged block into a
			// read that hangs; as an error it reaches whoever reads.
			DataCorruption: func(info pebble.DataCorruptionInfo) { s.health.corruption(info.Path) },
			WriteStallBegin: func(info pebble.WriteStallBeginInfo) {
				s.health.stalled(info.Reason)
			},
		},
	}
	if s.opts.tune != nil {
		s.opts.tune(opts)
	}
	return opts
}

// pebbleLogger passes Pebble's messages on.
type pebbleLogger struct{ s *Store }

// Infof implements pebble.Logger.
func (l pebbleLogger) Infof(format string, args ...any) {
	l.s.opts.Logger.Debug("pebble", "message", fmt.Sprintf(format, args...))
}

// Errorf implements pebble.Logger.
func (l pebbleLogger) Errorf(format string, args ...any) {
	l.s.opts.Logger.Error("pebble", "message", fmt.Sprintf(format, args...))
}

// Fatalf implements pebble.Logger. It never returns; see Store.halt.
func (l pebbleLogger) Fatalf(format string, args ...any) { l.s.halt(format, args...) }
