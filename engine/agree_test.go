package engine

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// agreeRounds is how often the worlds of one check are drawn anew.
const agreeRounds = 6

// pair is a reviewer and a start.
type pair struct {
	id    string
	start slots.Instant
}

// seenIn counts what came up over all worlds, so that nothing is tested in name only.
type seenIn map[string]int

func (s seenIn) count(what string) { s[what]++ }

// TestWaysAgree: whoever qualifies for a call, and when, is the same whichever way
// it is asked for – search, hold, booking, reschedule, callback, ad hoc – and the
// same as by an independent reading of the shipped rows.
func TestWaysAgree(t *testing.T) {
	t.Parallel()
	base, twin, seen := shipped(t), newRowTwin(t), seenIn{}
	check := func(t *rapid.T) {
		w := drawAgreement(t, base)
		w.follows(twin, seen)
		open := 0
		for _, mode := range []string{ModeSlot, ModeCallback, ModeAdHoc} {
			plan, refusal := w.plan(w.s, matcher.Query{Mode: mode})
			if refusal != nil {
				w.closed(mode, refusal, seen)
				continue
			}
			open++
			some := w.searched(plan, mode, twin, seen)
			switch mode {
			case ModeSlot:
				w.slots(plan, some, seen)
			case ModeCallback:
				w.callbacks(plan, some, twin, seen)
			case ModeAdHoc:
				w.adHoc(twin, seen)
			}
		}
		if open == 0 {
			seen.count("no way open")
		}
	}
	for range agreeRounds {
		rapid.Check(t, check)
	}
	for _, what := range []string{
		"no way open", "slot bookable", "callback bookable", "ad_hoc bookable", "slot not_offered", "slot not_qualified", "slot taken",
		"held", "booked", "moved", "not moved", "assigned", "queued", "unassignable", "callback moved", "ad hoc", "ad hoc busy", "ad hoc nobody",
		"ad hoc booked", "ad hoc moved", "not_eligible", "mode_not_available", "waived", "match unmet", "original alone", "part allowed", "result due", "stage pharmacist", "stage medical-director",
	} {
		if seen[what] == 0 {
			t.Errorf("%s never came up", what)
		}
	}
	t.Log(seen)
}

// plan asks for a call of the cases with everything shown.
func (w *agreement) plan(s *state, q matcher.Query) (*matcher.Plan, *matcher.Refusal) {
	q.SpecialtyMatch, q.Waivable = w.match, matcher.RevealAlways
	for _, id := range w.caseIDs {
		c, _ := s.cases.get(agreeTenant, id)
		q.Cases = append(q.Cases, &c.Case)
	}
	// By the index and by what it is made of, in turn.
	if w.asked++; w.asked%2 == 0 {
		s.index = nil
	} else {
		for s.behind(s.rules.compiled, w.now) {
			s.follow(s.rules.compiled, w.now)
		}
	}
	return matcher.NewPlan(s.view(agreeTenant, w.now, ""), q)
}

func (w *agreement) judge(s *state, plan *matcher.Plan, p pair) matcher.Judgement {
	r, ok := s.roster.Find(agreeTenant, p.id)
	if !ok {
		w.t.Fatal(p.id)
	}
	return plan.Judge(r, p.start)
}

// closed: a mode without a plan is refused by its commands as by the search.
func (w *agreement) closed(mode string, refusal *matcher.Refusal, seen seenIn) {
	seen.count(refusal.Code)
	start := fullMinute(w.now + slots.Hour)
	payloads := map[string]Payload{
		ModeSlot:     HoldSlot{ID: "new", CaseIDs: w.caseIDs, ReviewerID: "rev-0", Start: start, TimeZone: "UTC", SpecialtyMatch: w.match},
		ModeCallback: w.request([]slots.Interval{{Start: start, End: start + slots.Hour}}),
		ModeAdHoc:    AdHoc{ID: "new", CaseIDs: w.caseIDs, TimeZone: "UTC", PerformedByCredential: "MD", SpecialtyMatch: w.match},
	}
	o := w.ask(w.s, payloads[mode])
	if o.Status.String() != refusal.Code || !slices.Equal(o.Reasons, refusal.Reasons) {
		w.t.Fatalf("%s: %s %v, searched %+v", mode, o.Status, o.Reasons, refusal)
	}
	if mode == ModeSlot {
		book := w.ask(w.s, w.book(w.caseIDs, "rev-0", start, nil))
		if book.Status != o.Status || !slices.Equal(book.Reasons, o.Reasons) {
			w.t.Fatalf("hold: %s, book: %s", o.Status, book.Status)
		}
	}
	w.named(mode, &o)
}

// searched compares search with judgement over a day (ad hoc, of more starts: some
// hours), and judgement with the twin. It returns some pairs of every kind.
func (w *agreement) searched(plan *matcher.Plan, mode string, twin *rowTwin, seen seenIn) (some []pair) {
	span := 26 * slots.Hour
	if mode == ModeAdHoc {
		span = 2 * slots.Hour
	}
	within := slots.Interval{Start: w.now - slots.Hour, End: w.now + span}
	listed := map[pair]matcher.Offer{}
	ranged, _ := w.plan(w.s, matcher.Query{Mode: mode, Range: within})
	answer := ranged.Earliest(1 << 16)
	for _, o := range answer.Offers {
		listed[pair{o.Reviewer.ID, o.Start}] = o
	}
	if len(listed) != len(answer.Offers) {
		w.t.Fatal("an offer twice")
	}
	shown := w.week(mode, within)
	alone := w.alone(plan, twin, seen)
	kinds, step := map[matcher.Fault]int{}, slots.Instant(plan.Grid.StepMinutes)*slots.Minute
	for start := within.Start / step * step; start < within.End; start += step {
		for _, id := range w.reviewers {
			p := pair{id, start}
			j := w.judge(w.s, plan, p)
			o, found := listed[p]
			if start < within.Start {
				continue
			}
			if found != (j.Fault == matcher.FaultNone) || found != shown[p] {
				w.t.Fatalf("%s %v: listed %v, in the week %v, judged %d %s %s", mode, p, found, shown[p], j.Fault, j.Detail, j.Rule)
			}
			if found && (o.Tier != j.Tier || o.Unmet != j.Unmet || !slices.Equal(o.Attestations, j.Attestations)) {
				w.t.Fatalf("%s %v: listed %+v, judged %+v", mode, p, o, j)
			}
			delete(listed, p)
			w.twinned(twin, p, &j, alone, seen)
			seen.count(mode + " " + [...]string{"bookable", "not_offered", "not_qualified", "taken"}[j.Fault])
			if kinds[j.Fault]++; kinds[j.Fault]%(1+kinds[j.Fault]/3) == 0 {
				some = append(some, p)
			}
		}
	}
	if len(listed) > 0 {
		w.t.Fatalf("%s: listed off the grid: %v", mode, listed)
	}
	if len(answer.Offers) == 0 {
		w.explained(&answer.Explanation)
	}
	return some
}

// week returns what the week grids around a range show inside it.
func (w *agreement) week(mode string, within slots.Interval) map[pair]bool {
	shown, zone := map[pair]bool{}, mustLoad("America/Chicago")
	monday := zone.Date(within.Start)
	monday = monday.AddDays(-int(monday.Weekday()))
	for ; zone.Dates(monday, monday).Hull().Start < within.End; monday = monday.AddDays(7) {
		plan, _ := w.plan(w.s, matcher.Query{Mode: mode, Zone: zone, Range: matcher.WeekRange(zone, monday)})
		answer := plan.Week(matcher.WeekShape{Monday: monday, ReviewersPerPriority: 1 << 16, SlotsPerDay: 1 << 16})
		for _, priority := range answer.Priorities {
			for _, r := range priority.Reviewers {
				for _, day := range r.Days {
					for _, o := range day.Slots {
						if within.Contains(o.Start) {
							shown[pair{r.Reviewer.ID, o.Start}] = true
						}
					}
				}
			}
		}
	}
	return shown
}

// expect is what a booking on terms that suit comes to.
func expect(j *matcher.Judgement, match bool) (Status, string, string) {
	switch j.Fault {
	case matcher.FaultNotOffered:
		return StatusSlotNotOffered, j.Detail, j.Rule
	case matcher.FaultNotQualified:
		return StatusReviewerNotQualified, j.Detail, j.Rule
	case matcher.FaultTaken:
		return StatusSlotTaken, j.Detail, j.Rule
	}
	if match && j.Unmet.Has(matcher.NeedSpecialtyMatch) {
		return StatusSpecialtyMatchUnmet, "", ""
	}
	return StatusOK, "", ""
}

func (w *agreement) compare(way string, p pair, o *Outcome, j *matcher.Judgement, match bool) {
	w.t.Helper()
	status, detail, rule := expect(j, match)
	if o.Status != status || o.Detail != detail || o.Rule != rule {
		w.t.Fatalf("%s %v: %s %s %s, judged %d %s %s", way, p, o.Status, o.Detail, o.Rule, j.Fault, j.Detail, j.Rule)
	}
	w.named(way, o)
}

// slots holds, books and moves to some pairs.
func (w *agreement) slots(plan *matcher.Plan, some []pair, seen seenIn) {
	var moving *state
	var moved string
	for _, p := range some {
		j := w.judge(w.s, plan, p)
		held := w.ask(w.s, HoldSlot{ID: "new", CaseIDs: w.caseIDs, ReviewerID: p.id, Start: p.start, TimeZone: "UTC", SpecialtyMatch: w.match})
		w.compare("hold", p, &held, &j, false)
		booking := w.book(w.caseIDs, p.id, p.start, j.Attestations)
		private := w.s.clone()
		booked := w.step(private, booking)
		w.compare("book", p, &booked, &j, w.match)
		if held.Status == StatusOK {
			seen.count("held")
		}
		if booked.Status != StatusOK {
			continue
		}
		seen.count("booked")
		if a := booked.Appointment; a.ReviewerID != p.id || a.Span != j.Span || a.Match.Tier != j.Tier {
			w.t.Fatalf("booked %+v, judged %+v", a, j)
		}
		w.onOtherTerms(booking, &j)
		if moving == nil {
			moving, moved = private, booking.ID
		}
	}
	if moving != nil {
		w.moves(plan, moving, moved, some, seen)
	}
}

// onOtherTerms: a booking takes exactly the attestations that its slot needs.
func (w *agreement) onOtherTerms(booking Book, j *matcher.Judgement) {
	for i, code := range j.Attestations {
		booking.Attestations = slices.Delete(slices.Clone(j.Attestations), i, i+1)
		if o := w.ask(w.s, booking); o.Status != StatusAttestationRequired || !slices.Equal(o.Codes, []string{code}) {
			w.t.Fatalf("booked without %s: %s", code, o.Status)
		}
	}
	for _, code := range allConsents {
		if slices.Contains(j.Attestations, code) || slices.Contains(j.Optional, code) {
			continue
		}
		booking.Attestations = append(slices.Clone(j.Attestations), code)
		if o := w.ask(w.s, booking); o.Status != StatusAttestationNotApplicable || !slices.Equal(o.Codes, []string{code}) {
			w.t.Fatalf("booked with %s: %s", code, o.Status)
		}
	}
}

// moves moves a call of the cases to every pair: its own time is not in the way,
// and where it is, it may stay.
func (w *agreement) moves(plan *matcher.Plan, s *state, id string, some []pair, seen seenIn) {
	for _, p := range some {
		j := w.judge(w.s, plan, p)
		if a, _ := s.appointments.get(agreeTenant, id); a.ReviewerID == p.id && a.Span.Start == p.start {
			continue
		}
		o := w.ask(s, Reschedule{ID: id, ReviewerID: p.id, Start: p.start, Attestations: j.Attestations})
		w.compare("move", p, &o, &j, w.match)
		switch {
		case o.Status != StatusOK:
			seen.count("not moved")
		case plan.Mode == ModeSlot:
			seen.count("moved")
		case plan.Mode == ModeCallback:
			seen.count("callback moved")
		default:
			seen.count("ad hoc moved")
		}
	}
}
