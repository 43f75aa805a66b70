package server

import (
	"net/http"
	"strings"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/slots"
)

func createAppointment(c *call) answer {
	t := c.ticket()
	made := c.appointmentGiven(http.StatusCreated)
	if a, known := c.recall(t, made); known {
		return a
	}
	var in bookingIn
	if p := read(c.body, &in); p != nil {
		return refuse(p)
	}
	var k check
	b := in.resolve(&k, c.now)
	if p := k.problem(); p != nil {
		return refuse(p)
	}
	if !in.RequestedBy.Set {
		b.personal.RequestedBy = c.requesting(b.asked.caseIDs[0])
	}
	b.book.ID = newID("apt")
	b.book.Personal = c.server.engine.Vault().SealAppointment(appointmentPlace(c.actor.Tenant, b.book.ID), &b.personal)
	o, p := c.submitLasting(t, b.book)
	if p != nil {
		return refuse(p)
	}
	if o.Status != engine.StatusOK {
		return refuse(c.slotRefused(o, b.asked))
	}
	return replayable(o, made)
}

// requesting is the person who asks for a call where the request does not say:
// the requesting provider of the case.
func (c *call) requesting(caseID string) engine.Person {
	v, found := c.snap.Case(c.actor.Tenant, caseID)
	if !found {
		return engine.Person{} // the booking is about to be refused
	}
	return c.casePersonal(v).Requesting.Person
}

// appointmentGiven renders the appointment of an outcome, in its own zone.
func (c *call) appointmentGiven(status int) func(engine.Outcome) answer {
	return func(o engine.Outcome) answer {
		out := c.appointmentOut(o.Appointment, appointmentZone(o.Appointment))
		return given(status, &out)
	}
}

func appointmentZone(a *engine.Appointment) *slots.Zone { return zoneOr(a.TimeZone, slots.UTC()) }

func getAppointment(c *call) answer {
	v, found := c.snap.Appointment(c.actor.Tenant, c.id)
	if !found {
		return notFound()
	}
	z, p := c.zone(appointmentZone(v))
	if p != nil {
		return refuse(p)
	}
	if v.Status == engine.Booked { // what comes of a call that was held is told by its cases, too
		if a, same := c.unchanged(v.Version); same {
			return a
		}
	}
	out := c.appointmentNow(v, z)
	return given(http.StatusOK, &out)
}

type rescheduleIn struct {
	Slot         need[slotIn]    `json:"slot"`
	Attestations opt[[]string]   `json:"attestations"`
	AttestedBy   opt[attesterIn] `json:"attestedBy"`
}

func rescheduleAppointment(c *call) answer {
	t := c.ticket()
	moved := c.appointmentGiven(http.StatusOK)
	if a, known := c.recall(t, moved); known {
		return a
	}
	var in rescheduleIn
	if p := decode(c.body, &in); p != nil {
		return refuse(p)
	}
	var k check
	var s slotAsked
	k.slot("/slot", in.Slot.V, &s)
	codes := k.list("/attestations", in.Attestations.V, 0, maxAttestations, k.code)
	name, role := k.attester(in.Attestations, in.AttestedBy)
	if p := k.problem(); p != nil {
		return refuse(p)
	}
	v, found := c.snap.Appointment(c.actor.Tenant, c.id)
	if !found {
		return notFound()
	}
	s.caseIDs, s.zone, s.specialtyMatch = v.CaseIDs, appointmentZone(v), v.Notes.SpecialtyMatchRequested
	sealed, role := c.attested(v, name, role)
	if planted == plantMoveInTwo {
		if o, p := c.submit(ticket{}, engine.Cancel{ID: c.id, By: "provider", Expect: c.ifMatch}); p != nil || o.Status != engine.StatusOK {
			return refuse(c.refused(o))
		}
		o, p := c.submit(t, engine.Book{
			ID: c.id + "-moved", CaseIDs: v.CaseIDs, ReviewerID: s.reviewerID, Start: s.start, TimeZone: v.TimeZone, Attestations: codes,
			PerformedByRole: v.PerformedByRole, PerformedByCredential: v.PerformedByCredential, Location: v.Location, Personal: v.Personal,
		})
		if p != nil || o.Status != engine.StatusOK {
			return refuse(c.slotRefused(o, s))
		}
		return replayable(o, moved)
	}
	o, p := c.submit(t, engine.Reschedule{
		ID: c.id, ReviewerID: s.reviewerID, Start: s.start, Attestations: codes, AttestedByRole: role, Personal: sealed, Expect: c.ifMatch,
	})
	if p != nil {
		return refuse(p)
	}
	if o.Status != engine.StatusOK {
		return refuse(c.slotRefused(o, s))
	}
	return replayable(o, moved)
}

type cancelIn struct {
	Reason need[string] `json:"reason"`
	By     need[string] `json:"by"`
}

func cancelAppointment(c *call) answer {
	t := c.ticket()
	cancelled := c.appointmentGiven(http.StatusOK)
	if a, known := c.recall(t, cancelled); known {
		return a
	}
	var in cancelIn
	if p := decode(c.body, &in); p != nil {
		return refuse(p)
	}
	var k check
	reason := k.text("/reason", strings.TrimSpace(in.Reason.V), maxNote)
	by := k.word("/by", in.By.V, parties)
	if c.role == roleRequester && by == "payer" { // an office speaks for itself
		k.wrong("/by", "must be provider: the credential is an office's")
	}
	if p := k.problem(); p != nil {
		return refuse(p)
	}
	return c.cancelPresent(t, by, reason, cancelled)
}

// cancelTries bounds how often a cancellation is put to the writer while others change the call.
const cancelTries = 8

// cancelPresent adds the reason to the personal part of an appointment. That part is sealed anew with all that is in it, who attests
// for the present slot, too: so it takes effect on the version that it was read of alone, and is read again where that has changed.
func (c *call) cancelPresent(t ticket, by, reason string, render func(engine.Outcome) answer) answer {
	snap := c.snap
	for range cancelTries {
		v, found := snap.Appointment(c.actor.Tenant, c.id)
		if !found {
			return notFound()
		}
		personal := *c.appointmentPersonal(v)
		personal.CancelReason = reason
		cmd := engine.Cancel{
			ID: c.id, By: by, Expect: c.ifMatch,
			Personal: c.server.engine.Vault().SealAppointment(appointmentPlace(c.actor.Tenant, c.id), &personal),
		}
		if cmd.Expect == 0 {
			cmd.Expect = v.Version
		}
		o, p := c.submit(t, cmd)
		switch {
		case p != nil:
			return refuse(p)
		case o.Status == engine.StatusOK:
			return replayable(o, render)
		case o.Status != engine.StatusStaleVersion || c.ifMatch != 0:
			return refuse(c.refused(o))
		}
		snap = c.newest()
	}
	return refuse(&problem{code: codeOverloaded, detail: "Others keep changing the call. Nothing was changed."})
}
