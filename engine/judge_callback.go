package engine

import (
	"math"
	"slices"

	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// createCallback takes a request for a call in one of several windows; what can
// be assigned at once is, by settle. It refuses in the order of a booking, and
// then what is wrong with the windows.
func (j *judging) createCallback(p CreateCallback) decision {
	_, known := j.s.callbacks.get(j.actor.Tenant, p.ID)
	if known || j.idInUse(p.AppointmentID) {
		return refuse(StatusInvalid, "id_in_use")
	}
	a := &ask{
		caseIDs: p.CaseIDs, mode: ModeCallback, specialtyMatch: p.Notes.SpecialtyMatchRequested,
		except: j.ownHold(p.CaseIDs),
	}
	if d, refused := j.findCases(a); refused {
		return d
	}
	if d, refused := j.makePlan(a); refused {
		return d
	}
	if d, refused := j.speakerRefused(a, Book{PerformedByCredential: p.PerformedByCredential}); refused {
		return d
	}
	own, d, refused := j.scheduled(p.CaseIDs, "")
	if refused {
		return d
	}
	for _, id := range p.CaseIDs {
		if _, waits := j.s.requests.get(j.actor.Tenant, id); waits {
			return refuse(StatusCaseAlreadyScheduled, "callback", id)
		}
	}
	if d, refused := j.consentsRefused(a, p.Consents); refused {
		return d
	}
	windows, d, refused := j.windowsOf(a, p)
	if refused {
		return d
	}
	image := j.newRequest(p, a, windows)
	d = decision{subject: p.ID, created: true}
	if own != nil {
		d.effects = append(d.effects, &dropHold{id: own.ID})
	}
	d.effects = append(d.effects, a.asked()...)
	d.effects = append(d.effects, &putCallback{image})
	return d
}

// consentsRefused: what every call on the cases needs cannot be asked for later,
// and a consent to what no rule knows means nothing.
func (j *judging) consentsRefused(a *ask, given []string) (refusal decision, refused bool) {
	missing := slices.DeleteFunc(j.mandatory(a), func(code string) bool { return slices.Contains(given, code) })
	if len(missing) > 0 {
		return refuse(StatusAttestationRequired, "", missing...), true
	}
	unknown := slices.DeleteFunc(slices.Clone(given), func(code string) bool {
		_, _, known := j.s.rules.compiled.AttestationText(code)
		return known
	})
	if len(unknown) > 0 {
		slices.Sort(unknown)
		return refuse(StatusAttestationNotApplicable, "", slices.Compact(unknown)...), true
	}
	return decision{}, false
}

// DefaultWindows returns the windows of a callback request on the case that names
// none, in zone z: the hours that the case gives for the outreach, those that are
// over left out, else the hours of the payer's row; nothing after the instant by
// which the call should be placed, while that lies ahead and leaves any. It is nil
// where the row wants the request to name its windows. Neighbours may touch.
func (c *Case) DefaultWindows(e *matcher.Eligibility, z *slots.Zone, now slots.Instant) []slots.Interval {
	ofRow := e.DefaultWindows(z, now)
	if ofRow == nil {
		return nil
	}
	given := cut(c.Outreach.Windows, slots.Interval{Start: now, End: math.MaxInt64})
	if len(given) == 0 {
		given = ofRow
	}
	if by := c.Outreach.CallBy; by > now {
		if timely := cut(given, slots.Interval{Start: now, End: by}); len(timely) > 0 {
			return timely
		}
	}
	return given
}

// cut returns what of the windows lies within a span, in their order.
func cut(windows []slots.Interval, within slots.Interval) (left []slots.Interval) {
	for _, w := range windows {
		if w = w.Intersect(within); !w.Empty() {
			left = append(left, w)
		}
	}
	return left
}

// windowsOf checks the windows of a request, or takes those of the cases and the
// payer's rows where it gives none and none are demanded.
func (j *judging) windowsOf(a *ask, p CreateCallback) (windows []slots.Interval, refusal decision, refused bool) {
	least, by, defaults := 0, decision{}, slots.Set{}
	for i, c := range a.cases {
		e := j.s.rules.compiled.Eligibility(&c.Case, j.now, 0)
		if e.MinimumWindows > least {
			least, by = e.MinimumWindows, refuse(StatusTooFewWindows, "", c.ID)
			by.outcome.Rule = e.WindowsRule
		}
		hours := slots.NewSet(c.DefaultWindows(&e, providerZone(c, p.TimeZone), j.now)...)
		if i > 0 {
			hours = hours.Intersect(defaults)
		}
		defaults = hours
	}
	if len(p.Windows) < least {
		return nil, by, true
	}
	length := slots.Instant(a.plan.CallMinutes) * slots.Minute
	windows = p.Windows
	if len(windows) == 0 {
		for w := range defaults.All() {
			if w.End-w.Start >= length && len(windows) < MaxWindows {
				windows = append(windows, w)
			}
		}
	}
	if detail := faultOf(windows, length, j.now); detail != "" {
		return nil, refuse(StatusWindowsInvalid, detail), true
	}
	return windows, decision{}, false
}

// faultOf says what is wrong with windows, "" if nothing: each has room for a
// call from now on, and none lies within another.
func faultOf(windows []slots.Interval, length, now slots.Instant) (detail string) {
	if len(windows) == 0 {
		return "none"
	}
	for i, w := range windows {
		switch {
		case w.End <= w.Start:
			return "empty"
		case w.End-w.Start < length:
			return "too_short"
		case w.End-max(w.Start, now) < length:
			return "past"
		}
		for k, other := range windows {
			if k != i && other.Covers(w) {
				return "not_distinct"
			}
		}
	}
	return ""
}

// providerZone is the zone of the provider who asks, else the one of the request.
func providerZone(c *Case, otherwise string) *slots.Zone {
	names := []string{otherwise}
	if c.Requesting.Present {
		names = []string{c.Requesting.TimeZone, otherwise}
	}
	for _, name := range names {
		if z, err := slots.LoadZone(name); err == nil {
			return z
		}
	}
	return slots.UTC()
}

func (j *judging) newRequest(p CreateCallback, a *ask, windows []slots.Interval) *CallbackRequest {
	image := &CallbackRequest{
		Tenant:                j.actor.Tenant,
		ID:                    p.ID,
		CaseIDs:               p.CaseIDs,
		Status:                CallbackQueued,
		Windows:               windows,
		TimeZone:              p.TimeZone,
		PerformedByRole:       p.PerformedByRole,
		PerformedByCredential: p.PerformedByCredential,
		Location:              p.Location,
		Notify:                p.Notify,
		Notes:                 p.Notes,
		Consents:              p.Consents,
		AttestedByRole:        p.AttestedByRole,
		Personal:              p.Personal,
		AppointmentID:         p.AppointmentID,
		CreatedAt:             j.now,
		CreatedBy:             j.actor.Principal,
		FirstAskedAt:          j.now,
		UpdatedAt:             j.now,
		Version:               1,
	}
	for _, c := range a.cases {
		if c.P2PRequestedAt != 0 {
			image.FirstAskedAt = min(image.FirstAskedAt, c.P2PRequestedAt)
		}
	}
	return image
}

// cancelCallback ends a request, with its appointment if it has one. Once more
// is the same answer.
func (j *judging) cancelCallback(p CancelCallback) decision {
	old, ok := j.callbackAsked(p.ID)
	switch {
	case !ok:
		return refuse(StatusNotFound, "callback")
	case stale(p.Expect, old.Version):
		return refuse(StatusStaleVersion, "callback")
	}
	d := decision{subject: p.ID, question: question{expect: p.Expect}}
	if old.Status == CallbackCancelled {
		return d
	}
	d.effects = []effect{&putCallback{old.cancelled(CancelByRequest, j.now)}}
	if old.Status != CallbackAssigned {
		return d
	}
	call, _ := j.s.appointments.get(old.Tenant, old.AppointmentID)
	if call.Status != Booked {
		return refuse(StatusNotCancellable, call.Status.String())
	}
	image := call.next(j.now)
	image.Status, image.CancelledBy, image.CancelCode = Cancelled, "provider", CancelByRequest
	d.effects = append(d.effects, &putAppointment{image})
	return d
}

// next returns a copy to change, one version on.
func (r *CallbackRequest) next(now slots.Instant) *CallbackRequest {
	image := *r
	image.Version++
	image.UpdatedAt = now
	return &image
}

// cancelled returns the request ended for a reason.
func (r *CallbackRequest) cancelled(code string, now slots.Instant) *CallbackRequest {
	image := r.next(now)
	image.Status, image.CancelCode = CallbackCancelled, code
	image.Reason, image.ReasonRule = "", ""
	return image
}

// because says in a code why nothing lawful is on offer, and by which row.
func because(plan *matcher.Plan) (code, rule string) {
	if why, found := plan.Why(); found {
		return why.Code, why.Rule
	}
	return ReasonNobody, ""
}
