package engine

import (
	"fmt"

	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// Kind numbers the commands. Numbers are part of the log format and never reused.
type Kind uint16

// Kinds of commands.
const (
	KindLoadRules Kind = iota + 1
	KindPutReviewer
	KindDeactivateReviewer
	KindPutCase
	KindHold
	KindReleaseHold
	KindBook
	KindReschedule
	KindCancel
	KindPutProfile
	KindRecordAnswer // remembers a composed answer under its idempotency key
	KindRecordAttempt
	KindStartCall
	KindCompleteCall
	KindNoShow
	KindReassign
	KindAddAbsence
	KindCreateCallback
	KindCancelCallback
	KindAdHoc
	KindRecordOffer
	KindPutTenant
	KindCreateKey
	KindRevokeKey
	KindAnchorJournal
	KindReseal
	kindEnd
)

var kindNames = [kindEnd]string{
	KindLoadRules:          "load_rules",
	KindPutReviewer:        "put_reviewer",
	KindDeactivateReviewer: "deactivate_reviewer",
	KindPutCase:            "put_case",
	KindHold:               "hold",
	KindReleaseHold:        "release_hold",
	KindBook:               "book",
	KindReschedule:         "reschedule",
	KindCancel:             "cancel",
	KindPutProfile:         "put_profile",
	KindRecordAnswer:       "record_answer",
	KindRecordAttempt:      "record_attempt",
	KindStartCall:          "start_call",
	KindCompleteCall:       "complete_call",
	KindNoShow:             "no_show",
	KindReassign:           "reassign",
	KindAddAbsence:         "add_absence",
	KindCreateCallback:     "create_callback",
	KindCancelCallback:     "cancel_callback",
	KindAdHoc:              "ad_hoc",
	KindRecordOffer:        "record_offer",
	KindPutTenant:          "put_tenant",
	KindCreateKey:          "create_key",
	KindRevokeKey:          "revoke_key",
	KindAnchorJournal:      "anchor_journal",
	KindReseal:             "reseal",
}

// String returns the kind's name in snake_case, for metrics and audit.
func (k Kind) String() string {
	if k > 0 && k < kindEnd {
		return kindNames[k]
	}
	return fmt.Sprintf("kind_%d", uint16(k))
}

// Actor is who asks. Source is where from ("api", "cli", "system"), never an
// address. Tenant and Principal are required and hold no NUL.
type Actor struct {
	Tenant, Principal, Role, Source string
}

// Fingerprint identifies a request for idempotency: a SHA-256 of route and
// canonical body.
type Fingerprint [32]byte

// Command is what a client asks. Whatever was local or random in the request
// is resolved: times are instants and ids are made.
type Command struct {
	Actor       Actor
	RequestID   string
	Key         string      // Idempotency-Key, "" if none
	Fingerprint Fingerprint // with Key
	Payload     Payload
	// Credential is the id of the key that the actor came with, "" = another
	// credential or none. It must still be live when the command is judged.
	Credential string
	// Client is the address that the command came from, "" = none or not known, at most
	// MaxClientBytes. It is put on record and is no part of who somebody is.
	Client string
	// Scope is what the actor may ask about, nil = everything of the tenant. It is
	// no part of the entry: what is accepted within a scope is accepted without one, but
	// for the release of a hold that is not in it, which releases nothing.
	Scope *Scope
}

// Payload is one of the payload types of the files command*.go, by value.
type Payload interface{ Kind() Kind }

// LoadRules makes a bundle of rules the ruleset in force.
type LoadRules struct{ Bundle []byte }

// PutReviewer creates or replaces a reviewer. Tenant, Ref, ZoneName, Version
// and UpdatedAt are the engine's to assign.
type PutReviewer struct {
	Reviewer Reviewer
	Expect   uint64 // version that must be current, 0 = any
}

// DeactivateReviewer takes a reviewer out of searches; booked calls stay.
type DeactivateReviewer struct {
	ID     string
	Expect uint64 // version that must be current, 0 = any
}

// PutCase creates or replaces a case. Tenant, FirstAskedAt, Version and
// UpdatedAt are the engine's to assign.
type PutCase struct {
	Case   Case
	Expect uint64 // version that must be current, 0 = any
}

// HoldSlot asks for a hold. ID is made by the caller.
type HoldSlot struct {
	ID             string
	CaseIDs        []string
	ReviewerID     string
	Start          slots.Instant
	TimeZone       string
	SpecialtyMatch bool
}

// ReleaseHold ends a hold; an absent one is fine. Somebody else's is not found, or, to
// whom does not see the whole tenant, like an absent one.
type ReleaseHold struct{ ID string }

// Expect is what the caller saw; a difference is StatusRulesChanged.
type Expect struct {
	Tier    matcher.Tier // 0 = not given
	Ruleset string       // version, "" = not given
}

// Book asks for an appointment.
type Book struct {
	ID              string // of the new appointment, made by the caller
	CaseIDs         []string
	ReviewerID      string
	Start           slots.Instant
	HoldID          string // "" = use an own hold on that slot, if any
	TimeZone        string
	PerformedByRole string
	// PerformedByCredential is that of whoever speaks, as it was written, for
	// programs that demand one; "" = none.
	PerformedByCredential string
	Location, Notify      string
	Notes                 CallNotes
	Attestations          []string // codes given
	AttestedByRole        string   // "" = PerformedByRole
	Expect                Expect
	Personal              Sealed // AppointmentPersonal

	// clinician stands for the credential in entries of builds that did not keep
	// it: whoever speaks has a clinical one.
	clinician bool
}

// Reschedule moves an appointment in one step.
type Reschedule struct {
	ID           string
	ReviewerID   string
	Start        slots.Instant
	Attestations []string // the whole set for the new slot
	// AttestedByRole is the role of who attests now; "" = the performer's.
	AttestedByRole string
	// Personal replaces the sealed part if the move takes effect: it names who
	// attests now. An empty one keeps what is stored.
	Personal Sealed
	Expect   uint64 // version, 0 = any
}

// Cancel ends an appointment.
type Cancel struct {
	ID       string
	By       string // provider, payer
	Personal Sealed // with the reason; replaces the sealed part if the cancellation takes effect
	Expect   uint64 // version, 0 = any
}

// PutProfile replaces a principal's profile. Tenant, Principal and Version are
// the engine's to assign.
type PutProfile struct {
	Profile Profile
	Expect  uint64 // version, 0 = any
}

// RecordAnswer remembers a composed answer under the command's key, at most
// MaxAnswerBytes.
type RecordAnswer struct {
	Body []byte
	// Long says that there is a shorter answer in its place: it takes no more than half of the room for answers, so that
	// those that cannot be shortened find some. It is not written.
	Long bool
}

// Kind implements Payload.
func (LoadRules) Kind() Kind { return KindLoadRules }

// Kind implements Payload.
func (PutReviewer) Kind() Kind { return KindPutReviewer }

// Kind implements Payload.
func (DeactivateReviewer) Kind() Kind { return KindDeactivateReviewer }

// Kind implements Payload.
func (PutCase) Kind() Kind { return KindPutCase }

// Kind implements Payload.
func (HoldSlot) Kind() Kind { return KindHold }

// Kind implements Payload.
func (ReleaseHold) Kind() Kind { return KindReleaseHold }

// Kind implements Payload.
func (Book) Kind() Kind { return KindBook }

// Kind implements Payload.
func (Reschedule) Kind() Kind { return KindReschedule }

// Kind implements Payload.
func (Cancel) Kind() Kind { return KindCancel }

// Kind implements Payload.
func (PutProfile) Kind() Kind { return KindPutProfile }

// Kind implements Payload.
func (RecordAnswer) Kind() Kind { return KindRecordAnswer }
