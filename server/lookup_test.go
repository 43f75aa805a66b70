package server

import (
	"strings"
	"testing"
)

// TestLookup: the three forms, each of whose parts must match.
func TestLookup(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	w.seed(winter.with("/id", "3", "/authorizationNumber", "A-3", "/member/name", "Jordan Winter, Jr.",
		"/providers/ordering", winter["providers"].(map[string]any)["requesting"], "/providers/ordering/npi", "1245319599"))
	f := func(want, body string) {
		t.Helper()
		r := w.do("POST", "/v1/cases/lookup", body)
		if want == "" {
			r.is(404, "not_found")
			return
		}
		var ids []string
		for _, v := range r.is(200, "").json()["cases"].([]any) {
			ids = append(ids, v.(map[string]any)["caseId"].(string))
		}
		if got := strings.Join(ids, " "); got != want {
			t.Errorf("%s finds %s, want %s", body, got, want)
		}
	}
	f("1004567", `{"caseId":"1004567","memberDateOfBirth":"1982-06-28"}`)
	f("1004567", `{"authorizationNumber":"A-1004567","memberDateOfBirth":"1982-06-28","caseId":null}`)
	f("1004567", `{"caseId":"1004567","orderingNpi":"1234567893"}`)
	f("3", `{"authorizationNumber":"A-3","orderingNpi":"1245319599"}`)
	f("1004567 3", `{"memberId":"M-1","memberDateOfBirth":"1982-06-28","memberLastName":"  WINTER "}`)
	f("1004568", `{"memberId":"M-2","memberDateOfBirth":"1975-01-31","memberLastName":"Summer"}`)
	f("", `{"caseId":"1004567","memberDateOfBirth":"1982-06-27"}`)
	f("", `{"caseId":"none","memberDateOfBirth":"1982-06-28"}`)
	f("", `{"authorizationNumber":"none","memberDateOfBirth":"1982-06-28"}`)
	f("", `{"caseId":"3","orderingNpi":"1234567893"}`)
	f("", `{"memberId":"M-1","memberDateOfBirth":"1982-06-28","memberLastName":"Summer"}`)
	f("", `{"memberId":"m-1","memberDateOfBirth":"1982-06-28","memberLastName":"Winter"}`)
	f("", `{"memberId":"M-1","memberDateOfBirth":"1982-06-29","memberLastName":"Winter"}`)
	refused := func(status int, body string) {
		t.Helper()
		if r := w.do("POST", "/v1/cases/lookup", body); r.status != status {
			t.Errorf("%s: %d %s, want %d", body, r.status, r.body, status)
		}
	}
	refused(422, `{}`)
	refused(422, `{"caseId":"1004567"}`)
	refused(422, `{"caseId":"1004567","authorizationNumber":"A","memberDateOfBirth":"1982-06-28"}`)
	refused(422, `{"caseId":"1004567","memberDateOfBirth":"1982-06-28","orderingNpi":"1234567893"}`)
	refused(422, `{"caseId":"1004567","memberDateOfBirth":"1982-06-28","memberLastName":"Winter"}`)
	refused(422, `{"memberId":"M-1","memberLastName":"Winter"}`)
	refused(422, `{"memberId":"M-1","memberDateOfBirth":"1982-06-28","memberLastName":"Winter","caseId":"1"}`)
	refused(422, `{"caseId":"1004567","orderingNpi":"123"}`)
	refused(400, `{"caseId":"1004567","memberDateOfBirth":"28/06/1982"}`)
	refused(400, `{"caseId":"a b","memberDateOfBirth":"1982-06-28"}`)
	refused(400, `{"caseId":"1004567","memberDateOfBirth":"1982-06-28","ssn":"1"}`)
}

// TestLookedUp is what the caller confirms, as the call goes on.
func TestLookedUp(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	look := func(p2p string) any {
		t.Helper()
		r := w.do("POST", "/v1/cases/lookup", `{"caseId":"1004567","memberDateOfBirth":"1982-06-28"}`).is(200, "")
		for field, want := range map[string]any{
			"caseId": "1004567", "programLabel": "MSK Spine Surgery", "levelOfReviewLabel": "Reconsideration P2P",
			"status": "denied", "p2pStatus": p2p, "episodeId": "E-77",
		} {
			if got := r.at("cases", 0, field); got != want {
				t.Errorf("%s = %v, want %v", field, got, want)
			}
		}
		if r.at("cases", 0, "member", "name") != "Jordan Winter" || r.at("cases", 0, "healthPlanLabel") == "" {
			t.Errorf("looked up %s", r.body)
		}
		if got := w.get("/v1/cases/1004567/p2p-availability").is(200, "").at("p2pStatus"); got != p2p {
			t.Errorf("availability says %v, want %s", got, p2p)
		}
		return r.at("cases", 0, "appointmentId")
	}
	if look("none") != nil {
		t.Error("an appointment out of nothing")
	}
	w.post("/v1/holds", deckHold.String()).is(201, "")
	look("held")
	id := w.book()
	if look("scheduled") != id {
		t.Error("no appointment")
	}
	w.post("/v1/appointments/"+id+"/cancel", `{"reason":"x","by":"payer"}`).is(200, "")
	if look("cancelled") != nil {
		t.Error("a cancelled appointment")
	}
}

// TestAvailability: times in the zone asked for, else the provider's.
func TestAvailability(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	w.seed(winter.with("/postDecision", doc{"delegated": true, "reconsideration": "open", "until": "2020-06-11T14:00:00Z"}),
		summer.with("/determination/final", true))
	r := w.get("/v1/cases/1004567/p2p-availability").is(200, "")
	if r.at("status") != "eligible" || r.at("decisionChangingUntil") != "2020-06-11T10:00:00-04:00" || r.at("timeZone") != "US/Eastern" ||
		r.at("requestUntil") != nil || list(r.at("bookingModes")) != "slot" || r.at("slotMinutes") != 15.0 {
		t.Errorf("available %s", r.body)
	}
	if r.at("reasons", 0, "code") != "reconsideration_open" || r.at("reasons", 0, "rule") != "hne/reconsideration" {
		t.Errorf("reasons %s", r.body)
	}
	r = w.get("/v1/cases/1004567/p2p-availability?timeZone=Asia/Kolkata").is(200, "")
	if r.at("decisionChangingUntil") != "2020-06-11T19:30:00+05:30" {
		t.Errorf("in Kolkata %s", r.body)
	}
	if got := w.get("/v1/cases/1004568/p2p-availability").is(200, "").at("status"); got != "consultative_only" {
		t.Errorf("a final decision is %v", got)
	}
	w.get("/v1/cases/none/p2p-availability").is(404, "not_found")
	w.get("/v1/cases/1004567/p2p-availability?timeZone=").is(422, "invalid_value")
}

// TestProfile: the zone is confirmed once, and the office's calls are found by its numbers.
func TestProfile(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	r := w.get("/v1/me").is(200, "")
	if r.at("timeZone") != nil || r.at("confirmedAt") != nil || list(r.at("npis")) != "" {
		t.Errorf("before %s", r.body)
	}
	put := func(status int, pointers, body string, headers ...string) reply {
		t.Helper()
		r := w.put("/v1/me", body, headers...)
		if r.status != status || status >= 400 && r.pointers() != pointers {
			t.Fatalf("%s: %d %s, want %d %s", body, r.status, r.body, status, pointers)
		}
		return r
	}
	put(400, "/npis", `{"timeZone":"US/Pacific"}`)
	put(422, "/timeZone", `{"timeZone":"PST","npis":[]}`)
	put(422, "/npis/0 /npis/2", `{"timeZone":"US/Pacific","npis":["1","1234567893","1234567893"]}`)
	put(422, "/confirmedAt", `{"timeZone":"US/Pacific","npis":[],"confirmedAt":"2020-05-15T09:00:01-04:00"}`)
	r = put(201, "", `{"timeZone":"US/Pacific","npis":["1234567893"]}`)
	if r.at("confirmedAt") != "2020-05-15T06:00:00-07:00" || r.header.Get("ETag") != `"1"` {
		t.Errorf("confirmed %s", r.body)
	}
	w.clock.set(t, "2020-05-15T10:00:00-04:00")
	same := put(200, "", `{"timeZone":"US/Pacific","npis":["1234567893"]}`)
	if string(same.body) != string(r.body) {
		t.Errorf("confirmed twice %s", same.body)
	}
	put(412, "", `{"timeZone":"UTC","npis":[]}`, "If-Match", `"9"`)
	r = put(200, "", `{"timeZone":"UTC","npis":[],"version":1}`)
	if r.at("confirmedAt") != "2020-05-15T14:00:00Z" || w.get("/v1/me?timeZone=Asia/Tokyo").at("confirmedAt") != "2020-05-15T23:00:00+09:00" {
		t.Errorf("another zone %s", r.body)
	}
}
