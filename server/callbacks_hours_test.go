package server

import (
	"testing"
)

// TestCallbackHoursOfTheClient: hours that came with the case go before those of the
// payer's row, and a call is placed by the instant that came with it.
func TestCallbackHoursOfTheClient(t *testing.T) {
	t.Parallel()
	w := newWorld(t, texasNow)
	f := func(id string, outreach doc, first, last, start string) {
		t.Helper()
		outreach["origin"] = "provider_requested"
		w.seed(evolentReviewer.with("/id", "rev-"+id), evolentCase.with("/id", id, "/healthPlan", "claims-eval", "/outreach", outreach))
		r := w.post("/v1/callback-requests", deckCallback.with("/caseIds/0", id, "/windows", absent{}).String()).is(201, "")
		windows := r.at("windows").([]any)
		if got := r.at("windows", 0, "start"); got != first {
			t.Errorf("%s: the first window begins at %v, want %s", id, got, first)
		}
		if got := r.at("windows", len(windows)-1, "end"); got != last {
			t.Errorf("%s: the last window ends at %v, want %s", id, got, last)
		}
		if got := r.at("appointment", "start"); got != start {
			t.Errorf("%s: called at %v, want %s", id, got, start)
		}
	}
	given := spans("2026-11-01T09:00:00-08:00", "2026-11-01T10:00:00-08:00", // over
		"2026-11-03T10:30:00-08:00", "2026-11-03T11:00:00-08:00", "2026-11-04T09:00:00-08:00", "2026-11-04T09:30:00-08:00")
	f("given", doc{"windows": given}, "2026-11-03T10:30:00-08:00", "2026-11-04T09:30:00-08:00", "2026-11-03T10:30:00-08:00")
	hint := w.get("/v1/cases/given/p2p-availability").is(200, "")
	if hint.at("defaultWindows", 0, "start") != "2026-11-03T10:30:00-08:00" {
		t.Errorf("availability %s", hint.body)
	}
	f("by", doc{"windows": given, "callBy": "2026-11-03T12:00:00-08:00"}, "2026-11-03T10:30:00-08:00", "2026-11-03T11:00:00-08:00", "2026-11-03T10:30:00-08:00")
	f("over", doc{"windows": given[:1], "callBy": "2026-11-04T12:00:00-08:00"}, "2026-11-02T09:00:00-08:00", "2026-11-04T12:00:00-08:00", "2026-11-02T09:00:00-08:00")
	f("late", doc{"windows": given, "callBy": "2026-11-01T12:00:00-08:00"}, "2026-11-03T10:30:00-08:00", "2026-11-04T09:30:00-08:00", "2026-11-03T10:30:00-08:00")
	f("early", doc{"windows": given, "callBy": "2026-11-03T10:00:00-08:00"}, "2026-11-03T10:30:00-08:00", "2026-11-04T09:30:00-08:00", "2026-11-03T10:30:00-08:00")
}
