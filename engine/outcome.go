package engine

import (
	"errors"
	"fmt"

	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// Outcome is what was decided. The entity pointers are set as the command's
// kind demands and are immutable.
type Outcome struct {
	Status   Status
	Seq      Seq           // of the entry; 0 for a refusal or a change that changed nothing
	Now      slots.Instant // stamped time of the decision
	Replayed bool          // the first answer to this key, given again
	Created  bool          // the entity did not exist before
	Idle     bool          // accepted, and nothing changed; also the first answer to a key, not one that is given again

	Reviewer    *Reviewer
	Case        *Case
	Hold        *Hold
	Appointment *Appointment
	Profile     *Profile
	Callback    *CallbackRequest // with its Appointment, if it has one
	Answer      []byte           // RecordAnswer
	Tenant      *Tenant
	APIKey      *APIKey

	// For refusals.
	RetryAt   slots.Instant      // too_many_holds, hold_cool_down: from when on it may be otherwise; 0 = not known
	Detail    string             // machine-readable, e.g. off_grid; never personal data
	Rule      string             // id of the row that decided, "" if none
	Codes     []string           // attestation codes required or not applicable; else ids of the cases at fault
	Reasons   []matcher.Reason   // not_eligible
	Judgement *matcher.Judgement // rules_changed: the offer as it is now
	Lacks     []Lack             // intake_incomplete: every fact that is not there
}

// Lack is a fact that a case lacks for an ad hoc call.
type Lack struct {
	CaseID string
	matcher.IntakeFact
}

// Result pairs an outcome with an error, for SubmitAll.
type Result struct {
	Outcome Outcome
	Err     error
}

// ErrClockAhead is an error of Open: the machine's clock is too far ahead of the log.
var ErrClockAhead = errors.New("engine: the clock is too far ahead")

// Errors of Submit; compare with errors.Is. None of them is a refusal.
// ErrOutcomeUnknown is the only one after which the command may have happened.
var (
	ErrOverloaded     = errors.New("engine: queue full") // also of ErrKeysFull
	ErrOutcomeUnknown = errors.New("engine: outcome unknown")
	ErrNotWritable    = errors.New("engine: not writable") // read-only or poisoned; joined with the log's reason
	ErrClosed         = errors.New("engine: closed")
	ErrDeadline       = errors.New("engine: deadline passed before the command was taken")

	// ErrKeysFull says that there is no room to remember another idempotency key with its answer.
	ErrKeysFull = fmt.Errorf("%w: no room for another idempotency key", ErrOverloaded)
)
