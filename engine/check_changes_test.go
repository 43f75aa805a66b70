package engine

import (
	"bytes"
	"strings"
	"testing"
)

// TestCheckChangesFinds breaks one part of a state after the other, of one that was made
// and of one that was loaded and then changed.
func TestCheckChangesFinds(t *testing.T) {
	t.Parallel()
	change := func(s *state, change func(*Appointment)) {
		a, _ := s.appointments.get("acme", "apt-1")
		changed := *a
		change(&changed)
		s.appointments.put("acme", "apt-1", &changed)
	}
	same := func(*Appointment) {}
	f := func(want string, damage func(*state)) {
		t.Helper()
		made := sampleState(t)
		loaded, err := readState(bytes.NewReader(encoded(t, made)))
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range []*state{made, loaded} {
			change(s, same)
			c, _ := s.cases.get("acme", "case-1")
			s.cases.put("acme", "case-1", c)
			if err := s.checkChanges(0); err != nil {
				t.Fatal(err)
			}
			before := s.clone()
			damage(s)
			if err := s.checkChanges(0); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want %q", err, want)
			}
			if err := before.checkChanges(0); err != nil {
				t.Errorf("the state before: %v", err)
			}
		}
	}
	apt := func(s *state) *Appointment { a, _ := s.appointments.get("acme", "apt-1"); return a }
	kase := func(s *state) *Case { c, _ := s.cases.get("acme", "case-1"); return c }
	dropList := func(name func(*state) *index) func(*state) {
		return func(s *state) {
			s.eachList(apt(s), func(x *index, e indexed) {
				if x == name(s) {
					x.drop(e)
				}
			})
		}
	}
	f("holds created", func(s *state) { s.counters.HoldsExpired++ })
	f("booked", func(s *state) { s.counters.Booked++ })
	f("its end", func(s *state) { change(s, func(a *Appointment) { a.EndedAt = 5 }) })
	f("place in the calendar", func(s *state) { s.calendar.Remove(apt(s).Reviewer, apt(s).Busy.Start) })
	f("place in the calendar", func(s *state) { change(s, func(a *Appointment) { a.Status = Cancelled }) })
	f("occupies", func(s *state) { s.calls.drop("acme", apt(s).CaseIDs[0]) })
	f("not there", func(s *state) { change(s, func(a *Appointment) { a.CaseIDs = []string{"nowhere"} }) })
	f("has no deadline", func(s *state) { s.holdsEnd.drop(deadline{testNow + 300, "acme", "hold-1"}) })
	f("apt-1 is not listed", dropList(func(s *state) *index { return &s.byCase }))
	f("apt-1 is not listed", dropList(func(s *state) *index { return &s.byReviewer }))
	f("apt-1 is not listed", dropList(func(s *state) *index { return &s.byPrincipal }))
	f("apt-1 is not listed", func(s *state) { s.upcoming.drop(apt(s).place()) })
	f("apt-1 is not listed", func(s *state) { s.dropOffices(apt(s)) })
	f("case-1 is not listed", func(s *state) { s.dropCaseKeys(kase(s)) })
	f("case-1 is not listed", func(s *state) { s.eachProvider(kase(s), func(e indexed) { s.casesByNPI.drop(e) }) })
}
