package engine_test

import (
	"fmt"
	"testing"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/engine/enginetest"
	"github.com/parleyhq/parley/slots"
)

// TestOneLog gives the same commands to engines that know nothing of each other: their logs are equal byte for byte, for
// what one machine decides in an order of its own another could not have decided.
func TestOneLog(t *testing.T) {
	t.Parallel()
	const engines, together = 12, 5
	var first engine.Hash
	for i := range engines {
		log := engine.NewMemLog()
		e := openEngine(t, engine.Options{Log: log})
		furnish(t, e, 2, together+2)
		var ids []string
		for k := range together {
			ids = append(ids, fmt.Sprint("case-", k))
		}
		b := booking("apt-1", "case-0", "rev-0", 0)
		b.CaseIDs = ids
		mustOK(t, e, keyed(commandOf("alice", b), "k-1"))
		mustOK(t, e, commandOf("bob", engine.HoldSlot{ID: "hold-1", CaseIDs: []string{"case-5", "case-6"}, ReviewerID: "rev-1", Start: quarter(2), TimeZone: "UTC"}))
		_, chain := log.Last()
		if i == 0 {
			first = chain
		}
		if chain != first {
			t.Fatalf("engine %d: the logs differ", i)
		}
	}
}

// TestCallsIn2038: a call is as long as its rules say also where seconds since 1970 need more than 32 bits.
func TestCallsIn2038(t *testing.T) {
	t.Parallel()
	const tuesday = slots.Instant(2147526000) // 9:00 in Chicago on 2038-01-19, twelve hours behind the last second of 31 bits
	e := openEngine(t, engine.Options{Log: engine.NewMemLog(), Clock: enginetest.NewClock(tuesday)})
	furnish(t, e, 1, 1)
	b := booking("apt-1", "case-0", "rev-0", 0)
	b.Start = tuesday + slots.Hour
	o := mustOK(t, e, commandOf("alice", b))
	if got := o.Appointment.Span; got.Seconds() < 300 || got.Start != b.Start {
		t.Fatalf("the call at %v ends at %v", b.Start, got.End)
	}
	if err := e.Snapshot().Check(); err != nil {
		t.Fatal(err)
	}
}
