package simlog_test

import (
	"testing"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/engine/enginetest"
	"github.com/parleyhq/parley/persist/simlog"
)

func mustOpen(t *testing.T, d *simlog.Disk) *simlog.Log {
	t.Helper()
	l, err := simlog.Open(d)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// TestLogSuite reopens after a restart of the program, and after each kind of power cut.
func TestLogSuite(t *testing.T) {
	t.Parallel()
	f := func(name string, disk func(*simlog.Disk) *simlog.Disk) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			enginetest.RunLogSuite(t, func(t *testing.T) enginetest.Harness {
				return enginetest.Harness{
					Log: mustOpen(t, simlog.NewDisk(1)),
					Reopen: func(t *testing.T, log engine.Log) engine.Log {
						if err := log.Close(); err != nil {
							t.Fatal(err)
						}
						return mustOpen(t, disk(log.(*simlog.Log).Disk()))
					},
					Poison: func(_ *testing.T, log engine.Log) {
						log.(*simlog.Log).Disk().Fail(&simlog.Fault{Ops: []simlog.Op{simlog.OpSync}, Err: simlog.ErrIO})
					},
					ReadOnly: func(_ *testing.T, log engine.Log, on bool) { log.(*simlog.Log).SetReadOnly(on) },
					DamageCheckpoint: func(t *testing.T, log engine.Log) engine.Log {
						d := log.(*simlog.Log).Disk()
						if !d.Flip("state-000001", d.Sizes()["state-000001"]/2) {
							t.Fatal("nothing to damage")
						}
						return log
					},
				}
			})
		})
	}
	f("restart", func(d *simlog.Disk) *simlog.Disk { return d })
	for loss := range simlog.Loss(simlog.Losses) {
		f([]string{"lose all", "lose none", "lose some", "lose tail"}[loss], func(d *simlog.Disk) *simlog.Disk { return d.Crash(loss) })
	}
}
