package persist

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/parleyhq/parley/engine"
)

// Defaults and bounds of Options.
const (
	DefaultCacheBytes        = 64 << 20
	DefaultMinFreeBytes      = 256 << 20
	DefaultCommitTimeout     = 10 * time.Second
	DefaultWatermarkInterval = 500 * time.Millisecond

	MaxCommitTimeout     = 5 * time.Minute
	MaxWatermarkInterval = time.Second // bounds the tail whose loss nothing would reveal
)

// Options of a store. The zero value means the defaults.
type Options struct {
	// FS is the file system; nil means the machine's own.
	FS vfs.FS

	// CacheBytes bounds the cache of disk blocks, in bytes.
	CacheBytes int64

	// MinFreeBytes is the free space below which the store is read-only; it
	// takes writes again above 9/8 of it. Negative: no guard.
	MinFreeBytes int64

	// CommitTimeout is how long a commit may take before the store gives up and
	// is poisoned. In a poisoned store it is how long a read may be stuck.
	CommitTimeout time.Duration

	// WatermarkInterval is how often a moving end of the log is recorded in the
	// watermark file.
	WatermarkInterval time.Duration

	// Keys unwrap the digest key of an encrypted store; a store that is created with
	// them is encrypted from its beginning. Nil = none; what is encrypted then stays so.
	Keys *engine.DataKeys

	// Logger takes the store's own and Pebble's messages; nil discards them.
	// They hold positions, sizes, file names and errors, never keys or payloads.
	Logger *slog.Logger

	// Progress is told, now and then and at the end, how many of total log
	// records Open or Verify has checked.
	Progress func(done, total uint64)

	tune       func(*pebble.Options) // tests make files small with it
	readAtOnce engine.Seq            // 0 means the constant; tests make it small
}

// withDefaults returns o with every zero field set, or all that is wrong with it.
func (o Options) withDefaults() (Options, error) {
	if o.CacheBytes == 0 {
		o.CacheBytes = DefaultCacheBytes
	}
	if o.MinFreeBytes == 0 {
		o.MinFreeBytes = DefaultMinFreeBytes
	}
	if o.CommitTimeout == 0 {
		o.CommitTimeout = DefaultCommitTimeout
	}
	if o.WatermarkInterval == 0 {
		o.WatermarkInterval = DefaultWatermarkInterval
	}
	if o.readAtOnce == 0 {
		o.readAtOnce = readAtOnce
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Progress == nil {
		o.Progress = func(_, _ uint64) {}
	}
	var errs []error
	if o.CacheBytes < 0 {
		errs = append(errs, fmt.Errorf("CacheBytes is %d, want at least 0", o.CacheBytes))
	}
	if o.CommitTimeout < 0 || o.CommitTimeout > MaxCommitTimeout {
		errs = append(errs, fmt.Errorf("CommitTimeout is %v, want at most %v", o.CommitTimeout, MaxCommitTimeout))
	}
	if o.WatermarkInterval < 0 || o.WatermarkInterval > MaxWatermarkInterval {
		errs = append(errs, fmt.Errorf("WatermarkInterval is %v, want at most %v", o.WatermarkInterval, MaxWatermarkInterval))
	}
	if err := errors.Join(errs...); err != nil {
		return Options{}, fmt.Errorf("persist: options: %w", err)
	}
	return o, nil
}
