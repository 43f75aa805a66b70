package simlog

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/persist"
)

const (
	watermarkName = "watermark"
	pointerName   = "pointer"
	segmentPrefix = "wal-"
)

// storeHash stands for the identity that a watermark belongs to.
var storeHash = engine.Hash(sha256.Sum256([]byte("simlog")))

func segmentName(n int) string           { return fmt.Sprintf("%s%06d", segmentPrefix, n) }
func stateName(generation uint64) string { return fmt.Sprintf("state-%06d", generation) }

// Open opens the log on a disk, or makes an empty one where nothing was ever
// acknowledged. A log that contradicts itself, or ends before its watermark, is refused
// with engine.ErrCorrupt. What was read is durable when Open returns.
func Open(d *Disk) (*Log, error) {
	l := &Log{
		disk: d, appending: make(chan struct{}, 1), saving: make(chan struct{}, 1), poisoned: make(chan struct{}),
	}
	names, err := d.List(LaneOpen)
	if err != nil {
		return nil, err
	}
	if err := l.readSegments(names); err != nil {
		return nil, err
	}
	if slices.Contains(names, watermarkName) {
		err = l.checkWatermark()
	} else if l.last > 0 || slices.Contains(names, pointerName) {
		err = damaged("%s is missing", watermarkName)
	}
	if err != nil {
		return nil, err
	}
	if err := l.readPointer(names); err != nil {
		return nil, err
	}
	if err := l.secure(); err != nil {
		return nil, err
	}
	return l, l.sweep(names)
}

// readSegments reads every frame of every file of the log. The end of a file may be torn:
// what was written there was never acknowledged, or the watermark or the next file says so.
func (l *Log) readSegments(names []string) error {
	for _, name := range names {
		if !strings.HasPrefix(name, segmentPrefix) {
			continue
		}
		if _, err := fmt.Sscanf(name, segmentPrefix+"%d", &l.segment); err != nil {
			return damaged("a file called %s", name)
		}
		content, err := l.disk.Read(LaneOpen, name)
		if err != nil {
			return err
		}
		at := 0
		for at < len(content) {
			frame, n := nextFrame(content[at:])
			if n == 0 {
				l.disk.count("torn batch dropped")
				break
			}
			if err := l.take(name, at, frame, engine.Hash{}); err != nil {
				return err
			}
			at += len(frame)
		}
	}
	return nil
}

func (l *Log) checkWatermark() error {
	content, err := l.disk.Read(LaneOpen, watermarkName)
	if err != nil {
		return err
	}
	store, seq, chain, err := persist.DecodeWatermark(content)
	switch {
	case err != nil:
		return err
	case store != storeHash:
		return damaged("%s belongs to another store", watermarkName)
	case seq > l.last:
		return damaged("the log ends at seq %d, the watermark is at %d", l.last, seq)
	case seq > 0 && l.chains[seq-1] != chain:
		return damaged("seq %d has another chain value than the watermark remembers", seq)
	}
	return nil
}

func (l *Log) readPointer(names []string) error {
	if !slices.Contains(names, pointerName) {
		return nil
	}
	content, err := l.disk.Read(LaneOpen, pointerName)
	if err != nil {
		return err
	}
	var c inForce
	if c.generation, c.info, c.chunks, err = persist.DecodePointer(content); err != nil {
		return err
	}
	if c.info.Seq > l.last || l.chains[c.info.Seq-1] != c.info.Chain {
		return damaged("the checkpoint at seq %d belongs to another log", c.info.Seq)
	}
	l.inForce, l.generation = &c, c.generation
	return nil
}

// secure makes durable what was read: after a failed sync it may stand in the cache
// alone, and a sync of clean pages does nothing. So the last batches are written again.
func (l *Log) secure() error {
	if l.last > 0 {
		end := l.records[l.last-1]
		content, err := l.disk.Read(LaneOpen, end.file)
		if err != nil {
			return err
		}
		if err := l.disk.Write(LaneOpen, end.file, 0, slices.Clone(content)); err != nil {
			return err
		}
		if err := l.disk.Sync(LaneOpen, end.file); err != nil {
			return err
		}
	}
	if err := l.disk.SyncDir(LaneOpen); err != nil {
		return err
	}
	return l.replace(LaneOpen, watermarkName, persist.EncodeWatermark(storeHash, l.last, l.chain))
}

// sweep removes what saves that broke off have left, so that the next takes no name of theirs.
func (l *Log) sweep(names []string) error {
	for _, name := range names {
		var generation uint64
		if _, err := fmt.Sscanf(name, "state-%d", &generation); err != nil || l.inForce != nil && generation == l.inForce.generation {
			continue
		}
		if err := l.disk.Remove(LaneOpen, name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
