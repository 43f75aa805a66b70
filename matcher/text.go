package matcher

import "github.com/parleyhq/parley/slots"

// Text is words for people, free of personal data. That of an answer lives in the memory
// of its Searcher.
type Text []byte

// String returns the words, to be kept.
func (t Text) String() string { return string(t) }

// write begins a text of an answer. Nothing else is written until keep ends it.
func (m *Searcher) write() Text { return Text(m.words.open()) }

// keep ends a text.
func (m *Searcher) keep(t Text) Text { return m.words.close(t) }

// say makes a text of its parts.
func (m *Searcher) say(parts ...string) Text {
	t := m.write()
	for _, part := range parts {
		t = append(t, part...)
	}
	return m.keep(t)
}

// monday returns a date in words. Explanations name the few weeks up to the horizon over
// and over, so the last ones are kept.
func (m *Searcher) monday(d slots.Date) string {
	at := &m.mondays[uint(d)/7%uint(len(m.mondays))]
	if at.name == "" || at.date != d {
		at.date, at.name = d, d.String()
	}
	return at.name
}

// namedDate is a date in words.
type namedDate struct {
	date slots.Date
	name string
}
