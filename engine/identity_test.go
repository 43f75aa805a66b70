package engine

import (
	"bufio"
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// guardedState is sampleState with tenants and keys.
func guardedState(t testing.TB) *state {
	t.Helper()
	s := sampleState(t)
	for i, id := range []string{"k-1", "k-2", "k-3", "z-1"} {
		tenant := map[bool]string{true: "zenith", false: "acme"}[id == "z-1"]
		e := &entry{seq: s.seq + 1, now: testNow, actor: Actor{Tenant: "acme", Principal: "root"}, kind: KindCreateKey, effects: []effect{
			&putTenant{&Tenant{ID: tenant, Version: uint64(i + 1)}},
			&putAPIKey{&APIKey{Tenant: tenant, ID: id, Hash: [32]byte{byte(i + 1)}, Role: RoleAuditor, Principal: "p-" + id[2:], ExpiresAt: testNow + 600}},
		}}
		if err := s.apply(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.check(); err != nil {
		t.Fatal(err)
	}
	return s
}

// TestAccessIsState writes tenants and keys in a checkpoint and reads them, and
// states of earlier builds in their own version.
func TestAccessIsState(t *testing.T) {
	t.Parallel()
	s := guardedState(t)
	record := encoded(t, s)
	again, err := readState(bufio.NewReader(bytes.NewReader(record)))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(encoded(t, again), record) || again.accessSeq != s.seq {
		t.Fatalf("written otherwise after reading, access at %d", again.accessSeq)
	}
	if err := again.check(); err != nil {
		t.Fatal(err)
	}
	for n := range record {
		if _, err := readState(bufio.NewReader(bytes.NewReader(record[:n]))); err == nil {
			t.Fatalf("read %d of %d bytes", n, len(record))
		}
	}
	for want, x := range map[uint8]*state{1: sampleState(t), 2: waitingState(t), 3: s} {
		if x.least() != want {
			t.Errorf("version %d, want %d", x.least(), want)
		}
	}
}

// TestCheckFindsAccess spoils each index of the keys.
func TestCheckFindsAccess(t *testing.T) {
	t.Parallel()
	f := func(want string, spoil func(*state)) {
		t.Helper()
		s := guardedState(t)
		spoil(s)
		if err := s.check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Fatalf("got %v, want %q", err, want)
		}
	}
	f("keys by id", func(s *state) { s.keyTenant.drop(indexed{key: "k-1", id: "acme"}) })
	f("keys by principal", func(s *state) { s.keysOf.add(indexed{tenant: "acme", key: "p-9", id: "k-1"}) })
	f("counts of keys", func(s *state) { s.countKeys("acme", 1) })
	f("counts of keys", func(s *state) { s.countKeys("acme", -3) })
	f("counts of keys", func(s *state) { s.keyCounts.put("nobody", "", new(int)) })
	f("has no secret", func(s *state) { s.apiKeys.put("acme", "k-1", &APIKey{Tenant: "acme", ID: "k-1", Principal: "p-1"}) })
}

// TestCountsOfKeysEnd: a tenant whose last key is gone is counted no more.
func TestCountsOfKeysEnd(t *testing.T) {
	t.Parallel()
	s := guardedState(t)
	if err := s.dropAPIKey("zenith", "z-1"); err != nil {
		t.Fatal(err)
	}
	if _, counted := s.keyCounts.get("zenith", ""); counted || s.tenantKeys("zenith") != 0 {
		t.Fatal("a count of no keys is kept")
	}
	if err := s.checkAccess(); err != nil {
		t.Fatal(err)
	}
}

// TestContradictionsOfAccess applies effects that this engine would never write.
func TestContradictionsOfAccess(t *testing.T) {
	t.Parallel()
	f := func(want string, x effect) {
		t.Helper()
		s := guardedState(t)
		e := &entry{seq: s.seq + 1, now: testNow, actor: Actor{Tenant: "acme"}, kind: KindCreateKey, effects: []effect{x}}
		if err := s.apply(e); err == nil || !strings.Contains(err.Error(), want) {
			t.Fatalf("got %v, want %q", err, want)
		}
	}
	f("no secret", &putAPIKey{&APIKey{Tenant: "acme", ID: "k-9", Principal: "p"}})
	f("to another", &putAPIKey{&APIKey{Tenant: "acme", ID: "k-1", Principal: "p", Hash: [32]byte{1}}})
	f("of acme already", &putAPIKey{&APIKey{Tenant: "zenith", ID: "k-1", Principal: "p-1", Hash: [32]byte{1}}})
	f("no key k-9", &dropAPIKey{tenant: "acme", id: "k-9"})
}

// TestKeptKeys gives one principal many keys, one after the other: those that
// ended first make room, and a tenant that is full takes none of others.
func TestKeptKeys(t *testing.T) {
	t.Parallel()
	s := newState()
	for i := range 3 * MaxKeptKeys {
		j := judging{s: s, actor: Actor{Tenant: "acme", Principal: "root"}, now: testNow + slots.Instant(i)}
		d := j.decide(CreateKey{ID: fmt.Sprintf("k-%03d", i), Hash: [32]byte{1}, Role: RoleAuditor, Principal: "p", ExpiresAt: j.now + 2})
		if d.outcome.Status != StatusOK {
			t.Fatalf("key %d: %s %s", i, d.outcome.Status, d.outcome.Detail)
		}
		e := s.newEntry(&Command{Actor: j.actor, Payload: CreateKey{}}, j.now, d)
		if err := s.apply(e); err != nil {
			t.Fatal(err)
		}
	}
	var ids []string
	s.apiKeys.each(func(k *APIKey) bool { ids = append(ids, k.ID); return true })
	if len(ids) != MaxKeptKeys || ids[0] != fmt.Sprintf("k-%03d", 2*MaxKeptKeys) {
		t.Fatalf("kept %v", ids)
	}
	s.countKeys("acme", MaxKeys-MaxKeptKeys)
	j := judging{s: s, actor: Actor{Tenant: "acme", Principal: "root"}, now: testNow + 1000}
	c := CreateKey{ID: "new", Hash: [32]byte{1}, Role: RoleAuditor, Principal: "q", ExpiresAt: j.now + 1}
	if d := j.decide(c); d.outcome.Status != StatusTooManyKeys || d.outcome.Detail != "tenant" {
		t.Fatalf("%s %s", d.outcome.Status, d.outcome.Detail)
	}
	c.Principal = "p"
	if d := j.decide(c); d.outcome.Status != StatusOK {
		t.Fatal("a principal with room of its own is turned away")
	}
}

// TestScope compares what a scope shows with what a dumb twin says of each entity,
// and that lists show no more.
func TestScope(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		next := drawn(t)
		pick := func(list ...string) string { return list[next(uint64(len(list)))] }
		s := newState()
		put := func(err error) {
			if err != nil {
				t.Fatal(err)
			}
		}
		for i := range 6 {
			c := &Case{Case: matcher.Case{Tenant: "acme", ID: fmt.Sprint("c-", i)}, Version: 1, AuthorizationNumber: "auth"}
			for _, p := range []*matcher.Provider{&c.Requesting, &c.Ordering, &c.Rendering} {
				*p = matcher.Provider{Present: next(2) == 1, NPI: pick("1", "2", "3")}
			}
			put(s.putCase(c))
		}
		for _, id := range []string{"rev-1", "rev-2"} {
			put(s.putReviewer(sampleReviewer("acme", id, s.nextRef)))
		}
		for i := range 5 {
			at := testNow + slots.Instant(3600*i)
			put(s.putAppointment(&Appointment{
				Tenant: "acme", ID: fmt.Sprint("a-", i), CaseIDs: []string{fmt.Sprint("c-", i), fmt.Sprint("c-", i+1)}[:1+next(2)], ReviewerID: pick("rev-1", "rev-2"),
				Span: slots.Interval{Start: at, End: at + 900}, Busy: slots.Interval{Start: at, End: at + 900},
				Status: Completed, CreatedBy: pick("alice", "bob"), Version: 1,
			}))
		}
		x := &Scope{Principal: "alice", NPIs: []string{pick("1", "2"), "3"}[:1+next(2)]}
		if next(2) == 1 {
			x = &Scope{ReviewerID: "rev-1", Principal: "rev"}
		}
		seen := (&Snapshot{state: s}).Within(x)
		want := twinOfScope(s, x)
		got := map[string]bool{}
		s.cases.each(func(c *Case) bool { _, got[c.ID] = seen.Case("acme", c.ID); return true })
		s.appointments.each(func(a *Appointment) bool { _, got[a.ID] = seen.Appointment("acme", a.ID); return true })
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("%+v: sees %v, want %v", x, got, want)
		}
		listed := map[string]bool{}
		note := func(a *Appointment) bool { listed[a.ID] = true; return true }
		seen.Mine("acme", "alice", Position{}, note)
		for id, visible := range want {
			if strings.HasPrefix(id, "a-") && listed[id] != visible {
				t.Fatalf("%+v: %s is listed %v, want %v", x, id, listed[id], visible)
			}
		}
		seen.ByReviewer("acme", "rev-1", Position{}, note)
		seen.ByReviewer("acme", "rev-2", Position{}, note)
		seen.ByCase("acme", "c-1", Position{}, note)
		for _, a := range seen.Agenda("acme", "rev-2", slots.NewSet(slots.Interval{Start: testNow, End: testNow + 86400})) {
			note(a)
		}
		for _, c := range seen.CasesByAuthorization("acme", "auth") {
			listed[c.ID] = true
		}
		for id := range listed {
			if !want[id] {
				t.Fatalf("%+v: %s is listed", x, id)
			}
		}
		if seen.Within(nil) != seen || (&Snapshot{state: s}).Within(nil).scope != nil {
			t.Fatal("no scope narrows")
		}
	})
}

// TestScopeOfReviewers: a list of reviewers from any id on has those that the scope shows.
func TestScopeOfReviewers(t *testing.T) {
	t.Parallel()
	s := newState()
	ids := []string{"rev-1", "rev-2", "rev-3"}
	for _, id := range ids {
		if err := s.putReviewer(sampleReviewer("acme", id, s.nextRef)); err != nil {
			t.Fatal(err)
		}
	}
	for _, x := range []*Scope{nil, {Principal: "alice", NPIs: []string{"1"}}, {ReviewerID: "rev-2"}, {ReviewerID: "rev-9"}} {
		seen := (&Snapshot{state: s}).Within(x)
		for _, from := range append(ids, "", "rev-4") {
			var listed, want []string
			seen.Reviewers("acme", from, func(r *Reviewer) bool { listed = append(listed, r.ID); return true })
			for _, id := range ids {
				if _, visible := seen.Reviewer("acme", id); visible && id >= from {
					want = append(want, id)
				}
			}
			if !slices.Equal(listed, want) {
				t.Errorf("%+v from %q: %v, want %v", x, from, listed, want)
			}
		}
	}
}

// TestCallbacksInSteps walks requests of which the one who looks may see few: each reading looks at so many and says how
// far it came.
func TestCallbacksInSteps(t *testing.T) {
	t.Parallel()
	s := newState()
	const last = MaxCallbackScan + 2
	for i := range last + 1 {
		r := &CallbackRequest{Tenant: "acme", ID: fmt.Sprintf("%05d", i), CreatedBy: "bob", CaseIDs: []string{"none"}}
		if i == last {
			r.CreatedBy = "alice"
		}
		s.callbacks.put("acme", r.ID, r)
	}
	seen := (&Snapshot{state: s}).Within(&Scope{Principal: "alice"})
	var ids []string
	note := func(r *CallbackRequest) bool { ids = append(ids, r.ID); return true }
	at := seen.Callbacks("acme", "", note)
	if want := fmt.Sprintf("%05d", MaxCallbackScan-1); at != want || ids != nil {
		t.Fatalf("stopped at %s with %v, want %s", at, ids, want)
	}
	if at = seen.Callbacks("acme", at, note); at != "" || len(ids) != 1 {
		t.Fatalf("stopped at %q with %v", at, ids)
	}
	if at := (&Snapshot{state: s}).Callbacks("acme", "", func(*CallbackRequest) bool { return false }); at != "" {
		t.Fatalf("stopped at %q by who looks", at)
	}
}

// twinOfScope says of every case and appointment whether a scope shows it.
func twinOfScope(s *state, x *Scope) map[string]bool {
	seen := map[string]bool{}
	mine := func(p matcher.Provider) bool { return p.Present && slices.Contains(x.NPIs, p.NPI) }
	s.cases.each(func(c *Case) bool {
		seen[c.ID] = x.ReviewerID == "" && (mine(c.Requesting) || mine(c.Ordering))
		return true
	})
	s.appointments.each(func(a *Appointment) bool {
		if x.ReviewerID != "" {
			seen[a.ID] = a.ReviewerID == x.ReviewerID
			for _, id := range a.CaseIDs {
				seen[id] = seen[id] || seen[a.ID]
			}
			return true
		}
		all := true
		for _, id := range a.CaseIDs {
			all = all && seen[id]
		}
		seen[a.ID] = all || a.CreatedBy == x.Principal
		return true
	})
	return seen
}
