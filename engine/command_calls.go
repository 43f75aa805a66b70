package engine

import "github.com/parleyhq/parley/slots"

// RecordAttempt notes that a call was tried. As many misses as the payer's row
// allows end the appointment as that row says.
type RecordAttempt struct {
	AppointmentID string
	Attempt       Attempt
	Expect        uint64 // version of the appointment, 0 = any
}

// StartCall notes that the call has begun.
type StartCall struct {
	ID     string        // of the appointment
	At     slots.Instant // not in the future; 0 = now
	Expect uint64        // version, 0 = any
}

// CompleteCall notes how the call ended.
type CompleteCall struct {
	ID      string // of the appointment
	Outcome string // one of the wire's outcomes
	// Partial: a partial certification was agreed; only with outcome modified.
	Partial bool
	Report  Sealed // CallReport
	Expect  uint64 // version, 0 = any
}

// NoShowCall notes that the call did not take place because one side was not there.
type NoShowCall struct {
	ID     string // of the appointment
	By     string // who was not there: provider, reviewer
	Expect uint64 // version, 0 = any
}

// Reassign gives a booked call to another reviewer, at the time it has.
type Reassign struct {
	ID, ReviewerID string
	Attestations   []string // the whole set for the new reviewer
	AttestedByRole string   // "" = the performer's
	Personal       Sealed   // as in Reschedule
	Expect         uint64   // version, 0 = any
}

// AddAbsence takes a span out of a reviewer's hours; booked calls stay.
type AddAbsence struct {
	ReviewerID string
	Span       slots.Interval
	Expect     uint64 // version of the reviewer, 0 = any
}

// Kind implements Payload.
func (RecordAttempt) Kind() Kind { return KindRecordAttempt }

// Kind implements Payload.
func (StartCall) Kind() Kind { return KindStartCall }

// Kind implements Payload.
func (CompleteCall) Kind() Kind { return KindCompleteCall }

// Kind implements Payload.
func (NoShowCall) Kind() Kind { return KindNoShow }

// Kind implements Payload.
func (Reassign) Kind() Kind { return KindReassign }

// Kind implements Payload.
func (AddAbsence) Kind() Kind { return KindAddAbsence }
