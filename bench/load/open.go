package load

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// Open is an open loop: operations are due by Arrivals, whatever became of those
// before. Clients bounds how many are under way at once; what is due while all
// are busy is sent as soon as one is free, and its wait counts.
type Open struct {
	Job
	Arrivals Arrivals
	Clients  int
	Warmup   time.Duration // at the start, not counted
	Duration time.Duration // counted
	// Drain is how long after the last due time operations may still be sent; those
	// left then are given up as Unsent.
	Drain time.Duration
}

// Run sends until the last operation is answered or ctx ends; in that case it
// returns ctx's error with what was measured until then.
func (o Open) Run(ctx context.Context) (*Stats, error) {
	if err := o.check(o.Clients, o.Duration); err != nil {
		return nil, err
	}
	due, err := o.Arrivals.Within(o.Warmup + o.Duration)
	if err != nil {
		return nil, err
	}
	r := newRecorder(o.Job)
	r.start = time.Now()
	r.last = r.start
	last := r.start.Add(o.Warmup + o.Duration + o.Drain)
	stop := make(chan struct{})
	watched := r.watch(o.Warmup, stop)
	var next atomic.Int64
	var clients sync.WaitGroup
	for c := range o.Clients {
		clients.Go(func() {
			timer := time.NewTimer(0)
			defer timer.Stop()
			for {
				i := int(next.Add(1)) - 1
				if i >= len(due) || ctx.Err() != nil {
					return
				}
				o.one(ctx, r, timer, c, i, due[i], last)
			}
		})
	}
	clients.Wait()
	close(stop)
	<-watched
	return r.stats(r.start.Add(o.Warmup)), ctx.Err()
}

// one waits until an operation is due, sends it and records it.
func (o *Open) one(ctx context.Context, r *recorder, timer *time.Timer, client, i int, due time.Duration, last time.Time) {
	t := timing{due: r.start.Add(due)}
	if wait := time.Until(t.due); wait > 0 {
		t.idle = true
		timer.Reset(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			return
		}
	}
	counted := due >= o.Warmup
	t.sent = time.Now()
	if t.sent.After(last) {
		if counted {
			r.giveUp(client, t.sent.Sub(t.due))
		}
		return
	}
	outcome := o.Do(client, i)
	t.done = time.Now()
	r.record(client, outcome, t, counted)
}

// check refuses a job that cannot be run.
func (j Job) check(clients int, d time.Duration) error {
	switch {
	case len(j.Kinds) == 0 || len(j.Kinds) > 256 || len(j.Classes) == 0 || len(j.Classes) > 256 || j.Do == nil:
		return errors.New("load: a job needs Do and from 1 to 256 kinds and classes")
	case clients < 1:
		return errors.New("load: at least one client is needed")
	case d <= 0:
		return errors.New("load: the duration must be positive")
	}
	return nil
}
