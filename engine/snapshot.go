package engine

import (
	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// Snapshot is an immutable state. All methods are safe for concurrent use and
// wait for nothing, except that lists of cases and appointments wait after a start until
// those of the checkpoint are made, once. What they return is immutable too.
type Snapshot struct {
	state *state
	chain Hash   // of the log at Seq
	scope *Scope // of who looks, nil = everything; see Within
}

// AwaitLists waits until the lists of the checkpoint are made, or makes them. Who keeps others from lists while it reads
// one waits before: after a start with millions of calls that takes seconds.
func (s *Snapshot) AwaitLists() {
	if l := s.state.lists; l != nil {
		l.make(nil)
	}
}

// Seq returns the position of the last entry that the snapshot contains.
func (s *Snapshot) Seq() Seq { return s.state.seq }

// Stamped returns the time of that entry.
func (s *Snapshot) Stamped() slots.Instant { return s.state.now }

// Rules returns the ruleset in force.
func (s *Snapshot) Rules() *matcher.Ruleset { return s.state.rules.compiled }

// View makes the matcher's view at now, or at the last stamp if that is later.
func (s *Snapshot) View(tenant string, now slots.Instant) *matcher.View {
	v := new(matcher.View)
	s.ViewInto(v, tenant, now)
	return v
}

// ViewInto is View in memory that the caller keeps from search to search.
func (s *Snapshot) ViewInto(v *matcher.View, tenant string, now slots.Instant) {
	*v = s.state.viewed(tenant, max(now, s.state.now))
}

// Except puts a call out of the way of a view of this snapshot: the caller's own hold or
// appointment, by its id; "" = none.
func (s *Snapshot) Except(v *matcher.View, id string) { s.state.except(v, id) }

// Reviewer returns a reviewer by id.
func (s *Snapshot) Reviewer(tenant, id string) (*Reviewer, bool) {
	if x := s.scope; x != nil && x.ReviewerID != "" && x.ReviewerID != id {
		return nil, false
	}
	return s.state.reviewers.get(tenant, id)
}

// Reviewers yields a tenant's reviewers in order of id, from the first id that
// is not below from.
func (s *Snapshot) Reviewers(tenant, from string, yield func(*Reviewer) bool) {
	if x := s.scope; x != nil && x.ReviewerID != "" {
		if r, ok := s.Reviewer(tenant, x.ReviewerID); ok && r.ID >= from {
			yield(r)
		}
		return
	}
	s.state.reviewers.from(tenant, from, yield)
}

// Case returns a case by id.
func (s *Snapshot) Case(tenant, id string) (*Case, bool) {
	c, ok := s.state.cases.get(tenant, id)
	if !ok || !s.scope.sees(s.state, c) {
		return nil, false
	}
	return c, true
}

// CasesByAuthorization returns the cases with an authorization number, by id.
func (s *Snapshot) CasesByAuthorization(tenant, number string) []*Case {
	if number == "" {
		return nil
	}
	return s.casesOf(s.state.casesByNumber, tenant, number)
}

// CasesByMember returns the cases of a member, by id; none for the zero Digest.
func (s *Snapshot) CasesByMember(tenant string, member Digest) []*Case {
	if member == (Digest{}) {
		return nil
	}
	return s.casesOf(s.state.casesByMember, tenant, string(member[:]))
}

func (s *Snapshot) casesOf(x index, tenant, key string) (cases []*Case) {
	x.ids(tenant, key, func(id string) bool {
		if c, ok := s.Case(tenant, id); ok {
			cases = append(cases, c)
		}
		return true
	})
	return cases
}

// FirstAsked returns when a call on the case was first asked for: what the payer
// said, else the instant of its first hold or booking, also of one that has
// ended; 0 = never. The case carries it in P2PRequestedAt, so a query for new
// calls leaves matcher.Query.FirstAsked at 0.
func (s *Snapshot) FirstAsked(tenant, caseID string) slots.Instant {
	if c, ok := s.Case(tenant, caseID); ok {
		return c.P2PRequestedAt
	}
	return 0
}

// Hold returns a hold by id, perhaps one that has expired (see Hold.ActiveAt).
func (s *Snapshot) Hold(tenant, id string) (*Hold, bool) {
	h, ok := s.state.holds.get(tenant, id)
	if !ok || !s.scope.seesHold(s.state, h) {
		return nil, false
	}
	return h, true
}

// Appointment returns an appointment by id.
func (s *Snapshot) Appointment(tenant, id string) (*Appointment, bool) {
	a, ok := s.state.appointments.get(tenant, id)
	if !ok || !s.scope.seesAppointment(s.state, a) {
		return nil, false
	}
	return a, true
}

// ActiveCall returns the appointment (booked or in progress) or the hold (active
// at now) of a case; at most one is not nil. Who sees the case is told of its call.
func (s *Snapshot) ActiveCall(tenant, caseID string, now slots.Instant) (*Appointment, *Hold) {
	c, ok := s.state.calls.get(tenant, caseID)
	if !ok {
		return nil, nil
	}
	if _, seen := s.Case(tenant, caseID); !seen {
		return nil, nil
	}
	if !c.held {
		a, _ := s.state.appointments.get(tenant, c.id)
		return a, nil
	}
	h, _ := s.state.holds.get(tenant, c.id)
	if !h.ActiveAt(max(now, s.state.now)) {
		return nil, nil
	}
	return nil, h
}

// Profile returns what a principal has confirmed about itself.
func (s *Snapshot) Profile(tenant, principal string) (*Profile, bool) {
	return s.state.profiles.get(tenant, principal)
}

// Counts are sizes of all tenants, for metrics. Holds and Keys count those that
// have expired until the next entry drops them.
type Counts struct{ Reviewers, Cases, Holds, Appointments, Keys int }

// Counts returns the sizes.
func (s *Snapshot) Counts() Counts {
	return Counts{
		Reviewers:    s.state.reviewers.len(),
		Cases:        s.state.cases.len(),
		Holds:        s.state.holds.len(),
		Appointments: s.state.appointments.len(),
		Keys:         s.state.keys.len(),
	}
}

// Counters returns what has happened since the log began.
func (s *Snapshot) Counters() Counters { return s.state.counters }
