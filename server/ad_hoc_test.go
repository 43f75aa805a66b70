package server

import (
	"testing"
)

// adHocCase is imaging, for a program that puts calls through.
var adHocCase = evolentCase.with("/program", "advanced-imaging", "/service/codes", []string{"72148"})

var adHocReviewer = evolentReviewer.with("/programs", []string{"advanced-imaging"})

var deckAdHoc = parseDoc(`{"caseIds":["e-1"],"caller":{"firstName":"Sam","lastName":"Lee","role":"scheduler"},
 "performedBy":{"role":"requesting_provider","firstName":"Jane","lastName":"Doe","credential":"MD"},
 "contact":{"firstName":"John","lastName":"Doe","location":"provider_office","phone":"+12125550143"}}`)

const adHocNow = "2026-11-03T10:07:20-06:00"

func newAdHoc(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, adHocNow)
	w.seed(adHocReviewer, adHocCase)
	return w
}

// TestAdHoc: intake, a hold that starts with the next full minute, and its booking
// after that minute has passed.
func TestAdHoc(t *testing.T) {
	t.Parallel()
	w := newAdHoc(t)
	r := w.do("POST", "/v1/ad-hoc", deckAdHoc.String(), "Idempotency-Key", "k-1").is(201, "")
	if r.at("mode") != "ad_hoc" || r.at("start") != "2026-11-03T08:08:00-08:00" || r.at("slot", "reviewerId") != "rev-1" || r.at("timeZone") != "US/Pacific" {
		t.Fatalf("held %s", r.body)
	}
	w.seed(adHocCase.with("/id", "e-2"))
	wait := w.post("/v1/ad-hoc", deckAdHoc.with("/caseIds/0", "e-2").String()).is(200, "")
	if wait.at("wait") != "2026-11-03T08:23:00-08:00" || wait.at("waitMinutes") != 16.0 || wait.at("next", "reviewer", "id") != "rev-1" ||
		len(wait.at("explanation", "nothingBecause").([]any)) == 0 {
		t.Errorf("wait %s", wait.body)
	}
	w.clock.set(t, "2026-11-03T10:09:30-06:00")
	booking := deckBooking.with("/caseIds/0", "e-1", "/holdId", r.at("id"), "/slot", r.at("slot"), "/timeZone", "US/Pacific")
	booked := w.post("/v1/appointments", booking.String()).is(201, "")
	if booked.at("start") != "2026-11-03T08:08:00-08:00" {
		t.Errorf("booked %s", booked.body)
	}
	again := w.do("POST", "/v1/ad-hoc", deckAdHoc.String(), "Idempotency-Key", "k-1").is(201, "")
	if string(again.body) != string(r.body) || again.header.Get("Idempotent-Replayed") != "true" {
		t.Errorf("repeated %s", again.body)
	}
	w.post("/v1/ad-hoc", deckAdHoc.String()).is(409, "case_already_scheduled")
}

// TestAdHocLater: the one who speaks is free later; nobody at all means no wait to name.
func TestAdHocLater(t *testing.T) {
	t.Parallel()
	w := newAdHoc(t)
	r := w.post("/v1/ad-hoc", deckAdHoc.with("/availableAt", "2026-11-03T10:30:00-06:00", "/timeZone", "America/Chicago").String()).is(201, "")
	if r.at("start") != "2026-11-03T10:30:00-06:00" {
		t.Errorf("held %s", r.body)
	}
	w.seed(adHocCase.with("/id", "e-2", "/program", "cardiac"))
	none := w.post("/v1/ad-hoc", deckAdHoc.with("/caseIds/0", "e-2").String()).is(200, "")
	if none.at("wait") != nil || none.at("waitMinutes") != nil || none.at("next") != nil || none.at("explanation", "nothingBecause", 0, "code") != "no_candidate_trained" {
		t.Errorf("nobody %s", none.body)
	}
}

func TestAdHocFaults(t *testing.T) {
	t.Parallel()
	w := newAdHoc(t)
	f := w.refusing("POST", "/v1/ad-hoc", deckAdHoc)
	f(400, "/caller", "/caller", absent{})
	f(400, "/caller/lastName", "/caller/lastName", nil)
	f(400, "/performedBy", "/performedBy", absent{})
	f(400, "/contact/phone", "/contact/phone", absent{})
	f(400, "/availableAt", "/availableAt", "soon")
	f(422, "/caller/firstName /caller/role", "/caller/firstName", " ", "/caller/role", "a b")
	f(422, "/availableAt", "/availableAt", "2026-11-03T11:07:21-06:00")
	f(422, "/timeZone", "/timeZone", "CST")
	f(422, "/contact/notify", "/contact/notify", "fax")
	w.seed(adHocCase.with("/id", "bare", "/service/codes", []string{}), evolentCase.with("/id", "callback"))
	f(422, "/caseIds/1", "/caseIds", []string{"e-1", "bare"})
	code := func(status int, code string, changes ...any) {
		t.Helper()
		w.post("/v1/ad-hoc", deckAdHoc.with(changes...).String()).is(status, code)
	}
	code(404, "not_found", "/caseIds/0", "nope")
	code(422, "mode_not_available", "/caseIds/0", "callback")
	code(422, "clinician_required", "/performedBy/credential", "scheduler")
	w.do("POST", "/v1/ad-hoc", deckAdHoc.String()).is(400, "idempotency_key_required")
}
