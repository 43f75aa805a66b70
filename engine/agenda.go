package engine

import (
	"slices"

	"github.com/parleyhq/parley/slots"
)

// Agenda returns the appointments of a reviewer, of every status, that start on
// a day – the instants of a local date in some zone –: by start, then by id. An
// unknown reviewer has none.
func (s *Snapshot) Agenda(tenant, reviewerID string, day slots.Set) (calls []*Appointment) {
	within := day.Hull()
	// The list runs from the latest start to the earliest.
	from := indexed{tenant: tenant, key: reviewerID, order: 1 - int64(within.End)}
	s.state.byReviewer.from(from, func(e *indexed) bool {
		if e.tenant != tenant || e.key != reviewerID || -e.order < int64(within.Start) {
			return false
		}
		if day.Contains(slots.Instant(-e.order)) {
			if a, ok := s.Appointment(tenant, e.id); ok {
				calls = append(calls, a)
			}
		}
		return true
	})
	slices.SortStableFunc(calls, func(a, b *Appointment) int { return int(a.Span.Start - b.Span.Start) })
	return calls
}
