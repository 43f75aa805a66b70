package engine

import (
	"context"
	"errors"
	"fmt"
)

// JournalHead is the end of one tenant's chain in the access journal.
type JournalHead struct {
	Tenant string
	N      uint64 // of the last record, from 1; 0 = none
	Chain  Hash   // chain value there, zero if there is none
}

// JournalEntry is a record on its way into the journal.
type JournalEntry struct {
	Tenant  string // 1 to MaxIDBytes bytes, without NUL
	Payload []byte // an encoded AccessRecord; never empty
}

// Journal is the access journal of a store: what changes nothing and is recorded
// all the same. Every tenant has a chain of its own, so that a tenant's part can be
// handed out and verified without the others'. Chain(n) = SHA-256(Chain(n-1) ‖ n as 8 bytes
// big endian ‖ payload), Chain(0) all zero, as in the log. One writer appends; reads may
// run beside it, and neither waits for the log's writer.
//
//  1. The entries of one append are in the journal together, or not at all.
//  2. An entry whose AppendJournal returned nil is there after any crash.
//  3. What heads and reads show is durable.
//  4. After one ErrPoisoned there is no nil from AppendJournal any more.
type Journal interface {
	// JournalHeads returns the heads of all chains, by tenant.
	JournalHeads() []JournalHead

	// AppendJournal writes entries behind the heads of their tenants' chains in one
	// atomic, synced batch, in order, and returns how far each one's chain has come with
	// it. It fails like Append of a Log, ErrSeqMismatch left aside. Nothing of entries is retained or changed.
	AppendJournal(ctx context.Context, entries []JournalEntry) ([]JournalHead, error)

	// WalkJournal calls fn for each record of a tenant from n to the end as of the call,
	// in order, checking contiguity and chain; damage gives ErrCorrupt with the place. An n of 0
	// means 1. The payload is valid during fn only. An error of fn ends the walk and is returned.
	WalkJournal(tenant string, n uint64, fn func(at JournalHead, payload []byte) error) error
}

// CheckJournal returns nil, or an error wrapping ErrNotWritten that says what in
// entries no journal takes.
func CheckJournal(entries []JournalEntry) error {
	if len(entries) == 0 {
		return fmt.Errorf("%w: empty batch", ErrNotWritten)
	}
	total := 0
	for i, e := range entries {
		switch {
		case !validName(e.Tenant, MaxIDBytes):
			return fmt.Errorf("%w: journal entry %d names no tenant", ErrNotWritten, i)
		case len(e.Payload) == 0:
			return fmt.Errorf("%w: journal entry %d has no payload", ErrNotWritten, i)
		}
		total += len(e.Payload)
	}
	if total > MaxPayloadBytes {
		return fmt.Errorf("%w: journal batch has %d bytes, limit %d", ErrNotWritten, total, MaxPayloadBytes)
	}
	return nil
}

// Next is the head with one more payload.
func (h JournalHead) Next(payload []byte) JournalHead {
	return JournalHead{Tenant: h.Tenant, N: h.N + 1, Chain: ChainNext(h.Chain, Seq(h.N+1), payload)}
}

// Journal returns the access journal of the engine's store, nil if its log keeps none.
func (e *Engine) Journal() Journal {
	j, _ := e.options.Log.(Journal)
	return j
}

// Anchor is what the log remembers of a chain of the journal, so that a journal that
// was cut below it is found out.
type Anchor struct {
	JournalHead
	// Sealed is the position up to which the log's entries are sealed in the journal.
	Sealed Seq
}

// MaxAnchors bounds the anchors of one command.
const MaxAnchors = 1024

// AnchorJournal puts heads of the journal on record in the log. Heads go forward only.
type AnchorJournal struct{ Anchors []Anchor }

// Kind implements Payload.
func (AnchorJournal) Kind() Kind { return KindAnchorJournal }

func (p *AnchorJournal) admit() (detail string, ok bool) {
	if len(p.Anchors) == 0 || len(p.Anchors) > MaxAnchors {
		return "anchors", false
	}
	for i, a := range p.Anchors {
		switch {
		case !validID(a.Tenant), a.N == 0, a.Chain == Hash{}:
			return "anchor", false
		case i > 0 && p.Anchors[i-1].Tenant >= a.Tenant:
			return "anchors", false
		}
	}
	return "", true
}

// anchorJournal refuses what would take back an anchor.
func (j *judging) anchorJournal(p AnchorJournal) decision {
	var d decision
	for i := range p.Anchors {
		image := p.Anchors[i]
		old, known := j.s.anchors.get("", image.Tenant)
		if known && *old == image {
			continue
		}
		if known && (image.N < old.N || image.N == old.N && image.Chain != old.Chain || image.Sealed < old.Sealed) || image.Sealed > j.s.seq {
			return refuse(StatusInvalid, "anchor")
		}
		d.effects = append(d.effects, &putAnchor{&image})
	}
	return d
}

// anchorsOf returns what an entry put on record. One that changed nothing is never
// written but under a key: it repeated what was there.
func (e *entry) anchorsOf(before *state) AnchorJournal {
	var p AnchorJournal
	for _, f := range e.effects {
		if a, ok := f.(*putAnchor); ok {
			p.Anchors = append(p.Anchors, *a.image)
		}
	}
	if len(p.Anchors) == 0 {
		before.anchors.each(func(a *Anchor) bool {
			p.Anchors = append(p.Anchors, *a)
			return false
		})
	}
	return p
}

type putAnchor struct{ image *Anchor }

func (putAnchor) number() uint8                     { return numberPutAnchor }
func (f *putAnchor) fields(c *codec)                { c.anchor(f.image) }
func (f *putAnchor) apply(s *state, e *entry) error { return s.putAnchor(f.image) }

func (s *state) putAnchor(a *Anchor) error {
	if old, known := s.anchors.get("", a.Tenant); known && a.N < old.N {
		return errContradiction("the journal of %s goes back from %d to %d", a.Tenant, old.N, a.N)
	}
	s.anchors.put("", a.Tenant, a)
	return nil
}

const anchorVersion = 1

func (c *codec) anchor(a *Anchor) {
	c.version(anchorVersion)
	c.str(&a.Tenant)
	natural(c, &a.N)
	c.digest((*[32]byte)(&a.Chain))
	natural(c, &a.Sealed)
}

// Anchors yields what the log remembers of the journal's chains, by tenant.
func (s *Snapshot) Anchors(yield func(*Anchor) bool) { s.state.anchors.each(yield) }

// errJournalCut is why a journal is refused.
var errJournalCut = errors.New("the access journal is not whole")

// CheckAnchors compares a journal with what the log remembers of it. Each chain must
// reach its anchor and have the anchor's value there; from there on it is read. each, if not
// nil, is called for the records behind the anchors.
func (s *Snapshot) CheckAnchors(j Journal, each func(at JournalHead, payload []byte) error) error {
	heads := map[string]JournalHead{}
	for _, h := range j.JournalHeads() {
		heads[h.Tenant] = h
	}
	var err error
	s.Anchors(func(a *Anchor) bool {
		h := heads[a.Tenant]
		if h.N < a.N {
			err = fmt.Errorf("%w: %w: tenant %s: it ends at %d, and %d was anchored in the log",
				ErrCorrupt, errJournalCut, a.Tenant, h.N, a.N)
			return false
		}
		err = j.WalkJournal(a.Tenant, a.N, func(at JournalHead, payload []byte) error {
			switch {
			case at.N > a.N && each != nil:
				return each(at, payload)
			case at.N == a.N && at.Chain != a.Chain:
				return fmt.Errorf("%w: %w: tenant %s: record %d is not the one that was anchored in the log",
					ErrCorrupt, errJournalCut, a.Tenant, a.N)
			}
			return nil
		})
		delete(heads, a.Tenant)
		return err == nil
	})
	for _, h := range j.JournalHeads() {
		if _, fresh := heads[h.Tenant]; !fresh || err != nil || each == nil {
			continue
		}
		err = j.WalkJournal(h.Tenant, 1, each)
	}
	return err
}
