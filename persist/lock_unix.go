//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package persist

import (
	"errors"
	"io"
	"os"
	"syscall"
)

// holdDir locks a directory itself for this process, which nobody undoes by deleting a lock file. It fails with EAGAIN if another
// process, or this one, has it. A file system that locks no directories locks none: nil is returned.
func holdDir(dir string) (io.Closer, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		return heldDir{f}, nil
	}
	if errors.Is(err, syscall.EAGAIN) {
		return nil, errors.Join(err, f.Close())
	}
	return nil, f.Close()
}

// heldDir is a directory that this process has locked.
type heldDir struct{ f *os.File }

// Close implements io.Closer. A child process on its way between fork and exec has the descriptor, too, and the lock would last
// until that is closed: so it is undone, and not left to end with the descriptor.
func (d heldDir) Close() error {
	return errors.Join(syscall.Flock(int(d.f.Fd()), syscall.LOCK_UN), d.f.Close())
}
