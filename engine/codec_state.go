package engine

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
)

// stateVersion 2 adds callback requests and what is noted of offer records; a
// state without them is written in version 1.
const stateVersion = 2

// The encoded state is a sequence of records, each behind its length: the head,
// then for each section its number of records and the records themselves, in
// order of their keys. Every record has come out of an entry, so none is larger
// than one.

// writeTo writes the canonical encoding.
func (s *state) writeTo(w io.Writer) error {
	out := &stateWriter{out: bufio.NewWriterSize(w, 64<<10)}
	out.record(func(c *codec) { c.stateHead(s, s.least()) })
	writeSection(out, s.reviewers, (*codec).reviewer)
	writeSection(out, s.cases, (*codec).caseEntity)
	writeSection(out, s.holds, (*codec).hold)
	writeSection(out, s.appointments, (*codec).appointment)
	writeSection(out, s.profiles, (*codec).profile)
	writeSection(out, s.keys, (*codec).remembered)
	if s.least() >= 2 {
		writeSection(out, s.callbacks, (*codec).callback)
		writeSection(out, s.offered, (*codec).caseRecord)
	}
	if out.err != nil {
		return out.err
	}
	return out.out.Flush()
}

// least returns the lowest version that holds the state.
func (s *state) least() uint8 {
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

func (w *stateWriter) number(n uint64) {
	if w.err == nil {
		_, w.err = w.out.Write(binary.AppendUvarint(nil, n))
	}
}

func writeSection[T any](w *stateWriter, t table[T], fields func(*codec, *T)) {
	w.number(uint64(t.len()))
	t.each(func(v *T) bool {
		w.record(func(c *codec) { fields(c, v) })
		return w.err == nil
	})
}

// readState reads what writeTo wrote, up to its end, which it leaves to the
// caller to check. Rules are not compiled.
func readState(r *bufio.Reader) (*state, error) {
	s := newState()
	in := &stateReader{in: r}
	var version uint8
	in.record(func(c *codec) { version = c.stateHead(s, 1) })
	counters := s.counters
	readSection(in, s.reviewers, (*codec).reviewer, func(v *Reviewer) (string, string, error) {
		return v.Tenant, v.ID, s.loadReviewer(v)
	})
	readSection(in, s.cases, (*codec).caseEntity, func(v *Case) (string, string, error) {
		return v.Tenant, v.ID, s.putCase(v)
	})
	readSection(in, s.holds, (*codec).hold, func(v *Hold) (string, string, error) {
		return v.Tenant, v.ID, s.putHold(v)
	})
	readSection(in, s.appointments, (*codec).appointment, func(v *Appointment) (string, string, error) {
		return v.Tenant, v.ID, s.putAppointment(v)
	})
	readSection(in, s.profiles, (*codec).profile, func(v *Profile) (string, string, error) {
		s.profiles.put(v.Tenant, v.Principal, v)
		return v.Tenant, v.Principal, nil
	})
	readSection(in, s.keys, (*codec).remembered, func(v *remembered) (string, string, error) {
		return v.tenant, keyID(v.principal, v.key), s.putKey(v)
	})
	if version >= 2 {
		readLater(in, s)
	}
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
	readSection(in, s.callbacks, (*codec).callback, func(v *CallbackRequest) (string, string, error) {
		return v.Tenant, v.ID, s.putCallback(v)
	})
	readSection(in, s.offered, (*codec).caseRecord, func(v *caseRecord) (string, string, error) {
		s.offered.put(v.tenant, v.caseID, v)
		return v.tenant, v.caseID, nil
	})
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

type stateReader struct {
	in  *bufio.Reader
	err error
}

// number reads a varint in as few bytes as it takes.
func (r *stateReader) number(what string) uint64 {
	if r.err != nil {
		return 0
	}
	var n uint64
	for shift := uint(0); shift < 63; shift += 7 {
		b, err := r.in.ReadByte()
		if err != nil || b == 0 && shift > 0 {
			break
		}
		n |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return n
		}
	}
	r.err = fmt.Errorf("%w: %s", errDamagedRecord, what)
	return 0
}

// record reads one record. Memory grows with the bytes that are there, not with
// the length that they claim.
func (r *stateReader) record(fields func(*codec)) {
	n := r.number("length of a record")
	if r.err == nil && n > maxEntryBytes {
		r.err = fmt.Errorf("%w: a record of %d bytes, limit %d", errDamagedRecord, n, maxEntryBytes)
	}
	if r.err != nil {
		return
	}
	var text string
	if text, r.err = readText(r.in, int(n)); r.err != nil {
		return
	}
	c := decoder(text)
	fields(c)
	r.err = c.end()
}

func readText(in *bufio.Reader, n int) (string, error) {
	buf := make([]byte, 0, min(n, 64<<10))
	for len(buf) < n {
		step := min(n-len(buf), 64<<10)
		buf = append(buf, make([]byte, step)...)
		if _, err := io.ReadFull(in, buf[len(buf)-step:]); err != nil {
			return "", fmt.Errorf("%w: a record cut short: %w", errDamagedRecord, err)
		}
	}
	return string(buf), nil
}

// readSection reads the records of one section. put stores one in the state and
// names it; names must ascend.
func readSection[T any](r *stateReader, t table[T], fields func(*codec, *T), put func(*T) (tenant, id string, err error)) {
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
		if r.err == nil && (t.len() == before || before > 0 && !rowBefore(last, next)) {
			r.err = fmt.Errorf("%w: record %s out of order", errDamagedRecord, next.id)
		}
		last = next
	}
}
