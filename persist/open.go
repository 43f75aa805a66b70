package persist

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parleyhq/parley/engine"
)

const restoreHint = "restore the whole directory from a backup, and keep this one as it is"

// Open opens the store in dir. It first looks at it without changing anything
// and refuses, naming the place, if there is any doubt about it, so that a
// refusal leaves the evidence as it was found. It reads the whole log, or, where
// that would take long, the part that the checkpoint does not contain; the
// checkpoint is then checked by who loads it, and the older part is read behind,
// see OldLog.
func Open(dir string, o Options) (*Store, error) {
	s, err := newStore(dir, o)
	if err != nil {
		return nil, err
	}
	if err := s.notPartial(); err != nil {
		return nil, err
	}
	if err := s.openable(); err != nil {
		return nil, err
	}
	if err := s.notBackup(); err != nil {
		return nil, err
	}
	if err := s.takeLock(); err != nil {
		return nil, err
	}
	if err := s.open(); err != nil {
		s.abandon()
		return nil, err
	}
	return s, nil
}

// openable returns nil if the directory has an identity file.
func (s *Store) openable() error {
	kind, found, err := s.inspect()
	switch {
	case err != nil:
		return err
	case kind == dirMissing:
		return fmt.Errorf("%w: %s is missing", ErrNoStore, s.dir)
	case kind == dirEmpty:
		return fmt.Errorf("%w: %s is empty", ErrNoStore, s.dir)
	case kind == dirInterrupted:
		return fmt.Errorf("%w: %s has no %s but %s; nothing was ever stored there, so create the store again, or remove the directory",
			ErrInterrupted, s.dir, identityName, newIdentityName)
	case kind == dirHeadless:
		return fmt.Errorf("%w; %s", damaged(s.fs.PathJoin(s.dir, identityName), "missing, while %s is there", found), restoreHint)
	case kind == dirForeign:
		return fmt.Errorf("%w: %s has no %s but holds %s; give a store's directory, or an empty one", ErrNotStore, s.dir, identityName, found)
	}
	return nil
}

// BackupOf returns the directory of the backup that dir is, or whose store it is, "" if it is neither. Links are followed.
func BackupOf(dir string) (string, error) {
	if linked, err := filepath.EvalSymlinks(dir); err == nil {
		dir = linked
	}
	return backupOf(vfs.Default, dir)
}

func backupOf(files vfs.FS, dir string) (string, error) {
	if files.PathBase(dir) == BackupStoreName {
		dir = files.PathDir(dir)
	}
	for _, name := range []string{backupManifestName, BackupStoreName} {
		if _, err := files.Stat(files.PathJoin(dir, name)); errors.Is(err, fs.ErrNotExist) {
			return "", nil
		} else if err != nil {
			return "", err
		}
	}
	return dir, nil
}

// notPartial refuses what a backup or a restore that was cut short has left: it may look whole, has the id of
// another store, and perhaps entries that were not to be kept. Links are followed.
func (s *Store) notPartial() error {
	if s.opts.partial {
		return nil
	}
	dir := s.dir
	if s.opts.FS == nil {
		if linked, err := filepath.EvalSymlinks(dir); err == nil {
			dir = linked
		}
	}
	if s.fs.PathBase(dir) == BackupStoreName && strings.HasSuffix(s.fs.PathDir(dir), PartialSuffix) {
		dir = s.fs.PathDir(dir)
	}
	if !strings.HasSuffix(dir, PartialSuffix) {
		return nil
	}
	return fmt.Errorf("%w: %s has the name of a backup or a restored store that is not made yet; if nobody is making it, remove it and begin again", ErrNotStore, dir)
}

// notBackup refuses the store in a backup: opening it changes its files, and the manifest beside it would no longer fit.
func (s *Store) notBackup() error {
	backup, err := backupOf(s.fs, s.dir)
	if backup == "" || err != nil {
		return err
	}
	return fmt.Errorf("%w: %s is part of the backup %s and stays as it is; restore the backup, or check it with parley backup verify", ErrNotStore, s.dir, backup)
}

// abandon gives the directory back after a failed Open or Create, unless
// something of Pebble may still be at work in it.
func (s *Store) abandon() {
	if s.db != nil && !isClosed(s.poisoned) {
		if err := s.retire(); err != nil {
			s.opts.Logger.Error("after a failed open", "error", err)
			return
		}
	}
	if !isClosed(s.poisoned) {
		if err := s.lock.Close(); err != nil {
			s.opts.Logger.Error("after a failed open", "error", err)
		}
	}
}

// open reads the identity, examines the store, and sets it going.
func (s *Store) open() error {
	if err := s.readIdentity(); err != nil {
		return s.openError(err)
	}
	mark, err := s.readWatermark()
	if err != nil {
		return s.openError(err)
	}
	if err := s.recallDamage(); err != nil {
		return s.openError(err)
	}
	e := &examination{s: s, mark: mark, first: 1}
	if err := s.examine(e); err != nil {
		return s.openError(err)
	}
	s.health.makeRoom()
	if err := s.openDatabase(readWrite); err != nil {
		return s.openError(err)
	}
	s.publish(e.content)
	if err := s.compareWith(e); err != nil {
		return s.openError(err)
	}
	if planted == plantTornTail && e.last > mark.seq {
		e.last, e.chain = mark.seq, mark.chain
		s.publish(e.content)
	}
	if err := s.writeWatermark(e.content); err != nil {
		return s.openError(fmt.Errorf("persist: %s: %w", watermarkName, err))
	}
	s.metrics.Store(&Metrics{})
	s.running.Store(true)
	go s.commitLoop()
	go s.journalLoop()
	go s.keep(e.last)
	s.startBehind()
	s.opts.Logger.Info("store opened", "store", s.identity.StoreID, "last", uint64(e.last), "watermark", uint64(mark.seq), "readBehind", uint64(s.behind.until))
	return nil
}

func (s *Store) openError(err error) error {
	if isDamage(err) {
		return fmt.Errorf("persist: store %s is refused: %w; %s", s.dir, err, restoreHint)
	}
	return fmt.Errorf("persist: store %s cannot be opened: %w", s.dir, err)
}

// readIdentity reads the identity file.
func (s *Store) readIdentity() error {
	text, err := readFile(s.fs, s.fs.PathJoin(s.dir, identityName), maxIdentityBytes)
	if err != nil {
		return classify(identityName, err)
	}
	return s.takeIdentity(text)
}

// compareWith checks that Pebble shows in earnest what it has shown when it
// was only asked: reading the log files again gave the same end.
func (s *Store) compareWith(e *examination) error {
	last, err := s.lastSeq()
	if err != nil {
		return err
	}
	if last != e.last {
		return damaged("log", "ends at seq %d, and at %d when it was examined", last, e.last)
	}
	if e.last > 0 {
		key := logKey(e.last)
		value, ok, err := s.get(s.current.Load(), key)
		if err != nil {
			return err
		}
		if chain, _, err := decodeRecord(key, value); !ok || err != nil || chain != e.chain {
			return errors.Join(damaged("log", "seq %d differs from when it was examined", e.last), err)
		}
	}
	s.generation = e.generation
	return nil
}

// lastSeq returns the position in the last key of the log.
func (s *Store) lastSeq() (engine.Seq, error) {
	return guarded(s, "read", s.grace(), func() (last engine.Seq, err error) {
		lower, upper := spaceBounds(spaceLog)
		iter, err := s.current.Load().snapshot.NewIter(&pebble.IterOptions{LowerBound: lower, UpperBound: upper})
		if err != nil {
			return 0, s.readError(err)
		}
		if iter.Last() {
			seq, ok := parseLogKey(iter.Key())
			if !ok {
				err = damaged("log", "the last key has %d bytes and is no position", len(iter.Key()))
			}
			last = seq
		}
		return last, errors.Join(err, s.readError(iter.Error()), s.readError(iter.Close()))
	})
}
