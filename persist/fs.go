package persist

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync/atomic"
	"syscall"

	"github.com/cockroachdb/pebble/v2/vfs"
)

const (
	dirMode  = 0o700
	fileMode = 0o600
)

// storeFS is the file system that Pebble sees: the one given, with what this
// store needs more of it.
//
//  1. With halt, whatever fails about a file that is not a table, or about the
//     directory, poisons the store and never returns. On such errors Pebble stops
//     by itself (halt, or a panic on a goroutine of its own, or with a mutex in a
//     state that makes the runtime end the process), or, while it opens, tears
//     down what its own background work still uses. Tables that cannot be
//     written are background errors: Pebble tries again.
//  2. The directory is synced before a marker file is made. Pebble v2.1.7 makes
//     a MANIFEST and the marker that names it durable in one directory sync, so
//     a power cut between them may keep the marker alone: a store that cannot
//     be opened any more.
//  3. Files are made with mode 0600, directories with 0700.
//  4. With a lock file its directory is locked, too: a lock file can be deleted.
//  5. The log file that was opened last is remembered: an error about one does not
//     always name it.
type storeFS struct {
	vfs.FS
	wal   *atomic.Pointer[string] // nil: not remembered
	modes bool                    // the file system has modes
	halt  func(format string, args ...any)
	vital string // directory that halt is about; what Pebble writes elsewhere, for a backup, may fail
}

var _ vfs.FS = storeFS{}

// Unwrap implements vfs.FS.
func (f storeFS) Unwrap() vfs.FS { return f.FS }

// Create implements vfs.FS.
func (f storeFS) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	if strings.HasPrefix(f.PathBase(name), "marker.") {
		if err := syncDir(f, f.PathDir(name)); err != nil {
			return nil, err
		}
	}
	file, err := f.FS.Create(name, category)
	if err == nil && f.modes {
		if err = os.Chmod(name, fileMode); err != nil {
			err = errors.Join(err, file.Close())
		}
	}
	return f.written(name, file, err)
}

// Open implements vfs.FS.
func (f storeFS) Open(name string, opts ...vfs.OpenOption) (vfs.File, error) {
	if f.wal != nil && strings.HasSuffix(name, ".log") {
		f.wal.Store(&name)
	}
	return f.FS.Open(name, opts...)
}

// ReuseForWrite implements vfs.FS.
func (f storeFS) ReuseForWrite(oldname, newname string, category vfs.DiskWriteCategory) (vfs.File, error) {
	file, err := f.FS.ReuseForWrite(oldname, newname, category)
	return f.written(newname, file, err)
}

// written returns what a file that Pebble is about to write looks like to it.
func (f storeFS) written(name string, file vfs.File, err error) (vfs.File, error) {
	if !f.halts(name) || strings.HasSuffix(name, ".sst") {
		return file, err
	}
	f.must("creation", name, err)
	return vitalFile{File: file, name: name, fs: f}, nil
}

// halts reports whether a failure about a file, or the directory, is one to halt for.
func (f storeFS) halts(name string) bool {
	return f.halt != nil && (name == f.vital || f.PathDir(name) == f.vital)
}

// must does not return if err is one that Pebble must not see.
func (f storeFS) must(what, name string, err error) {
	if err != nil && f.halts(name) {
		f.halt("%s of %s failed: %v", what, name, err)
	}
}

// Lock implements vfs.FS.
func (f storeFS) Lock(name string) (io.Closer, error) {
	if !f.modes {
		return f.FS.Lock(name)
	}
	dir, err := holdDir(f.PathDir(name))
	if err != nil {
		return nil, err
	}
	lock, err := f.FS.Lock(name)
	if err == nil {
		if err = os.Chmod(name, fileMode); err != nil {
			err = errors.Join(err, lock.Close())
		}
	}
	if err != nil {
		return nil, errors.Join(err, closeIfAny(dir))
	}
	return locks{lock, dir}, nil
}

// locks are a lock file and its directory, which may be nil.
type locks struct{ file, dir io.Closer }

// Close implements io.Closer.
func (l locks) Close() error { return errors.Join(l.file.Close(), closeIfAny(l.dir)) }

// Rename implements vfs.FS.
func (f storeFS) Rename(oldname, newname string) error {
	err := f.FS.Rename(oldname, newname)
	f.must("renaming", oldname, err)
	return err
}

// List implements vfs.FS.
func (f storeFS) List(dir string) ([]string, error) {
	names, err := f.FS.List(dir)
	f.must("listing", dir, err)
	return names, err
}

// MkdirAll implements vfs.FS.
func (f storeFS) MkdirAll(dir string, _ os.FileMode) error { return f.FS.MkdirAll(dir, dirMode) }

// OpenDir implements vfs.FS.
func (f storeFS) OpenDir(name string) (vfs.File, error) {
	dir, err := f.FS.OpenDir(name)
	f.must("opening", name, err)
	if err != nil {
		return nil, err
	}
	return vitalFile{File: dir, name: name, fs: f}, nil
}

// vitalFile is a file whose errors storeFS keeps from Pebble, or a directory.
type vitalFile struct {
	vfs.File
	name string
	fs   storeFS
}

// Write implements vfs.File. That Preallocate fails is no error: Pebble v2.1.7 preallocates log files alone, as a
// part of writing them, and drops its error. What then finds no room is the write.
func (v vitalFile) Write(p []byte) (int, error) {
	n, err := v.File.Write(p)
	v.fs.must("write", v.name, err)
	return n, err
}

// Sync implements vfs.File.
func (v vitalFile) Sync() error {
	err := v.File.Sync()
	if planted == plantSyncError {
		return nil
	}
	v.fs.must("sync", v.name, err)
	return err
}

// SyncData implements vfs.File.
func (v vitalFile) SyncData() error {
	err := v.File.SyncData()
	if planted == plantSyncError {
		return nil
	}
	v.fs.must("sync", v.name, err)
	return err
}

// SyncTo implements vfs.File.
func (v vitalFile) SyncTo(length int64) (fullSync bool, err error) {
	fullSync, err = v.File.SyncTo(length)
	v.fs.must("sync", v.name, err)
	return fullSync, err
}

// Close implements vfs.File.
func (v vitalFile) Close() error {
	err := v.File.Close()
	v.fs.must("close", v.name, err)
	return err
}

func syncDir(fs vfs.FS, dir string) error {
	d, err := fs.OpenDir(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// replaceFile puts a file of the given content under name, or leaves what is
// there: the content is written and synced under newName first. Each try
// makes a new file, so one after a failed sync does not lean on pages that the
// kernel has dropped. Nil means durable.
func replaceFile(fs vfs.FS, dir, name, newName string, content []byte) error {
	if err := writeFile(fs, fs.PathJoin(dir, newName), content); err != nil {
		return err
	}
	if err := fs.Rename(fs.PathJoin(dir, newName), fs.PathJoin(dir, name)); err != nil {
		return err
	}
	if planted == plantNoDirSync {
		return nil
	}
	return syncDir(fs, dir)
}

// writeFile makes and syncs a file; its name is not durable yet.
func writeFile(fs vfs.FS, path string, content []byte) error {
	f, err := fs.Create(path, vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	if _, err = f.Write(append([]byte(nil), content...)); err == nil { // Write may change what it is given
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// readFile returns the content of a small file. One longer than limit is
// returned cut one byte beyond it, so that no decoder takes it.
func readFile(fs vfs.FS, path string, limit int) ([]byte, error) {
	f, err := fs.Open(path)
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(io.LimitReader(f, int64(limit)+1))
	return b, errors.Join(err, f.Close())
}

// takeLock takes the lock file of the store's directory for this process.
func (s *Store) takeLock() (err error) {
	s.lock, err = lockDir(s.fs, s.dir)
	return err
}

// lockDir takes the lock file of a directory for this process; it fails with ErrInUse if another has it.
func lockDir(files vfs.FS, dir string) (io.Closer, error) {
	lock, err := files.Lock(files.PathJoin(dir, lockName))
	if err == nil {
		return lock, nil
	}
	pathErr := (*os.PathError)(nil) // the file itself could not be made, not the lock on it
	held := errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EACCES) || strings.Contains(err.Error(), "lock held")
	if errors.As(err, &pathErr) || !held {
		return nil, fmt.Errorf("persist: lock %s: %w", dir, err)
	}
	return nil, fmt.Errorf("%w: %s; stop the program that has it open, or give another directory", ErrInUse, dir)
}
