package server

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/golang-jwt/jwt/v5"

	"github.com/parleyhq/parley/engine"
)

// TokenOptions say whose JSON Web Tokens are taken as credentials. Tokens live by the machine's clock, also where the
// store has another one.
type TokenOptions struct {
	// Keys is the issuers' JWK set: the name of a file, or an https URL. It is read again every 30 s, so that a
	// signing key that is taken out lets nobody in any more.
	Keys string
	// Issuers and Audiences: a token must be by one of the former and for one of the latter.
	Issuers, Audiences []string
	// MaxLife bounds how long a token may live, from its issue or, where it does not say that, from now; 0 = 15 minutes.
	MaxLife time.Duration
	// Tenant is whose tokens without a tenant claim are; "" = they are refused.
	Tenant string
	// Claims are the names of the claims, by what they say: tenant, principal, role, npis, reviewerId. What is left
	// out is named so, and the principal is the claim sub.
	Claims map[string]string
}

// Limits of tokens.
const (
	usualTokenLife = 15 * time.Minute
	tokenSkew      = 60 * time.Second // clocks of issuers may differ by so much
	maxKeptTokens  = 1 << 14
	maxKidBytes    = 128
)

// tokenAlgorithms are those that a signature may have. None is symmetric: what checks a token cannot make one.
var tokenAlgorithms = []string{"RS256", "RS384", "PS256", "ES256", "ES384"}

// tokens takes JSON Web Tokens for credentials.
type tokens struct {
	options TokenOptions
	home    string // tenant that the store was made for
	keys    keySet
	wall    func() time.Time

	mu   sync.RWMutex
	seen map[[sha256.Size]byte]*tokenCaller // tokens whose signature was checked
}

// tokenCaller is the caller of a token.
type tokenCaller struct {
	caller
	notBefore, expires time.Time // with the skew
	keys               uint64    // generation of the key set that vouches for it
	access             engine.Seq
}

// claimNames are what a token must or may say, with the usual names.
var claimNames = map[string]string{"tenant": "tenant", "principal": "sub", "role": "role", "npis": "npis", "reviewerId": "reviewerId"}

func newTokens(o TokenOptions, home string, wall func() time.Time) (*tokens, error) {
	names := make(map[string]string, len(claimNames))
	for what, usual := range claimNames {
		names[what] = usual
	}
	for what, name := range o.Claims {
		if _, known := claimNames[what]; !known || name == "" {
			return nil, fmt.Errorf("server: a token says tenant, principal, role, npis and reviewerId, not %q", what)
		}
		names[what] = name
	}
	o.Claims = names
	if o.MaxLife == 0 {
		o.MaxLife = usualTokenLife
	}
	switch {
	case len(o.Issuers) == 0 || len(o.Audiences) == 0 || slices.Contains(o.Issuers, "") || slices.Contains(o.Audiences, ""):
		return nil, errors.New("server: tokens need the issuers and the audiences that are taken")
	case o.MaxLife < 0 || o.MaxLife > 24*time.Hour:
		return nil, errors.New("server: tokens live 24 hours at most")
	}
	t := &tokens{options: o, home: home, wall: wall, seen: map[[sha256.Size]byte]*tokenCaller{}}
	return t, t.keys.open(o.Keys)
}

// caller returns who a token speaks for; nil if it is refused, whatever the reason. One that has not been seen is looked
// at only where more says so.
func (t *tokens) caller(snap *engine.Snapshot, token []byte, more func() bool) *caller {
	now, sum := t.wall(), sha256.Sum256(token)
	generation, access := t.keys.generation.Load(), snap.AccessSeq()
	t.mu.RLock()
	w := t.seen[sum]
	t.mu.RUnlock()
	if w == nil || w.keys != generation || w.access != access {
		if !more() {
			return nil
		}
		if w = t.read(snap, string(token), now); w == nil {
			return nil
		}
		w.keys, w.access = generation, access
		t.mu.Lock()
		if len(t.seen) >= maxKeptTokens {
			clear(t.seen)
		}
		t.seen[sum] = w
		t.mu.Unlock()
	}
	if now.Before(w.notBefore) || !now.Before(w.expires) {
		return nil
	}
	return &w.caller
}

// read checks a token from its form to its claims.
func (t *tokens) read(snap *engine.Snapshot, token string, now time.Time) *tokenCaller {
	head, rest, ok := strings.Cut(token, ".")
	body, signature, ok2 := strings.Cut(rest, ".")
	if !ok || !ok2 || strings.Contains(signature, ".") {
		return nil
	}
	var h tokenHead
	signed, err := base64.RawURLEncoding.Strict().DecodeString(signature)
	if err != nil || !readPart(head, &h) || !h.plain() {
		return nil
	}
	key := t.keys.find(h.Kid, h.Alg)
	if key == nil {
		return nil
	}
	method := jwt.GetSigningMethod(h.Alg)
	if method == nil || method.Verify(token[:len(head)+1+len(body)], signed, key) != nil {
		return nil
	}
	claims := map[string]jsontext.Value{}
	if !readPart(body, &claims) {
		return nil
	}
	return t.speaks(snap, claims, now)
}

// tokenHead is what a token's header may say. Other members mean nothing here, but for crit, which asks for what is
// not there.
type tokenHead struct {
	Alg  string         `json:"alg"`
	Kid  string         `json:"kid"`
	Typ  string         `json:"typ"`
	Crit jsontext.Value `json:"crit"`
	B64  jsontext.Value `json:"b64"`
	Zip  jsontext.Value `json:"zip"`
}

func (h *tokenHead) plain() bool {
	return slices.Contains(tokenAlgorithms, h.Alg) && h.Kid != "" && len(h.Kid) <= maxKidBytes &&
		(h.Typ == "" || strings.EqualFold(h.Typ, "JWT") || strings.EqualFold(h.Typ, "at+jwt")) &&
		h.Crit == nil && h.B64 == nil && h.Zip == nil
}

// readPart decodes one part of a token strictly.
func readPart(part string, into any) bool {
	b, err := base64.RawURLEncoding.Strict().DecodeString(part)
	return err == nil && len(b) > 0 && json.Unmarshal(b, into) == nil
}

// speaks reads the claims of a token whose signature is good.
func (t *tokens) speaks(snap *engine.Snapshot, claims map[string]jsontext.Value, now time.Time) *tokenCaller {
	r := claimReader{claims: claims, names: t.options.Claims}
	w := &tokenCaller{}
	if !slices.Contains(t.options.Issuers, r.text("iss")) || !slices.ContainsFunc(r.list("aud"), func(a string) bool { return slices.Contains(t.options.Audiences, a) }) {
		return nil
	}
	if !t.times(&r, w, now) {
		return nil
	}
	tenant := r.text(r.names["tenant"])
	if !r.has(r.names["tenant"]) {
		tenant = t.options.Tenant
	}
	principal, reviewerID := r.text(r.names["principal"]), ""
	var npis []string
	role := r.role()
	var k check
	k.visible("", principal)
	switch role {
	case engine.RoleReviewer:
		reviewerID = k.id("", r.text(r.names["reviewerId"]))
	case engine.RoleRequester:
		if npis = k.list("", r.list(r.names["npis"]), 1, maxNPIs, k.npi); len(npis) == 0 {
			return nil
		}
	}
	known, ok := snap.Tenant(tenant)
	if r.bad || k.problem() != nil || principal == engine.LocalPrincipal || tenant == "" || !ok && tenant != t.home || ok && known.Disabled {
		return nil
	}
	who := newCaller(tenant, principal, role, reviewerID, npis, nil)
	if who == nil {
		return nil
	}
	w.caller = *who
	return w
}

// times reads from when to when a token is good.
func (t *tokens) times(r *claimReader, w *tokenCaller, now time.Time) bool {
	expires, has := r.instant("exp")
	if !has {
		return false
	}
	issued, said := r.instant("iat")
	if !said {
		issued = now
	}
	notBefore, later := r.instant("nbf")
	if !later {
		notBefore = issued
	}
	w.notBefore, w.expires = notBefore.Add(-tokenSkew), expires.Add(tokenSkew)
	if said && issued.Add(-tokenSkew).After(w.notBefore) {
		w.notBefore = issued.Add(-tokenSkew)
	}
	return !r.bad && expires.After(issued) && expires.Sub(issued) <= t.options.MaxLife
}

// claimReader reads claims, and remembers if one was not as it must be.
type claimReader struct {
	claims map[string]jsontext.Value
	names  map[string]string
	bad    bool
}

func (r *claimReader) has(name string) bool {
	v, ok := r.claims[name]
	return ok && v.Kind() != jsontext.KindNull
}

// text reads a claim that is one text, "" if it is not there.
func (r *claimReader) text(name string) (s string) {
	if r.has(name) && json.Unmarshal(r.claims[name], &s) != nil {
		r.bad = true
	}
	return s
}

// list reads a claim that is a text or a list of texts.
func (r *claimReader) list(name string) (list []string) {
	switch {
	case !r.has(name):
	case r.claims[name].Kind() == jsontext.KindString:
		list = []string{r.text(name)}
	case json.Unmarshal(r.claims[name], &list) != nil:
		r.bad = true
	}
	return list
}

// role is the one role of ours that the claim names; others in it are some other program's.
func (r *claimReader) role() string {
	var found string
	for _, name := range r.list(r.names["role"]) {
		if roleOf(name) == roleNobody {
			continue
		}
		if found != "" {
			r.bad = true
		}
		found = name
	}
	return found
}

// latestTokenTime bounds the instants of tokens, in Unix seconds: the year 2200.
const latestTokenTime = 7258118400

// instant reads a claim that is a number of seconds since 1970.
func (r *claimReader) instant(name string) (time.Time, bool) {
	if !r.has(name) {
		return time.Time{}, false
	}
	var seconds float64
	if json.Unmarshal(r.claims[name], &seconds) != nil || !(seconds >= 0 && seconds < latestTokenTime) {
		r.bad = true
		return time.Time{}, false
	}
	return time.Unix(int64(seconds), 0), true
}

// ofTokenForm reports whether a credential has the form of a token.
func ofTokenForm(credential []byte) bool { return bytes.Count(credential, []byte{'.'}) == 2 }
