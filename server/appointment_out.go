package server

import (
	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/slots"
)

// appointmentOut is an appointment in an answer. It is made of the appointment
// alone – not of the roster, the rules or the clock – so that a repeated answer
// is the first one.
type appointmentOut struct {
	ID               string           `json:"id"`
	Status           string           `json:"status"`
	Version          uint64           `json:"version"`
	CaseIDs          []string         `json:"caseIds"`
	Slot             slotOut          `json:"slot"`
	Reviewer         reviewerNameOut  `json:"reviewer"`
	Start            string           `json:"start"`
	End              string           `json:"end"`
	Label            string           `json:"label"`
	TimeZone         string           `json:"timeZone"`
	Tier             string           `json:"tier"`
	Relation         string           `json:"relation"`
	Match            matchOut         `json:"match"`
	ConsultativeOnly bool             `json:"consultativeOnly"`
	Cases            []caseMatchOut   `json:"cases,omitempty"`
	PerformedBy      performerOut     `json:"performedBy"`
	Caller           *callerOut       `json:"caller,omitzero"` // of an ad hoc call
	RequestedBy      personOut        `json:"requestedBy"`
	Contact          contactOut       `json:"contact"`
	CallNotes        callNotesOut     `json:"callNotes"`
	Attestations     []string         `json:"attestations"`
	Attested         []attestedOut    `json:"attested"`
	AttestedBy       *attesterOut     `json:"attestedBy"`
	Mode             string           `json:"mode"`
	CallbackID       *string          `json:"callbackId"`
	Windows          []spanOut        `json:"windows"`
	Attempts         []attemptOut     `json:"attempts"`
	StartedAt        *string          `json:"startedAt"`
	EndedAt          *string          `json:"endedAt"`
	Outcome          *string          `json:"outcome"`
	Report           *reportOut       `json:"report"`
	ResultDue        *resultDueOut    `json:"resultDue"`
	NoShowBy         *string          `json:"noShowBy"`
	Follows          *string          `json:"follows"`
	FollowedBy       *string          `json:"followedBy"`
	Cancellation     *cancellationOut `json:"cancellation"`
	CancelCode       *string          `json:"cancelCode"`
	CreatedAt        string           `json:"createdAt"`
	UpdatedAt        string           `json:"updatedAt"`
}

type reviewerNameOut struct {
	ID         string `json:"id"`
	Name       string `json:"name"`
	Credential string `json:"credential"`
}

type matchOut struct {
	Met     []string `json:"met"`
	Unmet   []string `json:"unmet"`
	Rules   []string `json:"rules"`
	Ruleset string   `json:"ruleset"`
}

type caseMatchOut struct {
	CaseID           string   `json:"caseId"`
	Tier             string   `json:"tier"`
	Unmet            []string `json:"unmet"`
	ConsultativeOnly bool     `json:"consultativeOnly"`
}

type personOut struct {
	FirstName  string `json:"firstName"`
	LastName   string `json:"lastName"`
	Credential string `json:"credential"`
}

type performerOut struct {
	Role       string `json:"role"`
	FirstName  string `json:"firstName"`
	LastName   string `json:"lastName"`
	Credential string `json:"credential"`
}

type contactOut struct {
	FirstName          string  `json:"firstName"`
	LastName           string  `json:"lastName"`
	Location           string  `json:"location"`
	Phone              string  `json:"phone"`
	Extension          *string `json:"extension"`
	AlternatePhone     *string `json:"alternatePhone"`
	AlternateExtension *string `json:"alternateExtension"`
	Email              *string `json:"email"`
	Fax                *string `json:"fax"`
	Instructions       *string `json:"instructions"`
	Notify             string  `json:"notify"`
}

type callNotesOut struct {
	AlternativeRecommendationDeclined bool    `json:"alternativeRecommendationDeclined"`
	ProcedurePerformedOn              *string `json:"procedurePerformedOn"`
	SpecialtyMatchRequested           bool    `json:"specialtyMatchRequested"`
}

// attestedOut is one recorded acknowledgement: for which case, of which version
// of the text, and when.
type attestedOut struct {
	Code        string `json:"code"`
	CaseID      string `json:"caseId"`
	TextVersion int    `json:"textVersion"`
	At          string `json:"at"`
}

type attesterOut struct {
	Name string `json:"name"`
	Role string `json:"role"`
}

// cancellationOut says who ended a call and why: in somebody's words, or by a code.
type cancellationOut struct {
	By     string  `json:"by"`
	Reason string  `json:"reason"`
	At     string  `json:"at"`
	Rule   *string `json:"rule"`
}

// appointmentOut renders an appointment; z is the zone of its times.
func (c *call) appointmentOut(a *engine.Appointment, z *slots.Zone) appointmentOut {
	p := c.appointmentPersonal(a)
	span := intervalOut(a.Span, z)
	out := appointmentOut{
		ID: a.ID, Status: a.Status.String(), Version: a.Version, CaseIDs: a.CaseIDs,
		Slot:  slotOut{ReviewerID: a.ReviewerID, Start: span.Start},
		Start: span.Start, End: span.End, Label: string(slots.AppendLabel(nil, a.Span.Start, z)), TimeZone: z.Name(),
		Reviewer: reviewerNameOut{
			ID: a.ReviewerID, Name: c.reviewerName(a.ReviewerID, a.ReviewerPersonal), Credential: a.ReviewerCredential,
		},
		Tier: a.Match.Tier.String(), Relation: a.Match.Relation.String(),
		Match: matchOut{
			Met: a.Match.Met, Unmet: a.Match.Unmet.Codes(), Rules: a.Match.Rules, Ruleset: a.Match.Ruleset,
		},
		ConsultativeOnly: a.Match.Consultative,
		Cases:            casesOut(a.Match.Cases),
		PerformedBy:      performerOf(a.PerformedByRole, p),
		RequestedBy:      personOut(p.RequestedBy),
		Contact:          contactOf(a.Location, a.Notify, p),
		CallNotes:        callNotesOf(a.Notes),
		Attestations:     []string{},
		Attested:         make([]attestedOut, len(a.Attestations)),
		CreatedAt:        instantOut(a.CreatedAt, z),
		UpdatedAt:        instantOut(a.UpdatedAt, z),
	}
	out.Caller = c.callerOf(a)
	out.attestations(a, p, z)
	c.became(&out, a, z)
	if a.Status == engine.Cancelled {
		out.Cancellation = cancellationOf(a, p, out.UpdatedAt)
	}
	return out
}

// became adds how the call came about and what has become of it.
func (c *call) became(out *appointmentOut, a *engine.Appointment, z *slots.Zone) {
	out.Mode, out.CallbackID, out.Windows = a.Mode, textOrNull(a.CallbackID), intervalsOut(a.Windows, z)
	out.Attempts = c.attemptsOut(a, z)
	out.StartedAt, out.EndedAt = instantText(a.StartedAt, z), instantText(a.EndedAt, z)
	out.Outcome, out.NoShowBy = textOrNull(a.Outcome), textOrNull(a.NoShowBy)
	out.Follows, out.FollowedBy = textOrNull(a.Follows), textOrNull(a.FollowedBy)
	out.CancelCode = textOrNull(a.CancelCode)
	if a.Status == engine.Completed {
		out.Report = c.reportOf(a)
	}
}

func cancellationOf(a *engine.Appointment, p *engine.AppointmentPersonal, at string) *cancellationOut {
	out := &cancellationOut{By: a.CancelledBy, Reason: p.CancelReason, At: at, Rule: textOrNull(a.CancelRule)}
	if a.CancelCode != "" {
		out.Reason = a.CancelCode
	}
	return out
}

// attestations lists the codes once each, in the order of the record, and the record.
func (o *appointmentOut) attestations(a *engine.Appointment, p *engine.AppointmentPersonal, z *slots.Zone) {
	seen := make(map[string]bool, len(a.Attestations))
	for i, v := range a.Attestations {
		o.Attested[i] = attestedOut{
			Code: v.Code, CaseID: v.CaseID, TextVersion: v.Version,
			At: instantOut(v.At, z),
		}
		if !seen[v.Code] {
			o.Attestations = append(o.Attestations, v.Code)
		}
		seen[v.Code] = true
		o.AttestedBy = &attesterOut{Name: p.AttestedByName, Role: v.Role}
	}
}

// casesOut tells the cases apart where the match is not the same for all.
func casesOut(cases []engine.CaseMatch) []caseMatchOut {
	alike := true
	out := make([]caseMatchOut, len(cases))
	for i, v := range cases {
		alike = alike && v.Tier == cases[0].Tier && v.Unmet == cases[0].Unmet && v.Consultative == cases[0].Consultative
		out[i] = caseMatchOut{CaseID: v.CaseID, Tier: v.Tier.String(), Unmet: v.Unmet.Codes(), ConsultativeOnly: v.Consultative}
	}
	if alike {
		return nil
	}
	return out
}

func performerOf(role string, p *engine.AppointmentPersonal) performerOut {
	return performerOut{
		Role: role, FirstName: p.PerformedBy.FirstName,
		LastName: p.PerformedBy.LastName, Credential: p.PerformedBy.Credential,
	}
}

func callNotesOf(n engine.CallNotes) callNotesOut {
	return callNotesOut{
		AlternativeRecommendationDeclined: n.AlternativeRecommendationDeclined,
		ProcedurePerformedOn:              dateText(n.ProcedurePerformedOn),
		SpecialtyMatchRequested:           n.SpecialtyMatchRequested,
	}
}

func contactOf(location, notify string, p *engine.AppointmentPersonal) contactOut {
	r := &p.ContactReach
	return contactOut{
		FirstName: p.Contact.FirstName, LastName: p.Contact.LastName, Location: location,
		Phone: r.Phone, Extension: textOrNull(r.Extension),
		AlternatePhone: textOrNull(r.AlternatePhone), AlternateExtension: textOrNull(r.AlternateExtension),
		Email: textOrNull(r.Email), Fax: textOrNull(r.Fax),
		Instructions: textOrNull(p.Instructions), Notify: notify,
	}
}
