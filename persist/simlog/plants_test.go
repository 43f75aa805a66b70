package simlog_test

import (
	"context"
	"slices"
	"testing"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/engine/enginetest"
	"github.com/parleyhq/parley/persist/simlog"
)

// TestSimCatches shows that the simulation sees what stands below the engine break its
// promises, and names it.
func TestSimCatches(t *testing.T) {
	t.Parallel()
	f := func(name string, codes []string, change func(*enginetest.Config)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const seeds = 30
			for seed := uint64(1); seed <= seeds; seed++ {
				c := world(seed, 200)
				change(&c)
				_, failure := enginetest.Play(t, c)
				if failure == nil {
					continue
				}
				code := enginetest.CodeOf(failure.Err)
				if !slices.Contains(codes, code) {
					t.Fatalf("seed %d, step %d: caught as %s, want one of %q: %v", seed, failure.Step, code, codes, failure.Err)
				}
				t.Logf("caught with seed %d at step %d: %v", seed, failure.Step, failure.Err)
				return
			}
			t.Fatalf("%d seeds see nothing", seeds)
		})
	}
	lying := func(ops ...simlog.Op) func(*enginetest.Config) {
		return func(c *enginetest.Config) {
			honest := c.Disk
			c.Disk = func(seed uint64) enginetest.Disk {
				d := honest(seed).(simDisk)
				d.Lie(ops...)
				return d
			}
		}
	}
	lost := []string{enginetest.CodeLostAck, enginetest.CodeRefusedOpen}
	f("syncs do nothing", lost, lying(simlog.OpSync))
	f("directory syncs do nothing", lost, lying(simlog.OpSyncDir))
	f("damage is not looked for", []string{enginetest.CodeSilentDamage}, func(c *enginetest.Config) {
		honest := c.Disk
		c.Disk = func(seed uint64) enginetest.Disk { return credulousDisk{honest(seed).(simDisk)} }
	})
	f("refused but written", []string{enginetest.CodeLostAck, enginetest.CodePhantom, enginetest.CodeTornBatch, enginetest.CodeState, enginetest.CodeDiffers},
		func(c *enginetest.Config) {
			c.Plant = &enginetest.Plant{Log: func(l engine.Log) engine.Log { return refusingLog{l} }}
		})
}

// credulousDisk has the damage healed before anybody looks: what is there is taken.
type credulousDisk struct{ simDisk }

// Kill implements enginetest.Disk.
func (d credulousDisk) Kill() enginetest.Disk { return credulousDisk{d.simDisk.Kill().(simDisk)} }

// Cut implements enginetest.Disk.
func (d credulousDisk) Cut(t enginetest.Trouble) enginetest.Disk {
	return credulousDisk{d.simDisk.Cut(t).(simDisk)}
}

// Damage implements enginetest.TroubledDisk: the files of the log are gone, and with them
// all that would tell.
func (d credulousDisk) Damage(int) (heal func(), ok bool) {
	for name := range d.Sizes() {
		if err := d.Remove(simlog.LaneOpen, name); err != nil {
			return nil, false
		}
	}
	return func() {}, true
}

// refusingLog says of every twentieth batch that it was not written.
type refusingLog struct{ engine.Log }

// Append implements engine.Log.
func (l refusingLog) Append(ctx context.Context, expected engine.Seq, records []engine.Record) error {
	err := l.Log.Append(ctx, expected, records)
	if err == nil && expected%20 == 19 {
		return engine.ErrNotWritten
	}
	return err
}
