package load

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// Closed is a closed loop: each client sends its next operation when the one
// before is answered.
type Closed struct {
	Job
	Clients  int
	Warmup   time.Duration // at the start, not counted
	Duration time.Duration // counted
	// Limit ends the run early, after so many operations, the warm-up's included; 0 = none.
	Limit int
}

// Run sends until the duration or the limit is over or ctx ends; in that case it
// returns ctx's error with what was measured until then.
func (o Closed) Run(ctx context.Context) (*Stats, error) {
	if err := o.check(o.Clients, o.Duration); err != nil {
		return nil, err
	}
	r := newRecorder(o.Job)
	r.start = time.Now()
	r.last = r.start
	from := r.start.Add(o.Warmup)
	end := from.Add(o.Duration)
	stop := make(chan struct{})
	watched := r.watch(o.Warmup, stop)
	var next atomic.Int64
	var clients sync.WaitGroup
	for c := range o.Clients {
		clients.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				sent := time.Now()
				if o.Limit > 0 && i >= o.Limit || sent.After(end) {
					return
				}
				outcome := o.Do(c, i)
				r.record(c, outcome, timing{due: sent, sent: sent, done: time.Now()}, !sent.Before(from))
			}
		})
	}
	clients.Wait()
	close(stop)
	<-watched
	return r.stats(from), ctx.Err()
}
