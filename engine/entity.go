package engine

import (
	"fmt"

	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// Reviewer is a roster entry: what matching may know, plus what it may not.
type Reviewer struct {
	matcher.Reviewer
	// ZoneName is the name behind Zone. If a later build does not know it any
	// more, Zone is UTC and the reviewer is kept out of matching, see attach.
	ZoneName  string
	Personal  Sealed // ReviewerPersonal
	Version   uint64 // from 1, one more with each change
	UpdatedAt slots.Instant
}

// Case is an authorization under discussion.
type Case struct {
	matcher.Case
	AuthorizationNumber string // "" if none
	EpisodeID           string
	Personal            Sealed // CasePersonal
	// Keyed digests of personal data, for look-ups by equality.
	MemberID, BirthDate, LastName Digest
	Outreach                      Outreach
	// FirstAskedAt is the case's first hold or booking, 0 = none yet. It fills
	// P2PRequestedAt where the payer gave none, so equal values mean that the
	// payer gave none. A new letter date or level of review starts afresh.
	FirstAskedAt slots.Instant
	Version      uint64
	UpdatedAt    slots.Instant
}

// Outreach says how a reviewer who dials may reach the provider; phones and
// instructions are in the sealed part.
type Outreach struct {
	Present bool
	Origin  string           // payer_required, provider_requested
	CallBy  slots.Instant    // 0 = no deadline
	Windows []slots.Interval // in the order given
}

// Hold keeps a slot for a requester until ExpiresAt, exclusively.
type Hold struct {
	Tenant, ID     string
	CaseIDs        []string
	ReviewerID     string
	Reviewer       slots.ReviewerRef
	Span, Busy     slots.Interval
	Principal      string // who holds it
	TimeZone       string // of the answers
	SpecialtyMatch bool   // the caller asked for a specialty match
	Tier           matcher.Tier
	CreatedAt      slots.Instant
	ExpiresAt      slots.Instant
	Mode           string // slot, ad_hoc
	Caller         Sealed // CallerPersonal, of an ad hoc call
}

// AppointmentStatus is where an appointment stands. Numbers belong to the log format.
type AppointmentStatus uint8

// Statuses of an appointment; all after InProgress are final.
const (
	Booked AppointmentStatus = iota + 1
	InProgress
	Completed
	DeemedCompleted
	NoShow
	Cancelled
)

var appointmentStatusNames = [Cancelled + 1]string{
	Booked:          "booked",
	InProgress:      "in_progress",
	Completed:       "completed",
	DeemedCompleted: "deemed_completed",
	NoShow:          "no_show",
	Cancelled:       "cancelled",
}

// String returns the status on the wire, in snake_case.
func (s AppointmentStatus) String() string {
	if Booked <= s && s <= Cancelled {
		return appointmentStatusNames[s]
	}
	return fmt.Sprintf("appointment_status_%d", uint8(s))
}

// Attested is a caller's recorded acknowledgement.
type Attested struct {
	Code    string
	CaseID  string
	Version int    // of the text
	Role    string // of who attested; the name is in the sealed part
	At      slots.Instant
}

// CaseMatch is what the match was for one case of an appointment.
type CaseMatch struct {
	CaseID       string
	Tier         matcher.Tier
	Relation     matcher.Relation
	Unmet        matcher.Needs
	Consultative bool
}

// Match is what the rules said when the slot was booked.
type Match struct {
	Tier         matcher.Tier
	Relation     matcher.Relation
	Unmet        matcher.Needs
	Met          []string
	Rules        []string
	Ruleset      string // version
	ZoneData     string // version
	Consultative bool
	Cases        []CaseMatch // one per case, in the order of CaseIDs
}

// CallNotes are the requester's ticks on the booking form.
type CallNotes struct {
	AlternativeRecommendationDeclined bool
	ProcedurePerformedOn              slots.Date // 0 = not performed
	SpecialtyMatchRequested           bool
}

// Appointment is a confirmed slot for one or more cases.
type Appointment struct {
	Tenant, ID string
	CaseIDs    []string
	ReviewerID string
	Reviewer   slots.ReviewerRef
	// The reviewer as known when the slot was booked or moved to: a copy of the
	// roster's sealed part (opened with the reviewer's place) and credential, so
	// that a repeated answer is the first one, whatever the roster says now.
	ReviewerPersonal   Sealed
	ReviewerCredential string
	Span, Busy         slots.Interval
	Status             AppointmentStatus
	TimeZone           string
	PerformedByRole    string // requesting_provider, contact_person, someone_else
	Location           string // provider_office, facility, home, other
	Notify             string // email, fax, none
	Notes              CallNotes
	Attestations       []Attested
	Match              Match
	Personal           Sealed        // AppointmentPersonal
	CancelledBy        string        // provider, payer, or ""
	FirstAskedAt       slots.Instant // judges the request window, also when it is moved
	CreatedAt          slots.Instant
	CreatedBy          string // principal
	UpdatedAt          slots.Instant
	Version            uint64

	Mode                  string           // slot, callback, ad_hoc
	CallbackID            string           // the callback request behind it, "" = none
	Windows               []slots.Interval // of that request: when it may be tried
	PerformedByCredential string           // of whoever speaks, as it was written; "" = none, or not kept
	Attempts              []Attempt        // in the order in which they were recorded, at most MaxAttempts
	StartedAt             slots.Instant    // 0 = not started, or not said
	EndedAt               slots.Instant    // 0 = not completed, deemed completed or missed
	Outcome               string           // of a completed call, "" before
	Partial               bool             // a partial certification was agreed
	Report                Sealed           // CallReport
	EscalatedTo           string           // id of the reviewer stage that carries an escalated call on, "" = none
	NoShowBy              string           // provider, reviewer; "" unless it is a no-show
	MissedOut             bool             // it was ended by the last miss that its row allows
	// Follows is the escalated call that this one carries on, FollowedBy the last
	// one that carries this one on; "" = none.
	Follows, FollowedBy string
	// CancelCode says why it ended without anybody's words: the code of the payer's
	// rule CancelRule, or CancelByRequest, which needs no rule; "" = neither.
	CancelCode, CancelRule string
	// Caller is who was on the line when an ad hoc call was asked for, as the hold
	// kept it: sealed for the place of that hold, whose id CallerHold is; "" = none.
	Caller     Sealed
	CallerHold string
	// ResultsDue is what the payer of a completed call owes, in the order of CaseIDs.
	ResultsDue []ResultDue
}

// Profile is what a principal has confirmed about itself.
type Profile struct {
	Tenant, Principal string
	TimeZone          string
	ConfirmedAt       slots.Instant // 0 = never
	NPIs              []string      // the office owns the cases whose provider NPIs it lists
	Version           uint64
}
