package main

import (
	"github.com/Workiva/go-datastructures/augmentedtree"
	"github.com/google/btree"
	"github.com/zyedidia/generic/interval"

	"github.com/parleyhq/parley/slots"
)

// calendar is a structure that keeps the calls of all reviewers.
type calendar interface {
	// insert adds a call; the calls of one reviewer do not overlap.
	insert(reviewer int, call cells)
	// busy appends the calls of a reviewer that overlap within, in order of time.
	busy(dst []cells, reviewer int, within cells) []cells
	// free reports whether no call of a reviewer overlaps within.
	free(reviewer int, within cells) bool
}

// calendars are the rivals by name, each for so many reviewers.
func calendars(reviewers int) []namedCalendar {
	return []namedCalendar{
		{"google/btree", newOneBTree()},
		{"Workiva augmentedtree, one a reviewer", newAugmented(reviewers)},
		{"zyedidia interval tree, one a reviewer", newIntervals(reviewers)},
	}
}

type namedCalendar struct {
	name string
	calendar
}

// own is the product's calendar.
type own struct{ *slots.Calendar }

func (o own) insert(reviewer int, call cells) {
	span := slots.Interval{Start: instantOf(call.from), End: instantOf(call.to)}
	o.Calendar.Insert(slots.Call{Reviewer: slots.ReviewerRef(reviewer), Span: span, Busy: span})
}

func (o own) busy(dst []cells, reviewer int, within cells) []cells {
	span := slots.Interval{Start: instantOf(within.from), End: instantOf(within.to)}
	o.Calls(slots.ReviewerRef(reviewer), span, func(c slots.Call) bool {
		dst = append(dst, cells{cellOf(c.Busy.Start), cellOf(c.Busy.End)})
		return true
	})
	return dst
}

func (o own) free(reviewer int, within cells) bool {
	span := slots.Interval{Start: instantOf(within.from), End: instantOf(within.to)}
	_, taken := o.Conflict(slots.ReviewerRef(reviewer), span, now, "")
	return !taken
}

// oneBTree keeps all calls in one B-tree by reviewer and start, as own does.
type oneBTree struct{ tree *btree.BTreeG[owned] }

type owned struct {
	reviewer int
	cells
}

func newOneBTree() oneBTree {
	const degree = 32
	return oneBTree{btree.NewG(degree, func(a, b owned) bool {
		if a.reviewer != b.reviewer {
			return a.reviewer < b.reviewer
		}
		return a.from < b.from
	})}
}

func (b oneBTree) insert(reviewer int, call cells) { b.tree.ReplaceOrInsert(owned{reviewer, call}) }

func (b oneBTree) calls(reviewer int, within cells, yield func(cells) bool) {
	from := within.from
	b.tree.DescendLessOrEqual(owned{reviewer, within}, func(o owned) bool {
		if o.reviewer == reviewer && o.to > within.from {
			from = o.from
		}
		return false
	})
	b.tree.AscendGreaterOrEqual(owned{reviewer, cells{from: from}}, func(o owned) bool {
		return o.reviewer == reviewer && o.from < within.to && yield(o.cells)
	})
}

func (b oneBTree) busy(dst []cells, reviewer int, within cells) []cells {
	b.calls(reviewer, within, func(c cells) bool {
		dst = append(dst, c)
		return true
	})
	return dst
}

func (b oneBTree) free(reviewer int, within cells) bool {
	free := true
	b.calls(reviewer, within, func(cells) bool {
		free = false
		return false
	})
	return free
}

// augmented keeps one augmented red-black tree a reviewer. Its intervals are closed.
type augmented []augmentedtree.Tree

func newAugmented(reviewers int) augmented {
	a := make(augmented, reviewers)
	for i := range a {
		a[i] = augmentedtree.New(1)
	}
	return a
}

// LowAtDimension implements augmentedtree.Interval.
func (c cells) LowAtDimension(uint64) int64 { return int64(c.from) }

// HighAtDimension implements augmentedtree.Interval.
func (c cells) HighAtDimension(uint64) int64 { return int64(c.to) - 1 }

// OverlapsAtDimension implements augmentedtree.Interval.
func (c cells) OverlapsAtDimension(o augmentedtree.Interval, _ uint64) bool {
	return c.HighAtDimension(1) >= o.LowAtDimension(1) && c.LowAtDimension(1) <= o.HighAtDimension(1)
}

// ID implements augmentedtree.Interval.
func (c cells) ID() uint64 { return uint64(c.from) }

func (a augmented) insert(reviewer int, call cells) { a[reviewer].Add(call) }

func (a augmented) busy(dst []cells, reviewer int, within cells) []cells {
	found := a[reviewer].Query(within)
	for _, c := range found {
		dst = append(dst, c.(cells))
	}
	found.Dispose()
	return dst
}

func (a augmented) free(reviewer int, within cells) bool {
	found := a[reviewer].Query(within)
	defer found.Dispose()
	return len(found) == 0
}

// intervals keeps one augmented AVL tree a reviewer.
type intervals []*interval.Tree[cell, struct{}]

func newIntervals(reviewers int) intervals {
	t := make(intervals, reviewers)
	for i := range t {
		t[i] = interval.New[cell, struct{}]()
	}
	return t
}

func (t intervals) insert(reviewer int, call cells) {
	t[reviewer].Put(call.from, call.to, struct{}{})
}

func (t intervals) busy(dst []cells, reviewer int, within cells) []cells {
	for _, kv := range t[reviewer].Overlaps(within.from, within.to) {
		dst = append(dst, cells{kv.Low, kv.High})
	}
	return dst
}

func (t intervals) free(reviewer int, within cells) bool {
	return len(t[reviewer].Overlaps(within.from, within.to)) == 0
}
