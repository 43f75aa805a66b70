package engine

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
)

// stateVersion 2 adds callback requests and what is noted of offer records, 3
// tenants and keys, 4 the anchors of the access journal, 5 what is remembered of who held. A state is written in the lowest version that holds it.
const stateVersion = 5

// The encoded state is a sequence of records, each behind its length: the head,
// then for each section its number of records and the records themselves, in
// order of their keys. Every record has come out of an entry, so none is larger
// than one.

// writeTo writes the canonical encoding.
func (s *state) writeTo(w io.Writer) error {
	out := &stateWriter{out: bufio.NewWriterSize(w, 64<<10)}
	out.record(func(c *codec) { c.stateHead(s, s.least()) })
	writeSection(out, &s.reviewers, (*codec).reviewer)
	writeSection(out, &s.cases, (*codec).caseEntity)
	writeSection(out, &s.holds, (*codec).hold)
	writeSection(out, &s.appointments, (*codec).appointment)
	writeSection(out, &s.profiles, (*codec).profile)
	writeSection(out, &s.keys, (*codec).remembered)
	if s.least() >= 2 {
		writeSection(out, &s.callbacks, (*codec).callback)
		writeSection(out, &s.offered, (*codec).caseRecord)
	}
	if s.least() >= 3 {
		writeSection(out, &s.tenants, (*codec).tenant)
		writeSection(out, &s.apiKeys, (*codec).apiKey)
	}
	if s.least() >= 4 {
		writeSection(out, &s.anchors, (*codec).anchor)
	}
	if s.least() >= 5 {
		writeSection(out, &s.conducts, (*codec).conduct)
	}
	if out.err != nil {
		return out.err
	}
	return out.out.Flush()
}

// least returns the lowest version that holds the state.
func (s *state) least() uint8 {
	if s.conducts.len() > 0 {
		return 5
	}
	if s.anchors.len() > 0 {
		return 4
	}
	if s.tenants.len() > 0 || s.apiKeys.len() > 0 {
		return 3
	}
	if s.callbacks.len() > 0 || s.offered.len() > 0 {
		return 2
	}
	return 1
}

// stateHead returns the version that it has found or written.
func (c *codec) stateHead(s *state, least uint8) (version uint8) {
	version = c.leastVersion(least, stateVersion)
	natural(c, &s.seq)
	integer(c, &s.now)
	natural(c, &s.nextRef)
	n := &s.counters
	for _, p := range []*uint64{
		&n.HoldsCreated, &n.HoldsConfirmed, &n.HoldsReleased, &n.HoldsExpired,
		&n.Booked, &n.Moved, &n.Cancelled, &n.KeysExpired,
	} {
		natural(c, p)
	}
	c.str(&s.rules.version)
	c.bytes(&s.rules.bundle, MaxRulesBytes)
	return version
}

type stateWriter struct {
	out *bufio.Writer
	buf []byte
	err error
}

func (w *stateWriter) record(fields func(*codec)) {
	if w.err != nil {
		return
	}
	c := encoder(w.buf[:0])
	fields(c)
	if w.err = c.err; w.err != nil {
		return
	}
	w.buf = c.out
	w.number(uint64(len(c.out)))
	if w.err == nil {
		_, w.err = w.out.Write(c.out)
	}
}

// copyRecord writes a record as it was read.
func (w *stateWriter) copyRecord(record string) {
	w.number(uint64(len(record)))
	if w.err == nil {
		_, w.err = w.out.WriteString(record)
	}
}

func (w *stateWriter) number(n uint64) {
	if w.err == nil {
		_, w.err = w.out.Write(binary.AppendUvarint(nil, n))
	}
}

func writeSection[T any](w *stateWriter, t *table[T], fields func(*codec, *T)) {
	w.number(uint64(t.len()))
	t.rows("", "", func(r row[T]) bool {
		if r.lazy != nil {
			w.copyRecord(r.lazy.record)
		} else {
			w.record(func(c *codec) { fields(c, r.value) })
		}
		return w.err == nil
	})
}

// readState reads what writeTo wrote, and r to its end. Rules are not compiled.
func readState(r io.Reader) (*state, error) { return readTexts(textsOf(r)) }

func readTexts(r TextReader) (*state, error) {
	s := newState()
	in := &stateReader{in: r}
	l := &loader{s: s, in: in}
	var version uint8
	in.record(func(c *codec) { version = c.stateHead(s, 1) })
	counters := s.counters
	readSection(in, &s.reviewers, (*codec).reviewer, func(v *Reviewer) (string, string, error) {
		s.reviewers.put(v.Tenant, v.ID, v)
		l.roster = append(l.roster, rosterEntry(v))
		return v.Tenant, v.ID, nil
	})
	l.loadRoster()
	l.readCases()
	readSection(in, &s.holds, (*codec).hold, func(v *Hold) (string, string, error) {
		s.holds.put(v.Tenant, v.ID, v)
		return v.Tenant, v.ID, nil
	})
	l.readAppointments()
	s.holds.each(func(h *Hold) bool {
		l.fail(s.placeHold(h))
		return in.err == nil
	})
	readSection(in, &s.profiles, (*codec).profile, func(v *Profile) (string, string, error) {
		s.profiles.put(v.Tenant, v.Principal, v)
		return v.Tenant, v.Principal, nil
	})
	l.readKeys()
	if version >= 2 {
		readLater(in, s)
	}
	if version >= 3 {
		readAccess(in, s)
	}
	if version >= 4 {
		readSection(in, &s.anchors, (*codec).anchor, func(v *Anchor) (string, string, error) { return "", v.Tenant, s.putAnchor(v) })
	}
	if version >= 5 {
		readSection(in, &s.conducts, (*codec).conduct, func(v *Conduct) (string, string, error) { return v.Tenant, v.Principal, s.putConduct(v) })
	}
	in.finish()
	if in.err == nil && s.least() != version {
		in.err = fmt.Errorf("%w: a state in version %d, %d holds it", errDamagedRecord, version, s.least())
	}
	if in.err != nil {
		return nil, in.err
	}
	s.counters = counters
	return s, nil
}

// readLater reads the sections that version 2 adds.
func readLater(in *stateReader, s *state) {
	readSection(in, &s.callbacks, (*codec).callback, func(v *CallbackRequest) (string, string, error) {
		return v.Tenant, v.ID, s.putCallback(v)
	})
	readSection(in, &s.offered, (*codec).caseRecord, func(v *caseRecord) (string, string, error) {
		s.offered.put(v.tenant, v.caseID, v)
		return v.tenant, v.caseID, nil
	})
}

// readAccess reads the sections that version 3 adds.
func readAccess(in *stateReader, s *state) {
	readSection(in, &s.tenants, (*codec).tenant, func(v *Tenant) (string, string, error) { return "", v.ID, s.putTenant(v) })
	readSection(in, &s.apiKeys, (*codec).apiKey, func(v *APIKey) (string, string, error) { return v.Tenant, v.ID, s.putAPIKey(v) })
}

// loadReviewer puts a reviewer whose number was given out before.
func (s *state) loadReviewer(r *Reviewer) error {
	if _, taken := s.roster.Get(r.Ref); taken || r.Ref >= s.nextRef {
		return errContradiction("reviewer %s has number %d, next is %d", r.ID, r.Ref, s.nextRef)
	}
	s.reviewers.put(r.Tenant, r.ID, r)
	s.seats.put(rosterEntry(r))
	return nil
}

// readSection reads the records of one section. put stores one in the state and
// names it; names must ascend.
func readSection[T any](r *stateReader, t *table[T], fields func(*codec, *T), put func(*T) (tenant, id string, err error)) {
	var last row[T]
	for n := r.number("length of a section"); n > 0 && r.err == nil; n-- {
		before := t.len()
		v := new(T)
		r.record(func(c *codec) { fields(c, v) })
		if r.err != nil {
			return
		}
		next := row[T]{value: v}
		next.tenant, next.id, r.err = put(v)
		if r.err == nil && (t.len() == before || before > 0 && last.compare(next.name) >= 0) {
			r.err = fmt.Errorf("%w: record %s out of order", errDamagedRecord, next.id)
		}
		last = next
	}
}
