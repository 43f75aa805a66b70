package server

import (
	"net/http"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/slots"
)

func putCase(c *call) answer {
	var in caseIn
	if p := decode(c.body, &in); p != nil {
		return refuse(p)
	}
	var k check
	payload := engine.PutCase{Case: in.resolve(&k, c.writing())}
	payload.Expect = k.version(c.ifMatch, in.Version)
	if p := k.problem(); p != nil {
		return refuse(p)
	}
	o, p := c.submit(ticket{}, payload)
	if p != nil {
		return refuse(p)
	}
	if o.Status != engine.StatusOK {
		return refuse(c.refused(o))
	}
	return written(o, o.Case.Version, c.caseOut(o.Case, caseZone(o.Case)))
}

func getCase(c *call) answer {
	v, found := c.snap.Case(c.actor.Tenant, c.id)
	if !found {
		return notFound()
	}
	z, p := c.zone(caseZone(v))
	if p != nil {
		return refuse(p)
	}
	// A call that is first asked for in the second in which the case was written makes a time of request that
	// the payer gave look like one that was filled in, at the same version.
	if v.FirstAskedAt == 0 || v.FirstAskedAt != v.UpdatedAt {
		if a, same := c.unchanged(v.Version); same {
			return a
		}
	}
	a := ok(http.StatusOK, c.caseOut(v, z))
	a.version = v.Version
	return a
}

// caseZone is the zone of answers about a case that name no other: the
// requesting provider's.
func caseZone(v *engine.Case) *slots.Zone { return zoneOr(v.Requesting.TimeZone, slots.UTC()) }

// progress is how far a case has come: none, held, waiting to be called back, the
// state of its call, or that of the latest call it had.
type progress struct {
	status                    string
	appointmentID, callbackID string // "" if none
}

func (c *call) progress(v *engine.Case) progress {
	a, hold := c.snap.ActiveCall(v.Tenant, v.ID, c.now)
	switch {
	case a != nil && a.Status == engine.InProgress:
		return progress{status: a.Status.String(), appointmentID: a.ID, callbackID: a.CallbackID}
	case a != nil:
		return progress{status: "scheduled", appointmentID: a.ID, callbackID: a.CallbackID}
	case hold != nil:
		return progress{status: "held"}
	}
	if r, waits := c.snap.OpenCallback(v.Tenant, v.ID); waits {
		return progress{status: "callback_requested", callbackID: r.ID}
	}
	last := progress{status: "none"}
	c.snap.ByCase(v.Tenant, v.ID, engine.Position{}, func(a *engine.Appointment) bool {
		last.status = a.Status.String()
		return false
	})
	return last
}
