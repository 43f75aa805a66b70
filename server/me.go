package server

import (
	"net/http"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/slots"
)

// profileIn is what a principal says of itself. Setting the zone confirms it.
type profileIn struct {
	TimeZone    need[string]   `json:"timeZone"`
	ConfirmedAt opt[string]    `json:"confirmedAt"`
	NPIs        need[[]string] `json:"npis"`
	Version     opt[uint64]    `json:"version"`
}

// profileOut is a profile; version 0 and nulls before it was first written.
type profileOut struct {
	TimeZone    *string  `json:"timeZone"`
	ConfirmedAt *string  `json:"confirmedAt"`
	NPIs        []string `json:"npis"`
	Version     uint64   `json:"version"`
}

func profileOf(v *engine.Profile, z *slots.Zone) profileOut {
	return profileOut{
		TimeZone: textOrNull(v.TimeZone), ConfirmedAt: instantText(v.ConfirmedAt, z),
		NPIs: v.NPIs, Version: v.Version,
	}
}

func getMe(c *call) answer {
	v, found := c.snap.Profile(c.actor.Tenant, c.actor.Principal)
	if !found {
		v = &engine.Profile{}
	}
	z, p := c.zone(zoneOr(v.TimeZone, slots.UTC()))
	if p != nil {
		return refuse(p)
	}
	if a, same := c.unchanged(v.Version); same {
		return a
	}
	a := ok(http.StatusOK, profileOf(v, z))
	a.version = v.Version
	return a
}

func putMe(c *call) answer {
	var in profileIn
	if p := decode(c.body, &in); p != nil {
		return refuse(p)
	}
	var k check
	v := engine.Profile{
		Tenant:      c.actor.Tenant,
		Principal:   c.actor.Principal,
		TimeZone:    k.zoneName("/timeZone", in.TimeZone.V),
		ConfirmedAt: optional(in.ConfirmedAt, "/confirmedAt", k.instant),
		NPIs:        k.list("/npis", in.NPIs.V, 0, maxNPIs, k.npi),
	}
	if v.ConfirmedAt > c.now {
		k.wrong("/confirmedAt", "must not be in the future")
	}
	if v.ConfirmedAt == 0 {
		v.ConfirmedAt = c.confirmedAt(v.TimeZone)
	}
	if in.Version.V == 0 {
		in.Version.Set = false // as GET shows it before the first write
	}
	payload := engine.PutProfile{Profile: v, Expect: k.version(c.ifMatch, in.Version)}
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
	return written(o, o.Profile.Version, profileOf(o.Profile, zoneOr(o.Profile.TimeZone, slots.UTC())))
}

// confirmedAt is when the zone was confirmed: before, if it is the same one,
// else by this request.
func (c *call) confirmedAt(zone string) slots.Instant {
	if v, found := c.snap.Profile(c.actor.Tenant, c.actor.Principal); found && v.TimeZone == zone && v.ConfirmedAt != 0 {
		return v.ConfirmedAt
	}
	return c.now
}
