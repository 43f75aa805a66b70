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
