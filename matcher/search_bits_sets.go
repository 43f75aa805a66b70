package matcher

import "slices"

// set queues the set of a name to be united with others.
func (b *bitSearch) set(kind setKind, name, detail string) {
	b.named(setName{kind: kind, name: name, detail: detail})
}

func (b *bitSearch) named(n setName) {
	if p, some := b.sets.named[n]; some {
		b.united = append(b.united, p)
	}
}

// turning queues who may begin or cease to meet a predicate on the way.
func (b *bitSearch) turning(cr *caseRules, n *activeNode) {
	switch {
	case n.License != nil:
		b.eachState(cr, n, func(state string) { b.set(setChanging, state, "") })
	case n.BoardCertification != nil:
		b.related(cr.rs, n.anchors, RelationSimilar, RelationSameSubspecialty, setCertifying, 0)
		if n.BoardCertification.Kind == "certified_or_experience" {
			b.practised(cr, n, false)
		}
	case n.Experience != nil:
		b.practised(cr, n, false)
	}
}

// sure queues who meets a predicate all along.
func (b *bitSearch) sure(cr *caseRules, n *activeNode) {
	switch {
	case n.License != nil:
		b.licensed(cr, n)
	case n.BoardCertification != nil:
		b.related(cr.rs, n.anchors, RelationSimilar, RelationSameSubspecialty, setCertified, 0)
		if n.BoardCertification.Kind == "certified_or_experience" {
			b.practised(cr, n, true)
		}
	case n.Experience != nil:
		b.practised(cr, n, true)
	case n.Specialty != nil:
		b.related(cr.rs, n.anchors, n.Specialty.least, RelationSameSubspecialty, setSpecialty, 0)
	case n.Credential != nil:
		for _, credential := range b.sets.credentials {
			if holdsCredential(n.Credential.In, credential) {
				b.set(setCredential, credential, "")
			}
		}
	case n.Population != "":
		b.set(setPopulation, cr.c.Population, "")
	}
}

// licensed queues who has a licence that counts all along.
func (b *bitSearch) licensed(cr *caseRules, n *activeNode) {
	for _, kind := range licenseTypes {
		if slices.Contains(n.License.ExcludeTypes, kind) {
			continue
		}
		b.eachState(cr, n, func(state string) { b.set(setLicense, state, kind) })
	}
}

// eachState yields the states whose licences a predicate takes; "" stands for all.
func (b *bitSearch) eachState(cr *caseRules, n *activeNode, yield func(string)) {
	if n.state != "" {
		yield(n.state)
		return
	}
	for _, state := range b.sets.states {
		if _, known := cr.rs.zones[state]; !known {
			for _, other := range b.sets.states {
				if _, known := cr.rs.zones[other]; known {
					yield(other)
				}
			}
			return
		}
	}
	yield("")
}

// practised queues whose practice is recent enough for n all along or, if they are not
// sure, ceases to be on the way: it counts up to a day of the year that is so much later.
func (b *bitSearch) practised(cr *caseRules, n *activeNode, sure bool) {
	recent := n.recentYears()
	if recent == 0 {
		if sure {
			b.related(cr.rs, n.anchors, RelationSimilar, RelationSameSubspecialty, setExperience, 0)
		}
		return
	}
	from, to := datesAround(b.window)
	first, _, _ := from.YMD()
	last, _, _ := to.YMD()
	for _, year := range b.sets.years {
		if until := year + recent; until > last && sure || first <= until && until <= last && !sure {
			b.related(cr.rs, n.anchors, RelationSimilar, RelationSameSubspecialty, setExperience, year)
		}
	}
}

// related queues who has something, a specialty or what was certified or practised, that
// relates to one of the anchors at least and at most so. Who relates more closely may be
// among them.
func (b *bitSearch) related(rs *Ruleset, anchors []anchor, least, most Relation, kind setKind, year int) {
	t := &rs.concepts
	one := func(id conceptID) {
		for _, code := range t.concepts[id].codes {
			b.named(setName{kind: kind, name: code, year: year})
		}
	}
	for i := range anchors {
		a := &anchors[i]
		if t.concepts[a.concept].comparable {
			if most == RelationSameSubspecialty {
				one(a.concept)
			}
			if least <= RelationSame && RelationSame <= most {
				b.kin(t, a.concept, one)
			}
		}
		if least > RelationSimilar {
			continue
		}
		for _, n := range a.similar {
			if n.populations == allPopulations || n.populations&a.bit != 0 {
				one(n.concept)
			}
		}
	}
}

// kin yields the concepts that are the same specialty as id, one of the two being
// general in it.
func (b *bitSearch) kin(t *conceptTable, id conceptID, yield func(conceptID)) {
	if !t.general(id) {
		if general := t.concepts[id].specialty; t.concepts[general].comparable {
			yield(general)
		}
		return
	}
	for _, part := range t.concepts[id].parts {
		if t.concepts[part].comparable {
			yield(part)
		}
	}
}
