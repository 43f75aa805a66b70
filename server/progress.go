package server

import (
	"net/http"

	"github.com/parleyhq/parley/engine"
)

// What becomes of a booked call: it starts, ends with an outcome, or somebody
// does not come.

type startIn struct {
	At opt[string] `json:"at"`
}

func startCall(c *call) answer {
	t := c.ticket()
	started := c.appointmentGiven(http.StatusOK)
	if a, known := c.recall(t, started); known {
		return a
	}
	var in startIn
	if p := decode(c.body, &in); p != nil {
		return refuse(p)
	}
	var k check
	at := optional(in.At, "/at", k.instant)
	if at > c.now {
		k.wrong("/at", "must not be in the future")
	}
	if v, found := c.snap.Appointment(c.actor.Tenant, c.id); found {
		k.since("/at", at, v)
	}
	if p := k.problem(); p != nil {
		return refuse(p)
	}
	return c.change(t, engine.StartCall{ID: c.id, At: at, Expect: c.ifMatch}, started)
}

// completionOut is a call that is over and, after an escalation, what comes next.
type completionOut struct {
	Appointment appointmentOut `json:"appointment"`
	Next        *nextCallOut   `json:"next"`
}

// nextCallOut says what the second call is for and how it is come by.
type nextCallOut struct {
	Stage        *string  `json:"stage"`
	CaseIDs      []string `json:"caseIds"`
	Follows      string   `json:"follows"`
	Availability string   `json:"availability"`
	How          string   `json:"how"`
}

// howNext is the same for all programs: the modes are those of the cases.
const howNext = "Ask for the second call like any other call on the same cases, in one of the booking modes that their p2p-availability names. " +
	"Only reviewers of this stage are offered, and the call is linked to the one that was escalated."

func completeCall(c *call) answer {
	t := c.ticket()
	if a, known := c.recall(t, c.completed); known {
		return a
	}
	var in completeIn
	if p := decode(c.body, &in); p != nil {
		return refuse(p)
	}
	var k check
	outcome, report := in.resolve(&k)
	if p := k.problem(); p != nil {
		return refuse(p)
	}
	return c.change(t, engine.CompleteCall{
		ID: c.id, Outcome: outcome, Partial: report.Partial != nil, Expect: c.ifMatch,
		Report: c.server.engine.Vault().SealReport(appointmentPlace(c.actor.Tenant, c.id), &report),
	}, c.completed)
}

// completed renders a call that is over, in its own zone.
func (c *call) completed(o engine.Outcome) answer {
	v := o.Appointment
	out := completionOut{Appointment: c.appointmentOut(v, appointmentZone(v))}
	out.Appointment.ResultDue = resultDueOf(v.FirstResultDue(), appointmentZone(v)) // as of the end of the call
	if v.Outcome == outcomeEscalated {
		out.Next = &nextCallOut{
			Stage: textOrNull(v.EscalatedTo), CaseIDs: v.CaseIDs, Follows: v.ID,
			Availability: "/v1/cases/" + v.CaseIDs[0] + "/p2p-availability", How: howNext,
		}
	}
	a := ok(http.StatusOK, out)
	a.version = v.Version
	return a
}

type noShowIn struct {
	By need[string] `json:"by"`
}

func missCall(c *call) answer {
	t := c.ticket()
	missed := c.appointmentGiven(http.StatusOK)
	if a, known := c.recall(t, missed); known {
		return a
	}
	var in noShowIn
	if p := decode(c.body, &in); p != nil {
		return refuse(p)
	}
	var k check
	by := k.word("/by", in.By.V, missedBy)
	if p := k.problem(); p != nil {
		return refuse(p)
	}
	return c.change(t, engine.NoShowCall{ID: c.id, By: by, Expect: c.ifMatch}, missed)
}
