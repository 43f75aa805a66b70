package engine

import "slices"

// Scope narrows what of its tenant a caller sees and may ask about: one reviewer and
// the calls of that one if ReviewerID is set, else what is an office's own. A nil Scope is
// the whole tenant. What is outside of it is answered like what is not there.
type Scope struct {
	ReviewerID string
	Principal  string   // who asks
	NPIs       []string // of the office
}

// sees reports whether a case is in the scope: its requesting or ordering provider
// is of the office, or the reviewer has or had a call about it.
func (x *Scope) sees(s *state, c *Case) bool {
	if x == nil {
		return true
	}
	if x.ReviewerID == "" {
		return x.owns(c.Requesting.NPI, c.Requesting.Present) || x.owns(c.Ordering.NPI, c.Ordering.Present)
	}
	seen := false
	s.byCase.ids(c.Tenant, c.ID, func(id string) bool {
		a, _ := s.appointments.get(c.Tenant, id)
		seen = a.ReviewerID == x.ReviewerID
		return !seen
	})
	return seen
}

func (x *Scope) owns(npi string, present bool) bool { return present && slices.Contains(x.NPIs, npi) }

// seesAll reports whether every case of a call is in the scope: one that is shared
// with another office is for those who see both.
func (x *Scope) seesAll(s *state, tenant string, caseIDs []string) bool {
	for _, id := range caseIDs {
		if c, ok := s.cases.get(tenant, id); !ok || !x.sees(s, c) {
			return false
		}
	}
	return true
}

func (x *Scope) seesAppointment(s *state, a *Appointment) bool {
	switch {
	case x == nil:
		return true
	case x.ReviewerID != "":
		return a.ReviewerID == x.ReviewerID
	}
	return a.CreatedBy == x.Principal || x.seesAll(s, a.Tenant, a.CaseIDs)
}

func (x *Scope) seesCallback(s *state, r *CallbackRequest) bool {
	switch {
	case x == nil:
		return true
	case x.ReviewerID != "":
		a, made := s.appointments.get(r.Tenant, r.AppointmentID)
		return made && a.ReviewerID == x.ReviewerID
	}
	return r.CreatedBy == x.Principal || x.seesAll(s, r.Tenant, r.CaseIDs)
}

func (x *Scope) seesHold(s *state, h *Hold) bool {
	switch {
	case x == nil:
		return true
	case x.ReviewerID != "":
		return h.ReviewerID == x.ReviewerID
	}
	return h.Principal == x.Principal || x.seesAll(s, h.Tenant, h.CaseIDs)
}

// sources are the lists in which everything stands that is the scope's own.
func (x *Scope) sources(s *state, own []source) []source {
	if x.ReviewerID != "" {
		return []source{{s.byReviewer, x.ReviewerID}}
	}
	for _, npi := range x.NPIs {
		own = append(own, source{s.byNPI, npi})
	}
	return own
}

// What a judgement is asked about, within the scope of who asks.

func (j *judging) caseAsked(id string) (*Case, bool) {
	c, ok := j.s.cases.get(j.actor.Tenant, id)
	return c, ok && j.scope.sees(j.s, c)
}

func (j *judging) appointmentAsked(id string) (*Appointment, bool) {
	a, ok := j.s.appointments.get(j.actor.Tenant, id)
	return a, ok && j.scope.seesAppointment(j.s, a)
}

func (j *judging) callbackAsked(id string) (*CallbackRequest, bool) {
	r, ok := j.s.callbacks.get(j.actor.Tenant, id)
	return r, ok && j.scope.seesCallback(j.s, r)
}
