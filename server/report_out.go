package server

import "github.com/parleyhq/parley/engine"

// reportOut is what came of a completed call.
type reportOut struct {
	Clarifications       []clarificationOut   `json:"clarifications"`
	PartialCertification *partialCertifiedOut `json:"partialCertification"`
	Note                 *string              `json:"note"`
}

type clarificationOut struct {
	Subject    string `json:"subject"`
	Documented string `json:"documented"`
	Clarified  string `json:"clarified"`
}

type partialCertifiedOut struct {
	Requested string  `json:"requested"`
	Certified string  `json:"certified"`
	Note      *string `json:"note"`
}

func (c *call) reportOf(a *engine.Appointment) *reportOut {
	c.tell("appointment", a.ID)
	r := opened(c.server.engine.Vault().OpenReport(appointmentPlace(a.Tenant, a.ID), a.Report))
	out := &reportOut{Clarifications: make([]clarificationOut, len(r.Clarifications)), Note: textOrNull(r.Note)}
	for i, v := range r.Clarifications {
		out.Clarifications[i] = clarificationOut(v)
	}
	if r.Partial != nil {
		out.PartialCertification = &partialCertifiedOut{
			Requested: r.Partial.Requested, Certified: r.Partial.Certified, Note: textOrNull(r.Partial.Note),
		}
	}
	return out
}
