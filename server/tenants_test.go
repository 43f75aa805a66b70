package server

import (
	"slices"
	"strings"
	"testing"

	"github.com/parleyhq/parley/engine"
)

// idsOf lists a member of every item of a list.
func (r reply) idsOf(list string) (ids []string) {
	r.t.Helper()
	for _, item := range r.json()[list].([]any) {
		ids = append(ids, item.(map[string]any)["id"].(string))
	}
	return ids
}

// TestListsOfTheOwn: lists hold what is the caller's and no more.
func TestListsOfTheOwn(t *testing.T) {
	t.Parallel()
	m := newMatrix(t)
	own, near := m.ids["appointment"][relationOwn], m.ids["appointment"][relationNear]
	f := func(as role, target, list string, status int, want ...string) {
		t.Helper()
		got := m.as(m.tokens[as], "GET", target, "").is(status, "")
		if status != 200 {
			return
		}
		ids := got.idsOf(list)
		for _, id := range want {
			if !slices.Contains(ids, id) {
				t.Errorf("%s of %s lacks %s: %v", target, roleNames[as], id, ids)
			}
		}
		if len(ids) != len(want) {
			t.Errorf("%s of %s is %v, want %v", target, roleNames[as], ids, want)
		}
	}
	const calls = "/v1/appointments?limit=200&view="
	assigned := m.as(m.tokens[roleCoordinator], "GET", "/v1/callback-requests/"+m.ids["callback"][relationOwn], "").text("appointmentId")
	f(roleRequester, calls+"mine", "appointments", 200, own, assigned)
	f(roleReviewer, calls+"mine", "appointments", 200, own)
	f(roleReviewer, calls+"reviewer&reviewerId=rev-own", "appointments", 200, own)
	f(roleReviewer, calls+"reviewer&reviewerId=rev-near", "appointments", 404)
	f(roleReviewer, calls+"reviewer&reviewerId=none", "appointments", 404)
	f(roleReviewer, calls+"case&caseId=c-near", "appointments", 404)
	f(roleRequester, calls+"reviewer&reviewerId=rev-own", "appointments", 404)
	f(roleRequester, calls+"reviewer&reviewerId=none", "appointments", 404)
	f(roleRequester, calls+"case&caseId=c-own", "appointments", 200, own)
	f(roleAuditor, calls+"reviewer&reviewerId=rev-near", "appointments", 200, near)
	f(roleRequester, "/v1/callback-requests", "callbackRequests", 200, m.ids["callback"][relationOwn])
	f(roleAuditor, "/v1/callback-requests", "callbackRequests", 200, m.ids["callback"][relationOwn], m.ids["callback"][relationNear])
	// What the office writes into its profile opens nothing.
	m.as(m.tokens[roleRequester], "PUT", "/v1/me", `{"timeZone":"US/Eastern","npis":["`+officeNear+`"]}`).is(201, "")
	f(roleRequester, calls+"mine", "appointments", 200, own, assigned)
}

// TestTenantsApart: the same id, key and cursor mean another thing to another tenant.
func TestTenantsApart(t *testing.T) {
	t.Parallel()
	m := newMatrix(t)
	desk, far := m.tokens[roleCoordinator], secretOf("far")
	m.as(far, "PUT", "/v1/cases/f-own", texasCase.with("/id", "f-own", "/member/name", markFar).String()).is(201, "")
	if r := m.as(desk, "GET", "/v1/cases/f-own", ""); r.at("member", "name") != "Own" {
		t.Errorf("read %s", r.body)
	}
	hold := func(token, caseID, reviewerID string) reply {
		body := deckHold.with("/caseIds/0", caseID, "/slot", doc{"reviewerId": reviewerID, "start": tuesday}).String()
		return m.do("POST", "/v1/holds", body, "Idempotency-Key", "same", "Authorization", "Bearer "+token)
	}
	first := hold(desk, "f-own", "rev-own").is(201, "")
	other := hold(far, "f-own", "rev-far").is(201, "")
	again := hold(desk, "f-own", "rev-own").is(201, "")
	if first.text("id") == other.text("id") || first.text("id") != again.text("id") || again.header.Get("Idempotent-Replayed") != "true" {
		t.Errorf("held %s, %s, %s", first.body, other.body, again.body)
	}
	hold(m.tokens[roleRequester], "f-own", "rev-own").is(409, "case_already_scheduled")
	page := m.as(desk, "GET", "/v1/reviewers?limit=1", "").is(200, "")
	next := "/v1/reviewers?limit=1&cursor=" + page.text("nextCursor")
	m.as(desk, "GET", next, "").is(200, "")
	m.as(far, "GET", next, "").is(400, codeInvalidCursor)
	m.as(m.tokens[roleAuditor], "GET", next, "").is(400, codeInvalidCursor)
	m.as(desk, "GET", strings.Replace(next, "reviewers", "callback-requests", 1), "").is(400, codeInvalidCursor)
	if r := m.as(far, "GET", "/v1/events?limit=200", "").is(200, ""); strings.Contains(string(r.body), "rev-own") {
		t.Errorf("events of another tenant: %s", r.body)
	}
}

// TestSharedCall: a call about cases of two offices is seen by who sees both, and by who made it.
func TestSharedCall(t *testing.T) {
	t.Parallel()
	m := newMatrix(t)
	desk := m.tokens[roleCoordinator]
	shared := m.as(desk, "POST", "/v1/appointments", deckBooking.with("/caseIds", []string{"f-own", "f-near"}, "/slot", doc{"reviewerId": "rev-own", "start": tuesday}).String()).is(201, "").text("id")
	m.as(m.tokens[roleRequester], "GET", "/v1/appointments/"+shared, "").is(404, codeNotFound)
	m.as(secretOf("near"), "POST", "/v1/appointments/"+shared+"/cancel", `{"reason":"ill","by":"provider"}`).is(404, codeNotFound)
	both := m.key("both", engine.CreateKey{Role: engine.RoleRequester, NPIs: []string{officeNear, officeOwn}})
	m.as(both, "GET", "/v1/appointments/"+shared, "").is(200, "")
	m.as(m.tokens[roleReviewer], "GET", "/v1/appointments/"+shared, "").is(200, "")
}

// TestMirroredReplay asks every route about the objects of one tenant with the credentials of the other: nothing is told
// from what is absent, and nobody's name comes out.
func TestMirroredReplay(t *testing.T) {
	t.Parallel()
	m := newMatrix(t)
	own := m.ids["case"]
	asked := 0
	m.as(m.tokens[roleCoordinator], "PUT", "/v1/cases/"+own[relationOwn], texasCase.with("/id", own[relationOwn], "/member/name", markNear).String()).is(200, "")
	for as, k := range map[role]engine.CreateKey{
		roleRequester: {NPIs: []string{officeOwn, officeNear}}, roleReviewer: {ReviewerID: "rev-own"}, roleCoordinator: {}, roleAuditor: {}, roleOperator: {},
	} {
		k.Tenant, k.Role = "other", roleNames[as]
		token := m.key("other-"+strings.ReplaceAll(roleNames[as], "_", "-"), k)
		rows := routes()
		slices.SortStableFunc(rows, func(a, b route) int { return lateness(a) - lateness(b) })
		for i := range rows {
			kind := probes[rows[i].name].object
			allowed := permissions[rows[i].name]
			come := allowed.of(as)
			if kind == "" || kind == "put" || come == reachNone || come == reachGlobal {
				continue
			}
			absent := likeness(m.ask(&rows[i], token, m.ids[kind][relationAbsent]), m.ids[kind][relationAbsent])
			for _, rel := range []relation{relationOwn, relationNear} {
				got := m.ask(&rows[i], token, m.ids[kind][rel])
				asked++
				if text := likeness(got, m.ids[kind][rel]); text != absent || strings.Contains(text, markNear) {
					t.Errorf("%s as %s of another tenant: %s is told from what is absent:\n%s\n%s", rows[i].name, roleNames[as], rel, text, absent)
				}
			}
		}
	}
	t.Logf("%d requests about another tenant's objects", asked)
}
