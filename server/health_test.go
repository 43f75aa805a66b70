package server

import (
	"context"
	"net/http"
	"testing"
)

func TestHealth(t *testing.T) {
	t.Parallel()
	w := newWorld(t, deckNow)
	if r := w.get("/healthz").is(http.StatusOK, ""); r.text("status") != "ok" || r.text("version") != "test" {
		t.Errorf("health %s", r.body)
	}
	r := w.get("/readyz").is(http.StatusOK, "")
	if r.at("ready") != true || r.at("sandbox") != true || r.text("now") != "2020-05-15T13:00:00Z" || r.text("ruleset") == "" || r.text("zoneData") == "" {
		t.Errorf("readiness %s", r.body)
	}
	before := r.at("sequence").(float64)
	w.seed(ames)
	w.clock.set(t, "2020-05-15T09:00:07-04:00")
	r = w.get("/readyz").is(http.StatusOK, "")
	if r.at("sequence").(float64) != before+1 || r.text("now") != "2020-05-15T13:00:07Z" {
		t.Errorf("readiness after a change %s", r.body)
	}
}

// A poisoned store is not ready, takes nothing, and goes on answering reads.
func TestPoisoned(t *testing.T) {
	t.Parallel()
	w := newWorld(t, deckNow)
	w.seed(ames, winter)
	w.store.PoisonNext(false)
	w.put("/v1/reviewers/rev-brook", brook.String()).is(http.StatusServiceUnavailable, codeOutcomeUnknown)
	r := w.get("/readyz").is(http.StatusServiceUnavailable, codeReadOnly)
	if r.at("state", "ready") != false || r.header.Get("Retry-After") == "" {
		t.Errorf("%s %s", r.header, r.body)
	}
	w.put("/v1/reviewers/rev-brook", brook.String()).is(http.StatusServiceUnavailable, codeReadOnly)
	w.get("/v1/reviewers/rev-brook").is(http.StatusNotFound, codeNotFound)
	w.get("/v1/reviewers/rev-ames").is(http.StatusOK, "")
	w.get("/healthz").is(http.StatusOK, "")
}

// A closed engine refuses by name; the server still answers.
func TestClosed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, deckNow)
	w.seed(ames)
	if err := w.engine.Close(); err != nil {
		t.Fatal(err)
	}
	w.get("/readyz").is(http.StatusServiceUnavailable, "")
	w.put("/v1/reviewers/rev-brook", brook.String()).is(http.StatusServiceUnavailable, codeShuttingDown)
	w.get("/v1/reviewers/rev-ames").is(http.StatusOK, "")
	if err := w.server.Shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}
}
