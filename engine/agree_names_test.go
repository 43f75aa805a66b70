package engine

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// Facts that stand for themselves: no row is behind them.
var (
	slotFacts  = []string{"off_grid", "outside_hours", "outside_windows", "past", "lead_time", "beyond_horizon"}
	takenFacts = []string{"call", "cap"}
	rangeFacts = []string{"no_hours", "outside_windows", "outside_hours_ticked", "fully_booked", "daily_cap", "past", "beyond_horizon", "lead_time",
		"no_specialty_match"}
	windowFacts = []string{"none", "empty", "too_short", "past", "not_distinct"}
	callFacts   = []string{"booked", "held", "held_with_other_cases", "callback"}
	openReasons = append([]string{ReasonNoneFree, ReasonWindowsPassed, ReasonCaseScheduled, ReasonUnconsented}, rangeFacts...)
)

// named fails unless a refusal names a rule, or a fact of the calendar, the case
// or the caller.
func (w *agreement) named(way string, o *Outcome) {
	w.t.Helper()
	good := false
	switch o.Status {
	case StatusOK, StatusSpecialtyMatchUnmet, StatusTooFewWindows, StatusModeNotAvailable, StatusHoldExpired, StatusCasesNotCombinable:
		good = true // the status is the fact
	case StatusNotEligible:
		good = len(o.Reasons) > 0 && len(o.Codes) > 0
		for _, r := range o.Reasons {
			good = good && r.Code != "" && r.Rule != "" && r.Message != ""
		}
	case StatusReviewerNotQualified:
		good = o.Rule != "" && o.Detail != ""
	case StatusClinicianRequired, StatusSpeakerNotAccepted:
		good = o.Rule != "" && len(o.Codes) > 0
	case StatusSlotNotOffered:
		good = slices.Contains(slotFacts, o.Detail) || o.Detail == "beyond_limit" && o.Rule != ""
	case StatusSlotTaken:
		good = slices.Contains(takenFacts, o.Detail)
	case StatusReviewerNotFree:
		good = o.Detail == "busy" || o.Rule != "" && o.Detail != "" || slices.Contains(rangeFacts, o.Detail)
	case StatusAttestationRequired, StatusAttestationNotApplicable:
		good = len(o.Codes) > 0
	case StatusCaseAlreadyScheduled:
		good = slices.Contains(callFacts, o.Detail) && len(o.Codes) > 0
	case StatusWindowsInvalid:
		good = slices.Contains(windowFacts, o.Detail)
	case StatusNotFound:
		good = slices.Contains([]string{"case", "reviewer", "hold", "appointment", "callback"}, o.Detail)
	case StatusHoldMismatch, StatusInvalid, StatusNotReschedulable, StatusNotCancellable, StatusNotInProgress:
		good = o.Detail != ""
	case StatusOutcomeNotAllowed, StatusAttemptsExhausted:
		good = o.Rule != "" || o.Detail != ""
	}
	if !good {
		w.t.Fatalf("%s: %s names nothing: detail %q, rule %q, codes %v, reasons %v", way, o.Status, o.Detail, o.Rule, o.Codes, o.Reasons)
	}
}

// explained does the same for the account of an answer without offers.
func (w *agreement) explained(e *matcher.Explanation) {
	w.t.Helper()
	if len(e.NothingBecause) == 0 {
		w.t.Fatal("nothing on offer, and no word why")
	}
	for _, b := range e.NothingBecause {
		if b.Code == "" || len(b.Detail) == 0 || b.Rule == "" && !slices.Contains(rangeFacts, b.Code) {
			w.t.Fatalf("nothing on offer because of %+v", b)
		}
	}
}

// TestRefusalsName: whatever is asked for and refused, the refusal names a rule or a fact.
func TestRefusalsName(t *testing.T) {
	t.Parallel()
	base, seen := shipped(t), seenIn{}
	check := func(t *rapid.T) {
		w := drawAgreement(t, base)
		for range 25 {
			p := w.anything()
			o := w.step(w.s, p)
			w.named(fmt.Sprintf("%T", p), &o)
			w.made(&o)
			seen.count(o.Status.String())
			if r := o.Callback; r != nil && r.Open() && r.ReasonRule == "" && !slices.Contains(openReasons, r.Reason) {
				t.Fatalf("request waits for %q", r.Reason)
			}
			if err := w.s.check(); err != nil && !w.staged {
				t.Fatal(err)
			}
		}
	}
	for range agreeRounds {
		rapid.Check(t, check)
	}
	for _, s := range []Status{
		StatusNotFound, StatusNotEligible, StatusModeNotAvailable, StatusCasesNotCombinable, StatusClinicianRequired, StatusCaseAlreadyScheduled,
		StatusHoldExpired, StatusHoldMismatch, StatusSlotNotOffered, StatusReviewerNotQualified, StatusSlotTaken, StatusSpecialtyMatchUnmet,
		StatusAttestationRequired, StatusAttestationNotApplicable, StatusTooFewWindows, StatusReviewerNotFree, StatusSpeakerNotAccepted, StatusWindowsInvalid,
		StatusNotReschedulable,
	} {
		if seen[s.String()] == 0 {
			t.Errorf("%s never came up", s)
		}
	}
	t.Log(seen)
}

// needed are the codes that a slot of a reviewer needs.
func (w *agreement) needed(p pair) []string {
	plan, refusal := w.plan(w.s, matcher.Query{})
	r, known := w.s.roster.Find(agreeTenant, p.id)
	if refusal != nil || !known {
		return nil
	}
	j := plan.Judge(r, p.start)
	return j.Attestations
}

// anything is a command that may well be refused.
func (w *agreement) anything() Payload {
	t := w.t
	start := fullMinute(w.now) + slots.Instant(rapid.SampledFrom([]int{0, 1, 2, 3, 4, 5, 6, 8, 13, 60, -2, 90}).Draw(t, "quarter"))*15*slots.Minute
	start = start / (15 * slots.Minute) * 15 * slots.Minute
	start += slots.Instant(rapid.SampledFrom([]int{0, 0, 0, 0, 5}).Draw(t, "off"))
	reviewer := w.pick("whom", append(w.reviewers, w.reviewers...)...)
	if plan, refusal := w.plan(w.s, matcher.Query{}); refusal == nil && w1(t, 3, "on offer") {
		if offers := plan.Earliest(20).Offers; len(offers) > 0 {
			o := offers[rapid.IntRange(0, len(offers)-1).Draw(t, "offer")]
			reviewer, start = o.Reviewer.ID, o.Start
		}
	}
	if w1(t, 15, "nobody") {
		reviewer = "rev-9"
	}
	cases := w.caseIDs
	switch rapid.IntRange(0, 11).Draw(t, "which cases") {
	case 10:
		cases = []string{"case-9"}
	case 11:
		cases = []string{"case-0", "filler-0"}
	}
	speaker := w.pick("speaker", "MD", "MD", "MD", "PA", "RN", "clerk", "")
	codes := rapid.SliceOfNDistinct(rapid.SampledFrom(allConsents), 0, 4, rapid.ID).Draw(t, "codes")
	if w1(t, 2, "as needed") {
		codes = w.needed(pair{reviewer, start})
	}
	which := w.pick("which", append(w.ids, "none")...)
	switch rapid.IntRange(0, 6).Draw(t, "what") {
	case 0:
		return HoldSlot{ID: w.id("hold"), CaseIDs: cases, ReviewerID: reviewer, Start: start, TimeZone: "UTC", SpecialtyMatch: w.match}
	case 1, 2:
		p := w.book(cases, reviewer, start, codes)
		p.PerformedByCredential = speaker
		if w1(t, 3, "by a hold") {
			p.HoldID = which
		}
		return p
	case 3:
		return Reschedule{ID: which, ReviewerID: reviewer, Start: start, Attestations: codes}
	case 4:
		return AdHoc{ID: w.id("hold"), CaseIDs: cases, TimeZone: "UTC", PerformedByCredential: speaker, Consents: codes, SpecialtyMatch: w.match}
	case 5:
		p := w.request(nil)
		p.CaseIDs, p.PerformedByCredential, p.Consents = cases, speaker, codes
		p.ID, p.AppointmentID = w.id("request"), w.id("apt")
		for range rapid.IntRange(0, 3).Draw(t, "windows") {
			p.Windows = append(p.Windows, slots.Interval{Start: start, End: start + slots.Instant(rapid.IntRange(-1, 40).Draw(t, "length"))*slots.Minute})
			start += slots.Hour
		}
		return p
	}
	return Cancel{ID: which, By: "provider"}
}

// follows: what the laws want of a call, or let it come to, is what the rows that
// govern each case say; a result is due at the end of a business day of the state, as
// many weekdays later as the row says, or more where holidays lie between.
func (w *agreement) follows(twin *rowTwin, seen seenIn) {
	for _, id := range w.caseIDs {
		c, _ := w.s.cases.get(agreeTenant, id)
		k := twin.of(&c.Case, w.now, false, false)
		if k == nil {
			continue
		}
		part, rule := false, ""
		var want *twinLaw
		for _, law := range k.laws {
			if law.PartialCertification && !part {
				part, rule = true, law.ID
			}
			if law.ResultClock != nil {
				want = law
			}
		}
		e := w.s.rules.compiled.Eligibility(&c.Case, w.now, 0)
		if !part {
			rule = k.payer.ID + "/partial-certification"
		} else {
			seen.count("part allowed")
		}
		if e.PartialCertification != part || e.PartialRule != rule {
			w.t.Fatalf("a part of %+v: %t by %s, want %t by %s", c.Case, e.PartialCertification, e.PartialRule, part, rule)
		}
		by, owed := e.ResultDue(w.now)
		if want == nil {
			if owed != "" {
				w.t.Fatalf("a result is due by %s", owed)
			}
			continue
		}
		seen.count("result due")
		day := time.Unix(int64(w.now), 0).In(k.zones[k.state(want)])
		for left := want.ResultClock.Amount; left > 0; {
			day = day.AddDate(0, 0, 1)
			if day.Weekday() != time.Saturday && day.Weekday() != time.Sunday {
				left--
			}
		}
		end := slots.Instant(time.Date(day.Year(), day.Month(), day.Day()+1, 0, 0, 0, 0, day.Location()).Unix() - 1)
		if owed != want.ID || want.ResultClock.Unit != "business_days" || by < end || by > end+4*24*slots.Hour {
			w.t.Fatalf("a result is due %s by %s, want %s from %s on", by, owed, want.ID, end)
		}
	}
}
