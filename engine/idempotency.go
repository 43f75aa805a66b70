package engine

import (
	"fmt"

	"github.com/parleyhq/parley/slots"
)

// remembered is the first outcome of a command under its idempotency key. The
// entities of the outcome are those of that moment, whatever became of them.
type remembered struct {
	tenant, principal, key string
	fingerprint            Fingerprint
	expiresAt              slots.Instant
	kind                   Kind
	outcome                Outcome
}

const rememberedVersion = 1

// keyID joins principal and key, neither of which holds a NUL.
func keyID(principal, key string) string { return principal + "\x00" + key }

// recall returns the first outcome of a key, StatusKeyReused if the key belongs
// to another request, or known = false. An expired key is unknown, whether or
// not it was dropped already.
func (s *state) recall(a Actor, key string, f Fingerprint, now slots.Instant) (o Outcome, known bool) {
	if key == "" {
		return Outcome{}, false
	}
	r, ok := s.keys.get(a.Tenant, keyID(a.Principal, key))
	switch {
	case !ok || r.expiresAt <= now:
		return Outcome{}, false
	case r.fingerprint != f:
		return Outcome{Status: StatusKeyReused, Now: now}, true
	}
	o = r.outcome
	o.Replayed = true
	return o, true
}

// putKey remembers an outcome; an expired one may still be in its place.
func (s *state) putKey(r *remembered) error {
	if r.key == "" {
		return errContradiction("entry %d remembers no key", s.seq)
	}
	id := keyID(r.principal, r.key)
	if old, ok := s.keys.get(r.tenant, id); ok {
		if old.expiresAt > s.now {
			return errContradiction("entry %d uses a key that is remembered", s.seq)
		}
		if err := s.dropKey(deadline{old.expiresAt, r.tenant, id}); err != nil {
			return err
		}
	}
	s.keys.put(r.tenant, id, r)
	s.keysEnd.add(deadline{r.expiresAt, r.tenant, id})
	s.answerBytes += len(r.outcome.Answer)
	return nil
}

// dropKey forgets a key.
func (s *state) dropKey(d deadline) error {
	r, ok := s.keys.get(d.tenant, d.id)
	if !ok || !s.keysEnd.drop(d) {
		return errContradiction("no key of tenant %s that ends at %d", d.tenant, d.at)
	}
	s.keys.drop(d.tenant, d.id)
	s.answerBytes -= len(r.outcome.Answer)
	return nil
}

// roomForKey reports whether one more key with an answer of some bytes keeps
// the limits. A key that has ended makes room for another, since the next entry
// drops it; its answer does so once it is dropped.
func (s *state) roomForKey(limit, answer int, now slots.Instant) bool {
	if s.answerBytes+answer > MaxAnswersBytes {
		return false
	}
	if s.keys.len() < limit {
		return true
	}
	_, due := s.keysEnd.due(now)
	return due
}

func (c *codec) remembered(r *remembered) {
	c.version(rememberedVersion)
	c.str(&r.tenant)
	c.str(&r.principal)
	c.str(&r.key)
	c.digest((*[32]byte)(&r.fingerprint))
	integer(c, &r.expiresAt)
	natural(c, &r.kind)
	o := &r.outcome
	natural(c, &o.Status)
	natural(c, &o.Seq)
	integer(c, &o.Now)
	c.flag(&o.Created)
	switch r.kind {
	case KindPutReviewer, KindDeactivateReviewer, KindAddAbsence:
		optional(c, &o.Reviewer, (*codec).reviewer)
	case KindPutCase:
		optional(c, &o.Case, (*codec).caseEntity)
	case KindHold, KindAdHoc:
		optional(c, &o.Hold, (*codec).hold)
	case KindBook, KindReschedule, KindCancel,
		KindRecordAttempt, KindStartCall, KindCompleteCall, KindNoShow, KindReassign:
		optional(c, &o.Appointment, (*codec).appointment)
	case KindPutProfile:
		optional(c, &o.Profile, (*codec).profile)
	case KindRecordAnswer:
		c.bytes(&o.Answer, MaxAnswerBytes)
	case KindCreateCallback, KindCancelCallback:
		optional(c, &o.Callback, (*codec).callback)
		optional(c, &o.Appointment, (*codec).appointment)
	case KindPutTenant:
		optional(c, &o.Tenant, (*codec).tenant)
	case KindCreateKey, KindRevokeKey:
		optional(c, &o.APIKey, (*codec).apiKey)
	case KindLoadRules, KindReleaseHold, KindRecordOffer, KindAnchorJournal:
	default:
		c.fail(errDamagedRecord, fmt.Sprintf("kind %d", r.kind))
	}
}

// optional codes a value that may be absent.
func optional[T any](c *codec, p **T, fields func(*codec, *T)) {
	present := *p != nil
	c.flag(&present)
	if !present || c.err != nil {
		return
	}
	if c.reading {
		*p = new(T)
	}
	fields(c, *p)
}
