package engine

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// TestLists compares every list with a walk over all appointments, in pages of
// every size, while cases change their providers and appointments move.
func TestLists(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := newState()
		pick := func(n int, what string) int { return rapid.IntRange(0, n-1).Draw(t, what) }
		npi := func() string { return fmt.Sprint("npi-", pick(3, "npi")) }
		var all []*Appointment
		put := func(a *Appointment) {
			if err := s.putAppointment(a); err != nil {
				t.Fatal(err)
			}
		}
		for i := range 4 {
			if err := s.putCase(&Case{Case: matcher.Case{Tenant: "t", ID: fmt.Sprint("case-", i)}}); err != nil {
				t.Fatal(err)
			}
		}
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			switch c := (&Case{Case: matcher.Case{Tenant: "t", ID: fmt.Sprint("case-", pick(4, "case"))}}); pick(4, "step") {
			case 0:
				c.Requesting = matcher.Provider{Present: true, NPI: npi()}
				c.Rendering = matcher.Provider{Present: pick(2, "rendering") == 0, NPI: npi()}
				if err := s.putCase(c); err != nil {
					t.Fatal(err)
				}
			case 1, 2:
				a := &Appointment{
					Tenant: "t", ID: fmt.Sprint("apt-", len(all)), Status: Cancelled, CreatedBy: fmt.Sprint("p-", pick(2, "principal")),
					CaseIDs: slices.Compact([]string{"case-0", c.ID}), ReviewerID: fmt.Sprint("rev-", pick(2, "reviewer")),
					Span: slots.Interval{Start: slots.Instant(pick(5, "start") - 2)}, Version: 1,
				}
				all = append(all, a)
				put(a)
			case 3:
				if len(all) > 0 {
					i := pick(len(all), "which")
					moved := *all[i]
					moved.Span.Start = slots.Instant(pick(5, "start") - 2)
					moved.ReviewerID = fmt.Sprint("rev-", pick(2, "reviewer"))
					all[i] = &moved
					put(&moved)
				}
			}
		}
		s.profiles.put("t", "p-0", &Profile{NPIs: []string{npi(), npi()}})
		compareLists(t, s, all, 1+pick(4, "page"))
	})
}

func compareLists(t *rapid.T, s *state, all []*Appointment, page int) {
	snap := &Snapshot{state: s}
	slices.SortFunc(all, func(a, b *Appointment) int {
		if a.Span.Start != b.Span.Start {
			return int(b.Span.Start - a.Span.Start)
		}
		if a.ID < b.ID {
			return -1
		}
		return 1
	})
	f := func(what string, walk func(Position, func(*Appointment) bool), belongs func(*Appointment) bool) {
		var want []*Appointment
		for _, a := range all {
			if belongs(a) {
				want = append(want, a)
			}
		}
		var got []*Appointment
		for after := (Position{}); ; {
			n := 0
			walk(after, func(a *Appointment) bool {
				got = append(got, a)
				n++
				return n < page
			})
			if n < page {
				break
			}
			last := got[len(got)-1]
			after = Position{Start: last.Span.Start, ID: last.ID}
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%s: got %d appointments, want %d", what, len(got), len(want))
		}
	}
	office, _ := s.profiles.get("t", "p-0")
	mine := func(a *Appointment) bool {
		return a.CreatedBy == "p-0" || slices.ContainsFunc(a.CaseIDs, func(id string) bool {
			c, ok := s.cases.get("t", id)
			return ok && slices.ContainsFunc([]matcher.Provider{c.Requesting, c.Ordering, c.Rendering}, func(p matcher.Provider) bool {
				return p.Present && slices.Contains(office.NPIs, p.NPI)
			})
		})
	}
	f("mine", func(p Position, y func(*Appointment) bool) { snap.Mine("t", "p-0", p, y) }, mine)
	f("mine without a profile", func(p Position, y func(*Appointment) bool) { snap.Mine("t", "p-1", p, y) },
		func(a *Appointment) bool { return a.CreatedBy == "p-1" })
	f("case", func(p Position, y func(*Appointment) bool) { snap.ByCase("t", "case-1", p, y) },
		func(a *Appointment) bool { return slices.Contains(a.CaseIDs, "case-1") })
	f("reviewer", func(p Position, y func(*Appointment) bool) { snap.ByReviewer("t", "rev-1", p, y) },
		func(a *Appointment) bool { return a.ReviewerID == "rev-1" })
	f("another tenant", func(p Position, y func(*Appointment) bool) { snap.Mine("u", "p-0", p, y) },
		func(*Appointment) bool { return false })
}

// TestAwaitLists: who has waited for the lists of a checkpoint finds them made, and who begins without one waits for nothing.
func TestAwaitLists(t *testing.T) {
	t.Parallel()
	s := newState()
	(&Snapshot{state: s}).AwaitLists()
	l := newLists(&past[Case]{}, &past[Appointment]{})
	s.attachLists(l)
	if l.made.Load() {
		t.Fatal("made before anybody has asked")
	}
	(&Snapshot{state: s.clone()}).AwaitLists()
	if !l.made.Load() {
		t.Error("not made")
	}
}
