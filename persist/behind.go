package persist

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync/atomic"
	"time"

	"github.com/parleyhq/parley/engine"
)

// readAtOnce is how many log records before the checkpoint Open reads itself. An
// older part that is longer is read behind, while the store is in use.
const readAtOnce = 16 << 10

// Reading behind takes one step after the other and rests as long as each has
// taken, so that it never has more than half of a core.
const (
	behindStep = 1024 // records
	behindRest = time.Millisecond
	// A start comes first: reading begins after behindDelay and rests while a
	// checkpoint is being loaded.
	behindDelay = 50 * time.Millisecond
	loadingRest = 50 * time.Millisecond
	// maxNoteBytes bounds the note about damage.
	maxNoteBytes = 4 << 10
)

// behind is the part of the log that Open has left to be read later.
type behind struct {
	until engine.Seq // position of the checkpoint that Open went by; 0 = nothing is left
	chain engine.Hash
	mark  watermark     // as of Open
	done  atomic.Uint64 // the last position that was read and is whole
	ended chan struct{} // closed when nothing is read any more
}

// OldLog tells how far the reading of the log before the checkpoint has come.
type OldLog struct {
	Read  uint64 // records that are whole; never beyond Total
	Total uint64 // records that were not read before the store was opened
	Whole bool   // nothing is left to be read, and nothing is wrong
}

// OldLog returns the present state of reading behind. A store that was read as a
// whole when it was opened has nothing to read.
func (s *Store) OldLog() OldLog {
	done := s.behind.done.Load()
	return OldLog{
		Read: done, Total: uint64(s.behind.until),
		Whole: done == uint64(s.behind.until) && s.health.damagedLog.Load() == nil,
	}
}

// mayWait reports whether the log up to a checkpoint may be read behind. It may
// not if Pebble knows fewer files than the directory has: as soon as it opens in
// earnest it deletes the others, which after a damaged MANIFEST are what a
// rescue needs.
func (e *examination) mayWait(p pointer) (bool, error) {
	if e.report != nil || p.info.Seq <= e.s.opts.readAtOnce {
		return false, nil
	}
	names, err := e.s.fs.List(e.s.fs.PathJoin(e.s.dir, databaseName))
	if err != nil {
		return false, fmt.Errorf("persist: %s: %w", databaseName, err)
	}
	there := int64(0)
	for _, name := range names {
		if strings.HasSuffix(name, ".sst") || strings.HasSuffix(name, ".blob") {
			there++
		}
	}
	db := e.s.db // whoever gives up on a stuck disk forgets it
	known, err := guarded(e.s, "metrics", e.s.grace(), func() (known int64, _ error) {
		m := db.Metrics()
		for i := range m.Levels {
			known += m.Levels[i].TablesCount
		}
		return known + int64(m.BlobFiles.LiveCount), nil
	})
	return there == known, err
}

// leaveBehind lets the walk begin at the checkpoint. The watermark, if it is
// older, is compared here.
func (e *examination) leaveBehind(p pointer) error {
	b := &e.s.behind
	b.until, b.chain, b.mark = p.info.Seq, p.info.Chain, e.mark
	e.first = p.info.Seq
	e.last = e.first - 1
	if e.mark.seq == 0 || e.mark.seq >= e.first {
		return nil
	}
	key := logKey(e.mark.seq)
	value, ok, err := e.s.get(e.view, key)
	if err == nil && !ok {
		err = damaged("log", "record at seq %d is missing", e.mark.seq)
	}
	if err != nil {
		return err
	}
	chain, _, err := decodeRecord(key, value)
	if err == nil && chain != e.mark.chain {
		err = otherHistory(e.mark.seq)
	}
	return err
}

func otherHistory(seq engine.Seq) error {
	return damaged("log", "seq %d has another chain value than %s remembers: another history", seq, watermarkName)
}

// startBehind begins to read what Open has left.
func (s *Store) startBehind() {
	if s.behind.until == 0 {
		s.forgetDamage()
		close(s.behind.ended)
		return
	}
	go func() {
		defer close(s.behind.ended)
		switch err := s.readBehind(); {
		case err == nil:
			s.opts.Logger.Info("the log before the checkpoint was read and is whole", "records", uint64(s.behind.until))
			s.forgetDamage()
		case errors.Is(err, engine.ErrLogClosed) || errors.Is(err, engine.ErrPoisoned):
		default:
			s.noteDamage(err)
		}
	}()
}

// readBehind reads the records from the first one to the checkpoint, with
// checksums and chain.
func (s *Store) readBehind() error {
	b := &s.behind
	if !s.rest(behindDelay) {
		return engine.ErrLogClosed
	}
	var chain engine.Hash
	tenth := uint64(0)
	for seq := engine.Seq(0); seq < b.until; {
		if s.loading.Load() > 0 {
			if !s.rest(loadingRest) {
				return engine.ErrLogClosed
			}
			continue
		}
		began := time.Now()
		next, err := s.readStep(seq, min(seq+behindStep, b.until), chain)
		if err != nil {
			return err
		}
		chain = next
		seq = min(seq+behindStep, b.until)
		if now := uint64(seq) * 10 / uint64(b.until); now > tenth {
			tenth = now
			s.opts.Logger.Info("reading the log before the checkpoint", "done", uint64(seq), "total", uint64(b.until))
		}
		if !s.rest(max(behindRest, time.Since(began))) {
			return engine.ErrLogClosed
		}
	}
	if chain != b.chain {
		return damaged("checkpoints", "the checkpoint at seq %d has another chain value than the log", b.until)
	}
	return nil
}

// readStep reads the records after seq up to last, in a view of its own, so
// that Pebble need not keep what is old for long.
func (s *Store) readStep(seq, last engine.Seq, chain engine.Hash) (engine.Hash, error) {
	v, err := s.acquire()
	if err != nil {
		return chain, err
	}
	c := s.walk(v, logKey(seq+1), logKey(last+1))
	defer c.close()
	for seq++; seq <= last; seq++ {
		if isClosed(s.closing) {
			return chain, engine.ErrLogClosed
		}
		stored, payload, err := nextRecord(c, seq)
		if err != nil {
			return chain, err
		}
		if chain = engine.ChainNext(chain, seq, payload); chain != stored {
			return chain, damaged("log", "chain broken at seq %d", seq)
		}
		if seq == s.behind.mark.seq && chain != s.behind.mark.chain {
			return chain, otherHistory(seq)
		}
		s.behind.done.Store(uint64(seq))
	}
	return chain, nil
}

// rest reports false if the store ends meanwhile.
func (s *Store) rest(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-s.closing:
	case <-s.poisoned:
	}
	return false
}

// noteDamage makes the store read-only, now and after a restart: the note stays
// in the directory until a reading of the whole log has found nothing.
func (s *Store) noteDamage(err error) {
	text := strings.TrimPrefix(err.Error(), engine.ErrCorrupt.Error()+": ")
	text = text[:min(len(text), maxNoteBytes-1)]
	s.health.damagedLog.Store(&text)
	s.opts.Logger.Error("the log before the checkpoint is damaged: the store is read-only; "+restoreHint, "error", text)
	if err := replaceFile(s.fs, s.dir, damageName, newDamage, []byte(text+"\n")); err != nil {
		s.opts.Logger.Error("the note about the damage is not written", "file", damageName, "error", err)
	}
}

// recallDamage makes the store read-only if it was found damaged before.
func (s *Store) recallDamage() error {
	text, err := readFile(s.fs, s.fs.PathJoin(s.dir, damageName), maxNoteBytes)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return classify(damageName, err)
	}
	note := strings.TrimSpace(string(text))
	s.health.damagedLog.Store(&note)
	return nil
}

// forgetDamage lifts what recallDamage has found: the log is whole.
func (s *Store) forgetDamage() {
	if s.health.damagedLog.Load() == nil {
		return
	}
	if err := removeFile(s.fs, s.fs.PathJoin(s.dir, damageName)); err != nil {
		s.opts.Logger.Error("the note about damage is not removed", "file", damageName, "error", err)
		return
	}
	s.health.damagedLog.Store(nil)
}
