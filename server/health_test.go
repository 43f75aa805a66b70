package server

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/parleyhq/parley/engine"
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

// TestCauses: every cause has a sentence, and a store that takes nothing says why in one word,
// in the readiness and in the refusal of a change.
func TestCauses(t *testing.T) {
	t.Parallel()
	for _, cause := range []engine.Cause{
		engine.CauseSpace, engine.CauseStalled, engine.CauseBackground, engine.CauseWatermark,
		engine.CauseClosing, engine.CausePoisoned, engine.CauseDamage, engine.CauseState,
	} {
		err := fmt.Errorf("%w: %w", engine.ErrNotWritable, &engine.Refusal{Cause: cause, Kind: engine.ErrReadOnly, Detail: "pebble/000001.log"})
		p := failure(err)
		document := string(p.document())
		if p.code != codeReadOnly || !strings.Contains(document, `"cause":"`+string(cause)+`"`) || !strings.Contains(document, causeWords[cause]) || causeWords[cause] == "" {
			t.Errorf("%s: %s", cause, document)
		}
		if strings.Contains(document, "pebble") {
			t.Errorf("%s tells of files: %s", cause, document)
		}
	}
	w := newWorld(t, deckNow)
	w.store.PoisonNext(false)
	w.put("/v1/reviewers/rev-brook", brook.String()).is(503, codeOutcomeUnknown)
	if r := w.get("/readyz").is(503, codeReadOnly); r.at("state", "cause") != "commit_failed" || r.text("cause") != "commit_failed" {
		t.Errorf("readiness %s", r.body)
	}
	if r := w.put("/v1/reviewers/rev-brook", brook.String()).is(503, codeReadOnly); r.text("cause") != "commit_failed" || r.header.Get("Retry-After") == "" {
		t.Errorf("refusal %s", r.body)
	}
}
