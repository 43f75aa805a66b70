package engine

import (
	"slices"

	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// ResultDue is what a payer owes after a call: the result of the call for one of
// its cases, by an instant. It is judged once, when the call is completed.
type ResultDue struct {
	CaseID string
	By     slots.Instant // last instant
	Rule   string        // id of the row
	// The determination as it was when the call ended: what differs is the result.
	Status     string
	LetterDate slots.Date // 0 = unknown
}

// leavesOpen are the outcomes after which the result of a call is still to come.
// Upheld, overturned, modified and withdrawn are the result; a consultation has
// none; an escalated call is the first half of one. What was agreed in place of the
// request is still to be determined.
var leavesOpen = []string{"decision_pending", "information_requested", "alternative_accepted"}

// isResult are the outcomes that are the result of a call.
var isResult = []string{"upheld", "overturned", "modified", "withdrawn"}

// westmost is at least as far as any zone is behind UTC: a date that begins there
// has begun everywhere.
const westmost = 12 * slots.Hour

// began is the earliest instant at which a determination can be the result of a
// held call: when the call started, as far as that is known.
func (a *Appointment) began() slots.Instant {
	if a.StartedAt != 0 {
		return a.StartedAt
	}
	return min(a.Span.Start, a.EndedAt)
}

// madeBy reports whether the determination of a case is the result of a call: it
// has another status than when the call ended, was decided since the call began, or, of
// an unknown hour, has a newer letter of that day or later.
func (d *ResultDue) madeBy(now *matcher.Determination, began slots.Instant) bool {
	switch {
	case now.Status != d.Status && now.Status != "pending":
		return true
	case now.DecidedAt != 0:
		return now.DecidedAt >= began
	}
	return now.LetterDate > d.LetterDate && now.LetterDate >= slots.UTC().Date(began-westmost)
}

// owedResults returns what the payer owes once a call has ended so: of each case
// by the laws that cover it, unless its determination was made during the call.
func (j *judging) owedResults(a *Appointment, terms []matcher.Eligibility) (due []ResultDue) {
	if !slices.Contains(leavesOpen, a.Outcome) {
		return nil
	}
	for i, c := range j.casesOf(a) {
		by, rule := terms[i].ResultDue(a.EndedAt)
		if rule == "" || c.Determination.DecidedAt >= a.began() {
			continue
		}
		due = append(due, ResultDue{c.ID, by, rule, c.Determination.Status, c.Determination.LetterDate})
	}
	return due
}

// place is where a call stands in results for what is due of it.
func (d *ResultDue) place(a *Appointment) indexed {
	return indexed{tenant: a.Tenant, order: int64(d.By), id: a.ID}
}

// awaited returns the earliest of the results of a call that are not there, of
// several the first by the call's cases; nil if none is.
func (s *state) awaited(a *Appointment) (first *ResultDue) {
	for i := range a.ResultsDue {
		d := &a.ResultsDue[i]
		if (first == nil || d.By < first.By) && !s.answered(a, d) {
			first = d
		}
	}
	return first
}

// answered reports whether the result of a call is there for a case: its
// determination was made, or a later call about it has ended with the result.
func (s *state) answered(a *Appointment, d *ResultDue) (there bool) {
	c, ok := s.cases.get(a.Tenant, d.CaseID)
	if !ok || d.madeBy(&c.Determination, a.began()) {
		return ok
	}
	s.byCase.ids(a.Tenant, d.CaseID, func(id string) bool {
		later, _ := s.appointments.get(a.Tenant, id)
		there = later.Status == Completed && later.EndedAt >= a.EndedAt && slices.Contains(isResult, later.Outcome)
		return !there
	})
	return there
}

// listResult puts a call in its place among those whose results are awaited.
func (s *state) listResult(a *Appointment) {
	for i := range a.ResultsDue {
		s.results.drop(a.ResultsDue[i].place(a))
	}
	if d := s.awaited(a); d != nil {
		s.results.add(d.place(a))
	}
}

// listResults does that for an appointment that was stored and, if it ended with a
// result, for the others about its cases.
func (s *state) listResults(a *Appointment) {
	s.listResult(a)
	if a.Status != Completed || !slices.Contains(isResult, a.Outcome) {
		return
	}
	for _, id := range a.CaseIDs {
		if c, ok := s.cases.get(a.Tenant, id); ok {
			s.eachOfCase(c, s.listResult)
		}
	}
}

// FirstResultDue returns the earliest result that was due when the call ended, of
// several the first by the call's cases; nil if none was.
func (a *Appointment) FirstResultDue() (first *ResultDue) {
	for i := range a.ResultsDue {
		if d := &a.ResultsDue[i]; first == nil || d.By < first.By {
			first = d
		}
	}
	return first
}

// ResultAwaited returns the earliest result of a call that is due and not there,
// nil if there is none.
func (s *Snapshot) ResultAwaited(a *Appointment) *ResultDue { return s.state.awaited(a) }
