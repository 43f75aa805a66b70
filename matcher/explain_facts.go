package matcher

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/parleyhq/parley/slots"
)

// maxFactValues is how many licences, codes or ids one requirement's facts name;
// further ones are counted.
const maxFactValues = 16

// facts lists what the rules ask of a reviewer for a call at t, and whether he
// meets it: what is asked of everybody first, then the rows in order. Without a
// reviewer it lists what is asked, and nothing is met.
func (cr *caseRules) facts(r *Reviewer, t slots.Instant) []RequirementFact {
	if cr.payer == nil {
		return nil
	}
	found := cr.generalFacts(r)
	groups := 0
	for i := range cr.rows {
		row := &cr.rows[i]
		if row.tree == nil {
			continue
		}
		w := factWalk{cr: cr, r: r, t: t, row: row, source: cr.source(row), groups: &groups}
		w.walk(row.tree, 0, r != nil)
		w.waive()
		found = append(found, w.found...)
	}
	if cr.specialtyMatch && r != nil {
		relation := cr.verdict(r, t).Relation
		found = append(found, RequirementFact{
			Code: NeedSpecialtyMatch.String(), Met: relation >= RelationSame, Counts: true,
			Facts: []string{"requested=true", "asked=" + RelationSame.String(), "relation=" + relation.String()},
		})
	}
	return found
}

// source returns where a row's text comes from.
func (cr *caseRules) source(row *activeRow) string {
	section := "jurisdictions"
	if row.rules != nil {
		section = "payers"
	}
	for i := range cr.rs.rows {
		if info := &cr.rs.rows[i]; info.Section == section && info.ID == row.id {
			return info.Source
		}
	}
	return ""
}

// generalFacts lists what is asked of everybody and nobody can waive.
func (cr *caseRules) generalFacts(r *Reviewer) []RequirementFact {
	c, p := cr.c, cr.payer
	var unmet Needs
	if r != nil {
		unmet = cr.generalUnmet(r)
	}
	var found []RequirementFact
	add := func(need Need, asked string, has func() string) {
		f := RequirementFact{Code: need.String(), Rule: p.needRules[need], Source: p.Source, Facts: []string{asked}}
		if r != nil {
			f.Facts = append(f.Facts, has())
			f.Met, f.Counts = !unmet.Has(need), true
		}
		found = append(found, f)
	}
	add(NeedProgram, "program="+c.Program, func() string { return "trained=" + listFact(r.Programs, "none") })
	add(NeedHealthPlan, "plan="+c.HealthPlan, func() string { return "works_for=" + listFact(r.HealthPlans, "all") })
	if c.Modality != "" {
		add(NeedModality, "modality="+c.Modality, func() string { return "takes=" + listFact(r.Modalities, "all") })
	}
	add(NeedActive, "asked=true", func() string { return "active=" + strconv.FormatBool(r.Active) })
	return found
}

// listFact spells a list of codes; none stands for an empty one.
func listFact(list []string, none string) string {
	if len(list) == 0 {
		return none
	}
	if more := len(list) - maxFactValues; more > 0 {
		return strings.Join(list[:maxFactValues], ",") + " and " + strconv.Itoa(more) + " more"
	}
	return cmp.Or(strings.Join(list, ","), none)
}

// factWalk turns the active tree of a row into facts, as judge reads it.
type factWalk struct {
	cr     *caseRules
	r      *Reviewer // nil: the case alone
	t      slots.Instant
	row    *activeRow
	source string
	groups *int
	found  []RequirementFact
}

// walk visits a tree as judge does: of an or, the branch with the fewest needs
// unmet counts, the first of several. group is 0 outside an or.
func (w *factWalk) walk(n *activeNode, group int, counts bool) {
	switch {
	case n.All != nil:
		for _, child := range n.children {
			w.walk(child, group, counts)
		}
	case n.Any != nil:
		if len(n.children) > 1 && group == 0 {
			*w.groups++
			group = *w.groups
		}
		chosen := w.chosen(n)
		for i, child := range n.children {
			w.walk(child, group, counts && i == chosen)
		}
	default:
		w.leaf(n, group, counts)
	}
}

// chosen returns which branch of an or decides.
func (w *factWalk) chosen(n *activeNode) int {
	if w.r == nil {
		return 0
	}
	q := judging{cr: w.cr, r: w.r, t: w.t}
	return n.decides(&q)
}

func (w *factWalk) leaf(n *activeNode, group int, counts bool) {
	need := n.need()
	f := RequirementFact{
		Code: need.String(), Rule: w.row.rule(Needs(0).With(need)), Source: w.source,
		Facts: n.asked(w.cr), OneOf: group, Counts: counts,
	}
	if w.cr.stageRule != "" && f.Rule == w.cr.stageRule {
		f.Facts = append(f.Facts, "stage="+w.cr.eligibility.Stage)
	}
	if w.r != nil {
		q := judging{cr: w.cr, r: w.r, t: w.t}
		_, f.Met = n.leaf(&q)
		f.Facts = append(f.Facts, n.known(w.cr, w.r, w.t)...)
	}
	w.found = append(w.found, f)
}

// waive names the attestation that covers what the row leaves unmet, if one does.
func (w *factWalk) waive() {
	var unmet Needs
	for i := range w.found {
		if f := &w.found[i]; f.Counts && !f.Met {
			need, _ := needFrom(f.Code)
			unmet = unmet.With(need)
		}
	}
	waiver := waiverFor(w.row.waivers, w.row.required, unmet)
	if unmet == 0 || waiver == nil {
		return
	}
	for i := range w.found {
		if f := &w.found[i]; f.Counts && !f.Met {
			f.Waiver = waiver.Attestation
		}
	}
}

// need returns what a leaf asks for.
func (n *activeNode) need() Need {
	switch {
	case n.License != nil:
		return NeedLicense
	case n.Specialty != nil:
		return NeedSpecialty
	case n.Credential != nil:
		return NeedCredential
	case n.Population != "":
		return NeedPopulation
	case n.BoardCertification != nil:
		return NeedBoardCertification
	case n.Experience != nil:
		return NeedExperience
	}
	return NeedIdentity
}

// asked returns what a leaf asks for, with the facts that the case gives.
func (n *activeNode) asked(cr *caseRules) (facts []string) {
	switch {
	case n.License != nil:
		facts = append(facts, "state="+cmp.Or(n.state, "any"))
		if len(n.License.ExcludeTypes) > 0 {
			facts = append(facts, "excluded="+strings.Join(n.License.ExcludeTypes, ","))
		}
	case n.Specialty != nil:
		facts = append(facts, "asked="+n.Specialty.Relation, "anchor="+listFact(anchorCodes(n.anchors), "unknown"))
	case n.Credential != nil:
		facts = append(facts, "asked="+strings.Join(n.Credential.In, ","))
	case n.Population != "":
		facts = append(facts, "member="+cr.c.Population)
	case n.BoardCertification != nil:
		facts = append(facts, "asked="+n.BoardCertification.Kind, "anchor="+listFact(anchorCodes(n.anchors), "unknown"))
	case n.Experience != nil:
		facts = append(facts, "asked=experience", "anchor="+listFact(anchorCodes(n.anchors), "unknown"))
	case n.Identity != "":
		facts = append(facts, "asked="+n.Identity, "decided_by="+cmp.Or(cr.c.Determination.ReviewerID, "unknown"))
		if n.Identity == "involved_barred" {
			facts = append(facts, "involved="+listFact(cr.c.InvolvedReviewerIDs, "nobody"))
		}
		if n.Within != nil {
			facts = append(facts, "waited_for_until="+n.until.String(), "alone_on_offer="+strconv.FormatBool(n.alone))
		}
	}
	if n.BoardCertification != nil || n.Experience != nil {
		if years := n.recentYears(); years > 0 {
			facts = append(facts, "recent_years="+strconv.Itoa(years))
		}
	}
	return facts
}

// known returns the facts of a reviewer that a leaf looks at, for a call at t.
func (n *activeNode) known(cr *caseRules, r *Reviewer, t slots.Instant) (facts []string) {
	switch {
	case n.License != nil:
		return n.licenseFacts(r, t)
	case n.Specialty != nil:
		relation := cr.rs.bestRelation(n.anchors, r.Specialties)
		return []string{"relation=" + relation.String(), "specialty=" + listFact(r.Specialties, "none")}
	case n.Credential != nil:
		return []string{"credential=" + cmp.Or(r.Credential, "none")}
	case n.Population != "":
		return []string{"serves=" + listFact(r.Populations, "nobody")}
	case n.BoardCertification != nil:
		facts = append([]string{"day=" + n.zone.Date(t).String()}, certificationFacts(r)...)
		if n.BoardCertification.Kind == "certified_or_experience" {
			facts = append(facts, experienceFacts(r)...)
		}
		return facts
	case n.Experience != nil:
		return append([]string{"day=" + n.zone.Date(t).String()}, experienceFacts(r)...)
	case n.Identity != "":
		return []string{"reviewer=" + r.ID}
	}
	return nil
}

func certificationFacts(r *Reviewer) []string {
	var list []string
	for _, c := range r.BoardCertifications {
		to := "open"
		if c.To != 0 {
			to = c.To.String()
		}
		list = append(list, c.Specialty+" "+c.From.String()+".."+to)
	}
	return []string{"certified=" + listFact(list, "none")}
}

func experienceFacts(r *Reviewer) []string {
	var list []string
	for _, e := range r.Experience {
		until := "today"
		if e.Until != 0 {
			until = e.Until.String()
		}
		list = append(list, e.Specialty+" until "+until)
	}
	return []string{"experience=" + listFact(list, "none")}
}

// licenseFacts spells the licences that could count, and the day on which they must.
func (n *activeNode) licenseFacts(r *Reviewer, t slots.Instant) []string {
	var facts []string
	if n.zone != nil {
		facts = append(facts, "day="+n.zone.Date(t).String())
	} else {
		facts = append(facts, "start="+t.String())
	}
	seen := 0
	for i := range r.Licenses {
		l := &r.Licenses[i]
		if n.state != "" && l.State != n.state {
			continue
		}
		if seen++; seen <= maxFactValues {
			facts = append(facts, "license="+strings.Join([]string{l.State, l.Type, l.Status, l.From.String() + ".." + l.To.String()}, " "))
		}
	}
	switch {
	case seen == 0:
		facts = append(facts, "license=none")
	case seen > maxFactValues:
		facts = append(facts, "more="+strconv.Itoa(seen-maxFactValues))
	}
	return facts
}

func anchorCodes(anchors []anchor) []string {
	var codes []string
	for i := range anchors {
		if code := cmp.Or(anchors[i].code, "unknown"); !slices.Contains(codes, code) {
			codes = append(codes, code)
		}
	}
	return codes
}
