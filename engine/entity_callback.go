package engine

import (
	"fmt"

	"github.com/parleyhq/parley/slots"
)

// CallbackStatus is where a callback request stands. Numbers belong to the log format.
type CallbackStatus uint8

// Statuses of a callback request. Queued and unassignable ones are open: they are
// tried again whenever supply or eligibility changes.
const (
	CallbackQueued       CallbackStatus = iota + 1 // reviewers qualify, none is free in the windows
	CallbackAssigned                               // has an appointment, whatever became of that
	CallbackUnassignable                           // nobody may take it in the windows; Reason says why
	CallbackCancelled                              // final; CancelCode says why
)

var callbackStatusNames = [CallbackCancelled + 1]string{
	CallbackQueued:       "queued",
	CallbackAssigned:     "assigned",
	CallbackUnassignable: "unassignable",
	CallbackCancelled:    "cancelled",
}

// String returns the status on the wire, in snake_case.
func (s CallbackStatus) String() string {
	if CallbackQueued <= s && s <= CallbackCancelled {
		return callbackStatusNames[s]
	}
	return fmt.Sprintf("callback_status_%d", uint8(s))
}

// CallbackRequest asks for a call in one of several windows of the provider's
// choice; the engine picks reviewer and time.
type CallbackRequest struct {
	Tenant, ID string
	CaseIDs    []string
	Status     CallbackStatus
	Windows    []slots.Interval // in the order given; a call lies wholly in their union
	TimeZone   string
	// Who will speak, as in a booking.
	PerformedByRole, PerformedByCredential string
	Location, Notify                       string
	Notes                                  CallNotes
	// Consents are attestation codes given in advance, used where a match needs them.
	Consents       []string
	AttestedByRole string // "" = PerformedByRole
	Personal       Sealed // AppointmentPersonal, sealed for the place of the appointment
	AppointmentID  string // of the appointment that an assignment makes; kept free for it
	// Options counts the reviewers and starts among which the last attempt could
	// choose, up to the matcher's limit.
	Options int
	// Reason says, while it is open, why it is: a code and the row behind it, "" if
	// no row is. An assigned one has ReasonReviewerLost while its reviewer can no
	// longer take the call and nobody else can, else none.
	Reason, ReasonRule string
	AssignedAt         slots.Instant // 0 = never
	CreatedAt          slots.Instant
	CreatedBy          string        // principal
	FirstAskedAt       slots.Instant // judges the request window
	UpdatedAt          slots.Instant
	Version            uint64
	CancelCode         string // one of the codes below, or that of a payer's rule; "" if not cancelled
}

// Codes of cancelled callback requests, beside those of payers' rules.
const (
	CancelByRequest        = "cancelled_by_request"  // asked for with CancelCallback
	CancelAppointmentEnded = "appointment_cancelled" // its appointment was cancelled
	CancelBookedOtherwise  = "booked_otherwise"      // one of its cases got another call
)

// Reasons of open callback requests, beside the codes of the matcher.
const (
	ReasonNoneFree      = "reviewer_not_free"  // reviewers qualify, none is free in the windows
	ReasonWindowsPassed = "windows_passed"     // no window has room for a call any more
	ReasonCaseScheduled = "case_scheduled"     // one of the cases has a hold
	ReasonUnconsented   = "consent_missing"    // an attestation that every call needs was not given
	ReasonNobody        = "no_lawful_reviewer" // nobody may take it in the windows
	ReasonReviewerLost  = "reviewer_lost"      // assigned: its reviewer cannot take it any more, and nobody else can at that time
)

// Open reports whether the request still waits for a reviewer.
func (r *CallbackRequest) Open() bool {
	return r.Status == CallbackQueued || r.Status == CallbackUnassignable
}

// Stranded reports whether the request has a call whose reviewer is lost. It is
// looked at again whenever supply or eligibility changes.
func (r *CallbackRequest) Stranded() bool {
	return r.Status == CallbackAssigned && r.Reason == ReasonReviewerLost
}
