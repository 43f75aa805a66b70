package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/parleyhq/parley/engine"
)

// Every status of the engine has a row in the table of problems, but for OK.
func TestEveryStatusIsAProblem(t *testing.T) {
	t.Parallel()
	seen := 0
	for s := engine.StatusOK + 1; !strings.HasPrefix(s.String(), "status_"); s++ {
		seen++
		k, ok := problemKinds[s.String()]
		if !ok {
			t.Errorf("%s has no row", s)
			continue
		}
		if got := refusal(s).status(); got != k.status || got < 400 || got >= 500 {
			t.Errorf("%s is %d", s, got)
		}
	}
	if seen != int(engine.StatusHoldCoolDown) {
		t.Errorf("%d statuses were looked at", seen)
	}
}

func TestStatusOfRefusals(t *testing.T) {
	t.Parallel()
	f := func(s engine.Status, want int) {
		t.Helper()
		if got := refusal(s).status(); got != want {
			t.Errorf("%s is %d, want %d", s, got, want)
		}
	}
	f(engine.StatusNotFound, 404)
	f(engine.StatusStaleVersion, 412)
	f(engine.StatusKeyReused, 422)
	f(engine.StatusNotEligible, 422)
	f(engine.StatusModeNotAvailable, 422)
	f(engine.StatusCasesNotCombinable, 422)
	f(engine.StatusClinicianRequired, 422)
	f(engine.StatusCaseAlreadyScheduled, 409)
	f(engine.StatusHoldExpired, 409)
	f(engine.StatusHoldMismatch, 422)
	f(engine.StatusSlotNotOffered, 422)
	f(engine.StatusReviewerNotQualified, 422)
	f(engine.StatusSlotTaken, 409)
	f(engine.StatusRulesChanged, 409)
	f(engine.StatusSpecialtyMatchUnmet, 422)
	f(engine.StatusAttestationRequired, 422)
	f(engine.StatusAttestationNotApplicable, 422)
	f(engine.StatusNotReschedulable, 409)
	f(engine.StatusNotCancellable, 409)
	f(engine.StatusInvalid, 422)
	f(engine.StatusTooManyHolds, 429)
}

// Only after outcome_unknown may the command have happened; all failures can be tried again.
func TestFailures(t *testing.T) {
	t.Parallel()
	f := func(err error, code string, status int) {
		t.Helper()
		p := failure(fmt.Errorf("wrapped: %w", err))
		if p.code != code || p.status() != status || retryable(p.status()) != (status == http.StatusServiceUnavailable) {
			t.Errorf("%v: %s %d", err, p.code, p.status())
		}
		if strings.Contains(string(p.document()), "wrapped") {
			t.Errorf("%v: the error's text is in the answer", err)
		}
	}
	f(engine.ErrOverloaded, codeOverloaded, 503)
	f(engine.ErrOutcomeUnknown, codeOutcomeUnknown, 503)
	f(engine.ErrNotWritable, codeReadOnly, 503)
	f(engine.ErrDeadline, codeDeadline, 503)
	f(engine.ErrClosed, codeShuttingDown, 503)
	f(errors.Join(engine.ErrOutcomeUnknown, engine.ErrNotWritable), codeOutcomeUnknown, 503)
	f(errors.New("anything else"), codeInternal, 500)
}

func TestProblemDocument(t *testing.T) {
	t.Parallel()
	f := func(p problem, want string) {
		t.Helper()
		if got := string(p.document()); got != want || !json.Valid([]byte(got)) {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	f(problem{code: codeNotFound},
		`{"type":"/problems/not_found","title":"Not found","status":404,"detail":"Not found.","code":"not_found"}`)
	f(problem{code: "slot_taken", detail: "a \"b\"", errors: []fault{{"/slot/start", "x"}},
		extra: []member{{"rule", []byte(`"r"`)}, {"alternatives", []byte(`[]`)}}},
		`{"type":"/problems/slot_taken","title":"The slot is taken","status":409,"detail":"a \"b\"","code":"slot_taken",`+
			`"errors":[{"pointer":"/slot/start","detail":"x"}],"rule":"r","alternatives":[]}`)
	f(problem{code: "unheard_of"},
		`{"type":"/problems/internal","title":"Internal error","status":500,"detail":"Internal error.","code":"internal"}`)
}

// Every kind of problem has a title, a help text and a page.
func TestProblemPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t, deckNow)
	for code, k := range problemKinds {
		if k.title == "" || k.help == "" || strings.HasSuffix(k.title, ".") || !strings.HasSuffix(k.help, ".") {
			t.Errorf("%s: %q %q", code, k.title, k.help)
		}
		r := w.get(problemType(code)).is(http.StatusOK, "")
		if !strings.Contains(string(r.body), code) {
			t.Errorf("%s: its page does not name it", code)
		}
	}
	w.get("/problems/none").is(http.StatusNotFound, codeNotFound)
}
