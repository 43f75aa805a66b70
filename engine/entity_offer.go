package engine

import (
	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// OfferedSlot is one offer of an answer: a reviewer, a start and a tier.
type OfferedSlot struct {
	ReviewerID string
	Start      slots.Instant
	Tier       matcher.Tier
}

// Kinds of offer records.
const (
	OfferMade            = "offered"      // an answer with offers
	OfferNone            = "none_offered" // an answer without
	OfferHeld            = "held"         // a slot is held; Detail is the hold's id
	OfferBooked          = "booked"
	OfferMoved           = "moved" // to another slot or reviewer
	OfferAttempt         = "attempt"
	OfferStarted         = "started"
	OfferCompleted       = "completed"
	OfferCancelled       = "cancelled"
	OfferNoShow          = "no_show"
	OfferDeemedCompleted = "deemed_completed"
)

// OfferRecord is one line of the proof of what was offered for a case, where a
// rule demands it, and of what became of it. It is immutable and holds no
// personal data.
type OfferRecord struct {
	Seq   Seq // of the entry
	At    slots.Instant
	Actor Actor

	CaseID  string
	Kind    string // one of the kinds above
	Ruleset string // version of the rules that judged
	Mode    string // slot, callback, ad_hoc

	// Of an answer, what was asked and offered.
	AsOf    Seq              // of the snapshot that was searched
	Range   slots.Interval   // starts that were searched
	Ticks   slots.Ticks      // zero = all
	Windows []slots.Interval // nil = anywhere
	Offers  []OfferedSlot    // in the order sent
	Codes   []string         // why nothing compliant was offered

	// Of a call.
	AppointmentID string
	ReviewerID    string
	Start         slots.Instant
	Tier          matcher.Tier
	Outcome       string // of the call, once it is completed
	Detail        string // who cancelled and why, how an attempt ended and when it was, when a discussion began, a hold's id
}
