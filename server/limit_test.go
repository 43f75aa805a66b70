package server

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parleyhq/parley/engine"
)

// unlimited is for tests that ask more than anybody may.
var unlimited = Rates{Principal: -1, Tenant: -1, Address: -1, Failures: -1}

// TestBucketEdges: a full bucket holds the tokens of the window, and one comes back at its very nanosecond.
func TestBucketEdges(t *testing.T) {
	t.Parallel()
	b := newBuckets(4, 2*time.Second) // 8 tokens, one each 250 ms
	who, now := []byte("tenant\x00one"), int64(7_000_000_000)
	const every = int64(250 * time.Millisecond)
	for i := range int64(8) {
		if got := b.take(who, now); !got.ok || got.left != 7-i || got.full != (i+1)*every {
			t.Fatalf("token %d: %+v", i, got)
		}
	}
	for _, at := range []int64{now, now + 1, now + every - 1} {
		if got := b.take(who, at); got.ok || got.wait != now+every-at {
			t.Fatalf("at %d: %+v, want a wait of %d", at-now, got, now+every-at)
		}
	}
	if got := b.peek(who, now+every); !got.ok {
		t.Fatalf("peek: %+v", got)
	}
	if got := b.take(who, now+every); !got.ok || got.left != 0 {
		t.Fatalf("%+v", got)
	}
	if got := b.take(who, now+every); got.ok {
		t.Fatalf("a token came twice: %+v", got)
	}
	if got := b.take(who, now+every-1); got.ok { // a clock that goes back gives nothing
		t.Fatalf("%+v", got)
	}
	if got := b.take(who, now+9*every); !got.ok || got.left != 7 {
		t.Fatalf("a bucket that is full again: %+v", got)
	}
	if got := b.take([]byte("tenant\x00two"), now); !got.ok || got.left != 7 {
		t.Fatalf("somebody else: %+v", got)
	}
	var none *buckets
	if !none.take(who, now).ok || newBuckets(0, time.Second) != nil {
		t.Fatal("no limit")
	}
}

// naiveBucket is a bucket of one name, in floating point, that remembers its tokens.
type naiveBucket struct {
	tokens float64
	at     int64
}

// TestBucketsNeverGiveMore compares with a bucket for each name while thousands of names ask: nobody ever gets more, also after all memory was
// used many times over, and in a table that is not full nobody gets less.
func TestBucketsNeverGiveMore(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	rnd := rand.New(rand.NewPCG(seed, 1))
	const rate, window = 10, 2 * time.Second
	run := func(names, steps int) (less int) {
		b, twins, now := newBuckets(rate, window), map[string]*naiveBucket{}, int64(0)
		for range steps {
			now += rnd.Int64N(2_000_000)
			name := fmt.Sprint("name-", rnd.IntN(names))
			if rnd.IntN(3) == 0 {
				name = "abuser"
			}
			twin := twins[name]
			if twin == nil {
				twin = &naiveBucket{tokens: rate * window.Seconds(), at: now}
				twins[name] = twin
			}
			twin.tokens = min(rate*window.Seconds(), twin.tokens+rate*float64(now-twin.at)/1e9)
			twin.at = now
			got := b.take([]byte(name), now).ok
			switch {
			case got && twin.tokens < 1-1e-6:
				t.Fatalf("seed %d: %s got a token that it does not have (%g)", seed, name, twin.tokens)
			case got:
				twin.tokens--
			case twin.tokens >= 1+1e-6:
				less++
			}
		}
		return less
	}
	if less := run(300, 60_000); less != 0 {
		t.Errorf("seed %d: %d of few names were refused for others", seed, less)
	}
	run(400_000, 200_000) // many times what the table has cells for
}

// TestBucketsTogether: of tokens that many take at once none is given twice.
func TestBucketsTogether(t *testing.T) {
	t.Parallel()
	b := newBuckets(100, 2*time.Second)
	var all sync.WaitGroup
	got := make([]int, 8)
	for i := range got {
		all.Go(func() {
			for range 200 {
				if b.take([]byte("one"), 5).ok {
					got[i]++
				}
			}
		})
	}
	all.Wait()
	sum := 0
	for _, n := range got {
		sum += n
	}
	if sum != 200 {
		t.Errorf("%d tokens of 200", sum)
	}
}

func TestLookingAtBucketsIsFree(t *testing.T) {
	b, l := newBuckets(1e9, time.Second), newLimiter(Rates{}, true)
	name := []byte("tenant\x00principal")
	peer := &net.TCPAddr{IP: net.IPv4(10, 1, 2, 3), Port: 5}
	if n := allocations(func() { b.take(name, 1); l.origin(peer, nil) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestOrigin: who is behind a proxy is told by the proxy alone.
func TestOrigin(t *testing.T) {
	t.Parallel()
	direct, proxied := newLimiter(Rates{}, false), newLimiter(Rates{}, true)
	peer := &net.TCPAddr{IP: net.ParseIP("192.0.2.1"), Port: 1}
	name := func(l *limiter, forwarded string) [16]byte { return l.origin(peer, []byte(forwarded)) }
	plain := name(&direct, "")
	for _, spoofed := range []string{"203.0.113.9", "203.0.113.9, 198.51.100.1"} {
		if name(&direct, spoofed) != plain {
			t.Errorf("%q moves a client that is not behind a proxy", spoofed)
		}
	}
	if name(&proxied, "6.6.6.6, 198.51.100.1") != name(&proxied, "198.51.100.1") || name(&proxied, "198.51.100.1") == plain {
		t.Error("the last item is the proxy's")
	}
	for _, odd := range []string{"", "unknown", "198.51.100.1, ", "198.51.100.1:80", strings.Repeat("9", 400)} {
		if name(&proxied, odd) != plain {
			t.Errorf("%q is no address", odd)
		}
	}
	if name(&proxied, "2001:db8:1:2::1") != name(&proxied, "2001:db8:1:2:ffff::9") || name(&proxied, "2001:db8:1:2::1") == name(&proxied, "2001:db8:1:3::1") {
		t.Error("an address of version 6 is its first 64 bits")
	}
	if name(&proxied, "::ffff:198.51.100.1") != name(&proxied, "198.51.100.1") || name(&proxied, "fe80::1%eth0") != name(&proxied, "fe80::2") {
		t.Error("mapped and zoned addresses")
	}
}

// limits gives a world's server limits by a clock of the test's own.
func (w *world) limits(r Rates, proxied bool) *int64 {
	now := new(int64)
	w.server.limit = newLimiter(r, proxied)
	w.server.limit.now = func() int64 { return *now }
	return now
}

// TestRateLimits: one who asks too much is told so, and nobody else notices.
func TestRateLimits(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	one := w.key("one", engine.CreateKey{Role: engine.RoleCoordinator})
	two := w.key("two", engine.CreateKey{Role: engine.RoleCoordinator})
	now := w.limits(Rates{Principal: 1.5, Tenant: -1, Address: -1, Failures: -1}, false)
	first := w.as(one, "GET", "/v1/me", "").is(200, "")
	if first.header.Get("RateLimit-Policy") != `"principal";q=3;w=2` || first.header.Get("RateLimit") != `"principal";r=2;t=1` {
		t.Errorf("headers %v", first.header)
	}
	w.as(one, "GET", "/v1/keys", "").is(403, codeForbidden) // what is refused costs as much
	w.as(one, "POST", "/v1/search", "{").is(400, "")
	got := w.as(one, "GET", "/v1/me", "").is(429, codeRateLimited)
	if got.header.Get("Retry-After") != "1" || got.header.Get("RateLimit") != `"principal";r=0;t=2` {
		t.Errorf("headers %v", got.header)
	}
	w.as(two, "GET", "/v1/me", "").is(200, "")
	w.as(one, "GET", "/healthz", "").is(200, "")
	*now += int64(time.Second)*2/3 + 1
	w.as(one, "GET", "/v1/me", "").is(200, "")
	w.as(one, "POST", "/v1/appointments/none/cancel", `{"reason":"r","by":"payer"}`).is(429, codeRateLimited)
	w.limits(unlimited, false)
	root := w.key("root", engine.CreateKey{Role: engine.RoleOperator})
	if got := w.as(root, "GET", "/metrics", ""); !strings.Contains(string(got.body), `parley_limited_total{limit="principal"} 2`) {
		t.Error("two were to be counted")
	}
}

// TestTenantLimit: what many principals of a tenant ask is bounded, but for what gives time back; another tenant does not notice.
func TestTenantLimit(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	w.command("test", engine.PutTenant{Tenant: engine.Tenant{ID: "other"}})
	other := w.key("other", engine.CreateKey{Role: engine.RoleCoordinator, Tenant: "other"})
	var ours []string
	for i := range 5 {
		ours = append(ours, w.key(fmt.Sprint("k", i), engine.CreateKey{Role: engine.RoleCoordinator}))
	}
	w.limits(Rates{Principal: 100, Tenant: 2, Address: -1, Failures: -1}, false)
	for _, k := range ours[:4] {
		w.as(k, "GET", "/v1/me", "").is(200, "")
	}
	got := w.as(ours[4], "GET", "/v1/me", "").is(429, codeRateLimited)
	if !strings.HasPrefix(got.header.Get("RateLimit"), `"tenant";r=0`) {
		t.Errorf("headers %v", got.header)
	}
	w.as(ours[4], "POST", "/v1/appointments/none/cancel", `{"reason":"r","by":"payer"}`).is(404, "")
	w.as(other, "GET", "/v1/me", "").is(200, "")
}

// TestFailureLimit: who guesses is told to wait, good keys from the same address are taken, and no further token is checked.
func TestFailureLimit(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	good := w.key("good", engine.CreateKey{Role: engine.RoleCoordinator})
	now := w.limits(Rates{Principal: -1, Tenant: -1, Address: 1, Failures: 1}, false)
	w.as("parley_good_wrong", "GET", "/v1/me", "").is(401, codeUnauthenticated)
	w.as("", "GET", "/v1/me", "").is(401, codeUnauthenticated)
	got := w.as("parley_good_wrong", "GET", "/v1/me", "").is(429, codeRateLimited)
	if got.header.Get("Www-Authenticate") != "" || got.header.Get("Retry-After") != "1" {
		t.Errorf("headers %v", got.header)
	}
	if r := w.wantRecord(got, "test", engine.AccessFailed); r.KeyID != "good" || r.Code != codeRateLimited {
		t.Errorf("recorded %+v", r)
	}
	w.command("test", engine.PutTenant{Tenant: engine.Tenant{ID: "other"}})
	w.key("theirs", engine.CreateKey{Tenant: "other", Role: engine.RoleAuditor})
	got = w.as("parley_theirs_wrong", "GET", "/v1/me", "").is(429, codeRateLimited)
	if r := w.wantRecord(got, "other", engine.AccessFailed); r.KeyID != "theirs" || r.Principal != "" {
		t.Errorf("recorded %+v", r)
	}
	got = w.as("parley_none_wrong", "GET", "/v1/me", "").is(429, codeRateLimited)
	if r := w.wantRecord(got, "test", engine.AccessFailed); r.KeyID != "" {
		t.Errorf("recorded %+v", r)
	}
	w.as(good, "GET", "/v1/me", "").is(200, "")
	if w.trusts(127, 0, 0, 1) || !w.trusts(127, 0, 0, 2) {
		t.Error("tokens are checked by the address that they come from")
	}
	w.as("", "GET", "/docs", "").is(200, "")
	w.as("", "GET", "/docs", "").is(200, "")
	w.as("", "GET", "/docs", "").is(429, codeRateLimited)
	w.as(good, "GET", "/docs", "").is(200, "")
	*now += int64(time.Second)
	w.as("parley_good_wrong", "GET", "/v1/me", "").is(401, codeUnauthenticated)
}

// trusts reports whether an address may have another token checked.
func (w *world) trusts(a, b, c, d byte) bool {
	return w.server.limit.trusts(w.server.limit.origin(&net.TCPAddr{IP: net.IPv4(a, b, c, d)}, nil))
}

// TestFailuresWhereAllMayAsk: a credential that is not taken costs a failure and is recorded also where nobody needs one, and the answer
// is what it would be without.
func TestFailuresWhereAllMayAsk(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	w.key("good", engine.CreateKey{Role: engine.RoleCoordinator})
	w.limits(Rates{Principal: -1, Tenant: -1, Address: 3, Failures: 1}, false)
	for _, path := range []string{"/healthz", "/docs"} {
		if !w.trusts(127, 0, 0, 1) {
			t.Fatalf("%s: no token may be checked", path)
		}
		got := w.wantRecord(w.as("a.b.c", "GET", path, "").is(200, ""), "test", engine.AccessFailed)
		if got.Code != codeUnauthenticated || got.Principal != "" {
			t.Errorf("recorded %+v", got)
		}
	}
	if w.trusts(127, 0, 0, 1) {
		t.Error("two failures were not charged")
	}
	for range 5 {
		w.as("a.b.c", "GET", "/healthz", "").is(200, "")
	}
	w.as("", "GET", "/v1/me", "").is(429, codeRateLimited)
	long := `{"x":"` + strings.Repeat("x", 3*eagerBodyBytes) + `"}`
	nowhere := [16]byte{}
	for range 2 {
		if !w.server.limit.trusts(nowhere) {
			t.Fatal("no token may be checked before its body")
		}
		w.own = true
		w.do("GET", "/healthz", long, "Authorization", "Bearer a.b.c")
	}
	if w.server.limit.trusts(nowhere) {
		t.Error("what is checked before a long body was not charged")
	}
}

// TestRefusedExpectIsCharged: who is refused before the body was sent pays as everybody else does.
func TestRefusedExpectIsCharged(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	author := w.key("author", engine.CreateKey{Role: engine.RoleRulesAuthor})
	desk := w.key("desk", engine.CreateKey{Role: engine.RoleCoordinator})
	w.limits(Rates{Principal: 1, Tenant: -1, Address: -1, Failures: 1}, false)
	ask := func(key, media string, want ...int) {
		t.Helper()
		w.own = true
		for i, status := range want {
			if got := w.do("POST", "/v1/search", "{", "Expect", "100-continue", "Authorization", "Bearer "+key, "Content-Type", media); got.status != status {
				t.Errorf("request %d: %d %s, want %d", i, got.status, got.body, status)
			}
		}
	}
	ask("a.b.c", typeJSON, 401, 401, 429)
	ask(author, typeJSON, 403, 403, 429)
	ask(desk, "text/plain", 415, 415, 429)
	w.limits(unlimited, false)
	root := w.key("root", engine.CreateKey{Role: engine.RoleOperator})
	metrics := string(w.as(root, "GET", "/metrics", "").body)
	for _, count := range []string{`{limit="principal"} 2`, `{limit="failures"} 1`} {
		if !strings.Contains(metrics, "parley_limited_total"+count+"\n") {
			t.Errorf("what was refused was not counted: %s", count)
		}
	}
}

// TestTokensAreNotChecked where too many were bad: to check one costs a signature.
func TestTokensAreNotChecked(t *testing.T) {
	t.Parallel()
	checked := false
	tk := &tokens{wall: time.Now, seen: map[[32]byte]*tokenCaller{}}
	w := newDeck(t)
	if tk.caller(w.engine.Snapshot(), []byte("a.b.c"), func() bool { checked = true; return false }) != nil || !checked {
		t.Error("a token was looked at")
	}
}

// TestLocalHasNoLimit: the one principal of a server without credentials.
func TestLocalHasNoLimit(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	w.limits(Rates{Principal: 1, Tenant: 1, Address: 1, Failures: 1}, false)
	for range 20 {
		if got := w.get("/v1/me").is(200, ""); got.header.Get("RateLimit") != "" {
			t.Fatal(got.header)
		}
	}
}

// TestExpectIsChargedOnce: a request that waits for leave to send its body is looked at twice and charged once.
func TestExpectIsChargedOnce(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	desk := w.key("desk", engine.CreateKey{Role: engine.RoleCoordinator})
	w.limits(Rates{Principal: 1, Tenant: -1, Address: -1, Failures: -1}, false)
	for _, want := range []int{http.StatusBadRequest, http.StatusBadRequest, http.StatusTooManyRequests} {
		got := w.do("POST", "/v1/search", "{", "Expect", "100-continue", "Authorization", "Bearer "+desk)
		if got.status != want {
			t.Fatalf("%d, want %d", got.status, want)
		}
	}
}

// TestLongBodiesOfTheLimited are not read.
func TestLongBodiesOfTheLimited(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	desk := w.key("desk", engine.CreateKey{Role: engine.RoleCoordinator})
	w.limits(Rates{Principal: 0.5, Tenant: -1, Address: -1, Failures: -1}, false)
	w.as(desk, "GET", "/v1/me", "").is(200, "")
	w.as(desk, "POST", "/v1/search", `{"x":"`+strings.Repeat("x", 3*eagerBodyBytes)+`"}`).is(429, codeRateLimited)
}
