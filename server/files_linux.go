package server

import (
	"math"
	"syscall"
)

// fileHandles is how many file handles this program may have.
func fileHandles() uint64 {
	var r syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &r); err != nil {
		return math.MaxUint64
	}
	return r.Cur
}
