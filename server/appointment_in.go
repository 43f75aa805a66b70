package server

import (
	"slices"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// bookingIn is what a booking asks.
type bookingIn struct {
	CaseIDs      need[[]string]    `json:"caseIds"`
	Slot         need[slotIn]      `json:"slot"`
	HoldID       opt[string]       `json:"holdId"`
	TimeZone     need[string]      `json:"timeZone"`
	PerformedBy  need[performerIn] `json:"performedBy"`
	RequestedBy  opt[personIn]     `json:"requestedBy"`
	Contact      need[contactIn]   `json:"contact"`
	CallNotes    opt[callNotesIn]  `json:"callNotes"`
	Attestations opt[[]string]     `json:"attestations"`
	AttestedBy   opt[attesterIn]   `json:"attestedBy"`
	Expect       opt[expectIn]     `json:"expect"`
}

type performerIn struct {
	Role need[string] `json:"role"`
	personIn
}

type personIn struct {
	FirstName  need[string] `json:"firstName"`
	LastName   need[string] `json:"lastName"`
	Credential need[string] `json:"credential"`
}

type contactIn struct {
	FirstName          need[string] `json:"firstName"`
	LastName           need[string] `json:"lastName"`
	Location           need[string] `json:"location"`
	Phone              need[string] `json:"phone"`
	Extension          opt[string]  `json:"extension"`
	AlternatePhone     opt[string]  `json:"alternatePhone"`
	AlternateExtension opt[string]  `json:"alternateExtension"`
	Email              opt[string]  `json:"email"`
	Fax                opt[string]  `json:"fax"`
	Instructions       opt[string]  `json:"instructions"`
	Notify             opt[string]  `json:"notify"`
}

type callNotesIn struct {
	AlternativeRecommendationDeclined opt[bool]   `json:"alternativeRecommendationDeclined"`
	ProcedurePerformedOn              opt[string] `json:"procedurePerformedOn"`
	SpecialtyMatchRequested           opt[bool]   `json:"specialtyMatchRequested"`
}

type attesterIn struct {
	Name need[string] `json:"name"`
	Role need[string] `json:"role"`
}

type expectIn struct {
	Tier    opt[string] `json:"tier"`
	Ruleset opt[string] `json:"ruleset"`
}

// booking is a checked request: the command but for its sealed part.
type booking struct {
	book     engine.Book
	personal engine.AppointmentPersonal
	asked    slotAsked
}

func (in *bookingIn) resolve(k *check, now slots.Instant) *booking {
	b := &booking{}
	b.asked.caseIDs = k.caseIDs("/caseIds", in.CaseIDs.V)
	b.asked.zone = k.zone("/timeZone", in.TimeZone.V)
	k.slot("/slot", in.Slot.V, &b.asked)
	b.book = engine.Book{
		CaseIDs:         b.asked.caseIDs,
		ReviewerID:      b.asked.reviewerID,
		Start:           b.asked.start,
		HoldID:          optional(in.HoldID, "/holdId", k.id),
		TimeZone:        in.TimeZone.V,
		PerformedByRole: k.word("/performedBy/role", in.PerformedBy.V.Role.V, performerRoles),
		Attestations:    k.list("/attestations", in.Attestations.V, 0, maxAttestations, k.code),
		Expect:          optional(in.Expect, "/expect", k.expect),
	}
	b.personal.PerformedBy = k.person("/performedBy", in.PerformedBy.V.personIn)
	b.book.PerformedByCredential = b.personal.PerformedBy.Credential
	b.personal.RequestedBy = optional(in.RequestedBy, "/requestedBy", k.person)
	k.contact("/contact", &in.Contact.V, b)
	if in.CallNotes.Set {
		b.book.Notes = k.callNotes("/callNotes", &in.CallNotes.V, b.asked.zone, now)
	}
	b.asked.specialtyMatch = b.book.Notes.SpecialtyMatchRequested
	b.book.AttestedByRole = k.attestedBy(in.AttestedBy, in.Attestations.V, in.PerformedBy.V.Role.V, &b.personal)
	return b
}

// attestedBy reads who gives the attestations: who speaks, with role, unless the
// request names somebody else. It returns the attester's role.
func (k *check) attestedBy(in opt[attesterIn], given []string, role string, p *engine.AppointmentPersonal) string {
	p.AttestedByName = speaker(p)
	if !in.Set {
		return role
	}
	if len(given) == 0 {
		k.wrong("/attestedBy", "needs attestations")
	}
	p.AttestedByName = k.text("/attestedBy/name", in.V.Name.V, maxName)
	return k.code("/attestedBy/role", in.V.Role.V)
}

// speaker is the name of who performs the call.
func speaker(p *engine.AppointmentPersonal) string {
	return p.PerformedBy.FirstName + " " + p.PerformedBy.LastName
}

func (k *check) person(pointer string, in personIn) engine.Person {
	return engine.Person{
		FirstName:  k.text(pointer+"/firstName", in.FirstName.V, maxName),
		LastName:   k.text(pointer+"/lastName", in.LastName.V, maxName),
		Credential: k.text(pointer+"/credential", in.Credential.V, maxCredential),
	}
}

func (k *check) contact(pointer string, in *contactIn, b *booking) {
	b.personal.Contact = engine.Person{
		FirstName: k.text(pointer+"/firstName", in.FirstName.V, maxName),
		LastName:  k.text(pointer+"/lastName", in.LastName.V, maxName),
	}
	b.personal.ContactReach = engine.Reach{
		Phone:              k.phone(pointer+"/phone", in.Phone.V),
		Extension:          optional(in.Extension, pointer+"/extension", k.extension),
		AlternatePhone:     optional(in.AlternatePhone, pointer+"/alternatePhone", k.phone),
		AlternateExtension: optional(in.AlternateExtension, pointer+"/alternateExtension", k.extension),
		Fax:                optional(in.Fax, pointer+"/fax", k.phone),
		Email:              optional(in.Email, pointer+"/email", k.email),
	}
	if in.AlternateExtension.Set && !in.AlternatePhone.Set {
		k.wrong(pointer+"/alternateExtension", "needs alternatePhone")
	}
	b.personal.Instructions = k.optText(pointer+"/instructions", in.Instructions, maxNote)
	b.book.Location = k.word(pointer+"/location", in.Location.V, locations)
	b.book.Notify = k.notify(pointer, in)
}

// notify is how the office is told: by e-mail if there is an address and
// nothing else was asked.
func (k *check) notify(pointer string, in *contactIn) string {
	if !in.Notify.Set {
		if in.Email.Set {
			return "email"
		}
		return "none"
	}
	way := k.word(pointer+"/notify", in.Notify.V, notifyWays)
	if way == "email" && !in.Email.Set {
		k.wrong(pointer+"/notify", "needs email")
	}
	if way == "fax" && !in.Fax.Set {
		k.wrong(pointer+"/notify", "needs fax")
	}
	return way
}

// callNotes reads the ticks; a date is a procedure that was performed, so that
// it cannot be in the future where the office is.
func (k *check) callNotes(pointer string, in *callNotesIn, z *slots.Zone, now slots.Instant) engine.CallNotes {
	notes := engine.CallNotes{
		AlternativeRecommendationDeclined: in.AlternativeRecommendationDeclined.V,
		ProcedurePerformedOn:              optional(in.ProcedurePerformedOn, pointer+"/procedurePerformedOn", k.modernDate),
		SpecialtyMatchRequested:           in.SpecialtyMatchRequested.V,
	}
	if z != nil {
		k.notFuture(pointer+"/procedurePerformedOn", notes.ProcedurePerformedOn, z, now)
	}
	return notes
}

func (k *check) expect(pointer string, in expectIn) engine.Expect {
	e := engine.Expect{Ruleset: optional(in.Ruleset, pointer+"/ruleset", k.code)}
	if in.Tier.Set {
		word := k.word(pointer+"/tier", in.Tier.V, tiers)
		e.Tier = matcher.Tier(slices.Index(tiers, word) + 1)
	}
	return e
}
