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
	DefaultBallastBytes      = 64 << 20
	DefaultLowFreePercent    = 20
	DefaultScarceFreePercent = 10
	DefaultCommitTimeout     = 10 * time.Second
	DefaultStallTimeout      = 2 * time.Second
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
	// takes writes again above 9/8 of it. Below an eighth of it, or 20 MiB if that is
	// more and at most half of it, not even what frees something is written, and the
	// ballast goes. Less than 40 MiB may not leave enough to open the store again on a
	// full disk without a ballast. 256 inodes must be free as well, where the file system
	// says how many are. Negative: no guard and no ballast.
	MinFreeBytes int64

	// LowFreePercent and ScarceFreePercent are shares of the whole disk, in
	// percent from 1 to 99: with less free space the store says so in its log, and
	// again when it is scarce. Nothing is refused for that.
	LowFreePercent, ScarceFreePercent int

	// BallastBytes is the length of a file that only takes space. When the disk is
	// full it is given back, so that what is open can be closed, the watermark be
	// written and the store be opened again. It is made again when there is
	// room. Negative: none.
	BallastBytes int64

	// CommitTimeout is how long a commit may take before the store gives up and
	// is poisoned. In a poisoned store it is how long a read may be stuck.
	CommitTimeout time.Duration

	// StallTimeout is how long a commit may take before new appends are refused;
	// they are taken again when it has ended. At most CommitTimeout.
	StallTimeout time.Duration

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
	spill      *spillFS              // FS, if a store that cannot be written is thrown away
	partial    bool                  // a store that is being made may be opened
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
	if o.StallTimeout == 0 {
		o.StallTimeout = min(DefaultStallTimeout, o.CommitTimeout)
	}
	if o.LowFreePercent == 0 {
		o.LowFreePercent = DefaultLowFreePercent
	}
	if o.ScarceFreePercent == 0 {
		o.ScarceFreePercent = min(DefaultScarceFreePercent, o.LowFreePercent)
	}
	if o.BallastBytes == 0 {
		o.BallastBytes = DefaultBallastBytes
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
	if o.StallTimeout < 0 || o.StallTimeout > o.CommitTimeout {
		errs = append(errs, fmt.Errorf("StallTimeout is %v, want at most CommitTimeout, %v", o.StallTimeout, o.CommitTimeout))
	}
	if o.LowFreePercent < 1 || o.LowFreePercent > 99 || o.ScarceFreePercent < 1 || o.ScarceFreePercent > o.LowFreePercent {
		errs = append(errs, fmt.Errorf("LowFreePercent is %d and ScarceFreePercent %d, want 1 to 99 and at most the former",
			o.LowFreePercent, o.ScarceFreePercent))
	}
	if o.WatermarkInterval < 0 || o.WatermarkInterval > MaxWatermarkInterval {
		errs = append(errs, fmt.Errorf("WatermarkInterval is %v, want at most %v", o.WatermarkInterval, MaxWatermarkInterval))
	}
	if err := errors.Join(errs...); err != nil {
		return Options{}, fmt.Errorf("persist: options: %w", err)
	}
	return o, nil
}
