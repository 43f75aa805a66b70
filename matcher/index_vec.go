package matcher

// vec is a persistent array of leaves. A version of it that is shared is never changed:
// whoever changes one names its edition, and what belongs to another edition is copied
// first, leaf, branch and root. Copying a vec by value shares all of it.
type vec[L any] struct {
	edition uint64 // that owns roots
	roots   []*branch[L]
}

// fanout is how many leaves a branch holds.
const fanout = 16

type branch[L any] struct {
	edition uint64
	leaves  [fanout]*leaf[L]
}

type leaf[L any] struct {
	edition uint64
	v       L
}

// at returns leaf i to read, nil if nothing was ever put there.
func (v *vec[L]) at(i int) *L {
	if b := i / fanout; b < len(v.roots) && v.roots[b] != nil {
		if l := v.roots[b].leaves[i%fanout]; l != nil {
			return &l.v
		}
	}
	return nil
}

// own returns leaf i to change in an edition, a zero one if there was none.
func (v *vec[L]) own(i int, edition uint64) *L {
	b := i / fanout
	if v.edition != edition {
		roots := make([]*branch[L], max(len(v.roots), b+1))
		copy(roots, v.roots)
		v.roots, v.edition = roots, edition
	}
	for b >= len(v.roots) {
		v.roots = append(v.roots, nil)
	}
	v.roots[b] = v.roots[b].own(edition)
	return v.roots[b].leaf(i%fanout, edition)
}

// own returns the branch to change in an edition, an empty one if there was none.
func (b *branch[L]) own(edition uint64) *branch[L] {
	switch {
	case b == nil:
		return &branch[L]{edition: edition}
	case b.edition == edition:
		return b
	}
	mine := *b
	mine.edition = edition
	return &mine
}

// leaf returns leaf i to change in an edition that owns the branch.
func (b *branch[L]) leaf(i int, edition uint64) *L {
	l := b.leaves[i]
	switch {
	case l == nil:
		l = &leaf[L]{edition: edition}
		b.leaves[i] = l
	case l.edition != edition:
		l = &leaf[L]{edition: edition, v: l.v}
		b.leaves[i] = l
	}
	return &l.v
}

// block is a row of 512 bits: cells of one reviewer, or reviewers in one cell.
type block = [blockWords]uint64

const (
	blockWords = 8
	blockBits  = 64 * blockWords
)

// plane is a set of reviewers, by number.
type plane struct{ vec[block] }

func (p *plane) has(ref int) bool {
	b := p.at(ref / blockBits)
	return b != nil && b[ref%blockBits/64]>>(ref%64)&1 == 1
}

func (p *plane) put(ref int, in bool, edition uint64) {
	if p.has(ref) == in {
		return
	}
	b := p.own(ref/blockBits, edition)
	b[ref%blockBits/64] ^= 1 << (ref % 64)
}

// word returns the members among the 64 reviewers from 64·w on.
func (p *plane) word(w int) uint64 {
	if b := p.at(w / blockWords); b != nil {
		return b[w%blockWords]
	}
	return 0
}
