package engine

import "fmt"

// Status is the numbered outcome of a command. Numbers are part of the log
// format and are never reused. Where several refusals apply, the one with the
// smaller number is given, with three exceptions: NotReschedulable,
// NotCancellable, NotInProgress and AttemptsExhausted come right after StaleVersion, since nothing else can be asked
// of an appointment that is over; CasesNotCombinable comes before NotEligible
// for cases that are too many, not distinct or of several health plans, since
// such a list is wrong whatever the cases say; Invalid comes before everything.
// Those after TooManyHolds came later and stand where they are said to.
type Status uint16

// Statuses of a command.
const (
	StatusOK Status = iota
	StatusNotFound
	StatusStaleVersion
	StatusKeyReused // idempotency key with another body or route
	StatusNotEligible
	StatusModeNotAvailable
	StatusCasesNotCombinable
	StatusClinicianRequired
	StatusCaseAlreadyScheduled
	StatusHoldExpired
	StatusHoldMismatch
	StatusSlotNotOffered
	StatusReviewerNotQualified
	StatusSlotTaken
	StatusRulesChanged
	StatusSpecialtyMatchUnmet
	StatusAttestationRequired
	StatusAttestationNotApplicable
	StatusNotReschedulable // the appointment is not booked any more
	StatusNotCancellable
	StatusInvalid // a value that is never valid (Outcome.Detail says which)
	StatusTooManyHolds
	StatusTooFewWindows      // a callback request with fewer windows than the program demands
	StatusAttemptsExhausted  // no further attempt is recorded
	StatusNotInProgress      // the call is over, or is not booked
	StatusOutcomeNotAllowed  // the program does not let a call end so
	StatusReviewerNotFree    // ad hoc: nobody who may take the call is free now
	StatusSpeakerNotAccepted // the program wants another credential; next to ClinicianRequired
	StatusWindowsInvalid     // windows that no call can lie in
	StatusIntakeIncomplete   // ad hoc: a case lacks a fact that its program asks for; after who may speak
	StatusUnauthenticated    // the key has ended, or the tenant is disabled; before everything but Invalid
	StatusTooManyKeys        // of a principal or a tenant; last
	StatusHoldCoolDown       // holds that led to nothing; after TooManyHolds
	statusCount
)

var statusTable = [statusCount]struct {
	code      string
	transient bool
}{
	StatusOK:                       {"ok", false},
	StatusNotFound:                 {"not_found", true},
	StatusStaleVersion:             {"stale_version", false},
	StatusKeyReused:                {"idempotency_key_reused", false},
	StatusNotEligible:              {"not_eligible", true},
	StatusModeNotAvailable:         {"mode_not_available", true},
	StatusCasesNotCombinable:       {"cases_not_combinable", true},
	StatusClinicianRequired:        {"clinician_required", false},
	StatusCaseAlreadyScheduled:     {"case_already_scheduled", true},
	StatusHoldExpired:              {"hold_expired", false},
	StatusHoldMismatch:             {"hold_mismatch", false},
	StatusSlotNotOffered:           {"slot_not_offered", true},
	StatusReviewerNotQualified:     {"reviewer_not_qualified", true},
	StatusSlotTaken:                {"slot_taken", true},
	StatusRulesChanged:             {"rules_changed", false},
	StatusSpecialtyMatchUnmet:      {"specialty_match_unmet", false},
	StatusAttestationRequired:      {"attestation_required", false},
	StatusAttestationNotApplicable: {"attestation_not_applicable", false},
	StatusNotReschedulable:         {"not_reschedulable", false},
	StatusNotCancellable:           {"not_cancellable", false},
	StatusInvalid:                  {"invalid_value", false},
	StatusTooManyHolds:             {"too_many_holds", true},
	StatusTooFewWindows:            {"too_few_windows", false},
	StatusAttemptsExhausted:        {"attempts_exhausted", false},
	StatusNotInProgress:            {"not_in_progress", false},
	StatusOutcomeNotAllowed:        {"outcome_not_allowed", true},
	StatusReviewerNotFree:          {"reviewer_not_free", true},
	StatusSpeakerNotAccepted:       {"speaker_not_accepted", false},
	StatusWindowsInvalid:           {"windows_invalid", false},
	StatusIntakeIncomplete:         {"intake_incomplete", true},
	StatusUnauthenticated:          {"unauthenticated", true},
	StatusTooManyKeys:              {"too_many_keys", true},
	StatusHoldCoolDown:             {"hold_cool_down", true},
}

// String returns the code on the wire, in snake_case.
func (s Status) String() string {
	if s < statusCount {
		return statusTable[s].code
	}
	return fmt.Sprintf("status_%d", uint16(s))
}

// Transient reports whether the refusal came from the state of the moment, so
// that the very same request, under a new key, may succeed later.
func (s Status) Transient() bool { return s < statusCount && statusTable[s].transient }
