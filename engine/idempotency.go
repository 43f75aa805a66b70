package engine

import (
	"fmt"
	"slices"
	"strings"

	"github.com/parleyhq/parley/slots"
)

// remembered is the first outcome of a command under its idempotency key. The
// entities of the outcome are those of that moment, whatever became of them.
type remembered struct {
	tenant, principal, key string
	fingerprint            Fingerprint
	expiresAt              slots.Instant
	kind                   Kind
	outcome                firstOutcome
}

// firstOutcome is the outcome of an accepted command in little memory, for millions are
// remembered: it has one entity, or a call beside its request.
type firstOutcome struct {
	status  Status
	created bool
	seq     Seq
	now     slots.Instant
	entity  any          // *Reviewer, *Case, ... or []byte, a composed answer; nil: none
	call    *Appointment // beside a *CallbackRequest
}

func firstOf(o *Outcome) firstOutcome {
	f := firstOutcome{status: o.Status, created: o.Created, seq: o.Seq, now: o.Now}
	switch {
	case o.Reviewer != nil:
		f.entity = o.Reviewer
	case o.Case != nil:
		f.entity = o.Case
	case o.Hold != nil:
		f.entity = o.Hold
	case o.Callback != nil:
		f.entity, f.call = o.Callback, o.Appointment
	case o.Appointment != nil:
		f.entity = o.Appointment
	case o.Profile != nil:
		f.entity = o.Profile
	case o.Tenant != nil:
		f.entity = o.Tenant
	case o.APIKey != nil:
		f.entity = o.APIKey
	case len(o.Answer) > 0:
		f.entity = o.Answer
	}
	return f
}

// again returns the outcome as it was.
func (f *firstOutcome) again() Outcome {
	o := Outcome{Status: f.status, Created: f.created, Seq: f.seq, Now: f.now, Appointment: f.call}
	switch e := f.entity.(type) {
	case *Reviewer:
		o.Reviewer = e
	case *Case:
		o.Case = e
	case *Hold:
		o.Hold = e
	case *CallbackRequest:
		o.Callback = e
	case *Appointment:
		o.Appointment = e
	case *Profile:
		o.Profile = e
	case *Tenant:
		o.Tenant = e
	case *APIKey:
		o.APIKey = e
	case []byte:
		o.Answer = e
	}
	return o
}

// answerBytes is how many bytes of answer are remembered. A short one counts for none; a reviewer of many blocks, licenses
// and exceptions counts with what goes beyond the usual.
func (f *firstOutcome) answerBytes() int {
	switch e := f.entity.(type) {
	case []byte:
		return countedBytes(e)
	case *Reviewer:
		return e.unusualBytes()
	}
	return 0
}

func countedBytes(answer []byte) int {
	if len(answer) <= ShortAnswerBytes {
		return 0
	}
	return len(answer)
}

// usualReviewerBytes is what a reviewer may take in memory without counting as an answer.
const usualReviewerBytes = 4 << 10

// unusualBytes is about how much more than usual a reviewer takes in memory when nothing of it is shared. Sealed parts do not
// count: they may change their form.
func (r *Reviewer) unusualBytes() int {
	const text, span = 32, 16
	n := text*(len(r.Specialties)+len(r.Programs)+len(r.Populations)+len(r.HealthPlans)+len(r.Modalities)) +
		4*span*(len(r.Licenses)+len(r.BoardCertifications)+len(r.Experience)+len(r.Hours.Weekly)) + span*len(r.Hours.Blocks)
	for i := range r.Hours.Exceptions {
		n += 2*span + span*len(r.Hours.Exceptions[i].Hours)
	}
	return max(0, n-usualReviewerBytes)
}

// answerAhead is answerBytes of what a decision will be remembered with, and the room that it may have a part of.
type answerAhead struct{ bytes, room int }

func (s *state) answerAhead(cmd *Command, d *decision) answerAhead {
	switch p := cmd.Payload.(type) {
	case RecordAnswer:
		if p.Long {
			return answerAhead{countedBytes(d.answer), MaxAnswersBytes / 2}
		}
		return answerAhead{countedBytes(d.answer), MaxAnswersBytes}
	case AddAbsence:
		for _, f := range d.effects {
			if f, ok := f.(*putReviewer); ok {
				return answerAhead{f.image.unusualBytes(), MaxAnswersBytes}
			}
		}
		if r, known := s.reviewers.get(cmd.Actor.Tenant, d.subject); known {
			return answerAhead{r.unusualBytes(), MaxAnswersBytes}
		}
	}
	return answerAhead{}
}

const rememberedVersion = 1

// keyID joins principal and key, neither of which holds a NUL.
func keyID(principal, key string) string { return principal + "\x00" + key }

// retention is how long a key is remembered.
func retention() slots.Instant {
	if planted == plantKeyShort {
		return KeyRetention / 7
	}
	return KeyRetention
}

// keySpace is where the keys of an actor stand: those of different tenants never meet.
func (a *Actor) keySpace() string {
	if planted == plantKeysOfAll {
		return ""
	}
	return a.Tenant
}

// recall returns the first outcome of a key, StatusKeyReused if the key belongs
// to another request, or known = false. An expired key is unknown, whether or
// not it was dropped already.
func (s *state) recall(a Actor, key string, f Fingerprint, now slots.Instant) (o Outcome, known bool) {
	if key == "" {
		return Outcome{}, false
	}
	r, ok := s.keys.get(a.keySpace(), keyID(a.Principal, key))
	switch {
	case !ok || r.expiresAt <= now:
		return Outcome{}, false
	case r.fingerprint != f:
		return Outcome{Status: StatusKeyReused, Now: now}, true
	}
	o = r.outcome.again()
	o.Replayed = true
	return o, true
}

// putKey remembers an outcome; an expired one may still be in its place.
func (s *state) putKey(r *remembered) error {
	if r.key == "" {
		return errContradiction("entry %d remembers no key", s.seq)
	}
	id := keyID(r.principal, r.key)
	// What is remembered for a week holds on to no more than that.
	r.principal, r.key = id[:len(r.principal)], id[len(r.principal)+1:]
	if old := s.keys.put(r.tenant, id, r); old != nil {
		if old.expiresAt > s.now {
			return errContradiction("entry %d uses a key that is remembered", s.seq)
		}
		if err := s.forget(deadline{old.expiresAt, r.tenant, id}, old); err != nil {
			return err
		}
	}
	s.keysEnd.add(deadline{r.expiresAt, r.tenant, id})
	s.answerBytes += r.outcome.answerBytes()
	s.keyShares = s.keyShares.with(r.tenant, 1, r.outcome.answerBytes())
	return nil
}

// dropKey forgets a key.
func (s *state) dropKey(d deadline) error {
	r, ok := s.keys.get(d.tenant, d.id)
	if !ok {
		return errContradiction("no key of tenant %s that ends at %d", d.tenant, d.at)
	}
	s.keys.drop(d.tenant, d.id)
	return s.forget(d, r)
}

// forget takes a key that is gone out of what is derived from keys.
func (s *state) forget(d deadline, r *remembered) error {
	if !s.keysEnd.drop(d) {
		return errContradiction("no key of tenant %s that ends at %d", d.tenant, d.at)
	}
	s.answerBytes -= r.outcome.answerBytes()
	s.keyShares = s.keyShares.with(d.tenant, -1, -r.outcome.answerBytes())
	return nil
}

// keyShare is what a tenant has of the remembered keys: how many, and bytes of answers.
type keyShare struct {
	tenant      string
	keys, bytes int
}

// keyShares are by tenant. They are replaced where a tenant comes or goes, and changed in place by the state that
// owns them: clone copies them.
type keyShares []keyShare

func (k keyShares) find(tenant string) (at int, found bool) {
	return slices.BinarySearchFunc(k, tenant, func(s keyShare, t string) int { return strings.Compare(s.tenant, t) })
}

func (k keyShares) with(tenant string, keys, bytes int) keyShares {
	at, found := k.find(tenant)
	if !found {
		k = slices.Insert(k, at, keyShare{tenant: tenant})
	}
	k[at].keys += keys
	k[at].bytes += bytes
	if k[at].keys == 0 {
		k = slices.Delete(k, at, at+1)
	}
	return k
}

func (k keyShares) of(tenant string) keyShare {
	if at, found := k.find(tenant); found {
		return k[at]
	}
	return keyShare{}
}

// keysApart is the part of the room for keys that no single tenant takes where there are several: a fourth.
const keysApart = 4

// fairShare reports whether one more key of a tenant leaves room for the others. Keys of its own that the next
// entry drops do not count; where that one has more to drop than it may, the tenant's turn to lose some is yet to
// come, and an entry of its own brings it nearer.
func (s *state) fairShare(tenant string, limit int, answer answerAhead, now slots.Instant) bool {
	if s.tenants.len() == 0 {
		return true
	}
	mostBytes := answer.room - answer.room/keysApart
	own, most := s.keyShares.of(tenant), limit-limit/keysApart
	if own.keys < most && (answer.bytes == 0 || own.bytes+answer.bytes <= mostBytes) {
		return true
	}
	freed, more := s.freedNext(tenant, now)
	return (own.keys-freed.keys < most || more) && (answer.bytes == 0 || own.bytes-freed.bytes+answer.bytes <= mostBytes)
}

// freedNext is what an entry at now drops of a tenant's keys, and whether it leaves keys that have ended.
func (s *state) freedNext(tenant string, now slots.Instant) (freed keyShare, more bool) {
	seen := 0
	s.keysEnd.tree.each(func(d *deadline) bool {
		if d.at > now || seen == keysPerEntry {
			more = d.at <= now
			return false
		}
		seen++
		if r, ok := s.keys.get(d.tenant, d.id); ok && d.tenant == tenant {
			freed.keys++
			freed.bytes += r.outcome.answerBytes()
		}
		return true
	})
	return freed, more
}

// roomForKey reports whether one more key with its answer keeps
// the limits; that of bytes keeps out none that has no bytes, also where more is remembered than it allows. A key that has ended makes room for another, since the next entry
// drops it; its answer does so once it is dropped.
func (s *state) roomForKey(limit int, answer answerAhead, now slots.Instant) bool {
	if answer.bytes > 0 && s.answerBytes+answer.bytes > answer.room {
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
	natural(c, &o.status)
	natural(c, &o.seq)
	integer(c, &o.now)
	c.flag(&o.created)
	switch r.kind {
	case KindPutReviewer, KindDeactivateReviewer, KindAddAbsence:
		entity(c, o, (*codec).reviewer)
	case KindPutCase:
		entity(c, o, (*codec).caseEntity)
	case KindHold, KindAdHoc:
		entity(c, o, (*codec).hold)
	case KindBook, KindReschedule, KindCancel,
		KindRecordAttempt, KindStartCall, KindCompleteCall, KindNoShow, KindReassign:
		entity(c, o, (*codec).appointment)
	case KindPutProfile:
		entity(c, o, (*codec).profile)
	case KindRecordAnswer:
		answer, _ := o.entity.([]byte)
		if c.bytes(&answer, MaxAnswerBytes); c.reading && len(answer) > 0 {
			o.entity = answer
		}
	case KindCreateCallback, KindCancelCallback:
		entity(c, o, (*codec).callback)
		optional(c, &o.call, (*codec).appointment)
	case KindPutTenant:
		entity(c, o, (*codec).tenant)
	case KindCreateKey, KindRevokeKey:
		entity(c, o, (*codec).apiKey)
	case KindLoadRules, KindReleaseHold, KindRecordOffer, KindAnchorJournal, KindReseal:
	default:
		c.fail(errDamagedRecord, fmt.Sprintf("kind %d", r.kind))
	}
}

// entity codes the entity of an outcome, which may be absent.
func entity[T any](c *codec, o *firstOutcome, fields func(*codec, *T)) {
	v, _ := o.entity.(*T)
	if optional(c, &v, fields); c.reading && v != nil { // what is written belongs to many
		o.entity = v
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
