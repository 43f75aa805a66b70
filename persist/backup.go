package persist

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"syscall"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parleyhq/parley/engine"
)

// A backup is a directory with a whole store in it and a manifest beside the store, which
// names every file with its length and digest.
const (
	// BackupStoreName is the name of the store's directory in a backup.
	BackupStoreName = "store"

	backupManifestName = "MANIFEST.json"
	manifestVersion    = 1
	maxManifestBytes   = 64 << 20
)

// Errors of backups, beside engine.ErrCorrupt.
var (
	ErrTargetTaken = errors.New("persist: the target is there already")          // a backup or a restored store never replaces anything
	ErrNotBackup   = errors.New("persist: not a backup")                         // no manifest
	ErrNoSuchSeq   = errors.New("persist: the backup does not go to that entry") // Restore only
)

// BackupFile is a file of a backup.
type BackupFile struct {
	Name   string `json:"name"` // below the store's directory, with slashes
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"` // hexadecimal
}

// Manifest says what a backup holds. Its last field seals the others.
type Manifest struct {
	Version    int          `json:"version"`
	StoreID    string       `json:"storeId"`
	Format     int          `json:"format"`
	Tenant     string       `json:"tenant"`
	Sequence   engine.Seq   `json:"sequence"` // of the last entry
	Chain      string       `json:"chain"`    // value there, hexadecimal
	Checkpoint engine.Seq   `json:"checkpoint"`
	MadeAt     int64        `json:"madeAt"` // Unix seconds
	Files      []BackupFile `json:"files"`  // sorted by name
	Seal       string       `json:"seal"`   // SHA-256 of the manifest with an empty seal
}

// Bytes is the length of all files.
func (m *Manifest) Bytes() (n int64) {
	for _, f := range m.Files {
		n += f.Bytes
	}
	return n
}

func (m Manifest) encode() ([]byte, error) {
	m.Seal = ""
	text, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(text)
	m.Seal = hex.EncodeToString(sum[:])
	text, err = json.MarshalIndent(m, "", " ")
	return append(text, '\n'), err
}

// decodeManifest takes only the bytes that encode would have written.
func decodeManifest(text []byte) (Manifest, error) {
	var m Manifest
	if err := json.Unmarshal(text, &m); err != nil {
		return Manifest{}, damaged(backupManifestName, "is not the expected JSON")
	}
	if m.Version != manifestVersion {
		return Manifest{}, fmt.Errorf("%w: %s has version %d, this program reads %d", ErrNewerFormat, backupManifestName, m.Version, manifestVersion)
	}
	again, err := m.encode()
	if err != nil || !bytes.Equal(again, text) {
		return Manifest{}, damaged(backupManifestName, "its seal or content differs from what was written")
	}
	for _, f := range m.Files {
		if f.Name == "" || strings.HasPrefix(f.Name, "/") || strings.Contains(f.Name, "..") || strings.Contains(f.Name, "\\") {
			return Manifest{}, damaged(backupManifestName, "names a file that no store has")
		}
	}
	return m, nil
}

// Backup makes a backup of the live store in the directory to, which must not be there, and
// returns its manifest. Appends go on meanwhile: the backup holds all that was acknowledged
// when it began, and perhaps what came since. Tables are linked where that can be, so a backup
// on the same disk takes little room, and does not protect from the loss of the disk. The copy is
// opened and read from end to end before it gets its name. madeAt is Unix seconds;
// progress, which may be nil, is told how many of total bytes were read.
func (s *Store) Backup(to string, madeAt int64, progress func(done, total uint64)) (Manifest, error) {
	if isClosed(s.poisoned) { // what is on the disk is not known, only what was acknowledged
		return Manifest{}, s.poisonedError()
	}
	least, chain := s.Last()
	w, err := newBackupWork(s.opts, s.fs, to)
	if err != nil {
		return Manifest{}, err
	}
	return w.finish(func() error {
		if err := s.copyLive(w.fs.PathJoin(w.partial, BackupStoreName)); err != nil {
			return err
		}
		last, err := w.settle(content{last: least, chain: chain})
		if err == nil && last < least {
			err = damaged("backup", "ends at seq %d, the store was at %d", last, least)
		}
		return err
	}, s.Identity(), madeAt, progress)
}

// copyLive copies the database as it is now, and the identity file.
func (s *Store) copyLive(to string) error {
	if err := makeDir(s.fs, to); err != nil {
		return err
	}
	v, err := s.acquire() // so that the store is not closed meanwhile
	if err != nil {
		return err
	}
	err = s.guard("backup", s.grace(), func() error {
		defer s.drop(v)
		return s.db.Checkpoint(s.fs.PathJoin(to, databaseName), pebble.WithFlushedWAL())
	})
	if err != nil {
		return fmt.Errorf("persist: copy the database: %w", err)
	}
	text, err := readFile(s.fs, s.fs.PathJoin(s.dir, identityName), maxIdentityBytes)
	if err != nil {
		return err
	}
	return writeFile(s.fs, s.fs.PathJoin(to, identityName), text)
}

// PartialSuffix ends the name of a backup or of a restored store that is being made. What has it and
// is not being made was cut short, and may be removed.
const PartialSuffix = ".partial"

// RemovePartial removes the directory of a backup that was cut short. It fails with ErrInUse, and removes nothing, while the backup is being
// made, by whatever process.
func RemovePartial(dir string, o Options) error {
	files := o.fileSystem()
	lock, err := lockDir(files, dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // it has got its name
	}
	if err != nil {
		return err
	}
	return errors.Join(files.RemoveAll(dir), lock.Close())
}

// backupWork makes a directory under a name that says that it is not done yet.
type backupWork struct {
	fs      vfs.FS
	opts    Options
	to      string
	partial string
}

func newBackupWork(o Options, files vfs.FS, to string) (*backupWork, error) {
	if strings.HasSuffix(to, PartialSuffix) {
		return nil, fmt.Errorf("persist: %s: a name that ends in %s is that of something unfinished; give another", to, PartialSuffix)
	}
	w := &backupWork{fs: files, opts: o, to: to, partial: to + PartialSuffix}
	for _, name := range []string{w.to, w.partial} {
		switch _, err := files.Stat(name); {
		case err == nil:
			if name == w.partial {
				name += ", left behind by one that was cut short; remove it"
			}
			return nil, fmt.Errorf("%w: %s", ErrTargetTaken, name)
		case !errors.Is(err, fs.ErrNotExist):
			return nil, fmt.Errorf("persist: %s: %w", name, err)
		}
	}
	return w, makeDir(files, w.partial)
}

// finish runs make, writes the manifest of what it has made, and gives the directory its name. Meanwhile its lock tells RemovePartial
// to keep off. After an error nothing is left of it.
func (w *backupWork) finish(fill func() error, id engine.Identity, madeAt int64, progress func(done, total uint64)) (m Manifest, err error) {
	lock, err := lockDir(w.fs, w.partial)
	if err != nil {
		return m, err // another may be at it: nothing there is ours to remove
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.fs.RemoveAll(w.partial))
		} else {
			_ = w.fs.Remove(w.fs.PathJoin(w.to, lockName)) // it means nothing there
		}
		err = errors.Join(err, lock.Close())
	}()
	if err := fill(); err != nil {
		return m, err
	}
	store := w.fs.PathJoin(w.partial, BackupStoreName)
	report, err := Verify(store, w.options(nil))
	if err == nil && !report.Whole() {
		err = damaged("backup", "is not whole: %s", report.Findings[0].Detail)
	}
	if err != nil {
		return m, err
	}
	m = Manifest{
		Version: manifestVersion, StoreID: id.StoreID, Format: id.Format, Tenant: id.Tenant, MadeAt: madeAt,
		Sequence: report.Last, Chain: hex.EncodeToString(report.Chain[:]),
	}
	if report.Checkpoint != nil {
		m.Checkpoint = report.Checkpoint.Seq
	}
	if err := removeFile(w.fs, w.fs.PathJoin(store, lockName)); err != nil {
		return m, err
	}
	if m.Files, err = digestFiles(w.fs, store, progress); err != nil {
		return m, err
	}
	text, err := m.encode()
	if err != nil {
		return m, err
	}
	if err := writeFile(w.fs, w.fs.PathJoin(w.partial, backupManifestName), text); err != nil {
		return m, err
	}
	return m, w.name()
}

// options are those for the store that is being made. It has no logger: what goes wrong with it is returned, and says nothing about
// the store that is backed up.
func (w *backupWork) options(progress func(done, total uint64)) Options {
	return Options{FS: w.opts.FS, CacheBytes: w.opts.CacheBytes, MinFreeBytes: -1, Progress: progress, Keys: w.opts.Keys, tune: w.opts.tune, partial: true}
}

// settle opens the copy once, which makes an end of what a power cut would have left,
// and gives it a watermark at its end. at is a position that the copy has.
func (w *backupWork) settle(at content) (engine.Seq, error) {
	s, err := newStore(w.fs.PathJoin(w.partial, BackupStoreName), w.options(nil))
	if err != nil {
		return 0, err
	}
	if err := s.readIdentity(); err != nil {
		return 0, err
	}
	if err := s.writeWatermark(at); err != nil {
		return 0, err
	}
	if err := w.roomToSettle(); err != nil {
		return 0, err
	}
	o := w.options(nil)
	o.spill = newSpillFS(w.fs)
	o.FS = o.spill
	opened, err := Open(s.dir, o)
	if err != nil {
		return 0, errors.Join(o.spill.err(), err)
	}
	last, _ := opened.Last()
	return last, errors.Join(opened.Close(), o.spill.err())
}

// roomToSettle fails where the disk has no room to open the copy.
func (w *backupWork) roomToSettle() error {
	const need = 2 * memTableBytes
	usage, err := w.fs.GetDiskUsage(w.partial)
	if known := err == nil; !known || usage.AvailBytes >= need { // a full disk is noticed without it
		return nil
	}
	return fmt.Errorf("persist: %d bytes are free on the disk of the backup, %d must be: %w", usage.AvailBytes, need, syscall.ENOSPC)
}

// name makes everything durable and gives the directory its name.
func (w *backupWork) name() error {
	if err := errors.Join(syncDir(w.fs, w.fs.PathJoin(w.partial, BackupStoreName)), syncDir(w.fs, w.partial)); err != nil {
		return err
	}
	return w.rename()
}

// rename comes last: what has its name is whole. If only the name cannot be made durable, what has it stays.
func (w *backupWork) rename() error {
	if err := w.fs.Rename(w.partial, w.to); err != nil {
		return err
	}
	return syncDir(w.fs, w.fs.PathDir(w.to))
}

// storeFiles lists the files of a store below its directory, sorted, without the lock and the ballast.
func storeFiles(files vfs.FS, dir string) ([]string, error) {
	var out []string
	for _, sub := range []string{"", databaseName} {
		names, err := files.List(files.PathJoin(dir, sub))
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			if sub == "" && (name == databaseName || name == lockName || name == ballastName) || name == lockName {
				continue
			}
			if sub != "" {
				name = sub + "/" + name
			}
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out, nil
}

func digestFiles(files vfs.FS, dir string, progress func(done, total uint64)) ([]BackupFile, error) {
	names, err := storeFiles(files, dir)
	if err != nil {
		return nil, err
	}
	out := make([]BackupFile, len(names))
	total, done := int64(0), int64(0)
	for i, name := range names {
		info, err := files.Stat(files.PathJoin(dir, name))
		if err != nil {
			return nil, err
		}
		out[i] = BackupFile{Name: name, Bytes: info.Size()}
		total += info.Size()
	}
	for i := range out {
		sum, n, err := digestFile(files, files.PathJoin(dir, out[i].Name), io.Discard)
		if err != nil {
			return nil, err
		}
		out[i].SHA256, out[i].Bytes = sum, n
		if done += n; progress != nil {
			progress(uint64(done), uint64(max(total, done)))
		}
	}
	return out, nil
}

// digestFile copies a file to w and returns the digest and the number of its bytes.
func digestFile(files vfs.FS, path string, w io.Writer) (string, int64, error) {
	f, err := files.Open(path)
	if err != nil {
		return "", 0, err
	}
	h := sha256.New()
	n, err := io.Copy(io.MultiWriter(h, w), struct{ io.Reader }{f})
	return hex.EncodeToString(h.Sum(nil)), n, errors.Join(err, f.Close())
}
