package matcher

import (
	"slices"

	"github.com/go-json-experiment/json/jsontext"
)

// attestationRow is a row of attestations.json: what a caller acknowledges.
// Its version grows with every change of the text.
type attestationRow struct {
	ID      string `json:"id"` // the code on the wire
	Version int    `json:"version"`
	Text    string `json:"text"`
	Source  string `json:"source"`
}

func (c *compiler) compileAttestations(raw jsontext.Value) {
	c.rs.attestations = make(map[string]*attestationRow)
	for _, r := range decodeRows(c, "attestations", raw, func(r *attestationRow) string { return r.ID }) {
		at := c.at("attestations", r.ID)
		at.code("id", r.ID)
		at.text("text", r.Text)
		at.text("source", r.Source)
		at.between("version", r.Version, 1, 1<<30)
		c.rs.attestations[r.ID] = r
	}
}

func (p place) attestation(field, code string) {
	if _, ok := p.c.rs.attestations[code]; !ok {
		p.faultf("%s: unmapped code %q: no row of attestations has it", field, code)
	}
}

// waiver maps what a match leaves unmet, of what the row requires, to the
// attestation that permits it. A set without a waiver cannot be waived.
type waiver struct {
	// Required is what the row must require of the case for the waiver to count,
	// out of licence and specialty; none = whatever it requires.
	Required    []string `json:"required"`
	Unmet       []string `json:"unmet"`
	Attestation string   `json:"attestation"`

	required, unmet Needs
	codes           []string // Attestation alone, shared by verdicts
}

func (p place) waivers(list []*waiver, required Needs) {
	for i, w := range list {
		w.required = p.waivableNeeds("waivers.required", w.Required)
		w.unmet = p.waivableNeeds("waivers.unmet", w.Unmet)
		w.codes = []string{w.Attestation}
		p.attestation("waivers.attestation", w.Attestation)
		if w.unmet == 0 {
			p.faultf("waivers.unmet: none")
		}
		if w.unmet&^required != 0 {
			p.faultf("waivers.unmet: %v is more than the row requires", w.Unmet)
		}
		if w.required != 0 && w.unmet&^w.required != 0 {
			p.faultf("waivers.unmet: %v is more than %v", w.Unmet, w.Required)
		}
		if slices.ContainsFunc(list[:i], func(v *waiver) bool { return v.required == w.required && v.unmet == w.unmet }) {
			p.faultf("waivers: %v mapped twice", w.Unmet)
		}
	}
}

func (p place) waivableNeeds(field string, codes []string) (set Needs) {
	for _, code := range codes {
		need, ok := needFrom(code)
		if !ok || !waivable.Has(need) {
			p.faultf("%s: %q cannot be waived, only license and specialty can", field, code)
			continue
		}
		if set.Has(need) {
			p.faultf("%s: %q twice", field, code)
		}
		set = set.With(need)
	}
	return set
}

// waiverFor finds the waiver of an unmet set; one that names what is required
// goes before one that does not. It is nil if the set cannot be waived.
func waiverFor(list []*waiver, required, unmet Needs) (found *waiver) {
	for _, w := range list {
		switch {
		case w.unmet != unmet:
		case w.required == required:
			return w
		case w.required == 0:
			found = w
		}
	}
	return found
}

// asked is an attestation that a row asks for, whatever the match.
type asked struct {
	Code      string    `json:"code"`
	Mandatory bool      `json:"mandatory"`
	When      condition `json:"when"`

	row *attestationRow
}

func (p place) askedFor(list []asked) {
	for i := range list {
		list[i].row = p.c.rs.attestations[list[i].Code]
		p.attestation("attestations.code", list[i].Code)
		p.condition("attestations.when", &list[i].When)
	}
}
