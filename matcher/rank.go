package matcher

import (
	"cmp"
	"slices"

	"github.com/parleyhq/parley/slots"
)

// Every order ends on the reviewer's id and, where one reviewer can occur more
// than once, has decided on the start before: all orders are total.

// row ranks one reviewer in one tier of a week.
type row struct {
	reviewer *Reviewer
	tier     Tier
	relation Relation
	first    slots.Instant // earliest start on offer in this tier
	firm     int           // firm calls that start in the week
}

func compareRows(a, b *row) int {
	return cmp.Or(
		cmp.Compare(b.relation, a.relation),
		cmp.Compare(a.first, b.first),
		cmp.Compare(a.firm, b.firm),
		cmp.Compare(a.reviewer.ID, b.reviewer.ID),
	)
}

// hit ranks one start of one reviewer.
type hit struct {
	reviewer *Reviewer
	start    slots.Instant
	tier     Tier
	relation Relation
	firm     int // firm calls that start on the reviewer's local date of start
}

func compareHits(a, b *hit) int {
	return cmp.Or(
		cmp.Compare(a.tier, b.tier),
		cmp.Compare(a.start, b.start),
		cmp.Compare(b.relation, a.relation),
		cmp.Compare(a.firm, b.firm),
		cmp.Compare(a.reviewer.ID, b.reviewer.ID),
	)
}

// byDistance orders hits by how far they are from around, then as compareHits.
func byDistance(around slots.Instant) func(a, b *hit) int {
	return func(a, b *hit) int {
		return cmp.Or(
			cmp.Compare(distance(a.start, around), distance(b.start, around)),
			compareHits(a, b),
		)
	}
}

func distance(a, b slots.Instant) slots.Instant { return max(a-b, b-a) }

// best keeps the first limit of the elements added, in order; limit ≥ 1.
type best[T any] struct {
	limit   int
	compare func(a, b *T) int
	kept    []T
	more    bool // something was left out
}

func (b *best[T]) full() bool { return len(b.kept) >= b.limit }

// worst returns the last element kept.
func (b *best[T]) worst() *T { return &b.kept[len(b.kept)-1] }

// admits reports whether add would keep x.
func (b *best[T]) admits(x *T) bool { return !b.full() || b.compare(x, b.worst()) < 0 }

func (b *best[T]) add(x T) {
	if !b.admits(&x) {
		b.more = true
		return
	}
	if b.full() {
		b.more = true
		b.kept = b.kept[:len(b.kept)-1]
	}
	i, _ := slices.BinarySearchFunc(b.kept, x, func(e, x T) int { return b.compare(&e, &x) })
	b.kept = slices.Insert(b.kept, i, x)
}
