package matcher

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// documentMap knows where the values of a JSON document stand, so that a fault
// that is found after decoding can be shown where it was written. It is made only
// once something is wrong.
type documentMap struct {
	text []byte
	root *mapped
}

// mapped is one value of a document.
type mapped struct {
	start   int // offset of its member's name, else of itself
	pointer string
	kind    jsontext.Kind
	text    string // of a string
	names   []string
	parts   []*mapped // of an object, by names, or of an array
}

// mapDocument maps a text that is one JSON document.
func mapDocument(text []byte) *documentMap {
	m := &documentMap{text: text}
	m.root = m.value(jsontext.NewDecoder(bytes.NewReader(text)), -1, "")
	return m
}

// next returns where the decoder's next token begins.
func (m *documentMap) next(d *jsontext.Decoder) int {
	at := int(d.InputOffset())
	for at < len(m.text) && strings.IndexByte(" \t\r\n,:", m.text[at]) >= 0 {
		at++
	}
	return at
}

// value maps the next value; start is where its member begins, -1 for none.
func (m *documentMap) value(d *jsontext.Decoder, start int, pointer string) *mapped {
	v := &mapped{start: start, pointer: pointer}
	if start < 0 {
		v.start = m.next(d)
	}
	token, err := d.ReadToken()
	if err != nil { // the text was checked before
		return v
	}
	v.kind = token.Kind()
	switch v.kind {
	case '"':
		v.text = token.String()
	case '[':
		for d.PeekKind() != ']' {
			item := m.value(d, -1, pointer+"/"+strconv.Itoa(len(v.parts)))
			if item.kind == 0 {
				return v
			}
			v.parts = append(v.parts, item)
		}
		_, _ = d.ReadToken()
	case '{':
		for d.PeekKind() == '"' {
			at := m.next(d)
			name, err := d.ReadToken()
			if err != nil {
				return v
			}
			v.names = append(v.names, name.String())
			token := jsontext.Pointer(pointer).AppendToken(name.String())
			v.parts = append(v.parts, m.value(d, at, string(token)))
		}
		_, _ = d.ReadToken()
	}
	return v
}

func (m *documentMap) line(offset int) int { return lineOf(m.text, min(offset, len(m.text))) }

// member returns a member of an object, nil if there is none.
func (v *mapped) member(name string) *mapped {
	if i := slices.Index(v.names, name); i >= 0 {
		return v.parts[i]
	}
	return nil
}

// find returns the place of a fault in a section: the member that its detail
// names, or what comes nearest above it.
func (m *documentMap) find(section *mapped, fault *RuleError) *mapped {
	field, _, _ := strings.Cut(fault.Detail, ": ")
	rows := section.member("rows")
	if fault.Row == "" {
		if number, ok := strings.CutPrefix(field, "rows["); ok && rows != nil {
			if i, err := strconv.Atoi(strings.TrimSuffix(number, "]")); err == nil && i < len(rows.parts) {
				return rows.parts[i]
			}
		}
		return section.at(field, fault.Detail)
	}
	var row *mapped
	if rows != nil {
		for _, r := range rows.parts {
			id := r.member("id")
			if id == nil || id.text != fault.Row {
				continue
			}
			if row = r; !strings.HasSuffix(fault.Detail, "used twice") {
				break
			}
		}
	}
	if row == nil {
		return section
	}
	return row.at(field, fault.Detail)
}

// at walks down a field path, "call.gridMinutes" or "/call/gridMinutes", as far
// as it leads. The former has no numbers: of the items of a list, the one that
// holds what the detail quotes is meant.
func (v *mapped) at(field, detail string) *mapped {
	steps := strings.Split(field, ".")
	if strings.HasPrefix(field, "/") {
		steps = steps[:0]
		for token := range jsontext.Pointer(field).Tokens() {
			steps = append(steps, token)
		}
	}
	level := []*mapped{v}
	for _, step := range steps {
		var deeper, without []*mapped
		for _, p := range level {
			for _, item := range p.items(step) {
				if part := item.part(step); part != nil {
					deeper = append(deeper, part)
				} else {
					without = append(without, item)
				}
			}
		}
		if len(without) > 0 && (len(deeper) == 0 || strings.Contains(detail, ": missing")) {
			level = without
			break
		}
		level = deeper
	}
	return choose(level, detail)
}

// items are the values that a step leads on from: of a list all its items,
// unless the step is a number.
func (v *mapped) items(step string) []*mapped {
	if _, err := strconv.Atoi(step); v.kind == '[' && err != nil && len(v.parts) > 0 {
		return v.parts
	}
	return []*mapped{v}
}

// part returns a member or a numbered item, nil if there is none.
func (v *mapped) part(step string) *mapped {
	if v.kind == '[' {
		if i, err := strconv.Atoi(step); err == nil && i < len(v.parts) {
			return v.parts[i]
		}
		return nil
	}
	return v.member(step)
}

// choose picks, of several places, the first that holds the string that a detail
// quotes, and in it the string itself; the last if the detail says "twice".
func choose(level []*mapped, detail string) *mapped {
	quoted := ""
	if _, rest, ok := strings.Cut(detail, ": "); ok {
		if i := strings.IndexByte(rest, '"'); i >= 0 {
			if prefix, err := strconv.QuotedPrefix(rest[i:]); err == nil {
				quoted, _ = strconv.Unquote(prefix)
			}
		}
	}
	if quoted == "" {
		return level[0]
	}
	found := level[0]
	for _, p := range level {
		holds := p.holding(quoted)
		if len(holds) == 0 {
			continue
		}
		if found = holds[0]; !strings.Contains(detail, "twice") {
			break
		}
		found = holds[len(holds)-1]
	}
	return found
}

// holding returns the strings in v that read text, in order.
func (v *mapped) holding(text string) (found []*mapped) {
	if v.kind == '"' && v.text == text {
		return []*mapped{v}
	}
	for _, p := range v.parts {
		found = append(found, p.holding(text)...)
	}
	return found
}
