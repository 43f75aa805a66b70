package engine

import (
	"fmt"

	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

const (
	entryVersion = 3
	// maxEntryBytes bounds an encoded entry.
	maxEntryBytes = 24 << 20
	// maxEffects is how many effects it may have.
	maxEffects = 1 << 16
)

// entry is an accepted command with what was decided: the unit of the log.
type entry struct {
	seq         Seq
	now         slots.Instant
	actor       Actor
	requestID   string
	key         string // idempotency key, "" if none
	fingerprint Fingerprint
	kind        Kind
	status      Status
	subject     string // id of the entity that the command is about, "" if none
	created     bool   // the subject did not exist before
	rules       string // version of the ruleset that judged, "" before the first
	zoneData    string // version of the zone tables
	question    question
	effects     []effect
	from        origin
}

// origin says from where a command came: the client's address and the id of the key that it
// showed, each "" if there was none.
type origin struct{ client, keyID string }

func (c *codec) origin(o *origin) {
	c.str(&o.client)
	c.str(&o.keyID)
	if len(o.client) > MaxClientBytes || len(o.keyID) > MaxIDBytes {
		c.fail(errTooLarge, fmt.Sprintf("client of %d bytes, key id of %d", len(o.client), len(o.keyID)))
	}
}

// question is what was asked, as far as the effects do not say it.
type question struct {
	expect       uint64 // version
	reviewerID   string
	start        slots.Instant
	holdID       string
	clinician    bool
	attestations []string
	role         string // of who attested; who cancels, or was not there
	tier         matcher.Tier
	ruleset      string
	span         slots.Interval
	digest       [32]byte // of an answer
	credential   string   // of who will speak
	tenant       string   // that a command names, "" = the actor's
	follows      string   // key that a new one takes the place of, "" = none
}

func (c *codec) question(k Kind, version uint8, q *question) {
	switch k {
	case KindPutReviewer, KindDeactivateReviewer, KindPutCase, KindPutProfile:
		natural(c, &q.expect)
	case KindBook:
		c.str(&q.holdID)
		c.flag(&q.clinician)
		c.strs(&q.attestations)
		c.str(&q.role)
		natural(c, &q.tier)
		c.str(&q.ruleset)
	case KindReschedule:
		natural(c, &q.expect)
		c.str(&q.reviewerID)
		integer(c, &q.start)
		c.strs(&q.attestations)
		if version >= 2 {
			c.str(&q.role)
		}
	case KindCancel, KindNoShow:
		natural(c, &q.expect)
		c.str(&q.role)
	case KindRecordAttempt, KindStartCall, KindCompleteCall:
		natural(c, &q.expect)
	case KindReassign:
		natural(c, &q.expect)
		c.str(&q.reviewerID)
		c.strs(&q.attestations)
		c.str(&q.role)
	case KindAddAbsence:
		natural(c, &q.expect)
		c.interval(&q.span)
	case KindCancelCallback:
		natural(c, &q.expect)
	case KindAdHoc:
		integer(c, &q.start)
		c.str(&q.role)
		c.str(&q.credential)
		c.strs(&q.attestations)
	case KindRecordOffer:
		c.digest(&q.digest)
	case KindPutTenant:
		natural(c, &q.expect)
	case KindCreateKey:
		c.str(&q.follows)
	case KindRevokeKey:
		c.str(&q.tenant)
		natural(c, &q.expect)
	}
}

// least returns the lowest version that holds the entry: who attests on a move
// came with the second, from where a command came with the third.
func (e *entry) least() uint8 {
	if e.from != (origin{}) {
		return 3
	}
	if e.kind == KindReschedule && e.question.role != "" {
		return 2
	}
	return 1
}

func (c *codec) entry(e *entry) {
	version := c.leastVersion(e.least(), entryVersion)
	natural(c, &e.seq)
	integer(c, &e.now)
	c.actor(&e.actor)
	c.str(&e.requestID)
	c.str(&e.key)
	if e.key != "" {
		c.digest((*[32]byte)(&e.fingerprint))
	}
	natural(c, &e.kind)
	if c.reading && (e.kind == 0 || e.kind >= kindEnd) {
		c.fail(errDamagedRecord, fmt.Sprintf("kind %d", e.kind))
	}
	natural(c, &e.status)
	c.str(&e.subject)
	c.flag(&e.created)
	c.str(&e.rules)
	c.str(&e.zoneData)
	c.question(e.kind, version, &e.question)
	listUpTo(c, &e.effects, maxEffects, (*codec).effect)
	if version >= 3 {
		c.origin(&e.from)
	}
	c.leastEnd(version, e.least())
}

func (c *codec) actor(a *Actor) {
	c.str(&a.Tenant)
	c.str(&a.Principal)
	c.str(&a.Role)
	c.str(&a.Source)
}

// encode returns the entry's bytes, or errTooLarge.
func (e *entry) encode() ([]byte, error) {
	c := encoder(make([]byte, 0, 1024))
	err := e.encodeTo(c)
	return c.out, err
}

// encodeTo appends the entry's bytes to what c has written.
func (e *entry) encodeTo(c *codec) error {
	before := len(c.out)
	c.entry(e)
	if n := len(c.out) - before; c.err == nil && n > maxEntryBytes {
		c.fail(errTooLarge, fmt.Sprintf("entry: %d bytes, limit %d", n, maxEntryBytes))
	}
	return c.err
}

// decodeEntry reads what encode wrote. The entry shares no memory with record.
func decodeEntry(record []byte) (*entry, error) {
	c := decoder(string(record))
	e := new(entry)
	c.entry(e)
	if err := c.end(); err != nil {
		return nil, err
	}
	return e, nil
}

// outcome returns the answer to the command of an entry that s has applied.
func (e *entry) outcome(s *state, answer []byte) Outcome {
	o := Outcome{Status: e.status, Seq: e.seq, Now: e.now, Created: e.created, Answer: answer}
	o.attach(s, e.kind, e.actor.Tenant, e.subject)
	return o
}

// attach sets the entity that a command of kind k answers with.
func (o *Outcome) attach(s *state, k Kind, tenant, id string) {
	switch k {
	case KindPutReviewer, KindDeactivateReviewer, KindAddAbsence:
		o.Reviewer, _ = s.reviewers.get(tenant, id)
	case KindPutCase:
		o.Case, _ = s.cases.get(tenant, id)
	case KindHold, KindAdHoc:
		o.Hold, _ = s.holds.get(tenant, id)
	case KindBook, KindReschedule, KindCancel,
		KindRecordAttempt, KindStartCall, KindCompleteCall, KindNoShow, KindReassign:
		o.Appointment, _ = s.appointments.get(tenant, id)
	case KindPutProfile:
		o.Profile, _ = s.profiles.get(tenant, id)
	case KindCreateCallback, KindCancelCallback:
		if o.Callback, _ = s.callbacks.get(tenant, id); o.Callback != nil {
			o.Appointment, _ = s.appointments.get(tenant, o.Callback.AppointmentID)
		}
	case KindPutTenant:
		o.Tenant, _ = s.tenants.get("", id)
	case KindCreateKey, KindRevokeKey:
		o.APIKey, _ = s.apiKey(id)
	}
}

// apply makes s the state after e. It is a function of s and e alone: it judges
// nothing, so no clock, rule, zone table or later version of judging reaches it.
// An error means that e was never written by this engine; s is then of no use.
func (s *state) apply(e *entry) error {
	switch {
	case e.seq != s.seq+1:
		return errContradiction("entry says it is at %d, after %d", e.seq, s.seq)
	case e.now < s.now:
		return errContradiction("stamped %d, after %d", e.now, s.now)
	}
	s.seq, s.now = e.seq, e.now
	if err := s.expire(); err != nil {
		return err
	}
	for _, f := range e.effects {
		if err := f.apply(s, e); err != nil {
			return err
		}
	}
	return nil
}

// StampOf returns when the entry in a record's payload was stamped.
func StampOf(payload []byte) (slots.Instant, error) {
	e, err := decodeEntry(payload)
	if err != nil {
		return 0, err
	}
	return e.now, nil
}

// DerivedOf returns the derived records that a store of this identity keeps for the entry in a
// record's payload.
func DerivedOf(id Identity, payload []byte) ([]DerivedRecord, error) {
	e, err := decodeEntry(payload)
	if err != nil {
		return nil, err
	}
	return e.derived(id), nil
}
