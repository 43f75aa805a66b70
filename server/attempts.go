package server

import (
	"net/http"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/slots"
)

// attemptOut is a call that was tried. It is made of the appointment alone.
type attemptOut struct {
	At                  string        `json:"at"`
	Direction           string        `json:"direction"`
	NumberCalled        *string       `json:"numberCalled"`
	Result              string        `json:"result"`
	SpokeWith           *spokeWithOut `json:"spokeWith"`
	CallbackNumberGiven any           `json:"callbackNumberGiven"` // the number, or whether there was one
	NewInformation      *string       `json:"newInformation"`
	Missed              bool          `json:"missed"`
	AttemptsLeft        *int          `json:"attemptsLeft"`
	CallBackUntil       *string       `json:"callBackUntil"`
	RecordedAt          string        `json:"recordedAt"`
	Sentence            string        `json:"sentence"`
}

type spokeWithOut struct {
	Role string `json:"role"`
	Name string `json:"name"`
}

// attemptResultOut is what a recorded attempt has made of an appointment.
type attemptResultOut struct {
	Appointment appointmentOut `json:"appointment"`
	Attempt     attemptOut     `json:"attempt"`
}

// attemptsOut lists the attempts of an appointment; z is the zone of their times.
func (c *call) attemptsOut(a *engine.Appointment, z *slots.Zone) []attemptOut {
	out := make([]attemptOut, len(a.Attempts))
	for i := range a.Attempts {
		out[i] = c.attemptOut(a, &a.Attempts[i], z)
	}
	return out
}

func (c *call) attemptOut(a *engine.Appointment, v *engine.Attempt, z *slots.Zone) attemptOut {
	c.tell("appointment", a.ID)
	p := opened(c.server.engine.Vault().OpenAttempt(appointmentPlace(a.Tenant, a.ID), v.Personal))
	out := attemptOut{
		At:                  string(slots.AppendInstant(nil, v.At, z)),
		Direction:           v.Direction,
		NumberCalled:        textOrNull(p.NumberCalled),
		Result:              v.Result,
		CallbackNumberGiven: v.CallbackNumberGiven,
		NewInformation:      textOrNull(p.Note),
		Missed:              v.Missed,
		CallBackUntil:       instantText(v.CallBackUntil, z),
		RecordedAt:          string(slots.AppendInstant(nil, v.RecordedAt, z)),
		Sentence:            attemptSentence(v, p, z),
	}
	if p.CallbackNumber != "" {
		out.CallbackNumberGiven = p.CallbackNumber
	}
	if v.SpokeWithRole != "" {
		out.SpokeWith = &spokeWithOut{Role: v.SpokeWithRole, Name: p.SpokeWithName}
	}
	if v.Left >= 0 {
		left := v.Left
		out.AttemptsLeft = &left
	}
	return out
}

// recordAttempt documents a call that was tried. The answer carries the sentence
// for the record.
func recordAttempt(c *call) answer {
	t := c.ticket()
	if a, known := c.recall(t, c.attemptRecorded); known {
		return a
	}
	var in attemptIn
	if p := decode(c.body, &in); p != nil {
		return refuse(p)
	}
	v, found := c.snap.Appointment(c.actor.Tenant, c.id)
	var provider string
	if found {
		provider = c.officeOf(v)
	}
	var k check
	attempt, personal := in.resolve(&k, c.now, provider)
	if found {
		k.since("/at", attempt.At, v)
	}
	if p := k.problem(); p != nil {
		return refuse(p)
	}
	attempt.Personal = c.server.engine.Vault().SealAttempt(appointmentPlace(c.actor.Tenant, c.id), &personal)
	return c.change(t, engine.RecordAttempt{AppointmentID: c.id, Attempt: attempt, Expect: c.ifMatch}, c.attemptRecorded)
}

// since refuses an instant at which an appointment was not there yet.
func (k *check) since(pointer string, t slots.Instant, a *engine.Appointment) {
	if t != 0 && t < a.CreatedAt {
		k.wrong(pointer, "must not be earlier than the booking")
	}
}

// officeOf is whose office is called about an appointment: the requesting
// provider's of its first case.
func (c *call) officeOf(a *engine.Appointment) string {
	p := c.requesting(a.CaseIDs[0])
	return p.FirstName + " " + p.LastName
}

// attemptRecorded renders the appointment with its last attempt.
func (c *call) attemptRecorded(o engine.Outcome) answer {
	v := o.Appointment
	z := appointmentZone(v)
	a := ok(http.StatusCreated, attemptResultOut{
		Appointment: c.appointmentOut(v, z),
		Attempt:     c.attemptOut(v, &v.Attempts[len(v.Attempts)-1], z),
	})
	a.version = v.Version
	return a
}

// change submits a command and renders what came of it.
func (c *call) change(t ticket, payload engine.Payload, render func(engine.Outcome) answer) answer {
	o, p := c.submit(t, payload)
	if p != nil {
		return refuse(p)
	}
	if o.Status != engine.StatusOK {
		return refuse(c.refused(o))
	}
	return replayable(o, render)
}
