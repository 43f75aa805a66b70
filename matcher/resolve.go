package matcher

import (
	"cmp"
	"slices"

	"github.com/parleyhq/parley/slots"
)

// caseRules is everything the rules say of one case at one request: the rows
// that apply, the requirement trees, the anchors, the limits, the attestations.
type caseRules struct {
	rs             *Ruleset
	c              *Case
	now            slots.Instant
	asked          slots.Instant // when the call was first asked for
	specialtyMatch bool          // the caller asked for it

	eligibility Eligibility
	// starts bounds the slot starts on offer by the case's and the payer's limits
	// (lead time, horizon, hard limits): [Start, End). Limits that only change what the decision can become are not in it.
	starts slots.Interval
	// startsRule names the row behind starts' end when a limit other than the horizon decides it.
	startsRule string
	// startsLaw is the law that says when the determination is due, if that decides it.
	startsLaw string
	// closedByLaw: the determination was due by law, and with it the calls are over.
	closedByLaw bool
	// changing bounds the starts that can still change the decision; starts outside are consultative.
	changing slots.Interval
	// closed and passed are the reasons of bounds that lie behind now: of those that
	// end the calls, and of those that leave them consultative.
	closed, passed []Reason
	// recordDuty: what is offered must be recorded.
	recordDuty bool
	// stageRule names the reviewer stage that binds, "" = none.
	stageRule string

	// due is when the pending determination is due, as the case says or else by the
	// law dueRule; 0 = unknown.
	due     slots.Instant
	dueRule string

	// The reasons of the payer's clauses and of all bounds that have passed, by effect.
	refused, consultative, good []Reason

	payer    *payerRow          // nil if none governs the case
	field    field              // in which specialties are compared
	covering []*jurisdictionRow // triggers aside
	laws     []law
	notes    []Reason // that refuse nothing
	unread   []Reason // that change nothing, for explanations
	rows     []activeRow
	ids      []string // of rows, sorted
	general  Needs    // what every reviewer must meet, whatever the rows say
	defaults []anchor // used if no row asks for a specialty

	mandatory []string // attestation codes that every booking needs, sorted
	optional  []string // codes that are stored if sent, sorted

	practice      []*activeNode // that ask for certification or experience
	licenseStates []string
	anyLicense    bool

	mem ruleMemory
}

// ruleMemory is what the rules of one case after another are made in.
type ruleMemory struct {
	nodes    slab[activeNode]
	children slab[*activeNode]
	anchors  slab[anchor]
	unions   unions
}

// reset forgets the case and keeps its memory.
func (cr *caseRules) reset() {
	*cr = caseRules{
		closed: cr.closed[:0], passed: cr.passed[:0],
		refused: cr.refused[:0], consultative: cr.consultative[:0], good: cr.good[:0],
		covering: cr.covering[:0], laws: cr.laws[:0], notes: cr.notes[:0], unread: cr.unread[:0], rows: cr.rows[:0], ids: cr.ids[:0],
		mandatory: cr.mandatory[:0], optional: cr.optional[:0],
		practice: cr.practice[:0], licenseStates: cr.licenseStates[:0],
		eligibility: Eligibility{Attestations: cr.eligibility.Attestations[:0]},
		mem:         cr.mem,
	}
	cr.mem.nodes.reset()
	cr.mem.children.reset()
	cr.mem.anchors.reset()
	cr.mem.unions.reset()
}

// verdict says how a reviewer meets a case's requirements at one instant.
type verdict struct {
	Tier         Tier // TierNone: never offered
	Relation     Relation
	Unmet        Needs
	Attestations []string // needed to book: waivers for Unmet plus mandatory ones, sorted
	Optional     []string // stored if sent
	Met          []string // requirement codes met, sorted
	Rules        []string // ids of all rows that judged, sorted
	Blocking     string   // for TierNone: the row that decided, of a payer's the requirement that stands for Barred
	Barred       Needs    // for TierNone: of Unmet, what that row does not let the caller waive
}

// resolve decides and describes a case in memory of its own.
func (rs *Ruleset) resolve(c *Case, now, firstAsked slots.Instant, specialtyMatch bool) *caseRules {
	cr := new(caseRules)
	cr.decide(rs, c, now, firstAsked, specialtyMatch)
	cr.describe()
	return cr
}

// decide picks the rows for a case by its request date and conjoins them. specialtyMatch is the caller's
// request for a specialty match, which activates on-request branches and adds NeedSpecialtyMatch.
// The request date is that of the case's own P2PRequestedAt, else of firstAsked, else of now.
// What was decided before is forgotten.
func (cr *caseRules) decide(rs *Ruleset, c *Case, now, firstAsked slots.Instant, specialtyMatch bool) {
	cr.reset()
	cr.rs, cr.c, cr.now, cr.asked, cr.specialtyMatch = rs, c, now, cmp.Or(c.P2PRequestedAt, firstAsked, now), specialtyMatch
	cr.field = rs.fieldOf(c.Program, c.Population)
	payer := rs.payerFor(c, cr.asked)
	if payer == nil {
		cr.refuseScope()
		return
	}
	cr.payer = payer
	cr.addRow(&payer.rowHead, &payer.demand, payer.zone, "", &payer.needRules)
	cr.bindStage(payer)
	cr.recordDuty = len(payer.RecordDuty) > 0
	rs.eachLaw(c, func(row *jurisdictionRow) { cr.addLaw(row) })
	cr.settleDue()
	slices.Sort(cr.ids)
	cr.general = Needs(0).With(NeedProgram)
	if c.Modality != "" {
		cr.general = cr.general.With(NeedModality)
	}
	cr.settleSpecialty()
	cr.judgeCase(payer)
}

// openFrom sets the first start on offer, in place of now and the lead time.
func (cr *caseRules) openFrom(start slots.Instant) {
	cr.starts.Start = start
	if cr.changing.End != 0 { // else nothing can change any more
		cr.changing.Start = start
	}
}

// addLaw conjoins a row of jurisdictions, if it governs the case.
func (cr *caseRules) addLaw(row *jurisdictionRow) {
	state, zone, covered := row.covers(cr.rs, cr.c, cr.payer, cr.asked)
	if !covered || row.replacement(cr) != nil {
		return
	}
	cr.covering = append(cr.covering, row)
	if !row.Trigger.active(cr.c, cr.specialtyMatch) {
		return
	}
	cr.laws = append(cr.laws, law{row, state, zone})
	cr.addRow(&row.rowHead, &row.demand, zone, state, nil)
	cr.recordDuty = cr.recordDuty || len(row.RecordDuty) > 0
}

// addRow conjoins a row: its active requirements and what it asks the caller to acknowledge.
// Its days run in zone, nil = UTC.
func (cr *caseRules) addRow(head *rowHead, d *demand, zone *slots.Zone, state string, rules *[needCount]string) {
	if zone == nil {
		zone = slots.UTC()
	}
	row := activeRow{id: head.ID, rules: rules, tree: cr.activate(d.Requires, zone, state), waivers: d.Waivers}
	row.tree.each(func(n *activeNode) {
		switch {
		case n.License != nil:
			row.required = row.required.With(NeedLicense)
			cr.anyLicense = cr.anyLicense || n.state == ""
			cr.licenseStates = append(cr.licenseStates, n.state)
		case n.Specialty != nil:
			row.required = row.required.With(NeedSpecialty)
		case n.BoardCertification != nil, n.Experience != nil:
			cr.practice = append(cr.practice, n)
		}
	})
	cr.rows = append(cr.rows, row)
	cr.ids = append(cr.ids, head.ID)
	for i := range d.Attestations {
		if a := &d.Attestations[i]; a.When.holds(cr.c, cr.now) {
			cr.askFor(a, head.ID)
		}
	}
}

// askFor adds an attestation; of several rows on one code, mandatory wins.
func (cr *caseRules) askFor(a *asked, rule string) {
	e := &cr.eligibility
	i := slices.IndexFunc(e.Attestations, func(x AttestationInfo) bool { return x.Code == a.Code })
	switch {
	case i < 0:
		e.Attestations = append(e.Attestations, AttestationInfo{
			Code: a.Code, Text: a.row.Text, Version: a.row.Version, Rule: rule, Mandatory: a.Mandatory,
		})
	case a.Mandatory && !e.Attestations[i].Mandatory:
		e.Attestations[i].Mandatory, e.Attestations[i].Rule = true, rule
	}
}

// settleSpecialty fixes the anchor and the attestation lists once all rows are in.
func (cr *caseRules) settleSpecialty() {
	if !slices.ContainsFunc(cr.rows, func(r activeRow) bool { return r.required.Has(NeedSpecialty) }) {
		cr.defaults = cr.defaultAnchor()
	}
	for _, a := range cr.eligibility.Attestations {
		if a.Mandatory {
			cr.mandatory = append(cr.mandatory, a.Code)
		} else {
			cr.optional = append(cr.optional, a.Code)
		}
	}
	slices.Sort(cr.mandatory)
	slices.Sort(cr.optional)
}

// verdict judges r for a call that starts at t. Pure; the same for every instant between two changes.
// Its relation is the worst over the rows that require a specialty, of each the best over its anchors.
// The slices it returns are shared and must not be changed.
func (cr *caseRules) verdict(r *Reviewer, t slots.Instant) verdict {
	v := verdict{Rules: cr.ids, Optional: cr.optional, Attestations: cr.mandatory, Relation: RelationSameSubspecialty}
	if cr.defaults != nil {
		v.Relation = cr.rs.bestRelation(cr.defaults, r.Specialties)
	}
	if cr.payer == nil {
		v.Blocking = cr.eligibility.Reasons[0].Rule
		return v
	}
	unmet := cr.generalUnmet(r)
	if unmet != 0 {
		v.Blocking, v.Barred = cr.payer.needRules[unmet.first()], unmet
	}
	met, waived := cr.general&^unmet, Needs(0)
	for i := range cr.rows {
		row := &cr.rows[i]
		if row.tree == nil {
			continue
		}
		q := judging{cr: cr, r: r, t: t}
		j := row.tree.judge(&q)
		met |= j.met
		unmet |= j.unmet
		if row.required.Has(NeedSpecialty) {
			v.Relation = min(v.Relation, q.best)
		}
		if j.unmet == 0 {
			continue
		}
		if w := waiverFor(row.waivers, row.required, j.unmet); w != nil {
			waived |= j.unmet
			v.Attestations = cr.mem.unions.of(v.Attestations, w.codes)
		} else if v.Blocking == "" {
			v.Blocking, v.Barred = row.rule(j.unmet), j.unmet
		}
	}
	v.Unmet, v.Met = unmet, (met &^ unmet).sorted()
	if cr.specialtyMatch && v.Relation < RelationSame {
		v.Unmet = v.Unmet.With(NeedSpecialtyMatch)
	}
	if v.Blocking != "" {
		v.Attestations, v.Optional = nil, nil
		return v
	}
	v.Tier = tierOf(waived, v.Relation)
	return v
}

// rule names the row behind unmet needs; a payer's requirements have ids of their own.
func (r *activeRow) rule(unmet Needs) string {
	if r.rules != nil {
		return r.rules[unmet.decisive()]
	}
	return r.id
}

// generalUnmet is what no row can waive: work for the plan, training for the
// program, the modality, and being active.
func (cr *caseRules) generalUnmet(r *Reviewer) (unmet Needs) {
	c := cr.c
	if !slices.Contains(r.Programs, c.Program) {
		unmet = unmet.With(NeedProgram)
	}
	if len(r.HealthPlans) > 0 && !slices.Contains(r.HealthPlans, c.HealthPlan) {
		unmet = unmet.With(NeedHealthPlan)
	}
	if c.Modality != "" && len(r.Modalities) > 0 && !slices.Contains(r.Modalities, c.Modality) {
		unmet = unmet.With(NeedModality)
	}
	if !r.Active {
		unmet = unmet.With(NeedActive)
	}
	return unmet
}
