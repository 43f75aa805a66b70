package engine_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/engine/enginetest"
	"github.com/parleyhq/parley/slots"
)

// wideRequest submits the i-th case and a callback request of it that nearly two months are open for: dear to settle.
func wideRequest(i int, now slots.Instant, submit func(engine.Payload)) {
	c := enginetest.Case(fmt.Sprint("case-", i))
	c.HealthPlan = "both"
	submit(engine.PutCase{Case: c})
	submit(engine.CreateCallback{
		ID: fmt.Sprint("cb-", i), AppointmentID: fmt.Sprint("apt-", i), CaseIDs: []string{c.ID}, TimeZone: "UTC",
		PerformedByRole: "requesting_provider", PerformedByCredential: "MD", Location: "home", Notify: "none",
		Windows: []slots.Interval{{Start: now + slots.Hour, End: now + 59*24*slots.Hour}},
	})
}

// TestSettlingIsBounded: an entry that lets many dear requests be assigned at once does not try all of
// them; each comes to its turn with the entries that follow, and judged again all come out the same.
func TestSettlingIsBounded(t *testing.T) {
	t.Parallel()
	const reviewers, requests = 150, 12
	row := fmt.Sprintf(settleRows, 15, 0)
	log, clock := engine.NewMemLog(), enginetest.NewClock(enginetest.Monday)
	e := openEngine(t, engine.Options{Log: log, Clock: clock, Rules: enginetest.EditedRules(t, strings.Replace(row, `["MD","DO"]`, `["DO"]`, 1))})
	submit := func(p engine.Payload) {
		t.Helper()
		if o, err := e.Submit(t.Context(), engine.Command{Actor: enginetest.Actor("alice"), Payload: p}); err != nil || o.Status != engine.StatusOK {
			t.Fatalf("%s: %v %+v", p.Kind(), err, o)
		}
	}
	for i := range reviewers {
		r := enginetest.Reviewer(fmt.Sprint("rev-", i))
		r.Hours = slots.Availability{Weekly: []slots.WeeklyHours{{Days: 0b1111111, Span: slots.ClockSpan{End: 24 * 60}}}}
		submit(engine.PutReviewer{Reviewer: r})
	}
	assigned := func() (n int) {
		for i := range requests {
			if r, _ := e.Snapshot().Callback(enginetest.Tenant, fmt.Sprint("cb-", i)); r.Status == engine.CallbackAssigned {
				n++
			}
		}
		return n
	}
	for i := range requests {
		wideRequest(i, clock.Now(), submit)
	}
	if n := assigned(); n > 0 {
		t.Fatalf("%d requests are assigned, and nobody qualifies", n)
	}
	submit(engine.LoadRules{Bundle: enginetest.EditedRules(t, row)})
	before := assigned()
	if before == 0 || before == requests {
		t.Fatalf("one entry assigned %d of %d requests", before, requests)
	}
	for i := 0; before < requests; i++ {
		submit(engine.PutReviewer{Reviewer: enginetest.Reviewer(fmt.Sprint("other-", i))})
		if now := assigned(); now > before {
			before = now
		} else {
			t.Fatalf("%d of %d requests are assigned, and no more", now, requests)
		}
	}
	live := e.Snapshot()
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	report, err := engine.Replay(t.Context(), log.Reopen(), engine.Identity{}, engine.ReplayOptions{Rejudge: true})
	if err != nil || report.State != live.Hash() || report.Different != 0 || report.Rejudged == 0 {
		t.Fatalf("replayed: %v, %d of %d entries differ: %+v", err, report.Different, report.Rejudged, report.Differences)
	}
}
