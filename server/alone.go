package server

import (
	"sync"

	"github.com/parleyhq/parley/engine"
)

// alone keeps apart the requests under one Idempotency-Key that take effect before their key is remembered: imports and loads of
// rules. A repetition that comes meanwhile waits for the first answer, and another request under the key changes nothing.
type alone struct {
	mu       sync.Mutex
	underWay map[string]chan struct{} // by key; closed when that request is over
}

// enter waits until no other request under a key is under way, or until the caller gives up.
func (a *alone) enter(key string, givesUp <-chan struct{}) (leave func(), entered bool) {
	for {
		a.mu.Lock()
		over, busy := a.underWay[key]
		if !busy {
			over = make(chan struct{})
			if a.underWay == nil {
				a.underWay = map[string]chan struct{}{}
			}
			a.underWay[key] = over
			a.mu.Unlock()
			return func() {
				a.mu.Lock()
				delete(a.underWay, key)
				a.mu.Unlock()
				close(over)
			}, true
		}
		a.mu.Unlock()
		select {
		case <-over:
		case <-givesUp:
			return nil, false
		}
	}
}

// once answers a request that takes effect before its key is remembered: with the first answer, or by do.
func (c *call) once(t ticket, render func(engine.Outcome) answer, do func() answer) answer {
	if a, known := c.recall(t, render); known {
		return a
	}
	leave, entered := c.server.alone.enter(c.actor.Tenant+"\x00"+c.actor.Principal+"\x00"+t.key, c.wait().Done())
	if !entered {
		return refuse(failure(engine.ErrDeadline))
	}
	defer leave()
	if a, known := c.recall(t, render); known {
		return a
	}
	return do()
}
