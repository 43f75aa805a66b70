package server

import (
	"strings"

	"github.com/parleyhq/parley/engine"
)

// The places to which sealed parts are bound.
func reviewerPlace(tenant, id string) string    { return tenant + "/reviewer/" + id }
func casePlace(tenant, id string) string        { return tenant + "/case/" + id }
func appointmentPlace(tenant, id string) string { return tenant + "/appointment/" + id }

// opened returns a sealed part. The engine sealed it and checks it when it
// reads the log, so that a failure here is a bug; the error holds no content.
func opened[T any](p *T, err error) *T {
	if err != nil {
		panic("server: sealed part cannot be opened: " + err.Error())
	}
	return p
}

func (c *call) reviewerName(id string, s engine.Sealed) string {
	return opened(c.server.engine.Vault().OpenReviewer(reviewerPlace(c.actor.Tenant, id), s)).Name
}

func (c *call) casePersonal(v *engine.Case) *engine.CasePersonal {
	return opened(c.server.engine.Vault().OpenCase(casePlace(v.Tenant, v.ID), v.Personal))
}

func (c *call) appointmentPersonal(a *engine.Appointment) *engine.AppointmentPersonal {
	return opened(c.server.engine.Vault().OpenAppointment(appointmentPlace(a.Tenant, a.ID), a.Personal))
}

// suffixes follow a last name without being it.
var suffixes = map[string]bool{"jr": true, "sr": true, "ii": true, "iii": true, "iv": true, "v": true}

// lastWord returns the last word of a name, generational suffixes left aside:
// "Winter" of "Jordan Winter", "Winter" of "Jordan Winter, Jr.". A name of one
// word is that word.
func lastWord(name string) string {
	words := strings.Fields(strings.ReplaceAll(name, ",", " "))
	for len(words) > 1 && suffixes[strings.ToLower(strings.Trim(words[len(words)-1], "."))] {
		words = words[:len(words)-1]
	}
	if len(words) == 0 {
		return ""
	}
	return words[len(words)-1]
}
