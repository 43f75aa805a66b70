package engine

import (
	"slices"

	"github.com/parleyhq/parley/slots"
)

// How a call comes about.
const (
	ModeSlot     = "slot"     // a slot that the requester chose
	ModeCallback = "callback" // windows of the requester, assigned by the engine
	ModeAdHoc    = "ad_hoc"   // whoever is free now
)

// MaxAttempts bounds the attempts of one appointment, whatever its rules say.
const MaxAttempts = 100

// Attempt is a call that was tried for an appointment, successful or not.
type Attempt struct {
	At            slots.Instant
	Direction     string // outbound, inbound
	Result        string // reached, message_with_person, voicemail, no_answer
	SpokeWithRole string // provider, associate_physician, nurse_practitioner, nurse, medical_assistant, other; "" if nobody, or not said
	// CallbackNumberGiven: a number to call back was left.
	CallbackNumberGiven bool
	// NewInformation: the other side named facts that were not on file.
	NewInformation bool
	Personal       Sealed // AttemptPersonal

	// The engine's to assign. Missed counts towards the limit of the payer's
	// row; CallBackUntil is how long the provider may then call back, 0 = not said;
	// Left is how many misses the row still allows, -1 = it counts none.
	Missed        bool
	CallBackUntil slots.Instant
	Left          int
	RecordedAt    slots.Instant
	RecordedBy    string // principal
}

// AttemptPersonal is the sealed part of an Attempt.
type AttemptPersonal struct {
	NumberCalled   string // E.164
	SpokeWithName  string
	CallbackNumber string // E.164
	Provider       string // whose office it was about
	Note           string // what came to light
}

// CallReport is what came of a call; the sealed part Appointment.Report.
type CallReport struct {
	Clarifications []Clarification
	Partial        *PartialCertification // nil if none was agreed
	Note           string
}

// Clarification is a fact that was put right on the phone: what the file said
// of a subject, and what is true.
type Clarification struct{ Subject, Documented, Clarified string }

// PartialCertification is what was asked for and what of it was certified.
type PartialCertification struct{ Requested, Certified, Note string }

// Words of attempts, outcomes and no-shows, as on the wire.
var (
	attemptDirections = []string{"outbound", "inbound"}
	attemptResults    = []string{"reached", "message_with_person", "voicemail", "no_answer"}
	spokeWithRoles    = []string{"provider", "associate_physician", "nurse_practitioner", "nurse", "medical_assistant", "other"}
	callOutcomes      = []string{
		"upheld", "overturned", "modified", "information_requested", "withdrawn", "decision_pending",
		"consultation_only", "alternative_accepted", outcomeEscalated,
	}
	noShowParties = []string{"provider", "reviewer"}
)

// outcomeEscalated ends a call that a reviewer of the next stage carries on.
const outcomeEscalated = "escalated"

// Misses counts the attempts that count towards the limit of the payer's row.
func (a *Appointment) Misses() (n int) {
	for i := range a.Attempts {
		if a.Attempts[i].Missed {
			n++
		}
	}
	return n
}

// Held reports whether a discussion took place, or counts as if it had. One
// that was escalated is only the first half of it.
func (a *Appointment) Held() bool {
	return a.Status == Completed && a.Outcome != outcomeEscalated || a.Status == DeemedCompleted
}

// inWindow reports whether an attempt at t was made when the provider was to be
// called: inside one of the windows that he gave or inside the call's own time,
// which may have been moved out of them.
func (a *Appointment) inWindow(t slots.Instant) bool {
	return a.Span.Contains(t) || slices.ContainsFunc(a.Windows, func(w slots.Interval) bool { return w.Contains(t) })
}
