package engine

import (
	"math"

	"github.com/parleyhq/parley/slots"
)

// What Owed counts, and how far it looks.
const (
	// UnreportedAfter is how long after its start a booked call of which nothing is on record counts as
	// unreported, in seconds: an hour. UnreportedWithin is how far back Owed looks for them: a day.
	UnreportedAfter  = slots.Hour
	UnreportedWithin = 24 * slots.Hour
	// MaxOwedScan bounds the places that each count of Owed looks at: a full count means that many or more.
	MaxOwedScan = 10_000
)

// Owed is what offices wait for at an instant, of all tenants, for monitoring.
type Owed struct {
	CallbacksOpen     int           // callback requests that have no call
	CallbacksPast     int           // those of them whose last window is over: nobody called
	CallbacksOldest   slots.Instant // when the oldest of them was made; 0 = there is none
	CallbacksStranded int           // assigned ones whose reviewer is lost and whom nobody can replace
	CallsUnreported   int           // booked calls that should have begun by now and of which nothing is on record
	ResultsAwaited    int           // calls after which a result is due
	ResultsOverdue    int           // those of them whose result should be there
}

// Owed counts what is owed at an instant, or at the last stamped one if that is later. It takes time
// in proportion to what is owed, not to what there is, and at most to MaxOwedScan.
func (s *Snapshot) Owed(now slots.Instant) Owed {
	now = max(now, s.state.now)
	o := Owed{
		CallbacksOpen: s.state.waiting.tree.Len(), CallbacksStranded: s.state.stranded.tree.Len(),
		ResultsAwaited: s.state.results.tree.Len(),
	}
	s.state.waiting.within(math.MinInt64, math.MaxInt64, func(e *indexed) {
		r, _ := s.state.callbacks.get(e.tenant, e.id)
		if over(r.Windows, now) {
			o.CallbacksPast++
		}
		if o.CallbacksOldest == 0 || r.CreatedAt < o.CallbacksOldest {
			o.CallbacksOldest = r.CreatedAt
		}
	})
	s.state.upcoming.within(int64(now-UnreportedWithin), int64(now-UnreportedAfter), func(e *indexed) {
		if a, _ := s.state.appointments.get(e.tenant, e.id); len(a.Attempts) == 0 {
			o.CallsUnreported++
		}
	})
	s.state.results.within(math.MinInt64, int64(now), func(*indexed) { o.ResultsOverdue++ })
	return o
}

// over reports whether the last of some windows has ended.
func over(windows []slots.Interval, now slots.Instant) bool {
	for _, w := range windows {
		if w.End > now {
			return false
		}
	}
	return true
}

// within walks, of an index with one key a tenant, the places of every tenant whose order lies in
// [from, to): at most MaxOwedScan of them.
func (x index) within(from, to int64, do func(*indexed)) {
	scanned := 0
	for next := (indexed{order: math.MinInt64}); scanned < MaxOwedScan; {
		tenant, found := "", false
		x.from(next, func(e *indexed) bool {
			tenant, found = e.tenant, true
			return false
		})
		if !found {
			return
		}
		x.from(indexed{tenant: tenant, order: from}, func(e *indexed) bool {
			if e.tenant != tenant || e.order >= to || scanned == MaxOwedScan {
				return false
			}
			scanned++
			do(e)
			return true
		})
		next = indexed{tenant: tenant + "\x00", order: math.MinInt64}
	}
}
