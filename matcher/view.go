package matcher

import "github.com/parleyhq/parley/slots"

// View is the immutable state that a search or a judgement reads.
type View struct {
	Tenant   string
	Rules    *Ruleset
	Roster   *Roster
	Calendar *slots.Calendar
	Now      slots.Instant
	Except   string // id of a call to ignore: the caller's own hold, or the appointment being moved
	// ExceptOf is whose call that is. With nil the index is not used.
	ExceptOf *Reviewer
	// Index holds what roster and calendar say, nil = not used. It changes no answer.
	Index *Index
}
