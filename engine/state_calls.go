package engine

import (
	"github.com/parleyhq/parley/slots"
)

// Active reports whether an appointment occupies its reviewer and its cases.
func (a *Appointment) Active() bool { return a.Status == Booked || a.Status == InProgress }

// ActiveAt reports whether the hold counts at now. At ExpiresAt it no longer does.
func (h *Hold) ActiveAt(now slots.Instant) bool {
	if planted == plantWallClock {
		now = SystemClock().Now()
	}
	return now < h.ExpiresAt
}

// occupy takes a call's time and cases; both must be free.
func (s *state) occupy(tenant string, cases []string, id string, c slots.Call) error {
	if conflict, ok := s.seats.insert(c); !ok {
		return errContradiction("call %s overlaps call %s", id, conflict.ID)
	}
	for _, caseID := range cases {
		if old := s.calls.put(tenant, caseID, &call{id: id, held: c.Until != 0}); old != nil {
			return errContradiction("case %s has call %s and gets %s", caseID, old.id, id)
		}
	}
	return nil
}

// vacate gives a call's time and cases back.
func (s *state) vacate(tenant string, cases []string, reviewer slots.ReviewerRef, busy slots.Interval) error {
	if !s.seats.remove(reviewer, busy.Start) {
		return errContradiction("no call of reviewer %d at %d", reviewer, busy.Start)
	}
	for _, caseID := range cases {
		if !s.calls.drop(tenant, caseID) {
			return errContradiction("case %s has no call", caseID)
		}
	}
	return nil
}

func (s *state) putHold(h *Hold) error {
	if s.holds.put(h.Tenant, h.ID, h) != nil {
		return errContradiction("hold %s exists", h.ID)
	}
	return s.placeHold(h)
}

// placeHold takes a stored hold into what is derived from holds.
func (s *state) placeHold(h *Hold) error {
	s.holdsEnd.add(deadline{h.ExpiresAt, h.Tenant, h.ID})
	s.countHold(h, 1)
	return s.occupy(h.Tenant, h.CaseIDs, h.ID, slots.Call{
		Reviewer: h.Reviewer, Span: h.Span, Busy: h.Busy, Until: h.ExpiresAt, ID: h.ID,
	})
}

func (s *state) dropHold(tenant, id string) error {
	h, ok := s.holds.get(tenant, id)
	if !ok {
		return errContradiction("no hold %s", id)
	}
	s.holds.drop(tenant, id)
	s.holdsEnd.drop(deadline{h.ExpiresAt, tenant, id})
	s.countHold(h, -1)
	return s.vacate(tenant, h.CaseIDs, h.Reviewer, h.Busy)
}

// putAppointment stores an appointment, new or changed.
func (s *state) putAppointment(a *Appointment) error {
	_, err := s.replaceAppointment(a)
	return err
}

// replaceAppointment also returns what it replaces, nil if nothing.
func (s *state) replaceAppointment(a *Appointment) (old *Appointment, err error) {
	if a.Status < Booked || a.Status > Cancelled {
		return nil, errContradiction("appointment %s has status %d", a.ID, a.Status)
	}
	old = s.appointments.put(a.Tenant, a.ID, a)
	if old != nil && old.Active() {
		if err := s.vacate(old.Tenant, old.CaseIDs, old.Reviewer, old.Busy); err != nil {
			return old, err
		}
	}
	if old != nil && old.Status == Booked {
		s.upcoming.drop(old.place())
	}
	if a.Status == Booked {
		s.upcoming.add(a.place())
	}
	if a.Active() {
		call := slots.Call{Reviewer: a.Reviewer, Span: a.Span, Busy: a.Busy, ID: a.ID}
		if err := s.occupy(a.Tenant, a.CaseIDs, a.ID, call); err != nil {
			return old, err
		}
	}
	if old == nil || old.Span.Start != a.Span.Start || old.ReviewerID != a.ReviewerID {
		if old != nil {
			s.unlist(old)
		}
		s.list(a)
	}
	s.listResults(a)
	return old, nil
}

// place is where a booked appointment stands in upcoming.
func (a *Appointment) place() indexed {
	return indexed{tenant: a.Tenant, order: int64(a.Span.Start), id: a.ID}
}

// list makes an appointment findable.
func (s *state) list(a *Appointment) {
	// What goes into several lists lies together, and mostly leaves them together.
	places := make([]indexed, 0, placesOfCall)
	add := func(x *index, e indexed) {
		if len(places) == cap(places) {
			places = make([]indexed, 0, placesOfCall)
		}
		places = append(places, e)
		x.addAt(&places[len(places)-1])
	}
	s.eachList(a, add)
	s.eachOffice(a, func(e indexed) { add(&s.byNPI, e) })
}

// placesOfCall is how many places in lists a call about one case has that has one provider: by
// case, reviewer, principal and NPI.
const placesOfCall = 4

func (s *state) unlist(a *Appointment) {
	s.eachList(a, func(x *index, e indexed) { x.drop(e) })
	s.dropOffices(a)
}

// eachList yields an appointment's places in the lists of its cases, its reviewer and
// who created it.
func (s *state) eachList(a *Appointment, do func(*index, indexed)) {
	order := -int64(a.Span.Start)
	for _, caseID := range a.CaseIDs {
		do(&s.byCase, indexed{tenant: a.Tenant, key: caseID, order: order, id: a.ID})
	}
	do(&s.byReviewer, indexed{tenant: a.Tenant, key: a.ReviewerID, order: order, id: a.ID})
	do(&s.byPrincipal, indexed{tenant: a.Tenant, key: a.CreatedBy, order: order, id: a.ID})
}

func (s *state) addOffices(a *Appointment) {
	s.eachOffice(a, func(e indexed) { s.byNPI.add(e) })
}

func (s *state) dropOffices(a *Appointment) {
	s.eachOffice(a, func(e indexed) { s.byNPI.drop(e) })
}

// eachOffice yields an appointment's places in byNPI, some of them twice where
// cases share a provider.
func (s *state) eachOffice(a *Appointment, do func(indexed)) {
	for _, caseID := range a.CaseIDs {
		c, ok := s.cases.get(a.Tenant, caseID)
		if !ok {
			continue
		}
		for _, npi := range caseNPIs(c) {
			if npi != "" {
				do(indexed{tenant: a.Tenant, key: npi, order: -int64(a.Span.Start), id: a.ID})
			}
		}
	}
}
