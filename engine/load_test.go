package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// drawnState has entities of two tenants in no particular order of time, with
// what indexes stumble over: cases that share providers, calls about several
// cases, equal starts, calls that have ended.
func drawnState(t *testing.T, rng *rand.Rand) *state {
	t.Helper()
	s := newState()
	s.now, s.nextRef = testNow, 100
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for n, tenant := range []string{"acme", "zenith"} {
		for i := range slots.ReviewerRef(9) {
			must(s.loadReviewer(sampleReviewer(tenant, fmt.Sprintf("rev-%d", (i*7)%9), 1+2*i+slots.ReviewerRef(n))))
		}
		npi := func() string { return fmt.Sprintf("npi-%d", rng.IntN(20)) }
		for i := range 400 {
			must(s.putCase(&Case{
				Case: matcher.Case{
					Tenant: tenant, ID: fmt.Sprintf("case-%d", i),
					Requesting: matcher.Provider{Present: true, NPI: npi()}, Ordering: matcher.Provider{Present: rng.IntN(2) == 0, NPI: npi()},
				},
				AuthorizationNumber: []string{"", fmt.Sprintf("auth-%d", rng.IntN(90))}[rng.IntN(2)],
				MemberID:            Digest{byte(rng.IntN(3)), byte(rng.IntN(40))}, Version: 1,
			}))
		}
		for i, id := range rng.Perm(300) {
			start := testNow + slots.Instant(rng.IntN(5))*900
			a := &Appointment{
				Tenant: tenant, ID: fmt.Sprintf("apt-%d", id), Status: Cancelled, CreatedBy: fmt.Sprintf("office-%d", rng.IntN(5)),
				CaseIDs: []string{fmt.Sprintf("case-%d", rng.IntN(400)), fmt.Sprintf("case-%d", rng.IntN(400))}, Version: 1,
			}
			if i < 60 { // in the way of nobody
				start, a.Status = testNow+slots.Instant(i)*900, Booked+AppointmentStatus(i%2)
				a.CaseIDs = []string{fmt.Sprintf("case-%d", i)}
			}
			if 60 <= i && i < 120 {
				a.Status, a.EndedAt, a.Outcome = Completed, testNow+slots.Instant(rng.IntN(5)), []string{"upheld", "decision_pending"}[rng.IntN(2)]
				a.ResultsDue = []ResultDue{{CaseID: a.CaseIDs[0], By: testNow + slots.Instant(rng.IntN(9)), Rule: "law"}}
			}
			ref := slots.ReviewerRef(rng.IntN(9))
			a.ReviewerID, a.Reviewer = fmt.Sprintf("rev-%d", (ref*7)%9), 1+2*ref+slots.ReviewerRef(n)
			a.Span = slots.Interval{Start: start, End: start + 900}
			a.Busy = a.Span
			must(s.putAppointment(a))
		}
		for i := range 20 {
			must(s.putHold(&Hold{
				Tenant: tenant, ID: fmt.Sprintf("hold-%d", i), CaseIDs: []string{fmt.Sprintf("case-%d", 100+i)}, Reviewer: 99, Principal: "alice",
				Span: slots.Interval{Start: slots.Instant(40*n+2*i) * 900, End: slots.Instant(40*n+2*i+1) * 900}, Busy: slots.Interval{Start: slots.Instant(40*n+2*i) * 900, End: slots.Instant(40*n+2*i+1) * 900},
				ExpiresAt: testNow + 60, Mode: ModeSlot,
			}))
		}
		for i := range 50 {
			must(s.putKey(&remembered{
				tenant: tenant, principal: "alice", key: fmt.Sprintf("key-%d", i), kind: KindRecordAnswer,
				expiresAt: testNow + slots.Instant(rng.IntN(9)), outcome: firstOf(&Outcome{Answer: bytes.Repeat([]byte{1}, rng.IntN(9))}),
			}))
		}
	}
	return s
}

// TestLoadEqualsPuts: what is loaded is what putting one entity after the other makes.
func TestLoadEqualsPuts(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	s := drawnState(t, rand.New(rand.NewPCG(seed, 1)))
	record := encoded(t, s)
	again, err := readState(iotest.OneByteReader(bytes.NewReader(record)))
	if err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
	if err := again.checkIndexes(); err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
	if !sameIndex(again.byNPI, s.byNPI) || !sameIndex(again.byCase, s.byCase) || s.results.tree.Len() == 0 || !sameIndex(again.results, s.results) || !sameCalendar(again.calendar, s.calendar) {
		t.Fatalf("seed %d: not what was written", seed)
	}
	before := encoded(t, again)
	again.appointments.from("acme", "", func(a *Appointment) bool {
		want, _ := s.appointments.get(a.Tenant, a.ID)
		if fmt.Sprint(*a) != fmt.Sprint(*want) {
			t.Errorf("seed %d: %+v, want %+v", seed, a, want)
		}
		return true
	})
	if !bytes.Equal(before, record) || !bytes.Equal(encoded(t, again), record) {
		t.Fatalf("seed %d: written otherwise", seed)
	}
}

// TestLoadThenChange: what changes after a load is in the lists as if all had been put,
// while others read the state as it was.
func TestLoadThenChange(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 2))
	loaded, err := readState(bytes.NewReader(encoded(t, drawnState(t, rng))))
	if err != nil {
		t.Fatal(err)
	}
	work, before := loaded.clone(), encoded(t, loaded)
	published := &Snapshot{state: loaded.clone()}
	var readers sync.WaitGroup
	for range 3 {
		readers.Go(func() {
			n := 0
			published.ByReviewer("acme", "rev-1", Position{}, func(*Appointment) bool { n++; return true })
			if n == 0 || len(published.state.lists.byReviewer.tenants) != 2 {
				t.Errorf("seed %d: %d calls of rev-1", seed, n)
			}
		})
	}
	for i := range 300 {
		tenant := []string{"acme", "zenith"}[rng.IntN(2)]
		c, _ := work.cases.get(tenant, fmt.Sprintf("case-%d", rng.IntN(400)))
		changed := *c
		changed.Requesting.NPI, changed.AuthorizationNumber = fmt.Sprintf("npi-%d", rng.IntN(20)), fmt.Sprintf("auth-%d", rng.IntN(90))
		a, _ := work.appointments.get(tenant, fmt.Sprintf("apt-%d", rng.IntN(300)))
		moved := *a
		if moved.Active() {
			moved.Status = Cancelled
		}
		moved.Span.Start += slots.Instant(rng.IntN(3)) * 900
		added := moved
		added.ResultsDue = nil // they are about the cases of the other
		added.ID, added.CaseIDs = fmt.Sprintf("new-%d", i), []string{changed.ID}
		if err := errors.Join(work.putCase(&changed), work.putAppointment(&moved), work.putAppointment(&added)); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
	}
	readers.Wait()
	if err := errors.Join(work.checkIndexes(), published.state.checkIndexes()); err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
	if n := 0; !bytes.Equal(encoded(t, published.state), before) {
		t.Fatalf("seed %d: what was published has changed", seed)
	} else if work.appointments.each(func(*Appointment) bool { n++; return true }); n != work.appointments.len() {
		t.Fatalf("seed %d: %d appointments, %d counted", seed, n, work.appointments.len())
	}
}

// TestLoadRefuses: a checkpoint that contradicts itself is refused, like an entry.
func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	f := func(want string, change func(*state)) {
		t.Helper()
		s := drawnState(t, rand.New(rand.NewPCG(1, 1)))
		change(s)
		_, err := readState(bytes.NewReader(encoded(t, s)))
		if !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	put := func(change func(*Appointment)) func(*state) {
		return func(s *state) {
			var a Appointment
			s.appointments.each(func(x *Appointment) bool {
				a = *x
				return !x.Active()
			})
			change(&a)
			s.appointments.put(a.Tenant, a.ID, &a)
		}
	}
	f("has status 0", put(func(a *Appointment) { a.Status = 0 }))
	f("case nowhere", put(func(a *Appointment) { a.CaseIDs = []string{"nowhere"} }))
	f("overlaps call again", put(func(a *Appointment) { a.ID = "again"; a.CaseIDs = []string{"case-300"} }))
	f("has two calls", put(func(a *Appointment) { a.ID, a.Reviewer = "again", 98 }))
	f("overlaps call", put(func(a *Appointment) { a.Busy.Start++ }))
	f("and gets hold-3", put(func(a *Appointment) { a.CaseIDs = []string{"case-103"} }))
	f("out of order", func(s *state) { s.cases.put("zz", "case-1", &Case{Case: matcher.Case{Tenant: "acme", ID: "case-1"}}) })
	f("key is empty", func(s *state) { s.keys.put("acme", "", &remembered{tenant: "acme", kind: KindRecordAnswer}) })

	record := encoded(t, sampleState(t))
	if _, err := readState(bytes.NewReader(append(record, 0))); !errors.Is(err, ErrCorrupt) {
		t.Errorf("bytes behind the end: %v", err)
	}
	odd := errors.New("odd")
	if _, err := readState(&endingWith{bytes.NewReader(record[:len(record)-1]), odd}); !errors.Is(err, odd) {
		t.Errorf("an error near the end: %v", err)
	}
	if _, err := readState(&endingWith{bytes.NewReader(encoded(t, sampleState(t))), odd}); !errors.Is(err, odd) {
		t.Errorf("an error at the end: %v", err)
	}
}

// endingWith gives an error in place of io.EOF.
type endingWith struct {
	in  *bytes.Reader
	err error
}

func (e *endingWith) Read(b []byte) (int, error) {
	n, err := e.in.Read(b)
	if err != nil {
		err = e.err
	}
	return n, err
}

// TestLazyIsOneValue: whoever asks first, all get the same value.
func TestLazyIsOneValue(t *testing.T) {
	t.Parallel()
	s, err := readState(bytes.NewReader(encoded(t, sampleState(t))))
	if err != nil {
		t.Fatal(err)
	}
	clone := s.clone()
	got := make([]*Appointment, 8)
	var all sync.WaitGroup
	for i := range got {
		all.Go(func() {
			from := []*state{s, clone}[i%2]
			got[i], _ = from.appointments.get("acme", "apt-1")
		})
	}
	all.Wait()
	for _, a := range got {
		if a == nil || a != got[0] {
			t.Fatalf("%p and %p", a, got[0])
		}
	}
}

// TestLoadingTells: a load says how far it is, and ends with its context.
func TestLoadingTells(t *testing.T) {
	t.Parallel()
	log, s := NewMemLog(), sampleState(t)
	if err := log.Append(t.Context(), 0, slices.Repeat([]Record{{Payload: []byte("x")}}, int(s.seq))); err != nil {
		t.Fatal(err)
	}
	_, chain := log.Last()
	if err := log.SaveCheckpoint(CheckpointInfo{Seq: s.seq, Chain: chain}, s.writeHashed); err != nil {
		t.Fatal(err)
	}
	var done, total uint64
	_, info, err := loadCheckpoint(t.Context(), log, func(d, n uint64) { done, total = d, n })
	if err != nil || done != total || total != uint64(info.Bytes) || total == 0 {
		t.Errorf("%d of %d, %+v, %v", done, total, info, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := loadCheckpoint(ctx, log, nil); !errors.Is(err, context.Canceled) || errors.Is(err, ErrCorrupt) {
		t.Errorf("a load that was given up: %v", err)
	}
}
