package engine

import (
	"fmt"

	"github.com/parleyhq/parley/slots"
)

// checkChanges is the check before a checkpoint: what has changed at since or later
// agrees with all that is derived from it, and no two calls in the calendar overlap. What
// has not changed was checked before, or was loaded from a checkpoint; check, which a
// verification and the tests ask for, builds everything anew. It takes time in proportion
// to the changes, and a few nanoseconds a call.
func (s *state) checkChanges(since slots.Instant) (err error) {
	if err = s.checkTotals(); err == nil {
		err = s.checkCalendar()
	}
	keep := func(e error) bool {
		err = e
		return err == nil
	}
	for _, walk := range []func(){
		func() { s.holds.each(func(h *Hold) bool { return keep(s.checkHold(h)) }) },
		func() {
			s.appointments.changed(func(a *Appointment) bool { return a.UpdatedAt < since || keep(s.checkAppointment(a)) })
		},
		func() {
			s.cases.changed(func(c *Case) bool { return c.UpdatedAt < since || keep(s.checkCase(c)) })
		},
		func() { keep(s.checkCallbacks()) },
	} {
		if err == nil {
			walk()
		}
	}
	if err != nil {
		return fmt.Errorf("engine: state at seq %d: %w", s.seq, err)
	}
	return nil
}

// checkTotals compares counters with what is there.
func (s *state) checkTotals() error {
	n := &s.counters
	ended := n.HoldsConfirmed + n.HoldsReleased + n.HoldsExpired
	if n.HoldsCreated != ended+uint64(s.holds.len()) {
		return fmt.Errorf("%d holds created, %d ended, %d there", n.HoldsCreated, ended, s.holds.len())
	}
	if n.Booked != uint64(s.appointments.len()) {
		return fmt.Errorf("%d booked, %d there", n.Booked, s.appointments.len())
	}
	if s.roster.Len() != s.reviewers.len() {
		return fmt.Errorf("%d reviewers in the roster, %d there", s.roster.Len(), s.reviewers.len())
	}
	return nil
}

// checkCalendar walks over the calls of one reviewer after the other.
func (s *state) checkCalendar() (err error) {
	var last slots.Call
	s.calendar.All(func(c slots.Call) bool {
		if last.ID != "" && last.Reviewer == c.Reviewer && c.Busy.Start < last.Busy.End {
			err = fmt.Errorf("calls %s and %s of reviewer %d overlap", last.ID, c.ID, c.Reviewer)
		}
		last = c
		return err == nil
	})
	return err
}

// checkPlace compares the calendar and the calls by case with a call that has its
// place there, or, if it is none any more, has none.
func (s *state) checkPlace(there bool, tenant string, cases []string, c slots.Call) error {
	found, ok := s.calendar.Get(c.Reviewer, c.Busy.Start)
	if there && found != c || !there && ok && found.ID == c.ID {
		return fmt.Errorf("call %s and its place in the calendar differ", c.ID)
	}
	for _, id := range cases {
		if _, ok := s.cases.get(tenant, id); !ok {
			return fmt.Errorf("call %s is about case %s, which is not there", c.ID, id)
		}
		occupied, ok := s.calls.get(tenant, id)
		if there && (!ok || *occupied != call{c.ID, c.Until != 0}) || !there && ok && occupied.id == c.ID {
			return fmt.Errorf("call %s and what occupies case %s differ", c.ID, id)
		}
	}
	return nil
}

func (s *state) checkHold(h *Hold) error {
	if !s.holdsEnd.has(deadline{h.ExpiresAt, h.Tenant, h.ID}) {
		return fmt.Errorf("hold %s has no deadline", h.ID)
	}
	return s.checkPlace(true, h.Tenant, h.CaseIDs, slots.Call{
		Reviewer: h.Reviewer, Span: h.Span, Busy: h.Busy, Until: h.ExpiresAt, ID: h.ID,
	})
}

func (s *state) checkAppointment(a *Appointment) error {
	if fault := a.fault(); fault != "" {
		return fmt.Errorf("appointment %s, %s: %s", a.ID, a.Status, fault)
	}
	if err := s.checkLinks(a); err != nil {
		return err
	}
	err := s.checkPlace(a.Active(), a.Tenant, a.CaseIDs, slots.Call{Reviewer: a.Reviewer, Span: a.Span, Busy: a.Busy, ID: a.ID})
	if err != nil {
		return err
	}
	listed := s.upcoming.has(a.place()) == (a.Status == Booked)
	s.eachList(a, func(x *index, e indexed) { listed = listed && x.has(e) })
	s.eachOffice(a, func(e indexed) { listed = listed && s.byNPI.has(e) })
	if d := s.awaited(a); d != nil {
		listed = listed && s.results.has(d.place(a))
	}
	if !listed {
		return fmt.Errorf("appointment %s is not listed as it should be", a.ID)
	}
	return nil
}

func (s *state) checkCase(c *Case) error {
	listed := true
	if c.AuthorizationNumber != "" {
		listed = listed && s.casesByNumber.has(indexed{tenant: c.Tenant, key: c.AuthorizationNumber, id: c.ID})
	}
	if c.MemberID != (Digest{}) {
		listed = listed && s.casesByMember.has(indexed{tenant: c.Tenant, key: string(c.MemberID[:]), id: c.ID})
	}
	s.eachProvider(c, func(e indexed) { listed = listed && s.casesByNPI.has(e) })
	if !listed {
		return fmt.Errorf("case %s is not listed as it should be", c.ID)
	}
	return s.checkProgress(c)
}
