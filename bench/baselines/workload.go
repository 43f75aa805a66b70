package main

import (
	"fmt"
	"io"

	"github.com/parleyhq/parley/bench"
	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// workload is the national one, with every question made ready.
type workload struct {
	*bench.National
	reviewers []*matcher.Reviewer
	hours     [][]cells // of each reviewer from now to the horizon
	all       []*question
	plain     []*question // those that are timed
}

// horizonDays covers the policy's horizon of 60 days.
const horizonDays = 61

func newWorkload(log io.Writer, reviewers int) (*workload, error) {
	n, err := bench.NewNational(bench.Config{
		Reviewers: reviewers, BookedPercent: bench.DefaultBookedPercent, Seed: bench.DefaultSeed, Now: bench.DefaultNow,
	})
	if err != nil {
		return nil, err
	}
	n.View.Now = now
	w := &workload{National: n}
	ahead := slots.Interval{Start: now, End: now + horizonDays*24*slots.Hour}
	n.View.Roster.Ascend(tenant, "", func(r *matcher.Reviewer) bool {
		var hours []cells
		for h := range r.Hours.Expand(r.Zone, ahead).All() {
			if c := (cells{cellUp(h.Start), cellOf(h.End)}); c.from < c.to {
				hours = append(hours, c)
			}
		}
		w.reviewers, w.hours = append(w.reviewers, r), append(w.hours, hours)
		return true
	})
	for i := range n.Queries {
		q, err := newQuestion(n, i)
		if err != nil {
			return nil, err
		}
		w.all = append(w.all, q)
		if q.plain() {
			w.plain = append(w.plain, q)
		}
	}
	if len(w.plain) < len(w.all)/8 {
		return nil, fmt.Errorf("only %d of %d questions can be compared; use more reviewers", len(w.plain), len(w.all))
	}
	fmt.Fprintf(log, "workload: %d reviewers, %d calls booked; %d of %d questions are compared\n",
		reviewers, n.View.Calendar.Len(), len(w.plain), len(w.all))
	return w, nil
}

// book inserts the booked calls into a rival's calendar.
func (w *workload) book(c calendar) {
	w.View.Calendar.All(func(call slots.Call) bool {
		c.insert(int(call.Reviewer), cells{cellOf(call.Busy.Start), cellOf(call.Busy.End)})
		return true
	})
}
