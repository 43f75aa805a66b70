package server

import (
	"testing"
)

// asurisCase is a denial that may be talked about; its office gave two windows.
var asurisCase = texasCase.with("/id", "a-1", "/healthPlan", "asuris", "/program", "msk", "/levelOfReview", "initial",
	"/situsState", "WA", "/member/state", "WA", "/providers/requesting/timeZone", "US/Pacific")

// asurisReviewer works Chicago hours.
var asurisReviewer = texasReviewer.with("/id", "rev-1", "/licenses/0/state", "WA", "/programs", []string{"msk"})

// asked requests a callback and returns the call that was assigned.
func (w *world) asked(changes ...any) reply {
	w.t.Helper()
	r := w.post("/v1/callback-requests", deckCallback.with(changes...).String()).is(201, "")
	if r.at("status") != "assigned" {
		w.t.Fatalf("not assigned: %s", r.body)
	}
	return w.get("/v1/appointments/"+r.text("appointmentId")).is(200, "")
}

// TestGolden25: two misses inside the windows – voicemail and a message with
// somebody who may not speak – make a call of Asuris deemed completed; a third
// attempt is refused.
func TestGolden25(t *testing.T) {
	t.Parallel()
	w := newWorld(t, texasNow)
	w.seed(asurisReviewer, asurisCase)
	call := w.asked("/caseIds/0", "a-1")
	if call.at("mode") != "callback" || call.at("callbackId") == nil || len(call.at("windows").([]any)) != 2 || call.at("start") != "2026-11-03T07:00:00-08:00" {
		t.Fatalf("assigned %s", call.body)
	}
	target := "/v1/appointments/" + call.text("id")
	try := func(at, result, role string) reply {
		t.Helper()
		w.clock.set(t, at)
		var spoke any
		if role != "" {
			spoke = doc{"role": role, "name": "Pat Poe"}
		}
		return w.post(target+"/attempts", attemptBody.with("/at", at, "/result", result, "/spokeWith", spoke, "/newInformation", nil).String())
	}
	early := try("2026-11-03T06:59:59-08:00", "no_answer", "").is(201, "")
	if early.at("attempt", "missed") != false || early.at("attempt", "attemptsLeft") != 2.0 {
		t.Errorf("before the window %s", early.body)
	}
	first := try("2026-11-03T07:05:00-08:00", "voicemail", "").is(201, "")
	if first.at("attempt", "missed") != true || first.at("attempt", "attemptsLeft") != 1.0 || first.at("appointment", "status") != "booked" {
		t.Errorf("first miss %s", first.body)
	}
	second := try("2026-11-04T07:30:00-08:00", "reached", "nurse").is(201, "")
	if second.at("attempt", "missed") != true || second.at("attempt", "attemptsLeft") != 0.0 || second.at("appointment", "status") != "deemed_completed" {
		t.Errorf("second miss %s", second.body)
	}
	if third := try("2026-11-04T07:45:00-08:00", "no_answer", "").is(409, "attempts_exhausted"); third.at("rule") != "asuris/attempts" {
		t.Errorf("third %s", third.body)
	}
	if got := w.get("/v1/cases/a-1/p2p-availability").at("p2pStatus"); got != "deemed_completed" {
		t.Errorf("p2pStatus %v", got)
	}
}

// TestGolden26: approval and withdrawal end a booked call, the payer's act with
// the rule's code, and the slot is free again; an appeal ends it with Asuris, and
// not with eviCore.
func TestGolden26(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	ended := func(id, code, rule string) {
		t.Helper()
		r := w.get("/v1/appointments/"+id).is(200, "")
		if r.at("status") != "cancelled" || r.at("cancelCode") != code || r.at("cancellation", "by") != "payer" ||
			r.at("cancellation", "reason") != code || r.at("cancellation", "rule") != rule {
			t.Errorf("want %s by %s: %s", code, rule, r.body)
		}
	}
	appealed := []any{"/appealFiledAt", "2020-05-14T10:00:00-04:00"}
	id := w.book()
	w.seed(winter.with(appealed...))
	if got := w.get("/v1/appointments/" + id).at("status"); got != "booked" {
		t.Errorf("an appeal made it %v", got)
	}
	w.seed(winter.with("/determination/status", "approved"))
	ended(id, "case_approved", "hne/ends-approved")
	id = w.book("/caseIds/0", "1004568") // the slot is free again
	w.seed(summer.with("/determination/status", "withdrawn"))
	ended(id, "case_withdrawn", "hne/ends-withdrawn")

	w = newWorld(t, texasNow)
	w.seed(asurisReviewer, asurisCase)
	call := w.asked("/caseIds/0", "a-1").text("id")
	w.seed(asurisCase.with("/appealFiledAt", "2026-11-02T07:30:00-06:00"))
	ended(call, "appeal_filed", "asuris/ends-appealed")
}

// TestClaimsEvalOutcomes: nothing is decided on the phone, except that in Texas a
// partial certification may be agreed on.
func TestClaimsEvalOutcomes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, texasNow)
	claim := asurisCase.with("/healthPlan", "claims-eval")
	w.seed(asurisReviewer.with("/licenses", []doc{licence("WA"), licence("TX")}), claim,
		claim.with("/id", "t-1", "/situsState", "TX", "/member/state", "TX", "/providers/requesting/specialty", "207X00000X"))
	f := func(caseID, windows string, status int) {
		t.Helper()
		call := w.asked("/caseIds/0", caseID, "/windows", spans(windows+":00:00-08:00", windows+":30:00-08:00"))
		target := "/v1/appointments/" + call.text("id")
		w.post(target+"/complete", `{"outcome":"overturned"}`).is(422, "outcome_not_allowed")
		r := w.post(target+"/complete", completeBody.String())
		if r.status != status {
			t.Errorf("%s: partial certification %d %s", caseID, r.status, r.body)
		}
		if status == 422 {
			w.post(target+"/complete", `{"outcome":"decision_pending"}`).is(200, "")
		}
	}
	f("a-1", "2026-11-03T09", 422)
	f("t-1", "2026-11-04T09", 200)
}

// licence is a full one of a state.
func licence(state string) doc {
	return doc{"state": state, "type": "full", "status": "active", "from": "2019-01-01", "to": "2027-08-31"}
}
