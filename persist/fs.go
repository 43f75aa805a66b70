package persist

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
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
//  1. With halt, a failed directory sync, and whatever fails about a log file
//     that is being written, poisons the store and never returns. Pebble panics
//     on some of these errors, on goroutines of its own or with a mutex in a
//     state that makes the runtime end the process.
//  2. The directory is synced before a marker file is made. Pebble v2.1.7 makes
//     a MANIFEST and the marker that names it durable in one directory sync, so
//     a power cut between them may keep the marker alone: a store that cannot
//     be opened any more.
//  3. Files are made with mode 0600, directories with 0700.
type storeFS struct {
	vfs.FS
	modes bool // the file system has modes
	halt  func(format string, args ...any)
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

// ReuseForWrite implements vfs.FS.
func (f storeFS) ReuseForWrite(oldname, newname string, category vfs.DiskWriteCategory) (vfs.File, error) {
	file, err := f.FS.ReuseForWrite(oldname, newname, category)
	return f.written(newname, file, err)
}

// written returns what a file that Pebble is about to write looks like to it.
func (f storeFS) written(name string, file vfs.File, err error) (vfs.File, error) {
	if f.halt == nil || !strings.HasSuffix(name, ".log") {
		return file, err
	}
	if err != nil {
		f.halt("log file %s cannot be made: %v", name, err)
	}
	return logFile{File: file, name: name, halt: f.halt}, nil
}

// logFile is a log file that is being written; see storeFS.
type logFile struct {
	vfs.File
	name string
	halt func(format string, args ...any)
}

func (l logFile) must(what string, err error) {
	if err != nil {
		l.halt("%s of log file %s failed: %v", what, l.name, err)
	}
}

// Write implements vfs.File.
func (l logFile) Write(p []byte) (int, error) {
	n, err := l.File.Write(p)
	l.must("write", err)
	return n, err
}

// Preallocate implements vfs.File.
func (l logFile) Preallocate(offset, length int64) error {
	err := l.File.Preallocate(offset, length)
	l.must("preallocation", err)
	return err
}

// Sync implements vfs.File.
func (l logFile) Sync() error {
	err := l.File.Sync()
	l.must("sync", err)
	return err
}

// SyncData implements vfs.File.
func (l logFile) SyncData() error {
	err := l.File.SyncData()
	l.must("sync", err)
	return err
}

// SyncTo implements vfs.File.
func (l logFile) SyncTo(length int64) (fullSync bool, err error) {
	fullSync, err = l.File.SyncTo(length)
	l.must("sync", err)
	return fullSync, err
}

// Close implements vfs.File.
func (l logFile) Close() error {
	err := l.File.Close()
	l.must("close", err)
	return err
}

// MkdirAll implements vfs.FS.
func (f storeFS) MkdirAll(dir string, _ os.FileMode) error { return f.FS.MkdirAll(dir, dirMode) }

// OpenDir implements vfs.FS.
func (f storeFS) OpenDir(name string) (vfs.File, error) {
	dir, err := f.FS.OpenDir(name)
	if err != nil {
		return nil, err
	}
	return storeDir{File: dir, name: name, halt: f.halt}, nil
}

// storeDir is an open directory; see storeFS.
type storeDir struct {
	vfs.File
	name string
	halt func(format string, args ...any)
}

// Sync implements vfs.File.
func (d storeDir) Sync() error {
	err := d.File.Sync()
	if err != nil && d.halt != nil {
		d.halt("sync of directory %s failed: %v", d.name, err)
	}
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
func (s *Store) takeLock() error {
	closer, err := s.fs.Lock(s.fs.PathJoin(s.dir, lockName))
	if err == nil {
		s.lock = closer
		return nil
	}
	pathErr := (*os.PathError)(nil) // the file itself could not be made, not the lock on it
	held := errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EACCES) || strings.Contains(err.Error(), "lock held")
	if errors.As(err, &pathErr) || !held {
		return fmt.Errorf("persist: lock %s: %w", s.dir, err)
	}
	return fmt.Errorf("%w: %s; stop the program that has it open, or give another directory", ErrInUse, s.dir)
}
