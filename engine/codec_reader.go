package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
)

// windowBytes is how much of an encoded state is read at once. The texts of its
// entities share the memory of what was read with them.
const windowBytes = 1 << 20

// stateReader reads an encoded state record by record.
type stateReader struct {
	in     io.Reader
	buf    []byte
	window string // what is read and not yet taken begins at pos
	pos    int
	end    error // of in; io.EOF at its end
	err    error
}

// fill reads until n bytes are there, or all that there are. Memory grows with
// the bytes that are there, not with n.
func (r *stateReader) fill(n int) bool {
	buf := r.buf[:0]
	buf = append(buf, r.window[r.pos:]...)
	for len(buf) < max(n, windowBytes) && r.end == nil {
		buf = slices.Grow(buf, windowBytes)
		m, err := r.in.Read(buf[len(buf) : len(buf)+windowBytes])
		buf, r.end = buf[:len(buf)+m], err
	}
	r.buf, r.window, r.pos = buf, string(buf), 0
	return len(buf) >= n
}

// cut notes that something is cut short, and why if that is known.
func (r *stateReader) cut(what string) {
	r.err = fmt.Errorf("%w: %s cut short: %w", errDamagedRecord, what, r.end)
}

// number reads a varint in as few bytes as it takes.
func (r *stateReader) number(what string) uint64 {
	if r.err != nil {
		return 0
	}
	var n uint64
	for shift := uint(0); shift < 63; shift += 7 {
		if r.pos == len(r.window) && !r.fill(1) {
			r.cut(what)
			return 0
		}
		b := r.window[r.pos]
		r.pos++
		if b == 0 && shift > 0 {
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

// text returns the next record.
func (r *stateReader) text() string {
	n := r.number("length of a record")
	if r.err == nil && n > maxEntryBytes {
		r.err = fmt.Errorf("%w: a record of %d bytes, limit %d", errDamagedRecord, n, maxEntryBytes)
	}
	if r.err != nil {
		return ""
	}
	if int(n) > len(r.window)-r.pos && !r.fill(int(n)) {
		r.cut("a record")
		return ""
	}
	s := r.window[r.pos : r.pos+int(n)]
	r.pos += int(n)
	return s
}

// record reads one record.
func (r *stateReader) record(fields func(*codec)) {
	text := r.text()
	if r.err != nil {
		return
	}
	c := decoder(text)
	fields(c)
	r.err = c.end()
}

// finish makes sure that nothing is left, and that in has come to a good end.
func (r *stateReader) finish() {
	if r.err != nil {
		return
	}
	switch left := r.pos < len(r.window) || r.fill(1); {
	case left:
		r.err = fmt.Errorf("%w: bytes behind the last section", errDamagedRecord)
	case !errors.Is(r.end, io.EOF):
		r.err = r.end
	}
}

// watchedReader tells how far the reading of a checkpoint has come, and ends it
// when ctx does.
type watchedReader struct {
	ctx         context.Context
	in          io.Reader
	done, total uint64 // bytes
	progress    func(done, total uint64)
}

// Read implements io.Reader.
func (w *watchedReader) Read(b []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := w.in.Read(b)
	if w.done += uint64(n); w.progress != nil && n > 0 {
		w.progress(w.done, w.total)
	}
	return n, err
}

// scratch is memory for lists that are looked at and not kept.
type scratch struct {
	texts []string
	bytes []byte
}

// again returns s, or a new one, with nothing in use.
func (s *scratch) again() *scratch {
	if s == nil {
		return &scratch{}
	}
	s.texts, s.bytes = s.texts[:0], s.bytes[:0]
	return s
}

func (s *scratch) list(n int) []string {
	if n == 0 {
		return nil
	}
	from := len(s.texts)
	s.texts = slices.Grow(s.texts, n)[:from+n]
	return s.texts[from : from+n : from+n]
}

// copyBytes copies text; without a scratch the copy may be kept.
func (s *scratch) copyBytes(text string) []byte {
	if s == nil {
		return []byte(text)
	}
	from := len(s.bytes)
	s.bytes = append(s.bytes, text...)
	return s.bytes[from:len(s.bytes):len(s.bytes)]
}
