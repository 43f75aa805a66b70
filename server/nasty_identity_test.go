package server

import (
	"strings"
	"testing"

	"github.com/parleyhq/parley/engine"
)

// The parts of rows 17, 49, 50, 54, 56, 59 and 61 that depend on who asks, on two tenants with mirrored data.

// bearing is the field of a credential.
func bearing(token string) string { return "Authorization: Bearer " + token }

// identityRows are the rows that TestNastyIdentity sends beside those of tokens.
var identityRows = []int{17, 49, 50, 54, 56, 59, 61}

func TestNastyIdentity(t *testing.T) {
	t.Parallel()
	m := newMatrix(t)
	m.takeTokens()
	n := newNastyRun(t, m.world)
	n.operator = m.tokens[roleOperator]
	desk, office, far := bearing(m.tokens[roleCoordinator]), bearing(m.tokens[roleRequester]), bearing(secretOf("far"))
	leaver := bearing(m.key("leaver", engine.CreateKey{Role: engine.RoleRequester, NPIs: []string{officeOwn}}))
	own, near := m.ids["case"], bearing(secretOf("near"))
	hold := func(caseID, reviewerID string) string {
		return deckHold.with("/caseIds/0", caseID, "/slot", doc{"reviewerId": reviewerID, "start": tuesday}).String()
	}
	form := deckBooking.with("/caseIds/0", "f-own", "/slot", doc{"reviewerId": "rev-own", "start": tuesday}, "/holdId", "{hold}").String()
	beside := deckBooking.with("/caseIds/0", "f-own", "/slot", doc{"reviewerId": "rev-near", "start": tuesday}).String()
	const same = "Idempotency-Key: " + canary + "-same"
	cursor := func(r reply) { n.kept["cursor"] = r.text("nextCursor") }
	held := ""
	for _, row := range []nastyRow{
		{row: 17, request: ask("GET /v1/cases/"+own[relationFar], desk), want: "404 not_found"},
		{row: 17, request: ask("GET /v1/appointments/"+m.ids["appointment"][relationFar], desk), want: "404 not_found"},
		{row: 17, request: ask("DELETE /v1/holds/"+m.ids["hold"][relationFar], office), want: "204"},
		{row: 17, request: send("POST /v1/appointments/"+m.ids["appointment"][relationFar]+"/cancel", `{"reason":"ill","by":"provider"}`, desk), want: "404 not_found"},
		{row: 59, request: ask("GET /v1/reviewers?limit=1", desk), want: "200", check: cursor},
		{row: 59, request: ask("GET /v1/reviewers?limit=1&cursor={cursor}", far), want: "400 invalid_cursor"},
		{row: 59, request: ask("GET /v1/reviewers?limit=1&cursor={cursor}", bearing(m.tokens[roleAuditor])), want: "400 invalid_cursor"},
		{row: 56, request: send(holdLine, hold("f-own", "rev-own"), office, same), want: "201", effect: true, keep: "hold", check: func(r reply) { held = r.text("id") }},
		{row: 56, request: send(holdLine, hold("f-far", "rev-far"), far, same), want: "201", effect: true, check: func(r reply) {
			if r.text("id") == held || r.header.Get("Idempotent-Replayed") != "" {
				t.Errorf("another tenant was answered with %s", r.body)
			}
		}},
		// 49: who sees the case, and holds nothing of it himself, neither takes the hold over nor calls beside it.
		{row: 49, request: send(holdLine, hold("f-own", "rev-own"), desk), want: "409 case_already_scheduled"},
		{row: 49, request: send(bookLine, beside, desk), want: "409 case_already_scheduled"},
		{row: 49, request: send(bookLine, form, desk), want: "409 case_already_scheduled"},
		{row: 49, request: send(holdLine, hold("f-own", "rev-own"), near), want: "404 not_found"},
		{row: 50, request: send(bookLine, form, near), want: "404 not_found"},
		{row: 54, request: send("POST /v1/search", `{"caseIds":["f-own"],"timeZone":"US/Central","week":"2026-11-02"}`, leaver), want: "200", effect: true},
		{row: 54, request: ask("DELETE /v1/keys/leaver", bearing(n.operator)), want: "204", effect: true},
		{row: 54, request: send(bookLine, form, leaver), want: "401 unauthenticated"},
		{row: 50, request: send(bookLine, form, office), want: "201", effect: true},
	} {
		n.run(row)
	}
	for _, fields := range badTokens(t) {
		n.run(nastyRow{row: 61, request: ask("GET /v1/cases/"+own[relationOwn], fields...), want: "401 unauthenticated"})
	}
	n.run(nastyRow{row: 61, request: ask("GET /v1/cases/"+own[relationOwn], bearing(strings.Repeat(".", 100_000))), want: "431 headers_too_large", shut: true})
	n.silent()
}

// badTokens are credentials, each a list of header fields, that let nobody in.
func badTokens(t *testing.T) [][]string {
	k := testKeys()
	head, good := doc{"alg": "ES256", "kid": "p256", "typ": "JWT"}, goodClaims()
	token := func(head, claims doc) string { return signed(t, head, claims, "ES256", k.p256) }
	bare := func(alg string) string { return part(doc{"alg": alg, "kid": "p256"}) + "." + part(good) + "." }
	late := token(head, good.with("/iat", tokenNow.Unix()-9000, "/exp", tokenNow.Unix()-8000))
	list := [][]string{{bearing(token(head, good)), bearing(token(head, good))}}
	for _, one := range []string{
		bare("none"), bare("None"), bare("HS256") + b64([]byte(testSet(t))[:32]),
		token(head, good.with("/aud", "else")), token(head, good.with("/iss", "https://else.example")),
		token(head.with("/kid", "../../x"), good), late, late[:len(late)-8] + "AAAAAAAA", strings.Repeat(".", 3000),
	} {
		list = append(list, []string{bearing(one)})
	}
	return list
}
