package server

import (
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"strings"
	"testing"

	"github.com/parleyhq/parley/engine"
)

// TestBadTokens: none of them lets anybody in, and no answer tells why.
func TestBadTokens(t *testing.T) {
	t.Parallel()
	w, tried := newTokenWorld(t), 0
	for _, bad := range []map[string]string{badHeads(t), badClaims(t), badForms(t)} {
		for name, token := range bad {
			tried++
			r := w.as(token, "GET", "/v1/cases/1004567", "").is(401, codeUnauthenticated)
			if r.header.Get("WWW-Authenticate") != "Bearer" || r.text("detail") != "A valid credential is required." {
				t.Errorf("%s: %v %s", name, r.header, r.body)
			}
		}
	}
	w.as(madeToken(t, goodHead, goodClaims()), "GET", "/v1/cases/1004567", "").is(200, "")
	if tried < 30 {
		t.Errorf("%d bad tokens", tried)
	}
}

// goodHead is the header of a good token.
var goodHead = doc{"alg": "ES256", "kid": "p256", "typ": "JWT"}

// madeToken signs whatever header and claims with the key of the good head.
func madeToken(t testing.TB, head, claims any) string {
	t.Helper()
	return signed(t, head, claims, "ES256", testKeys().p256)
}

// badHeads are tokens with another algorithm, key or header than is taken.
func badHeads(t *testing.T) map[string]string {
	t.Helper()
	k, head := testKeys(), goodHead
	made := func(h any) string { return madeToken(t, h, goodClaims()) }
	parts := strings.Split(made(head), ".")
	hs := func(secret []byte) string {
		signing := part(doc{"alg": "HS256", "kid": "rsa"}) + "." + part(goodClaims())
		mac := hmac.New(sha256.New, secret)
		mac.Write([]byte(signing))
		return signing + "." + b64(mac.Sum(nil))
	}
	rs := func(head doc, alg string, key *rsa.PrivateKey) string { return signed(t, head, goodClaims(), alg, key) }
	return map[string]string{
		"alg none, no signature":        part(doc{"alg": "none", "kid": "p256"}) + "." + parts[1] + ".",
		"alg none, a signature":         part(doc{"alg": "none", "kid": "p256"}) + "." + parts[1] + "." + parts[2],
		"alg None":                      part(doc{"alg": "None", "kid": "p256"}) + "." + parts[1] + ".",
		"alg missing":                   made(doc{"kid": "p256"}),
		"alg empty":                     made(doc{"alg": "", "kid": "p256"}),
		"HS256 with the public modulus": hs(k.rsa.N.Bytes()),
		"HS256 with the public key":     hs([]byte(rsaJWK("rsa", k.rsa).String())),
		"HS256 with nothing":            hs(nil),
		"RS512":                         rs(doc{"alg": "RS512", "kid": "rsa"}, "RS512", k.rsa),
		"ES256 in lower case":           made(head.with("/alg", "es256")),
		"RS256 by a key for RS384":      rs(doc{"alg": "RS256", "kid": "fixed"}, "RS256", k.other),
		"ES256 named with an RSA key":   made(head.with("/kid", "rsa")),
		"ES384 named, ES256 signed":     made(head.with("/alg", "ES384")),
		"another key's signature":       rs(doc{"alg": "RS256", "kid": "rsa"}, "RS256", k.other),
		"a key for sealing":             rs(doc{"alg": "RS256", "kid": "sealing"}, "RS256", k.other),
		"kid unknown":                   made(head.with("/kid", "p-256")),
		"kid missing":                   made(head.with("/kid", absent{})),
		"kid a path":                    made(head.with("/kid", "../../../../dev/null")),
		"kid an injection":              made(head.with("/kid", "x' OR '1'='1")),
		"kid long":                      made(head.with("/kid", strings.Repeat("p", 200))),
		"kid a list":                    made(head.with("/kid", []string{"p256"})),
		"jwk of its own":                rs(doc{"alg": "RS256", "kid": "mine", "jwk": rsaJWK("mine", k.other)}, "RS256", k.other),
		"jku of its own":                rs(doc{"alg": "RS256", "kid": "mine", "jku": "https://evil.example/keys"}, "RS256", k.other),
		"crit":                          made(head.with("/crit", []string{"exp"})),
		"b64 false":                     made(head.with("/b64", false)),
		"typ of something else":         made(head.with("/typ", "dpop+jwt")),
		"alg twice":                     made(`{"alg":"none","alg":"ES256","kid":"p256"}`),
		"header no object":              made(`"ES256"`),
		"header cut short":              made(`{"alg":"ES256","kid":"p256"`),
	}
}

// badClaims are tokens with a good signature that say what is not taken.
func badClaims(t *testing.T) map[string]string {
	t.Helper()
	claims := func(changes ...any) string { return madeToken(t, goodHead, goodClaims().with(changes...)) }
	now := tokenNow.Unix()
	return map[string]string{
		"iss of another":             claims("/iss", "https://evil.example"),
		"iss with a slash more":      claims("/iss", testIssuer+"/"),
		"iss missing":                claims("/iss", absent{}),
		"iss a list":                 claims("/iss", []string{testIssuer}),
		"aud of another":             claims("/aud", "else"),
		"aud in another case":        claims("/aud", "Parley"),
		"aud missing":                claims("/aud", absent{}),
		"aud empty":                  claims("/aud", []string{}),
		"exp over":                   claims("/iat", now-300, "/exp", now-60),
		"exp missing":                claims("/exp", absent{}),
		"exp null":                   claims("/exp", nil),
		"exp a text":                 claims("/exp", "2027-01-01T00:00:00Z"),
		"exp beyond all numbers":     madeToken(t, goodHead, strings.Replace(goodClaims().String(), `"exp":`, `"exp":1e400,"x":`, 1)),
		"exp in a thousand years":    claims("/exp", 33000000000),
		"exp negative":               claims("/exp", -1),
		"exp too far":                claims("/exp", now+16*60),
		"exp too far, no iat":        claims("/iat", absent{}, "/exp", now+16*60),
		"exp before iat":             claims("/iat", now+50, "/exp", now+40),
		"iat ahead":                  claims("/iat", now+61),
		"nbf ahead":                  claims("/nbf", now+61),
		"sub missing":                claims("/sub", absent{}),
		"sub empty":                  claims("/sub", ""),
		"sub with a NUL":             claims("/sub", "ja\x00ne"),
		"sub long":                   claims("/sub", strings.Repeat("j", 300)),
		"role missing":               claims("/role", absent{}),
		"role unknown":               claims("/role", "admin"),
		"role all":                   claims("/role", engine.RoleAll),
		"two roles":                  claims("/role", []string{engine.RoleCoordinator, engine.RoleOperator}),
		"tenant missing":             claims("/tenant", absent{}),
		"tenant unknown":             claims("/tenant", "nowhere"),
		"tenant a list":              claims("/tenant", []string{"test"}),
		"requester without NPIs":     claims("/role", engine.RoleRequester),
		"requester with a wrong NPI": claims("/role", engine.RoleRequester, "/npis", []string{"1234567890"}),
		"reviewer without an id":     claims("/role", engine.RoleReviewer),
		"role twice":                 madeToken(t, goodHead, strings.Replace(goodClaims().String(), `"role":`, `"role":"operator","role":`, 1)),
		"claims no object":           madeToken(t, goodHead, `[]`),
	}
}

// badForms are tokens that are none, or were changed on the way.
func badForms(t *testing.T) map[string]string {
	t.Helper()
	good := madeToken(t, goodHead, goodClaims())
	parts := strings.Split(good, ".")
	return map[string]string{
		"claims of another token": parts[0] + "." + part(goodClaims().with("/role", engine.RoleAuditor)) + "." + parts[2],
		"header of another token": part(goodHead.with("/typ", "at+jwt")) + "." + parts[1] + "." + parts[2],
		"signature missing":       parts[0] + "." + parts[1] + ".",
		"signature cut short":     good[:len(good)-2],
		"signature padded":        good + "==",
		"signature of zeros":      parts[0] + "." + parts[1] + "." + b64(make([]byte, 64)),
		"two parts":               parts[0] + "." + parts[1],
		"four parts":              good + "." + parts[2],
		"a dot alone":             "..",
		"many dots":               strings.Repeat(".", 4000),
		"too long":                good + strings.Repeat("A", maxCredentialBytes),
		"a line break":            parts[0] + "." + parts[1] + ".%0a" + parts[2],
	}
}
