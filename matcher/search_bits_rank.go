package matcher

import (
	"cmp"

	"github.com/parleyhq/parley/slots"
)

// pick ranks one reviewer or start that a search has found.
type pick struct {
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
	byStart bool // ranked as a list of earliest offers, else as the rows of one tier's page
	kept    []pick
	more    bool // something was left out
}

func (p *picks) reset(limit int, byStart bool) {
	*p = picks{limit: limit, byStart: byStart, kept: p.kept[:0]}
}

func (p *picks) full() bool { return len(p.kept) >= p.limit }

// worst returns the last pick kept.
func (p *picks) worst() *pick { return &p.kept[len(p.kept)-1] }

// before reports whether a ranks before b, as compareHits or compareRows have it.
func (p *picks) before(a, b *pick) bool {
	if p.byStart {
		return cmp.Or(
			cmp.Compare(a.tier, b.tier), cmp.Compare(a.start, b.start), cmp.Compare(b.relation, a.relation),
			cmp.Compare(a.firm, b.firm), cmp.Compare(a.label, b.label),
		) < 0
	}
	return cmp.Or(
		cmp.Compare(b.relation, a.relation), cmp.Compare(a.start, b.start),
		cmp.Compare(a.firm, b.firm), cmp.Compare(a.label, b.label),
	) < 0
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
