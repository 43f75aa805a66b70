package matcher

import "math/bits"

// dense returns a set of all reviewers to be filled.
func (b *bitSearch) dense() []uint64 { return b.words.take(b.width)[:b.width] }

// keep leaves in dst who is in one of the planes.
func keep(dst []uint64, planes []plane) {
	for at := 0; at < len(dst); at += blockWords {
		part := (*block)(dst[at:])
		if *part == (block{}) {
			continue
		}
		var some block
		for i := range planes {
			if one := planes[i].at(at / blockWords); one != nil {
				for k := range some {
					some[k] |= one[k]
				}
			}
		}
		for k := range part {
			part[k] &= some[k]
		}
	}
}

// keepQueued leaves in dst who is in one of the queued sets.
func (b *bitSearch) keepQueued(dst []uint64) {
	keep(dst, b.planes)
	b.planes = b.planes[:0]
}

// general returns who meets what no row can waive, for all cases.
func (b *bitSearch) general() []uint64 {
	dst := b.dense()
	clear(dst)
	for at := 0; at < len(dst); at += blockWords {
		if one := b.sets.active.at(at / blockWords); one != nil {
			*(*block)(dst[at:]) = *one
		}
	}
	for _, cr := range b.p.rules {
		b.set(setProgram, cr.c.Program, "")
		b.keepQueued(dst)
		b.set(setAnyHealthPlan, "", "")
		b.set(setHealthPlan, cr.c.HealthPlan, "")
		b.keepQueued(dst)
		if cr.c.Modality != "" {
			b.set(setAnyModality, "", "")
			b.set(setModality, cr.c.Modality, "")
			b.keepQueued(dst)
		}
		if cr.payer == nil {
			clear(dst)
		}
	}
	return dst
}

// restrict leaves in dst who meets a tree. Of who is unsure it may leave some who do not.
func (b *bitSearch) restrict(cr *caseRules, n *activeNode, dst []uint64) {
	switch {
	case n.All != nil:
		for _, child := range n.children {
			b.restrict(cr, child, dst)
		}
	case n.Any != nil:
		sum, part := b.dense(), b.dense()
		clear(sum)
		for _, child := range n.children {
			copy(part, dst)
			b.restrict(cr, child, part)
			for i := range sum {
				sum[i] |= part[i]
			}
		}
		copy(dst, sum)
	case n.Identity != "":
		b.identity(cr, n, dst)
	default:
		b.turning(cr, n)
		b.sure(cr, n)
		b.keepQueued(dst)
	}
}

// identity leaves in dst who is, or is not, whom a case names.
func (b *bitSearch) identity(cr *caseRules, n *activeNode, dst []uint64) {
	named := func(id string) (word int, bit uint64) {
		r, known := b.p.view.Roster.Find(b.p.view.Tenant, id)
		if !known || int(r.Ref) >= b.x.size {
			return 0, 0
		}
		return int(r.Ref) / 64, 1 << (r.Ref % 64)
	}
	word, bit := named(cr.c.Determination.ReviewerID)
	switch n.Identity {
	case "original_preferred":
		if !n.alone {
			return
		}
		fallthrough
	case "original_required":
		if len(dst) > 0 {
			left := dst[word] & bit
			clear(dst)
			dst[word] = left
		}
		return
	}
	if len(dst) > 0 {
		dst[word] &^= bit
	}
	if n.Identity == "involved_barred" {
		for _, id := range cr.c.InvolvedReviewerIDs {
			if word, bit := named(id); bit != 0 {
				dst[word] &^= bit
			}
		}
	}
}

// doubts returns of whom, among others, it may change in the window what a row asks for:
// they are looked at one by one. It holds too many rather than too few.
func (b *bitSearch) doubts(who []uint64) []uint64 {
	dst := b.dense()
	clear(dst)
	for _, cr := range b.p.rules {
		for i := range cr.rows {
			cr.rows[i].tree.each(func(n *activeNode) { b.doubtful(cr, n, who, dst) })
		}
	}
	return dst
}

// doubtful adds whom a predicate needs a closer look at.
func (b *bitSearch) doubtful(cr *caseRules, n *activeNode, who, dst []uint64) {
	b.turning(cr, n)
	changing := len(b.planes)
	if changing == 0 {
		return
	}
	b.sure(cr, n)
	for at := 0; at < len(dst); at += blockWords {
		if *(*block)(who[at:]) == (block{}) {
			continue
		}
		var change, valid block
		for i := range b.planes {
			one := b.planes[i].at(at / blockWords)
			if one == nil {
				continue
			}
			into := &valid
			if i < changing {
				into = &change
			}
			for k := range one {
				into[k] |= one[k]
			}
		}
		for k := range change {
			dst[at+k] |= change[k] &^ valid[k]
		}
	}
	b.planes = b.planes[:0]
}

// odd returns whose cells do not tell when they are free: a hold of theirs has expired
// and is still there, the call that is out of the way is theirs, or they have a cap and
// work past midnight.
func (b *bitSearch) odd() []uint64 {
	dst := b.dense()
	clear(dst)
	v := b.p.view
	b.x.holds.Scan(func(h heldUntil) bool {
		if h.until > v.Now {
			return false
		}
		if int(h.ref) < b.x.size {
			dst[h.ref/64] |= 1 << (h.ref % 64)
		}
		return true
	})
	if v.Except != "" && int(v.ExceptOf.Ref) < b.x.size {
		dst[v.ExceptOf.Ref/64] |= 1 << (v.ExceptOf.Ref % 64)
	}
	unite := func(p *plane) {
		if len(p.roots) == 0 {
			return
		}
		for at := 0; at < len(dst); at += blockWords {
			if one := p.at(at / blockWords); one != nil {
				for k := range one {
					dst[at+k] |= one[k]
				}
			}
		}
	}
	unite(&b.x.crowded)
	reach := b.p.reach(b.window)
	for i := b.x.raster.Cell(reach.Start) / blockBits; i <= b.x.raster.Cell(reach.End-1)/blockBits; i++ {
		unite(&b.x.segmentOf(i * blockBits).odd)
	}
	return dst
}

// add makes a cast of a set, if somebody is in it.
func (b *bitSearch) add(tier Tier, relation Relation, who []uint64) {
	words := 0
	for _, w := range who {
		if w != 0 {
			words++
		}
	}
	if words == 0 {
		return
	}
	c := cast{tier: tier, relation: relation, members: b.members.take(words)}
	for i, w := range who {
		if w != 0 {
			c.members = append(c.members, wordBits{i, w})
			c.count += bits.OnesCount64(w)
		}
	}
	b.casts = append(b.casts, c)
}

// classes are sets of reviewers by tier and relation, nil = nobody.
type classes [TierBothWaived + 1][RelationSameSubspecialty + 1][]uint64

// cast finds who may stand in the tiers of want: casts of those whom sets and cells tell
// exactly, and singles.
func (b *bitSearch) cast(want tierSet) {
	all, odd := b.general(), b.odd()
	var found classes
	single := b.dense()
	clear(single)
	if want&compliantTiers != 0 {
		b.compliant(&found, all, odd, single, want)
	}
	if want&waivableTiers != 0 {
		b.waivable(&found, all, odd, single, want)
	}
	for tier := range want.all {
		for relation := RelationSameSubspecialty; ; relation-- {
			if who := found[tier][relation]; who != nil {
				b.add(tier, relation, who)
			}
			if relation == RelationNone {
				break
			}
		}
	}
	for i, w := range single {
		for ; w != 0; w &= w - 1 {
			b.singles = append(b.singles, i*64+bits.TrailingZeros64(w))
		}
	}
}

// compliant finds who leaves nothing unmet. What tier that is, the relation tells.
func (b *bitSearch) compliant(found *classes, all, odd, single []uint64, want tierSet) {
	up := b.dense()
	copy(up, all)
	for _, cr := range b.p.rules {
		for i := range cr.rows {
			if tree := cr.rows[i].tree; tree != nil {
				b.restrict(cr, tree, up)
			}
		}
	}
	unsure := b.split(up, odd, single)
	for relation := RelationSameSubspecialty; relation > RelationNone; relation-- {
		tier := tierOf(0, relation)
		at := b.dense()
		copy(at, up)
		b.keepRelated(at, relation)
		for i := range up {
			up[i] &^= at[i]
		}
		if want.has(tier) {
			found[tier][relation] = at
		}
	}
	if want.has(TierSkilled) {
		found[TierSkilled][RelationNone] = up
	}
	b.resolve(found, unsure, single, want)
}

// split takes out of who those that are odd, who become single, and those of whom there
// are doubts, whom it returns.
func (b *bitSearch) split(who, odd, single []uint64) (unsure []uint64) {
	unsure = b.dense()
	doubts := b.doubts(who)
	for i, w := range who {
		single[i] |= w & odd[i]
		unsure[i] = w & doubts[i] &^ odd[i]
		who[i] = w &^ odd[i] &^ doubts[i]
	}
	return unsure
}

// resolve puts each of the unsure where the rules put him, if that stays so all along the
// window; else he is single.
func (b *bitSearch) resolve(found *classes, unsure, single []uint64, want tierSet) {
	for i, w := range unsure {
		for ; w != 0; w &= w - 1 {
			ref := i*64 + bits.TrailingZeros64(w)
			r := b.x.seat(ref)
			b.cuts = b.cuts[:0]
			for _, cr := range b.p.rules {
				b.cuts = cr.appendChanges(b.cuts, r, b.window)
			}
			if len(b.cuts) > 0 {
				single[i] |= w & -w
				continue
			}
			g := b.p.grade(r, b.window.Start)
			if !want.has(g.tier) {
				continue
			}
			class := &found[g.tier][g.relation]
			if *class == nil {
				*class = b.dense()
				clear(*class)
			}
			(*class)[i] |= w & -w
		}
	}
}

// keepRelated leaves in dst whose relation, over all cases and rows, is at least so.
func (b *bitSearch) keepRelated(dst []uint64, least Relation) {
	for _, cr := range b.p.rules {
		if cr.defaults != nil {
			b.related(cr.rs, cr.defaults, least, setSpecialty, 0)
			b.keepQueued(dst)
		}
		for i := range cr.rows {
			if row := &cr.rows[i]; row.tree != nil && row.required.Has(NeedSpecialty) {
				b.relatedIn(cr, row.tree, least)
				b.keepQueued(dst)
			}
		}
	}
}

func (b *bitSearch) relatedIn(cr *caseRules, n *activeNode, least Relation) {
	if n.Specialty != nil {
		b.related(cr.rs, n.anchors, least, setSpecialty, 0)
	}
	for _, child := range n.children {
		b.relatedIn(cr, child, least)
	}
}
