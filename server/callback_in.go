package server

import (
	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/slots"
)

// callbackIn is what a request to be called back asks.
type callbackIn struct {
	CaseIDs      need[[]string]    `json:"caseIds"`
	TimeZone     need[string]      `json:"timeZone"`
	Windows      opt[[]spanIn]     `json:"windows"`
	PerformedBy  need[performerIn] `json:"performedBy"`
	RequestedBy  opt[personIn]     `json:"requestedBy"`
	Contact      need[contactIn]   `json:"contact"`
	CallNotes    opt[callNotesIn]  `json:"callNotes"`
	Attestations opt[[]string]     `json:"attestations"`
	AttestedBy   opt[attesterIn]   `json:"attestedBy"`
}

// resolve checks the request and makes the command of it, but for ids and the
// sealed part, which is the second result.
func (in *callbackIn) resolve(k *check, now slots.Instant) (engine.CreateCallback, *engine.AppointmentPersonal) {
	var b booking
	cmd := engine.CreateCallback{
		CaseIDs:         k.caseIDs("/caseIds", in.CaseIDs.V),
		Windows:         k.windows("/windows", in.Windows.V),
		TimeZone:        in.TimeZone.V,
		PerformedByRole: k.word("/performedBy/role", in.PerformedBy.V.Role.V, performerRoles),
		Consents:        k.list("/attestations", in.Attestations.V, 0, maxAttestations, k.code),
	}
	zone := k.zone("/timeZone", in.TimeZone.V)
	b.personal.PerformedBy = k.person("/performedBy", in.PerformedBy.V.personIn)
	cmd.PerformedByCredential = b.personal.PerformedBy.Credential
	b.personal.RequestedBy = optional(in.RequestedBy, "/requestedBy", k.person)
	k.contact("/contact", &in.Contact.V, &b)
	cmd.Location, cmd.Notify = b.book.Location, b.book.Notify
	if in.CallNotes.Set {
		cmd.Notes = k.callNotes("/callNotes", &in.CallNotes.V, zone, now)
	}
	cmd.AttestedByRole = k.attestedBy(in.AttestedBy, in.Attestations.V, in.PerformedBy.V.Role.V, &b.personal)
	return cmd, &b.personal
}
