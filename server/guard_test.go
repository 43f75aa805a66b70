package server

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/slots"
)

// Offices of the tests.
const (
	officeOwn  = "1234567893"
	officeNear = "1245319599"
)

// secretOf is the token of a test's key.
func secretOf(id string) string {
	return fmt.Sprintf("%s%s_%x", keyPrefix, id, sha256.Sum256([]byte(id)))
}

// key makes a key in the engine and returns its token.
func (w *world) key(id string, k engine.CreateKey) string {
	w.t.Helper()
	token := secretOf(id)
	k.ID, k.Hash = id, sha256.Sum256([]byte(token))
	if k.Principal == "" {
		k.Principal = "principal-" + id
	}
	if k.ExpiresAt == 0 {
		k.ExpiresAt = w.engine.Now() + slots.Hour
	}
	w.command("test", k)
	return token
}

// command submits a command of a tenant's system.
func (w *world) command(tenant string, p engine.Payload) {
	w.t.Helper()
	o, err := w.engine.Submit(context.Background(), engine.Command{
		Actor: engine.Actor{Tenant: tenant, Principal: "system", Role: engine.RoleAll, Source: "cli"}, Payload: p,
	})
	if err != nil || o.Status != engine.StatusOK {
		w.t.Fatalf("%T: %v, %s %s", p, err, o.Status, o.Detail)
	}
}

// as sends a request with a token, and with a fresh Idempotency-Key where it changes something.
func (w *world) as(token, method, target, body string) reply {
	w.t.Helper()
	headers := []string{"Authorization", "Bearer " + token}
	if token == "" {
		headers = nil
	}
	if row, _, _ := tableRouter().find(method, strings.SplitN(target, "?", 2)[0]); row != nil && row.changes {
		headers = append(headers, "Idempotency-Key", newID("key"))
	}
	if strings.HasPrefix(target, "/v1/import") {
		headers = append(headers, "Content-Type", typeNDJSON)
	}
	return w.do(method, target, body, headers...)
}

// TestKeys: what is let in, what is not, and from when on.
func TestKeys(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	w.get("/v1/cases/1004567").is(200, "")
	root := w.key("root", engine.CreateKey{Role: engine.RoleOperator})
	w.get("/v1/cases/1004567").is(401, codeUnauthenticated)
	for _, open := range []string{"/", "/assets/page.js", "/docs", "/openapi.json", "/healthz", "/readyz", "/problems/forbidden"} {
		w.get(open).is(200, "")
	}
	if r := w.get("/readyz"); r.at("queue") != nil || r.at("sequence") != nil {
		t.Errorf("nobody is told %s", r.body)
	}
	if r := w.as(root, "GET", "/readyz", ""); r.at("queue") != 0.0 {
		t.Errorf("an operator is told %s", r.body)
	}
	w.command("test", engine.PutTenant{Tenant: engine.Tenant{ID: "other"}})
	boss := w.key("boss", engine.CreateKey{Tenant: "other", Role: engine.RoleOperator})
	if r := w.as(boss, "GET", "/readyz", "").is(200, ""); r.at("queue") != nil || r.at("sequence") != nil {
		t.Errorf("an operator of another tenant is told %s", r.body)
	}
	if r := w.get("/"); strings.Contains(string(r.body), "Appointments") || !strings.Contains(string(r.body), `<form id="sign"`) ||
		!strings.Contains(r.header.Get("Content-Security-Policy"), "form-action 'none'") {
		t.Errorf("nobody is shown %s", r.body)
	}
	desk := w.key("desk", engine.CreateKey{Role: engine.RoleCoordinator})
	w.as(desk, "GET", "/v1/cases/1004567", "").is(200, "")
	f := func(headers ...string) {
		t.Helper()
		r := w.get("/v1/cases/1004567", headers...).is(401, codeUnauthenticated)
		if r.header.Get("WWW-Authenticate") != "Bearer" || len(r.json()) != 5 {
			t.Errorf("%v: %v %s", headers, r.header, r.body)
		}
	}
	f()
	for _, value := range []string{"", "Bearer", "Bearer ", desk, "Basic " + desk, "Bearer  " + desk, "Bearer " + desk + "x", "Bearer " + desk[:len(desk)-1],
		"Bearer " + strings.Replace(desk, "desk", "root", 1), "Bearer " + secretOf("none"), "Bearer parley_", "Bearer parley__", "Bearer parley_desk", "Bearer parley_desk_",
		"Bearer " + strings.ToUpper(desk), "Bearer " + desk + ", Bearer " + desk, "Bearer " + strings.Repeat("a", maxCredentialBytes), "Bearer a.b.c"} {
		f("Authorization", value)
	}
	w.get("/v1/cases/1004567", "Authorization", "bearer "+desk).is(200, "")
	w.command("test", engine.RevokeKey{ID: "desk"})
	f("Authorization", "Bearer "+desk)
	brief := w.key("brief", engine.CreateKey{Role: engine.RoleCoordinator, ExpiresAt: w.engine.Now() + 60})
	w.as(brief, "GET", "/v1/cases/1004567", "").is(200, "")
	w.clock.now.Add(59)
	w.as(brief, "GET", "/v1/cases/1004567", "").is(200, "")
	w.clock.now.Add(1)
	f("Authorization", "Bearer "+brief)
	w.get("/v1/none").is(404, codeRouteNotFound)
	w.do("PUT", "/v1/import", "").is(405, codeMethodNotAllowed)
}

// TestTwoCredentials: a request with two is nobody's.
func TestTwoCredentials(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	desk := w.key("desk", engine.CreateKey{Role: engine.RoleCoordinator})
	line := "Authorization: Bearer " + desk
	got := raw(t, w.listenTCP(), head("GET /v1/cases/1004567 HTTP/1.1", line, line)+head("GET /v1/cases/1004567 HTTP/1.1", line, "Connection: close"))
	if len(got) != 2 || got[0].StatusCode != 401 || got[1].StatusCode != 200 {
		t.Fatalf("answered %v", got)
	}
}

// TestBodiesOfStrangers: a large body of somebody who may not send it is not read, and the connection ends.
func TestBodiesOfStrangers(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	desk, author := w.key("desk", engine.CreateKey{Role: engine.RoleCoordinator}), w.key("author", engine.CreateKey{Role: engine.RoleRulesAuthor})
	address := w.listenTCP()
	f := func(status int, shut bool, fields ...string) {
		t.Helper()
		// The body never comes: an answer proves that nobody waits for it.
		request := head("POST /v1/import HTTP/1.1", append(fields, "Content-Type: application/x-ndjson", "Idempotency-Key: k", "Content-Length: 1048576")...)
		got := raw(t, address, request)
		if len(got) > 0 && got[0].StatusCode == http.StatusContinue {
			got = got[1:]
		}
		if len(got) != 1 || got[0].StatusCode != status || got[0].Close != shut {
			t.Fatalf("%v: answered %v", fields, got)
		}
	}
	f(401, true)
	f(401, true, "Authorization: Bearer "+desk+"x")
	f(401, true, "Authorization: Bearer "+desk+"x", "Expect: 100-continue")
	f(403, true, "Authorization: Bearer "+author)
	w.do("POST", "/v1/import", `{"kind":"case","value":{}}`, "Content-Type", typeNDJSON, "Idempotency-Key", "k", "Authorization", "Bearer "+desk).is(200, "")
}

// TestDisabledTenant: its credentials are taken no more from the next request on, and again when it is enabled.
func TestDisabledTenant(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	w.command("test", engine.PutTenant{Tenant: engine.Tenant{ID: "other"}})
	w.key("root", engine.CreateKey{Role: engine.RoleOperator})
	desk := w.key("desk", engine.CreateKey{Tenant: "other", Role: engine.RoleCoordinator})
	w.as(desk, "GET", "/v1/reviewers", "").is(200, "")
	w.command("test", engine.PutTenant{Tenant: engine.Tenant{ID: "other", Disabled: true}})
	w.as(desk, "GET", "/v1/reviewers", "").is(401, codeUnauthenticated)
	w.command("test", engine.PutTenant{Tenant: engine.Tenant{ID: "other"}})
	w.as(desk, "GET", "/v1/reviewers", "").is(200, "")
}

// TestScopesOfKeys: a key that is narrowed to some operations has those of its role among them.
func TestScopesOfKeys(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	desk := w.key("desk", engine.CreateKey{Role: engine.RoleCoordinator, Scopes: []string{"getCase", "getMetrics"}})
	w.as(desk, "GET", "/v1/cases/1004567", "").is(200, "")
	w.as(desk, "GET", "/v1/reviewers/rev-ames", "").is(403, codeForbidden)
	w.as(desk, "GET", "/metrics", "").is(403, codeForbidden)
}

// TestGlobalOperations are for callers of the store's own tenant.
func TestGlobalOperations(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	w.command("test", engine.PutTenant{Tenant: engine.Tenant{ID: "other"}})
	own := w.key("own", engine.CreateKey{Role: engine.RoleOperator})
	far := w.key("far", engine.CreateKey{Tenant: "other", Role: engine.RoleOperator})
	author := w.key("author", engine.CreateKey{Tenant: "other", Role: engine.RoleRulesAuthor})
	w.as(own, "GET", "/metrics", "").is(200, "")
	w.as(far, "GET", "/metrics", "").is(403, codeForbidden)
	w.as(author, "POST", "/v1/rules", `{}`).is(403, codeForbidden)
}

// TestRevokedOnTheWay: a key that ends between the look at it and the writer's turn has no effect.
func TestRevokedOnTheWay(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	w.key("desk", engine.CreateKey{Role: engine.RoleCoordinator})
	snap := w.engine.Snapshot()
	a := &admitted{snap: snap, now: w.engine.Now(), route: tableRouter().exact[1]["/v1/holds"]}
	a.who = w.server.callers.find(snap, []byte("desk"))
	c := &call{server: w.server, route: a.route, requestID: "r", body: []byte(deckHold.String()), patience: callTimeout, key: "k"}
	defer c.done()
	c.enter(a)
	w.command("test", engine.RevokeKey{ID: "desk"})
	if out := createHold(c); out.problem == nil || out.problem.status() != http.StatusUnauthorized {
		t.Fatalf("answered %+v", out)
	}
}

// TestIdentifyCost: what every request pays takes no memory.
func TestIdentifyCost(t *testing.T) {
	w := newDeck(t)
	value := []byte("Bearer " + w.key("desk", engine.CreateKey{Role: engine.RoleCoordinator}))
	snap, now := w.engine.Snapshot(), w.engine.Now()
	more := func() bool { return true }
	if w.server.identify(snap, now, value, more) == nil {
		t.Fatal("not let in")
	}
	if n := allocations(func() { w.server.identify(snap, now, value, more) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkIdentify(b *testing.B) {
	w := newDeck(b)
	value := []byte("Bearer " + w.key("desk", engine.CreateKey{Role: engine.RoleCoordinator}))
	snap, now := w.engine.Snapshot(), w.engine.Now()
	b.ReportAllocs()
	for b.Loop() {
		if w.server.identify(snap, now, value, func() bool { return true }) == nil {
			b.Fatal("not let in")
		}
	}
}

// TestRouteWithoutPermission makes no server.
func TestRouteWithoutPermission(t *testing.T) {
	t.Parallel()
	defer func() {
		if v := recover(); v == nil || !strings.Contains(fmt.Sprint(v), "getNothing") {
			t.Errorf("%v", v)
		}
	}()
	newServer(Options{Tenant: "test"}, append(routes(), route{method: "GET", path: "/v1/nothing", name: "getNothing", handle: getMe}))
}

// TestPermissionsNameRoutes: the table has no row for a route that is not there.
func TestPermissionsNameRoutes(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, r := range routes() {
		known[r.name] = true
	}
	for name := range permissions {
		if !known[name] {
			t.Errorf("%s is no route", name)
		}
	}
	if len(permissions) != len(known) {
		t.Errorf("%d rows, %d routes", len(permissions), len(known))
	}
}

// TestKeyShown: a key is one in the header that keys are shown in.
func TestKeyShown(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]string{
		"Bearer parley_one_secret": "one",
		"bearer parley_one":        "one",
		"Digest parley_one_secret": "", // as long a word as Bearer
		"Bearer one_secret":        "",
		"Bearer ":                  "",
		"":                         "",
		"Bearer parley_" + strings.Repeat("x", maxSegmentBytes+1) + "_s": "",
		"Bearer parley_one_" + strings.Repeat("x", maxCredentialBytes):   "",
	} {
		if got := keyShownIn([]byte(header)); got != want {
			t.Errorf("%.40q: %q, want %q", header, got, want)
		}
	}
}
