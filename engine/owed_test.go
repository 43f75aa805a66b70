package engine_test

import (
	"fmt"
	"testing"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/engine/enginetest"
	"github.com/parleyhq/parley/slots"
)

// owedTwin counts by looking at everything that a tenant has.
func owedTwin(s *engine.Snapshot, now slots.Instant) (o engine.Owed) {
	tenant := enginetest.Tenant
	s.Callbacks(tenant, "", func(r *engine.CallbackRequest) bool {
		if r.Stranded() {
			o.CallbacksStranded++
		}
		if !r.Open() {
			return true
		}
		o.CallbacksOpen++
		last := slots.Instant(0)
		for _, w := range r.Windows {
			last = max(last, w.End)
		}
		if last <= now {
			o.CallbacksPast++
		}
		if o.CallbacksOldest == 0 || r.CreatedAt < o.CallbacksOldest {
			o.CallbacksOldest = r.CreatedAt
		}
		return true
	})
	s.Reviewers(tenant, "", func(r *engine.Reviewer) bool {
		s.ByReviewer(tenant, r.ID, engine.Position{}, func(a *engine.Appointment) bool {
			late := now - a.Span.Start
			if a.Status == engine.Booked && len(a.Attempts) == 0 && late > 3600 && late <= 86400 {
				o.CallsUnreported++
			}
			if due := s.ResultAwaited(a); due != nil {
				o.ResultsAwaited++
				if due.By < now {
					o.ResultsOverdue++
				}
			}
			return true
		})
		return true
	})
	return o
}

// TestOwed: what is owed is what a look at everything finds, now and later.
func TestOwed(t *testing.T) {
	t.Parallel()
	rules := [2][]byte{
		enginetest.EditedRules(t, fmt.Sprintf(settleRows, 15, 0)), enginetest.EditedRules(t, fmt.Sprintf(settleRows, 20, 30)),
	}
	var met engine.Owed
	for seed := range uint64(4) {
		m := newMarket(t, 100+seed, rules)
		for range 100 {
			m.step()
			s := m.engine.Snapshot()
			for _, later := range []slots.Instant{0, slots.Hour, slots.Hour + 1, 30 * slots.Hour, 24 * 365 * slots.Hour} {
				now := m.engine.Now() + later
				got, want := s.Owed(now), owedTwin(s, now)
				if got != want {
					t.Fatalf("seed %d, at %d: %+v, want %+v", seed, now, got, want)
				}
				met.CallbacksOpen += got.CallbacksOpen
				met.CallbacksPast += got.CallbacksPast
				met.CallbacksStranded += got.CallbacksStranded
				met.CallsUnreported += got.CallsUnreported
			}
		}
	}
	if met.CallbacksOpen == 0 || met.CallbacksPast == 0 || met.CallbacksStranded == 0 || met.CallsUnreported == 0 {
		t.Errorf("never met: %+v", met)
	}
}
