package server

import (
	"strconv"
	"strings"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/slots"
)

// What an attempt's words are in prose.
var (
	rolePhrases = map[string]string{
		"associate_physician": "an associate physician",
		"nurse_practitioner":  "a nurse practitioner",
		"nurse":               "a nurse",
		"medical_assistant":   "a medical assistant",
		"other":               "of the office",
	}
	monthNames = [...]string{"January", "February", "March", "April", "May", "June", "July",
		"August", "September", "October", "November", "December"}
)

// attemptSentence documents an attempt for the record, in the words that the
// reviewers' instructions ask for: when which number of whose office was called,
// with whom the case was discussed or a message was left, whether a callback
// number was given, and what came to light. z is the zone of date and time. The
// sentence holds names and numbers: it goes into answers and nowhere else.
func attemptSentence(a *engine.Attempt, p *engine.AttemptPersonal, z *slots.Zone) string {
	parts := []string{placed(a, p, z), result(a, p)}
	if s := callback(a, p); s != "" {
		parts = append(parts, s)
	}
	if p.Note != "" {
		parts = append(parts, closed("Information not submitted with the records: "+p.Note))
	}
	return strings.Join(parts, " ")
}

// placed is the basic contact information.
func placed(a *engine.Attempt, p *engine.AttemptPersonal, z *slots.Zone) string {
	s := "On " + longDate(z.Date(a.At)) + " at " + string(slots.AppendLabel(nil, a.At, z))
	if a.Direction == inbound {
		s += " a call was received from the office of " + p.Provider
	} else {
		s += " a call was placed to the office of " + p.Provider
	}
	if p.NumberCalled != "" {
		s += ", " + p.NumberCalled
	}
	return closed(s)
}

// result says with whom the case was discussed or the message left.
func result(a *engine.Attempt, p *engine.AttemptPersonal) string {
	switch {
	case a.Result == resultReached:
		return closed("The case was discussed with " + spokenTo(a, p))
	case a.Result == resultMessage && a.Direction == inbound:
		return closed("The reviewer was not available; a message was taken from " + spokenTo(a, p))
	case a.Result == resultMessage:
		return closed("The provider was not available; a message was left with " + spokenTo(a, p))
	case a.Result == resultVoicemail && a.Direction == inbound:
		return "The reviewer was not available; the caller left a voicemail."
	case a.Result == resultVoicemail:
		return "Nobody was available; a message was left by voicemail."
	}
	return "The call was not answered and no message was left."
}

// spokenTo names a person with the role at the office.
func spokenTo(a *engine.Attempt, p *engine.AttemptPersonal) string {
	phrase := rolePhrases[a.SpokeWithRole]
	switch a.SpokeWithRole {
	case "provider":
		return "the provider, " + p.SpokeWithName
	case "other":
		return p.SpokeWithName + " " + phrase
	default:
		return p.SpokeWithName + ", " + phrase
	}
}

// callback says which number was left, where one was or a message was.
func callback(a *engine.Attempt, p *engine.AttemptPersonal) string {
	switch {
	case p.CallbackNumber != "":
		return "The callback number " + p.CallbackNumber + " was given."
	case a.CallbackNumberGiven:
		return "A callback number was given."
	case a.Result == resultMessage || a.Result == resultVoicemail:
		return "No callback number was given."
	}
	return ""
}

// closed ends a sentence with a point, unless the text ends it already.
func closed(s string) string {
	if strings.HasSuffix(s, ".") || strings.HasSuffix(s, "!") || strings.HasSuffix(s, "?") {
		return s
	}
	return s + "."
}

// longDate writes a date for people: November 2, 2026.
func longDate(d slots.Date) string {
	year, month, day := d.YMD()
	return monthNames[month-1] + " " + strconv.Itoa(day) + ", " + strconv.Itoa(year)
}
