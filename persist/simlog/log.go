package simlog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/persist"
)

// markEvery is how many appends lie between two watermarks.
const markEvery = 4

// segmentBytes is the length at which a file of the log is followed by another.
const segmentBytes = 32 << 10

// Log is an engine.Log on a Disk. All methods are safe for concurrent use.
type Log struct {
	disk      *Disk
	appending chan struct{} // holds one value while an append is under way
	saving    chan struct{} // the same of a checkpoint

	mu       sync.Mutex // guards what follows; never held while the disk works
	records  []place
	chains   []engine.Hash
	batches  []engine.Seq // where each batch ends
	derived  [engine.SpaceArchive + 1][]engine.DerivedRecord
	inForce  *inForce
	last     engine.Seq
	chain    engine.Hash
	readOnly bool
	markErr  error // of the last try to write the watermark
	failed   error // why the log is poisoned
	poisoned chan struct{}
	closed   bool

	// Of the appending.
	segment    int // number of the newest file
	size       int // of it; 0: the next append begins another
	unmarked   int // appends since the last watermark
	generation uint64
}

// inForce is the checkpoint that LoadCheckpoint gives.
type inForce struct {
	generation uint64
	info       engine.CheckpointInfo
	chunks     uint32
}

var _ engine.Log = (*Log)(nil)

// Disk returns the disk that the log is on.
func (l *Log) Disk() *Disk { return l.disk }

// Last implements engine.Log.
func (l *Log) Last() (engine.Seq, engine.Hash) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last, l.chain
}

// Batches returns the positions at which a batch ends, in order.
func (l *Log) Batches() []engine.Seq {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.batches)
}

// Append implements engine.Log.
func (l *Log) Append(ctx context.Context, expected engine.Seq, records []engine.Record) error {
	l.appending <- struct{}{}
	defer func() { <-l.appending }()
	if err := l.refusal(); err != nil {
		return err
	}
	last, chain := l.Last()
	if expected != last {
		return fmt.Errorf("%w: expected %d, last is %d", engine.ErrSeqMismatch, expected, last)
	}
	if err := engine.CheckBatch(records); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return errors.Join(engine.ErrNotWritten, err)
	}
	frame, chain := appendFrame(nil, last, chain, records)
	name, at, err := l.write(frame)
	if err != nil {
		return err
	}
	if err := l.take(name, at, frame, chain); err != nil {
		return l.poison(err)
	}
	if l.unmarked++; l.unmarked >= markEvery {
		l.Mark()
	}
	return nil
}

// write makes a frame durable. What is certainly not written is refused; after an error
// nothing is written behind what may be left of it.
func (l *Log) write(frame []byte) (name string, at int, err error) {
	fresh := l.size == 0 || l.size >= segmentBytes
	if fresh {
		l.segment++
		l.size = 0
		if err := l.disk.Create(LaneAppend, segmentName(l.segment)); err != nil {
			return "", 0, l.notWritten(err)
		}
	}
	name, at = segmentName(l.segment), l.size
	l.size = 0
	if err := l.disk.Write(LaneAppend, name, at, frame); err != nil {
		if errors.Is(err, ErrNoSpace) { // a part of a frame is none
			return "", 0, l.notWritten(err)
		}
		return "", 0, l.poison(err)
	}
	if err := l.disk.Sync(LaneAppend, name); err != nil {
		return "", 0, l.poison(err)
	}
	if fresh {
		if err := l.disk.SyncDir(LaneAppend); err != nil {
			return "", 0, l.poison(err)
		}
	}
	l.size = at + len(frame)
	return name, at, nil
}

func (l *Log) notWritten(err error) error {
	if errors.Is(err, ErrPowerCut) {
		return l.poison(err)
	}
	return errors.Join(engine.ErrNotWritten, err)
}

// poison ends all writing: the fate of a batch is unknown.
func (l *Log) poison(cause error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failed == nil {
		l.failed = fmt.Errorf("%w: %w", engine.ErrPoisoned, cause)
		close(l.poisoned)
	}
	return l.failed
}

// take makes the records of a durable frame part of the log.
func (l *Log) take(name string, at int, frame []byte, chain engine.Hash) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	w := walker{b: frame, at: frameHead, ok: true}
	for w.at < len(frame) && w.ok {
		value := w.bytes()
		l.records = append(l.records, place{name, at + w.at - len(value), at + w.at})
		l.last++
		got, payload, err := persist.DecodeRecord(l.last, value)
		if err != nil {
			return err
		}
		if l.chain = engine.ChainNext(l.chain, l.last, payload); l.chain != got {
			return damaged("chain broken at seq %d", l.last)
		}
		l.chains = append(l.chains, got)
		for n := w.number(); n > 0 && w.ok; n-- {
			d := engine.DerivedRecord{Space: w.space(), Key: bytes.Clone(w.bytes()), Value: bytes.Clone(w.bytes())}
			if int(d.Space) >= len(l.derived) {
				return damaged("space %d at seq %d", d.Space, l.last)
			}
			l.derived[d.Space] = append(l.derived[d.Space], d)
		}
	}
	if !w.ok || chain != (engine.Hash{}) && chain != l.chain {
		return damaged("a frame that ends at seq %d does not hold together", l.last)
	}
	l.batches = append(l.batches, l.last)
	return nil
}

func damaged(format string, args ...any) error {
	return fmt.Errorf("%w: %s", engine.ErrCorrupt, fmt.Sprintf(format, args...))
}

// Mark writes the watermark. While it cannot be written the log is read-only.
func (l *Log) Mark() {
	last, chain := l.Last()
	err := l.replace(LaneAppend, watermarkName, persist.EncodeWatermark(storeHash, last, chain))
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.markErr = err; err == nil {
		l.unmarked = 0
	}
}

// replace puts a file of the given content in the place of name, or leaves what is there.
func (l *Log) replace(lane Lane, name string, content []byte) error {
	next := name + ".new"
	if err := l.disk.Create(lane, next); err != nil {
		return err
	}
	if err := l.disk.Write(lane, next, 0, content); err != nil {
		return err
	}
	if err := l.disk.Sync(lane, next); err != nil {
		return err
	}
	if err := l.disk.Rename(lane, next, name); err != nil {
		return err
	}
	return l.disk.SyncDir(lane)
}

// SetReadOnly refuses appends and checkpoints, or ends that.
func (l *Log) SetReadOnly(on bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.readOnly = on
}

// refusal is why nothing may be written, in the words of Append.
func (l *Log) refusal() error {
	err := l.Writable()
	if err == nil || errors.Is(err, engine.ErrPoisoned) {
		return err
	}
	return errors.Join(engine.ErrNotWritten, err)
}

// Writable implements engine.Log.
func (l *Log) Writable() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.failed != nil:
		return l.failed
	case l.closed:
		return engine.ErrLogClosed
	case l.readOnly:
		return engine.ErrReadOnly
	case l.markErr != nil:
		return fmt.Errorf("%w: watermark: %w", engine.ErrReadOnly, l.markErr)
	}
	return nil
}

// Poisoned implements engine.Log.
func (l *Log) Poisoned() <-chan struct{} { return l.poisoned }

// Close implements engine.Log.
func (l *Log) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	return nil
}
