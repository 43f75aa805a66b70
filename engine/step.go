package engine

import (
	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// stepped is what became of a command: its outcome and, if it is to be written,
// its entry and the entry's bytes, which lie behind what step's codec held before.
type stepped struct {
	outcome Outcome
	entry   *entry
	payload []byte
}

// step judges one command against s and, if there is something to write, applies
// the entry to s. It is deterministic: state, command, now and limits decide.
// The entry's bytes are appended to what c has written; m is memory to judge in, and
// nothing of the outcome or the entry lies in it. The error is ErrKeysFull
// where no further key can be remembered; s is then as before.
func (s *state) step(cmd *Command, now slots.Instant, l limits, c *codec, m *matcher.Searcher) (stepped, error) {
	if detail, ok := cmd.admit(); !ok {
		return stepped{outcome: Outcome{Status: StatusInvalid, Now: now, Detail: detail}}, nil
	}
	if !s.admits(&cmd.Actor, cmd.Credential, now) {
		return stepped{outcome: Outcome{Status: StatusUnauthenticated, Now: now}}, nil
	}
	if o, known := s.recall(cmd.Actor, cmd.Key, cmd.Fingerprint, now); known {
		return stepped{outcome: o}, nil
	}
	j := judging{s: s, actor: cmd.Actor, now: now, limits: l, scope: cmd.Scope, watched: cmd.Scope != nil, search: m}
	d := j.judge(cmd.Payload)
	if d.outcome.Status != StatusOK {
		d.outcome.Now = now
		return stepped{outcome: d.outcome}, nil
	}
	if len(d.effects) == 0 && cmd.Key == "" {
		o := Outcome{Status: StatusOK, Now: now, Idle: true}
		o.attach(s, cmd.Payload.Kind(), cmd.Actor.Tenant, d.subject)
		return stepped{outcome: o}, nil
	}
	if ahead := s.answerAhead(cmd, &d); cmd.Key != "" && !(s.fairShare(cmd.Actor.Tenant, l.keys, ahead, now) && s.roomForKey(l.keys, ahead, now)) {
		return stepped{}, ErrKeysFull
	}
	e := s.newEntry(cmd, now, d)
	before := len(c.out)
	if err := e.encodeTo(c); err != nil {
		c.out, c.err = c.out[:before], nil
		//nolint:nilerr // what cannot be written is a refusal
		return stepped{outcome: Outcome{Status: StatusInvalid, Now: now, Detail: "too_large"}}, nil
	}
	s.mustApply(e)
	if planted == plantKeyApart && e.key != "" {
		_ = (&rememberKey{expiresAt: now + KeyRetention, answer: d.answer}).apply(s, e)
	}
	o := e.outcome(s, d.answer)
	o.Idle = len(d.effects) == 0
	return stepped{outcome: o, entry: e, payload: c.out[before:]}, nil
}

// mustApply applies an entry that was judged against s.
func (s *state) mustApply(e *entry) {
	if err := s.apply(e); err != nil {
		broken("what is judged can be applied", e.seq, err)
	}
	if err := s.compile(); err != nil {
		broken("rules that were judged compile", e.seq, err)
	}
}

// newEntry makes an accepted command and its decision an entry. The outcome is
// remembered in the same entry, also where nothing else changed.
func (s *state) newEntry(cmd *Command, now slots.Instant, d decision) *entry {
	e := &entry{
		seq:         s.seq + 1,
		now:         now,
		actor:       cmd.Actor,
		requestID:   cmd.RequestID,
		key:         cmd.Key,
		fingerprint: cmd.Fingerprint,
		kind:        cmd.Payload.Kind(),
		status:      StatusOK,
		subject:     d.subject,
		created:     d.created,
		rules:       s.rules.version,
		zoneData:    slots.ZoneDataVersion(),
		question:    d.question,
		effects:     d.effects,
		from:        origin{client: cmd.Client, keyID: cmd.Credential},
	}
	if e.key == "" {
		e.fingerprint = Fingerprint{}
	} else if planted != plantKeyApart {
		e.effects = append(e.effects, &rememberKey{expiresAt: now + retention(), answer: d.answer})
	}
	return e
}
