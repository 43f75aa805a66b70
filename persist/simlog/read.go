package simlog

import (
	"bytes"
	"slices"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/persist"
)

// Read implements engine.Log. Every record is read from the disk.
func (l *Log) Read(from engine.Seq, fn func(engine.Seq, []byte) error) error {
	from = max(from, 1)
	l.mu.Lock()
	closed, records, chains := l.closed, l.records[:l.last:l.last], l.chains
	l.mu.Unlock()
	if closed {
		return engine.ErrLogClosed
	}
	var prev engine.Hash
	if from > 1 && from <= engine.Seq(len(records)) {
		prev = chains[from-2]
	}
	file := ""
	var content []byte
	for seq := from; seq <= engine.Seq(len(records)); seq++ {
		p := records[seq-1]
		if p.file != file || p.end > len(content) {
			var err error
			if content, err = l.disk.Read(LaneOpen, p.file); err != nil {
				return err
			}
			file = p.file
		}
		if p.end > len(content) {
			return damaged("%s ends before the record at seq %d", file, seq)
		}
		chain, payload, err := persist.DecodeRecord(seq, content[p.start:p.end])
		if err != nil {
			return err
		}
		if prev = engine.ChainNext(prev, seq, payload); prev != chain {
			return damaged("chain broken at seq %d", seq)
		}
		if err := fn(seq, payload); err != nil {
			return err
		}
	}
	return nil
}

// Derived implements engine.Log.
func (l *Log) Derived(space engine.Space, from []byte, fn func(key, value []byte) error) error {
	l.mu.Lock()
	closed := l.closed
	var all []engine.DerivedRecord
	if int(space) < len(l.derived) {
		all = slices.Clone(l.derived[space])
	}
	l.mu.Unlock()
	if closed {
		return engine.ErrLogClosed
	}
	slices.SortStableFunc(all, func(a, b engine.DerivedRecord) int { return bytes.Compare(a.Key, b.Key) })
	for i, d := range all {
		if i > 0 && bytes.Equal(all[i-1].Key, d.Key) {
			return damaged("space %d: a key is used twice", space)
		}
		if bytes.Compare(d.Key, from) < 0 {
			continue
		}
		if err := fn(d.Key, d.Value); err != nil {
			return err
		}
	}
	return nil
}
