//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// ownedBy refuses the directory of a store that belongs to another user than self, the effective one. One that is not there is nobody's.
// The root of a volume may be root's, with rights for the group of whoever serves: there the store in it says whose it is.
func ownedBy(dir string, self int) error {
	for _, path := range []string{filepath.Join(dir, storeIdentity), dir} {
		info, err := os.Stat(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil { // whoever may not look is told so when the store is opened
			return nil //nolint:nilerr // as said
		}
		file, ok := info.Sys().(*syscall.Stat_t)
		if ok && int(file.Uid) != self && (path != dir || file.Uid != 0) {
			return anotherOwner(path, int(file.Uid), self)
		}
	}
	return nil
}
