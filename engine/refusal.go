package engine

// Cause says in one word why nothing may be written. It is shown to whoever asks whether the
// server is ready, so it never holds a name of a file or of a person. Words are never renamed.
type Cause string

// Causes. The first five pass by themselves when what they name is over; the others do not.
const (
	CauseSpace      Cause = "disk_space_low"
	CauseStalled    Cause = "commit_stalled"
	CauseBackground Cause = "disk_errors"
	CauseWatermark  Cause = "watermark_not_written"
	CauseClosing    Cause = "shutting_down"
	CausePoisoned   Cause = "commit_failed"
	CauseDamage     Cause = "store_damaged"
	CauseState      Cause = "state_contradicts_itself"
)

// Refusal is why a log, or the engine, takes no writes now. Compare with errors.Is for Kind, and
// read Cause with errors.As.
type Refusal struct {
	Cause  Cause
	Kind   error  // ErrReadOnly, ErrPoisoned or ErrLogClosed
	Detail string // for the operator's log; may name files of the store
}

// Error implements error.
func (r *Refusal) Error() string { return r.Kind.Error() + ": " + r.Detail }

// Unwrap returns Kind.
func (r *Refusal) Unwrap() error { return r.Kind }

// frees reports whether a command gives something back or takes a right away: what a store whose disk
// is nearly full still takes, as long as its reserve lasts.
func frees(p Payload) bool {
	switch p.(type) {
	case Cancel, ReleaseHold, CancelCallback, RevokeKey:
		return true
	}
	return false
}

// FreeingLog is a Log that has a reserve for what gives something back.
type FreeingLog interface {
	// WritableFreeing is Writable for a cancellation or the like. Append takes what it lets pass.
	WritableFreeing() error
}

// StallingLog is a Log that notices when a write takes too long.
type StallingLog interface {
	// Stalled returns a channel that is closed when the write under way has taken too long, or
	// the next one that does.
	Stalled() <-chan struct{}
}
