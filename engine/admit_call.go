package engine

import (
	"slices"

	"github.com/parleyhq/parley/slots"
)

// MaxAbsence bounds one absence, in seconds: 366 days.
const MaxAbsence = 366 * 24 * slots.Hour

func (p RecordAttempt) admit() (detail string, ok bool) {
	a := &p.Attempt
	switch {
	case !validID(p.AppointmentID):
		return "id", false
	case !slices.Contains(attemptDirections, a.Direction):
		return "direction", false
	case !slices.Contains(attemptResults, a.Result):
		return "result", false
	case a.SpokeWithRole != "" && !slices.Contains(spokeWithRoles, a.SpokeWithRole):
		return "spoke_with_role", false
	case a.SpokeWithRole != "" && !a.spoke():
		return "spoke_with_nobody", false
	}
	return "", true
}

// spoke reports whether somebody answered.
func (a *Attempt) spoke() bool { return a.Result == "reached" || a.Result == "message_with_person" }

func (p CompleteCall) admit() (detail string, ok bool) {
	switch {
	case !validID(p.ID):
		return "id", false
	case !slices.Contains(callOutcomes, p.Outcome):
		return "outcome", false
	case p.Partial && p.Outcome != "modified":
		return "partial", false
	}
	return "", true
}

func (p AddAbsence) admit() (detail string, ok bool) {
	switch {
	case !validID(p.ReviewerID):
		return "id", false
	case p.Span.Empty() || uint64(p.Span.End)-uint64(p.Span.Start) > uint64(MaxAbsence):
		return "span", false
	}
	return "", true
}

func (p NoShowCall) admit() (detail string, ok bool) {
	if !validID(p.ID) {
		return "id", false
	}
	return "by", slices.Contains(noShowParties, p.By)
}
