package server

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// texasReviewer works all week and is trained for spine and joints.
var texasReviewer = ames.with("/specialties", []string{"207X00000X"}, "/exceptions", []doc{},
	"/timeZone", "America/Chicago",
	"/weeklyHours", []doc{{"days": []string{"mon", "tue", "wed", "thu", "fri"}, "start": "09:00", "end": "17:00"}})

// texasCase is asked about by an orthopaedic surgeon.
var texasCase = winter.with("/authorizationNumber", nil, "/determination/letterDate", "2026-10-30",
	"/providers/requesting/specialty", "207X00000X", "/providers/requesting/timeZone", "America/Chicago")

// Notes of the two Texas attestations.
const (
	noteA = "tx_ssl_waived"
	noteB = "tx_ssl_specialty_waived"
)

const tuesday = "2026-11-03T10:00:00-06:00"

// texas books one pair of reviewer and case in every way that can be tried and
// checks that exactly the given attestation opens the slot.
type texas struct {
	*world
	n int
}

func (x *texas) pair(reviewer, asked []any) (reviewerID, caseID string) {
	x.t.Helper()
	x.n++
	reviewerID, caseID = fmt.Sprint("rev-", x.n), fmt.Sprint("case-", x.n)
	x.seed(texasReviewer.with("/id", reviewerID).with(reviewer...), texasCase.with("/id", caseID).with(asked...))
	return reviewerID, caseID
}

// judged checks the tier and the attestation of a slot in a search and in bookings.
func (x *texas) judged(reviewerID, caseID, start, tier, note string) {
	x.t.Helper()
	if got := x.searched(reviewerID, caseID, start); got != strings.TrimSpace(tier+" "+note) {
		x.t.Errorf("%s at %s: search says %q, want %s %s", reviewerID, start, got, tier, note)
	}
	body := deckBooking.with("/caseIds/0", caseID, "/slot", doc{"reviewerId": reviewerID, "start": start}, "/timeZone", "America/Chicago")
	try := func(status int, code string, notes ...string) reply {
		x.t.Helper()
		return x.post("/v1/appointments", body.with("/attestations", notes).String()).is(status, code)
	}
	if note == "" {
		try(422, "attestation_not_applicable", noteA)
	} else {
		other := noteA
		if note == noteA {
			other = noteB
		}
		r := try(422, "attestation_required")
		if list(r.at("codes")) != note || r.at("attestations", 0, "text") == "" {
			x.t.Errorf("%s needs %s, want %s", reviewerID, r.body, note)
		}
		try(422, "attestation_required", other)
		if got := list(try(422, "attestation_not_applicable", noteA, noteB).at("codes")); got != other {
			x.t.Errorf("%s refuses %s, want %s", reviewerID, got, other)
		}
	}
	notes := strings.Fields(note)
	r := try(201, "", notes...)
	if r.at("tier") != tier || list(r.at("attestations")) != note {
		x.t.Errorf("%s booked as %s with %v, want %s %s", reviewerID, r.at("tier"), r.at("attestations"), tier, note)
	}
	x.post("/v1/appointments/"+r.text("id")+"/cancel", `{"reason":"next","by":"payer"}`).is(200, "")
}

// searched finds the slot in the week grid and says its tier and attestations;
// "" if it is not offered.
func (x *texas) searched(reviewerID, caseID, start string) string {
	x.t.Helper()
	body := doc{"caseIds": []string{caseID}, "timeZone": "America/Chicago", "week": start[:10], "slotsPerDay": 200, "includeWaivable": "always"}
	r := x.do("POST", "/v1/search", body.String()).is(200, "")
	for _, p := range r.json()["priorities"].([]any) {
		priority := p.(map[string]any)
		for _, o := range priority["reviewers"].([]any) {
			offers := o.(map[string]any)
			if offers["reviewer"].(map[string]any)["id"] == reviewerID && slices.ContainsFunc(offers["days"].([]any), func(d any) bool {
				return slices.ContainsFunc(d.(map[string]any)["slots"].([]any), func(s any) bool {
					return s.(map[string]any)["start"] == start
				})
			}) {
				return strings.TrimSpace(priority["tier"].(string) + " " + list(priority["attestations"]))
			}
		}
	}
	return ""
}

// TestTexas is the fact sheet's golden cases 1 to 8.
func TestTexas(t *testing.T) {
	t.Parallel()
	x := &texas{world: newWorld(t, texasNow)}
	f := func(tier, note string, reviewer, asked []any) {
		t.Helper()
		reviewerID, caseID := x.pair(reviewer, asked)
		x.judged(reviewerID, caseID, tuesday, tier, note)
	}
	neurosurgeon := []any{"/specialties", []string{"207T00000X"}}
	cardiologist := []any{"/specialties", []string{"207RC0000X"}}
	licensed := func(state string) []any { return []any{"/licenses/0/state", state} }
	f("full", "", nil, nil)                                                            // 1
	f("similar", "", neurosurgeon, nil)                                                // 2, spine
	f("specialty_waived", noteB, neurosurgeon, []any{"/program", "msk-joint-surgery"}) // 2, knee
	f("license_waived", noteA, licensed("OK"), nil)                                    // 3
	f("both_waived", noteB, append(licensed("FL"), cardiologist...), nil)              // 4
	chiropractor := []any{"/providers/requesting/credential", "DC", "/providers/requesting/specialty", "111N00000X"}
	f("full", "", nil, append(chiropractor, "/service/specialty", "207X00000X"))             // 5
	f("skilled", "", cardiologist, append(chiropractor, "/service/specialty", "207X00000X")) // 5
	f("license_waived", noteA, append(licensed("FL"), cardiologist...), chiropractor)        // 5
	surgeon := texasCase["providers"].(map[string]any)["requesting"]
	nurse := []any{"/providers/requesting/credential", "NP", "/providers/requesting/specialty", "363L00000X", "/providers/rendering", surgeon}
	f("full", "", nil, nurse)                                                // 6
	f("specialty_waived", noteB, cardiologist, nurse)                        // 6
	reviewerID, caseID := x.pair([]any{"/licenses/0/to", "2026-11-06"}, nil) // 7
	x.judged(reviewerID, caseID, "2026-11-06T16:00:00-06:00", "full", "")
	x.judged(reviewerID, caseID, "2026-11-09T09:00:00-06:00", "license_waived", noteA)
	f("license_waived", noteA, []any{"/licenses/0/type", "administrative"}, nil) // 8
}

// TestTexasReveal: without a compliant slot all that can be waived is shown,
// and the explanation says what opens it; the booking's attestation is recorded.
func TestTexasReveal(t *testing.T) {
	t.Parallel()
	x := &texas{world: newWorld(t, texasNow)}
	reviewerID, caseID := x.pair([]any{"/licenses/0/state", "OK"}, nil)
	search := doc{"caseIds": []string{caseID}, "timeZone": "America/Chicago"}
	r := x.do("POST", "/v1/search/earliest", search.with("/limit", 1).String()).is(200, "")
	if r.at("offers", 0, "tier") != "license_waived" || r.at("offers", 0, "start") != "2026-11-02T09:00:00-06:00" || r.at("offers", 0, "priority") != 1.0 {
		t.Errorf("revealed %s", r.body)
	}
	if len(r.at("explanation", "nothingBecause").([]any)) == 0 || len(r.at("explanation", "unlock").([]any)) == 0 {
		t.Errorf("explained %s", r.body)
	}
	if n := len(x.do("POST", "/v1/search/earliest", search.with("/includeWaivable", "never").String()).is(200, "").at("offers").([]any)); n != 0 {
		t.Errorf("%d waivable offers under never", n)
	}
	x.pair(nil, nil)
	auto := x.do("POST", "/v1/search/earliest", search.String()).is(200, "")
	if auto.at("offers", 0, "tier") != "full" || strings.Contains(string(auto.body), "license_waived") {
		t.Errorf("a better match is there: %s", auto.body)
	}
	booked := x.post("/v1/appointments", deckBooking.with("/caseIds/0", caseID, "/slot", doc{"reviewerId": reviewerID, "start": tuesday},
		"/attestations", []string{noteA}).with("/attestedBy", doc{"name": "Pat Poe", "role": "nurse"}).String()).is(201, "")
	if booked.at("attested", 0, "code") != noteA || booked.at("attested", 0, "caseId") != caseID ||
		booked.at("attested", 0, "at") != "2026-11-02T09:00:00-05:00" || booked.at("attestedBy", "name") != "Pat Poe" || booked.at("attestedBy", "role") != "nurse" ||
		list(booked.at("match", "unmet")) != "license" {
		t.Errorf("recorded %s", booked.body)
	}
	moved := x.post("/v1/appointments/"+booked.text("id")+"/reschedule", `{"slot":{"reviewerId":"`+reviewerID+`","start":"2026-11-03T11:00:00-06:00"}}`)
	moved.is(422, "attestation_required")
	moved = x.post("/v1/appointments/"+booked.text("id")+"/reschedule", `{"slot":{"reviewerId":"rev-2","start":"2026-11-03T11:00:00-06:00"}}`).is(200, "")
	if moved.at("tier") != "full" || list(moved.at("attestations")) != "" || moved.at("attestedBy") != nil {
		t.Errorf("moved to a full match %s", moved.body)
	}
	back := func(slot, by string) reply {
		t.Helper()
		return x.post("/v1/appointments/"+booked.text("id")+"/reschedule", `{"slot":{"reviewerId":"`+reviewerID+`","start":"`+slot+`"},"attestations":["`+noteA+`"]`+by+`}`).is(200, "")
	}
	if again := back("2026-11-03T11:00:00-06:00", ""); again.at("attestedBy", "name") != "Jane Doe" || again.at("attestedBy", "role") != "requesting_provider" {
		t.Errorf("nobody but the performer can have attested for the new slot: %s", again.body)
	}
	if again := back("2026-11-03T11:15:00-06:00", `,"attestedBy":{"name":"Ann Att","role":"nurse"}`); again.at("attestedBy", "name") != "Ann Att" || again.at("attestedBy", "role") != "nurse" {
		t.Errorf("who attests for the new slot is named: %s", again.body)
	}
}

// TestCasesThatDiffer: one appointment, one case in Texas and one elsewhere;
// each tells its own part.
func TestCasesThatDiffer(t *testing.T) {
	t.Parallel()
	x := &texas{world: newWorld(t, texasNow)}
	reviewerID, caseID := x.pair([]any{"/licenses/0/state", "OK"}, nil)
	_, elsewhere := x.pair(nil, []any{"/situsState", "MA", "/member/state", "MA"})
	both := []string{elsewhere, caseID}
	r := x.do("POST", "/v1/search", doc{"caseIds": both, "timeZone": "UTC", "includeWaivable": "always", "slotsPerDay": 1, "hours": []int{15}}.String()).is(200, "")
	var cases []any
	for _, o := range r.at("priorities", 1, "reviewers").([]any) {
		if offers := o.(map[string]any); offers["reviewer"].(map[string]any)["id"] == reviewerID {
			cases = offers["days"].([]any)[0].(map[string]any)["slots"].([]any)[0].(map[string]any)["cases"].([]any)
		}
	}
	if fmt.Sprint(cases) != "[map[caseId:case-2 consultativeOnly:false tier:full unmet:[]] map[caseId:case-1 consultativeOnly:false tier:license_waived unmet:[license]]]" {
		t.Errorf("cases %v of %s", cases, r.body)
	}
	booked := x.post("/v1/appointments", deckBooking.with("/caseIds", both, "/slot", doc{"reviewerId": reviewerID, "start": tuesday},
		"/attestations", []string{noteA}).String()).is(201, "")
	if booked.at("cases", 0, "tier") != "full" || booked.at("cases", 1, "tier") != "license_waived" || booked.at("tier") != "license_waived" ||
		len(booked.at("attested").([]any)) != 1 {
		t.Errorf("booked %s", booked.body)
	}
}
