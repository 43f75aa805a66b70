package server

import "testing"

// TestAttention: what no longer holds is listed with its reason and with what
// could be booked instead; nothing is changed by itself.
func TestAttention(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	w.seed(cole)
	id := w.book()
	other := w.book("/caseIds/0", "1004568", "/slot/start", "2020-05-18T18:15:00-04:00")
	items := func(query string) reply { t.Helper(); return w.get("/v1/attention"+query).is(200, "") }
	if r := items(""); len(r.at("items").([]any)) != 0 || r.at("nextCursor") != nil {
		t.Errorf("nothing has changed: %s", r.body)
	}
	w.do("DELETE", "/v1/reviewers/rev-ames", "").is(204, "")
	r := items("")
	if len(r.at("items").([]any)) != 2 || r.at("items", 0, "appointment", "id") != other || r.at("items", 1, "appointment", "id") != id ||
		r.at("items", 0, "code") != "reviewer_inactive" || r.at("items", 0, "message") == "" || r.header.Get("Cache-Control") != "no-store" {
		t.Fatalf("the reviewer is gone: %s", r.body)
	}
	if r.at("items", 0, "replacements", 0, "reviewer", "id") != "rev-cole" || r.at("items", 0, "replacements", 0, "start") != "2020-05-18T18:15:00-04:00" {
		t.Errorf("instead %s", r.body)
	}
	page := items("?limit=1&timeZone=UTC")
	next := items("?limit=1&cursor=" + page.text("nextCursor"))
	if page.at("items", 0, "appointment", "start") != "2020-05-18T22:15:00Z" || next.at("items", 0, "appointment", "id") != id || next.at("nextCursor") != nil {
		t.Errorf("pages %s %s", page.body, next.body)
	}
	w.post("/v1/appointments/"+id+"/reassign", `{"reviewerId":"rev-cole"}`).is(200, "")
	w.post("/v1/appointments/"+other+"/cancel", `{"reason":"x","by":"payer"}`).is(200, "")
	if r := items(""); len(r.at("items").([]any)) != 0 {
		t.Errorf("all is settled: %s", r.body)
	}
	w.get("/v1/attention?limit=0").is(422, "invalid_value")
	w.get("/v1/attention?limit=x").is(400, "invalid_query")
	w.get("/v1/attention?cursor=x").is(400, "invalid_cursor")
	w.get("/v1/attention?after=1").is(400, "invalid_query")
}

// TestAttentionCodes: each change names itself, with the row that says so where
// it is one.
func TestAttentionCodes(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	id := w.book()
	absence := doc{"start": "2020-05-18T18:40:00-04:00", "end": "2020-05-18T18:50:00-04:00"}
	f := func(code, rule, caseID any, changed, back doc) {
		t.Helper()
		w.seed(changed)
		r := w.get("/v1/attention").is(200, "")
		if len(r.at("items").([]any)) != 1 || r.at("items", 0, "code") != code || r.at("items", 0, "rule") != rule ||
			r.at("items", 0, "caseId") != caseID || r.at("items", 0, "message") == "" || r.at("items", 0, "appointment", "status") != "booked" {
			t.Errorf("want %s %s: %s", code, rule, r.body)
		}
		w.seed(back)
		if r := w.get("/v1/attention").is(200, ""); len(r.at("items").([]any)) != 0 {
			t.Errorf("after %s: %s", code, r.body)
		}
	}
	f("reviewer_inactive", "hne/active", nil, ames.with("/active", false), ames)
	f("reviewer_absent", "", nil, ames.with("/blocks", []doc{absence}), ames)
	f("outside_hours", "", nil, ames.with("/exceptions", []doc{}), ames)
	f("reviewer_not_qualified", "hne/program", nil, ames.with("/programs", []string{"sleep"}), ames)
	f("terms_changed", "", "1004567", winter.with("/determination/final", true), winter)
	if got := w.get("/v1/appointments/" + id).at("version"); got != 1.0 {
		t.Errorf("the call was changed: version %v", got)
	}
}

// TestAttentionMessages: every code has words for people.
func TestAttentionMessages(t *testing.T) {
	t.Parallel()
	if len(attentionMessages) != 13 {
		t.Errorf("%d messages", len(attentionMessages))
	}
	for code, message := range attentionMessages {
		if code == "" || message == "" {
			t.Errorf("%q: %q", code, message)
		}
	}
}
