package matcher

import (
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// conceptRow is a row of specialties.json: a specialty, or with a parent one of
// its subspecialties, and the NUCC codes that mean it. A code belongs to one
// concept; equal classifications or names in NUCC prove nothing.
type conceptRow struct {
	ID     string `json:"id"`
	Label  string `json:"label"`
	Parent string `json:"parent"`
	// Comparable is false for codes that name a role and no field of practice
	// (a group, a student, an examiner): they match nothing, not even themselves.
	Comparable *bool    `json:"comparable"`
	Codes      []string `json:"codes"`
}

// conceptID numbers the concepts in the order of their ids, from 1; 0 is an unknown specialty.
type conceptID uint16 // more than maxRows

// concept is a specialty or a subspecialty of one.
type concept struct {
	id, label  string
	specialty  conceptID   // itself, if it is no subspecialty
	parts      []conceptID // its subspecialties
	comparable bool
	codes      []string
}

// conceptTable maps NUCC codes to concepts.
type conceptTable struct {
	concepts []concept // by conceptID; the first is the unknown specialty
	byID     map[string]conceptID
	byCode   map[string]conceptID
}

func (t *conceptTable) of(code string) conceptID { return t.byCode[code] }

// general reports whether c is a whole specialty.
func (t *conceptTable) general(c conceptID) bool { return t.concepts[c].specialty == c }

// relation compares two concepts by their place in the tree alone. It is symmetric.
func (t *conceptTable) relation(a, b conceptID) Relation {
	ca, cb := t.concepts[a], t.concepts[b]
	switch {
	case !ca.comparable || !cb.comparable:
		return RelationNone
	case a == b:
		return RelationSameSubspecialty
	case ca.specialty == cb.specialty && (t.general(a) || t.general(b)):
		return RelationSame
	}
	return RelationNone
}

func (c *compiler) compileConcepts(raw jsontext.Value) {
	rows := decodeRows(c, "specialties", raw, func(r *conceptRow) string { return r.ID })
	t := conceptTable{
		concepts: make([]concept, 1, len(rows)+1),
		byID:     make(map[string]conceptID, len(rows)),
		byCode:   make(map[string]conceptID),
	}
	for _, r := range rows {
		t.byID[r.ID] = conceptID(len(t.concepts))
		t.concepts = append(t.concepts, concept{id: r.ID, label: r.Label, comparable: r.Comparable == nil || *r.Comparable})
	}
	parents := make(map[string]string, len(rows))
	for _, r := range rows {
		parents[r.ID] = r.Parent
	}
	for i, r := range rows {
		at := c.at("specialties", r.ID)
		at.slug("id", strings.ReplaceAll(r.ID, "/", "-"))
		at.text("label", r.Label)
		self := conceptID(i + 1)
		t.concepts[self].specialty = self
		if r.Parent != "" {
			whole := c.parentOf(at, &t, r, parents)
			t.concepts[self].specialty = whole
			t.concepts[whole].parts = append(t.concepts[whole].parts, self)
		}
		if len(r.Codes) == 0 {
			at.faultf("codes: none")
		}
		for _, code := range r.Codes {
			c.mapCode(at, &t, code, self)
		}
	}
	c.rs.concepts = t
}

// parentOf checks that a parent exists, that the tree has no cycle, and that it
// is two levels deep: specialty and subspecialty.
func (c *compiler) parentOf(at place, t *conceptTable, r *conceptRow, parents map[string]string) conceptID {
	parent, ok := t.byID[r.Parent]
	if !ok {
		at.faultf("parent: unknown concept %q", r.Parent)
		return t.byID[r.ID]
	}
	seen := map[string]bool{r.ID: true}
	for up := r.Parent; up != ""; up = parents[up] {
		if seen[up] {
			at.faultf("parent: cycle through %q", up)
			return t.byID[r.ID]
		}
		seen[up] = true
	}
	if parents[r.Parent] != "" {
		at.faultf("parent: %q is a subspecialty itself", r.Parent)
	}
	return parent
}

func (c *compiler) mapCode(at place, t *conceptTable, code string, to conceptID) {
	if !nuccForm(code) {
		at.faultf("codes: %q is no NUCC code", code)
		return
	}
	if other, taken := t.byCode[code]; taken {
		at.faultf("codes: %s belongs to concept %s already", code, t.concepts[other].id)
		return
	}
	t.byCode[code] = to
	t.concepts[to].codes = append(t.concepts[to].codes, code)
}

// nuccForm reports whether s has the form of a NUCC code: ten upper-case
// letters and digits, the last an X.
func nuccForm(s string) bool {
	if len(s) != 10 || s[9] != 'X' {
		return false
	}
	for i := range len(s) {
		if (s[i] < '0' || s[i] > '9') && (s[i] < 'A' || s[i] > 'Z') {
			return false
		}
	}
	return true
}

// SpecialtyConcept returns the concept that a NUCC code is mapped to:
// "orthopaedic-surgery/spine", "Orthopaedic surgery of the spine". It is not ok for an
// unknown code, which relates to nothing.
func (rs *Ruleset) SpecialtyConcept(code string) (id, label string, ok bool) {
	c := rs.concepts.of(code)
	if c == 0 {
		return "", "", false
	}
	return rs.concepts.concepts[c].id, rs.concepts.concepts[c].label, true
}
