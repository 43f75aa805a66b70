package server

import (
	"context"
	"sync/atomic"
	"time"
)

// waits are contexts that requests share which begin to wait at about the same time: each
// of them ends callTimeout after the last request has got it, and at most waitStep later after
// the first. So a timer is made a few times a second, not for each request.
type waits struct {
	newest atomic.Pointer[sharedWait]
}

// waitStep is for how long a context is given out.
const waitStep = 250 * time.Millisecond

type sharedWait struct {
	until  time.Time // when it is given out no more
	ctx    context.Context
	cancel context.CancelFunc // by its own timer, or with its parent
}

// from returns a context for a request that begins to wait at now.
func (w *waits) from(parent context.Context, now time.Time) context.Context {
	if s := w.newest.Load(); s != nil && now.Before(s.until) {
		return s.ctx
	}
	s := &sharedWait{until: now.Add(waitStep)}
	s.ctx, s.cancel = context.WithDeadline(parent, s.until.Add(callTimeout))
	w.newest.Store(s) // two at once make two: both are right
	return s.ctx
}
