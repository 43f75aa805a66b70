package matcher

import (
	"math/bits"
)

// reasons counts by sets whom the rules keep out all along. Whoever meets them, and whom
// sets do not tell exactly, goes through the gates one by one.
func (s bitSource) reasons(p *Plan) (n reasons) {
	b, ok := s.on(p, p.window)
	if !ok {
		return s.treeSource.reasons(p)
	}
	rest := b.trained()
	sure, doubts := b.dense(), b.doubtsOfAll()
	b.pass(2)
	for i, w := range rest {
		n.trained += bits.OnesCount64(w)
		sure[i] = w &^ doubts[i]
	}
	var lack lacking
	b.lacking(&lack, sure)
	var first [needCount]int
	for need, who := range lack {
		first[need] = -1
		for i, w := range who {
			if w != 0 && first[need] < 0 {
				first[need] = i*64 + bits.TrailingZeros64(w)
			}
			n.needs[need] += bits.OnesCount64(w)
			rest[i] &^= w
		}
	}
	b.oneByOne(&n, rest, &first)
	return n
}

// oneByOne sends everybody of rest through the gates. first are the first reviewers whom
// sets have shown to leave needs unmet, -1 = none.
func (b *bitSearch) oneByOne(n *reasons, rest []uint64, first *[needCount]int) {
	g := gates{desk: &b.desk, asked: b.p.looked()}
	name := func(before int) { // the rules behind what those before a number lack
		for need, ref := range first {
			if ref >= 0 && ref < before && n.rules[need] == "" {
				b.desk.seat(b.x.seat(ref), b.window)
				n.rules[need] = b.desk.ruleBehind(Need(need))
			}
		}
	}
	for i, w := range rest {
		for ; w != 0; w &= w - 1 {
			ref := i*64 + bits.TrailingZeros64(w)
			name(ref)
			n.classify(&g, b.x.seat(ref))
		}
	}
	name(b.x.size)
}

// trained returns who is active and trained for the program of every case.
func (b *bitSearch) trained() []uint64 {
	dst := b.dense()
	clear(dst)
	b.pass(2)
	for at := 0; at < len(dst); at += blockWords {
		if one := b.sets.active.at(at / blockWords); one != nil {
			*(*block)(dst[at:]) = *one
		}
	}
	for _, cr := range b.p.rules {
		b.set(setProgram, cr.c.Program, "")
		b.keepQueued(dst)
	}
	return dst
}

// lacking are sets of reviewers by what they leave unmet, nil = nobody.
type lacking [needCount][]uint64

func (b *bitSearch) lack(l *lacking, need Need, who []uint64) {
	if l[need] == nil {
		l[need] = b.dense()
		clear(l[need])
	}
	b.pass(2)
	for i, w := range who {
		l[need][i] |= w
	}
}

// lackRest adds who is not in some.
func (b *bitSearch) lackRest(l *lacking, need Need, who, some []uint64) {
	b.pass(2)
	for i, w := range who {
		some[i] = w &^ some[i]
	}
	b.lack(l, need, some)
}

// lacking finds what trained reviewers leave unmet for some case: of the requirements of
// all reviewers, of the rows, and of the caller's wish.
func (b *bitSearch) lacking(l *lacking, who []uint64) {
	for _, cr := range b.p.rules {
		some := b.dense()
		copy(some, who)
		b.set(setAnyHealthPlan, "", "")
		b.set(setHealthPlan, cr.c.HealthPlan, "")
		b.keepQueued(some)
		b.lackRest(l, NeedHealthPlan, who, some)
		if cr.c.Modality != "" {
			copy(some, who)
			b.set(setAnyModality, "", "")
			b.set(setModality, cr.c.Modality, "")
			b.keepQueued(some)
			b.lackRest(l, NeedModality, who, some)
		}
		for i := range cr.rows {
			row := &cr.rows[i]
			if row.tree == nil {
				continue
			}
			for _, o := range b.outcomes(cr, row.tree, who) {
				for unmet := o.unmet; unmet != 0; unmet &= unmet - 1 {
					b.lack(l, unmet.first(), o.who)
				}
			}
		}
	}
	if b.p.query.SpecialtyMatch {
		same := b.dense()
		copy(same, who)
		b.keepRelated(same, RelationSame)
		b.lackRest(l, NeedSpecialtyMatch, who, same)
	}
}
