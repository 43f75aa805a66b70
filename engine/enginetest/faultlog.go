package enginetest

import (
	"context"
	"sync"
	"time"

	"github.com/parleyhq/parley/engine"
)

// syncTime is how long a write of the simulation takes. In its bubble no time
// passes while anything can go on, so all that can be judged on top of a write is
// judged before it ends, in every run alike.
const syncTime = time.Microsecond

// faultLog is a log whose writes take time and can be held back, and whose planned
// fault can be taken back if no write met it.
type faultLog struct {
	engine.Log
	disk Disk

	mu        sync.Mutex
	fault     func(Disk)
	gate      *gate
	attempted engine.Seq // where the log would end with the last batch
}

// gate holds back one append.
type gate struct {
	entered, released chan struct{}
	once              sync.Once
}

// release lets the append go on. It may be called more than once.
func (g *gate) release() { g.once.Do(func() { close(g.released) }) }

// blockNext holds the next append back before it writes, until the gate is released.
func (l *faultLog) blockNext() *gate {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.gate = &gate{entered: make(chan struct{}), released: make(chan struct{})}
	return l.gate
}

// refuse makes the next append fail without a trace.
func (l *faultLog) refuse(cause error) { l.arm(func(d Disk) { d.Refuse(cause) }) }

// poison makes the next append poison the log; kept tells whether the batch is
// there after a crash.
func (l *faultLog) poison(kept bool) { l.arm(func(d Disk) { d.Poison(kept) }) }

// disarm takes back what no append has met.
func (l *faultLog) disarm() {
	l.arm(nil)
	if d, ok := l.disk.(TroubledDisk); ok {
		d.Heal()
	}
}

func (l *faultLog) arm(fault func(Disk)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fault = fault
}

// Append implements engine.Log.
func (l *faultLog) Append(ctx context.Context, expected engine.Seq, records []engine.Record) error {
	l.mu.Lock()
	fault, held := l.fault, l.gate
	l.gate = nil
	l.attempted = expected + engine.Seq(len(records))
	l.mu.Unlock()
	if held != nil {
		close(held.entered)
		<-held.released
	} else if fault != nil {
		l.arm(nil)
		fault(l.disk)
	}
	<-time.After(syncTime)
	return l.Log.Append(ctx, expected, records)
}
