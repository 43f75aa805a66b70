package server

import (
	"strings"
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

// TestAdHocAsksAgain: being told to wait is no outcome. The same request under the same key is judged afresh, as its description says,
// and remembered from the hold on.
func TestAdHocAsksAgain(t *testing.T) {
	t.Parallel()
	w := newAdHoc(t)
	w.seed(adHocCase.with("/id", "e-2"))
	hold := w.post("/v1/ad-hoc", deckAdHoc.String()).is(201, "")
	ask := func(status int) reply {
		t.Helper()
		return w.do("POST", "/v1/ad-hoc", deckAdHoc.with("/caseIds/0", "e-2").String(), "Idempotency-Key", "k").is(status, "")
	}
	seq := w.engine.Snapshot().Seq()
	for range 2 {
		if r := ask(200); r.at("wait") == nil || r.header.Get("Idempotent-Replayed") != "" {
			t.Errorf("wait %s", r.body)
		}
	}
	if w.engine.Snapshot().Seq() != seq {
		t.Error("being told to wait is remembered")
	}
	w.do("DELETE", "/v1/holds/"+hold.text("id"), "").is(204, "")
	first, again := ask(201), ask(201)
	if first.header.Get("Idempotent-Replayed") != "" || string(again.body) != string(first.body) || again.header.Get("Idempotent-Replayed") != "true" {
		t.Errorf("held %s, again %s", first.body, again.body)
	}
	said := w.get("/openapi.json").is(200, "").at("paths", "/v1/ad-hoc", "post", "responses", "200", "description")
	if !strings.Contains(said.(string), "nothing is remembered under the key") {
		t.Errorf("described %v", said)
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
	f(422, "/caller/phone", "/caller/phone", "555-0143")
	w.seed(evolentCase.with("/id", "callback"))
	code := func(status int, code string, changes ...any) {
		t.Helper()
		w.post("/v1/ad-hoc", deckAdHoc.with(changes...).String()).is(status, code)
	}
	code(404, "not_found", "/caseIds/0", "nope")
	code(422, "mode_not_available", "/caseIds/0", "callback")
	code(422, "clinician_required", "/performedBy/credential", "scheduler")
	w.do("POST", "/v1/ad-hoc", deckAdHoc.String()).is(400, "idempotency_key_required")
}

// TestAdHocIntake: what the program asks for and a case does not say is named, with
// the place where it belongs and the rule, and told beforehand.
func TestAdHocIntake(t *testing.T) {
	t.Parallel()
	w := newAdHoc(t)
	bare := adHocCase.with("/id", "bare", "/service/codes", []string{})
	w.seed(bare)
	both := deckAdHoc.with("/caseIds", []string{"e-1", "bare"}).String()
	r := w.post("/v1/ad-hoc", both).is(422, "intake_incomplete")
	if r.at("rule") != "evolent-ad-hoc/intake" || len(r.at("caseIds").([]any)) != 1 || r.at("caseIds", 0) != "bare" ||
		len(r.at("missing").([]any)) != 1 || r.at("missing", 0, "caseId") != "bare" || r.at("missing", 0, "fact") != "service_codes" ||
		r.at("missing", 0, "member") != "/service/codes" || r.at("errors", 0, "pointer") != "/caseIds/1" {
		t.Errorf("refused %s", r.body)
	}
	known := func(id string) any {
		t.Helper()
		a := w.get("/v1/cases/"+id+"/p2p-availability").is(200, "")
		if len(a.at("intake").([]any)) != 1 || a.at("intake", 0, "fact") != "service_codes" || a.at("intake", 0, "rule") != "evolent-ad-hoc/intake" {
			t.Fatalf("told %s", a.body)
		}
		return a.at("intake", 0, "known")
	}
	if known("e-1") != true || known("bare") != false {
		t.Error("the facts are told wrongly")
	}
	w.seed(bare.with("/service/codes", []string{"72148"}))
	w.post("/v1/ad-hoc", both).is(201, "")
}

// TestAdHocCaller: who was on the line is shown with the call that was booked from
// the hold, across a restart, and nowhere else: here where offers go on record.
func TestAdHocCaller(t *testing.T) {
	t.Parallel()
	w := newWorld(t, adHocNow)
	here := adHocCase.with("/situsState", "TX", "/member/state", "TX")
	w.seed(adHocReviewer.with("/licenses/0/state", "TX"), here, here.with("/id", "e-2"), here.with("/id", "bare", "/service/codes", []string{}))
	canary := deckAdHoc.with("/caller", parseDoc(`{"firstName":"Zebra","lastName":"Canary","role":"herd-keeper","phone":"+12125550177"}`))
	held := w.do("POST", "/v1/ad-hoc", canary.String(), "Idempotency-Key", "k-1").is(201, "")
	silent := []reply{
		held, w.do("POST", "/v1/ad-hoc", canary.String(), "Idempotency-Key", "k-1").is(201, ""),
		w.post("/v1/ad-hoc", canary.with("/caseIds/0", "e-2").String()).is(200, ""),
		w.post("/v1/ad-hoc", canary.with("/caseIds/0", "bare").String()).is(422, "intake_incomplete"),
		w.post("/v1/ad-hoc", canary.with("/performedBy/credential", "scheduler").String()).is(422, "clinician_required"),
		w.post("/v1/ad-hoc", canary.with("/caller/phone", "Zebra 0177").String()).is(422, "invalid_value"),
	}
	w.crash(t)
	booking := deckBooking.with("/caseIds/0", "e-1", "/holdId", held.at("id"), "/slot", held.at("slot"), "/timeZone", "US/Pacific")
	booked := w.post("/v1/appointments", booking.String()).is(201, "")
	path := "/v1/appointments/" + booked.text("id")
	for _, r := range []reply{booked, w.get(path).is(200, ""), w.post(path+"/cancel", `{"reason":"better","by":"provider"}`).is(200, "")} {
		if r.at("caller", "firstName") != "Zebra" || r.at("caller", "lastName") != "Canary" || r.at("caller", "role") != "herd-keeper" ||
			r.at("caller", "phone") != "+12125550177" {
			t.Errorf("caller of %s", r.body)
		}
	}
	for _, target := range []string{"/v1/events", "/v1/offer-records", "/v1/attention", "/v1/cases/e-1"} {
		silent = append(silent, w.get(target).is(200, ""))
	}
	secrets := []string{"Zebra", "Canary", "herd-keeper", "2125550177"}
	for _, r := range silent {
		for _, secret := range secrets {
			if strings.Contains(string(r.body), secret) {
				t.Errorf("%s is in %s", secret, r.body)
			}
		}
	}
	if !strings.Contains(string(w.get("/v1/offer-records").body), `"held"`) {
		t.Error("nothing went on record")
	}
	w.silent(t, secrets...)
}

// TestNoCallerOfOthers: a call that nobody was on the line for tells of no caller.
func TestNoCallerOfOthers(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	r := w.post("/v1/appointments", deckBooking.String()).is(201, "")
	if strings.Contains(string(r.body), `"caller"`) {
		t.Errorf("a caller in %s", r.body)
	}
}
