package engine

import (
	"slices"

	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// only returns the world with all reviewers but one blocked for a long time.
func (w *agreement) only(id string) *state {
	s := w.s.clone()
	for _, other := range w.reviewers {
		if other == id {
			continue
		}
		r, _ := s.reviewers.get(agreeTenant, other)
		image := *r
		image.Hours.Blocks = []slots.Interval{{Start: w.now - 10*24*slots.Hour, End: w.now + 70*24*slots.Hour}}
		if o := w.step(s, PutReviewer{Reviewer: image}); o.Status != StatusOK {
			w.t.Fatal(o.Status)
		}
	}
	return s
}

// request asks for a callback call in windows, and consents to everything.
func (w *agreement) request(windows []slots.Interval) CreateCallback {
	return CreateCallback{
		ID: "request", AppointmentID: "new", CaseIDs: w.caseIDs, Windows: windows, TimeZone: "UTC",
		PerformedByRole: "requesting_provider", PerformedByCredential: "MD", Location: "home", Notify: "none",
		Notes: CallNotes{SpecialtyMatchRequested: w.match}, Consents: allConsents,
	}
}

// callbacks asks for calls in the windows that some pairs are, when nobody else works.
func (w *agreement) callbacks(plan *matcher.Plan, some []pair, twin *rowTwin, seen seenIn) {
	alone := map[string]*state{}
	for _, id := range w.reviewers {
		alone[id] = w.only(id)
	}
	var moving *state
	for _, p := range some {
		s := alone[p.id].clone()
		length := slots.Instant(plan.CallMinutes) * slots.Minute
		// The second window lies beyond the horizon: nobody is on offer there.
		windows := []slots.Interval{{Start: p.start, End: p.start + length}, {Start: w.now + 61*24*slots.Hour, End: w.now + 61*24*slots.Hour + length}}
		windowed, refusal := w.plan(s, matcher.Query{Mode: ModeCallback, Windows: windows})
		if refusal != nil {
			w.t.Fatal(refusal)
		}
		j := w.judge(s, windowed, p)
		if all := w.judge(w.s, plan, p); !w.preferred(twin) && (all.Fault != j.Fault || all.Tier != j.Tier) {
			w.t.Fatalf("%v: judged %+v, within windows %+v", p, all, j)
		}
		o := w.step(s, w.request(windows))
		if p.start < w.now {
			if o.Status != StatusWindowsInvalid || o.Detail != "past" || j.Fault != matcher.FaultNotOffered {
				w.t.Fatalf("%v: %s %s, judged %+v", p, o.Status, o.Detail, j)
			}
			continue
		}
		if o.Status != StatusOK {
			w.t.Fatalf("request: %s %s", o.Status, o.Detail)
		}
		w.answered(p, &o, &j, seen)
		if o.Appointment != nil && moving == nil {
			moving = w.s.clone()
			w.step(moving, w.request(windows))
		}
	}
	if moving != nil {
		if a, ok := moving.appointments.get(agreeTenant, "new"); ok {
			w.moves(plan, moving, a.ID, some, seen)
		}
	}
}

// answered compares what became of a request with the judgement.
func (w *agreement) answered(p pair, o *Outcome, j *matcher.Judgement, seen seenIn) {
	r, status := o.Callback, CallbackUnassignable
	unmatched := w.match && j.Unmet.Has(matcher.NeedSpecialtyMatch)
	switch {
	case unmatched:
	case j.Fault == matcher.FaultNone:
		status = CallbackAssigned
	case j.Fault == matcher.FaultTaken:
		status = CallbackQueued
	}
	if r.Status != status {
		w.t.Fatalf("request %v: %s %s %s, judged %+v", p, r.Status, r.Reason, r.ReasonRule, j)
	}
	seen.count(status.String())
	if status != CallbackAssigned {
		if o.Appointment != nil || r.Reason == "" || r.ReasonRule == "" && !slices.Contains(openReasons, r.Reason) {
			w.t.Fatalf("request %v waits for %q by rule %q", p, r.Reason, r.ReasonRule)
		}
		return
	}
	a := o.Appointment
	if a.ReviewerID != p.id || a.Span != j.Span || a.Match.Tier != j.Tier || a.Match.Unmet != j.Unmet {
		w.t.Fatalf("request %v got %s at %v: %+v", p, a.ReviewerID, a.Span, a.Match)
	}
	for _, code := range j.Attestations {
		if !slices.ContainsFunc(a.Attestations, func(x Attested) bool { return x.Code == code }) {
			w.t.Fatalf("request %v: %s is not on the call", p, code)
		}
	}
}

// adHoc asks for each reviewer, now and in a while, when nobody else works.
func (w *agreement) adHoc(twin *rowTwin, seen seenIn) {
	for _, id := range w.reviewers {
		for _, at := range []slots.Instant{0, w.now + 25*slots.Minute, w.now + slots.Hour} {
			s := w.only(id)
			p := pair{id, fullMinute(max(w.now, at))}
			plan, _ := w.plan(s, matcher.Query{Mode: ModeAdHoc})
			j := w.judge(s, plan, p)
			whole, _ := w.plan(w.s, matcher.Query{Mode: ModeAdHoc})
			if all := w.judge(w.s, whole, p); !w.preferred(twin) && (all.Fault != j.Fault || all.Tier != j.Tier) {
				w.t.Fatalf("%v: judged %+v, alone %+v", p, all, j)
			}
			o := w.step(s, AdHoc{
				ID: "hold", CaseIDs: w.caseIDs, AvailableAt: at, TimeZone: "UTC", PerformedByRole: "requesting_provider",
				PerformedByCredential: "MD", Consents: allConsents, SpecialtyMatch: w.match,
			})
			w.named("ad hoc", &o)
			unmatched := w.match && j.Unmet.Has(matcher.NeedSpecialtyMatch)
			switch {
			case j.Fault == matcher.FaultNone && !unmatched:
				if o.Status != StatusOK || o.Hold.ReviewerID != id || o.Hold.Span != j.Span || o.Hold.Tier != j.Tier {
					w.t.Fatalf("ad hoc %v: %s %s, judged %+v", p, o.Status, o.Detail, j)
				}
				seen.count("ad hoc")
				w.transferred(s, p, &j, seen)
			case o.Status != StatusReviewerNotFree || (o.Detail == "busy") != (j.Fault == matcher.FaultTaken && !unmatched):
				w.t.Fatalf("ad hoc %v: %s %s, judged %+v", p, o.Status, o.Detail, j)
			case o.Detail == "busy":
				seen.count("ad hoc busy")
			default:
				seen.count("ad hoc nobody")
			}
		}
	}
}

// transferred books the hold of an ad hoc call and moves the call.
func (w *agreement) transferred(s *state, p pair, j *matcher.Judgement, seen seenIn) {
	booking := w.book(w.caseIDs, p.id, p.start, j.Attestations)
	booking.HoldID = "hold"
	free := s.clone()
	if o := w.step(free, ReleaseHold{ID: "hold"}); o.Status != StatusOK {
		w.t.Fatal(o.Status)
	}
	plan, _ := w.plan(free, matcher.Query{Mode: ModeAdHoc})
	if o := w.step(s, booking); o.Status != StatusOK || o.Appointment.Match.Tier != j.Tier {
		w.t.Fatalf("ad hoc booking: %s %s, judged %+v", o.Status, o.Detail, j)
	}
	seen.count("ad hoc booked")
	for _, minutes := range []slots.Instant{-1, 0, 1, 7, 15, 60} {
		to := pair{p.id, p.start + minutes*slots.Minute}
		j := w.judge(free, plan, to)
		o := w.ask(s, Reschedule{ID: booking.ID, ReviewerID: to.id, Start: to.start, Attestations: j.Attestations})
		w.compare("move", to, &o, &j, w.match)
		if o.Status == StatusOK {
			seen.count("ad hoc moved")
		}
	}
}
