package simlog_test

import (
	"slices"
	"strings"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/engine/enginetest"
	"github.com/parleyhq/parley/persist/simlog"
)

// simDisk is a Disk as the simulation knows one.
type simDisk struct{ *simlog.Disk }

var _ enginetest.TroubledDisk = simDisk{}

// Open implements enginetest.Disk.
func (d simDisk) Open() (engine.Log, error) {
	l, err := simlog.Open(d.Disk)
	if err != nil {
		return nil, err
	}
	return l, nil
}

// Kill implements enginetest.Disk.
func (d simDisk) Kill() enginetest.Disk { return simDisk{d.Disk.Kill()} }

// Cut implements enginetest.Disk.
func (d simDisk) Cut(t enginetest.Trouble) enginetest.Disk {
	return simDisk{d.Crash(simlog.Loss(t.Loss % simlog.Losses))}
}

// Refuse implements enginetest.Disk: there is no room for the next batch.
func (d simDisk) Refuse(error) {
	d.Disk.Fail(&simlog.Fault{Ops: []simlog.Op{simlog.OpWrite}, Lane: simlog.LaneAppend, Err: simlog.ErrNoSpace})
}

// Poison implements enginetest.Disk.
func (d simDisk) Poison(bool) {
	d.Disk.Fail(&simlog.Fault{Ops: []simlog.Op{simlog.OpSync}, Lane: simlog.LaneAppend, Err: simlog.ErrIO})
}

var opsOf = map[string][]simlog.Op{
	"write": {simlog.OpWrite}, "sync": {simlog.OpSync}, "read": {simlog.OpRead, simlog.OpList},
	"names": {simlog.OpCreate, simlog.OpRename, simlog.OpRemove, simlog.OpSyncDir},
	"any":   {simlog.OpWrite, simlog.OpSync, simlog.OpCreate, simlog.OpRename, simlog.OpRemove, simlog.OpSyncDir},
}

// Fail implements enginetest.TroubledDisk.
func (d simDisk) Fail(t enginetest.Trouble) {
	err := simlog.ErrIO
	if t.Full {
		err = simlog.ErrNoSpace
	}
	d.Disk.Fail(&simlog.Fault{Ops: opsOf[t.Ops], Err: err, After: t.After, Forever: t.Forever})
}

// Damage implements enginetest.TroubledDisk.
func (d simDisk) Damage(n int) (heal func(), ok bool) {
	var names []string
	sizes := d.Sizes()
	for name, size := range sizes {
		if size > 0 && !strings.HasSuffix(name, ".new") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	if len(names) == 0 {
		return nil, false
	}
	name := names[n%len(names)]
	at := n / len(names) % sizes[name]
	return func() { d.Flip(name, at) }, d.Flip(name, at)
}
