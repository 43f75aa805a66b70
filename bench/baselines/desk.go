package main

import (
	"cmp"
	"slices"
)

// desk answers week questions from a calendar: the search that a program built
// on that structure would have. The rules' verdicts are handed to it.
type desk struct {
	calendar
	hours [][]cells // of each reviewer, in order of time
	calls []cells   // memory of one reviewer's calls
}

// starts yields the free starts of a reviewer inside within that suit, in order.
func (d *desk) starts(reviewer int, within cells, suits []cells, yield func(cell) bool) {
	d.calls = d.busy(d.calls[:0], reviewer, within)
	calls := d.calls
	hours := d.hours[reviewer]
	first, _ := slices.BinarySearchFunc(hours, within.from, func(h cells, at cell) int { return cmp.Compare(h.to, at+1) })
	for _, h := range hours[first:] {
		if h.from >= within.to {
			return
		}
		for _, s := range suits {
			for at := max(h.from, s.from, within.from); at < min(h.to, s.to, within.to); at++ {
				for len(calls) > 0 && calls[0].to <= at {
					calls = calls[1:]
				}
				if len(calls) > 0 && calls[0].from <= at {
					continue
				}
				if !yield(at) {
					return
				}
			}
		}
	}
}

// rank is a reviewer's claim to a line of a tier.
type rank struct {
	fit
	first cell
	firm  int
}

func compareRanks(a, b rank) int {
	return cmp.Or(cmp.Compare(b.relation, a.relation), cmp.Compare(a.first, b.first), cmp.Compare(a.firm, b.firm), cmp.Compare(a.reviewer, b.reviewer))
}

// week answers a question: of each tier the first reviewers by relation, first
// start, calls booked in the week and id, with their starts by day.
func (d *desk) week(q *question) []place {
	if len(q.ticked) == 0 {
		return nil
	}
	hull := cells{q.ticked[0].from, q.ticked[len(q.ticked)-1].to}
	var tiers [8][]rank
	for i := range q.fits {
		f := &q.fits[i]
		within := cells{max(f.from, hull.from), min(f.to, hull.to)}
		if within.from >= within.to {
			continue
		}
		d.starts(f.reviewer, within, q.ticked, func(c cell) bool {
			r := rank{fit: *f, first: c}
			r.cells = within
			tiers[f.tier] = admit(tiers[f.tier], r, func() int { return d.firm(f.reviewer, q.week) })
			return false
		})
	}
	var places []place
	for tier, ranks := range tiers {
		for _, r := range ranks {
			p := place{tier: tier, relation: r.relation, reviewer: r.reviewer}
			p.deal(&q.bounds, func(yield func(cell) bool) { d.starts(r.reviewer, r.cells, q.ticked, yield) })
			places = append(places, p)
		}
	}
	return places
}

// firm counts the calls of a reviewer that start within.
func (d *desk) firm(reviewer int, within cells) int {
	d.calls = d.busy(d.calls[:0], reviewer, within)
	n := 0
	for _, c := range d.calls {
		if c.from >= within.from {
			n++
		}
	}
	return n
}

// admit keeps the best ranks in order; firm is asked only where it can matter.
func admit(kept []rank, r rank, firm func() int) []rank {
	if len(kept) == perTier && compareRanks(r, kept[perTier-1]) > 0 {
		return kept
	}
	r.firm = firm()
	at, _ := slices.BinarySearchFunc(kept, r, compareRanks)
	if at == perTier {
		return kept
	}
	if len(kept) == perTier {
		kept = kept[:perTier-1]
	}
	return slices.Insert(kept, at, r)
}
