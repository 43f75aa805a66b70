package server

import (
	"strings"

	"github.com/parleyhq/parley/engine"
)

// The places to which sealed parts are bound.
func reviewerPlace(tenant, id string) string    { return tenant + "/reviewer/" + id }
func casePlace(tenant, id string) string        { return tenant + "/case/" + id }
func holdPlace(tenant, id string) string        { return tenant + "/hold/" + id }
func appointmentPlace(tenant, id string) string { return tenant + "/appointment/" + id }

// opened returns a sealed part. Where that cannot be opened the request ends, with what
// sealFault says.
func opened[T any](p T, err error) T {
	if err != nil {
		panic(sealFault{err})
	}
	return p
}

func (c *call) reviewerName(id string, s engine.Sealed) string {
	return opened(c.server.engine.Vault().OpenReviewer(reviewerPlace(c.actor.Tenant, id), s)).Name
}

// casePersonal opens what is to be told of a case.
func (c *call) casePersonal(v *engine.Case) *engine.CasePersonal {
	c.tell("case", v.ID)
	return c.caseUntold(v)
}

// caseUntold opens a case to compare it with what was asked.
func (c *call) caseUntold(v *engine.Case) *engine.CasePersonal {
	return opened(c.server.engine.Vault().OpenCase(casePlace(v.Tenant, v.ID), v.Personal))
}

func (c *call) appointmentPersonal(a *engine.Appointment) *engine.AppointmentPersonal {
	c.tell("appointment", a.ID)
	return opened(c.server.engine.Vault().OpenAppointment(appointmentPlace(a.Tenant, a.ID), a.Personal))
}

// sealCase seals the personal fields of a case, in the form that is stored already if that
// says the same: so a repetition changes nothing.
func (w *writing) sealCase(id string, p *engine.CasePersonal) engine.Sealed {
	var old engine.Sealed
	if w.snap != nil {
		if v, found := w.snap.Case(w.tenant, id); found {
			old = v.Personal
		}
	}
	return w.vault.SealCaseOver(casePlace(w.tenant, id), p, old)
}

// sealReviewer is sealCase for a reviewer.
func (w *writing) sealReviewer(id, name string) engine.Sealed {
	var old engine.Sealed
	if w.snap != nil {
		if v, found := w.snap.Reviewer(w.tenant, id); found {
			old = v.Personal
		}
	}
	return w.vault.SealReviewerOver(reviewerPlace(w.tenant, id), &engine.ReviewerPersonal{Name: name}, old)
}

// suffixes follow a last name without being it.
var suffixes = map[string]bool{"jr": true, "sr": true, "ii": true, "iii": true, "iv": true, "v": true}

// nameWords splits a name into words, generational suffixes left aside. What
// follows a comma is a suffix or a first name, and left aside as well: of
// "Garcia Lopez, Maria" and of "Maria Garcia Lopez, Jr." the last name ends the words.
func nameWords(name string) []string {
	before, _, _ := strings.Cut(name, ",")
	return withoutSuffixes(strings.Fields(before))
}

func withoutSuffixes(words []string) []string {
	for len(words) > 1 && isSuffix(words[len(words)-1]) {
		words = words[:len(words)-1]
	}
	return words
}

func isSuffix(word string) bool { return suffixes[strings.ToLower(strings.Trim(word, "."))] }

// lastWord returns the last word of a person's last name: "Winter" of "Jordan
// Winter", of "Jordan Winter, Jr." and of "Winter, Jordan".
func lastWord(name string) string {
	words := nameWords(name)
	if len(words) == 0 {
		return ""
	}
	return words[len(words)-1]
}

// isLastNameOf reports whether the words of a last name end a stored name, all of
// them: "Garcia Lopez" and "Lopez" end "Maria Garcia Lopez", "Winter Lopez" does not.
func isLastNameOf(lastName, name string) bool {
	asked, have := nameWords(lastName), nameWords(name)
	if len(asked) == 0 || len(asked) > len(have) {
		return false
	}
	have = have[len(have)-len(asked):]
	for i := range asked {
		if !strings.EqualFold(asked[i], have[i]) {
			return false
		}
	}
	return true
}
