package matcher

import "github.com/parleyhq/parley/slots"

// pick ranks one reviewer or start that a search has found.
type pick struct {
	far      slots.Instant // from what is asked for, where nearness counts
	tier     Tier
	relation Relation
	start    slots.Instant
	firm     int
	label    uint64 // in place of the id
	ref      int
	single   bool // judged at a desk
}

// picks keep the first limit of the picks added, in order. They are what best is to the
// search over trees, without a comparison that has to be called through a pointer.
type picks struct {
	limit   int
	byStart bool // ranked as a list of earliest or nearest offers, else as the rows of one tier's page
	kept    []pick
	more    bool // something was left out
}

func (p *picks) reset(limit int, byStart bool) {
	*p = picks{limit: limit, byStart: byStart, kept: p.kept[:0]}
}

func (p *picks) full() bool { return len(p.kept) >= p.limit }

// worst returns the last pick kept.
func (p *picks) worst() *pick { return &p.kept[len(p.kept)-1] }

// before reports whether a ranks before b, as compareHits, byDistance or compareRows say.
func (p *picks) before(a, b *pick) bool {
	if p.byStart {
		switch {
		case a.far != b.far:
			return a.far < b.far
		case a.tier != b.tier:
			return a.tier < b.tier
		case a.start != b.start:
			return a.start < b.start
		}
	}
	switch {
	case a.relation != b.relation:
		return a.relation > b.relation
	case a.start != b.start:
		return a.start < b.start
	case a.firm != b.firm:
		return a.firm < b.firm
	}
	return a.label < b.label
}

// beaten reports whether no start of a cast's members among the 64 reviewers from 64·word on
// would be kept: the last one kept is the same but for its reviewer, who has no calls and a
// label below theirs.
func (b *bitSearch) beaten(c *cast, word int, start, far slots.Instant) bool {
	if !b.picks.full() {
		return false
	}
	last := b.picks.worst()
	return last.firm == 0 && last.start == start && last.tier == c.tier && last.relation == c.relation && last.far == far &&
		last.label <= b.x.low(word)
}

// admits reports whether add would keep x.
func (p *picks) admits(x *pick) bool { return !p.full() || p.before(x, p.worst()) }

func (p *picks) add(x pick) {
	if !p.admits(&x) {
		p.more = true
		return
	}
	if p.full() {
		p.more = true
		p.kept = p.kept[:len(p.kept)-1]
	}
	p.kept = append(p.kept, x)
	for i := len(p.kept) - 1; i > 0 && p.before(&x, &p.kept[i-1]); i-- {
		p.kept[i], p.kept[i-1] = p.kept[i-1], x
	}
}
