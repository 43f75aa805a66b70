package server

import (
	"strings"
	"testing"
)

// enough looks for the least work within which a question is answered.
func (w *world) enough(ask func() reply) int {
	w.t.Helper()
	low, high := 1, UsualSearchWork // refused, answered
	for low+1 < high {
		middle := (low + high) / 2
		if w.server.searchWork = middle; ask().status == 200 {
			high = middle
		} else {
			low = middle
		}
	}
	return high
}

// TestSearchWork: a search that takes more work than one request may is refused with what to ask less
// of; within as much as it takes it is the whole answer.
func TestSearchWork(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	w.seed(cole)
	week := deckSearch.with("/week", absent{}, "/reviewersPerPriority", absent{}, "/slotsPerDay", absent{})
	for _, q := range []struct {
		path     string
		body     doc
		pointers string
	}{
		{"/v1/search", deckSearch, "/caseIds /days /hours /includeWaivable"},
		{"/v1/search", deckSearch.with("/hours", []int{3}), "/caseIds /days /hours /includeWaivable"},
		{"/v1/search/earliest", week, "/caseIds /to /days /hours /includeWaivable"},
		{"/v1/explain", doc{"caseId": "1004567"}, "/caseIds /to /days /hours /windows"},
		{"/v1/explain", doc{"caseId": "1004567", "hours": []int{3}}, "/caseIds /to /days /hours /windows"},
	} {
		ask := func() reply { return w.do("POST", q.path, q.body.String()) }
		w.server.searchWork = -1
		want := ask().is(200, "")
		least := w.enough(ask)
		w.server.searchWork = least
		if got := ask().is(200, ""); string(got.body) != string(want.body) {
			t.Errorf("%s %s: within %d units\n%s\nwant\n%s", q.path, q.body, least, got.body, want.body)
		}
		w.server.searchWork = least - 1
		no := ask().is(422, codeTooMuchWork)
		if no.pointers() != q.pointers || !strings.Contains(no.text("detail"), "units of work") {
			t.Errorf("%s: %s", q.path, no.body)
		}
	}
}

// TestSearchWorkBesideAnswers: what has its own answer gets it; what would be searched for besides is
// not known, and said so.
func TestSearchWorkBesideAnswers(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	w.seed(cole, winter.with("/id", "2", "/authorizationNumber", nil))
	w.book()
	taken := func() reply {
		t.Helper()
		return w.post("/v1/appointments", deckBooking.with("/caseIds", []string{"2"}).String()).is(409, "slot_taken")
	}
	if list, some := taken().json()["alternatives"].([]any); !some || len(list) == 0 {
		t.Error("no alternatives")
	}
	w.server.searchWork = 1
	if r := taken(); r.json()["alternatives"] != nil {
		t.Errorf("alternatives of nothing: %s", r.body)
	}
	body := `{"start":"2020-05-18T18:40:00-04:00","end":"2020-05-18T19:00:00-04:00"}`
	r := w.do("POST", "/v1/reviewers/rev-ames/absences", body, "Idempotency-Key", "k", "If-Match", `"1"`).is(201, "")
	if list := r.at("affected").([]any); len(list) != 1 || r.at("affected", 0, "replacements") != nil {
		t.Errorf("absent %s", r.body)
	}
	r = w.get("/v1/attention").is(200, "")
	if list := r.at("items").([]any); len(list) != 1 || r.at("items", 0, "replacements") != nil {
		t.Errorf("attention %s", r.body)
	}
	w.server.searchWork = UsualSearchWork
	if r := w.get("/v1/attention").is(200, ""); len(r.at("items", 0, "replacements").([]any)) == 0 {
		t.Errorf("attention %s", r.body)
	}
}

// TestSearchWorkOfCalls: a request for a callback is taken whatever its explanation would take; a call
// now that nobody can take gets the wait, or if even that is too much nothing.
func TestSearchWorkOfCalls(t *testing.T) {
	t.Parallel()
	w := newCallbacks(t)
	w.seed(evolentCase.with("/id", "e-2"))
	quarter := spans("2026-11-03T07:00:00-08:00", "2026-11-03T07:15:00-08:00", "2026-11-03T05:00:00-08:00", "2026-11-03T05:15:00-08:00")
	w.post("/v1/callback-requests", deckCallback.with("/windows", quarter).String()).is(201, "")
	w.server.searchWork = 1
	r := w.post("/v1/callback-requests", deckCallback.with("/caseIds/0", "e-2", "/windows", quarter).String()).is(201, "")
	if r.at("status") != "queued" || r.at("explanation", "because", 0, "code") != "reviewer_not_free" ||
		r.at("explanation", "because", 1, "code") != codeTooMuchWork || r.at("explanation", "nearest") != nil {
		t.Errorf("queued %s", r.body)
	}
	w.server.searchWork = UsualSearchWork
	if r := w.get("/v1/callback-requests/"+r.text("id")).is(200, ""); r.at("explanation", "nearest") == nil {
		t.Errorf("asked again %s", r.body)
	}

	w = newAdHoc(t)
	w.seed(adHocCase.with("/id", "e-2"))
	w.post("/v1/ad-hoc", deckAdHoc.String()).is(201, "")
	ask := func() reply { return w.post("/v1/ad-hoc", deckAdHoc.with("/caseIds/0", "e-2").String()) }
	whole := ask().is(200, "")
	w.server.searchWork = w.enough(ask)
	if r := ask(); r.at("wait") != whole.at("wait") || r.at("explanation", "nothingBecause", 0, "code") != codeTooMuchWork {
		t.Errorf("the wait alone %s", r.body)
	}
	w.server.searchWork--
	if r := ask().is(422, codeTooMuchWork); r.pointers() != "/caseIds" {
		t.Errorf("ad hoc %s", r.body)
	}
}

// TestSearchWorkOnRecord: what was not offered is not on record as offered, and what the answer to a
// request names is.
func TestSearchWorkOnRecord(t *testing.T) {
	t.Parallel()
	w := newWorld(t, texasNow)
	here := []any{"/healthPlan", "claims-eval", "/situsState", "TX", "/member/state", "TX"}
	w.seed(evolentReviewer.with("/licenses/0/state", "TX"), evolentCase.with(here...))
	night := spans("2026-11-03T01:00:00-08:00", "2026-11-03T02:00:00-08:00")
	w.server.searchWork = 1
	r := w.post("/v1/callback-requests", deckCallback.with("/windows", night).String()).is(201, "")
	if got := strings.Join(w.recorded(""), ", "); r.at("explanation", "nearest") != nil || got != "none_offered e-1 0" {
		t.Errorf("recorded %s of %s", got, r.body)
	}
}
