package engine

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"strings"
	"testing"

	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

const testNow = slots.Instant(1795446000)

// sampleState has two of everything, from two tenants; rules are not needed to
// apply.
func sampleState(t testing.TB) *state {
	t.Helper()
	s := newState()
	for _, tenant := range []string{"acme", "zenith"} {
		apply := func(kind Kind, key string, effects ...effect) {
			t.Helper()
			e := &entry{seq: s.seq + 1, now: testNow, actor: Actor{Tenant: tenant, Principal: "alice"}, kind: kind, key: key, effects: effects}
			if key != "" {
				e.effects = append(e.effects, &rememberKey{expiresAt: testNow + KeyRetention})
			}
			record, err := e.encode()
			if err != nil {
				t.Fatal(err)
			}
			if e, err = decodeEntry(record); err != nil {
				t.Fatal(err)
			}
			if err := s.apply(e); err != nil {
				t.Fatal(err)
			}
		}
		for _, id := range []string{"rev-1", "rev-2"} {
			apply(KindPutReviewer, "", &putReviewer{sampleReviewer(tenant, id, s.nextRef)})
		}
		for _, id := range []string{"case-1", "case-2", "case-3"} {
			apply(KindPutCase, "", &putCase{&Case{
				Case:                matcher.Case{Tenant: tenant, ID: id, Requesting: matcher.Provider{Present: true, NPI: "npi-" + id}},
				AuthorizationNumber: "auth-1", MemberID: Digest{1}, Version: 1,
			}})
		}
		ref := s.nextRef - 1
		apply(KindHold, "k-1", &askCase{"case-1"}, &putHold{&Hold{
			Tenant: tenant, ID: "hold-1", CaseIDs: []string{"case-1"}, ReviewerID: "rev-2", Reviewer: ref, Principal: "alice",
			Span: slots.Interval{Start: testNow, End: testNow + 900}, Busy: slots.Interval{Start: testNow - 60, End: testNow + 960},
			ExpiresAt: testNow + 300,
		}})
		apply(KindBook, "k-2", &putAppointment{&Appointment{
			Tenant: tenant, ID: "apt-1", CaseIDs: []string{"case-2", "case-3"}, ReviewerID: "rev-2", Reviewer: ref,
			Span: slots.Interval{Start: testNow + 1800, End: testNow + 2700}, Busy: slots.Interval{Start: testNow + 1800, End: testNow + 2700},
			Status: Booked, CreatedBy: "alice", Version: 1,
		}})
		apply(KindPutProfile, "", &putProfile{&Profile{Tenant: tenant, Principal: "alice", Version: 1}})
	}
	if err := s.check(); err != nil {
		t.Fatal(err)
	}
	return s
}

func sampleReviewer(tenant, id string, ref slots.ReviewerRef) *Reviewer {
	return &Reviewer{
		Reviewer: matcher.Reviewer{Tenant: tenant, ID: id, Ref: ref, Zone: slots.UTC(), Active: true},
		ZoneName: "UTC", Version: 1,
	}
}

func encoded(t testing.TB, s *state) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := s.writeTo(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestStateRoundTrip(t *testing.T) {
	t.Parallel()
	s := sampleState(t)
	record := encoded(t, s)
	again, err := readState(bufio.NewReader(bytes.NewReader(record)))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(encoded(t, again), record) {
		t.Fatal("written otherwise after reading")
	}
	if err := again.check(); err != nil {
		t.Fatal(err)
	}
	for n := range record {
		if _, err := readState(bufio.NewReader(bytes.NewReader(record[:n]))); err == nil {
			t.Fatalf("read %d of %d bytes", n, len(record))
		}
	}
}

func FuzzDecodeCheckpoint(f *testing.F) {
	f.Add(encoded(f, newState()))
	f.Add(encoded(f, sampleState(f)))
	f.Add(encoded(f, waitingState(f)))
	f.Add(encoded(f, guardedState(f)))
	f.Fuzz(func(t *testing.T, record []byte) {
		in := bytes.NewReader(record)
		buffered := bufio.NewReader(in)
		s, err := readState(buffered)
		if err != nil {
			return
		}
		read := len(record) - in.Len() - buffered.Buffered()
		if again := encoded(t, s); !bytes.Equal(again, record[:read]) {
			t.Fatalf("read %x, wrote %x", record[:read], again)
		}
	})
}

// TestCheckFinds breaks one part of a state after the other.
func TestCheckFinds(t *testing.T) {
	t.Parallel()
	f := func(want string, damage func(*state)) {
		t.Helper()
		s := sampleState(t)
		damage(s)
		if err := s.check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Fatalf("got %v, want %q", err, want)
		}
	}
	hold := func(s *state, id, caseID string, at slots.Instant) *Hold {
		return &Hold{
			Tenant: "acme", ID: id, CaseIDs: []string{caseID}, ReviewerID: "rev-2", Reviewer: 2, Principal: "bob",
			Span: slots.Interval{Start: at, End: at + 900}, Busy: slots.Interval{Start: at, End: at + 900}, ExpiresAt: s.now + 300,
		}
	}
	first := func(x index) indexed { return *x.tree.first() }
	f("overlap", func(s *state) { s.holds.put("acme", "hold-2", hold(s, "hold-2", "case-9", s.now+600)) })
	f("has calls", func(s *state) { s.holds.put("acme", "hold-2", hold(s, "hold-2", "case-1", s.now+9000)) })
	f("not there", func(s *state) { s.holds.put("acme", "hold-2", hold(s, "hold-2", "case-9", s.now+9000)) })
	f("holds created", func(s *state) { s.counters.HoldsExpired++ })
	f("booked", func(s *state) { s.counters.Booked++ })
	f("by number", func(s *state) { s.casesByNumber.drop(first(s.casesByNumber)) })
	f("by member", func(s *state) { s.casesByMember.add(indexed{tenant: "acme", key: "x", id: "y"}) })
	f("by case", func(s *state) { s.byCase.drop(first(s.byCase)) })
	f("by reviewer", func(s *state) { s.byReviewer.drop(first(s.byReviewer)) })
	f("by principal", func(s *state) { s.byPrincipal.drop(first(s.byPrincipal)) })
	f("by NPI", func(s *state) { s.byNPI.drop(first(s.byNPI)) })
	f("upcoming", func(s *state) { s.upcoming.drop(first(s.upcoming)) })
	f("deadlines", func(s *state) { s.keysEnd.drop(deadline{testNow + KeyRetention, "acme", keyID("alice", "k-1")}) })
	f("deadlines", func(s *state) { s.holdsEnd.drop(deadline{testNow + 300, "acme", "hold-1"}) })
	f("bytes of answers", func(s *state) { s.answerBytes++ })
	f("calls by case", func(s *state) { s.calls.drop("acme", "case-1") })
	f("calls by case", func(s *state) { s.holders.put("acme", "palice", &holder{count: 2}) })
	f("calendar", func(s *state) { s.calendar.Remove(2, testNow-60) })
	change := func(s *state, change func(*Appointment)) {
		a, _ := s.appointments.get("acme", "apt-1")
		changed := *a
		change(&changed)
		s.appointments.put("acme", "apt-1", &changed)
	}
	f("booked: its end", func(s *state) { change(s, func(a *Appointment) { a.EndedAt = 5 }) })
	f("booked: its start", func(s *state) { change(s, func(a *Appointment) { a.StartedAt = 5 }) })
	f("in_progress: its start", func(s *state) { change(s, func(a *Appointment) { a.Status = InProgress }) })
	f("its outcome", func(s *state) { change(s, func(a *Appointment) { a.Outcome = "upheld" }) })
	f("its outcome", func(s *state) { change(s, func(a *Appointment) { a.Partial = true }) })
	f("who did not show", func(s *state) { change(s, func(a *Appointment) { a.NoShowBy = "provider" }) })
	f("the rule that cancelled it", func(s *state) { change(s, func(a *Appointment) { a.CancelRule = "r" }) })
	f("the miss that ended it", func(s *state) { change(s, func(a *Appointment) { a.MissedOut = true }) })
	f("too many attempts", func(s *state) {
		change(s, func(a *Appointment) { a.Attempts = make([]Attempt, MaxAttempts+1) })
	})
	f("not escalated", func(s *state) { change(s, func(a *Appointment) { a.FollowedBy = "apt-2" }) })
	f("follows apt-2, which does not say so", func(s *state) { change(s, func(a *Appointment) { a.Follows = "apt-2" }) })
	mark := func(id string, stage, held int) func(*state) {
		return func(s *state) {
			if err := s.markCase("acme", id, stage, held); err != nil {
				t.Fatal(err)
			}
		}
	}
	f("at stage 1", mark("case-2", 1, 0))
	f("1 calls held", mark("case-2", 0, 1))
	f("has number", func(s *state) { s.reviewers.put("acme", "rev-9", sampleReviewer("acme", "rev-9", 2)) })
}

// TestContradictions applies entries that this engine would never write.
func TestContradictions(t *testing.T) {
	t.Parallel()
	f := func(want string, seq Seq, now slots.Instant, effects ...effect) {
		t.Helper()
		s := sampleState(t)
		e := &entry{seq: s.seq + seq, now: testNow + now, actor: Actor{Tenant: "acme"}, kind: KindHold, effects: effects}
		if err := s.apply(e); err == nil || !strings.Contains(err.Error(), want) {
			t.Fatalf("got %v, want %q", err, want)
		}
	}
	h := func(id, caseID string, at slots.Instant) *putHold {
		span := slots.Interval{Start: testNow + at, End: testNow + at + 900}
		return &putHold{&Hold{
			Tenant: "acme", ID: id, CaseIDs: []string{caseID}, Reviewer: 2, Span: span, Busy: span, ExpiresAt: testNow + 300,
		}}
	}
	f("it is at", 2, 0)
	f("stamped", 1, -1)
	f("overlaps", 1, 0, h("hold-2", "case-9", 60))
	f("case case-1 has call", 1, 0, h("hold-2", "case-1", 9000))
	f("exists", 1, 0, h("hold-1", "case-9", 9000))
	f("no hold", 1, 0, &dropHold{id: "hold-9"})
	f("no hold", 1, 300, &dropHold{id: "hold-1"})
	f("no case", 1, 0, &askCase{id: "case-9"})
	f("no case", 1, 0, &markCase{id: "case-9"})
	f("has number 1", 1, 0, &putReviewer{sampleReviewer("acme", "rev-1", 7)})
	f("next is", 1, 0, &putReviewer{sampleReviewer("acme", "rev-9", 9)})
	f("status 0", 1, 0, &putAppointment{&Appointment{Tenant: "acme", ID: "apt-9"}})
	f("without a version", 1, 0, &setRules{})
	f("remembers no key", 1, 0, &rememberKey{})
}

// TestClonesAreApart changes a clone in every way and looks at the original.
func TestClonesAreApart(t *testing.T) {
	t.Parallel()
	base := sampleState(t)
	published := base.clone()
	before := sha256.Sum256(encoded(t, published))
	work := base.clone()
	for _, f := range []effect{
		&dropHold{id: "hold-1", confirmed: true}, &putReviewer{sampleReviewer("acme", "rev-3", work.nextRef)},
		&putCase{&Case{Case: matcher.Case{Tenant: "acme", ID: "case-2"}, Version: 2}}, &markCase{id: "case-3", callsHeld: 0, stage: 0},
	} {
		if err := f.apply(work, &entry{kind: KindBook, actor: Actor{Tenant: "acme"}, now: testNow}); err != nil {
			t.Fatal(err)
		}
	}
	if sha256.Sum256(encoded(t, published)) != before || published.check() != nil {
		t.Fatal("a change of a clone shows in its original")
	}
	if err := work.check(); err != nil {
		t.Fatal(err)
	}
}

// TestLostZone reads a reviewer whose zone this build does not know: it is kept
// as it was written, and takes no calls.
func TestLostZone(t *testing.T) {
	t.Parallel()
	r := sampleReviewer("acme", "rev-1", 1)
	r.ZoneName = "Nowhere/Lost"
	record, err := (&entry{seq: 1, now: 1, kind: KindPutReviewer, effects: []effect{&putReviewer{r}}}).encode()
	if err != nil {
		t.Fatal(err)
	}
	e, err := decodeEntry(record)
	if err != nil {
		t.Fatal(err)
	}
	s := newState()
	if err := s.apply(e); err != nil {
		t.Fatal(err)
	}
	kept, _ := s.reviewers.get("acme", "rev-1")
	seen, _ := s.roster.Get(1)
	if !kept.Active || kept.ZoneName != "Nowhere/Lost" || seen.Active || seen.Zone != slots.UTC() {
		t.Fatalf("kept %+v, seen %+v", kept, seen)
	}
	if again, err := e.encode(); err != nil || !bytes.Equal(again, record) {
		t.Fatal("written otherwise")
	}
	if err := s.check(); err != nil {
		t.Fatal(err)
	}
}
