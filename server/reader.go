package server

import (
	"unicode/utf8"

	"github.com/parleyhq/parley/slots"
)

// reader reads the documents of the routes that are asked most, without reflection. It knows the common spelling
// only: strings without escapes, integers without a sign, null where a member may be left out. At anything else –
// a fault in the document or a spelling that it does not know – it fails, and decode reads the document
// again: what is refused, and in which words, is decided there alone. So what the reader takes must be what
// decode takes, with the same value; tests hold the two to each other.
type reader struct {
	text   []byte
	at     int  // of the next byte
	failed bool // nothing is read any more
	needs  int  // needed members of the object at hand that were read
}

// form is a request that the reader knows.
type form interface {
	// member reads the value of a member and returns its number, from 1 and below 64; 0 = no such member.
	member(r *reader, name []byte) int
	// needs is how many members must be there.
	needs() int
}

// read is decode for the forms that the reader knows. Nothing in the form belongs to body.
func read[T any, F interface {
	*T
	form
}](body []byte, into F) *problem {
	r := reader{text: body}
	if r.object(into); r.ended() {
		return nil
	}
	var empty T
	*into = empty
	return decode(body, into)
}

// ended reports that the whole text was read as one value.
func (r *reader) ended() bool {
	return r.next() == 0 && r.at == len(r.text) && !r.failed
}

// next skips white space and returns the byte there, 0 at the end of the text.
func (r *reader) next() byte {
	for ; r.at < len(r.text); r.at++ {
		switch c := r.text[r.at]; c {
		case ' ', '\t', '\n', '\r':
		default:
			return c
		}
	}
	return 0
}

// take reads one byte of punctuation, or fails.
func (r *reader) take(c byte) {
	if r.next() != c {
		r.failed = true
		return
	}
	r.at++
}

// more reads what stands between two items, or the end of the list, which it reports. first is the
// first item's turn.
func (r *reader) more(first bool, end byte) bool {
	switch {
	case r.failed:
		return false
	case r.next() == end:
		r.at++
		return false
	case !first:
		r.take(',')
	}
	return !r.failed
}

// object reads a form: every member once at most, and none that it does not know.
func (r *reader) object(into form) {
	outer := r.needs
	r.needs = 0
	var seen uint64
	r.take('{')
	for first := true; r.more(first, '}'); first = false {
		name := r.span()
		r.take(':')
		if r.failed {
			return
		}
		n := into.member(r, name)
		if n == 0 || seen&(1<<n) != 0 {
			r.failed = true
			return
		}
		seen |= 1 << n
	}
	if r.needs != into.needs() {
		r.failed = true
	}
	r.needs = outer
}

// needed reads the n-th member, which must be there.
func needed[T any](r *reader, n int, into *need[T], value func(*reader, *T)) int {
	value(r, &into.V)
	into.Set = true
	r.needs++
	return n
}

// allowed reads the n-th member, which may be null.
func allowed[T any](r *reader, n int, into *opt[T], value func(*reader, *T)) int {
	if r.next() == 'n' {
		r.word("null")
		return n
	}
	value(r, &into.V)
	into.Set = true
	return n
}

// nested reads a form inside another.
func nested[T any, F interface {
	*T
	form
}](r *reader, into *T) {
	r.object(F(into))
}

// word reads a literal.
func (r *reader) word(w string) {
	if rest := r.text[r.at:]; len(rest) < len(w) || string(rest[:len(w)]) != w {
		r.failed = true
		return
	}
	r.at += len(w)
}

func (r *reader) truth(into *bool) {
	if *into = r.next() == 't'; *into {
		r.word("true")
		return
	}
	r.word("false")
}

// integer reads a number of at most maxDigits digits.
func (r *reader) integer(into *int) {
	const maxDigits = 9
	first := r.next()
	begin, n := r.at, 0
	for ; r.at < len(r.text) && '0' <= r.text[r.at] && r.text[r.at] <= '9'; r.at++ {
		if r.at-begin == maxDigits {
			r.failed = true
			return
		}
		n = n*10 + int(r.text[r.at]-'0')
	}
	if length := r.at - begin; length == 0 || first == '0' && length > 1 {
		r.failed = true
	}
	*into = n
}

// span reads a string and returns the bytes between its quotation marks.
func (r *reader) span() []byte {
	if r.take('"'); r.failed {
		return nil
	}
	begin, plain := r.at, true
	for ; r.at < len(r.text); r.at++ {
		switch c := r.text[r.at]; {
		case c == '"':
			s := r.text[begin:r.at]
			r.at++
			r.failed = !plain && !utf8.Valid(s)
			return s
		case c == '\\' || c < ' ':
			r.failed = true
			return nil
		case c >= utf8.RuneSelf:
			plain = false
		}
	}
	r.failed = true
	return nil
}

// string copies a string. The names of weekdays, which come in every search, are constants.
func (r *reader) string(into *string) {
	s := r.span()
	if len(s) == 3 {
		if d, err := slots.ParseWeekday(string(s)); err == nil {
			*into = d.String()
			return
		}
	}
	*into = string(s)
}

func (r *reader) strings(into *[]string) {
	r.take('[')
	*into = []string{}
	for r.more(len(*into) == 0, ']') {
		if len(*into) == 0 {
			*into = make([]string, 0, 7)
		}
		var s string
		r.string(&s)
		*into = append(*into, s)
	}
}

func (r *reader) integers(into *[]int) {
	r.take('[')
	*into = []int{}
	for r.more(len(*into) == 0, ']') {
		if len(*into) == 0 {
			*into = make([]int, 0, 24)
		}
		var n int
		r.integer(&n)
		*into = append(*into, n)
	}
}
