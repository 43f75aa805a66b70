package engine

import (
	"slices"

	"github.com/parleyhq/parley/slots"
)

// Agenda returns the appointments of a reviewer, of every status, that start on
// a local date in his zone: by start, then by id. An unknown reviewer has none.
func (s *Snapshot) Agenda(tenant, reviewerID string, date slots.Date) (day []*Appointment) {
	r, ok := s.state.reviewers.get(tenant, reviewerID)
	if !ok {
		return nil
	}
	dates := r.Zone.Dates(date, date)
	within := dates.Hull()
	// The list runs from the latest start to the earliest.
	from := indexed{tenant: tenant, key: reviewerID, order: 1 - int64(within.End)}
	s.state.byReviewer.tree.Ascend(from, func(e indexed) bool {
		if e.tenant != tenant || e.key != reviewerID || -e.order < int64(within.Start) {
			return false
		}
		if dates.Contains(slots.Instant(-e.order)) {
			a, _ := s.state.appointments.get(tenant, e.id)
			day = append(day, a)
		}
		return true
	})
	slices.SortStableFunc(day, func(a, b *Appointment) int { return int(a.Span.Start - b.Span.Start) })
	return day
}
