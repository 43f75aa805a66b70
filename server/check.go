package server

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/matcher"
)

// check gathers everything that is wrong with one request: what cannot be
// understood (400) apart from what is understood but never valid (422). Its
// methods return the value to use, a zero one after a fault, so that a request
// is resolved in one pass and all its faults are named together.
type check struct {
	unreadable, invalid faults

	ofQuery      bool // the faults are those of query parameters
	uncombinable bool // the cases cannot share a call, whatever they are
	stale        bool // the request contradicts itself about the version
}

// unclear notes a value that cannot be understood.
func (k *check) unclear(pointer, detail string) { k.unreadable.add(pointer, detail) }

// wrong notes a value that is never valid.
func (k *check) wrong(pointer, detail string) { k.invalid.add(pointer, detail) }

// problem returns the first that applies of 400, 422 and 412; nil if all is well.
func (k *check) problem() *problem {
	switch {
	case len(k.unreadable.list) > 0 && k.ofQuery:
		return &problem{code: codeInvalidQuery, errors: k.unreadable.list}
	case len(k.unreadable.list) > 0:
		return &problem{code: codeInvalidBody, detail: "Some values cannot be read.", errors: k.unreadable.list}
	case len(k.invalid.list) > 0:
		return k.invalid.problem()
	case k.uncombinable:
		return &problem{code: engine.StatusCasesNotCombinable.String()}
	case k.stale:
		return &problem{code: engine.StatusStaleVersion.String(), detail: "If-Match and version name different versions."}
	}
	return nil
}

// faults counts what was found so far.
func (k *check) faults() int { return len(k.unreadable.list) + len(k.invalid.list) }

// at extends a pointer by a list position.
func at(pointer string, i int) string { return pointer + "/" + strconv.Itoa(i) }

// id checks the form of an id: [A-Za-z0-9._-]{1,64}.
func (k *check) id(pointer, s string) string {
	if !tokenLike(s, "._-") {
		k.unclear(pointer, "must be an id: 1 to 64 of A-Z a-z 0-9 . _ -")
		return ""
	}
	return s
}

// code checks a word that rules compare by equality: the same form as an id.
func (k *check) code(pointer, s string) string {
	if !tokenLike(s, "._-") {
		k.wrong(pointer, "must be 1 to 64 of A-Z a-z 0-9 . _ -")
		return ""
	}
	return s
}

// tokenLike reports 1 to maxToken letters, digits and characters of extra.
func tokenLike(s, extra string) bool {
	if len(s) == 0 || len(s) > maxToken {
		return false
	}
	for i := range len(s) {
		c := s[i]
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		if !letter && strings.IndexByte(extra, c) < 0 {
			return false
		}
	}
	return true
}

// visible checks 1 to maxToken visible ASCII characters without spaces.
func (k *check) visible(pointer, s string) string {
	ok := len(s) > 0 && len(s) <= maxToken
	for i := range len(s) {
		ok = ok && s[i] > ' ' && s[i] < 0x7f
	}
	if !ok {
		k.wrong(pointer, "must be 1 to 64 visible ASCII characters")
		return ""
	}
	return s
}

// text checks free text of 1 to limit characters that is not blank and holds no
// control character, line break or change of writing direction.
func (k *check) text(pointer, s string, limit int) string {
	if strings.TrimSpace(s) == "" {
		k.wrong(pointer, "must not be empty")
		return ""
	}
	if utf8.RuneCountInString(s) > limit {
		k.wrong(pointer, "must not be longer than "+strconv.Itoa(limit)+" characters")
		return ""
	}
	if strings.IndexFunc(s, unprintable) >= 0 {
		k.wrong(pointer, "must not hold control characters")
		return ""
	}
	return s
}

// unprintable reports characters that a screen, a log or a table could obey.
func unprintable(r rune) bool {
	return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' ||
		'\u202a' <= r && r <= '\u202e' || '\u2066' <= r && r <= '\u2069' || r == '\ufeff'
}

// word checks a value against a closed list.
func (k *check) word(pointer, s string, list vocabulary) string {
	if !slices.Contains(list, s) {
		k.wrong(pointer, "must be one of "+strings.Join(list, ", "))
		return ""
	}
	return s
}

// state checks a postal code of a state or territory.
func (k *check) state(pointer, s string) string {
	if !slices.Contains(states, s) {
		k.wrong(pointer, "must be the two-letter code of a US state or territory")
		return ""
	}
	return s
}

// within checks a number against inclusive bounds.
func (k *check) within(pointer string, n, low, high int) int {
	if n < low || n > high {
		k.wrong(pointer, "must lie between "+strconv.Itoa(low)+" and "+strconv.Itoa(high))
		return low
	}
	return n
}

// count checks the length of a list; a list that is too long is not looked at.
func (k *check) count(pointer string, n, low, high int) bool {
	switch {
	case n < low:
		k.wrong(pointer, "needs at least "+strconv.Itoa(low)+" items")
	case n > high:
		k.wrong(pointer, "holds more than "+strconv.Itoa(high)+" items")
	default:
		return true
	}
	return false
}

// list checks a list of low to high distinct items, each with item.
func (k *check) list(pointer string, in []string, low, high int, item func(pointer, s string) string) []string {
	if !k.count(pointer, len(in), low, high) {
		return nil
	}
	out := make([]string, 0, len(in))
	seen := make(map[string]bool, len(in))
	for i, s := range in {
		v := item(at(pointer, i), s)
		if seen[s] {
			k.wrong(at(pointer, i), "is in the list twice")
		}
		seen[s] = true
		out = append(out, v)
	}
	return out
}

// words is list over a vocabulary.
func (k *check) words(pointer string, in []string, low int, list vocabulary) []string {
	return k.list(pointer, in, low, len(list), func(pointer, s string) string { return k.word(pointer, s, list) })
}

// optional applies a check to a value that may be left out.
func optional[T, R any](o opt[T], pointer string, apply func(pointer string, v T) R) (r R) {
	if o.Set {
		r = apply(pointer, o.V)
	}
	return r
}

// optText is text for a field that may be left out.
func (k *check) optText(pointer string, o opt[string], limit int) string {
	if !o.Set {
		return ""
	}
	return k.text(pointer, o.V, limit)
}

// caseIDs checks the cases of one call: 1 to matcher.MaxCases distinct ids.
func (k *check) caseIDs(pointer string, in []string) []string {
	for i, s := range in {
		if !tokenLike(s, "._-") { // only then is there a place to name
			k.id(at(pointer, i), s)
		}
		k.uncombinable = k.uncombinable || i >= matcher.MaxCases || slices.Contains(in[:i], s)
		if k.uncombinable {
			break
		}
	}
	k.uncombinable = k.uncombinable || len(in) == 0
	return in
}
