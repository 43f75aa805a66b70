package engine_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"runtime"
	"testing"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/engine/enginetest"
	"github.com/parleyhq/parley/slots"
)

// openEngine opens an engine over a log, with a clock that stands still.
func openEngine(t testing.TB, o engine.Options) *engine.Engine {
	t.Helper()
	if o.Clock == nil {
		o.Clock = enginetest.NewClock(enginetest.Monday)
	}
	e, err := engine.Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	return e
}

// furnish puts reviewers rev-0 … and cases case-0 … .
func furnish(t testing.TB, e *engine.Engine, reviewers, cases int) {
	t.Helper()
	var commands []engine.Command
	for i := range reviewers {
		commands = append(commands, commandOf("payer", engine.PutReviewer{Reviewer: enginetest.Reviewer(fmt.Sprintf("rev-%d", i))}))
	}
	for i := range cases {
		commands = append(commands, commandOf("payer", engine.PutCase{Case: enginetest.Case(fmt.Sprintf("case-%d", i))}))
	}
	for _, r := range e.SubmitAll(t.Context(), commands) {
		if r.Err != nil || r.Outcome.Status != engine.StatusOK {
			t.Fatal(r.Err, r.Outcome.Status)
		}
	}
}

func commandOf(principal string, p engine.Payload) engine.Command {
	return engine.Command{Actor: enginetest.Actor(principal), Payload: p}
}

// keyed gives a command a key, with its payload as the request.
func keyed(c engine.Command, key string) engine.Command {
	c.Key, c.Fingerprint = key, sha256.Sum256(fmt.Appendf(nil, "%+v", c.Payload))
	return c
}

// booking books a case on the i-th quarter of an hour after 10:00 in Chicago.
func booking(id, caseID, reviewerID string, i int) engine.Book {
	return engine.Book{
		ID: id, CaseIDs: []string{caseID}, ReviewerID: reviewerID, Start: quarter(i), TimeZone: "UTC",
		PerformedByRole: "requesting_provider", Location: "home", Notify: "none",
	}
}

func quarter(i int) slots.Instant {
	return enginetest.Monday + slots.Hour + slots.Instant(i)*15*slots.Minute
}

// pending is a command under way.
type pending chan engine.Result

func start(ctx context.Context, e *engine.Engine, c engine.Command) pending {
	p := make(pending, 1)
	go func() {
		o, err := e.Submit(ctx, c)
		p <- engine.Result{Outcome: o, Err: err}
	}()
	return p
}

// answered reports whether the outcome is there already.
func (p pending) answered() bool { return len(p) > 0 }

// queued waits until n commands wait for the writer, which is held back.
func queued(e *engine.Engine, n int) {
	for e.Health().Queue < n {
		runtime.Gosched()
	}
}

// mustOK submits a command that must be accepted.
func mustOK(t testing.TB, e *engine.Engine, c engine.Command) engine.Outcome {
	t.Helper()
	o, err := e.Submit(context.Background(), c)
	if err != nil || o.Status != engine.StatusOK {
		t.Fatalf("%T: %v, %s %s", c.Payload, err, o.Status, o.Detail)
	}
	return o
}
