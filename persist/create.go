package persist

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parleyhq/parley/engine"
)

// Create makes a new store in dir, which must be missing or empty, and opens
// it. id.Format may be left 0. A creation that a crash has interrupted is
// started again: the identity file gets its name last, so nothing can have
// been acknowledged in such a directory.
func Create(dir string, o Options, id engine.Identity) (*Store, error) {
	if id.Format == 0 {
		id.Format = FormatVersion
	}
	text, err := encodeIdentity(id)
	if err == nil && o.Keys != nil {
		text, err = wrap(id, o.Keys)
	}
	if err != nil {
		return nil, err
	}
	s, err := newStore(dir, o)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(s.notPartial(), s.creatable()); err != nil {
		return nil, err
	}
	if err := makeDir(s.fs, s.dir); err != nil {
		return nil, fmt.Errorf("persist: create %s: %w", s.dir, err)
	}
	if s.opts.FS == nil {
		if err := os.Chmod(s.dir, dirMode); err != nil { // a directory that is given may belong to somebody else
			s.opts.Logger.Warn("store directory keeps its mode", "error", err)
		}
	}
	if err := s.takeLock(); err != nil {
		return nil, err
	}
	if err := s.make(text); err != nil {
		s.abandon()
		return nil, err
	}
	return s, nil
}

func (s *Store) make(identity []byte) error {
	if err := s.creatable(); err != nil { // another process may have been faster
		return err
	}
	if err := s.makeFiles(identity); err != nil {
		return fmt.Errorf("persist: create %s: %w", s.dir, err)
	}
	return s.open()
}

// makeFiles makes the files of an empty store. First comes the identity under
// a name that marks an interrupted creation, last its own name.
func (s *Store) makeFiles(identity []byte) error {
	database := s.fs.PathJoin(s.dir, databaseName)
	err := errors.Join(s.fs.RemoveAll(database),
		removeFile(s.fs, s.fs.PathJoin(s.dir, watermarkName)),
		removeFile(s.fs, s.fs.PathJoin(s.dir, newWatermark)),
		syncDir(s.fs, s.dir))
	if err != nil {
		return err
	}
	newIdentity := s.fs.PathJoin(s.dir, newIdentityName)
	if err := errors.Join(writeFile(s.fs, newIdentity, identity), syncDir(s.fs, s.dir)); err != nil {
		return err
	}
	if err := s.takeIdentity(identity); err != nil {
		return err
	}
	if err := s.makeDatabase(database); err != nil {
		return err
	}
	if err := s.writeWatermark(content{}); err != nil {
		return err
	}
	if err := s.fs.Rename(newIdentity, s.fs.PathJoin(s.dir, identityName)); err != nil {
		return err
	}
	return syncDir(s.fs, s.dir)
}

// makeDatabase makes a Pebble database that holds the binding key alone. Its
// first log file is written in the oldest format, whatever the options say, so
// it is flushed and replaced at once.
func (s *Store) makeDatabase(dir string) error {
	if err := makeDir(s.fs, dir); err != nil {
		return err
	}
	if err := s.openDatabase(create); err != nil {
		return err
	}
	db := s.db
	err := s.guard("create", 0, func() error {
		if err := db.Set(bindingKey, encodeBinding(s.identityDigest), nil); err != nil {
			return err
		}
		return db.Flush()
	})
	return errors.Join(err, s.retire())
}

// makeDir makes a directory with its missing parents, durably.
func makeDir(files vfs.FS, dir string) error {
	if _, err := files.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	parent := files.PathDir(dir)
	if parent != dir {
		if err := makeDir(files, parent); err != nil {
			return err
		}
	}
	if err := files.MkdirAll(dir, dirMode); err != nil {
		return err
	}
	return syncDir(files, parent)
}

func removeFile(files vfs.FS, path string) error {
	if err := files.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// creatable returns nil if a store may be made in the directory.
func (s *Store) creatable() error {
	kind, found, err := s.inspect()
	switch {
	case err != nil:
		return err
	case kind == dirStore:
		return fmt.Errorf("%w: %s holds a store; open it, or give another directory", ErrExists, s.dir)
	case kind == dirHeadless || kind == dirForeign:
		return fmt.Errorf("%w: %s holds %s; a store is created only in a missing or empty directory", ErrExists, s.dir, found)
	}
	return nil
}

// dirKind is what a directory looks like from outside.
type dirKind int

const (
	dirMissing     dirKind = iota
	dirEmpty               // but perhaps for a lock file
	dirInterrupted         // a store whose creation has not come to its end
	dirStore               // has an identity file
	dirHeadless            // has other files of a store
	dirForeign
)

// inspect looks at the names in the directory; found is one for messages.
func (s *Store) inspect() (kind dirKind, found string, err error) {
	names, err := s.fs.List(s.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return dirMissing, "", nil
	}
	if err != nil {
		return 0, "", fmt.Errorf("persist: %s: %w", s.dir, err)
	}
	slices.Sort(names)
	names = slices.DeleteFunc(names, func(name string) bool { return name == lockName })
	has := func(name string) bool { return slices.Contains(names, name) }
	own := []string{identityName, newIdentityName, databaseName, watermarkName, newWatermark, damageName, newDamage, ballastName}
	foreign := slices.IndexFunc(names, func(name string) bool { return !slices.Contains(own, name) })
	switch {
	case has(identityName):
		return dirStore, identityName, nil
	case len(names) == 0:
		return dirEmpty, "", nil
	case foreign >= 0:
		return dirForeign, names[foreign], nil
	case !has(newIdentityName):
		return dirHeadless, names[0], nil
	}
	used, err := s.used()
	if err != nil {
		return 0, "", fmt.Errorf("persist: %s: %w", s.dir, err)
	}
	if used {
		return dirHeadless, newIdentityName, nil
	}
	return dirInterrupted, newIdentityName, nil
}

// createdBytes is more than the database of a store whose creation was interrupted may have.
const createdBytes = 64 << 10

// used reports whether a directory that looks like a creation that was interrupted is that of a store which has been in use, and has lost
// its identity file: starting again would delete what was acknowledged there. A creation has written its watermark whole and at 0,
// or has none yet and a database of a few files.
func (s *Store) used() (bool, error) {
	text, err := readFile(s.fs, s.fs.PathJoin(s.dir, watermarkName), watermarkBytes)
	if err == nil {
		w, odd := decodeWatermark(text)
		return w.seq > 0 || odd != nil, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	dir, size := s.fs.PathJoin(s.dir, databaseName), int64(0)
	names, err := s.fs.List(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	for _, name := range names {
		info, err := s.fs.Stat(s.fs.PathJoin(dir, name))
		if err != nil {
			return false, err
		}
		size += info.Size()
	}
	return size > createdBytes, nil
}
