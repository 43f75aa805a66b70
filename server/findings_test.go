package server

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parleyhq/parley/engine"
)

// TestOfficesCancelForThemselves: an office does not say that the payer has cancelled.
func TestOfficesCancelForThemselves(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	desk := w.key("desk", engine.CreateKey{Role: engine.RoleCoordinator})
	office := w.key("office", engine.CreateKey{Role: engine.RoleRequester, NPIs: w.officeOf("1004567")})
	cancel := func(token, by string) reply {
		made := w.as(desk, "POST", "/v1/appointments", deckBooking.String()).is(201, "")
		r := w.as(token, "POST", "/v1/appointments/"+made.text("id")+"/cancel", `{"reason":"ill","by":"`+by+`"}`)
		if r.status != 200 {
			w.as(desk, "POST", "/v1/appointments/"+made.text("id")+"/cancel", `{"reason":"ill","by":"payer"}`).is(200, "")
		}
		return r
	}
	if r := cancel(office, "payer").is(422, codeInvalidValue); r.pointers() != "/by" {
		t.Errorf("%s", r.body)
	}
	cancel(office, "provider").is(200, "")
	cancel(desk, "payer").is(200, "")
	cancel(desk, "provider").is(200, "")
}

// officeOf is the NPI of a case's requesting or ordering provider.
func (w *world) officeOf(id string) []string {
	w.t.Helper()
	v, ok := w.engine.Snapshot().Case("test", id)
	if !ok {
		w.t.Fatalf("no case %s", id)
	}
	if v.Requesting.NPI != "" {
		return []string{v.Requesting.NPI}
	}
	return []string{v.Ordering.NPI}
}

// TestCursorsTellNothing: the id where a page ended is not to be read in its cursor, and no changed cursor is taken.
func TestCursorsTellNothing(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	c := &call{server: w.server, actor: w.server.localActor(), query: map[string]string{}}
	for _, id := range []string{"x", "apt-of-another-office", strings.Repeat("long-", 40)} {
		want := position{start: 1589840100, id: id}
		cursor := c.writeCursor("list", want)
		raw, err := base64.RawURLEncoding.DecodeString(cursor)
		if err != nil || len(id) > 4 && strings.Contains(string(raw), id[:5]) {
			t.Fatalf("%q holds the id: %v", raw, err)
		}
		c.query["cursor"] = cursor
		if got, p := c.readCursor("list"); p != nil || got != want {
			t.Fatalf("read %+v, %v", got, p)
		}
		if _, p := c.readCursor("other"); p == nil {
			t.Fatal("taken by another list")
		}
		for i := range raw {
			raw[i] ^= 1
			c.query["cursor"] = base64.RawURLEncoding.EncodeToString(raw)
			raw[i] ^= 1
			if got, p := c.readCursor("list"); p == nil {
				t.Fatalf("byte %d changed: read %+v", i, got)
			}
		}
	}
}

// TestRepeatedAnswersAreAskedByScope: an office that has lost an NPI is not told of its calls by a key that it used before.
func TestRepeatedAnswersAreAskedByScope(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	desk := w.key("desk", engine.CreateKey{Role: engine.RoleCoordinator})
	npis := w.officeOf("1004567")
	before := w.key("before", engine.CreateKey{Role: engine.RoleRequester, NPIs: npis, Principal: "office"})
	made := w.as(desk, "POST", "/v1/appointments", deckBooking.String()).is(201, "")
	cancel := func(token string) reply {
		return w.do("POST", "/v1/appointments/"+made.text("id")+"/cancel", `{"reason":"ill","by":"provider"}`, "Authorization", "Bearer "+token, "Idempotency-Key", "k-1")
	}
	cancel(before).is(200, "")
	if again := cancel(before).is(200, ""); again.header.Get("Idempotent-Replayed") != "true" {
		t.Error("not marked as repeated")
	}
	w.command("test", engine.RevokeKey{ID: "before"})
	after := w.key("after", engine.CreateKey{Role: engine.RoleRequester, NPIs: []string{"1111111112"}, Principal: "office"})
	got := cancel(after).is(404, codeNotFound)
	absent := w.do("POST", "/v1/appointments/absent/cancel", `{"reason":"ill","by":"provider"}`, "Authorization", "Bearer "+after, "Idempotency-Key", "k-2").is(404, "")
	if likeness(got, made.text("id")) != likeness(absent, "absent") {
		t.Errorf("told apart: %s, %s", got.body, absent.body)
	}
}

// TestNewestIsWithinScope: whatever a handler looks up afresh it looks up as its caller sees it.
func TestNewestIsWithinScope(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	c := &call{server: w.server, scope: &engine.Scope{Principal: "office", NPIs: []string{"1111111112"}}}
	if _, found := c.newest().Case("test", "1004567"); found {
		t.Error("a case of another office is seen")
	}
	if _, found := (&call{server: w.server}).newest().Case("test", "1004567"); !found {
		t.Error("the whole tenant is not seen")
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(name, "_test.go") && strings.Contains(string(text), "c.server.engine.Snapshot()") && name != "guard.go" {
			t.Errorf("%s takes a snapshot without a scope", name)
		}
	}
}

// TestOneBadKeyIsPassedOver: what one issuer gets wrong does not lock the others out.
func TestOneBadKeyIsPassedOver(t *testing.T) {
	t.Parallel()
	k := testKeys()
	good := ecJWK(t, "good", "P-256", k.p256)
	for name, bad := range map[string][]doc{
		"off the curve": {ecJWK(t, "bad", "P-256", k.p256).with("/x", good["y"])},
		"no number":     {rsaJWK("bad", k.rsa).with("/n", "=")},
		"exponent 1":    {rsaJWK("bad", k.rsa).with("/e", "AQ")},
		"ids twice":     {rsaJWK("bad", k.rsa), ecJWK(t, "bad", "P-256", k.p256), rsaJWK("bad", k.rsa)},
		"e a number":    {rsaJWK("bad", k.rsa).with("/e", 65537)},
		"kid a number":  {rsaJWK("bad", k.rsa).with("/kid", 7)},
		"use a list":    {rsaJWK("bad", k.rsa).with("/use", []string{"sig"})},
		"null":          {nil},
	} {
		keys, err := readKeySet([]byte(doc{"keys": append(bad, good)}.String()))
		if err != nil || len(keys) != 1 || keys["good"].key == nil {
			t.Errorf("%s: %v, %v", name, keys, err)
		}
	}
}

// TestFilesOfOthers: what others may write says nothing.
func TestFilesOfOthers(t *testing.T) {
	t.Parallel()
	k := testKeys()
	name := filepath.Join(t.TempDir(), "keys.json")
	if err := os.WriteFile(name, []byte(doc{"keys": []doc{ecJWK(t, "good", "P-256", k.p256)}}.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	var set keySet
	if err := set.open(name); err != nil {
		t.Fatal(err)
	}
	for _, mode := range []os.FileMode{0o620, 0o602, 0o666} {
		if err := os.Chmod(name, mode); err != nil {
			t.Fatal(err)
		}
		if err := (&keySet{}).open(name); err == nil || !strings.Contains(err.Error(), "go-w") {
			t.Errorf("mode %o: %v", mode, err)
		}
	}
}

// TestReloadsAtOnce reads a certificate from many sides at once, as SIGHUP and the look every 30 s may.
func TestReloadsAtOnce(t *testing.T) {
	t.Parallel()
	certFile, keyFile, _ := certFiles(t, t.TempDir(), 1, testKeys().p256, time.Now().Add(time.Hour))
	c, err := LoadCertificate(certFile, keyFile)
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			if err := c.Reload(); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	stamp, err := c.stamped()
	if err != nil || stamp != *c.stamp.Load() || c.current.Load() == nil {
		t.Errorf("stamp %q, %v", stamp, err)
	}
	if err := os.Chmod(certFile, 0o664); err != nil {
		t.Fatal(err)
	}
	if err := c.Reload(); err == nil || !strings.Contains(err.Error(), "go-w") {
		t.Errorf("a certificate that others may write: %v", err)
	}
}

// TestImportsLeaveRoom: one tenant does not take the last slot while it has others.
func TestImportsLeaveRoom(t *testing.T) {
	t.Parallel()
	slots := slotsByTenant{most: maxImports, spare: 1}
	f := func(tenant string, want bool) {
		t.Helper()
		if got := slots.enter(tenant); got != want {
			t.Fatalf("%s enters: %v", tenant, got)
		}
	}
	for range maxImports - 1 {
		f("greedy", true)
	}
	f("greedy", false)
	f("modest", true)
	f("third", false)
	f("modest", false)
	slots.leave("greedy")
	f("greedy", false) // the last one is kept
	f("third", true)
	slots.leave("modest")
	slots.leave("third")
	f("greedy", true)
	if slots.all != 2 || len(slots.byTenant) != 1 {
		t.Fatalf("%+v", slots.byTenant)
	}
}
