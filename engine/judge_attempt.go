package engine

import (
	"slices"

	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// What becomes of a call after as many misses as its payer's row allows, and
// what counts as one, in the words of rows.
const (
	thenDeemedCompleted = "deemed_completed"
	thenNoShow          = "no_show"
	countsAnyTime       = "any"
)

// recordAttempt notes an attempt and, if it is the last miss that the payer's
// row allows, ends the appointment as that row says.
func (j *judging) recordAttempt(p RecordAttempt) decision {
	old, d, refused := j.ofBooked(p.AppointmentID, p.Expect)
	if refused {
		return d
	}
	terms := j.termsOf(old)
	rule := strictest(terms)
	switch {
	case old.MissedOut:
		d := refuse(StatusAttemptsExhausted, old.Status.String())
		if rule != nil {
			d.outcome.Rule = rule.Rule
		}
		return d
	case !old.Active():
		return refuse(StatusNotInProgress, old.Status.String())
	case !old.plausible(p.Attempt.At, j.now):
		return refuse(StatusInvalid, "at")
	case len(old.Attempts) >= MaxAttempts:
		return refuse(StatusAttemptsExhausted, "limit")
	}
	attempt := p.Attempt
	attempt.Missed, attempt.CallBackUntil, attempt.Left = false, 0, -1
	attempt.RecordedAt, attempt.RecordedBy = j.now, j.actor.Principal
	image := old.next(j.now)
	if rule != nil && old.Status == Booked && missed(old, &attempt, rule, terms) {
		attempt.Missed, attempt.CallBackUntil = true, rule.CallBackUntil(attempt.At)
	}
	image.Attempts = append(slices.Clip(old.Attempts), attempt)
	if rule != nil {
		image.Attempts[len(old.Attempts)].Left = max(0, rule.Maximum-image.Misses())
	}
	d = decision{subject: old.ID, question: question{expect: p.Expect}}
	if attempt.Missed && image.Misses() >= rule.Maximum {
		d.effects = j.endByMisses(image, rule)
	}
	d.effects = append(d.effects, &putAppointment{image})
	return d
}

// endByMisses ends an appointment that nobody could be reached for, if the row
// does so, and returns what follows for its cases.
func (j *judging) endByMisses(image *Appointment, rule *matcher.AttemptRule) []effect {
	switch rule.Then {
	case thenDeemedCompleted:
		image.Status, image.EndedAt, image.MissedOut = DeemedCompleted, j.now, true
		return j.held(image)
	case thenNoShow:
		image.Status, image.EndedAt, image.NoShowBy, image.MissedOut = NoShow, j.now, "provider", true
	}
	return nil
}

// plausible reports whether something about an appointment can have happened at
// t: not before it was there, nor in the future.
func (a *Appointment) plausible(t, now slots.Instant) bool { return a.CreatedAt <= t && t <= now }

// missed reports whether an attempt counts towards the limit of a row: it was
// placed in the windows, or at any time if the row says so, and did not reach
// anybody who may speak.
func missed(a *Appointment, try *Attempt, rule *matcher.AttemptRule, terms []matcher.Eligibility) bool {
	if try.Direction != "outbound" || rule.Counts != countsAnyTime && !a.inWindow(try.At) {
		return false
	}
	return try.Result != "reached" || !speaks(try.SpokeWithRole, terms)
}

// speaks reports whether whoever was reached may speak about every case. The
// provider, or somebody of whom nothing is said, may; of others the credential
// decides that goes with the role.
func speaks(role string, terms []matcher.Eligibility) bool {
	credential := map[string]string{
		"associate_physician": "MD", "nurse_practitioner": "NP", "nurse": "RN", "medical_assistant": "MA",
	}[role]
	if role == "" || role == "provider" {
		return true
	}
	return !slices.ContainsFunc(terms, func(e matcher.Eligibility) bool { return !e.Speaker.Accepts(credential) })
}

// strictest returns the rule on attempts that allows the fewest misses, of
// several the first by name; nil if no case has one.
func strictest(terms []matcher.Eligibility) (rule *matcher.AttemptRule) {
	for i := range terms {
		r := terms[i].Attempts
		if r == nil {
			continue
		}
		if rule == nil || r.Maximum < rule.Maximum || r.Maximum == rule.Maximum && r.Rule < rule.Rule {
			rule = r
		}
	}
	return rule
}
