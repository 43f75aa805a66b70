package server

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/parleyhq/parley/engine"
)

// tokenNow is when the tokens of the tests are shown.
var tokenNow = time.Date(2026, 11, 2, 14, 0, 0, 0, time.UTC)

const (
	testIssuer   = "https://login.example"
	testAudience = "parley"
)

// testKeys are signing keys, made once: they are slow to make.
var testKeys = sync.OnceValue(func() (k struct {
	rsa, other *rsa.PrivateKey
	p256, p384 *ecdsa.PrivateKey
},
) {
	var errs [4]error
	k.rsa, errs[0] = rsa.GenerateKey(rand.Reader, 2048)
	k.other, errs[1] = rsa.GenerateKey(rand.Reader, 2048)
	k.p256, errs[2] = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	k.p384, errs[3] = ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	for _, err := range errs {
		if err != nil {
			panic(err)
		}
	}
	return k
})

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func rsaJWK(kid string, k *rsa.PrivateKey) doc {
	return doc{"kty": "RSA", "kid": kid, "use": "sig", "n": b64(k.N.Bytes()), "e": b64(big.NewInt(int64(k.E)).Bytes())}
}

func ecJWK(t testing.TB, kid, crv string, k *ecdsa.PrivateKey) doc {
	t.Helper()
	point, err := k.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	half := len(point) / 2
	return doc{"kty": "EC", "kid": kid, "crv": crv, "x": b64(point[1 : 1+half]), "y": b64(point[1+half:])}
}

// testSet is the JWK set of the tests: rsa, p256, p384, and fixed, which is for RS384 alone.
func testSet(t testing.TB) string {
	t.Helper()
	k := testKeys()
	return doc{"keys": []doc{
		rsaJWK("rsa", k.rsa), rsaJWK("fixed", k.other).with("/alg", "RS384"), rsaJWK("sealing", k.other).with("/use", "enc"),
		ecJWK(t, "p256", "P-256", k.p256), ecJWK(t, "p384", "P-384", k.p384), {"kty": "OKP", "kid": "unknown", "crv": "Ed25519", "x": "AAAA"},
	}}.String()
}

// newTokenWorld serves the deck to holders of tokens.
func newTokenWorld(t *testing.T) *world {
	t.Helper()
	w := newDeck(t)
	w.takeTokens()
	return w
}

// takeTokens lets the server take tokens of the tests.
func (w *world) takeTokens() {
	w.t.Helper()
	file := filepath.Join(w.t.TempDir(), "keys.json")
	if err := os.WriteFile(file, []byte(testSet(w.t)), 0o600); err != nil {
		w.t.Fatal(err)
	}
	took, err := newTokens(TokenOptions{Keys: file, Issuers: []string{testIssuer}, Audiences: []string{testAudience, "other"}}, "test", func() time.Time { return tokenNow })
	if err != nil {
		w.t.Fatal(err)
	}
	w.server.tokens = took
}

// goodClaims are those of a coordinator.
func goodClaims() doc {
	return doc{
		"iss": testIssuer, "aud": testAudience, "sub": "jane", "role": engine.RoleCoordinator, "tenant": "test",
		"iat": tokenNow.Unix(), "exp": tokenNow.Add(10 * time.Minute).Unix(),
	}
}

// part encodes a part of a token.
func part(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b64(b)
}

// signed makes a token of whatever header and claims.
func signed(t testing.TB, head, claims any, alg string, key crypto.PrivateKey) string {
	t.Helper()
	text := func(v any) string {
		if s, ok := v.(string); ok {
			return b64([]byte(s))
		}
		return part(v)
	}
	signing := text(head) + "." + text(claims)
	sig, err := jwt.GetSigningMethod(alg).Sign(signing, key)
	if err != nil {
		t.Fatal(err)
	}
	return signing + "." + b64(sig)
}

// TestTokens: each algorithm, and what claims say.
func TestTokens(t *testing.T) {
	t.Parallel()
	w, k := newTokenWorld(t), testKeys()
	w.get("/v1/cases/1004567").is(401, codeUnauthenticated)
	f := func(status int, kid, alg string, key crypto.PrivateKey, changes ...any) {
		t.Helper()
		token := signed(t, doc{"alg": alg, "kid": kid, "typ": "JWT"}, goodClaims().with(changes...), alg, key)
		for range 2 { // once checked and once remembered
			w.as(token, "GET", "/v1/cases/1004567", "").is(status, "")
		}
	}
	f(200, "rsa", "RS256", k.rsa)
	f(200, "rsa", "RS384", k.rsa)
	f(200, "rsa", "PS256", k.rsa)
	f(200, "fixed", "RS384", k.other)
	f(200, "p256", "ES256", k.p256)
	f(200, "p384", "ES384", k.p384)
	es := func(status int, changes ...any) { t.Helper(); f(status, "p256", "ES256", k.p256, changes...) }
	es(200, "/aud", []string{"else", "other"})
	es(200, "/role", []string{"offline_access", engine.RoleAuditor})
	es(200, "/iat", absent{})
	es(200, "/exp", tokenNow.Unix()-59, "/iat", tokenNow.Unix()-300)
	es(200, "/iat", tokenNow.Unix()+60, "/nbf", tokenNow.Unix()+60)
	es(200, "/role", engine.RoleRequester, "/npis", []string{officeOwn})
	es(200, "/role", engine.RoleRequester, "/npis", officeOwn)
	es(404, "/role", engine.RoleRequester, "/npis", []string{officeNear})
	es(403, "/role", engine.RoleReviewer, "/reviewerId", "rev-ames")
	es(403, "/role", engine.RoleOperator)
	es(401, "/sub", engine.LocalPrincipal)
	w.command("test", engine.PutTenant{Tenant: engine.Tenant{ID: "other"}})
	es(404, "/tenant", "other")
	w.command("test", engine.PutTenant{Tenant: engine.Tenant{ID: "other", Disabled: true}})
	es(401, "/tenant", "other")
}

// TestTokensEnd: a token that was remembered ends with its time, and with the key that signed it.
func TestTokensEnd(t *testing.T) {
	t.Parallel()
	w, k := newTokenWorld(t), testKeys()
	at := tokenNow
	w.server.tokens.wall = func() time.Time { return at }
	token := signed(t, doc{"alg": "ES256", "kid": "p256"}, goodClaims(), "ES256", k.p256)
	w.as(token, "GET", "/v1/cases/1004567", "").is(200, "")
	at = tokenNow.Add(10*time.Minute + tokenSkew - time.Second)
	w.as(token, "GET", "/v1/cases/1004567", "").is(200, "")
	at = tokenNow.Add(10*time.Minute + tokenSkew)
	w.as(token, "GET", "/v1/cases/1004567", "").is(401, codeUnauthenticated)
	at = tokenNow
	w.as(token, "GET", "/v1/cases/1004567", "").is(200, "")
	keys := &w.server.tokens.keys
	rest := doc{"keys": []doc{rsaJWK("rsa", k.rsa)}}.String()
	write := func(text string) {
		if err := os.WriteFile(keys.source, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	read := func(want bool, now time.Time) {
		t.Helper()
		if err := keys.refresh(context.Background(), now); (err == nil) != want {
			t.Fatalf("read %v", err)
		}
	}
	for _, unread := range []string{"{", "{}", `{"keys":null}`, `{"error":"maintenance"}`} {
		write(unread)
		read(false, time.Now().Add(keySetStale/2))
		w.as(token, "GET", "/v1/cases/1004567", "").is(200, "")
	}
	write(rest)
	read(true, time.Now())
	w.as(token, "GET", "/v1/cases/1004567", "").is(401, codeUnauthenticated)
	write(testSet(t))
	read(true, time.Now())
	w.as(token, "GET", "/v1/cases/1004567", "").is(200, "")
	write("{")
	read(false, time.Now().Add(2*keySetStale))
	w.as(token, "GET", "/v1/cases/1004567", "").is(401, codeUnauthenticated)
	for _, none := range []string{`{"keys":[]}`, doc{"keys": []doc{ecJWK(t, "p256", "P-256", k.p256).with("/use", "enc")}}.String()} {
		write(testSet(t))
		read(true, time.Now())
		w.as(token, "GET", "/v1/cases/1004567", "").is(200, "")
		write(none) // read, and the last key is taken out
		read(false, time.Now())
		w.as(token, "GET", "/v1/cases/1004567", "").is(401, codeUnauthenticated)
	}
}

// TestKeySetFollows reads a set over https in the background, follows no redirect and takes no set too large.
func TestKeySetFollows(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	answer := func(w http.ResponseWriter) { w.WriteHeader(http.StatusInternalServerError) }
	asked := make(chan struct{}, 16)
	issuer := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		mu.Lock()
		answer(w)
		mu.Unlock()
		asked <- struct{}{}
	}))
	defer issuer.Close()
	var k keySet
	if err := k.open(issuer.URL + "/keys"); err != nil {
		t.Fatal(err)
	}
	k.http.Transport = issuer.Client().Transport
	ctx, cancel := context.WithCancel(context.Background())
	tick, ended := make(chan time.Time), make(chan struct{})
	h := &logBuffer{}
	go func() {
		defer close(ended)
		k.follow(ctx, (&harness{log: h}).logger(), tick, time.Now)
	}()
	<-asked
	f := func(want bool, next func(http.ResponseWriter)) {
		t.Helper()
		mu.Lock()
		answer = next
		mu.Unlock()
		tick <- time.Time{}
		<-asked
		tick <- time.Time{} // taken when the answer has been read
		<-asked
		if got := k.find("p256", "ES256") != nil; got != want {
			t.Errorf("found %v, want %v", got, want)
		}
	}
	f(false, func(w http.ResponseWriter) {
		http.Redirect(w, httptest.NewRequest("GET", "/", nil), "/other", http.StatusFound)
	})
	f(false, func(w http.ResponseWriter) { _, _ = w.Write(make([]byte, maxKeySetBytes+1)) })
	f(true, func(w http.ResponseWriter) { _, _ = w.Write([]byte(testSet(t))) })
	f(true, func(w http.ResponseWriter) { w.WriteHeader(http.StatusNotFound) })
	cancel()
	<-ended
	if !strings.Contains(h.String(), "cannot be read") {
		t.Error("nothing is logged")
	}
}

// TestKeySetIsReadInTime: a signing key that is taken out as a reading begins lets nobody in after a minute, however slow that
// reading and the next one are.
func TestKeySetIsReadInTime(t *testing.T) {
	t.Parallel()
	if worst := keySetTimeout + keySetEvery + keySetTimeout; worst > time.Minute {
		t.Errorf("it takes %s", worst)
	}
}

// TestKeySetsRefused: what is no set of public keys.
func TestKeySetsRefused(t *testing.T) {
	t.Parallel()
	k := testKeys()
	public := rsaJWK("a", k.rsa)
	short, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	ec := ecJWK(t, "b", "P-256", k.p256)
	many := make([]doc, maxSetKeys+1)
	for i := range many {
		many[i] = public.with("/kid", newID("k"))
	}
	for name, set := range map[string]string{
		"nothing": "", "no JSON": "{", "no keys": `{"keys":[]}`, "a list": `[]`, "members twice": `{"keys":[],"keys":[]}`,
		"secret RSA":     doc{"keys": []doc{public.with("/d", "AQAB")}}.String(),
		"symmetric":      doc{"keys": []doc{public, {"kty": "oct", "kid": "s", "k": "AAAA"}}}.String(),
		"kid twice":      doc{"keys": []doc{public, public}}.String(),
		"no kid":         doc{"keys": []doc{public.with("/kid", "")}}.String(),
		"for sealing":    doc{"keys": []doc{public.with("/use", "enc")}}.String(),
		"short RSA":      doc{"keys": []doc{rsaJWK("a", short)}}.String(),
		"exponent 1":     doc{"keys": []doc{public.with("/e", "AQ")}}.String(),
		"exponent even":  doc{"keys": []doc{public.with("/e", "AQAC")}}.String(),
		"exponent huge":  doc{"keys": []doc{public.with("/e", "AQAAAAAB")}}.String(),
		"modulus padded": doc{"keys": []doc{public.with("/n", public["n"].(string)+"=")}}.String(),
		"off the curve":  doc{"keys": []doc{ec.with("/x", ec["y"])}}.String(),
		"short point":    doc{"keys": []doc{ec.with("/x", "AAAA")}}.String(),
		"other curve":    doc{"keys": []doc{ec.with("/crv", "P-521")}}.String(),
		"alg of others":  doc{"keys": []doc{ec.with("/alg", "RS256")}}.String(),
		"too many":       doc{"keys": many}.String(),
	} {
		if keys, err := readKeySet([]byte(set)); err == nil {
			t.Errorf("%s: taken as %v", name, keys)
		}
	}
	for _, source := range []string{"", "http://login.example/keys", "https://", "https://user@login.example/", "file:///etc/keys", filepath.Join(t.TempDir(), "none")} {
		var k keySet
		if err := k.open(source); err == nil {
			t.Errorf("%q is taken", source)
		}
	}
}

// TestTokenOptions: what cannot be configured.
func TestTokenOptions(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "keys.json")
	if err := os.WriteFile(file, []byte(testSet(t)), 0o600); err != nil {
		t.Fatal(err)
	}
	good := TokenOptions{Keys: file, Issuers: []string{"i"}, Audiences: []string{"a"}}
	if _, err := newTokens(good, "test", time.Now); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*TokenOptions){
		"no issuer":    func(o *TokenOptions) { o.Issuers = nil },
		"empty issuer": func(o *TokenOptions) { o.Issuers = []string{""} },
		"no audience":  func(o *TokenOptions) { o.Audiences = nil },
		"no keys":      func(o *TokenOptions) { o.Keys = "" },
		"a long life":  func(o *TokenOptions) { o.MaxLife = 25 * time.Hour },
		"other claims": func(o *TokenOptions) { o.Claims = map[string]string{"color": "c"} },
	} {
		o := good
		spoil(&o)
		if _, err := newTokens(o, "test", time.Now); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

// FuzzTokens: whatever is sent, nobody is let in and nothing breaks.
func FuzzTokens(f *testing.F) {
	took := &tokens{options: TokenOptions{Issuers: []string{testIssuer}, Audiences: []string{testAudience}, MaxLife: usualTokenLife, Claims: claimNames},
		home: "test", wall: func() time.Time { return tokenNow }, seen: map[[sha256.Size]byte]*tokenCaller{}}
	var err error
	if took.keys.keys, err = readKeySet([]byte(testSet(f))); err != nil {
		f.Fatal(err)
	}
	w := newDeck(f)
	snap := w.engine.Snapshot()
	f.Add(part(doc{"alg": "ES256", "kid": "p256"}) + "." + part(goodClaims()) + "." + b64(make([]byte, 64)))
	f.Add("..")
	f.Fuzz(func(t *testing.T, token string) {
		if took.caller(snap, []byte(token), func() bool { return true }) != nil {
			t.Fatalf("let in by %q", token)
		}
	})
}

// FuzzKeySet: whatever a set says, it is read or refused.
func FuzzKeySet(f *testing.F) {
	f.Add([]byte(testSet(f)))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if keys, err := readKeySet(raw); err == nil && (len(keys) == 0 || len(keys) > maxSetKeys) {
			t.Fatalf("%d keys", len(keys))
		}
	})
}
