package engine

import (
	"fmt"

	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// errContradiction is what applying answers to an effect that does not fit the
// state. Such an entry was never written by this engine.
func errContradiction(format string, args ...any) error {
	return fmt.Errorf("%w: entry contradicts the state: %s", ErrCorrupt, fmt.Sprintf(format, args...))
}

// putReviewer stores a reviewer and takes it into the roster.
func (s *state) putReviewer(r *Reviewer) error {
	old, known := s.reviewers.get(r.Tenant, r.ID)
	switch {
	case known && old.Ref != r.Ref:
		return errContradiction("reviewer %s has number %d, not %d", r.ID, old.Ref, r.Ref)
	case !known && r.Ref != s.nextRef:
		return errContradiction("new reviewer %s has number %d, next is %d", r.ID, r.Ref, s.nextRef)
	case !known:
		s.nextRef++
	}
	s.reviewers.put(r.Tenant, r.ID, r)
	s.seats.put(rosterEntry(r))
	return nil
}

// attachZone sets the zone of a decoded reviewer from its name. A name that this
// build does not know does not stop a replay, which decides nothing by it: the
// reviewer reads as if in UTC, and rosterEntry keeps it out of matching.
func attachZone(r *Reviewer) {
	zone, err := slots.LoadZone(r.ZoneName)
	if err != nil {
		zone = slots.UTC()
	}
	r.Zone = zone
}

// rosterEntry returns what matching sees of a reviewer.
func rosterEntry(r *Reviewer) *matcher.Reviewer {
	if r.Zone.Name() == r.ZoneName {
		return &r.Reviewer
	}
	stranded := r.Reviewer
	stranded.Active = false
	return &stranded
}

// putCase stores a case and keeps its look-ups and the offices of its
// appointments in step.
func (s *state) putCase(c *Case) error {
	old, known := s.cases.get(c.Tenant, c.ID)
	offices := known && caseNPIs(old) != caseNPIs(c)
	if offices {
		s.eachOfCase(c, func(a *Appointment) { s.dropOffices(a) })
	}
	s.cases.put(c.Tenant, c.ID, c)
	if offices {
		s.eachOfCase(c, func(a *Appointment) { s.addOffices(a) })
		s.eachProvider(old, func(e indexed) { s.casesByNPI.drop(e) })
	}
	if offices || !known {
		s.eachProvider(c, func(e indexed) { s.casesByNPI.add(e) })
	}
	if known {
		s.dropCaseKeys(old)
	}
	if c.AuthorizationNumber != "" {
		s.casesByNumber.add(indexed{tenant: c.Tenant, key: c.AuthorizationNumber, id: c.ID})
	}
	if c.MemberID != (Digest{}) {
		s.casesByMember.add(indexed{tenant: c.Tenant, key: string(c.MemberID[:]), id: c.ID})
	}
	if known && old.Determination != c.Determination {
		s.eachOfCase(c, s.listResult)
	}
	return nil
}

func (s *state) dropCaseKeys(c *Case) {
	if c.AuthorizationNumber != "" {
		s.casesByNumber.drop(indexed{tenant: c.Tenant, key: c.AuthorizationNumber, id: c.ID})
	}
	if c.MemberID != (Digest{}) {
		s.casesByMember.drop(indexed{tenant: c.Tenant, key: string(c.MemberID[:]), id: c.ID})
	}
}

// askCase notes when a call was first asked for.
func (s *state) askCase(tenant, id string, at slots.Instant) error {
	old, ok := s.cases.get(tenant, id)
	if !ok {
		return errContradiction("no case %s", id)
	}
	asked := *old
	asked.FirstAskedAt = at
	if asked.P2PRequestedAt == 0 {
		asked.P2PRequestedAt = at
	}
	s.cases.put(tenant, id, &asked)
	return nil
}

// markCase notes how far the calls about a case have come.
func (s *state) markCase(tenant, id string, stage, callsHeld int) error {
	old, ok := s.cases.get(tenant, id)
	if !ok {
		return errContradiction("no case %s", id)
	}
	marked := *old
	marked.Stage, marked.CallsHeld = stage, callsHeld
	s.cases.put(tenant, id, &marked)
	return nil
}

func (s *state) eachOfCase(c *Case, do func(*Appointment)) {
	var ids []string
	s.byCase.ids(c.Tenant, c.ID, func(id string) bool {
		ids = append(ids, id)
		return true
	})
	for _, id := range ids {
		a, _ := s.appointments.get(c.Tenant, id)
		do(a)
	}
}

// eachProvider yields a case's places in casesByNPI, one of them twice where a
// provider has two roles.
func (s *state) eachProvider(c *Case, do func(indexed)) {
	for _, npi := range caseNPIs(c) {
		if npi != "" {
			do(indexed{tenant: c.Tenant, key: npi, id: c.ID})
		}
	}
}

// npis are the numbers of the providers on a case; "" where there is none.
type npis [3]string

func caseNPIs(c *Case) npis {
	var n npis
	for i, p := range []*matcher.Provider{&c.Requesting, &c.Ordering, &c.Rendering} {
		if p.Present {
			n[i] = p.NPI
		}
	}
	return n
}
