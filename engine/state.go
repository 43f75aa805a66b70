package engine

import (
	"slices"

	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// state is everything that the log says. It is a function of the log: nothing
// in it comes from a clock, a zone table or the order of a map.
//
// One goroutine changes a state; a published one is never changed. Reads by
// tenant and id find an entity; the indexes hold ids only, so an entity that is
// replaced leaves them alone unless its keys change. Of the fields below, those
// that check rebuilds are derived from the others.
type state struct {
	seq      Seq               // of the last entry
	now      slots.Instant     // its stamp
	nextRef  slots.ReviewerRef // from 1
	counters Counters
	rules    rulesInForce

	reviewers    table[Reviewer]
	cases        table[Case]
	holds        table[Hold]
	appointments table[Appointment]
	profiles     table[Profile]    // by principal
	keys         table[remembered] // by principal and key, see keyID
	callbacks    table[CallbackRequest]
	offered      table[caseRecord] // by case: what is noted of its offer records
	anchors      table[Anchor]     // by "" and tenant
	conducts     table[Conduct]    // by principal
	access

	// Derived.
	seats
	lists         *lists        // what the indexes begin with; nil: nothing
	calls         table[call]   // by case: its hold or active appointment
	holders       table[holder] // see heldBy
	conductsEnd   deadlines
	holdsEnd      deadlines
	keysEnd       deadlines
	answerBytes   int // of all remembered answers
	keyShares     keyShares
	casesByNumber index // key: authorization number
	casesByMember index // key: member digest
	byCase        index // appointments, newest first
	byReviewer    index
	byPrincipal   index       // key: who created it
	byNPI         index       // key: provider NPI on one of its cases
	casesByNPI    index       // key: provider NPI
	upcoming      index       // booked appointments of a tenant, earliest first; key: ""
	waiting       index       // open callback requests, in the order of the queue
	requests      table[call] // by case: its open callback request
	reserved      table[call] // by appointment id: the open callback request it is kept for
	stranded      index       // requests whose reviewer is lost, oldest first
	results       index       // completed calls whose result is awaited, by when the earliest is due; key: ""
}

// Counters count what has happened since the log began.
type Counters struct {
	HoldsCreated, HoldsConfirmed, HoldsReleased, HoldsExpired uint64
	Booked, Moved, Cancelled                                  uint64
	KeysExpired                                               uint64
}

// rulesInForce is the ruleset as loaded. compiled is derived; it is nil while
// a log is replayed, since applying never asks rules.
type rulesInForce struct {
	version  string // "" = none yet
	bundle   []byte
	compiled *matcher.Ruleset
}

// call is what occupies a case: a hold or an active appointment.
type call struct {
	id   string
	held bool
}

// holder counts the holds of a principal, a reviewer or a tenant, expired ones included.
type holder struct{ count int }

func newState() *state {
	return &state{
		nextRef:       1,
		reviewers:     newTable[Reviewer](),
		cases:         newTable[Case](),
		holds:         newTable[Hold](),
		appointments:  newTable[Appointment](),
		profiles:      newTable[Profile](),
		keys:          newTable[remembered](),
		anchors:       newTable[Anchor](),
		conducts:      newTable[Conduct](),
		conductsEnd:   newDeadlines(),
		access:        newAccess(),
		seats:         newSeats(),
		calls:         newTable[call](),
		holders:       newTable[holder](),
		holdsEnd:      newDeadlines(),
		keysEnd:       newDeadlines(),
		casesByNumber: newIndex(),
		casesByMember: newIndex(),
		byCase:        newIndex(),
		byReviewer:    newIndex(),
		byPrincipal:   newIndex(),
		byNPI:         newIndex(),
		upcoming:      newIndex(),
		callbacks:     newTable[CallbackRequest](),
		offered:       newTable[caseRecord](),
		casesByNPI:    newIndex(),
		waiting:       newIndex(),
		requests:      newTable[call](),
		reserved:      newTable[call](),
		stranded:      newIndex(),
		results:       newIndex(),
	}
}

// clone returns a copy in time that does not depend on the size. It writes to
// s, so nobody else may see s yet.
func (s *state) clone() *state {
	c := *s
	c.reviewers = s.reviewers.clone()
	c.cases = s.cases.clone()
	c.holds = s.holds.clone()
	c.appointments = s.appointments.clone()
	c.profiles = s.profiles.clone()
	c.keys = s.keys.clone()
	c.anchors = s.anchors.clone()
	c.conducts = s.conducts.clone()
	c.conductsEnd = s.conductsEnd.clone()
	c.access = s.access.clone()
	c.seats = s.seats.clone()
	c.calls = s.calls.clone()
	c.holders = s.holders.clone()
	c.holdsEnd = s.holdsEnd.clone()
	c.keysEnd = s.keysEnd.clone()
	c.keyShares = slices.Clone(s.keyShares)
	c.casesByNumber = s.casesByNumber.clone()
	c.casesByMember = s.casesByMember.clone()
	c.byCase = s.byCase.clone()
	c.byReviewer = s.byReviewer.clone()
	c.byPrincipal = s.byPrincipal.clone()
	c.byNPI = s.byNPI.clone()
	c.upcoming = s.upcoming.clone()
	c.callbacks = s.callbacks.clone()
	c.offered = s.offered.clone()
	c.casesByNPI = s.casesByNPI.clone()
	c.waiting = s.waiting.clone()
	c.requests = s.requests.clone()
	c.reserved = s.reserved.clone()
	c.stranded = s.stranded.clone()
	c.results = s.results.clone()
	return &c
}

// compile makes the ruleset in force usable for judging.
func (s *state) compile() error {
	if s.rules.version == "" || s.rules.compiled != nil {
		return nil
	}
	compiled, err := matcher.CompileRules(s.rules.bundle)
	if err != nil {
		return err
	}
	s.rules.compiled = compiled
	return nil
}

// view is what the matcher sees of one tenant at now, with one call out of the way.
func (s *state) view(tenant string, now slots.Instant, except string) *matcher.View {
	v := s.viewed(tenant, now)
	s.except(&v, except)
	return &v
}

// viewed is view with no call out of the way.
func (s *state) viewed(tenant string, now slots.Instant) matcher.View {
	return matcher.View{
		Tenant:   tenant,
		Rules:    s.rules.compiled,
		Roster:   s.roster,
		Calendar: s.calendar,
		Now:      now,
		Index:    s.index,
	}
}

// except puts a call of the tenant out of the view's way, "" = none.
func (s *state) except(v *matcher.View, id string) {
	v.Except, v.ExceptOf = id, nil
	if id == "" {
		return
	}
	hold, held := s.holds.get(v.Tenant, id)
	appointment, booked := s.appointments.get(v.Tenant, id)
	switch {
	case held && booked: // of two reviewers, perhaps
	case held:
		v.ExceptOf, _ = s.roster.Get(hold.Reviewer)
	case booked:
		v.ExceptOf, _ = s.roster.Get(appointment.Reviewer)
	}
}
