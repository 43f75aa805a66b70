package matcher

import "math/bits"

// dense returns a set of all reviewers to be filled.
func (b *bitSearch) dense() []uint64 { return b.words.take(b.width)[:b.width] }

// keep leaves in dst who is in one of some sets.
func keep(dst []uint64, sets []trait) {
	for at := 0; at < len(dst); at += blockWords {
		part := (*block)(dst[at:])
		if *part == (block{}) {
			continue
		}
		var some block
		for i := range sets {
			if one := sets[i].at(at / blockWords); one != nil {
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
	b.pass(1 + len(b.united))
	keep(dst, b.united)
	b.united = b.united[:0]
}

// general returns who meets what no row can waive, for all cases.
func (b *bitSearch) general() []uint64 {
	dst := b.dense()
	clear(dst)
	b.forgetAsks()
	if b.askGeneral() {
		b.pass(2 + len(b.united))
		for at := 0; at < len(dst); at += blockWords {
			if one := b.sets.active.at(at / blockWords); one != nil {
				*(*block)(dst[at:]) = *one
				b.meet(b.asks, at/blockWords, (*block)(dst[at:]))
			}
		}
	}
	b.forgetAsks()
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
		b.pass(2 * len(n.children))
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
	b.pass(1)
	switch n.Identity {
	case "original_preferred":
		if !n.alone {
			return
		}
		fallthrough
	case "original_required":
		ref, known := b.number(cr.c.Determination.ReviewerID)
		if known {
			left := dst[ref/64] & (1 << (ref % 64))
			clear(dst)
			dst[ref/64] = left
		} else {
			clear(dst)
		}
		return
	}
	from := len(b.barred)
	b.bar(cr, n)
	for _, ref := range b.barred[from:] {
		dst[ref/64] &^= 1 << (ref % 64)
	}
	b.barred = b.barred[:from]
}

// bar lists whom an identity rule bars by name.
func (b *bitSearch) bar(cr *caseRules, n *activeNode) {
	if ref, known := b.number(cr.c.Determination.ReviewerID); known {
		b.barred = append(b.barred, ref)
	}
	if n.Identity != "involved_barred" {
		return
	}
	for _, id := range cr.c.InvolvedReviewerIDs {
		if ref, known := b.number(id); known {
			b.barred = append(b.barred, ref)
		}
	}
}

// number returns the number of a reviewer whom the index knows.
func (b *bitSearch) number(id string) (ref int, known bool) {
	r, known := b.p.view.Roster.Find(b.p.view.Tenant, id)
	if !known || int(r.Ref) >= b.x.size {
		return 0, false
	}
	return int(r.Ref), true
}

// doubtsOfAll returns of whom it may change in the window what a row asks for:
// they are looked at one by one. It holds too many rather than too few.
func (b *bitSearch) doubtsOfAll() []uint64 {
	dst := b.dense()
	b.forgetAsks()
	b.askDoubts()
	b.pass(1 + len(b.united))
	for at := 0; at < len(dst); at += blockWords {
		*(*block)(dst[at:]) = b.doubtful(at / blockWords)
	}
	b.forgetAsks()
	return dst
}

// odd returns whose cells do not tell when they are free: a hold of theirs has expired
// and is still there, the call that is out of the way is theirs, or they have a cap and
// work past midnight.
func (b *bitSearch) odd() []uint64 {
	dst := b.dense()
	clear(dst)
	b.pass(1)
	v := b.p.view
	b.x.holds.Scan(func(h heldUntil) bool {
		if h.until > v.Now {
			return false
		}
		b.work.spend(1)
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
		b.pass(1)
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
	if who == nil {
		return
	}
	b.pass(2)
	words := 0
	for _, w := range who {
		if w != 0 {
			words++
		}
	}
	c := cast{tier: tier, relation: relation, members: b.members.take(words)}
	c.join(0, who)
	b.addCast(&c)
}

// addCast adds a cast if somebody is in it.
func (b *bitSearch) addCast(c *cast) {
	if c.count > 0 {
		b.casts = append(b.casts, *c)
	}
}

// join adds reviewers, from 64·word on, who come behind all members.
func (c *cast) join(word int, who []uint64) {
	for i, w := range who {
		if w != 0 {
			c.members = append(c.members, wordBits{word + i, w})
			c.count += bits.OnesCount64(w)
		}
	}
}

// classes are sets of reviewers by tier and relation, nil = nobody.
type classes [TierBothWaived + 1][RelationSameSubspecialty + 1][]uint64

// cast finds who may stand in the tiers of want: casts of those whom sets and cells tell
// exactly, and singles.
func (b *bitSearch) cast(want tierSet) {
	odd, single := b.odd(), b.dense()
	clear(single)
	b.pass(2)
	if want&compliantTiers != 0 {
		b.compliant(odd, single, want&compliantTiers)
	}
	if want&waivableTiers != 0 {
		var found classes
		b.waivable(&found, b.general(), odd, single, want&waivableTiers)
		for tier := range (want & waivableTiers).all {
			for relation := RelationSameSubspecialty; ; relation-- {
				b.add(tier, relation, found[tier][relation])
				if relation == RelationNone {
					break
				}
			}
		}
	}
	for i, w := range single {
		for ; w != 0; w &= w - 1 {
			b.singles = append(b.singles, i*64+bits.TrailingZeros64(w))
		}
	}
}

// split takes out of who those that are odd, who become single, and those of whom there
// are doubts, whom it returns.
func (b *bitSearch) split(who, odd, single []uint64) (unsure []uint64) {
	unsure = b.dense()
	doubts := b.doubtsOfAll()
	b.pass(2)
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
			g, ok := b.standing(i*64 + bits.TrailingZeros64(w))
			if !ok {
				single[i] |= w & -w
				continue
			}
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

// standing grades a reviewer. It is not ok if that changes in the window.
func (b *bitSearch) standing(ref int) (g grade, ok bool) {
	r := b.x.seat(ref)
	b.work.spend(workGrade * len(b.p.rules))
	b.cuts = b.cuts[:0]
	for _, cr := range b.p.rules {
		b.cuts = cr.appendChanges(b.cuts, r, b.window)
	}
	if len(b.cuts) > 0 {
		return g, false
	}
	return b.p.grade(r, b.window.Start), true
}

// keepRelated leaves in dst whose relation, over all cases and rows, is at least so.
func (b *bitSearch) keepRelated(dst []uint64, least Relation) {
	layer := b.askRelated(b.layers[least][:0], least, RelationSameSubspecialty)
	b.layers[least] = layer
	b.pass(1 + len(b.united))
	for at := 0; at < len(dst); at += blockWords {
		b.meet(layer, at/blockWords, (*block)(dst[at:]))
	}
	b.united = b.united[:0]
}
