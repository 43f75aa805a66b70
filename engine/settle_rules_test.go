package engine_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/engine/enginetest"
	"github.com/parleyhq/parley/slots"
)

// TestNewRulesReachEveryCall: the entry of new rules gives every callback call whose reviewer they bar another one,
// also the calls of the last reviewer of a tenant with more than a thousand: no later entry looks at them.
func TestNewRulesReachEveryCall(t *testing.T) {
	t.Parallel()
	const reviewers, perReviewer = 15, 90
	const last = reviewers - 1
	row := fmt.Sprintf(settleRows, 15, 0)
	clock := enginetest.NewClock(enginetest.Monday)
	e := openEngine(t, engine.Options{Log: engine.NewMemLog(), Clock: clock, Rules: enginetest.EditedRules(t, row)})
	submit := func(p engine.Payload) {
		t.Helper()
		if o, err := e.Submit(t.Context(), engine.Command{Actor: enginetest.Actor("alice"), Payload: p}); err != nil || o.Status != engine.StatusOK {
			t.Fatalf("%s: %v %+v", p.Kind(), err, o)
		}
	}
	allDay := slots.Availability{Weekly: []slots.WeeklyHours{{Days: 0b1111111, Span: slots.ClockSpan{End: 24 * 60}}}}
	first := clock.Now() + slots.Hour
	for i := range reviewers {
		r := enginetest.Reviewer(fmt.Sprintf("rev-%03d", i))
		if r.Hours = allDay; i == last {
			r.Credential = "DO"
		}
		submit(engine.PutReviewer{Reviewer: r})
		for k := range perReviewer {
			id, start := fmt.Sprintf("%d-%d", i, k), first+slots.Instant(k)*15*slots.Minute
			c := enginetest.Case("case-" + id)
			c.HealthPlan = "both"
			submit(engine.PutCase{Case: c})
			submit(engine.CreateCallback{
				ID: "cb-" + id, AppointmentID: "apt-" + id, CaseIDs: []string{"case-" + id}, TimeZone: "UTC",
				Windows:         []slots.Interval{{Start: start, End: start + 15*slots.Minute}},
				PerformedByRole: "requesting_provider", PerformedByCredential: "MD", Location: "home", Notify: "none",
			})
		}
	}
	spare := enginetest.Reviewer("spare")
	spare.Hours = allDay
	submit(engine.PutReviewer{Reviewer: spare})
	submit(engine.LoadRules{Bundle: enginetest.EditedRules(t, strings.Replace(row, `["MD","DO"]`, `["MD"]`, 1))})
	for i := range reviewers {
		for k := range perReviewer {
			a, ok := e.Snapshot().Appointment(enginetest.Tenant, fmt.Sprintf("apt-%d-%d", i, k))
			if !ok || a.ReviewerID == fmt.Sprintf("rev-%03d", last) {
				t.Fatalf("call %d of reviewer %d: booked %t, and left with who no longer qualifies", k, i, ok)
			}
		}
	}
}
