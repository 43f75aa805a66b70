package server

import (
	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// resultDueOut is the result of a call that is due and not there: until when, by
// which rule, for which case.
type resultDueOut struct {
	By     string `json:"by"`
	Rule   string `json:"rule"`
	CaseID string `json:"caseId"`
}

// resultDutyOut is how soon after a call its result must be there.
type resultDutyOut struct {
	Amount int    `json:"amount"`
	Unit   string `json:"unit"`
	Rule   string `json:"rule"`
}

func resultDueOf(d *engine.ResultDue, z *slots.Zone) *resultDueOut {
	if d == nil {
		return nil
	}
	return &resultDueOut{By: string(slots.AppendInstant(nil, d.By, z)), Rule: d.Rule, CaseID: d.CaseID}
}

func resultDutiesOf(in []matcher.ResultDuty) []resultDutyOut {
	out := make([]resultDutyOut, len(in))
	for i := range in {
		out[i] = resultDutyOut{Amount: in[i].Amount, Unit: in[i].Unit, Rule: in[i].Rule}
	}
	return out
}

// appointmentNow renders an appointment as it stands: with the result that is
// awaited, which depends on what has become of its cases since.
func (c *call) appointmentNow(a *engine.Appointment, z *slots.Zone) appointmentOut {
	out := c.appointmentOut(a, z)
	out.ResultDue = resultDueOf(c.snap.ResultAwaited(a), z)
	return out
}
