package persist

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parleyhq/parley/engine"
)

// Refusals of Create, Open and Verify, beside engine.ErrCorrupt. Each is
// wrapped in a text that names the directory or file and says what helps.
var (
	ErrNoStore     = errors.New("persist: no store here")              // missing or empty directory; Create may be used
	ErrInterrupted = errors.New("persist: creation was interrupted")   // nothing was ever stored; Create starts again
	ErrNotStore    = errors.New("persist: not a store")                // something else lives in the directory
	ErrExists      = errors.New("persist: directory is not empty")     // Create only
	ErrInUse       = errors.New("persist: in use by another process")  // or opened twice by this one
	ErrNewerFormat = errors.New("persist: written by a newer version") // of the format than this program knows
)

// damaged returns an error wrapping engine.ErrCorrupt with the place, which
// is a file or a keyspace with a position, and what is wrong there.
func damaged(place, format string, args ...any) error {
	return fmt.Errorf("%w: %s: %s", engine.ErrCorrupt, place, fmt.Sprintf(format, args...))
}

// classify wraps an error that Pebble returned from place. It is damage, unless
// the operating system refused something; but a missing file of an existing
// store is damage as well. Pebble itself marks only wrong checksums.
func classify(place string, err error) error {
	if err == nil {
		return nil
	}
	var errno syscall.Errno
	if errors.As(err, &errno) && !errors.Is(err, fs.ErrNotExist) && !pebble.IsCorruptionError(err) {
		return fmt.Errorf("persist: %s: %w", place, err)
	}
	return damaged(place, "%v", err)
}

func isDamage(err error) bool { return errors.Is(err, engine.ErrCorrupt) }
