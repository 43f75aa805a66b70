package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// TextReader is what the reader of a checkpoint may be as well, to spare a copy of
// all: Next returns some of what comes, io.EOF at a good end, or what has ended it
// otherwise. Next and Read are not mixed.
type TextReader interface {
	Next() (string, error)
}

// textsOf returns r as a TextReader.
func textsOf(r io.Reader) TextReader {
	if texts, ok := r.(TextReader); ok {
		return texts
	}
	return &copiedTexts{in: r}
}

// copiedTexts makes texts of what it reads.
type copiedTexts struct {
	in  io.Reader
	buf []byte
}

// windowBytes is how much of an encoded state is read at once.
const windowBytes = 1 << 20

// Next implements TextReader.
func (r *copiedTexts) Next() (string, error) {
	if r.buf == nil {
		r.buf = make([]byte, windowBytes)
	}
	n, err := r.in.Read(r.buf)
	return string(r.buf[:n]), err
}

// stateReader reads an encoded state record by record. The texts of its entities
// share the memory of the text that was read with them.
type stateReader struct {
	in     TextReader
	window string // what is read and not yet taken begins at pos
	pos    int
	later  string // what comes behind the window, if it is read already
	end    error  // of in; io.EOF at its end
	err    error
}

// fill reads until n bytes are there in one piece, or all that there are. Memory
// grows with the bytes that are there, not with n.
func (r *stateReader) fill(n int) bool {
	if r.pos == len(r.window) {
		r.window, r.pos = r.next(), 0
	}
	if len(r.window)-r.pos >= n {
		return true
	}
	var b strings.Builder // of a record that lies across two texts
	b.WriteString(r.window[r.pos:])
	for b.Len() < n {
		text := r.next()
		if text == "" {
			break
		}
		take := min(n-b.Len(), len(text))
		b.WriteString(text[:take])
		r.later = text[take:]
	}
	r.window, r.pos = b.String(), 0
	return len(r.window) >= n
}

// next returns what comes behind the window, "" at the end.
func (r *stateReader) next() (text string) {
	if text, r.later = r.later, ""; text != "" {
		return text
	}
	for text == "" && r.end == nil {
		text, r.end = r.in.Next()
	}
	return text
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
	in          TextReader
	done, total uint64 // bytes
	progress    func(done, total uint64)
}

// Next implements TextReader.
func (w *watchedReader) Next() (string, error) {
	if err := w.ctx.Err(); err != nil {
		return "", err
	}
	text, err := w.in.Next()
	if w.done += uint64(len(text)); w.progress != nil && text != "" {
		w.progress(w.done, w.total)
	}
	return text, err
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
