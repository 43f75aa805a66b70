package engine

import "github.com/parleyhq/parley/slots"

// step takes one command: it judges it against s and, if there is something to
// write, applies the entry to s. What comes back is the outcome and, with a
// written outcome, the entry and its bytes. It is deterministic: the state, the
// command, now and the limits decide. err is ErrOverloaded when no further key can be
// remembered; s is then as before.
func (s *state) step(cmd *Command, now slots.Instant, l limits) (o Outcome, e *entry, payload []byte, err error) {
	if detail, ok := cmd.admit(); !ok {
		return Outcome{Status: StatusInvalid, Now: now, Detail: detail}, nil, nil, nil
	}
	if o, known := s.recall(cmd.Actor, cmd.Key, cmd.Fingerprint, now); known {
		return o, nil, nil, nil
	}
	kind := cmd.Payload.Kind()
	j := judging{s: s, actor: cmd.Actor, now: now, limits: l}
	d := j.judge(cmd.Payload)
	if d.outcome.Status != StatusOK {
		d.outcome.Now = now
		return d.outcome, nil, nil, nil
	}
	if len(d.effects) == 0 && cmd.Key == "" {
		o := Outcome{Status: StatusOK, Now: now}
		o.attach(s, kind, cmd.Actor.Tenant, d.subject)
		return o, nil, nil, nil
	}
	if cmd.Key != "" && s.keysFull(l.keys, now) {
		return Outcome{}, nil, nil, errKeysFull
	}
	e = s.newEntry(cmd, now, d)
	if payload, err = e.encode(); err != nil {
		return Outcome{Status: StatusInvalid, Now: now, Detail: "too_large"}, nil, nil, nil
	}
	if err := s.apply(e); err != nil {
		broken("what is judged can be applied", e.seq, err)
	}
	if d.hasRules() {
		if err := s.compile(); err != nil {
			broken("rules that were judged compile", d.subject, err)
		}
	}
	return e.outcome(s, d.answer), e, payload, nil
}

func (d *decision) hasRules() bool {
	for _, f := range d.effects {
		if _, ok := f.(*setRules); ok {
			return true
		}
	}
	return false
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
	}
	if e.key == "" {
		e.fingerprint = Fingerprint{}
	} else {
		e.effects = append(e.effects, &rememberKey{expiresAt: now + KeyRetention, answer: d.answer})
	}
	return e
}
