package server

import (
	"net/http"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// availabilityOut says whether a call may be asked for, what it can change, and how.
type availabilityOut struct {
	CaseID                string           `json:"caseId"`
	Status                string           `json:"status"`
	P2PStatus             string           `json:"p2pStatus"`
	AppointmentID         *string          `json:"appointmentId"`
	CallbackRequestID     *string          `json:"callbackRequestId"`
	TimeZone              string           `json:"timeZone"`
	BookingModes          []string         `json:"bookingModes"`
	Reasons               []reasonOut      `json:"reasons"`
	RequestUntil          *string          `json:"requestUntil"`
	DecisionChangingUntil *string          `json:"decisionChangingUntil"`
	DueBy                 *string          `json:"dueBy"`
	Requirements          []requirementOut `json:"requirements"`
	Attestations          []attestationOut `json:"attestations"`
	OtherOptions          []otherOptionOut `json:"otherOptions"`
	Advice                []string         `json:"advice"`
	ClinicianRequired     bool             `json:"clinicianRequired"`
	SlotMinutes           int              `json:"slotMinutes"`
	procedureOut
}

type reasonOut struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Rule    string `json:"rule"`
	Display bool   `json:"display"`
}

// requirementOut has a state for a licence and a relation for a specialty.
type requirementOut struct {
	Code     string `json:"code"`
	State    string `json:"state,omitempty"`
	Relation string `json:"relation,omitempty"`
	Rule     string `json:"rule"`
}

type attestationOut struct {
	Code      string `json:"code"`
	Text      string `json:"text"`
	Mandatory bool   `json:"mandatory"`
}

type otherOptionOut struct {
	Code  string  `json:"code"`
	Until *string `json:"until"`
	How   string  `json:"how"`
}

func reasonsOut(in []matcher.Reason) []reasonOut {
	out := make([]reasonOut, len(in))
	for i, r := range in {
		out[i] = reasonOut{Code: r.Code, Message: r.Message, Rule: r.Rule, Display: r.Display}
	}
	return out
}

func getAvailability(c *call) answer {
	v, found := c.snap.Case(c.actor.Tenant, c.id)
	if !found {
		return notFound()
	}
	z, p := c.zone(caseZone(v))
	if p != nil {
		return refuse(p)
	}
	e := c.snap.Rules().Eligibility(&v.Case, c.now, c.snap.FirstAsked(v.Tenant, v.ID))
	return ok(http.StatusOK, c.availability(v, &e, z))
}

// availability renders what the rules say of a case, and how far its call has come.
func (c *call) availability(v *engine.Case, e *matcher.Eligibility, z *slots.Zone) availabilityOut {
	out := availabilityOf(e, z)
	out.CaseID = v.ID
	out.DefaultWindows = intervalsOut(v.DefaultWindows(e, caseZone(v), c.now), z)
	done := c.progress(v)
	out.P2PStatus, out.AppointmentID, out.CallbackRequestID = done.status, textOrNull(done.appointmentID), textOrNull(done.callbackID)
	return out
}

func availabilityOf(e *matcher.Eligibility, z *slots.Zone) availabilityOut {
	out := availabilityOut{
		Status:                e.Status.String(),
		TimeZone:              z.Name(),
		BookingModes:          e.Modes,
		Reasons:               reasonsOut(e.Reasons),
		RequestUntil:          instantText(e.RequestUntil, z),
		DecisionChangingUntil: instantText(e.DecisionChangingUntil, z),
		DueBy:                 instantText(e.DueBy, z),
		Requirements:          requirementsOut(e.Requirements),
		Attestations:          attestationsOut(e.Attestations),
		OtherOptions:          make([]otherOptionOut, len(e.OtherOptions)),
		Advice:                e.Advice,
		ClinicianRequired:     e.ClinicianRequired,
		SlotMinutes:           e.CallMinutes,
		procedureOut:          procedureOf(e, z),
	}
	for i, o := range e.OtherOptions {
		out.OtherOptions[i] = otherOptionOut{Code: o.Code, Until: instantText(o.Until, z), How: o.How}
	}
	return out
}

func requirementsOut(in []matcher.RequirementInfo) []requirementOut {
	out := make([]requirementOut, len(in))
	for i, r := range in {
		out[i] = requirementOut{Code: r.Code, State: r.State, Relation: r.Relation, Rule: r.Rule}
	}
	return out
}

func attestationsOut(in []matcher.AttestationInfo) []attestationOut {
	out := make([]attestationOut, len(in))
	for i, a := range in {
		out[i] = attestationOut{Code: a.Code, Text: a.Text, Mandatory: a.Mandatory}
	}
	return out
}
