package server

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/parleyhq/parley/engine"
)

// The matrix is the table of permissions, tried cell by cell on two tenants with mirrored data: every route × every
// role × what the caller is to the object.

// relation is what a caller is to the object of a request.
type relation string

const (
	relationOwn    relation = "own"
	relationNear   relation = "same_tenant"
	relationFar    relation = "other_tenant"
	relationAbsent relation = "absent"
)

var relations = []relation{relationOwn, relationNear, relationFar, relationAbsent}

// probe is how a route is asked: {id} in target and body stands for the object's id.
type probe struct {
	object       string // kind of the object; "" = the route has none
	target, body string
}

// probes has one for every route.
var probes = map[string]probe{
	"getPage":        {target: "/"},
	"getAsset":       {target: "/assets/page.js"},
	"getDocs":        {target: "/docs"},
	"getDocsAsset":   {target: "/docs/swagger-ui.css"},
	"getProblemType": {target: "/problems/forbidden"},
	"getOpenAPI":     {target: "/openapi.json"},
	"getHealth":      {target: "/healthz"},
	"getReadiness":   {target: "/readyz"},
	"getMetrics":     {target: "/metrics"},

	"listReviewers":   {target: "/v1/reviewers?limit=200"},
	"putReviewer":     {object: "put", target: "/v1/reviewers/{id}", body: texasReviewer.with("/id", "{id}").String()},
	"getReviewer":     {object: "reviewer", target: "/v1/reviewers/{id}"},
	"deleteReviewer":  {object: "reviewer", target: "/v1/reviewers/{id}"},
	"lookupCases":     {object: "case", target: "/v1/cases/lookup", body: `{"caseId":"{id}","memberDateOfBirth":"1982-06-28"}`},
	"putCase":         {object: "put", target: "/v1/cases/{id}", body: texasCase.with("/id", "{id}").String()},
	"getCase":         {object: "case", target: "/v1/cases/{id}"},
	"getAvailability": {object: "case", target: "/v1/cases/{id}/p2p-availability"},
	"importLines":     {target: "/v1/import", body: `{"kind":"case","value":{}}`},
	"getRules":        {target: "/v1/rules?limit=1"},
	"loadRules":       {target: "/v1/rules", body: `{}`},
	"checkRules":      {target: "/v1/rules/check", body: `{}`},
	"getMe":           {target: "/v1/me"},
	"putMe":           {target: "/v1/me", body: `{"timeZone":"US/Eastern","npis":["1234567893","1245319599"]}`},

	"searchWeek":            {object: "case", target: "/v1/search", body: `{"caseIds":["{id}"],"timeZone":"US/Central","week":"2026-11-02"}`},
	"searchEarliest":        {object: "case", target: "/v1/search/earliest", body: `{"caseIds":["{id}"]}`},
	"proposeCompanions":     {object: "case", target: "/v1/cases/companions", body: `{"caseIds":["{id}"]}`},
	"explain":               {object: "case", target: "/v1/explain", body: `{"caseId":"{id}"}`},
	"createCallback":        {object: "waiting", target: "/v1/callback-requests", body: deckCallback.with("/caseIds/0", "{id}").String()},
	"listCallbacks":         {target: "/v1/callback-requests?limit=200"},
	"getCallback":           {object: "callback", target: "/v1/callback-requests/{id}"},
	"deleteCallback":        {object: "callback", target: "/v1/callback-requests/{id}"},
	"startAdHoc":            {object: "case", target: "/v1/ad-hoc", body: deckAdHoc.with("/caseIds/0", "{id}").String()},
	"exportOfferRecords":    {object: "case", target: "/v1/offer-records?caseId={id}"},
	"createHold":            {object: "free", target: "/v1/holds", body: deckHold.with("/caseIds/0", "{id}", "/slot", doc{"reviewerId": "rev-own", "start": tuesday}).String()},
	"deleteHold":            {object: "hold", target: "/v1/holds/{id}"},
	"createAppointment":     {object: "free", target: "/v1/appointments", body: deckBooking.with("/caseIds/0", "{id}", "/slot", doc{"reviewerId": "rev-own", "start": tuesday}).String()},
	"listAppointments":      {object: "case", target: "/v1/appointments?view=case&caseId={id}"},
	"getAppointment":        {object: "appointment", target: "/v1/appointments/{id}"},
	"getCalendarFile":       {object: "appointment", target: "/v1/appointments/{id}/calendar.ics"},
	"rescheduleAppointment": {object: "appointment", target: "/v1/appointments/{id}/reschedule", body: `{"slot":{"reviewerId":"rev-own","start":"2026-11-04T10:00:00-06:00"}}`},
	"cancelAppointment":     {object: "appointment", target: "/v1/appointments/{id}/cancel", body: `{"reason":"ill","by":"provider"}`},

	"recordAttempt": {object: "appointment", target: "/v1/appointments/{id}/attempts", body: tried("/at", "2026-11-02T08:00:00-06:00")},
	"startCall":     {object: "appointment", target: "/v1/appointments/{id}/start", body: `{}`},
	"completeCall":  {object: "appointment", target: "/v1/appointments/{id}/complete", body: `{"outcome":"upheld"}`},
	"missCall":      {object: "appointment", target: "/v1/appointments/{id}/no-show", body: `{"by":"provider"}`},
	"reassignCall":  {object: "appointment", target: "/v1/appointments/{id}/reassign", body: `{"reviewerId":"rev-own"}`},
	"getAgenda":     {object: "reviewer", target: "/v1/reviewers/{id}/agenda?date=2026-11-03"},
	"addAbsence":    {object: "reviewer", target: "/v1/reviewers/{id}/absences", body: `{"start":"2026-12-01T08:00:00-06:00","end":"2026-12-01T09:00:00-06:00"}`},
	"listAttention": {target: "/v1/attention"},
	"listEvents":    {target: "/v1/events"},
	"exportAudit":   {target: "/v1/audit?limit=2"},

	"createKey":   {target: "/v1/keys", body: `{"principal":"somebody","role":"auditor"}`},
	"listKeys":    {target: "/v1/keys?limit=200"},
	"rotateKey":   {object: "key", target: "/v1/keys/{id}/rotate", body: `{}`},
	"deleteKey":   {object: "key", target: "/v1/keys/{id}"},
	"listTenants": {target: "/v1/tenants"},
	"putTenant":   {target: "/v1/tenants/other", body: `{"id":"other"}`},
	"getTenant":   {target: "/v1/tenants/other"},
	"getVault":    {target: "/v1/vault"},
	"resealParts": {target: "/v1/vault/reseal", body: `{}`},
}

// matrix is the world of the cells.
type matrix struct {
	*world
	tokens  map[role]string
	ids     map[string]map[relation]string // by kind of object
	cells   int
	wrong   string          // a token for another audience
	granted map[string]bool // route and role, with an answer that tells of the object
}

// Marks of personal data: of the other office, and of the other tenant.
const (
	markNear = "Nearby-Canary"
	markFar  = "Faraway-Canary"
)

func newMatrix(t *testing.T) *matrix {
	t.Helper()
	m := &matrix{world: newWorld(t, texasNow), tokens: map[role]string{}, granted: map[string]bool{}}
	m.ids = map[string]map[relation]string{"put": {relationOwn: "p-own", relationNear: "p-near", relationFar: "p-far", relationAbsent: "p-none"}}
	for _, kind := range []string{"reviewer", "case", "free", "waiting", "hold", "appointment", "callback"} {
		m.ids[kind] = map[relation]string{relationAbsent: "absent-" + kind}
	}
	m.command("test", engine.PutTenant{Tenant: engine.Tenant{ID: "other"}})
	m.tokens[roleOperator] = m.key("operator", engine.CreateKey{Role: engine.RoleOperator})
	desk := m.key("coordinator", engine.CreateKey{Role: engine.RoleCoordinator})
	m.tokens[roleCoordinator] = desk
	m.tokens[roleRulesAuthor] = m.key("author", engine.CreateKey{Role: engine.RoleRulesAuthor})
	m.tokens[roleAuditor] = m.key("auditor", engine.CreateKey{Role: engine.RoleAuditor})
	m.tokens[roleRequester] = m.key("requester", engine.CreateKey{Role: engine.RoleRequester, NPIs: []string{officeOwn}})
	m.tokens[roleReviewer] = m.key("reviewer", engine.CreateKey{Role: engine.RoleReviewer, ReviewerID: "rev-own"})
	near := m.key("near", engine.CreateKey{Role: engine.RoleRequester, NPIs: []string{officeNear}})
	far := m.key("far", engine.CreateKey{Tenant: "other", Role: engine.RoleCoordinator})
	m.furnish(relationOwn, desk, m.tokens[roleRequester], officeOwn, "Own", 10)
	m.furnish(relationNear, desk, near, officeNear, markNear, 12)
	m.furnish(relationFar, far, far, officeOwn, markFar, 10)
	m.ids["key"] = map[relation]string{relationOwn: "k-own", relationNear: "k-near", relationFar: "k-far", relationAbsent: "k-none"}
	for _, id := range []string{"k-own", "k-near"} {
		m.key(id, engine.CreateKey{Role: engine.RoleAuditor})
	}
	m.key("k-far", engine.CreateKey{Tenant: "other", Role: engine.RoleAuditor, Principal: markFar})
	for _, kind := range []string{"reviewers", "cases"} {
		body := texasReviewer.with("/id", "p-far", "/name", markFar)
		if kind == "cases" {
			body = texasCase.with("/id", "p-far", "/member/name", markFar)
		}
		m.as(far, "PUT", "/v1/"+kind+"/p-far", body.String()).is(201, "")
	}
	return m
}

// furnish makes one object of each kind.
func (m *matrix) furnish(rel relation, desk, office, npi, mark string, hour int) {
	m.t.Helper()
	suffix := map[relation]string{relationOwn: "own", relationNear: "near", relationFar: "far"}[rel]
	put := func(kind, path string, body doc) {
		m.t.Helper()
		id := body["id"].(string)
		m.ids[kind][rel] = id
		m.as(desk, "PUT", "/v1/"+path+"/"+id, body.String()).is(201, "")
	}
	put("reviewer", "reviewers", texasReviewer.with("/id", "rev-"+suffix, "/name", mark))
	m.as(desk, "PUT", "/v1/reviewers/ev-"+suffix, evolentReviewer.with("/id", "ev-"+suffix).String()).is(201, "")
	asked := texasCase.with("/member/name", mark, "/providers/requesting/npi", npi)
	put("case", "cases", asked.with("/id", "c-"+suffix))
	put("free", "cases", asked.with("/id", "f-"+suffix))
	waits := evolentCase.with("/member/name", mark, "/providers/requesting/npi", npi)
	put("waiting", "cases", waits.with("/id", "w-"+suffix))
	m.as(desk, "PUT", "/v1/cases/b-"+suffix, waits.with("/id", "b-"+suffix).String()).is(201, "")
	m.as(desk, "PUT", "/v1/cases/h-"+suffix, asked.with("/id", "h-"+suffix).String()).is(201, "")
	slot := func(minute int) doc {
		return doc{"reviewerId": "rev-" + suffix, "start": fmt.Sprintf("2026-11-05T%d:%02d:00-06:00", hour, minute)}
	}
	booked := m.as(desk, "POST", "/v1/appointments", deckBooking.with("/caseIds/0", "c-"+suffix, "/slot", slot(0), "/contact/firstName", mark).String()).is(201, "")
	m.ids["appointment"][rel] = booked.text("id")
	held := m.as(office, "POST", "/v1/holds", deckHold.with("/caseIds/0", "h-"+suffix, "/slot", slot(30)).String()).is(201, "")
	m.ids["hold"][rel] = held.text("id")
	called := m.as(desk, "POST", "/v1/callback-requests", deckCallback.with("/caseIds/0", "b-"+suffix).String()).is(201, "")
	m.ids["callback"][rel] = called.text("id")
}

// ask sends a route's probe about an object.
func (m *matrix) ask(r *route, token, id string) reply {
	p := probes[r.name]
	return m.as(token, r.method, strings.ReplaceAll(p.target, "{id}", id), strings.ReplaceAll(p.body, "{id}", id))
}

// TestMatrix tries every cell.
func TestMatrix(t *testing.T) {
	t.Parallel()
	m := newMatrix(t)
	m.takeTokens()
	m.wrong = signed(t, doc{"alg": "ES256", "kid": "p256"}, goodClaims().with("/aud", "else"), "ES256", testKeys().p256)
	rows := routes()
	slices.SortStableFunc(rows, func(a, b route) int { return lateness(a) - lateness(b) })
	for i := range rows {
		if _, ok := probes[rows[i].name]; !ok {
			t.Errorf("no probe of %s", rows[i].name)
			continue
		}
		m.strangers(&rows[i])
		for r := roleRequester; r < roleCount; r++ {
			m.row(&rows[i], r)
		}
	}
	t.Logf("%d cells", m.cells)
	if want := len(rows) * int(roleCount-roleRequester+5); m.cells < want {
		t.Errorf("%d cells, at least %d wanted", m.cells, want)
	}
	for _, want := range []string{
		"getCase requester", "searchWeek requester", "getAppointment requester", "getCallback requester", "lookupCases requester",
		"getAgenda reviewer", "getAppointment reviewer", "recordAttempt reviewer", "startCall reviewer", "completeCall reviewer", "getReviewer reviewer", "createHold requester", "rescheduleAppointment requester",
		"getCase coordinator", "getCase auditor", "exportOfferRecords auditor", "exportAudit auditor", "getRules rules_author", "getMetrics operator", "listKeys operator", "rotateKey operator", "putTenant operator",
	} {
		if !m.granted[want] {
			t.Errorf("%s was never granted with an answer of its own", want)
		}
	}
}

// lateness puts what only reads first, and what ends things last.
func lateness(r route) int {
	switch {
	case r.method == "DELETE", r.name == "cancelAppointment":
		return 2
	case r.changes, r.method == "PUT":
		return 1
	}
	return 0
}

// strangers are those whom no credential lets in.
func (m *matrix) strangers(r *route) {
	m.t.Helper()
	expired, revoked := secretOf("expired"), secretOf("revoked")
	if len(m.granted) == 0 && m.cells == 0 {
		m.key("expired", engine.CreateKey{Role: engine.RoleCoordinator, ExpiresAt: m.engine.Now() + 1})
		m.key("revoked", engine.CreateKey{Role: engine.RoleCoordinator})
		m.command("test", engine.RevokeKey{ID: "revoked"})
		m.clock.now.Add(1)
	}
	id := m.ids["case"][relationOwn]
	if kind := probes[r.name].object; kind != "" {
		id = m.ids[kind][relationOwn]
	}
	for _, token := range []string{"", expired, revoked, secretOf("nobody"), m.wrong} {
		m.cells++
		got := m.ask(r, token, id)
		if open := permissions[r.name].open; open != (got.status != http.StatusUnauthorized) || open && got.status >= 400 {
			m.t.Errorf("%s as %q: %d %s", r.name, token, got.status, got.body)
		}
		m.sealed(r, roleNobody, got)
	}
}

// row tries a route as one role, about what is the caller's own and what is not.
func (m *matrix) row(r *route, as role) {
	m.t.Helper()
	allowed := permissions[r.name]
	come, token, kind := allowed.of(as), m.tokens[as], probes[r.name].object
	name := r.name + " " + roleNames[as]
	if kind == "" {
		m.cells++
		m.check(name, m.ask(r, token, ""), allowed.open || come != reachNone, as, r)
		return
	}
	answers := map[relation]reply{}
	for _, rel := range relations {
		m.cells++
		got := m.ask(r, token, m.ids[kind][rel])
		answers[rel] = got
		seen := rel == relationOwn || rel == relationNear && come != reachOwn
		switch {
		case come == reachNone:
			m.check(name+" "+string(rel), got, false, as, r)
		case seen && kind != "hold":
			m.check(name+" "+string(rel), got, true, as, r)
		}
	}
	if come == reachNone {
		return
	}
	hidden := []relation{relationFar}
	if come == reachOwn {
		hidden = append(hidden, relationNear)
	}
	absent := likeness(answers[relationAbsent], m.ids[kind][relationAbsent])
	for _, rel := range hidden {
		if got := likeness(answers[rel], m.ids[kind][rel]); got != absent {
			m.t.Errorf("%s %s is told from what is absent:\n%s\n%s", name, rel, got, absent)
		}
	}
}

// check looks at one answer: whether the table grants it, and that it tells nothing of others.
func (m *matrix) check(name string, got reply, granted bool, as role, r *route) {
	m.t.Helper()
	m.sealed(r, as, got)
	refused := got.status == http.StatusForbidden && got.text("code") == codeForbidden
	switch {
	case got.status == http.StatusUnauthorized, granted == refused:
		m.t.Errorf("%s: granted %v, answered %d %s", name, granted, got.status, got.body)
	case granted && got.status == http.StatusNotFound:
		m.t.Errorf("%s: not found: %s", name, got.body)
	case granted && got.status < 300:
		m.granted[r.name+" "+roleNames[as]] = true
	}
}

// sealed fails if an answer holds personal data of another tenant, or of another office where the role has its own only.
func (m *matrix) sealed(r *route, as role, got reply) {
	m.t.Helper()
	body := string(got.body)
	allowed := permissions[r.name]
	if strings.Contains(body, markFar) || allowed.of(as) <= reachOwn && strings.Contains(body, markNear) && !offersReviewers[r.name] {
		m.t.Errorf("%s as %s tells of others: %s", r.name, roleNames[as], body)
	}
}

// offersReviewers are routes that show an office whose calls it may choose: by the names of the tenant's reviewers.
var offersReviewers = map[string]bool{"searchWeek": true, "searchEarliest": true, "explain": true, "createAppointment": true, "createHold": true, "startAdHoc": true}

// likeness is everything that a client can tell answers by, the id that it sent apart.
func likeness(r reply, id string) string {
	var b strings.Builder
	fmt.Fprintln(&b, r.status)
	var names []string
	for name := range r.header {
		if name != "X-Request-Id" && name != "Date" && name != "Content-Length" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintln(&b, name, r.header[name])
	}
	b.WriteString(strings.ReplaceAll(string(r.body), id, "{id}"))
	return b.String()
}
