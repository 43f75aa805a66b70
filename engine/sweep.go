package engine

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/parleyhq/parley/slots"
)

// sweepSlice is how many entities a sweep looks at between two pauses.
const sweepSlice = 256

// SweepReport is what a sweep over a snapshot has found.
type SweepReport struct {
	Seq                        Seq           // of the snapshot
	At                         slots.Instant // when it was made
	Seconds                    float64       // that it took, pauses included
	Cases, Holds, Appointments int
	Fault                      error // nil: the state agrees with itself
}

// Sweep checks the newest snapshot from end to end beside everything else: that no two calls
// of a reviewer overlap, that no case has two, and that what is derived is what its entities
// say. It looks at the entities themselves, without the indexes that judging goes by. After
// some hundred entities it calls pause, which rests as the caller likes; false ends
// the sweep, and nil is returned. If there is a fault the engine takes no
// command from then on: what it would decide could not be trusted.
func (e *Engine) Sweep(pause func() bool) *SweepReport {
	watch := stopwatch()
	snap := e.Snapshot()
	w := &sweep{s: snap.state, pause: pause, occupied: map[sweptCase]string{}, spans: map[slots.ReviewerRef][]sweptSpan{}}
	r := &SweepReport{Seq: snap.Seq(), At: e.Now(), Fault: w.run()}
	if w.stopped {
		return nil
	}
	r.Cases, r.Holds, r.Appointments = w.cases, w.holds, w.appointments
	r.Seconds = watch()
	if r.Fault != nil {
		fault := fmt.Errorf("engine: state at seq %d: %w", r.Seq, r.Fault)
		r.Fault = fault
		if e.doubt.CompareAndSwap(nil, &fault) {
			e.options.Observer.logf("the state contradicts itself: nothing is accepted any more", "seq", r.Seq, "error", fault)
		}
	}
	e.swept.Store(r)
	return r
}

// LastSweep returns the report of the newest sweep that has come to its end, nil if none has. A
// report with a fault stays the last one.
func (e *Engine) LastSweep() *SweepReport { return e.swept.Load() }

type sweptCase struct{ tenant, id string }

// sweptSpan is an active call in the order of its reviewer's.
type sweptSpan struct {
	busy slots.Interval
	id   string
}

type sweep struct {
	s       *state
	pause   func() bool
	seen    int
	stopped bool
	derived error // the first thing derived that differs from its entity

	occupied                   map[sweptCase]string // by case: its active call
	spans                      map[slots.ReviewerRef][]sweptSpan
	cases, holds, appointments int
	placed, booked             int
}

// rest counts what was looked at and pauses in time; false ends a walk.
func (w *sweep) rest() bool {
	if w.seen++; w.seen%sweepSlice == 0 && !w.pause() {
		w.stopped = true
	}
	return !w.stopped
}

func (w *sweep) run() (err error) {
	keep := func(e error) bool {
		err = e
		return err == nil && w.rest()
	}
	w.s.holds.each(func(h *Hold) bool { return keep(w.hold(h)) })
	if err == nil && !w.stopped {
		w.s.appointments.each(func(a *Appointment) bool { return keep(w.appointment(a)) })
	}
	for _, part := range []func() error{w.reviewers, func() error { return w.derived }, w.places, w.everyCase, w.upcoming, w.s.checkTotals, w.s.checkCallbacks, w.s.checkAccess} {
		if err == nil && !w.stopped {
			err = part()
		}
	}
	return err
}

// differs notes a difference to be told when the entities themselves have been looked at: two
// calls that overlap weigh more than an index.
func (w *sweep) differs(format string, args ...any) {
	if w.derived == nil {
		w.derived = fmt.Errorf(format, args...)
	}
}

func (w *sweep) hold(h *Hold) error {
	w.holds++
	c := slots.Call{Reviewer: h.Reviewer, Span: h.Span, Busy: h.Busy, Until: h.ExpiresAt, ID: h.ID}
	return w.active(c, h.Tenant, h.CaseIDs, h.ActiveAt(w.s.now))
}

func (w *sweep) appointment(a *Appointment) error {
	w.appointments++
	if fault := a.fault(); fault != "" {
		return fmt.Errorf("appointment %s, %s: %s", a.ID, a.Status, fault)
	}
	order := -int64(a.Span.Start)
	listed := w.s.byReviewer.has(indexed{tenant: a.Tenant, key: a.ReviewerID, order: order, id: a.ID}) &&
		w.s.byPrincipal.has(indexed{tenant: a.Tenant, key: a.CreatedBy, order: order, id: a.ID})
	for _, id := range a.CaseIDs {
		listed = listed && w.s.byCase.has(indexed{tenant: a.Tenant, key: id, order: order, id: a.ID})
	}
	if a.Status == Booked {
		w.booked++
		listed = listed && w.s.upcoming.has(a.place())
	}
	if !listed {
		w.differs("appointment %s is not listed as it should be", a.ID)
	}
	if !a.Active() {
		return nil
	}
	return w.active(slots.Call{Reviewer: a.Reviewer, Span: a.Span, Busy: a.Busy, ID: a.ID}, a.Tenant, a.CaseIDs, true)
}

// active notes a call that has a place in the calendar. A hold keeps its place until the next
// entry drops it, though it has expired: then it neither overlaps nor occupies.
func (w *sweep) active(c slots.Call, tenant string, cases []string, active bool) error {
	w.placed++
	if found, ok := w.s.calendar.Get(c.Reviewer, c.Busy.Start); !ok || found != c {
		w.differs("call %s and its place in the calendar differ", c.ID)
	}
	if !active {
		return nil
	}
	w.spans[c.Reviewer] = append(w.spans[c.Reviewer], sweptSpan{c.Busy, c.ID})
	for _, id := range cases {
		if other, twice := w.occupied[sweptCase{tenant, id}]; twice {
			return fmt.Errorf("case %s has calls %s and %s", id, other, c.ID)
		}
		w.occupied[sweptCase{tenant, id}] = c.ID
		if occupied, ok := w.s.calls.get(tenant, id); !ok || *occupied != (call{c.ID, c.Until != 0}) {
			w.differs("call %s and what occupies case %s differ", c.ID, id)
		}
	}
	return nil
}

// reviewers looks for calls of one reviewer that overlap.
func (w *sweep) reviewers() error {
	for _, reviewer := range slices.Sorted(maps.Keys(w.spans)) {
		spans := w.spans[reviewer]
		slices.SortFunc(spans, func(a, b sweptSpan) int { return int(a.busy.Start - b.busy.Start) })
		for i := 1; i < len(spans); i++ {
			if a, b := spans[i-1], spans[i]; b.busy.Start < a.busy.End {
				return fmt.Errorf("calls %s and %s of reviewer %d overlap", min(a.id, b.id), max(a.id, b.id), reviewer)
			}
			if !w.rest() {
				return nil
			}
		}
	}
	return nil
}

// places makes sure that the calendar has no call that is not there.
func (w *sweep) places() error {
	if n := w.s.calendar.Len(); n != w.placed {
		return fmt.Errorf("%d calls in the calendar, %d there", n, w.placed)
	}
	return nil
}

// everyCase makes sure that cases are listed, and that calls are about cases that are there.
func (w *sweep) everyCase() (err error) {
	w.s.cases.each(func(c *Case) bool {
		w.cases++
		delete(w.occupied, sweptCase{c.Tenant, c.ID})
		listed := c.AuthorizationNumber == "" || w.s.casesByNumber.has(indexed{tenant: c.Tenant, key: c.AuthorizationNumber, id: c.ID})
		if c.MemberID != (Digest{}) {
			listed = listed && w.s.casesByMember.has(indexed{tenant: c.Tenant, key: string(c.MemberID[:]), id: c.ID})
		}
		w.s.eachProvider(c, func(e indexed) { listed = listed && w.s.casesByNPI.has(e) })
		if !listed {
			err = fmt.Errorf("case %s is not listed as it should be", c.ID)
		}
		return err == nil && w.rest()
	})
	if err != nil || w.stopped {
		return err
	}
	missing := slices.SortedFunc(maps.Keys(w.occupied), func(a, b sweptCase) int {
		return cmp.Or(cmp.Compare(a.tenant, b.tenant), cmp.Compare(a.id, b.id))
	})
	if len(missing) > 0 {
		return fmt.Errorf("call %s is about case %s, which is not there", w.occupied[missing[0]], missing[0].id)
	}
	return nil
}

// upcoming makes sure that the list of what is to come has nothing else.
func (w *sweep) upcoming() error {
	n := 0
	w.s.upcoming.from(indexed{}, func(*indexed) bool {
		n++
		return w.rest()
	})
	if !w.stopped && n != w.booked {
		return fmt.Errorf("%d appointments are listed as to come, %d are booked", n, w.booked)
	}
	return nil
}
