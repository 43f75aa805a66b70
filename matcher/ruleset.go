package matcher

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/parleyhq/parley/slots"
)

// Ruleset is a compiled, immutable version of all rules: jurisdictions, payer
// programs, specialty concepts, similarity, attestations, holidays, state zones.
type Ruleset struct {
	version       string
	zones         map[string]*slots.Zone // by state
	labels        map[string]string      // by "level/…", "health-plan/…"
	programs      map[string]program
	concepts      conceptTable
	attestations  map[string]*attestationRow
	holidays      map[string]*slots.Holidays // by "federal", "state/…", "payer/…"
	calendars     map[calendarKey]slots.Workdays
	jurisdictions []*jurisdictionRow     // applied ones, by id
	laws          lawIndex               // of jurisdictions
	payers        map[string][]*payerRow // applied ones, by health plan, then id
	rows          []RowInfo

	lawRows   []*jurisdictionRow // all rows, applied or not, by id: for explanations
	payerRows []*payerRow
}

// RowInfo lists a row of jurisdictions or payers, applied or not.
type RowInfo struct {
	Section, ID, Title, Source string
	ValidFrom, ValidTo         string // request dates, "" = open
	// Applied rows are verified and enabled; the others are checked and kept.
	Applied, Verified, Enabled bool
	// Beside and Replaces are what a row of jurisdictions names so: rows of other laws that
	// govern some of its cases too, and rows that do not govern what it governs.
	Beside, Replaces []string
}

type program struct {
	label, serviceLine string
	similar            neighbours // on that line
}

// bundle is the document that carries the rules: a member per file.
type bundle struct {
	Attestations  jsontext.Value `json:"attestations"`
	Holidays      jsontext.Value `json:"holidays"`
	Jurisdictions jsontext.Value `json:"jurisdictions"`
	Labels        jsontext.Value `json:"labels"`
	Payers        jsontext.Value `json:"payers"`
	Programs      jsontext.Value `json:"programs"`
	Similarity    jsontext.Value `json:"similarity"`
	Specialties   jsontext.Value `json:"specialties"`
	States        jsontext.Value `json:"states"`
}

// CompileRules checks and compiles a bundle. Every fault is reported, up to a
// hundred, each a *RuleError that names section and row; errors.Join joins them.
// The result depends on the bundle alone, and on the zone tables for the states' zones.
func CompileRules(b []byte) (*Ruleset, error) {
	if len(b) > MaxBundleBytes {
		return nil, &RuleError{Detail: "bundle too large"}
	}
	canonical := jsontext.Value(bytes.Clone(b))
	if err := canonical.Canonicalize(); err != nil {
		return nil, &RuleError{Detail: err.Error()}
	}
	var parts bundle
	if err := decodeStrict(canonical, &parts); err != nil {
		return nil, &RuleError{Detail: plain(err)}
	}
	sum := sha256.Sum256(canonical)
	c := &compiler{rs: &Ruleset{version: "rules-" + hex.EncodeToString(sum[:6])}}
	for _, s := range []struct {
		name    string
		raw     jsontext.Value
		compile func(jsontext.Value)
	}{
		{"states", parts.States, c.compileStates},
		{"holidays", parts.Holidays, c.compileHolidays},
		{"labels", parts.Labels, c.compileLabels},
		{"programs", parts.Programs, c.compilePrograms},
		{"specialties", parts.Specialties, c.compileConcepts},
		{"similarity", parts.Similarity, c.compileSimilarity},
		{"attestations", parts.Attestations, c.compileAttestations},
		{"payers", parts.Payers, c.compilePayers},
		{"jurisdictions", parts.Jurisdictions, c.compileJurisdictions},
	} {
		if s.raw == nil && slices.Contains(optionalSections, s.name) {
			continue
		}
		if s.raw == nil {
			c.at(s.name, "").faultf("missing")
			continue
		}
		s.compile(s.raw)
	}
	if len(c.faults) > 0 {
		return nil, errors.Join(c.faults...)
	}
	c.rs.laws = indexLaws(c.rs.jurisdictions)
	slices.SortStableFunc(c.rs.rows, func(a, b RowInfo) int { return cmp.Compare(a.Section, b.Section) })
	return c.rs, nil
}

// stateRow is a row of states.json: the zone in which a state's licences and
// clocks count days, that of its capital.
type stateRow struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Zone string `json:"zone"`
}

func (c *compiler) compileStates(raw jsontext.Value) {
	c.rs.zones = make(map[string]*slots.Zone)
	for _, r := range decodeRows(c, "states", raw, func(r *stateRow) string { return r.ID }) {
		at := c.at("states", r.ID)
		at.text("name", r.Name)
		if len(r.ID) != 2 || strings.ToUpper(r.ID) != r.ID {
			at.faultf("id: %q is not two upper-case letters", r.ID)
		}
		if r.Zone == "" {
			at.faultf("zone: missing")
			continue
		}
		c.rs.zones[r.ID] = at.zone("zone", r.Zone)
	}
}

// labelRow is a row of labels.json: what people read for a level of review or a health plan.
type labelRow struct {
	ID    string `json:"id"` // level/… or health-plan/…
	Label string `json:"label"`
}

func (c *compiler) compileLabels(raw jsontext.Value) {
	c.rs.labels = make(map[string]string)
	for _, r := range decodeRows(c, "labels", raw, func(r *labelRow) string { return r.ID }) {
		at := c.at("labels", r.ID)
		kind, _, _ := strings.Cut(r.ID, "/")
		at.word("id", kind, labelKinds)
		at.text("label", r.Label)
		c.rs.labels[r.ID] = r.Label
	}
	for _, level := range levels {
		if c.rs.labels["level/"+level] == "" {
			c.at("labels", "level/"+level).faultf("missing")
		}
	}
}

// programRow is a row of programs.json: a case type and the service line that
// decides which specialties are similar for it.
type programRow struct {
	ID          string `json:"id"`
	Label       string `json:"label"`
	ServiceLine string `json:"serviceLine"`
}

func (c *compiler) compilePrograms(raw jsontext.Value) {
	c.rs.programs = make(map[string]program)
	for _, r := range decodeRows(c, "programs", raw, func(r *programRow) string { return r.ID }) {
		at := c.at("programs", r.ID)
		at.slug("id", r.ID)
		at.text("label", r.Label)
		at.slug("serviceLine", r.ServiceLine)
		c.rs.programs[r.ID] = program{label: r.Label, serviceLine: r.ServiceLine}
	}
}

// Version names the bundle: "rules-" and 12 hex digits of the SHA-256 of its canonical form.
func (rs *Ruleset) Version() string { return rs.version }

// Rows lists the rows of payers and jurisdictions, applied or not, by section and id.
func (rs *Ruleset) Rows() []RowInfo { return rs.rows }

// ProgramLabel returns what people read for a program, "MSK Spine Surgery"; an
// unknown program is its own label, as are unknown levels and plans below.
func (rs *Ruleset) ProgramLabel(program string) string {
	if p, ok := rs.programs[program]; ok {
		return p.label
	}
	return program
}

// LevelLabel returns what people read for a level of review, "Reconsideration P2P".
func (rs *Ruleset) LevelLabel(level string) string { return rs.label("level/", level) }

// HealthPlanLabel returns what people read for a health plan.
func (rs *Ruleset) HealthPlanLabel(plan string) string { return rs.label("health-plan/", plan) }

func (rs *Ruleset) label(kind, id string) string {
	if label, ok := rs.labels[kind+id]; ok {
		return label
	}
	return id
}

// AttestationText returns the current text of an attestation and its version.
func (rs *Ruleset) AttestationText(code string) (text string, version int, ok bool) {
	a, ok := rs.attestations[code]
	if !ok {
		return "", 0, false
	}
	return a.Text, a.Version, true
}
