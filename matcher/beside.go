package matcher

import (
	"slices"

	"github.com/parleyhq/parley/slots"
)

// lawScope is what a row of jurisdictions covers beyond its key, and how it stands to
// other rows.
type lawScope struct {
	PlanTypes []string `json:"planTypes"` // of the case's plan, none = whatever it is, unknown included
	Agent     bool     `json:"agent"`     // only cases whose payer's row names an agentSpecialty
	// Beside are rows of other laws that cover some of the same cases: both govern them.
	Beside []string `json:"beside"`
	// Replaces are rows that do not govern what this one governs.
	Replaces []string `json:"replaces"`

	replacedBy []*jurisdictionRow // applied rows that replace this one, by id
}

// names reports whether the row stands beside another or in its place.
func (s *lawScope) names(id string) bool {
	return slices.Contains(s.Beside, id) || slices.Contains(s.Replaces, id)
}

// admits reports whether the scope takes in a case of a payer's row.
func (s *lawScope) admits(c *Case, payer *payerRow) bool {
	return oneOf(s.PlanTypes, c.PlanType) && (!s.Agent || payer.AgentSpecialty != "")
}

// governs reports whether a row binds a case: it covers it, its trigger fires, and no
// row that binds the case replaces it. It says in which state and zone.
func (r *jurisdictionRow) governs(cr *caseRules) (state string, zone *slots.Zone, ok bool) {
	state, zone, ok = r.covers(cr.rs, cr.c, cr.payer, cr.asked)
	return state, zone, ok && r.Trigger.active(cr.c, cr.specialtyMatch) && r.replacement(cr) == nil
}

// replacement returns the first row that binds the case in this row's place, nil if
// none does. No chain of replacements comes back to its start, so this ends.
func (r *jurisdictionRow) replacement(cr *caseRules) *jurisdictionRow {
	for _, other := range r.replacedBy {
		if _, _, ok := other.governs(cr); ok {
			return other
		}
	}
	return nil
}

// standing checks how the rows of jurisdictions stand to one another, and ties those
// that are replaced to the applied rows that do it.
func (c *compiler) standing() {
	byID := make(map[string]*jurisdictionRow, len(c.rs.lawRows))
	for _, r := range c.rs.lawRows {
		byID[r.ID] = r
	}
	for _, r := range c.rs.lawRows {
		at := c.at("jurisdictions", r.ID)
		at.others("beside", r, r.Beside, byID)
		at.others("replaces", r, r.Replaces, byID)
		for _, id := range r.Beside {
			if other := byID[id]; other != nil && (other.Kind != r.Kind || other.Accreditation != r.Accreditation) {
				at.faultf("beside: row %s is of another kind, and in nobody's way", id)
			}
			if slices.Contains(r.Replaces, id) {
				at.faultf("replaces: row %s stands beside this one", id)
			}
		}
		if r.replacesItself(byID) {
			at.faultf("replaces: a cycle, the row is replaced by one that it replaces")
		}
		for _, id := range r.Replaces {
			if other := byID[id]; other != nil && r.applied() {
				other.replacedBy = append(other.replacedBy, r)
			}
		}
	}
}

// others checks the rows that r names in a field.
func (p place) others(field string, r *jurisdictionRow, ids []string, byID map[string]*jurisdictionRow) {
	for i, id := range ids {
		other := byID[id]
		switch {
		case slices.Contains(ids[:i], id):
			p.faultf("%s: %q twice", field, id)
		case id == r.ID:
			p.faultf("%s: the row names itself", field)
		case other == nil:
			p.faultf("%s: no row %q", field, id)
		case !r.meets(other):
			p.faultf("%s: row %s covers none of the same cases", field, id)
		}
	}
}

// replacesItself reports whether a chain of two or more replacements leads from a row
// back to it.
func (r *jurisdictionRow) replacesItself(byID map[string]*jurisdictionRow) bool {
	seen := map[string]bool{r.ID: true}
	for next := slices.Clone(r.Replaces); len(next) > 0; next = next[1:] {
		other := byID[next[0]]
		if other == nil || seen[other.ID] {
			continue
		}
		if slices.Contains(other.Replaces, r.ID) {
			return true
		}
		seen[other.ID] = true
		next = append(next, other.Replaces...)
	}
	return false
}
