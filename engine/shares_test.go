package engine

import (
	"fmt"
	"testing"

	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// TestKeysAreShared: where there are several tenants none takes all the room for idempotency keys.
func TestKeysAreShared(t *testing.T) {
	t.Parallel()
	s := guardedState(t)
	l := limits{holdsPerPrincipal: 10, keys: 16}
	give := func(tenant, key string) (Status, error) {
		var c codec
		var m matcher.Searcher
		cmd := Command{Actor: Actor{Tenant: tenant, Principal: "p", Role: RoleCoordinator}, Key: key, Fingerprint: Fingerprint{1}, Payload: RecordAnswer{Body: []byte("x")}}
		done, err := s.step(&cmd, testNow, l, &c, &m)
		return done.outcome.Status, err
	}
	taken := func(tenant string) (n int) {
		for i := range 40 {
			if status, err := give(tenant, fmt.Sprint(tenant, i)); err == nil && status == StatusOK {
				n++
			}
		}
		return n
	}
	had, others := s.keyShares.of("acme").keys, s.keys.len()-s.keyShares.of("acme").keys
	if n := had + taken("acme"); n != 12 {
		t.Errorf("one tenant has %d of 16", n)
	}
	if n := taken("zenith"); n != 4-others || n == 0 {
		t.Errorf("the other one gets %d", n)
	}
	if err := s.check(); err != nil {
		t.Fatal(err)
	}
	if got := s.keyShares.of("acme"); got.keys != 12 || s.keyShares.of("zenith").keys == 0 {
		t.Errorf("%+v", s.keyShares)
	}
	s.now += KeyRetention + slots.Hour
	for len(s.keyShares) > 0 {
		if err := s.expire(); err != nil {
			t.Fatal(err)
		}
	}
	s.keyShares = s.keyShares.with("acme", 1, 0)
	if err := s.check(); err == nil {
		t.Error("a share of nothing is not found")
	}
}

// TestAShareComesBack: a tenant that has its share, and whose keys have ended, goes on, though nobody else writes;
// not before they have ended, and not over its share.
func TestAShareComesBack(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name        string
		keys        int // the limit
		answer      int // bytes of each answer
		most        int // keys of one tenant
		othersFirst int // keys of others that end before
	}{
		{"keys", 16, 1, 12, 0},
		{"bytes of answers", 1 << 20, MaxAnswerBytes, MaxAnswersBytes / MaxAnswerBytes * 3 / 4, 0},
		{"behind those of others", 400, 1, 300, keysPerEntry + 30},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newState()
			if err := s.putTenant(&Tenant{ID: "acme", Version: 1}); err != nil {
				t.Fatal(err)
			}
			body, n := make([]byte, c.answer), 0
			give := func(tenant string, now slots.Instant) bool {
				n++
				cmd := Command{Actor: Actor{Tenant: tenant, Principal: "p"}, Key: fmt.Sprint(n), Payload: RecordAnswer{Body: body}}
				done, err := s.step(&cmd, now, limits{keys: c.keys}, new(codec), nil)
				return err == nil && done.outcome.Status == StatusOK
			}
			for range c.othersFirst {
				if !give("zenith", testNow) {
					t.Fatal("no room for the others")
				}
			}
			taken := 0
			for give("acme", testNow+1) {
				taken++
			}
			if taken != c.most {
				t.Fatalf("one tenant has %d, want %d", taken, c.most)
			}
			if give("acme", testNow+KeyRetention-1) {
				t.Fatal("more than its share before a key has ended")
			}
			for taken = 0; taken < c.most+c.othersFirst/keysPerEntry && give("acme", testNow+KeyRetention+1); {
				taken++
			}
			if own := s.keyShares.of("acme"); taken < c.most || own.keys > c.most+c.othersFirst/keysPerEntry || s.check() != nil {
				t.Fatalf("%d taken when all had ended, %d there: %v", taken, own.keys, s.check())
			}
		})
	}
}
