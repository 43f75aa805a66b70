package matcher

// ask asks for who is in one of some sets: united[from:to] of a search.
type ask struct{ from, to int }

// doubt is about who is in one of the sets of turning and in none of those of sure: it may
// change in the window whether he meets a predicate.
type doubt struct{ turning, sure ask }

// inquiry is what sets say of who leaves nothing unmet. It is made once for a search, so that
// one walk over the reviewers, a block of 512 after the other, answers all of it.
type inquiry struct {
	asks   []ask   // all of them are to be met
	barred []int   // but not by these numbers
	doubts []doubt // of whom is looked at alone
	// layers are, for each relation, who comes in with it: of each case and row by itself,
	// he stands in the closest one up to which he is in all.
	layers [RelationSameSubspecialty + 1][]ask
	closer []block // by case and row, who is in so far
}

// forgetAsks makes room for new ones.
func (b *bitSearch) forgetAsks() {
	b.united, b.asks, b.barred, b.doubts = b.united[:0], b.asks[:0], b.barred[:0], b.doubts[:0]
	for i := range b.layers {
		b.layers[i] = b.layers[i][:0]
	}
}

// queued is the ask for one of the sets that were queued since there were from.
func (b *bitSearch) queued(from int) ask { return ask{from, len(b.united)} }

// askGeneral asks for what no row can waive. It reports whether anybody may meet it.
func (b *bitSearch) askGeneral() bool {
	for _, cr := range b.p.rules {
		if cr.payer == nil {
			return false
		}
		from := len(b.united)
		b.set(setProgram, cr.c.Program, "")
		b.asks = append(b.asks, b.queued(from))
		from = len(b.united)
		b.set(setAnyHealthPlan, "", "")
		b.set(setHealthPlan, cr.c.HealthPlan, "")
		b.asks = append(b.asks, b.queued(from))
		if cr.c.Modality != "" {
			from = len(b.united)
			b.set(setAnyModality, "", "")
			b.set(setModality, cr.c.Modality, "")
			b.asks = append(b.asks, b.queued(from))
		}
	}
	return true
}

// askTree asks for who meets a tree. It reports whether asks can say that: an or of other
// than single predicates takes sets of its own.
func (b *bitSearch) askTree(cr *caseRules, n *activeNode) bool {
	from := len(b.united)
	switch {
	case n.All != nil:
		for _, child := range n.children {
			if !b.askTree(cr, child) {
				return false
			}
		}
		return true
	case n.Any != nil:
		for _, child := range n.children {
			if child.All != nil || child.Any != nil || child.Identity != "" {
				return false
			}
			b.askLeaf(cr, child)
		}
	case n.Identity == "original_barred" || n.Identity == "involved_barred":
		b.bar(cr, n)
		return true
	case n.Identity != "":
		return n.Identity == "original_preferred" && !n.alone
	default:
		b.askLeaf(cr, n)
	}
	b.asks = append(b.asks, b.queued(from))
	return true
}

// askLeaf queues who meets a predicate, and notes of whom that is in doubt.
func (b *bitSearch) askLeaf(cr *caseRules, n *activeNode) {
	from := len(b.united)
	b.turning(cr, n)
	turning := b.queued(from)
	b.sure(cr, n)
	if turning.from < turning.to {
		b.doubts = append(b.doubts, doubt{turning, b.queued(turning.to)})
	}
}

// askDoubts notes of whom a predicate is in doubt, and asks for nothing.
func (b *bitSearch) askDoubts() {
	for _, cr := range b.p.rules {
		for i := range cr.rows {
			cr.rows[i].tree.each(func(n *activeNode) {
				if n.All == nil && n.Any == nil && n.Identity == "" {
					b.askLeaf(cr, n)
				}
			})
		}
	}
}

// askRelated appends, for each case and row that compares specialties, the ask for who
// relates to it at least so and at most so.
func (b *bitSearch) askRelated(layer []ask, least, most Relation) []ask {
	for _, cr := range b.p.rules {
		if cr.defaults != nil {
			from := len(b.united)
			b.related(cr.rs, cr.defaults, least, most, setSpecialty, 0)
			layer = append(layer, b.queued(from))
		}
		for i := range cr.rows {
			if row := &cr.rows[i]; row.tree != nil && row.required.Has(NeedSpecialty) {
				from := len(b.united)
				b.relatedIn(cr, row.tree, least, most)
				layer = append(layer, b.queued(from))
			}
		}
	}
	return layer
}

func (b *bitSearch) relatedIn(cr *caseRules, n *activeNode, least, most Relation) {
	if n.Specialty != nil {
		b.related(cr.rs, n.anchors, least, most, setSpecialty, 0)
	}
	for _, child := range n.children {
		b.relatedIn(cr, child, least, most)
	}
}

// among returns who of a block is in one of the sets that an ask names.
func (b *bitSearch) among(a ask, at int, found *block) {
	for i := a.from; i < a.to; i++ {
		if one := b.united[i].at(at); one != nil {
			for k := range found {
				found[k] |= one[k]
			}
		}
	}
}

// meet leaves in who, of a block, those who meet all of some asks, and reports whether
// somebody does.
func (b *bitSearch) meet(all []ask, at int, who *block) bool {
	some := uint64(1)
	for i := 0; i < len(all) && some != 0; i++ {
		var found block
		b.among(all[i], at, &found)
		some = 0
		for k := range who {
			who[k] &= found[k]
			some |= who[k]
		}
	}
	return some != 0
}

// doubtful returns of whom, in a block, there are doubts.
func (b *bitSearch) doubtful(at int) (some block) {
	for _, d := range b.doubts {
		var turning, sure block
		b.among(d.turning, at, &turning)
		b.among(d.sure, at, &sure)
		for k := range some {
			some[k] |= turning[k] &^ sure[k]
		}
	}
	return some
}

// askCompliant asks for who leaves nothing unmet. Where asks cannot say it, they start from
// a set that is narrowed beforehand. It reports whether anybody may be found.
func (b *bitSearch) askCompliant() (narrowed []uint64, some bool) {
	b.forgetAsks()
	some = b.askGeneral()
	told := true
	for _, cr := range b.p.rules {
		for i := range cr.rows {
			told = told && (cr.rows[i].tree == nil || b.askTree(cr, cr.rows[i].tree))
		}
	}
	if some && !told {
		narrowed = b.general()
		for _, cr := range b.p.rules {
			for i := range cr.rows {
				if tree := cr.rows[i].tree; tree != nil {
					b.restrict(cr, tree, narrowed)
				}
			}
		}
		b.askDoubts()
	}
	for relation := RelationSimilar; some && relation <= RelationSameSubspecialty; relation++ {
		b.layers[relation] = b.askRelated(b.layers[relation], relation, relation)
	}
	return narrowed, some
}
