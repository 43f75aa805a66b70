package server

import (
	"bufio"
	"context"
	"crypto/sha256"
	"strings"
	"testing"

	"github.com/valyala/fasthttp"

	"github.com/parleyhq/parley/engine"
)

// TestFirstKey: a store without credentials is opened for good by an operator's key and by no other.
func TestFirstKey(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	if r := w.post("/v1/keys", `{"principal":"desk","role":"coordinator"}`).is(422, codeInvalidValue); r.pointers() != "/role" {
		t.Errorf("refused %s", r.body)
	}
	w.get("/v1/cases/1004567").is(200, "")
	made := w.do("POST", "/v1/keys", `{"principal":"root","role":"operator"}`, "Idempotency-Key", "k-1").is(201, "")
	secret := made.text("secret")
	if !strings.HasPrefix(secret, keyPrefix+made.text("id")+"_") || len(secret) < 43+len(keyPrefix) || made.header.Get("Cache-Control") != "no-store" ||
		made.at("live") != true || made.at("tenant") != "test" || made.at("createdBy") != "local" || made.at("expiresAt") != "2020-08-13T13:00:00Z" {
		t.Errorf("made %s", made.body)
	}
	w.get("/v1/cases/1004567").is(401, codeUnauthenticated)
	w.as(secret, "GET", "/v1/cases/1004567", "").is(403, codeForbidden)
	w.as(secret, "GET", "/v1/keys", "").is(200, "")
}

// TestKeyIsToldOnce: neither a repetition nor a list nor the log tells a secret.
func TestKeyIsToldOnce(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	root := w.key("root", engine.CreateKey{Role: engine.RoleOperator})
	ask := func(body string) reply {
		return w.do("POST", "/v1/keys", body, "Idempotency-Key", "k-1", "Authorization", "Bearer "+root)
	}
	const office = `{"principal":"office","role":"requester","npis":["1234567893"],"scopes":["getCase"],"expiresAt":"2020-05-16T00:00:00Z"}`
	first := ask(office).is(201, "")
	again := ask(office).is(201, "")
	if again.at("secret") != nil || again.header.Get("Idempotent-Replayed") != "true" || again.text("id") != first.text("id") {
		t.Errorf("repeated %s", again.body)
	}
	ask(`{"principal":"office","role":"auditor"}`).is(422, "idempotency_key_reused")
	secret := first.text("secret")
	w.as(secret, "GET", "/v1/cases/1004567", "").is(200, "")
	w.as(secret, "POST", "/v1/search", deckSearch.String()).is(403, codeForbidden)
	listed := string(w.as(root, "GET", "/v1/keys", "").is(200, "").body)
	key, _ := w.engine.Snapshot().APIKey("test", first.text("id"))
	if strings.Contains(listed, secret) || strings.Contains(listed, "hash") || key.Hash != sha256.Sum256([]byte(secret)) {
		t.Errorf("listed %s", listed)
	}
	w.crash(t)
	w.as(secret, "GET", "/v1/cases/1004567", "").is(200, "")
	if strings.Contains(w.log.String(), secret[len(secret)-43:]) {
		t.Error("the secret is in the log")
	}
}

// TestRotation: the next key is taken beside the present one, and a third is not made.
func TestRotation(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	root := w.key("root", engine.CreateKey{Role: engine.RoleOperator})
	old := w.key("old", engine.CreateKey{Role: engine.RoleCoordinator, Scopes: []string{"getCase"}})
	next := w.as(root, "POST", "/v1/keys/old/rotate", `{}`).is(201, "")
	if next.at("role") != "coordinator" || next.at("principal") != "principal-old" || list(next.at("scopes")) != "getCase" {
		t.Errorf("next %s", next.body)
	}
	w.as(root, "POST", "/v1/keys/old/rotate", `{}`).is(409, "too_many_keys")
	for _, token := range []string{old, next.text("secret")} {
		w.as(token, "GET", "/v1/cases/1004567", "").is(200, "")
	}
	w.as(root, "DELETE", "/v1/keys/old", "").is(204, "")
	w.as(root, "DELETE", "/v1/keys/old", "").is(204, "")
	w.do("DELETE", "/v1/keys/old", "", "If-Match", `"7"`, "Authorization", "Bearer "+root).is(412, "stale_version")
	w.as(old, "GET", "/v1/cases/1004567", "").is(401, codeUnauthenticated)
	w.as(next.text("secret"), "GET", "/v1/cases/1004567", "").is(200, "")
	w.as(root, "POST", "/v1/keys/old/rotate", `{}`).is(404, "not_found")
	page := w.as(root, "GET", "/v1/keys?limit=2", "").is(200, "")
	rest := w.as(root, "GET", "/v1/keys?limit=2&cursor="+page.text("nextCursor"), "").is(200, "")
	if len(page.idsOf("keys")) != 2 || len(rest.idsOf("keys")) != 1 || rest.at("nextCursor") != nil {
		t.Errorf("pages %s, %s", page.body, rest.body)
	}
}

// TestKeysRefused: what a key cannot be.
func TestKeysRefused(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	root := w.key("root", engine.CreateKey{Role: engine.RoleOperator})
	f := func(body string, pointers string) {
		t.Helper()
		if r := w.as(root, "POST", "/v1/keys", body).is(422, codeInvalidValue); r.pointers() != pointers {
			t.Errorf("%s: %s", body, r.body)
		}
	}
	f(`{"principal":"","role":"auditor"}`, "/principal")
	f(`{"principal":"a b","role":"auditor"}`, "/principal")
	f(`{"principal":"local","role":"auditor"}`, "/principal")
	f(`{"principal":"a","role":"all"}`, "/role")
	f(`{"principal":"a","role":"reviewer"}`, "/reviewerId")
	f(`{"principal":"a","role":"auditor","reviewerId":"rev-ames"}`, "/reviewerId")
	f(`{"principal":"a","role":"requester"}`, "/npis")
	f(`{"principal":"a","role":"requester","npis":["1234567890"]}`, "/npis/0")
	f(`{"principal":"a","role":"coordinator","npis":["1234567893"]}`, "/npis")
	f(`{"principal":"a","role":"auditor","scopes":["putCase"]}`, "/scopes/0")
	f(`{"principal":"a","role":"auditor","scopes":[]}`, "/scopes") // who computes a list and finds nothing does not mean everything
	f(`{"principal":"a","role":"auditor","scopes":["getHealth"]}`, "/scopes/0")
	f(`{"principal":"a","role":"auditor","expiresAt":"2020-05-15T09:00:00-04:00"}`, "/expiresAt")
	f(`{"principal":"a","role":"auditor","expiresAt":"2021-06-15T09:00:00-04:00"}`, "/expiresAt")
	w.as(root, "POST", "/v1/keys", `{"principal":"a","role":"auditor","hash":"x"}`).is(400, codeInvalidBody)
}

// TestNarrowedKeysStayNarrow: a key that may make or rotate keys gets no further by it.
func TestNarrowedKeysStayNarrow(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	root := w.key("root", engine.CreateKey{Role: engine.RoleOperator})
	bot := w.key("bot", engine.CreateKey{Role: engine.RoleOperator, Principal: "bot", Scopes: []string{"createKey", "rotateKey"}})
	w.key("desk", engine.CreateKey{Role: engine.RoleCoordinator})
	give := func(body string, status int, code string) {
		t.Helper()
		w.as(bot, "POST", "/v1/keys", body).is(status, code)
	}
	give(`{"principal":"bot","role":"operator"}`, 403, codeForbidden)
	give(`{"principal":"bot","role":"operator","scopes":["createKey","deleteKey"]}`, 403, codeForbidden)
	give(`{"principal":"bot","role":"coordinator"}`, 403, codeForbidden)
	give(`{"principal":"bot2","role":"operator","scopes":["rotateKey"]}`, 403, codeForbidden)
	give(`{"principal":"principal-root","role":"operator","scopes":["rotateKey"]}`, 403, codeForbidden) // whose next key that would be
	w.as(root, "POST", "/v1/keys/root/rotate", `{}`).is(201, "")
	w.as(bot, "POST", "/v1/keys/desk/rotate", `{}`).is(403, codeForbidden)
	w.as(bot, "POST", "/v1/keys/root/rotate", `{}`).is(403, codeForbidden)
	w.as(bot, "POST", "/v1/keys/none/rotate", `{}`).is(404, codeNotFound)
	w.command("test", engine.PutTenant{Tenant: engine.Tenant{ID: "other"}})
	w.key("far", engine.CreateKey{Tenant: "other", Role: engine.RoleOperator})
	w.as(bot, "POST", "/v1/keys/far/rotate", `{}`).is(404, codeNotFound)
	w.as(bot, "POST", "/v1/keys/far/rotate", `{"tenant":"other"}`).is(403, codeForbidden)
	give(`{"principal":"bot","role":"operator","scopes":["rotateKey"],"tenant":"other"}`, 403, codeForbidden)
	next := w.as(bot, "POST", "/v1/keys/bot/rotate", `{}`).is(201, "")
	w.as(root, "DELETE", "/v1/keys/"+next.text("id"), "").is(204, "")
	give(`{"principal":"bot","role":"operator","scopes":["rotateKey"]}`, 201, "")
}

// TestBodiesOfRefusedHeads: a head that is refused does not get the room of an import's body, whoever sends it.
func TestBodiesOfRefusedHeads(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	desk := w.key("desk", engine.CreateKey{Role: engine.RoleCoordinator})
	f := func(want int, version string, fields ...string) {
		t.Helper()
		var h fasthttp.RequestHeader
		text := "POST /v1/import HTTP/" + version + "\r\nHost: localhost\r\nContent-Type: application/x-ndjson\r\nIdempotency-Key: k\r\nContent-Length: 60000000\r\n" +
			strings.Join(fields, "\r\n") + "\r\n\r\n"
		if err := h.Read(bufio.NewReader(strings.NewReader(text))); err != nil {
			t.Fatal(err)
		}
		if got := w.server.limitsOf(&h).MaxRequestBodySize; got != want {
			t.Errorf("%q may send %d bytes, want %d", text, got, want)
		}
	}
	f(maxImportBytes, "1.1", bearing(desk))
	f(1, "1.1", "X-A: b")
	f(1, "1.1", bearing(desk+"x"))
	f(1, "1.0", bearing(desk))
	f(1, "1.1", bearing(desk), "X-Request-Id: a", "X-Request-Id: b")
}

// TestKeyEndsWhatHadNone: who was let in before there were keys is asked again where the command is judged.
func TestKeyEndsWhatHadNone(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	c := engine.Command{Actor: w.server.localActor(), Payload: engine.PutTenant{Tenant: engine.Tenant{ID: "payer-b"}}}
	submit := func() engine.Status {
		t.Helper()
		o, err := w.engine.Submit(context.Background(), c)
		if err != nil {
			t.Fatal(err)
		}
		return o.Status
	}
	if got := submit(); got != engine.StatusOK {
		t.Errorf("before: %s", got)
	}
	w.key("root", engine.CreateKey{Role: engine.RoleOperator})
	if got := submit(); got != engine.StatusUnauthenticated {
		t.Errorf("after: %s", got)
	}
}

// TestTenants: made by operators of the store's own tenant, who make the first key of the others.
func TestTenants(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	root := w.key("root", engine.CreateKey{Role: engine.RoleOperator})
	w.as(root, "POST", "/v1/keys", `{"principal":"boss","role":"operator","tenant":"payer-b"}`).is(404, codeNotFound)
	made := w.as(root, "PUT", "/v1/tenants/payer-b", `{"id":"payer-b","name":"Payer B"}`).is(201, "")
	if made.at("disabled") != false || made.at("version") != 1.0 || made.header.Get("ETag") != `"1"` {
		t.Errorf("made %s", made.body)
	}
	w.as(root, "PUT", "/v1/tenants/test", `{"id":"test","disabled":true}`).is(422, codeInvalidValue)
	w.as(root, "PUT", "/v1/tenants/payer-b", `{"id":"payer-c"}`).is(422, codeInvalidValue)
	boss := w.as(root, "POST", "/v1/keys", `{"principal":"boss","role":"operator","tenant":"payer-b"}`).is(201, "").text("secret")
	desk := w.as(boss, "POST", "/v1/keys", `{"principal":"desk","role":"coordinator"}`).is(201, "")
	w.as(desk.text("secret"), "PUT", "/v1/cases/1004567", winter.with("/member/name", markFar).String()).is(201, "")
	if desk.at("tenant") != "payer-b" || len(w.as(root, "GET", "/v1/keys?tenant=payer-b", "").is(200, "").idsOf("keys")) != 2 {
		t.Errorf("made %s", desk.body)
	}
	for _, named := range []string{"test", "none"} { // to another tenant all others are absent
		w.as(boss, "GET", "/v1/keys?tenant="+named, "").is(404, codeNotFound)
		w.as(boss, "POST", "/v1/keys", `{"principal":"x","role":"operator","tenant":"`+named+`"}`).is(404, codeNotFound)
		w.as(boss, "DELETE", "/v1/keys/root?tenant="+named, "").is(404, codeNotFound)
		w.as(boss, "POST", "/v1/keys/root/rotate", `{"tenant":"`+named+`"}`).is(404, codeNotFound)
	}
	w.as(boss, "GET", "/v1/tenants", "").is(403, codeForbidden)
	w.as(root, "PUT", "/v1/tenants/payer-b", `{"id":"payer-b","disabled":true,"version":1}`).is(200, "")
	w.as(desk.text("secret"), "GET", "/v1/cases/1004567", "").is(401, codeUnauthenticated)
	w.as(root, "DELETE", "/v1/keys/"+desk.text("id")+"?tenant=payer-b", "").is(204, "")
	if r := w.as(root, "GET", "/v1/tenants", "").is(200, ""); len(r.idsOf("tenants")) != 1 || w.as(root, "GET", "/v1/tenants/payer-b", "").is(200, "").at("version") != 2.0 {
		t.Errorf("tenants %s", r.body)
	}
	w.as(root, "GET", "/v1/tenants/none", "").is(404, codeNotFound)
}
