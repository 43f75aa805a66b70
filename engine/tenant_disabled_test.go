package engine_test

import (
	"testing"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/engine/enginetest"
)

// TestDisabledOnTheWay: the writer refuses the commands of a tenant that was disabled after they were let in.
func TestDisabledOnTheWay(t *testing.T) {
	t.Parallel()
	e := openEngine(t, engine.Options{Log: engine.NewMemLog(), Clock: enginetest.NewClock(enginetest.Monday)})
	want := func(a engine.Actor, p engine.Payload, status engine.Status) {
		t.Helper()
		if o, err := e.Submit(t.Context(), engine.Command{Actor: a, Payload: p}); err != nil || o.Status != status {
			t.Fatalf("%s of %s: %v, %v; want %v", p.Kind(), a.Tenant, o.Status, err, status)
		}
	}
	operator, other := enginetest.Actor("alice"), enginetest.Actor("bob")
	other.Tenant = "other"
	put := engine.PutReviewer{Reviewer: enginetest.Reviewer("rev-1")}
	want(operator, engine.PutTenant{Tenant: engine.Tenant{ID: "other"}}, engine.StatusOK)
	want(other, put, engine.StatusOK)
	want(operator, engine.PutTenant{Tenant: engine.Tenant{ID: "other", Disabled: true}}, engine.StatusOK)
	want(other, engine.DeactivateReviewer{ID: "rev-1"}, engine.StatusUnauthenticated)
	want(operator, put, engine.StatusOK)
}
