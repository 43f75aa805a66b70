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

// faultLog is a MemLog whose writes take time, and whose planned fault can be
// taken back if no write met it.
type faultLog struct {
	*engine.MemLog
	mu    sync.Mutex
	fault func(*engine.MemLog)
}

// refuse makes the next append fail without a trace.
func (l *faultLog) refuse(cause error) { l.arm(func(m *engine.MemLog) { m.FailNext(cause) }) }

// poison makes the next append poison the log; kept tells whether the batch is
// there after a crash.
func (l *faultLog) poison(kept bool) { l.arm(func(m *engine.MemLog) { m.PoisonNext(kept) }) }

func (l *faultLog) disarm() { l.arm(nil) }

func (l *faultLog) arm(fault func(*engine.MemLog)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fault = fault
}

// Append implements engine.Log.
func (l *faultLog) Append(ctx context.Context, expected engine.Seq, records []engine.Record) error {
	l.mu.Lock()
	fault := l.fault
	l.fault = nil
	l.mu.Unlock()
	if fault != nil {
		fault(l.MemLog)
	}
	<-time.After(syncTime)
	return l.MemLog.Append(ctx, expected, records)
}
