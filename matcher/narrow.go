package matcher

// The index narrows a search to reviewers who may pass; the rules alone decide.
// A condition of the index is therefore always weaker than the rule behind it.

// conditions returns what the index asks of a reviewer who may stand in one of
// the tiers: training for the program of every case and, if only compliant tiers
// are wanted, what the rows require, for then nothing may be left unmet.
func (p *Plan) conditions(tiers tierSet) []anyOf {
	var conditions []anyOf
	for _, cr := range p.rules {
		conditions = append(conditions, anyOf{trainedFor(p.view.Tenant, cr.c.Program)})
		if tiers&^compliantTiers != 0 {
			continue
		}
		for i := range cr.rows {
			conditions = append(conditions, cr.rows[i].tree.conditions(cr.rs, p.view.Tenant)...)
		}
	}
	return conditions
}

// conditions returns what the index knows of the reviewers that meet a tree.
func (n *activeNode) conditions(rs *Ruleset, tenant string) []anyOf {
	switch {
	case n == nil:
		return nil
	case n.All != nil:
		var all []anyOf
		for _, child := range n.children {
			all = append(all, child.conditions(rs, tenant)...)
		}
		return all
	case n.Any != nil:
		return n.either(rs, tenant)
	case n.License != nil && n.state != "":
		return []anyOf{{licensedIn(tenant, n.state)}}
	case n.Specialty != nil:
		var codes anyOf
		for _, code := range rs.related(n.anchors, n.Specialty.least) {
			codes = append(codes, specializedIn(tenant, code))
		}
		return []anyOf{codes}
	}
	return nil
}

// either returns one condition that holds whichever branch is met, none if the
// index knows nothing of one of them.
func (n *activeNode) either(rs *Ruleset, tenant string) []anyOf {
	var merged anyOf
	for _, child := range n.children {
		branch := child.conditions(rs, tenant)
		if len(branch) == 0 {
			return nil
		}
		merged = append(merged, branch[0]...)
	}
	return []anyOf{merged}
}

// related returns the codes whose relation to one of the anchors is at least
// least, in order of their concepts.
func (rs *Ruleset) related(anchors []anchor, least Relation) []string {
	var codes []string
	for id := range rs.concepts.concepts {
		for i := range anchors {
			if rs.relation(&anchors[i], conceptID(id)) >= least {
				codes = append(codes, rs.concepts.concepts[id].codes...)
				break
			}
		}
	}
	return codes
}
