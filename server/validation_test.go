package server

import (
	"strings"
	"testing"
)

// refusing returns a function that sends a changed document and checks that it
// is refused with a status, at the given pointers.
func (w *world) refusing(method, target string, base doc) func(status int, pointers string, changes ...any) {
	return func(status int, pointers string, changes ...any) {
		w.t.Helper()
		var headers []string
		if method == "POST" {
			headers = []string{"Idempotency-Key", newID("key")}
		}
		r := w.do(method, target, base.with(changes...).String(), headers...)
		if r.status != status || r.pointers() != pointers {
			w.t.Errorf("%s %s %v: %d at %q, want %d at %q\n%s", method, target, changes, r.status, r.pointers(), status, pointers, r.body)
		}
		if code := r.text("code"); status == 422 && code != "invalid_value" && pointers != "" {
			w.t.Errorf("%s %v: code %s", target, changes, code)
		}
	}
}

// many makes a list of n equal items.
func many[T any](n int, v T) []T {
	out := make([]T, n)
	for i := range out {
		out[i] = v
	}
	return out
}

func TestReviewerFaults(t *testing.T) {
	t.Parallel()
	w := newWorld(t, deckNow)
	f := w.refusing("PUT", "/v1/reviewers/rev-ames", ames)
	f(400, "/name", "/name", absent{})
	f(400, "/name", "/name", nil)
	f(400, "/active", "/active", "yes")
	f(400, "/maxPerDay", "/maxPerDay", 1.5)
	f(400, "/licenses/0/to", "/licenses/0/to", absent{})
	f(400, "/licenses/0/from", "/licenses/0/from", "2019-13-01")
	f(400, "/blocks/0/end", "/blocks", []doc{{"start": "2026-12-01T14:00:00-06:00", "end": "2026-12-01T15:00:00"}})
	f(400, "/exceptions/0/hours/0/start", "/exceptions/0/hours/0/start", "9:00")
	f(400, "/id", "/id", "rev ames")
	f(400, "/timeZone", "/timeZone", "../../etc/passwd")
	f(422, "/id", "/id", "rev-other")
	f(422, "/name", "/name", "  ")
	f(422, "/name", "/name", strings.Repeat("n", maxName+1))
	f(422, "/credential /npi /specialties", "/credential", "", "/npi", "1234567890", "/specialties", []string{})
	f(422, "/specialties/0 /specialties/2", "/specialties", []string{"spine", "207X00000X", "207X00000X"})
	f(422, "/licenses/0/state /licenses/0/type /licenses/0/status", "/licenses/0/state", "Texas", "/licenses/0/type", "half", "/licenses/0/status", "ok")
	f(422, "/licenses/0/to", "/licenses/0/to", "2018-12-31")
	f(422, "/licenses/0/to", "/licenses/0/to", "2023-02-29")
	f(422, "/licenses/1", "/licenses", many(2, ames["licenses"].([]any)[0]))
	f(422, "/licenses", "/licenses", many(maxLicenses+1, ames["licenses"].([]any)[0]))
	f(422, "/boardCertifications/0/specialty /boardCertifications/0/to", "/boardCertifications", []doc{{"specialty": "ortho", "from": "2019-01-01", "to": "2023-02-29"}})
	f(422, "/boardCertifications/0/to", "/boardCertifications", []doc{{"specialty": "207X00000X", "from": "2019-01-01", "to": "2018-01-01"}})
	f(422, "/boardCertifications/1", "/boardCertifications", many(2, doc{"specialty": "207X00000X", "from": "2019-01-01"}))
	f(400, "/boardCertifications/0/from", "/boardCertifications", []doc{{"specialty": "207X00000X"}})
	f(422, "/experience/0/specialty /experience/0/until", "/experience", []doc{{"specialty": "", "until": "1960-01-01"}})
	f(422, "/experience/1/specialty", "/experience", []doc{{"specialty": "207X00000X"}, {"specialty": "207X00000X", "until": "2020-01-01"}})
	f(422, "/experience", "/experience", many(maxExperience+1, doc{"specialty": "207X00000X"}))
	f(422, "/programs/1", "/programs", []string{"msk", "msk"})
	f(422, "/populations/0", "/populations", []string{"adults"})
	f(422, "/healthPlans/0", "/healthPlans", []string{"h n e"})
	f(422, "/timeZone", "/timeZone", "EST")
	f(422, "/timeZone", "/timeZone", "")
	f(422, "/weeklyHours/0/days", "/weeklyHours", []doc{{"days": []string{}, "start": "08:00", "end": "09:00"}})
	f(422, "/weeklyHours/0/days/1", "/weeklyHours", []doc{{"days": []string{"mon", "mon"}, "start": "08:00", "end": "09:00"}})
	f(422, "/weeklyHours/0/end", "/weeklyHours", []doc{{"days": []string{"mon"}, "start": "22:00", "end": "02:00"}})
	f(422, "/weeklyHours/0/start", "/weeklyHours", []doc{{"days": []string{"mon"}, "start": "24:00", "end": "24:00"}})
	f(422, "/weeklyHours", "/weeklyHours", many(maxWeekly+1, doc{"days": []string{"mon"}, "start": "08:00", "end": "09:00"}))
	f(422, "/exceptions/1/date", "/exceptions", many(2, doc{"date": "2026-11-26", "hours": []doc{}}))
	f(422, "/blocks/0/end", "/blocks", []doc{{"start": "2026-12-01T14:00:00-06:00", "end": "2026-12-01T20:00:00Z"}})
	f(422, "/blocks/0/start", "/blocks", []doc{{"start": "1969-12-01T14:00:00Z", "end": "2026-12-01T20:00:00Z"}})
	f(422, "/bufferBeforeMinutes /bufferAfterMinutes /maxPerDay", "/bufferBeforeMinutes", -5, "/bufferAfterMinutes", maxBufferMinutes+1, "/maxPerDay", maxCallsPerDay+1)
	f(422, "/version", "/version", 0)
	f(400, "", "/extra", 1)
	if r := w.get("/v1/reviewers/rev-ames"); r.status != 404 {
		t.Errorf("a refused reviewer exists: %s", r.body)
	}
}

func TestCaseFaults(t *testing.T) {
	t.Parallel()
	w := newWorld(t, deckNow)
	f := w.refusing("PUT", "/v1/cases/1004567", winter)
	f(400, "/member", "/member", absent{})
	f(400, "/member/state", "/member/state", nil)
	f(400, "/providers/requesting/phone", "/providers/requesting/phone", absent{})
	f(400, "/determination/letterReceived", "/determination/letterReceived", absent{})
	f(400, "/decisionDue", "/decisionDue", "2020-05-20")
	f(400, "/determination/reviewerId", "/determination/reviewerId", "rev lee")
	f(422, "/id", "/id", "1004568")
	f(422, "/member/id /member/name /member/dateOfBirth", "/member/id", "M 1", "/member/name", "", "/member/dateOfBirth", "2020-05-17")
	f(422, "/situsState /member/state", "/member/state", "ZZ", "/situsState", "tx")
	f(422, "/lineOfBusiness", "/lineOfBusiness", "private")
	f(422, "/planType", "/planType", "bronze")
	f(400, "/planType", "/planType", 1)
	f(422, "/levelOfReview", "/levelOfReview", "second")
	f(422, "/phase", "/phase", "later")
	f(422, "/member/population", "/member/population", "teen")
	f(422, "/determination/status /determination/reason", "/determination/status", "no", "/determination/reason", "because")
	f(422, "/postDecision/reconsideration", "/postDecision", doc{"delegated": true, "reconsideration": "maybe"})
	f(400, "/postDecision/delegated", "/postDecision", doc{"reconsideration": "open"})
	f(422, "/servicePerformedOn", "/servicePerformedOn", "2020-05-16")
	f(422, "/servicePerformedOn", "/servicePerformedOn", "1970-01-01")
	f(422, "/decisionDue", "/decisionDue", "2020-05-20T10:00:00.25Z")
	f(422, "/involvedReviewerIds/1", "/involvedReviewerIds", []string{"a", "a"})
	f(422, "/providers/requesting/npi /providers/requesting/specialty /providers/requesting/timeZone /providers/requesting/phone",
		"/providers/requesting/npi", "1", "/providers/requesting/phone", "555-0100", "/providers/requesting/specialty", "ortho", "/providers/requesting/timeZone", "Eastern")
	f(422, "/providers/ordering/email", "/providers/ordering", parseDoc(winter.String())["providers"].(map[string]any)["requesting"], "/providers/ordering/email", "nobody")
	f(422, "/service/codes/1 /service/specialty /service/drug", "/service/codes", []string{"1", "1"}, "/service/specialty", "", "/service/drug", "wholesale")
	f(422, "/outreach/origin /outreach/windows/0/end /outreach/phones/0", "/outreach",
		doc{"origin": "nobody", "windows": []doc{{"start": "2020-05-20T10:00:00Z", "end": "2020-05-20T10:00:00Z"}}, "phones": []string{"1"}})
	f(422, "/authorizationNumber", "/authorizationNumber", "")
	f(400, "/member", "/member/ssn", "1")
}

func TestBookingFaults(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	f := w.refusing("POST", "/v1/appointments", deckBooking)
	f(400, "/timeZone", "/timeZone", absent{})
	f(400, "/performedBy/credential", "/performedBy/credential", absent{})
	f(400, "/contact/phone", "/contact/phone", nil)
	f(400, "/slot/start", "/slot/start", "2020-05-18T18:30:00")
	f(400, "/caseIds/0", "/caseIds", []string{"1004 567"})
	f(400, "/holdId", "/holdId", "a:b")
	f(400, "/callNotes/procedurePerformedOn", "/callNotes/procedurePerformedOn", true)
	f(422, "/callNotes/procedurePerformedOn", "/callNotes/procedurePerformedOn", "2020-05-16")
	f(422, "/performedBy/role", "/performedBy/role", "nurse")
	f(422, "/contact/location", "/contact/location", "car")
	f(422, "/contact/extension /contact/email", "/contact/extension", "x1", "/contact/email", "a@b")
	f(422, "/contact/alternateExtension", "/contact/alternateExtension", "12")
	f(422, "/contact/instructions", "/contact/instructions", "a\u0007")
	f(422, "/contact/instructions", "/contact/instructions", strings.Repeat("a", maxNote+1))
	f(422, "/contact/notify", "/contact/notify", "fax")
	f(422, "/contact/notify", "/contact/notify", "email", "/contact/email", nil)
	f(422, "/contact/notify", "/contact/notify", "pigeon")
	f(422, "/attestations/1", "/attestations", []string{"oh_member_consent", "oh_member_consent"})
	f(422, "/attestedBy /attestedBy/name", "/attestedBy", doc{"name": " ", "role": "nurse"}) // and nothing is attested
	f(422, "/expect/tier", "/expect", doc{"tier": "best"})
	f(400, "/requestedBy/credential", "/requestedBy", doc{"firstName": "A", "lastName": "B"})
	combine := func(ids ...string) {
		t.Helper()
		w.post("/v1/appointments", deckBooking.with("/caseIds", ids).String()).is(422, "cases_not_combinable")
		w.post("/v1/holds", deckHold.with("/caseIds", ids).String()).is(422, "cases_not_combinable")
		w.do("POST", "/v1/search", deckSearch.with("/caseIds", ids).String()).is(422, "cases_not_combinable")
	}
	combine([]string{}...)
	combine("1004567", "1004567")
	combine("1", "2", "3", "4", "5", "6")
	w.do("POST", "/v1/appointments", deckBooking.String()).is(400, "idempotency_key_required")
}

func TestSearchFaults(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	week := w.refusing("POST", "/v1/search", deckSearch)
	week(400, "/caseIds", "/caseIds", absent{})
	week(400, "/week", "/week", "2020-W21")
	week(400, "/hours/0", "/hours", []any{"7"})
	week(422, "/timeZone", "/timeZone", "Local")
	week(422, "/days", "/days", []string{})
	week(422, "/days/0", "/days", []string{"monday"})
	week(422, "/hours", "/hours", []int{})
	week(422, "/hours/1 /hours/2", "/hours", []int{7, 24, 7})
	week(422, "/includeWaivable", "/includeWaivable", "sometimes")
	week(422, "/reviewersPerPriority /slotsPerDay", "/reviewersPerPriority", 0, "/slotsPerDay", 201)
	week(400, "", "/from", "2020-05-18T00:00:00Z")
	earliest := w.refusing("POST", "/v1/search/earliest", deckSearch.with("/week", absent{}))
	earliest(400, "", "/week", "2020-05-18")
	earliest(400, "/from", "/from", "tomorrow")
	earliest(422, "/limit", "/limit", 201)
	earliest(422, "/to", "/from", "2020-05-18T00:00:00Z", "/to", "2020-05-18T00:00:00Z")
	earliest(422, "/to", "/from", "2020-05-18T00:00:00Z", "/to", "2021-06-18T00:00:00Z")
	w.do("POST", "/v1/search", deckSearch.with("/caseIds", []string{"nope"}).String()).is(404, "not_found")
	w.seed(winter.with("/id", "back", "/authorizationNumber", nil, "/healthPlan", "evolent"), winter.with("/id", "now", "/authorizationNumber", nil, "/healthPlan", "evolent", "/program", "cardiac"))
	for _, id := range []string{"back", "now"} { // neither calls back nor puts through
		w.do("POST", "/v1/search", deckSearch.with("/caseIds", []string{id}).String()).is(422, "mode_not_available")
		w.do("POST", "/v1/search/earliest", doc{"caseIds": []string{id}, "timeZone": "UTC"}.String()).is(422, "mode_not_available")
		w.post("/v1/holds", deckHold.with("/caseIds", []string{id}).String()).is(422, "mode_not_available")
	}
}
