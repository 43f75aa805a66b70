package persist

import (
	"errors"
	"io/fs"
	"strings"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// spillFS is the file system of a store that nobody needs if it cannot be written, such as a copy that a backup opens. From the
// first failed write on, which it remembers, what is written goes to memory, and what cannot go there is dropped. So Pebble comes to its
// end, and gives its files and its memory back, where it would halt or try for ever. What it holds is bounded by what opening writes.
type spillFS struct {
	vfs.FS
	mem    *vfs.MemFS
	failed atomic.Pointer[error]
}

var _ vfs.FS = (*spillFS)(nil)

func newSpillFS(files vfs.FS) *spillFS { return &spillFS{FS: files, mem: vfs.NewMem()} }

// err is the first failure, nil if there was none: then all is where it belongs.
func (f *spillFS) err() error {
	if f == nil || f.failed.Load() == nil {
		return nil
	}
	return *f.failed.Load()
}

// note remembers a failure.
func (f *spillFS) note(err error) {
	if err != nil {
		f.failed.CompareAndSwap(nil, &err)
	}
}

// spilled reports whether a file is in memory.
func (f *spillFS) spilled(name string) bool {
	_, err := f.mem.Stat(name)
	return err == nil
}

// Unwrap implements vfs.FS.
func (f *spillFS) Unwrap() vfs.FS { return f.FS }

// Create implements vfs.FS.
func (f *spillFS) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	if f.err() == nil {
		file, err := f.FS.Create(name, category)
		if err == nil {
			return spillFile{File: file, fs: f, table: strings.HasSuffix(name, ".sst")}, nil
		}
		f.note(err)
	}
	if err := f.mem.MkdirAll(f.PathDir(name), dirMode); err != nil {
		return nil, err
	}
	return f.mem.Create(name, category)
}

// ReuseForWrite implements vfs.FS.
func (f *spillFS) ReuseForWrite(oldname, newname string, category vfs.DiskWriteCategory) (vfs.File, error) {
	if err := f.Remove(oldname); err != nil {
		return nil, err
	}
	return f.Create(newname, category)
}

// Open implements vfs.FS.
func (f *spillFS) Open(name string, opts ...vfs.OpenOption) (vfs.File, error) {
	if f.spilled(name) {
		return f.mem.Open(name, opts...)
	}
	return f.FS.Open(name, opts...)
}

// Stat implements vfs.FS.
func (f *spillFS) Stat(name string) (vfs.FileInfo, error) {
	if f.err() != nil && f.spilled(name) {
		return f.mem.Stat(name)
	}
	return f.FS.Stat(name)
}

// OpenDir implements vfs.FS.
func (f *spillFS) OpenDir(name string) (vfs.File, error) {
	dir, err := f.FS.OpenDir(name)
	if err == nil {
		return spillFile{File: dir, fs: f}, nil
	}
	f.note(err)
	if err := f.mem.MkdirAll(name, dirMode); err != nil {
		return nil, err
	}
	return f.mem.OpenDir(name)
}

// Rename implements vfs.FS.
func (f *spillFS) Rename(oldname, newname string) error {
	if f.spilled(oldname) {
		return f.mem.Rename(oldname, newname)
	}
	f.note(f.FS.Rename(oldname, newname))
	return nil
}

// Remove implements vfs.FS.
func (f *spillFS) Remove(name string) error {
	err := f.FS.Remove(name)
	if f.spilled(name) {
		if errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
		err = errors.Join(err, f.mem.Remove(name))
	}
	return err
}

// spillFile is a file on the disk that is written, or a directory. A table that has failed is made again; what has failed of
// another file is dropped, as nobody reads it again before the store is thrown away.
type spillFile struct {
	vfs.File
	fs    *spillFS
	table bool
}

func (s spillFile) told(err error) error {
	s.fs.note(err)
	if s.table {
		return err
	}
	return nil
}

// Write implements vfs.File.
func (s spillFile) Write(p []byte) (int, error) {
	n, err := s.File.Write(p)
	if err != nil && s.told(err) == nil {
		n, err = len(p), nil
	}
	return n, err
}

// Sync implements vfs.File.
func (s spillFile) Sync() error { return s.told(s.File.Sync()) }

// SyncData implements vfs.File.
func (s spillFile) SyncData() error { return s.told(s.File.SyncData()) }

// SyncTo implements vfs.File.
func (s spillFile) SyncTo(length int64) (fullSync bool, err error) {
	fullSync, err = s.File.SyncTo(length)
	return fullSync, s.told(err)
}

// Close implements vfs.File.
func (s spillFile) Close() error { return s.told(s.File.Close()) }
