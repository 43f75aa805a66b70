package server

import (
	"bytes"
	"slices"
)

// Most bodies are short and plain: ASCII without escapes, whole numbers. canonical writes
// such a document in the canonical form of RFC 8785 in one pass. At anything else it gives up,
// and the library decides; so what it writes must be what the library writes, and tests hold
// the two to each other.

const (
	maxPlainMembers = 24 // members of one object
	maxPlainDepth   = 4
	maxPlainDigits  = 15 // of a number, which then is exact
)

// canonical appends the canonical form of a plain document to dst. Where it gives up, plain is
// false and what was appended means nothing.
func canonical(dst, text []byte) (out []byte, plain bool) {
	p := plainReader{reader{text: text}}
	dst = p.value(dst, maxPlainDepth)
	return dst, p.ended()
}

// plainReader is a reader that copies what it reads.
type plainReader struct{ reader }

func (p *plainReader) value(dst []byte, depth int) []byte {
	switch c := p.next(); {
	case c == '"':
		return p.text(dst)
	case c == '{' && depth > 0:
		return p.object(dst, depth-1)
	case c == '[' && depth > 0:
		return p.array(dst, depth-1)
	case c == 't':
		return p.literal(dst, "true")
	case c == 'f':
		return p.literal(dst, "false")
	case c == 'n':
		return p.literal(dst, "null")
	case '0' <= c && c <= '9':
		return p.number(dst)
	}
	p.failed = true
	return dst
}

func (p *plainReader) literal(dst []byte, w string) []byte {
	p.word(w)
	return append(dst, w...)
}

// text copies a string with its quotation marks.
func (p *plainReader) text(dst []byte) []byte {
	from := p.at
	for at := from + 1; at < len(p.reader.text); at++ {
		switch c := p.reader.text[at]; {
		case c == '"':
			p.at = at + 1
			return append(dst, p.reader.text[from:p.at]...)
		case c == '\\' || c < ' ' || c >= 0x7f:
			p.failed = true
			return dst
		}
	}
	p.failed = true
	return dst
}

// number copies a whole number that is not negative.
func (p *plainReader) number(dst []byte) []byte {
	from := p.at
	for p.at < len(p.reader.text) && '0' <= p.reader.text[p.at] && p.reader.text[p.at] <= '9' {
		p.at++
	}
	digits := p.reader.text[from:p.at]
	if len(digits) > maxPlainDigits || len(digits) > 1 && digits[0] == '0' || bytes.ContainsAny(p.rest(1), ".eE") {
		p.failed = true
	}
	return append(dst, digits...)
}

// rest returns the next n bytes, or what is left.
func (p *plainReader) rest(n int) []byte { return p.reader.text[p.at:min(p.at+n, len(p.reader.text))] }

func (p *plainReader) array(dst []byte, depth int) []byte {
	p.take('[')
	dst = append(dst, '[')
	for first := true; p.more(first, ']'); first = false {
		if !first {
			dst = append(dst, ',')
		}
		dst = p.value(dst, depth)
	}
	return append(dst, ']')
}

// plainMember is where a member lies in what was written.
type plainMember struct{ from, nameEnd, end int }

// object copies the members and then puts them in order, by the bytes of their names.
func (p *plainReader) object(dst []byte, depth int) []byte {
	var room [maxPlainMembers]plainMember
	members := room[:0]
	p.take('{')
	dst = append(dst, '{')
	begin, sorted := len(dst), true
	for first := true; p.more(first, '}'); first = false {
		if len(members) == cap(members) || p.next() != '"' {
			p.failed = true
			return dst
		}
		if !first {
			dst = append(dst, ',')
		}
		m := plainMember{from: len(dst)}
		dst = p.text(dst)
		m.nameEnd = len(dst)
		p.take(':')
		dst = p.value(append(dst, ':'), depth)
		if m.end = len(dst); p.failed {
			return dst
		}
		if n := len(members); n > 0 {
			sorted = sorted && bytes.Compare(members[n-1].name(dst), m.name(dst)) < 0
		}
		members = append(members, m)
	}
	if !sorted {
		dst = p.inOrder(dst, begin, members)
	}
	return append(dst, '}')
}

func (m plainMember) name(in []byte) []byte { return in[m.from+1 : m.nameEnd-1] }

// inOrder sorts the members that begin at a place of dst. Two of one name are no document.
func (p *plainReader) inOrder(dst []byte, begin int, members []plainMember) []byte {
	slices.SortFunc(members, func(a, b plainMember) int { return bytes.Compare(a.name(dst), b.name(dst)) })
	end := len(dst)
	for i, m := range members {
		if i > 0 {
			if dst = append(dst, ','); bytes.Equal(members[i-1].name(dst), m.name(dst)) {
				p.failed = true
			}
		}
		dst = append(dst, dst[m.from:m.end]...)
	}
	copy(dst[begin:], dst[end:])
	return dst[:end]
}
