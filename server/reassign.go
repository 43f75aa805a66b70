package server

import (
	"net/http"

	"github.com/parleyhq/parley/engine"
)

type reassignIn struct {
	ReviewerID   need[string]    `json:"reviewerId"`
	Attestations opt[[]string]   `json:"attestations"`
	AttestedBy   opt[attesterIn] `json:"attestedBy"`
}

// reassignCall gives a call to another reviewer; its time stays.
func reassignCall(c *call) answer {
	t := c.ticket()
	moved := c.appointmentGiven(http.StatusOK)
	if a, known := c.recall(t, moved); known {
		return a
	}
	var in reassignIn
	if p := decode(c.body, &in); p != nil {
		return refuse(p)
	}
	var k check
	reviewerID := k.id("/reviewerId", in.ReviewerID.V)
	codes := k.list("/attestations", in.Attestations.V, 0, maxAttestations, k.code)
	name, role := k.attester(in.Attestations, in.AttestedBy)
	if p := k.problem(); p != nil {
		return refuse(p)
	}
	v, found := c.snap.Appointment(c.actor.Tenant, c.id)
	if !found {
		return notFound()
	}
	s := slotAsked{
		caseIDs: v.CaseIDs, reviewerID: reviewerID, start: v.Span.Start,
		zone: appointmentZone(v), specialtyMatch: v.Notes.SpecialtyMatchRequested,
	}
	sealed, role := c.attested(v, name, role)
	o, p := c.submit(t, engine.Reassign{
		ID: c.id, ReviewerID: reviewerID, Attestations: codes, AttestedByRole: role, Personal: sealed, Expect: c.ifMatch,
	})
	if p != nil {
		return refuse(p)
	}
	if o.Status != engine.StatusOK {
		return refuse(c.slotRefused(o, s))
	}
	return replayable(o, moved)
}

// attester reads who attests for another slot or reviewer: whoever is named, else
// who speaks.
func (k *check) attester(codes opt[[]string], by opt[attesterIn]) (name, role string) {
	if !by.Set {
		return "", ""
	}
	if len(codes.V) == 0 {
		k.wrong("/attestedBy", "needs attestations")
	}
	return k.text("/attestedBy/name", by.V.Name.V, maxName), k.code("/attestedBy/role", by.V.Role.V)
}

// attested seals who attests now into an appointment's personal part; the
// performer where the request names nobody.
func (c *call) attested(v *engine.Appointment, name, role string) (engine.Sealed, string) {
	personal := *c.appointmentPersonal(v)
	if personal.AttestedByName = name; name == "" {
		personal.AttestedByName, role = speaker(&personal), v.PerformedByRole
	}
	return c.server.engine.Vault().SealAppointment(appointmentPlace(c.actor.Tenant, v.ID), &personal), role
}
