package engine

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// TestSweepFinds breaks one part of a state after the other, of one that was made and of one
// that was loaded.
func TestSweepFinds(t *testing.T) {
	t.Parallel()
	swept := func(s *state) error {
		w := &sweep{s: s, pause: func() bool { return true }, occupied: map[sweptCase]string{}, spans: map[slots.ReviewerRef][]sweptSpan{}}
		return w.run()
	}
	apt := func(s *state) *Appointment { a, _ := s.appointments.get("acme", "apt-1"); return a }
	change := func(s *state, change func(*Appointment)) {
		changed := *apt(s)
		change(&changed)
		s.appointments.put("acme", "apt-1", &changed)
	}
	f := func(want string, damage func(*state)) {
		t.Helper()
		made := sampleState(t)
		loaded, err := readState(bytes.NewReader(encoded(t, made)))
		if err != nil {
			t.Fatal(err)
		}
		for i, s := range []*state{made, loaded} {
			if err := swept(s); err != nil {
				t.Fatal(err)
			}
			damage(s)
			if err := swept(s); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("state %d: got %v, want %q", i, err, want)
			}
		}
	}
	f("overlap", func(s *state) { // a second call, entered everywhere but beside the first
		twin := *apt(s)
		twin.ID, twin.CaseIDs = "apt-twin", nil
		twin.Busy.Start++
		if err := s.putAppointment(&twin); err == nil {
			s.counters.Booked++
		}
	})
	f("has calls hold-1 and apt-1", func(s *state) {
		h, _ := s.holds.get("acme", "hold-1")
		changed := *h
		changed.CaseIDs = apt(s).CaseIDs
		s.holds.put("acme", "hold-1", &changed)
		for _, id := range h.CaseIDs {
			s.calls.drop("acme", id)
		}
		s.calls.put("acme", apt(s).CaseIDs[0], &call{"hold-1", true})
	})
	f("its end", func(s *state) { change(s, func(a *Appointment) { a.EndedAt = 5 }) })
	f("place in the calendar", func(s *state) { s.calendar.Remove(apt(s).Reviewer, apt(s).Busy.Start) })
	f("calls in the calendar", func(s *state) {
		s.calendar.Insert(slots.Call{Reviewer: 77, Span: slots.Interval{Start: 0, End: 900}, Busy: slots.Interval{Start: 0, End: 900}, ID: "ghost"})
	})
	f("occupies", func(s *state) { s.calls.drop("acme", apt(s).CaseIDs[0]) })
	f("is not listed", func(s *state) { s.upcoming.drop(apt(s).place()) })
	f("listed as to come", func(s *state) {
		e := apt(s).place()
		e.id = "ghost"
		s.upcoming.add(e)
	})
	f("is not listed", func(s *state) {
		s.byReviewer.drop(indexed{tenant: "acme", key: apt(s).ReviewerID, order: -int64(apt(s).Span.Start), id: "apt-1"})
	})
	f("case-1 is not listed", func(s *state) { c, _ := s.cases.get("acme", "case-1"); s.dropCaseKeys(c) })
	f("holds created", func(s *state) { s.counters.HoldsExpired++ })
	f("counts of keys", func(s *state) { s.countKeys("nobody", 1) })
}

// TestSweepPauses counts the pauses, and ends a sweep at each of them.
func TestSweepPauses(t *testing.T) {
	t.Parallel()
	s := newState()
	for i := range 5 * sweepSlice {
		id := string(rune('a'+i%26)) + slots.Instant(i).String()
		if err := s.putCase(&Case{Case: matcher.Case{Tenant: "t", ID: id}}); err != nil {
			t.Fatal(err)
		}
	}
	e := &Engine{options: Options{Clock: SandboxClock(5)}}
	e.published.Store(&Snapshot{state: s})
	pauses := 0
	if r := e.Sweep(func() bool { pauses++; return true }); r == nil || r.Fault != nil || r.Cases != 5*sweepSlice || pauses != 5 || e.LastSweep() != r {
		t.Fatalf("%+v with %d pauses, want 5", r, pauses)
	}
	before := e.LastSweep()
	if r := e.Sweep(func() bool { return false }); r != nil || e.LastSweep() != before {
		t.Fatalf("a sweep that was ended gives %+v", r)
	}
}

// TestSweepStopsWrites: an engine whose state contradicts itself takes nothing more, not even
// what frees something, and goes on answering.
func TestSweepStopsWrites(t *testing.T) {
	t.Parallel()
	log := NewMemLog()
	var told []string
	e, err := Open(t.Context(), Options{
		Log: log, Identity: Identity{Tenant: "t", DigestKey: make([]byte, 32), Sandbox: true}, Clock: SandboxClock(1_600_000_000),
		Observer: Observer{Logf: func(msg string, _ ...any) { told = append(told, msg) }},
	})
	if err != nil {
		t.Fatal(err)
	}
	submit := func(p Payload) error {
		_, err := e.Submit(t.Context(), Command{Actor: Actor{Tenant: "t", Principal: "p", Role: RoleAll}, Payload: p})
		return err
	}
	goOn := func() bool { return true }
	if r := e.Sweep(goOn); r.Fault != nil || r.Seq != 1 {
		t.Fatalf("%+v", r)
	}
	if err := submit(ReleaseHold{ID: "none"}); err != nil {
		t.Fatal(err)
	}
	spoilt := e.Snapshot().state.clone()
	spoilt.counters.Booked++
	e.published.Store(&Snapshot{state: spoilt, chain: e.Snapshot().chain})
	for range 2 {
		if r := e.Sweep(goOn); r.Fault == nil || !strings.Contains(r.Fault.Error(), "1 booked, 0 there") {
			t.Fatalf("%+v", r)
		}
	}
	var why *Refusal
	for _, p := range []Payload{RecordAnswer{Body: []byte("{}")}, ReleaseHold{ID: "none"}} {
		if err := submit(p); !errors.Is(err, ErrNotWritable) || !errors.As(err, &why) || why.Cause != CauseState {
			t.Fatalf("%T after the fault: %v", p, err)
		}
	}
	if h := e.Health(); h.Ready || !errors.As(h.Writable, &why) || len(told) != 1 {
		t.Fatalf("%+v, told %q", h, told)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if log.Appends() != 1 {
		t.Fatal("a checkpoint of a state that contradicts itself")
	}
}
