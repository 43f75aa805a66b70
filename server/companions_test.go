package server

import (
	"fmt"
	"strings"
	"testing"
)

// companions asks which cases may share a call and lists them as "id why".
func (w *world) companions(ids ...string) string {
	w.t.Helper()
	r := w.do("POST", "/v1/cases/companions", doc{"caseIds": ids}.String()).is(200, "")
	var out []string
	for _, v := range r.json()["companions"].([]any) {
		c := v.(map[string]any)
		out = append(out, c["caseId"].(string)+" "+strings.ReplaceAll(list(c["why"]), " ", "+"))
	}
	return strings.Join(out, ", ")
}

// mate is another case of a member, with nothing else in common with the deck's.
func mate(id string, changes ...any) doc {
	return winter.with("/id", id, "/authorizationNumber", nil, "/providers/requesting/npi", "1093817462").with(changes...)
}

// TestCompanionsOfAMember: the same number and birth date make the same member;
// what has a call, has none open to it, or belongs to another plan is left out.
func TestCompanionsOfAMember(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	w.seed(mate("m-2"), mate("m-1"),
		mate("m-3", "/member/dateOfBirth", "2010-01-01"), // of the same family
		mate("m-4", "/determination/status", "approved"), // nothing to discuss
		mate("m-5", "/healthPlan", "another-plan"),       // cannot share
		mate("m-6", "/member/id", "M-9"),                 // somebody else
		mate("m-7"),                                      // has a call
		mate("m-8", "/program", "msk-joint-surgery"),     // may share
		mate("m-9", "/determination/final", true))        // may share, consultative
	w.post("/v1/holds", deckHold.with("/caseIds", []string{"m-7"}).String()).is(201, "")
	w.seed(summer.with("/providers/requesting/npi", "1003000126"))
	if got := w.companions("1004567"); got != "m-1 same_member, m-2 same_member, m-8 same_member, m-9 same_member" {
		t.Errorf("companions %s", got)
	}
	if got := w.companions("1004567", "m-2", "m-9"); got != "m-1 same_member+same_physician, m-8 same_member+same_physician, m-3 same_physician, m-6 same_physician" {
		t.Errorf("companions of three %s", got)
	}
	if got := w.companions("1004567", "m-1", "m-2", "m-8", "m-9"); got != "" {
		t.Errorf("companions of a full call %s", got)
	}
	r := w.do("POST", "/v1/cases/companions", `{"caseIds":["1004567"]}`).is(200, "")
	last := r.at("companions", 3).(map[string]any)
	if last["p2p"] != "consultative_only" || last["slotMinutes"] != 15.0 || list(last["bookingModes"]) != "slot" || len(last["requirements"].([]any)) != 0 {
		t.Errorf("consultative companion %v", last)
	}
	if r.at("more") != false {
		t.Errorf("more of %s", r.body)
	}
}

// TestCompanionsOfAPhysician come after those of the member, whoever the patient
// is and in whatever role the physician acts.
func TestCompanionsOfAPhysician(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	const nobody = "1093817462"
	surgeon := winter["providers"].(map[string]any)["requesting"]
	other := []any{"/member/id", "M-9", "/member/name", "Kim Fall", "/providers/requesting/npi", nobody}
	w.seed(mate("z-member"), mate("p-2", append(other, "/providers/rendering", surgeon)...), mate("p-1", append(other, "/providers/requesting/npi", "1234567893")...),
		mate("p-3", other...))
	if got := w.companions("1004567"); got != "z-member same_member, 1004568 same_physician, p-1 same_physician, p-2 same_physician" {
		t.Errorf("companions %s", got)
	}
}

// TestCompanionsNeed tells what the shared call needs beyond the case asked about.
func TestCompanionsNeed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, texasNow)
	w.seed(mate("here", "/situsState", "MA", "/member/state", "MA"), mate("ohio", "/situsState", "OH", "/member/state", "OH", "/levelOfReview", "appeal"),
		mate("texas"))
	r := w.do("POST", "/v1/cases/companions", `{"caseIds":["here"]}`).is(200, "")
	var mandatory []string
	for _, v := range r.at("companions", 0, "attestations").([]any) {
		if a := v.(map[string]any); a["mandatory"] == true {
			mandatory = append(mandatory, a["code"].(string))
		}
	}
	if !strings.Contains(strings.Join(mandatory, " "), "oh_member_consent") {
		t.Errorf("mandatory %v of %s", mandatory, r.body)
	}
	var beyond []string
	for _, v := range r.at("companions", 1, "requirements").([]any) {
		beyond = append(beyond, v.(map[string]any)["code"].(string)+" "+v.(map[string]any)["rule"].(string))
	}
	if got := strings.Join(beyond, ", "); got != "credential tx-commercial, license tx-commercial, specialty tx-commercial" {
		t.Errorf("requirements %s of %s", got, r.body)
	}
}

// TestCompanionsAreBounded: a page ends, and says that more was left out.
func TestCompanionsAreBounded(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	for i := range maxCompanions + 1 {
		w.seed(mate(fmt.Sprintf("m-%03d", i)))
	}
	r := w.do("POST", "/v1/cases/companions", `{"caseIds":["1004567"]}`).is(200, "")
	if n := len(r.at("companions").([]any)); n != maxCompanions || r.at("more") != true {
		t.Errorf("%d companions, more %v", n, r.at("more"))
	}
}

func TestCompanionFaults(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	w.seed(mate("approved", "/determination/status", "approved"), mate("other", "/healthPlan", "another-plan"))
	f := func(status int, code, body string) {
		t.Helper()
		w.do("POST", "/v1/cases/companions", body).is(status, code)
	}
	f(400, "invalid_body", `{}`)
	f(400, "invalid_body", `{"caseIds":["1004567"],"memberId":"M-1"}`)
	f(400, "invalid_body", `{"caseIds":["a b"]}`)
	f(404, "not_found", `{"caseIds":["nope"]}`)
	f(404, "not_found", `{"caseIds":["1004567","nope"]}`)
	f(422, "cases_not_combinable", `{"caseIds":[]}`)
	f(422, "cases_not_combinable", `{"caseIds":["1004567","1004567"]}`)
	f(422, "cases_not_combinable", `{"caseIds":["1004567","other"]}`)
	f(422, "not_eligible", `{"caseIds":["approved"]}`)
}
