package persist

import (
	"errors"
	"fmt"
	"io"

	"github.com/parleyhq/parley/engine"
)

// progressStep is the number of records between two calls of Progress.
const progressStep = 4096

// examination is a walk through a store that nobody writes. Open ends it at
// the first doubt; Verify collects them in a report.
type examination struct {
	s      *Store
	mark   watermark
	first  engine.Seq // where the walk through the log begins
	report *Report    // nil: end at the first doubt

	view *view
	content
	generation uint64 // the highest in use, complete or not
}

// doubt ends the examination with err, or notes it and goes on.
func (e *examination) doubt(seq engine.Seq, err error) error {
	if e.report == nil {
		return err
	}
	e.report.add(seq, err)
	return nil
}

// examine opens Pebble without the right to change anything, and looks.
func (s *Store) examine(e *examination) error {
	if err := s.openDatabase(readOnly); err != nil {
		return e.doubt(0, err)
	}
	s.publish(content{})
	e.view = s.current.Load()
	err := e.look()
	return errors.Join(err, s.retire())
}

func (e *examination) look() error {
	err := e.checkBinding()
	if err == nil {
		err = e.findCheckpoint()
	}
	if err == nil {
		err = e.walkLog()
	}
	if err == nil {
		err = e.checkEnd()
	}
	switch {
	case err != nil:
		return err
	case e.report != nil:
		return e.readRest()
	}
	return e.s.findHeads()
}

// checkBinding makes sure that database and identity file belong together.
func (e *examination) checkBinding() error {
	value, ok, err := e.s.get(e.view, bindingKey)
	if err == nil && !ok {
		err = damaged("store key", "missing")
	}
	if err != nil {
		return e.doubt(0, err)
	}
	identity, err := decodeBinding(value)
	if err == nil && identity != e.s.identityDigest {
		err = damaged(identityName, "belongs to another store than the database")
	}
	if err != nil {
		return e.doubt(0, err)
	}
	return nil
}

// findCheckpoint reads the checkpoint in force, content included: a lost table
// may hold nothing but a part of it. Where the log before it may wait, so may
// its content, which is checked when it is loaded.
func (e *examination) findCheckpoint() error {
	value, ok, err := e.s.get(e.view, pointerKey)
	if err != nil {
		return e.doubt(0, err)
	}
	if ok {
		p, err := decodePointer(value)
		if err != nil {
			return e.doubt(0, err)
		}
		e.checkpoint, e.generation = &p, p.generation
		wait, err := e.mayWait(p)
		switch {
		case err != nil:
			return err
		case wait:
			err = e.leaveBehind(p)
		default:
			err = e.readCheckpoint(p)
		}
		if err != nil {
			return e.doubt(p.info.Seq, err)
		}
	}
	return e.findGenerations()
}

func (e *examination) readCheckpoint(p pointer) error {
	v, err := e.s.acquire()
	if err != nil {
		return err
	}
	r := e.s.readCheckpoint(v, p)
	_, err = io.Copy(io.Discard, r)
	return errors.Join(err, r.Close())
}

// findGenerations looks for what saves that broke off have left after the
// checkpoint in force, so that the next one takes a number of its own.
func (e *examination) findGenerations() error {
	lower := chunkKey(e.generation+1, 0)
	_, upper := spaceBounds(spaceCheckpoint)
	return e.each(lower, upper, func(key, _ []byte) error {
		generation, _, ok := parseChunkKey(key)
		if !ok {
			return e.doubt(0, damaged("checkpoints", "a key of %d bytes that is no chunk", len(key)))
		}
		e.generation = max(e.generation, generation)
		return nil
	})
}

// walkLog checks every record from the first one on: that none is missing, its
// checksum, its chain.
func (e *examination) walkLog() error {
	total, err := e.s.lastSeq()
	if err != nil && e.report == nil {
		return err // Verify meets it again on its way
	}
	before := e.first - 1
	progress := func() { e.s.opts.Progress(uint64(e.last-before), uint64(max(total, before)-before)) }
	lower, upper := spaceBounds(spaceLog)
	if e.first > 1 {
		lower = logKey(e.first)
	}
	err = e.each(lower, upper, func(key, value []byte) error {
		if uint64(e.last)%progressStep == progressStep-1 {
			progress()
		}
		return e.checkRecord(key, value)
	})
	progress()
	return err
}

// checkRecord checks what comes after e.last. While e.chain is unknown, which
// is a zero behind the beginning, there is nothing to compare a chain with.
func (e *examination) checkRecord(key, value []byte) error {
	seq, ok := parseLogKey(key)
	if !ok || seq <= e.last {
		return e.doubt(0, damaged("log", "a key of %d bytes that is no position", len(key)))
	}
	if seq > e.last+1 {
		err := damaged("log", "records at seq %d to %d are missing", e.last+1, seq-1)
		if err := e.doubt(e.last+1, err); err != nil {
			return err
		}
		e.chain = engine.Hash{}
	}
	known := seq == 1 || e.chain != engine.Hash{}
	prev := e.chain
	e.last, e.chain = seq, engine.Hash{}
	chain, payload, err := decodeRecord(key, value)
	if err != nil {
		return e.doubt(seq, err)
	}
	e.chain = chain
	if known && engine.ChainNext(prev, seq, payload) != chain {
		if err := e.doubt(seq, damaged("log", "chain broken at seq %d", seq)); err != nil {
			return err
		}
	}
	return e.checkMarks(chain)
}

// checkMarks compares the chain at e.last with who else remembers it.
func (e *examination) checkMarks(chain engine.Hash) error {
	if e.last == e.mark.seq && chain != e.mark.chain {
		if err := e.doubt(e.last, otherHistory(e.last)); err != nil {
			return err
		}
	}
	if e.checkpoint != nil && e.last == e.checkpoint.info.Seq && chain != e.checkpoint.info.Chain {
		err := damaged("checkpoints", "the checkpoint at seq %d has another chain value than the log", e.last)
		return e.doubt(e.last, err)
	}
	return nil
}

// checkEnd makes sure that the log goes as far as it once did.
func (e *examination) checkEnd() error {
	if e.last < e.mark.seq {
		err := damaged("log", "ends at seq %d, but seq %d was durable: %d acknowledged records or more are lost",
			e.last, e.mark.seq, e.mark.seq-e.last)
		if err := e.doubt(e.mark.seq, err); err != nil {
			return err
		}
	}
	if e.checkpoint != nil && e.last < e.checkpoint.info.Seq {
		err := damaged("log", "ends at seq %d, before the checkpoint at seq %d", e.last, e.checkpoint.info.Seq)
		return e.doubt(e.checkpoint.info.Seq, err)
	}
	return nil
}

// readRest reads what opening does not need, the derived keyspaces, and counts.
func (e *examination) readRest() error {
	for space := range byte(spaceCount) {
		keys := &e.report.Keys[space]
		keys.Space = spaceName(space)
		lower, upper := spaceBounds(space)
		var journal journalWalk
		err := e.each(lower, upper, func(key, value []byte) error {
			if space == spaceAccess {
				if _, err := journal.next(key, value); err != nil {
					e.report.add(0, err)
				}
			}
			keys.Count++
			keys.Bytes += uint64(len(key) + len(value))
			return nil
		})
		if err != nil {
			return err
		}
	}
	audit := e.report.Keys[spaceAudit].Count
	switch format := e.s.identity.Format; {
	case format == 1 && audit != uint64(e.last):
		e.report.add(0, damaged("audit", "%d records for %d log records", audit, e.last))
	case format > 1 && audit > 0:
		e.report.add(0, damaged("audit", "%d records in a store of format %d, which keeps none", audit, format))
	}
	return e.each([]byte{spaceCount}, nil, func(key, _ []byte) error {
		e.report.add(0, damaged(spaceName(key[0]), "a key of %d bytes that this program does not know", len(key)))
		return nil
	})
}

// each calls fn for every key in [lower, upper). Unreadable blocks are a doubt.
func (e *examination) each(lower, upper []byte, fn func(key, value []byte) error) error {
	v, err := e.s.acquire()
	if err != nil {
		return err
	}
	c := e.s.walk(v, lower, upper)
	defer c.close()
	for {
		key, value, ok, err := c.read()
		if err != nil {
			return e.doubt(0, fmt.Errorf("%s: %w", spaceName(lower[0]), err))
		}
		if !ok {
			return nil
		}
		if err := fn(key, value); err != nil {
			return err
		}
	}
}
