package enginetest

import (
	"fmt"
	"slices"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/slots"
)

// Sweep looks at every pair of active calls of a tenant in a snapshot: calls of
// one reviewer share no instant, buffers included, and a case has one call at
// most. A snapshot lists no holds, so the ids of all that there may be are given.
func Sweep(s *engine.Snapshot, tenant string, holds []string, now slots.Instant) error {
	all := occupiedIn(s, tenant, holds, now)
	for i, x := range all {
		for _, y := range all[:i] {
			if x.reviewer == y.reviewer && x.busy.Start < y.busy.End && y.busy.Start < x.busy.End {
				return fmt.Errorf("calls %s and %s of reviewer %s overlap: %v, %v", x.id, y.id, x.reviewer, x.busy, y.busy)
			}
			if meetAny(x.cases, y.cases) {
				return fmt.Errorf("calls %s and %s share a case: %v, %v", x.id, y.id, x.cases, y.cases)
			}
		}
	}
	return nil
}

// occupied is an active call as a snapshot shows it.
type occupied struct {
	id, reviewer string
	busy         slots.Interval
	cases        []string
}

func occupiedIn(s *engine.Snapshot, tenant string, holds []string, now slots.Instant) (all []occupied) {
	s.Reviewers(tenant, "", func(r *engine.Reviewer) bool {
		s.ByReviewer(tenant, r.ID, engine.Position{}, func(p *engine.Appointment) bool {
			if p.Status == engine.Booked || p.Status == engine.InProgress {
				all = append(all, occupied{p.ID, p.ReviewerID, p.Busy, p.CaseIDs})
			}
			return true
		})
		return true
	})
	for _, id := range holds {
		if h, ok := s.Hold(tenant, id); ok && max(now, s.Stamped()) < h.ExpiresAt {
			all = append(all, occupied{h.ID, h.ReviewerID, h.Busy, h.CaseIDs})
		}
	}
	return all
}

func (a *Auditor) holdIDs(tenant string) (ids []string) {
	for _, c := range a.calls {
		if c.held && c.tenant == tenant && !slices.Contains(ids, c.id) {
			ids = append(ids, c.id)
		}
	}
	return ids
}
