package matcher

import "math/bits"

// compliant makes casts of who leaves nothing unmet. What tier that is, the relation tells.
// Those that are odd become single, and so do those of whom there are doubts, unless the
// rules say the same of them all along the window.
func (b *bitSearch) compliant(odd, single []uint64, want tierSet) {
	narrowed, some := b.askCompliant()
	if !some {
		return
	}
	b.pass(4 + len(b.united)) // also where the lineup is kept
	l, known := &b.once, false
	if narrowed == nil {
		b.key = b.appendKey(b.key[:0])
		l, known = b.kept.find(b.x.numbers, b.key, b.width)
	}
	if !known {
		b.lineUp(l, narrowed)
	}
	out := b.without(odd)
	var casts [RelationSameSubspecialty + 1]cast
	for relation := range casts {
		c := &casts[relation]
		*c = l.cast(l.by[relation])
		c.tier, c.relation = tierOf(0, Relation(relation)), Relation(relation)
		b.takeOut(c, out, single)
	}
	b.settle(l, &casts, out, single)
	for _, ref := range b.barred {
		single[ref/64] &^= 1 << (ref % 64)
	}
	for relation := RelationSameSubspecialty; ; relation-- {
		if want.has(casts[relation].tier) {
			b.addCast(&casts[relation])
		}
		if relation == RelationNone {
			break
		}
	}
}

// without returns who is odd or barred, nil if nobody is.
func (b *bitSearch) without(odd []uint64) []uint64 {
	if len(b.barred) > 0 {
		out := b.dense()[:0]
		out = append(out, odd...)
		for _, ref := range b.barred {
			out[ref/64] |= 1 << (ref % 64)
		}
		return out
	}
	for _, w := range odd {
		if w != 0 {
			return odd
		}
	}
	return nil
}

// takeOut takes some out of a cast, who become single.
func (b *bitSearch) takeOut(c *cast, out, single []uint64) {
	if out == nil {
		return
	}
	b.work.spend(1 + len(c.members)/blockWords)
	left := b.members.take(len(c.members))
	for _, m := range c.members {
		if gone := m.bits & out[m.word]; gone != 0 {
			single[m.word] |= gone
			m.bits &^= gone
			c.count -= bits.OnesCount64(gone)
		}
		if m.bits != 0 {
			left = append(left, m)
		}
	}
	c.members = left
}

// settle takes those of whom there are doubts into the casts where they stand all along the
// window. Who stands differently on the way becomes single.
func (b *bitSearch) settle(l *lineup, casts *[RelationSameSubspecialty + 1]cast, out, single []uint64) {
	unsure := l.cast(l.unsure)
	if b.takeOut(&unsure, out, single); unsure.count == 0 {
		return
	}
	var more [RelationSameSubspecialty + 1]cast
	for i := range more {
		more[i].members = b.members.take(len(unsure.members))
	}
	for ref := range unsure.each {
		switch g, ok := b.standing(ref); {
		case !ok:
			single[ref/64] |= 1 << (ref % 64)
		case g.tier.Compliant():
			more[g.relation].admit(ref)
		}
	}
	for i := range more {
		if more[i].count > 0 {
			b.join(&casts[i], &more[i])
		}
	}
}

// admit takes in one more, who comes behind all members.
func (c *cast) admit(ref int) {
	if n := len(c.members); n == 0 || c.members[n-1].word < ref/64 {
		c.members = append(c.members, wordBits{word: ref / 64})
	}
	c.members[len(c.members)-1].bits |= 1 << (ref % 64)
	c.count++
}

// join takes others into a cast.
func (b *bitSearch) join(c, more *cast) {
	both, rest := b.members.take(len(c.members)+len(more.members)), more.members
	for _, m := range c.members {
		for len(rest) > 0 && rest[0].word < m.word {
			both, rest = append(both, rest[0]), rest[1:]
		}
		if len(rest) > 0 && rest[0].word == m.word {
			m.bits |= rest[0].bits
			rest = rest[1:]
		}
		both = append(both, m)
	}
	both = append(both, rest...)
	c.members, c.count = both, c.count+more.count
}
