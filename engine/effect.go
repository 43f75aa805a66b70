package engine

import (
	"fmt"

	"github.com/parleyhq/parley/slots"
)

// effect is one change of the state, as an image of what is there afterwards.
// Applying decides nothing. The numbers of effects belong to the log format.
type effect interface {
	number() uint8
	fields(c *codec)
	apply(s *state, e *entry) error
}

const (
	numberPutReviewer uint8 = iota + 1
	numberPutCase
	numberPutHold
	numberPutAppointment
	numberPutProfile
	numberDropHold
	numberSetRules
	numberRememberKey
	numberAskCase
	numberPutCallback
	numberMarkCase
	numberNoteOffer
	numberPutTenant
	numberPutAPIKey
	numberDropAPIKey
	numberPutAnchor
	numberPutSealed
	numberPutConduct
)

// newEffect returns an empty effect to read into, nil for an unknown number.
func newEffect(number uint8) effect {
	switch number {
	case numberPutReviewer:
		return &putReviewer{new(Reviewer)}
	case numberPutCase:
		return &putCase{new(Case)}
	case numberPutHold:
		return &putHold{new(Hold)}
	case numberPutAppointment:
		return &putAppointment{new(Appointment)}
	case numberPutProfile:
		return &putProfile{new(Profile)}
	case numberDropHold:
		return new(dropHold)
	case numberSetRules:
		return new(setRules)
	case numberRememberKey:
		return new(rememberKey)
	case numberAskCase:
		return new(askCase)
	case numberMarkCase:
		return new(markCase)
	case numberPutCallback:
		return &putCallback{new(CallbackRequest)}
	case numberNoteOffer:
		return new(noteOffer)
	case numberPutTenant:
		return &putTenant{new(Tenant)}
	case numberPutAPIKey:
		return &putAPIKey{new(APIKey)}
	case numberDropAPIKey:
		return new(dropAPIKey)
	case numberPutAnchor:
		return &putAnchor{new(Anchor)}
	case numberPutSealed:
		return new(putSealed)
	case numberPutConduct:
		return &putConduct{new(Conduct)}
	}
	return nil
}

// effect codes an effect behind its number.
func (c *codec) effect(p *effect) {
	var n uint8
	if !c.reading {
		n = (*p).number()
	}
	natural(c, &n)
	if c.reading {
		if *p = newEffect(n); *p == nil {
			c.fail(errDamagedRecord, fmt.Sprintf("effect %d", n))
			return
		}
	}
	(*p).fields(c)
}

type putReviewer struct{ image *Reviewer }

func (putReviewer) number() uint8                     { return numberPutReviewer }
func (f *putReviewer) fields(c *codec)                { c.reviewer(f.image) }
func (f *putReviewer) apply(s *state, e *entry) error { return s.putReviewer(f.image) }

type putCase struct{ image *Case }

func (putCase) number() uint8                     { return numberPutCase }
func (f *putCase) fields(c *codec)                { c.caseEntity(f.image) }
func (f *putCase) apply(s *state, e *entry) error { return s.putCase(f.image) }

type putHold struct{ image *Hold }

func (putHold) number() uint8      { return numberPutHold }
func (f *putHold) fields(c *codec) { c.hold(f.image) }
func (f *putHold) apply(s *state, e *entry) error {
	s.counters.HoldsCreated++
	return s.putHold(f.image)
}

type putAppointment struct{ image *Appointment }

func (putAppointment) number() uint8      { return numberPutAppointment }
func (f *putAppointment) fields(c *codec) { c.appointment(f.image) }
func (f *putAppointment) apply(s *state, e *entry) error {
	old, err := s.replaceAppointment(f.image)
	switch {
	case old == nil:
		s.counters.Booked++
	case old.Status != Cancelled && f.image.Status == Cancelled:
		s.counters.Cancelled++
	case e.kind == KindReschedule, old.ReviewerID != f.image.ReviewerID, old.Span.Start != f.image.Span.Start:
		s.counters.Moved++
	}
	return err
}

type putProfile struct{ image *Profile }

func (putProfile) number() uint8      { return numberPutProfile }
func (f *putProfile) fields(c *codec) { c.profile(f.image) }
func (f *putProfile) apply(s *state, e *entry) error {
	s.profiles.put(f.image.Tenant, f.image.Principal, f.image)
	return nil
}

// dropHold ends a hold before its time: confirmed by a booking, or released.
type dropHold struct {
	id        string
	confirmed bool
}

func (dropHold) number() uint8 { return numberDropHold }
func (f *dropHold) fields(c *codec) {
	c.str(&f.id)
	c.flag(&f.confirmed)
}
func (f *dropHold) apply(s *state, e *entry) error {
	if f.confirmed {
		s.counters.HoldsConfirmed++
	} else {
		s.counters.HoldsReleased++
	}
	return s.dropHold(e.actor.Tenant, f.id)
}

// setRules puts a ruleset in force, for all tenants.
type setRules struct {
	version string
	bundle  []byte
}

func (setRules) number() uint8 { return numberSetRules }
func (f *setRules) fields(c *codec) {
	c.str(&f.version)
	c.bytes(&f.bundle, MaxRulesBytes)
}
func (f *setRules) apply(s *state, e *entry) error {
	if f.version == "" {
		return errContradiction("rules without a version")
	}
	s.rules = rulesInForce{version: f.version, bundle: f.bundle}
	return nil
}

// askCase notes that a call about a case was asked for, for the first time.
type askCase struct{ id string }

func (askCase) number() uint8                     { return numberAskCase }
func (f *askCase) fields(c *codec)                { c.str(&f.id) }
func (f *askCase) apply(s *state, e *entry) error { return s.askCase(e.actor.Tenant, f.id, e.now) }

// markCase notes how far the calls about a case have come.
type markCase struct {
	id               string
	stage, callsHeld int
}

func (markCase) number() uint8 { return numberMarkCase }
func (f *markCase) fields(c *codec) {
	c.str(&f.id)
	integer(c, &f.stage)
	integer(c, &f.callsHeld)
}
func (f *markCase) apply(s *state, e *entry) error {
	return s.markCase(e.actor.Tenant, f.id, f.stage, f.callsHeld)
}

// rememberKey keeps the entry's outcome under its idempotency key. It is the
// entry's last effect, so that the outcome is whole.
type rememberKey struct {
	expiresAt slots.Instant
	answer    []byte // of RecordAnswer
}

func (rememberKey) number() uint8 { return numberRememberKey }
func (f *rememberKey) fields(c *codec) {
	integer(c, &f.expiresAt)
	c.bytes(&f.answer, MaxAnswerBytes)
}
func (f *rememberKey) apply(s *state, e *entry) error {
	o := e.outcome(s, f.answer)
	return s.putKey(&remembered{
		tenant:      e.actor.keySpace(),
		principal:   e.actor.Principal,
		key:         e.key,
		fingerprint: e.fingerprint,
		expiresAt:   f.expiresAt,
		kind:        e.kind,
		outcome:     firstOf(&o),
	})
}
