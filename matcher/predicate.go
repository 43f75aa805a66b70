package matcher

import (
	"slices"

	"github.com/parleyhq/parley/slots"
)

// activeRow is a row that governs a case, its tree reduced to what is active.
type activeRow struct {
	id       string
	rules    *[needCount]string // of a payer's row: the names of its requirements
	tree     *activeNode
	required Needs
	waivers  []*waiver
}

// activeNode is a part of a requirement tree, made ready for one case.
type activeNode struct {
	*node
	children []*activeNode // of All or Any
	state    string        // of a licence, "" = any
	zone     *slots.Zone   // of that state; of certification and experience, that of the row
	anchors  []anchor      // of a specialty, a certification or experience
	// Of original_preferred: until when the original reviewer must have a free start,
	// and, once a plan has found that he has one, that he alone is on offer.
	until slots.Instant
	alone bool
}

// judged is what a tree says of a reviewer. Of an or, it is the branch with the
// fewest needs unmet, the first of several. A need that two parts share can be
// in both sets; it is unmet then.
type judged struct{ met, unmet Needs }

// activate reduces a tree to what is active for a case, nil if nothing is.
func (cr *caseRules) activate(n *node, zone *slots.Zone, state string) *activeNode {
	if n == nil || !n.When.active(cr.c, cr.specialtyMatch) {
		return nil
	}
	a := cr.mem.nodes.one()
	a.node = n
	if parts := len(n.All) + len(n.Any); parts > 0 {
		a.children = cr.activateAll(cr.activateAll(cr.mem.children.take(parts), n.All, zone, state), n.Any, zone, state)
	}
	switch {
	case n.License != nil:
		if a.state = n.License.State; a.state == "row" {
			a.state = state
		}
		if a.state == "any" {
			a.state = ""
		}
		a.zone = cr.rs.zones[a.state]
	case n.Specialty != nil:
		a.anchors = cr.anchors(&n.Specialty.Anchor)
	case n.BoardCertification != nil, n.Experience != nil:
		a.zone, a.anchors = zone, cr.anchorAlone(cr.c.ServiceSpecialty)
	case n.Within != nil:
		k := cr.termClock(n.Within, zone, state)
		a.until = k.end(cr.asked)
	case (n.All != nil || n.Any != nil) && len(a.children) == 0:
		return nil
	}
	return a
}

func (cr *caseRules) activateAll(live []*activeNode, list []*node, zone *slots.Zone, state string) []*activeNode {
	for _, child := range list {
		if a := cr.activate(child, zone, state); a != nil {
			live = append(live, a)
		}
	}
	return live
}

// anchors returns the specialties that a row compares reviewers with.
func (cr *caseRules) anchors(rule *anchorRule) []anchor {
	found := cr.mem.anchors.take(len(rule.Roles) + 1)
	for _, role := range rule.Roles {
		person := cr.c.provider(role)
		if !person.Present || !ofProfession(rule.Profession, person.Credential) {
			continue
		}
		found = append(found, cr.anchor(person.Specialty))
	}
	if agent := cr.payer.AgentSpecialty; rule.Of == "agent" && agent != "" {
		found = append(found, cr.anchor(agent))
	}
	if rule.Of == "service" || rule.Of == "either" {
		found = append(found, cr.anchor(cr.c.ServiceSpecialty))
	}
	return found
}

func ofProfession(profession, credential string) bool {
	switch profession {
	case "physician":
		return isPhysician(credential)
	case "non_physician":
		return !isPhysician(credential)
	}
	return true
}

// defaultAnchor is the anchor where no row requires a specialty: the requesting
// provider's specialty if a physician, else the service's.
func (cr *caseRules) defaultAnchor() []anchor {
	if p := &cr.c.Requesting; p.Present && isPhysician(p.Credential) {
		return cr.anchorAlone(p.Specialty)
	}
	return cr.anchorAlone(cr.c.ServiceSpecialty)
}

func (cr *caseRules) anchor(code string) anchor {
	return cr.rs.anchorOf(code, cr.field)
}

func (cr *caseRules) anchorAlone(code string) []anchor {
	return append(cr.mem.anchors.take(1), cr.anchor(code))
}

// each walks an active tree, parents first.
func (n *activeNode) each(visit func(*activeNode)) {
	if n == nil {
		return
	}
	visit(n)
	for _, child := range n.children {
		child.each(visit)
	}
}

// judging is the question that a tree answers: a reviewer, the start of a call.
type judging struct {
	cr   *caseRules
	r    *Reviewer
	t    slots.Instant
	best Relation // of the specialties met on the way
}

// judge says which needs of the tree the reviewer meets.
func (n *activeNode) judge(q *judging) (j judged) {
	switch {
	case n.All != nil:
		for _, child := range n.children {
			c := child.judge(q)
			j.met |= c.met
			j.unmet |= c.unmet
		}
		return j
	case n.Any != nil:
		for i, child := range n.children {
			if c := child.judge(q); i == 0 || c.unmet.Len() < j.unmet.Len() {
				j = c
			}
		}
		return j
	}
	need, met := n.leaf(q)
	if met {
		return judged{met: Needs(0).With(need)}
	}
	return judged{unmet: Needs(0).With(need)}
}

func (n *activeNode) leaf(q *judging) (need Need, met bool) {
	cr, r := q.cr, q.r
	switch {
	case n.License != nil:
		return NeedLicense, n.licensed(cr, r, q.t)
	case n.Specialty != nil:
		relation := cr.rs.bestRelation(n.anchors, r.Specialties)
		q.best = max(q.best, relation)
		return NeedSpecialty, relation >= n.Specialty.least
	case n.Credential != nil:
		return NeedCredential, holdsCredential(n.Credential.In, r.Credential)
	case n.Population != "":
		return NeedPopulation, slices.Contains(r.Populations, cr.c.Population)
	case n.BoardCertification != nil:
		d := n.zone.Date(q.t)
		return NeedBoardCertification, n.certified(cr.rs, r, d) ||
			n.BoardCertification.Kind == "certified_or_experience" && n.experienced(cr.rs, r, n.BoardCertification.RecentYears, d)
	case n.Experience != nil:
		return NeedExperience, n.experienced(cr.rs, r, n.Experience.RecentYears, n.zone.Date(q.t))
	case n.Identity == "original_required":
		return NeedIdentity, r.ID == cr.c.Determination.ReviewerID
	case n.Identity == "original_preferred":
		return NeedIdentity, !n.alone || r.ID == cr.c.Determination.ReviewerID
	case n.Identity == "original_barred":
		return NeedIdentity, r.ID != cr.c.Determination.ReviewerID
	case n.Identity == "involved_barred":
		return NeedIdentity, r.ID != cr.c.Determination.ReviewerID && !slices.Contains(cr.c.InvolvedReviewerIDs, r.ID)
	}
	panic("BUG: a compiled rule holds a predicate that is not judged")
}

// licensed reports whether a licence counts at t. A licence counts on its own
// dates in its own state's zone, wherever the call is placed.
func (n *activeNode) licensed(cr *caseRules, r *Reviewer, t slots.Instant) bool {
	if n.state != "" {
		day := n.zone.Date(t)
		for i := range r.Licenses {
			if l := &r.Licenses[i]; l.State == n.state && n.License.valid(l, day) {
				return true
			}
		}
		return false
	}
	for i := range r.Licenses {
		l := &r.Licenses[i]
		if zone, known := cr.rs.zones[l.State]; known && n.License.valid(l, zone.Date(t)) {
			return true
		}
	}
	return false
}

// changes returns, sorted, the instants inside within at which verdict(r, ·) may change:
// licences, certifications and experience that a row asks about start or end.
func (cr *caseRules) changes(r *Reviewer, within slots.Interval) []slots.Instant {
	found := cr.appendChanges(nil, r, within)
	slices.Sort(found)
	return slices.Compact(found)
}

// appendChanges appends these instants to found, in no order, some perhaps twice.
func (cr *caseRules) appendChanges(found []slots.Instant, r *Reviewer, within slots.Interval) []slots.Instant {
	for i := range r.Licenses {
		l := &r.Licenses[i]
		if !midnightNear(slots.Instant(l.From), within) && !midnightNear(slots.Instant(l.To)+1, within) || !cr.asksLicense(l.State) {
			continue
		}
		zone, known := cr.rs.zones[l.State]
		if !known {
			continue
		}
		found = zone.AppendDateChanges(found, l.From, l.To, within)
	}
	for _, n := range cr.practice {
		found = n.practiceChanges(found, r, within)
	}
	return found
}

// midnightNear reports whether a local date, in days since 1970, may start inside
// within somewhere: clocks are never a day apart from UTC. Most licences start and end
// long before and after, which spares looking at their zones.
func midnightNear(date slots.Instant, within slots.Interval) bool {
	const day = 24 * slots.Hour
	return within.Start < (date+1)*day && (date-1)*day < within.End
}

func (cr *caseRules) asksLicense(state string) bool {
	return cr.anyLicense || slices.Contains(cr.licenseStates, state)
}

// appendInfos appends the predicates of a tree, for people. group is 0 outside an or.
func (r *activeRow) appendInfos(found []RequirementInfo, n *activeNode, group int, groups *int) []RequirementInfo {
	if len(n.Any) > 0 && len(n.children) > 1 && group == 0 {
		*groups++
		group = *groups
	}
	if n.All != nil || n.Any != nil {
		for _, child := range n.children {
			found = r.appendInfos(found, child, group, groups)
		}
		return found
	}
	info := RequirementInfo{OneOf: group}
	var need Need
	switch {
	case n.License != nil:
		need, info.State = NeedLicense, n.state
	case n.Specialty != nil:
		need, info.Relation = NeedSpecialty, n.Specialty.Relation
	case n.Credential != nil:
		need = NeedCredential
	case n.Population != "":
		need = NeedPopulation
	case n.BoardCertification != nil:
		need = NeedBoardCertification
	case n.Experience != nil:
		need = NeedExperience
	default:
		need = NeedIdentity
	}
	info.Code, info.Rule = need.String(), r.rule(Needs(0).With(need))
	return append(found, info)
}
