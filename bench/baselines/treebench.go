package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/parleyhq/parley/bench"
	"github.com/parleyhq/parley/matcher"
)

// Bounds of the random stretches that calendars are compared on.
const (
	probes       = 20_000
	longestProbe = 12 // cells
)

// probe asks whether a reviewer is free.
type probe struct {
	reviewer int
	cells
}

// randomProbes lie in the two weeks that are booked.
func randomProbes(reviewers int) []probe {
	rnd := rand.New(rand.NewPCG(bench.DefaultSeed, 1))
	list := make([]probe, probes)
	for i := range list {
		from := cellOf(now) + cell(rnd.IntN(14*96))
		list[i] = probe{rnd.IntN(reviewers), cells{from, from + 1 + cell(rnd.IntN(longestProbe))}}
	}
	return list
}

// agree compares a calendar with the product's: free or not, which calls, and
// the whole answers of the questions.
func (w *workload) agree(c namedCalendar) error {
	truth := own{w.View.Calendar}
	var got, want []cells
	for _, p := range randomProbes(len(w.reviewers)) {
		if got, want := c.free(p.reviewer, p.cells), truth.free(p.reviewer, p.cells); got != want {
			return fmt.Errorf("%+v: free is %v instead of %v", p, got, want)
		}
		got, want = c.busy(got[:0], p.reviewer, p.cells), truth.busy(want[:0], p.reviewer, p.cells)
		if fmt.Sprint(got) != fmt.Sprint(want) {
			return fmt.Errorf("%+v: calls %v instead of %v", p, got, want)
		}
	}
	d := &desk{calendar: c, hours: w.hours}
	for _, q := range w.plain {
		if err := sameWeek(d.week(q), q.wantWeek); err != nil {
			return fmt.Errorf("question %d: %w", q.number, err)
		}
	}
	return nil
}

// repeat does one thing after the other for d on one goroutine. It reads the
// clock once in many, so that what takes nanoseconds is not measured by it.
func repeat(d time.Duration, many int, do func(i int) error) (sample, error) {
	begin := time.Now()
	for n := 0; ; n += many {
		if s := (sample{ops: n, elapsed: time.Since(begin)}); n > 0 && s.elapsed >= d {
			return s, nil
		}
		for i := range many {
			if err := do(n + i); err != nil {
				return sample{}, err
			}
		}
	}
}

// compareCalendars measures interval structures in process, on one core.
func (r *run) compareCalendars(ctx context.Context, w *workload) error {
	fmt.Fprintln(r.log, "calendars: filling and comparing the rivals' answers")
	list := append([]namedCalendar{{"slots.Calendar", own{w.View.Calendar}}}, calendars(len(w.reviewers))...)
	for _, c := range list[1:] {
		w.book(c)
		if err := w.agree(c); err != nil {
			return fmt.Errorf("%s answers otherwise: %w", c.name, err)
		}
	}
	asked := randomProbes(len(w.reviewers))
	var free, week []contender
	for _, c := range list {
		free = append(free, contender{c.name, func(_ context.Context, d time.Duration) (sample, error) {
			return repeat(d, 1000, func(i int) error {
				p := &asked[i%len(asked)]
				c.free(p.reviewer, p.cells)
				return nil
			})
		}})
		desk := &desk{calendar: c, hours: w.hours}
		week = append(week, contender{c.name, func(_ context.Context, d time.Duration) (sample, error) {
			return repeat(d, 4, func(i int) error {
				desk.week(w.plain[i%len(w.plain)])
				return nil
			})
		}})
	}
	week = append(week, contender{"matcher, rules and explanation included", func(_ context.Context, d time.Duration) (sample, error) {
		return repeat(d, 4, func(i int) error {
			q := w.plain[i%len(w.plain)]
			plan, refusal := matcher.NewPlan(w.View, q.Query)
			if refusal != nil {
				return fmt.Errorf("question %d: %s", q.number, refusal.Code)
			}
			plan.Week(q.shape)
			return nil
		})
	}})
	if _, err := r.samples(ctx, "is a reviewer free, in process", perOperation, free); err != nil {
		return err
	}
	_, err := r.samples(ctx, "week answer in process, verdicts of the rules given", perOperation, week)
	return err
}
