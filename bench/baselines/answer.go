package main

import (
	"fmt"
	"slices"

	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// cell is a start on the grid: quarter hours since 1970.
type cell = int32

// cellSeconds is the grid of the workload.
const cellSeconds = 15 * slots.Minute

func cellOf(t slots.Instant) cell    { return cell(t / cellSeconds) }
func instantOf(c cell) slots.Instant { return slots.Instant(c) * cellSeconds }

// Shape of a week's answer and length of a first answer, as the workload asks.
const (
	perTier = 10
	perDay  = 4
	firstN  = 20
)

// place is a reviewer's line in a week's answer: where it ranks, and its starts.
type place struct {
	tier, relation int
	reviewer       int // number in the roster, in order of the ids
	days           [7]day
}

// day are the first starts of one local date; more counts those cut off.
type day struct {
	starts []cell
	more   int
}

// offer is one line of a first-20 answer.
type offer struct {
	tier, relation int
	reviewer       int
	start          cell
}

// weekOf is the product's answer in the form that all contenders give.
func weekOf(a *matcher.WeekAnswer) []place {
	var places []place
	for i := range a.Priorities {
		p := &a.Priorities[i]
		for j := range p.Reviewers {
			r := &p.Reviewers[j]
			w := place{tier: int(p.Tier), relation: int(r.Relation), reviewer: int(r.Reviewer.Ref)}
			for d := range r.Days {
				w.days[d].more = r.Days[d].More
				for _, s := range r.Days[d].Slots {
					w.days[d].starts = append(w.days[d].starts, cellOf(s.Start))
				}
			}
			places = append(places, w)
		}
	}
	return places
}

func firstOf(a *matcher.OffersAnswer) []offer {
	offers := make([]offer, len(a.Offers))
	for i := range a.Offers {
		o := &a.Offers[i]
		offers[i] = offer{int(o.Tier), int(o.Relation), int(o.Reviewer.Ref), cellOf(o.Start)}
	}
	return offers
}

// deal puts a reviewer's starts, in order of time, into the days that bounds
// separate, as many as are shown.
func (w *place) deal(bounds *[8]cell, starts func(yield func(cell) bool)) {
	at := 0
	starts(func(c cell) bool {
		for at < 6 && c >= bounds[at+1] {
			at++
		}
		d := &w.days[at]
		if len(d.starts) < perDay {
			d.starts = append(d.starts, c)
		} else {
			d.more++
		}
		return true
	})
}

// sameWeek says where two answers differ, nil if nowhere.
func sameWeek(got, want []place) error {
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) {
			return fmt.Errorf("%d lines instead of %d", len(got), len(want))
		}
		g, w := &got[i], &want[i]
		if g.tier != w.tier || g.relation != w.relation || g.reviewer != w.reviewer {
			return fmt.Errorf("line %d: tier %d, relation %d, reviewer %d instead of %d, %d, %d",
				i, g.tier, g.relation, g.reviewer, w.tier, w.relation, w.reviewer)
		}
		for d := range w.days {
			if g.days[d].more != w.days[d].more || !slices.Equal(g.days[d].starts, w.days[d].starts) {
				return fmt.Errorf("line %d, day %d: %v instead of %v", i, d, g.days[d], w.days[d])
			}
		}
	}
	return nil
}

// sameFirst says where two answers differ, nil if nowhere.
func sameFirst(got, want []offer) error {
	if !slices.Equal(got, want) {
		return fmt.Errorf("%v instead of %v", got, want)
	}
	return nil
}
