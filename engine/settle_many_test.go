package engine_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/engine/enginetest"
	"github.com/parleyhq/parley/slots"
)

// TestRulesTouchMany: rules that strand more calls than a list of an entity may have items are loaded, and strand them all.
func TestRulesTouchMany(t *testing.T) {
	t.Parallel()
	const reviewers, requests = 100, engine.MaxListItems + 104
	row := fmt.Sprintf(settleRows, 15, 0)
	clock := enginetest.NewClock(enginetest.Monday)
	log := engine.NewMemLog()
	e := openEngine(t, engine.Options{Log: log, Clock: clock, Rules: enginetest.EditedRules(t, row)})
	submit := func(p engine.Payload) {
		t.Helper()
		o, err := e.Submit(t.Context(), engine.Command{Actor: enginetest.Actor("alice"), Payload: p})
		if err != nil || o.Status != engine.StatusOK {
			t.Fatal(o.Status, o.Detail, err)
		}
	}
	for i := range reviewers {
		r := enginetest.Reviewer(fmt.Sprint("rev-", i))
		r.Hours = slots.Availability{Weekly: []slots.WeeklyHours{{Days: 0b1111111, Span: slots.ClockSpan{End: 24 * 60}}}}
		submit(engine.PutReviewer{Reviewer: r})
	}
	for i := range requests {
		c := enginetest.Case(fmt.Sprint("case-", i))
		c.HealthPlan = "both"
		submit(engine.PutCase{Case: c})
		at := clock.Now() + 2*slots.Hour + slots.Instant(i/80)*15*slots.Minute
		at -= at % (15 * slots.Minute)
		submit(engine.CreateCallback{
			ID: fmt.Sprint("cb-", i), AppointmentID: fmt.Sprint("apt-", i), CaseIDs: []string{c.ID}, TimeZone: "UTC",
			PerformedByRole: "requesting_provider", PerformedByCredential: "MD", Location: "home", Notify: "none",
			Windows: []slots.Interval{{Start: at, End: at + 2*slots.Hour}},
		})
	}
	submit(engine.LoadRules{Bundle: enginetest.EditedRules(t, strings.Replace(row, `["MD","DO"]`, `["DO"]`, 1))})
	stranded := 0
	for i := range requests {
		if r, ok := e.Snapshot().Callback(enginetest.Actor("alice").Tenant, fmt.Sprint("cb-", i)); ok && r.Stranded() {
			stranded++
		}
	}
	if stranded != requests {
		t.Errorf("%d of %d stranded", stranded, requests)
	}
}
