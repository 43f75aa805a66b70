package persist

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parleyhq/parley/engine"
)

// RestoreOptions say how far a backup is restored. The zero value restores all of it.
type RestoreOptions struct {
	// Sequence is the last entry to keep; 0 = as Keep says.
	Sequence engine.Seq
	// Keep tells of an entry's payload whether it is kept; after the first that is not none
	// is. nil = all are.
	Keep func(payload []byte) (bool, error)
	// Rebuild drops the checkpoint, so that the state is made of the entries alone.
	Rebuild bool
	// Derived returns the derived records of an entry, which go with it when it is not kept.
	// It may be nil if all is kept.
	Derived func(id engine.Identity, payload []byte) ([]engine.DerivedRecord, error)
	// SealedUpTo returns the last entry that a record of the access journal holds fast, 0 if it
	// holds none. A tenant's journal is cut at the first record that speaks of what is not kept. It
	// may be nil if all is kept.
	SealedUpTo func(record []byte) (engine.Seq, error)
	// Progress is told how many of total bytes were copied; may be nil.
	Progress func(done, total uint64)
}

// VerifyBackup reads a backup from end to end: its manifest, the digest of every file, and the
// store in it. It changes nothing but lock files. An error wraps engine.ErrCorrupt, with
// the place, if the backup is not whole.
func VerifyBackup(dir string, o Options) (Manifest, Report, error) {
	files := o.fileSystem()
	m, err := loadManifest(files, dir)
	if err != nil {
		return m, Report{}, err
	}
	store := files.PathJoin(dir, BackupStoreName)
	if err := m.compare(files, store, "", o.Progress); err != nil {
		return m, Report{}, err
	}
	report, err := Verify(store, Options{FS: o.FS, CacheBytes: o.CacheBytes, MinFreeBytes: -1, Logger: o.Logger, Keys: o.Keys, tune: o.tune, partial: true})
	if err == nil && !report.Whole() {
		err = damaged("backup", "%s", report.Findings[0].Detail)
	}
	if err == nil && (report.Last != m.Sequence || hex.EncodeToString(report.Chain[:]) != m.Chain || report.Identity.StoreID != m.StoreID) {
		err = damaged(backupManifestName, "tells of another store than the one beside it")
	}
	return m, report, errors.Join(err, removeFile(files, files.PathJoin(store, lockName)))
}

// fileSystem returns the file system for a store's own files.
func (o Options) fileSystem() vfs.FS {
	if o.FS == nil {
		return storeFS{FS: vfs.Default, modes: true}
	}
	return o.FS
}

func loadManifest(files vfs.FS, dir string) (Manifest, error) {
	text, err := readFile(files, files.PathJoin(dir, backupManifestName), maxManifestBytes)
	if errors.Is(err, fs.ErrNotExist) {
		return Manifest{}, fmt.Errorf("%w: %s has no %s", ErrNotBackup, dir, backupManifestName)
	}
	if err != nil {
		return Manifest{}, fmt.Errorf("persist: %w", err)
	}
	return decodeManifest(text)
}

// compare reads the files of a backup, copies them below to, unless that is empty, and refuses
// what differs from the manifest.
func (m *Manifest) compare(files vfs.FS, store, to string, progress func(done, total uint64)) error {
	there, err := storeFiles(files, store)
	if err != nil {
		return classify(BackupStoreName, err)
	}
	known := map[string]bool{}
	for _, f := range m.Files {
		known[f.Name] = true
	}
	for _, name := range there {
		if !known[name] {
			return damaged(name, "is in the backup and not in its manifest")
		}
	}
	done, total := int64(0), max(m.Bytes(), 1)
	for _, f := range m.Files {
		sum, n, err := copyDigested(files, files.PathJoin(store, f.Name), to, f.Name)
		switch {
		case err != nil:
			return classify(f.Name, err)
		case n != f.Bytes:
			return damaged(f.Name, "has %d bytes, the manifest says %d", n, f.Bytes)
		case sum != f.SHA256:
			return damaged(f.Name, "its digest differs from the manifest's")
		}
		if done += n; progress != nil {
			progress(uint64(done), uint64(total))
		}
	}
	return nil
}

// copyDigested copies a file below to, or only reads it if that is empty.
func copyDigested(files vfs.FS, path, to, name string) (string, int64, error) {
	if to == "" {
		return digestFile(files, path, io.Discard)
	}
	out, err := files.Create(files.PathJoin(to, name), vfs.WriteCategoryUnspecified)
	if err != nil {
		return "", 0, err
	}
	sum, n, err := digestFile(files, path, out)
	if err == nil {
		err = out.Sync()
	}
	return sum, n, errors.Join(err, out.Close())
}

// Restore makes a new store in the directory to, which must be missing or empty, of a backup,
// with its entries up to the one that r names. The new store has an id of its own: files of
// it and of the store that was backed up cannot be mixed. It is read from end to end before it
// gets its name. It returns the manifest and the last entry of the new store.
func Restore(from, to string, o Options, r RestoreOptions) (Manifest, engine.Seq, error) {
	files := o.fileSystem()
	m, err := loadManifest(files, from)
	if err != nil {
		return m, 0, err
	}
	if r.Sequence > m.Sequence {
		return m, 0, fmt.Errorf("%w: %d; its last is %d", ErrNoSuchSeq, r.Sequence, m.Sequence)
	}
	if names, err := files.List(to); err == nil && len(names) == 0 {
		if err := files.Remove(to); err != nil {
			return m, 0, fmt.Errorf("persist: %s: %w", to, err)
		}
	}
	w, err := newBackupWork(o, files, to)
	if err != nil {
		return m, 0, err
	}
	last, err := w.restore(from, m, r)
	if err != nil {
		return m, 0, errors.Join(err, files.RemoveAll(w.partial))
	}
	return m, last, nil
}

func (w *backupWork) restore(from string, m Manifest, r RestoreOptions) (engine.Seq, error) {
	if err := makeDir(w.fs, w.fs.PathJoin(w.partial, databaseName)); err != nil {
		return 0, err
	}
	if err := m.compare(w.fs, w.fs.PathJoin(from, BackupStoreName), w.partial, r.Progress); err != nil {
		return 0, err
	}
	for _, dir := range []string{w.fs.PathJoin(w.partial, databaseName), w.partial} {
		if err := syncDir(w.fs, dir); err != nil {
			return 0, err
		}
	}
	end, err := w.cut(r)
	if err != nil {
		return 0, err
	}
	report, err := Verify(w.partial, w.options(nil))
	if err == nil && !report.Whole() {
		err = damaged("restored store", "%s", report.Findings[0].Detail)
	}
	if err == nil && (report.Last != end.last || report.Chain != end.chain) {
		err = damaged("restored store", "ends at seq %d, want %d", report.Last, end.last)
	}
	if err = errors.Join(err, w.fs.Remove(w.fs.PathJoin(w.partial, lockName))); err != nil {
		return 0, err
	}
	return end.last, w.rename()
}

// cut takes away what is not kept and gives the store its new id.
func (w *backupWork) cut(r RestoreOptions) (content, error) {
	s, err := newStore(w.partial, w.options(nil))
	if err != nil {
		return content{}, err
	}
	if err := s.readIdentity(); err != nil {
		return content{}, err
	}
	id := s.identity
	var fresh [storeIDBytes]byte
	rand.Read(fresh[:]) // never fails: it ends the program instead
	id.StoreID = hex.EncodeToString(fresh[:])
	text, digest, err := renamedIdentity(id, w.opts.Keys)
	if err != nil {
		return content{}, err
	}
	if err := s.openDatabase(readWrite); err != nil {
		return content{}, err
	}
	s.identity, s.identityDigest = id, digest
	s.publish(content{})
	end, err := s.cutLog(r)
	if err = errors.Join(err, s.retire()); err != nil {
		return content{}, err
	}
	if err := replaceFile(s.fs, s.dir, identityName, newIdentityName, text); err != nil {
		return content{}, err
	}
	return end, s.writeWatermark(end)
}

// renamedIdentity makes the identity file of a store that gets another id, and the digest that
// its other files are tied to. The wrapping of a digest key is bound to the id, so an
// encrypted store needs its data key.
func renamedIdentity(id engine.Identity, keys *engine.DataKeys) (text []byte, digest engine.Hash, err error) {
	wrappedBy := id.WrappedBy
	if wrappedBy != 0 && id.DigestKey == nil {
		return nil, digest, &engine.MissingKeyError{KeyID: wrappedBy}
	}
	id.WrappedBy = 0
	if text, err = encodeIdentity(id); err != nil {
		return nil, digest, err
	}
	digest = identityDigest(text)
	if wrappedBy != 0 {
		text, err = wrap(id, keys)
	}
	return text, digest, err
}

// cutLog deletes the entries that are not kept, with what is derived from them and a checkpoint
// that contains them, and binds the database to the new identity. What is deleted is also
// gone from the files.
func (s *Store) cutLog(r RestoreOptions) (end content, err error) {
	batch := s.db.NewBatch()
	err = s.each(1, func(seq engine.Seq, chain engine.Hash, payload []byte) error {
		keep := r.Sequence == 0 || seq <= r.Sequence
		if keep && r.Keep != nil && end.last == seq-1 {
			if keep, err = r.Keep(payload); err != nil {
				return err
			}
		}
		if keep && end.last == seq-1 {
			end.last, end.chain = seq, chain
			return nil
		}
		if r.Derived == nil {
			return nil
		}
		derived, err := r.Derived(s.identity, payload)
		for _, d := range derived {
			err = errors.Join(err, batch.Delete(append([]byte{byte(d.Space)}, d.Key...), nil))
		}
		return err
	})
	if err != nil {
		return end, errors.Join(err, batch.Close())
	}
	if end.last == 0 {
		return end, errors.Join(fmt.Errorf("%w: nothing would be kept", ErrNoSuchSeq), batch.Close())
	}
	if r.SealedUpTo != nil {
		if err := s.cutJournal(batch, end.last, r.SealedUpTo); err != nil {
			return end, errors.Join(err, batch.Close())
		}
	}
	return end, s.commitCut(batch, end, r.Rebuild)
}

// cutJournal deletes of each tenant's access journal what begins with a record that holds
// entries behind last fast: it would never again agree with the log.
func (s *Store) cutJournal(batch *pebble.Batch, last engine.Seq, sealedUpTo func([]byte) (engine.Seq, error)) (err error) {
	lower, upper := spaceBounds(spaceAccess)
	iter, err := s.current.Load().snapshot.NewIter(&pebble.IterOptions{LowerBound: lower, UpperBound: upper})
	if err != nil {
		return s.readError(err)
	}
	defer func() { err = errors.Join(err, iter.Close()) }()
	cut := "" // the tenant whose journal has ended
	for ok := iter.First(); ok; ok = iter.Next() {
		tenant, n, valid := parseJournalKey(iter.Key())
		if !valid {
			return damaged("access journal", "a key of %d bytes that is none", len(iter.Key()))
		}
		if tenant != cut {
			value, err := iter.ValueAndErr()
			if err != nil {
				return s.readError(err)
			}
			_, payload, err := decodeRecord(iter.Key(), value)
			if err != nil {
				return damaged("access journal", "record %d of %s is damaged: %v", n, tenant, err)
			}
			through, err := sealedUpTo(payload)
			if err != nil {
				return damaged("access journal", "record %d of %s cannot be read: %v", n, tenant, err)
			}
			if through > last {
				cut = tenant
			}
		}
		if tenant == cut {
			if err := batch.Delete(iter.Key(), nil); err != nil {
				return err
			}
		}
	}
	return s.readError(iter.Error())
}

func (s *Store) commitCut(batch *pebble.Batch, end content, rebuild bool) error {
	_, upper := spaceBounds(spaceLog)
	err := errors.Join(batch.DeleteRange(logKey(end.last+1), upper, nil), batch.Set(bindingKey, encodeBinding(s.identityDigest), nil))
	value, ok, getErr := s.get(s.current.Load(), pointerKey)
	if err = errors.Join(err, getErr); err == nil && ok {
		p, decodeErr := decodePointer(value)
		if err = decodeErr; err == nil && (rebuild || p.info.Seq > end.last) {
			lower, upper := spaceBounds(spaceCheckpoint)
			err = batch.DeleteRange(lower, upper, nil)
		}
	}
	if err != nil {
		return errors.Join(err, batch.Close())
	}
	db := s.db // whoever gives up on a stuck disk forgets it
	return s.guard("restore", 0, func() error {
		if err := batch.Commit(pebble.Sync); err != nil {
			return err
		}
		if err := db.Flush(); err != nil {
			return err
		}
		return db.Compact(context.Background(), []byte{0}, []byte{0xff}, false)
	})
}

// each calls fn for every record from first to the end, which must be without a gap.
func (s *Store) each(first engine.Seq, fn func(seq engine.Seq, chain engine.Hash, payload []byte) error) error {
	last, err := s.lastSeq()
	if err != nil {
		return err
	}
	v, err := s.acquire()
	if err != nil {
		return err
	}
	c := s.walk(v, logKey(first), logKey(last+1))
	defer c.close()
	for seq := first; seq <= last; seq++ {
		chain, payload, err := nextRecord(c, seq)
		if err != nil {
			return err
		}
		if err := fn(seq, chain, payload); err != nil {
			return err
		}
	}
	return nil
}
