package server

import (
	"strings"
	"testing"
)

// TestAgenda: a day of calls on both clocks, with all that is needed to place them.
func TestAgenda(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	w.seed(winter.with("/id", "1004569", "/providers/requesting/timeZone", "US/Pacific", "/outreach",
		doc{"origin": "provider_requested", "windows": []doc{}, "instructions": "Ring twice", "phones": []string{"+12125550199"}}))
	w.book("/caseIds/0", "1004569", "/slot/start", "2020-05-18T18:45:00-04:00")
	first := w.book("/caseIds", []string{"1004567", "1004568"})
	w.seed(winter.with("/id", "1004570"))
	gone := w.book("/caseIds/0", "1004570", "/slot/start", "2020-05-18T18:15:00-04:00")
	w.post("/v1/appointments/"+gone+"/cancel", `{"reason":"x","by":"payer"}`).is(200, "")
	w.clock.set(t, deckCall)
	w.post("/v1/appointments/"+first+"/attempts", tried("/result", "voicemail", "/spokeWith", nil)).is(201, "")
	r := w.get("/v1/reviewers/rev-ames/agenda").is(200, "") // today
	if r.at("date") != "2020-05-18" || r.at("timeZone") != "America/New_York" || r.at("reviewer", "name") != "Alex Ames" ||
		len(r.at("calls").([]any)) != 2 || r.at("more") != 0.0 || r.header.Get("Cache-Control") != "no-store" {
		t.Fatalf("today %s", r.body)
	}
	for path, want := range map[string]any{
		"appointmentId": first, "status": "booked", "mode": "slot", "version": 2.0, "consultativeOnly": false, "dials": "reviewer",
		"start": "2020-05-18T18:30:00-04:00", "outcome": nil, "startedAt": nil, "follows": nil,
	} {
		if got := r.at("calls", 0, path); got != want {
			t.Errorf("%s = %v, want %v", path, got, want)
		}
	}
	if r.at("calls", 0, "contact", "phone") != "+12125550143" || r.at("calls", 0, "contact", "instructions") != "Select option 4, ask for Dr. Doe" ||
		r.at("calls", 0, "performedBy", "lastName") != "Doe" || len(r.at("calls", 0, "cases").([]any)) != 2 ||
		r.at("calls", 0, "cases", 1, "member", "name") != "Robin Summer" || r.at("calls", 0, "cases", 0, "programLabel") != "MSK Spine Surgery" ||
		!strings.Contains(r.at("calls", 0, "attempts", 0, "sentence").(string), "voicemail") || len(r.at("calls", 0, "outcomes").([]any)) != len(callOutcomes)-1 { // nobody to escalate to
		t.Errorf("first call %s", r.body)
	}
	if r.at("calls", 1, "reviewerTime", "label") != "6:45 pm EDT" || r.at("calls", 1, "reviewerTime", "timeZone") != "America/New_York" ||
		r.at("calls", 1, "providerTime", "label") != "3:45 pm PDT" || r.at("calls", 1, "providerTime", "timeZone") != "US/Pacific" ||
		r.at("calls", 1, "providerTime", "abbreviation") != "PDT" || r.at("calls", 1, "providerTime", "start") != "2020-05-18T15:45:00-07:00" {
		t.Errorf("clocks %s", r.body)
	}
	if r.at("calls", 1, "cases", 0, "outreach", "instructions") != "Ring twice" || list(r.at("calls", 1, "cases", 0, "outreach", "phones")) != "+12125550199" {
		t.Errorf("outreach %s", r.body)
	}
	w.silent(t, "Winter", "Summer", "5550199", "Ring twice")
}

// TestAgendaDays: which day a call belongs to is the zone's affair.
func TestAgendaDays(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	id := w.book()
	f := func(want int, query string) {
		t.Helper()
		if got := len(w.get("/v1/reviewers/rev-ames/agenda?"+query).is(200, "").at("calls").([]any)); got != want {
			t.Errorf("%s: %d calls, want %d", query, got, want)
		}
	}
	f(1, "date=2020-05-18")
	f(0, "date=2020-05-17")
	f(0, "date=2020-05-19")
	f(0, "date=2020-05-18&timeZone=Asia/Tokyo")
	f(1, "date=2020-05-19&timeZone=Asia/Tokyo")
	f(0, "date=2011-12-30&timeZone=Pacific/Apia") // a day that the zone skipped
	w.clock.set(t, deckCall)
	w.post("/v1/appointments/"+id+"/complete", `{"outcome":"upheld"}`).is(200, "")
	f(1, "date=2020-05-18")
	refused := func(status int, query string) {
		t.Helper()
		w.get("/v1/reviewers/rev-ames/agenda?"+query).is(status, "")
	}
	refused(400, "date=18.5.2020")
	refused(422, "date=2021-02-29")
	refused(422, "date=1969-12-31")
	refused(422, "timeZone=EST")
	refused(400, "day=2020-05-18")
	w.get("/v1/reviewers/rev-none/agenda").is(404, "not_found")
}
