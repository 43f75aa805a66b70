package persist

import (
	"math"
	"syscall"
)

// freeInodes returns how many files can still be made on the file system of a directory; ok is false if that is unknown, or not bounded.
func freeInodes(dir string) (free int64, ok bool) {
	var stat syscall.Statfs_t
	if err := syscall.Statfs(dir, &stat); err != nil || stat.Files == 0 {
		return 0, false
	}
	return int64(min(stat.Ffree, math.MaxInt64)), true // some say -1 where there is no bound
}
