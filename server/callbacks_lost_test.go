package server

import (
	"testing"
)

// TestCallbackReviewerLost: a request whose reviewer is gone says so, and gets
// another reviewer at the same time as soon as there is one.
func TestCallbackReviewerLost(t *testing.T) {
	t.Parallel()
	w := newCallbacks(t)
	r := w.post("/v1/callback-requests", deckCallback.String()).is(201, "")
	w.do("DELETE", "/v1/reviewers/rev-1", "").is(204, "")
	lost := w.get("/v1/callback-requests/"+r.text("id")).is(200, "")
	if lost.at("status") != "assigned" || lost.at("explanation", "because", 0, "code") != "reviewer_lost" || lost.at("explanation", "nearest") != nil {
		t.Errorf("lost %s", lost.body)
	}
	w.seed(evolentReviewer.with("/id", "rev-2"))
	found := w.get("/v1/callback-requests/"+r.text("id")).is(200, "")
	if found.at("explanation") != nil || found.at("appointment", "reviewer", "id") != "rev-2" || found.at("appointment", "start") != r.at("appointment", "start") {
		t.Errorf("found %s", found.body)
	}
}
