package engine

import (
	"slices"

	"github.com/parleyhq/parley/slots"
)

// OutcomesOpen returns the outcomes with which a call that is booked or in
// progress could be completed at now, or at the last stamp if that is later, in
// the order in which they are documented. It is what CompleteCall is judged by.
func (s *Snapshot) OutcomesOpen(a *Appointment, now slots.Instant) []string {
	j := judging{s: s.state, actor: Actor{Tenant: a.Tenant}, now: max(now, s.state.now)}
	terms := j.termsOf(a)
	return slices.DeleteFunc(slices.Clone(callOutcomes), func(outcome string) bool {
		_, refused := j.outcomeAllowed(a, outcome, terms)
		return refused
	})
}
