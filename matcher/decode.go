package matcher

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/parleyhq/parley/slots"
)

// RuleError says what is wrong with a bundle of rules, and where: the section
// (the file's name without .json) and the row's id, "" for the section as a whole.
type RuleError struct {
	Section, Row, Detail string
	// File and Line, from 1, are the place in a folder of rules, as far as it is
	// known: a bundle has no files, and Line is 0 if the fault is the file's as a whole.
	File string
	Line int
	// Pointer is the JSON pointer of the place, in the file or else in the bundle;
	// "" = the whole document.
	Pointer string
}

// Error names the place, as file and line if they are known, and the detail.
func (e *RuleError) Error() string {
	switch {
	case e.File != "":
		place := e.File + ": "
		if e.Line > 0 {
			place = e.File + ":" + strconv.Itoa(e.Line) + ": "
		}
		if e.Row != "" {
			place += "row " + e.Row + ": "
		}
		return place + e.Detail
	case e.Section == "":
		return "rules: " + e.Detail
	case e.Row == "":
		return "rules: " + e.Section + ": " + e.Detail
	}
	return "rules: " + e.Section + ": row " + e.Row + ": " + e.Detail
}

// maxFaults bounds how many faults one compilation reports.
const maxFaults = 100

// maxRows bounds the rows of one section.
const maxRows = 5_000

// compiler collects faults while it fills a ruleset. Sections are compiled in
// the order of their references: what a row names is known by then.
type compiler struct {
	rs     *Ruleset
	faults []error
}

// place is where faults are reported.
type place struct {
	c            *compiler
	section, row string
	// Of a row of payers or jurisdictions: it is applied, it has no state, no zone of its own or of
	// a state.
	applied, stateless, zoneless bool
}

func (c *compiler) at(section, row string) place { return place{c: c, section: section, row: row} }

func (p place) faultf(format string, args ...any) {
	if len(p.c.faults) < maxFaults {
		p.c.faults = append(p.c.faults, &RuleError{
			Section: p.section, Row: p.row, Detail: fmt.Sprintf(format, args...),
		})
	}
}

// text demands a text that is not blank.
func (p place) text(field, s string) {
	if strings.TrimSpace(s) == "" {
		p.faultf("%s: missing", field)
	}
}

// slug demands an id: lower-case letters, digits and hyphens, 1 to 64 of them.
func (p place) slug(field, s string) {
	p.spelled(field, s, '-')
}

// code demands a stable code in snake_case.
func (p place) code(field, s string) {
	p.spelled(field, s, '_')
}

func (p place) spelled(field, s string, joint byte) {
	ok := 1 <= len(s) && len(s) <= 64 && s[0] != joint && s[len(s)-1] != joint
	for i := range len(s) {
		ok = ok && (s[i] == joint || 'a' <= s[i] && s[i] <= 'z' || '0' <= s[i] && s[i] <= '9')
	}
	if !ok {
		p.faultf("%s: %q is not made of a–z, 0–9 and %q", field, s, joint)
	}
}

// word demands one of the words.
func (p place) word(field, s string, words []string) bool {
	if slices.Contains(words, s) {
		return true
	}
	if s == "" {
		p.faultf("%s: missing, want one of %s", field, strings.Join(words, ", "))
	} else {
		p.faultf("%s: unknown %q, want one of %s", field, s, strings.Join(words, ", "))
	}
	return false
}

// words demands distinct words out of a list.
func (p place) words(field string, list, words []string) {
	for i, s := range list {
		p.word(field, s, words)
		if slices.Contains(list[:i], s) {
			p.faultf("%s: %q twice", field, s)
		}
	}
}

// between demands low ≤ n ≤ high.
func (p place) between(field string, n, low, high int) {
	if n < low || n > high {
		p.faultf("%s: %d, want %d to %d", field, n, low, high)
	}
}

// state demands a known state.
func (p place) state(field, s string) {
	if _, ok := p.c.rs.zones[s]; !ok {
		p.faultf("%s: unknown state %q", field, s)
	}
}

// zone loads a zone by name.
func (p place) zone(field, name string) *slots.Zone {
	z, err := slots.LoadZone(name)
	if err != nil {
		p.faultf("%s: %q: %v", field, name, err)
		return slots.UTC()
	}
	return z
}

// section is the form of every rule file.
type section struct {
	Version int              `json:"version"`
	Rows    []jsontext.Value `json:"rows"`
}

// decodeStrict refuses unknown and duplicate members, other case and trailing text.
func decodeStrict(b []byte, v any) error {
	return json.Unmarshal(b, v, json.RejectUnknownMembers(true))
}

// decodeRows decodes the rows of a section, sorted by id: the order of rows in
// a file has no meaning.
func decodeRows[T any](c *compiler, name string, raw jsontext.Value, id func(*T) string) []*T {
	var s section
	if err := decodeStrict(raw, &s); err != nil {
		c.at(name, "").faultf("%s", plain(err))
		return nil
	}
	if s.Version < 1 {
		c.at(name, "").faultf("version: %d, want 1 or more", s.Version)
	}
	if len(s.Rows) > maxRows {
		c.at(name, "").faultf("%d rows, at most %d", len(s.Rows), maxRows)
		return nil
	}
	rows := make([]*T, 0, len(s.Rows))
	for i, r := range s.Rows {
		var head struct {
			ID string `json:"id"`
		}
		_ = json.Unmarshal(r, &head) // the strict decoding below reports
		if head.ID == "" {
			c.at(name, "").faultf("rows[%d]: id: missing", i)
			continue
		}
		row := new(T)
		if err := decodeStrict(r, row); err != nil {
			c.at(name, head.ID).faultf("%s", plain(err))
			continue
		}
		rows = append(rows, row)
	}
	slices.SortStableFunc(rows, func(a, b *T) int { return cmp.Compare(id(a), id(b)) })
	return slices.CompactFunc(rows, func(a, b *T) bool {
		if id(a) != id(b) {
			return false
		}
		c.at(name, id(a)).faultf("id: used twice")
		return true
	})
}

// plain shortens a decoding error to where and what.
func plain(err error) string {
	var semantic *json.SemanticError
	if errors.As(err, &semantic) {
		what := "does not fit here"
		if semantic.Err != nil {
			what = semantic.Err.Error()
		}
		return fmt.Sprintf("%s: %s", cmp.Or(string(semantic.JSONPointer), "value"), what)
	}
	return err.Error()
}

// validity is the span of request dates for which a row is law.
type validity struct {
	from, to slots.Date // both included
}

func (v validity) holds(d slots.Date) bool { return v.from <= d && d <= v.to }

func (v validity) overlaps(w validity) bool { return v.from <= w.to && w.from <= v.to }

// Bounds of an open validity: beyond any date that can be written.
const (
	earliestDate slots.Date = -1 << 30
	latestDate   slots.Date = 1 << 30
)

func (p place) validity(from, to *string) validity {
	v := validity{earliestDate, latestDate}
	for _, end := range []struct {
		field string
		text  *string
		date  *slots.Date
	}{{"validFrom", from, &v.from}, {"validTo", to, &v.to}} {
		if end.text == nil {
			continue
		}
		d, err := slots.ParseDate(*end.text)
		if err != nil {
			p.faultf("%s: %q is no date", end.field, *end.text)
			continue
		}
		*end.date = d
	}
	if v.from > v.to {
		p.faultf("validTo: before validFrom")
	}
	return v
}
