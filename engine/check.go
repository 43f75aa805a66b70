package engine

import (
	"fmt"
	"slices"

	"github.com/parleyhq/parley/slots"
)

// Check returns what in the snapshot contradicts itself, nil if nothing: two
// active calls of a reviewer that overlap, a case with two, an index that is not
// what its entities say, counters that do not add up, a call whose status is not
// what has happened to it. It takes time and memory in
// proportion to the state.
func (s *Snapshot) Check() error { return s.state.check() }

func (s *state) check() error {
	for _, part := range []func() error{s.checkOverlaps, s.checkCases, s.checkCounters, s.checkCalls, s.checkIndexes, s.checkCallbacks, s.checkAccess} {
		if err := part(); err != nil {
			return fmt.Errorf("engine: state at seq %d: %w", s.seq, err)
		}
	}
	return nil
}

// busy is an active call, for the sweep.
type busy struct {
	reviewer slots.ReviewerRef
	busy     slots.Interval
	id       string
	tenant   string
	cases    []string
}

// actives lists holds and active appointments from the entities alone.
func (s *state) actives() (all []busy) {
	s.holds.each(func(h *Hold) bool {
		if h.ActiveAt(s.now) {
			all = append(all, busy{h.Reviewer, h.Busy, h.ID, h.Tenant, h.CaseIDs})
		}
		return true
	})
	s.appointments.each(func(a *Appointment) bool {
		if a.Active() {
			all = append(all, busy{a.Reviewer, a.Busy, a.ID, a.Tenant, a.CaseIDs})
		}
		return true
	})
	return all
}

// checkOverlaps sweeps over the calls of each reviewer, sorted by start.
func (s *state) checkOverlaps() error {
	all := s.actives()
	slices.SortFunc(all, func(a, b busy) int {
		if a.reviewer != b.reviewer {
			return int(int64(a.reviewer) - int64(b.reviewer))
		}
		return int(a.busy.Start - b.busy.Start)
	})
	for i := 1; i < len(all); i++ {
		a, b := all[i-1], all[i]
		if a.reviewer == b.reviewer && b.busy.Start < a.busy.End {
			return fmt.Errorf("calls %s and %s of reviewer %d overlap", a.id, b.id, a.reviewer)
		}
	}
	return nil
}

func (s *state) checkCases() error {
	type name struct{ tenant, id string }
	occupied := make(map[name]string)
	for _, call := range s.actives() {
		for _, id := range call.cases {
			if other, twice := occupied[name{call.tenant, id}]; twice {
				return fmt.Errorf("case %s has calls %s and %s", id, other, call.id)
			}
			if _, ok := s.cases.get(call.tenant, id); !ok {
				return fmt.Errorf("call %s is about case %s, which is not there", call.id, id)
			}
			occupied[name{call.tenant, id}] = call.id
		}
	}
	return nil
}

func (s *state) checkCounters() error {
	n := &s.counters
	ended := n.HoldsConfirmed + n.HoldsReleased + n.HoldsExpired
	if n.HoldsCreated != ended+uint64(s.holds.len()) {
		return fmt.Errorf("%d holds created, %d ended, %d there", n.HoldsCreated, ended, s.holds.len())
	}
	cancelled := uint64(0)
	s.appointments.each(func(a *Appointment) bool {
		if a.Status == Cancelled {
			cancelled++
		}
		return true
	})
	if n.Booked != uint64(s.appointments.len()) || n.Cancelled != cancelled {
		return fmt.Errorf("%d booked and %d cancelled, %d and %d there", n.Booked, n.Cancelled, s.appointments.len(), cancelled)
	}
	return nil
}

// checkIndexes rebuilds everything derived and compares.
func (s *state) checkIndexes() error {
	fresh, err := s.rebuilt()
	if err != nil {
		return err
	}
	for _, x := range []struct {
		name       string
		live, want index
	}{
		{"cases by number", s.casesByNumber, fresh.casesByNumber},
		{"cases by member", s.casesByMember, fresh.casesByMember},
		{"appointments by case", s.byCase, fresh.byCase},
		{"appointments by reviewer", s.byReviewer, fresh.byReviewer},
		{"appointments by principal", s.byPrincipal, fresh.byPrincipal},
		{"appointments by NPI", s.byNPI, fresh.byNPI},
		{"upcoming appointments", s.upcoming, fresh.upcoming},
		{"cases by NPI", s.casesByNPI, fresh.casesByNPI},
		{"the queue of callback requests", s.waiting, fresh.waiting},
		{"results awaited", s.results, fresh.results},
		{"callback requests that lost their reviewer", s.stranded, fresh.stranded},
	} {
		if !sameIndex(x.live, x.want) {
			return fmt.Errorf("index of %s differs from its entities", x.name)
		}
	}
	if !sameItems(&s.holdsEnd.tree, &fresh.holdsEnd.tree) || !sameItems(&s.keysEnd.tree, &fresh.keysEnd.tree) ||
		!sameItems(&s.conductsEnd.tree, &fresh.conductsEnd.tree) {
		return fmt.Errorf("deadlines differ from holds, keys and conduct")
	}
	if s.answerBytes != fresh.answerBytes {
		return fmt.Errorf("%d bytes of answers counted, %d there", s.answerBytes, fresh.answerBytes)
	}
	if !slices.Equal(s.keyShares, fresh.keyShares) {
		return fmt.Errorf("tenants' shares of the remembered keys are counted as %v, and are %v", s.keyShares, fresh.keyShares)
	}
	if !sameRows(&s.calls, &fresh.calls) || !sameRows(&s.holders, &fresh.holders) {
		return fmt.Errorf("calls by case or counts of holds differ from holds and appointments")
	}
	if !sameRows(&s.requests, &fresh.requests) || !sameRows(&s.reserved, &fresh.reserved) {
		return fmt.Errorf("open requests by case or by appointment id differ from callback requests")
	}
	if !sameCalendar(s.calendar, fresh.calendar) || s.roster.Len() != s.reviewers.len() {
		return fmt.Errorf("calendar or roster differs from its entities")
	}
	return s.seats.check()
}

// rebuilt puts all entities into an empty state.
func (s *state) rebuilt() (fresh *state, err error) {
	fresh = newState()
	fresh.nextRef, fresh.now = s.nextRef, s.now
	keep := func(e error) bool {
		err = e
		return err == nil
	}
	s.reviewers.each(func(r *Reviewer) bool { return keep(fresh.loadReviewer(r)) })
	for _, fill := range []func(){
		func() { s.cases.each(func(c *Case) bool { return keep(fresh.putCase(c)) }) },
		func() { s.holds.each(func(h *Hold) bool { return keep(fresh.putHold(h)) }) },
		func() { s.appointments.each(func(a *Appointment) bool { return keep(fresh.putAppointment(a)) }) },
		func() { s.keys.each(func(r *remembered) bool { return keep(fresh.putKey(r)) }) },
		func() { s.callbacks.each(func(r *CallbackRequest) bool { return keep(fresh.putCallback(r)) }) },
		func() { s.conducts.each(func(c *Conduct) bool { return keep(fresh.putConduct(c)) }) },
	} {
		if err == nil {
			fill()
		}
	}
	return fresh, err
}

// sameItems walks two trees side by side.
func sameItems[K any, E comparable](a, b *tree[K, E]) bool {
	return sameBy(a, b, func(x, y *E) bool { return *x == *y })
}

// sameIndex walks two indexes side by side.
func sameIndex(a, b index) bool {
	y := b.walk(&indexed{})
	for x := a.walk(&indexed{}); ; x.next() {
		if x.done || y.done {
			return x.done && y.done
		}
		if x.before(&y.indexed) || y.before(&x.indexed) {
			return false
		}
		y.next()
	}
}

func sameRows[T comparable](a, b *table[T]) bool {
	return sameBy(&a.tree, &b.tree, func(x, y *row[T]) bool { return x.name == y.name && *x.peek() == *y.peek() })
}

func sameBy[K, E any](a, b *tree[K, E], same func(x, y *E) bool) bool {
	if a.Len() != b.Len() {
		return false
	}
	y := b.walk()
	for x := a.walk(); !x.done(); x.next() {
		if y.done() || !same(x.item(), y.item()) {
			return false
		}
		y.next()
	}
	return y.done()
}

func sameCalendar(a, b *slots.Calendar) bool {
	if a.Len() != b.Len() {
		return false
	}
	equal := true
	a.All(func(c slots.Call) bool {
		other, ok := b.Get(c.Reviewer, c.Busy.Start)
		equal = ok && other == c
		return equal
	})
	return equal
}
