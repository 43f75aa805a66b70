package matcher

import "math/bits"

// lawIndex narrows the applied rows of jurisdictions to those that may cover a case: the
// rows of its states and the rows of no state. Whether one covers it is for the row to say.
// It knows rows by their place in the list, which a changed copy of the rules keeps.
type lawIndex struct {
	stateless rowSet
	states    map[string]rowSet
}

// rowSet is a set of rows: bit i of the words for the row in place i.
type rowSet []uint64

func (s rowSet) with(i int) rowSet {
	for len(s) <= i/64 {
		s = append(s, 0)
	}
	s[i/64] |= 1 << (i % 64)
	return s
}

func (s rowSet) word(i int) uint64 {
	if i < len(s) {
		return s[i]
	}
	return 0
}

func indexLaws(rows []*jurisdictionRow) lawIndex {
	x := lawIndex{states: make(map[string]rowSet)}
	for i, r := range rows {
		if r.Kind != "state" {
			x.stateless = x.stateless.with(i)
		}
		for _, state := range r.States {
			x.states[state] = x.states[state].with(i)
		}
	}
	return x
}

// eachLaw yields the rows that may cover a case, in the order of the list.
func (rs *Ruleset) eachLaw(c *Case, yield func(*jurisdictionRow)) {
	x := &rs.laws
	situs, member := x.states[c.SitusState], x.states[c.MemberState]
	for i := range max(len(x.stateless), len(situs), len(member)) {
		for word := x.stateless.word(i) | situs.word(i) | member.word(i); word != 0; word &= word - 1 {
			yield(rs.jurisdictions[i*64+bits.TrailingZeros64(word)])
		}
	}
}
