package enginetest

import (
	"errors"
	"fmt"
)

// Codes of violations: what an engine, or what it stands on, was seen to do. Each stands
// for promises of the contract; a failure without one of them has CodeDiffers.
const (
	CodeDiffers       = "differs"        // something else than the auditor expects
	CodeOutcome       = "outcome"        // another answer than the auditor's
	CodeState         = "state"          // another state than the auditor's
	CodeOverlap       = "overlap"        // two active calls of a reviewer, or of a case, at once
	CodeIdempotency   = "idempotency"    // a key answered that should not be, or not answered
	CodeLostAck       = "lost_ack"       // what was acknowledged or shown is gone
	CodeTornBatch     = "torn_batch"     // a part of a batch is there
	CodePhantom       = "phantom"        // an entry that nobody asked for
	CodeEarlyAck      = "early_ack"      // answered before it is durable
	CodeEarlyPublish  = "early_publish"  // shown before it is durable
	CodeAckAfterError = "ack_after_fail" // acknowledged after a commit had failed
	CodeLateApply     = "late_apply"     // done after its deadline had passed
	CodeHash          = "hash"           // the same log, another state
	CodeRejudged      = "rejudged"       // the same commands, another outcome
	CodeAudit         = "audit"          // an entry without its audit record, or with a wrong one
	CodeRefusedOpen   = "refused_open"   // a store that nothing but the power has failed is refused
	CodeSilentDamage  = "silent_damage"  // a damaged store is opened, and something is gone
	CodeOffer         = "offer"          // an offered slot cannot be booked, or another can
	CodeTenant        = "tenant"         // a tenant sees or changes what is another's
	CodeTime          = "time"           // stamped time has gone back
	CodeOrder         = "order"          // a command has had the turn of another
)

// Violation is an error with a code.
type Violation struct {
	Code string
	Err  error
}

// Error implements error.
func (v *Violation) Error() string { return v.Code + ": " + v.Err.Error() }

// Unwrap returns what was seen.
func (v *Violation) Unwrap() error { return v.Err }

// violated makes what was seen a violation.
func violated(code, format string, args ...any) error {
	return &Violation{code, fmt.Errorf(format, args...)}
}

// within gives an error a code, unless it is nil or has one.
func within(code string, err error) error {
	if v := (*Violation)(nil); err == nil || errors.As(err, &v) {
		return err
	}
	return &Violation{code, err}
}

// CodeOf returns the code of an error.
func CodeOf(err error) string {
	if v := (*Violation)(nil); errors.As(err, &v) {
		return v.Code
	}
	return CodeDiffers
}
