package engine_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/parleyhq/parley/engine"
)

// TestOutcomesOpen: a call ends with an outcome exactly if it is open to it.
func TestOutcomesOpen(t *testing.T) {
	t.Parallel()
	e := openEngine(t, engine.Options{Log: engine.NewMemLog()})
	outcomes := []string{
		"upheld", "overturned", "modified", "information_requested", "withdrawn", "decision_pending",
		"consultation_only", "alternative_accepted", "escalated",
	}
	furnish(t, e, 1, len(outcomes))
	for i, outcome := range outcomes {
		id := fmt.Sprintf("apt-%d", i)
		a := mustOK(t, e, commandOf("alice", booking(id, fmt.Sprintf("case-%d", i), "rev-0", i))).Appointment
		open := e.Snapshot().OutcomesOpen(a, e.Now())
		o, err := e.Submit(context.Background(), commandOf("rev", engine.CompleteCall{ID: id, Outcome: outcome}))
		if err != nil {
			t.Fatal(err)
		}
		if want := slices.Contains(open, outcome); want != (o.Status == engine.StatusOK) {
			t.Errorf("%s: open is %v, completing says %s", outcome, open, o.Status)
		}
		if outcome == "escalated" && o.Status != engine.StatusOutcomeNotAllowed {
			t.Errorf("escalated without a further stage: %s", o.Status)
		}
	}
}
