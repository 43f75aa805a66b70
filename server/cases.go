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
	a := ok(http.StatusOK, c.caseOut(v, z))
	a.version = v.Version
	return a
}

// caseZone is the zone of answers about a case that name no other: the
// requesting provider's.
func caseZone(v *engine.Case) *slots.Zone { return zoneOr(v.Requesting.TimeZone, slots.UTC()) }

// p2pStatus is how far a case has come: none, held, the state of its call, or
// that of the latest call it had.
func (c *call) p2pStatus(v *engine.Case) (status, appointmentID string) {
	a, hold := c.snap.ActiveCall(v.Tenant, v.ID, c.now)
	switch {
	case a != nil && a.Status == engine.InProgress:
		return a.Status.String(), a.ID
	case a != nil:
		return "scheduled", a.ID
	case hold != nil:
		return "held", ""
	}
	status = "none"
	c.snap.ByCase(v.Tenant, v.ID, engine.Position{}, func(last *engine.Appointment) bool {
		status = last.Status.String()
		return false
	})
	return status, ""
}
