package persist

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"

	"github.com/parleyhq/parley/engine"
)

// journal is the access journal of a store. It has a commit loop of its own, so that
// who waits for a record of it does not wait for the log's writer too: Pebble syncs both
// together where they meet.
type journal struct {
	appending sync.Mutex // one append at a time
	commits   chan commit
	ended     chan struct{} // closed when the commit loop has ended
	// heads are what is durable, by tenant; replaced, never changed.
	heads atomic.Pointer[[]engine.JournalHead]
}

var _ engine.Journal = (*Store)(nil)

// journalKey returns the key of a record: tenant, a zero byte, number. Byte order is by
// tenant and then by number, for no tenant holds a NUL.
func journalKey(tenant string, n uint64) []byte {
	key := append(append([]byte{spaceAccess}, tenant...), 0)
	return binary.BigEndian.AppendUint64(key, n)
}

func parseJournalKey(key []byte) (tenant string, n uint64, ok bool) {
	end := len(key) - 9
	if end < 2 || key[0] != spaceAccess || key[end] != 0 || slices.Contains(key[1:end], 0) {
		return "", 0, false
	}
	return string(key[1:end]), binary.BigEndian.Uint64(key[end+1:]), true
}

// findHead returns the place of a tenant's head, or where it would be.
func findHead(heads []engine.JournalHead, tenant string) (int, bool) {
	return slices.BinarySearchFunc(heads, tenant, func(h engine.JournalHead, t string) int { return strings.Compare(h.Tenant, t) })
}

// JournalHeads implements engine.Journal.
func (s *Store) JournalHeads() []engine.JournalHead {
	if heads := s.journal.heads.Load(); heads != nil {
		return slices.Clone(*heads)
	}
	return nil
}

// AppendJournal implements engine.Journal.
func (s *Store) AppendJournal(ctx context.Context, entries []engine.JournalEntry) ([]engine.JournalHead, error) {
	s.journal.appending.Lock()
	defer s.journal.appending.Unlock()
	if err := refused(s.writableJournal()); err != nil {
		return nil, err
	}
	if err := engine.CheckJournal(entries); err != nil {
		return nil, err
	}
	heads, batch := s.JournalHeads(), s.db.NewBatch()
	out := make([]engine.JournalHead, len(entries))
	for i, e := range entries {
		at, known := findHead(heads, e.Tenant)
		if !known {
			heads = slices.Insert(heads, at, engine.JournalHead{Tenant: e.Tenant})
		}
		heads[at] = heads[at].Next(e.Payload)
		out[i] = heads[at]
		key := journalKey(e.Tenant, out[i].N)
		if err := batch.Set(key, encodeRecord(key, out[i].Chain, e.Payload), nil); err != nil {
			return nil, errors.Join(engine.ErrNotWritten, err)
		}
	}
	err := s.handTo(ctx, s.journal.commits, commit{batch: batch, sync: pebble.Sync, done: make(chan error, 1)})
	if err != nil {
		return nil, err
	}
	s.journal.heads.Store(&heads)
	return out, nil
}

// journalLoop makes one commit of the journal after the other, as commitLoop does for
// the log. What it has written is in no view: the journal is read up to its heads.
func (s *Store) journalLoop() {
	defer close(s.journal.ended)
	for {
		select {
		case c := <-s.journal.commits:
			c.done <- s.commitJournal(c)
		case <-s.closing:
			return
		}
	}
}

func (s *Store) commitJournal(c commit) error {
	if isClosed(s.poisoned) {
		return s.poisonedError()
	}
	err := recovered("commit", func() error { return errors.Join(c.batch.Commit(c.sync), c.batch.Close()) })
	if err != nil {
		s.poison(fmt.Sprintf("commit of the access journal failed: %v", err))
	}
	if isClosed(s.poisoned) {
		return s.poisonedError()
	}
	return nil
}

// journalView is what Pebble shows now, for a walk that ends at a head.
func (s *Store) journalView() (*view, error) {
	s.viewMu.Lock()
	defer s.viewMu.Unlock()
	if isClosed(s.closing) {
		return nil, engine.ErrLogClosed
	}
	s.walks.Add(1)
	return &view{snapshot: s.db.NewSnapshot(), refs: 1}, nil
}

// WalkJournal implements engine.Journal.
func (s *Store) WalkJournal(tenant string, n uint64, fn func(engine.JournalHead, []byte) error) error {
	heads := s.journal.heads.Load()
	at, known := findHead(*heads, tenant)
	if !known {
		return nil
	}
	head := (*heads)[at]
	if n = max(n, 1); n > head.N {
		return nil
	}
	v, err := s.journalView()
	if err != nil {
		return err
	}
	first := max(n-1, 1) // for its chain value
	c := s.walk(v, journalKey(tenant, first), journalKey(tenant, head.N+1))
	defer c.close()
	w := journalWalk{last: engine.JournalHead{Tenant: tenant, N: first - 1}, unknown: first > 1}
	for w.last.N < head.N {
		key, value, ok, err := c.read()
		if err != nil {
			return err
		}
		if !ok {
			return damaged("access journal", "record %d of %s is missing", w.last.N+1, tenant)
		}
		payload, err := w.next(key, value)
		if err != nil {
			return err
		}
		if w.last.N >= n {
			if err := fn(w.last, payload); err != nil {
				return err
			}
		}
	}
	return nil
}

// journalWalk checks one record of a chain after the other.
type journalWalk struct {
	last    engine.JournalHead
	unknown bool // the chain value before the next record
}

// next checks the record that follows w.last.
func (w *journalWalk) next(key, value []byte) (payload []byte, err error) {
	tenant, n, ok := parseJournalKey(key)
	switch {
	case !ok:
		return nil, damaged("access journal", "a key of %d bytes that is none", len(key))
	case tenant != w.last.Tenant:
		*w = journalWalk{last: engine.JournalHead{Tenant: tenant}}
	}
	if want := w.last.N + 1; n != want {
		w.last, w.unknown = engine.JournalHead{Tenant: tenant, N: n}, true
		return nil, damaged("access journal", "record %d of %s is missing", want, tenant)
	}
	prev, unknown := w.last, w.unknown
	w.last.N, w.unknown = n, true
	chain, payload, err := decodeRecord(key, value)
	if err != nil {
		return nil, damaged("access journal", "record %d of %s is damaged: %v", n, tenant, err)
	}
	w.last.Chain, w.unknown = chain, false
	if !unknown && prev.Next(payload).Chain != chain {
		return nil, damaged("access journal", "chain broken at record %d of %s", n, tenant)
	}
	return payload, nil
}

// findHeads reads the last record of every chain. That the records before it are
// there is checked by who reads them, and from the newest anchor on at every start.
func (s *Store) findHeads() error {
	heads, err := guarded(s, "read", s.grace(), func() (heads []engine.JournalHead, err error) {
		lower, upper := spaceBounds(spaceAccess)
		iter, err := s.current.Load().snapshot.NewIter(&pebble.IterOptions{LowerBound: lower, UpperBound: upper})
		if err != nil {
			return nil, s.readError(err)
		}
		defer func() { err = errors.Join(err, iter.Close()) }()
		for ok := iter.First(); ok; {
			tenant, _, valid := parseJournalKey(iter.Key())
			if !valid {
				return nil, damaged("access journal", "a key of %d bytes that is none", len(iter.Key()))
			}
			end := append(append([]byte{spaceAccess}, tenant...), 1)
			if !iter.SeekLT(end) {
				break
			}
			_, n, valid := parseJournalKey(iter.Key())
			value, err := iter.ValueAndErr()
			if err != nil {
				return nil, s.readError(err)
			}
			chain, _, err := decodeRecord(iter.Key(), value)
			if err != nil || !valid {
				return nil, damaged("access journal", "record %d of %s is damaged: %v", n, tenant, err)
			}
			heads = append(heads, engine.JournalHead{Tenant: tenant, N: n, Chain: chain})
			ok = iter.SeekGE(end)
		}
		return heads, s.readError(iter.Error())
	})
	s.journal.heads.Store(&heads)
	return err
}
