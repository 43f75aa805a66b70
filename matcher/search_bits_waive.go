package matcher

// outcome is who leaves the same needs of a tree unmet.
type outcome struct {
	unmet Needs
	who   []uint64
}

// waivable finds who leaves unmet what the rows let a caller waive. Like verdict it takes
// each row by itself, and of several cases the worst tier.
func (b *bitSearch) waivable(found *classes, all, odd, single []uint64, want tierSet) {
	if !b.mayWaive() {
		return
	}
	sure := b.dense()
	copy(sure, all)
	unsure := b.split(sure, odd, single)
	b.pass(8)
	var waived [TierBothWaived + 1][]uint64 // by tier, of the cases so far
	for tier := range waivableTiers.all {
		waived[tier] = b.dense()
		clear(waived[tier])
	}
	for _, cr := range b.p.rules {
		b.pass(4)
		license, specialty := b.dense(), b.dense()
		clear(license)
		clear(specialty)
		for i := range cr.rows {
			if row := &cr.rows[i]; row.tree != nil {
				b.waive(cr, row, sure, license, specialty)
			}
		}
		for i := range sure {
			l, s := license[i], specialty[i]
			waived[TierBothWaived][i] |= l & s
			waived[TierSpecialtyWaived][i] |= s &^ l
			waived[TierLicenseWaived][i] |= l &^ s
		}
	}
	for i, left := range sure { // what one row waives, another may bar
		both := waived[TierBothWaived][i] & left
		specialty := waived[TierSpecialtyWaived][i] & left &^ both
		waived[TierLicenseWaived][i] &= left &^ both &^ specialty
		waived[TierBothWaived][i], waived[TierSpecialtyWaived][i] = both, specialty
	}
	for tier := range (want & waivableTiers).all {
		rest := waived[tier]
		for relation := RelationSameSubspecialty; relation > RelationNone; relation-- {
			b.pass(2)
			at := b.dense()
			copy(at, rest)
			b.keepRelated(at, relation)
			for i := range rest {
				rest[i] &^= at[i]
			}
			found[tier][relation] = at
		}
		found[tier][RelationNone] = rest
	}
	b.resolve(found, unsure, single, want)
}

// mayWaive reports whether any row lets a caller waive anything.
func (b *bitSearch) mayWaive() bool {
	for _, cr := range b.p.rules {
		for i := range cr.rows {
			if row := &cr.rows[i]; row.tree != nil && len(row.waivers) > 0 {
				return true
			}
		}
	}
	return false
}

// waive takes out of sure whom a row bars, and adds to license and specialty who needs a
// waiver of it.
func (b *bitSearch) waive(cr *caseRules, row *activeRow, sure, license, specialty []uint64) {
	for _, o := range b.outcomes(cr, row.tree, sure) {
		if o.unmet == 0 {
			continue
		}
		b.pass(2)
		barred := waiverFor(row.waivers, row.required, o.unmet) == nil
		for i, w := range o.who {
			switch {
			case barred:
				sure[i] &^= w
			default:
				if o.unmet.Has(NeedLicense) {
					license[i] |= w
				}
				if o.unmet.Has(NeedSpecialty) {
					specialty[i] |= w
				}
			}
		}
	}
}

// outcomes splits who by what a tree leaves unmet, as judge says of one reviewer.
func (b *bitSearch) outcomes(cr *caseRules, n *activeNode, who []uint64) (found []outcome) {
	switch {
	case n.All != nil:
		found = append(b.lists.take(1), outcome{0, who})
		for _, child := range n.children {
			found = b.combine(cr, child, found, func(before, now Needs) Needs { return before | now })
		}
		return found
	case n.Any != nil:
		found = b.outcomes(cr, n.children[0], who)
		for _, child := range n.children[1:] {
			found = b.combine(cr, child, found, func(before, now Needs) Needs {
				if now.Len() < before.Len() {
					return now
				}
				return before
			})
		}
		return found
	}
	b.pass(3)
	met, unmet := b.dense(), b.dense()
	copy(met, who)
	b.restrict(cr, n, met)
	for i := range unmet {
		unmet[i] = who[i] &^ met[i]
	}
	return append(b.lists.take(2), outcome{0, met}, outcome{Needs(0).With(n.need()), unmet})
}

// combine splits outcomes further by those of one more tree.
func (b *bitSearch) combine(cr *caseRules, n *activeNode, before []outcome, of func(before, now Needs) Needs) []outcome {
	after := b.lists.take(2 * len(before))
	for _, o := range before {
		for _, c := range b.outcomes(cr, n, o.who) {
			after = b.merge(after, outcome{of(o.unmet, c.unmet), c.who})
		}
	}
	return after
}

// merge adds an outcome to others, if it is anybody's.
func (b *bitSearch) merge(list []outcome, o outcome) []outcome {
	b.pass(2)
	some := uint64(0)
	for _, w := range o.who {
		some |= w
	}
	if some == 0 {
		return list
	}
	for i := range list {
		if list[i].unmet == o.unmet {
			for k, w := range o.who {
				list[i].who[k] |= w
			}
			return list
		}
	}
	return append(list, o)
}
