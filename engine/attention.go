package engine

import (
	"slices"

	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// What no longer holds of a booked call, or is still owed after one that was held.
const (
	AttentionNotEligible    = "case_not_eligible"      // Detail: the reason's code
	AttentionMode           = "mode_not_available"     // the cases have no call of this mode any more
	AttentionNotCombinable  = "cases_not_combinable"   // nor one together
	AttentionSpeaker        = "speaker_not_accepted"   // Detail: who may speak now
	AttentionInactive       = "reviewer_inactive"      //
	AttentionNotQualified   = "reviewer_not_qualified" // Detail: the need that bars him, or stage
	AttentionAbsent         = "reviewer_absent"        // a block lies over the call
	AttentionOutsideHours   = "outside_hours"          //
	AttentionDeadlinePassed = "deadline_passed"        // the call lies beyond a limit of its cases
	AttentionNotOffered     = "slot_not_offered"       // Detail: off_grid, beyond_horizon
	AttentionTermsChanged   = "terms_changed"          // Detail: the tier as it is now, consultative, specialty_match, or an attestation that is missing
	AttentionResultDue      = "result_due"             // of a completed call, Due says what and when
	AttentionResultOverdue  = "result_overdue"         // the same, and that has passed
)

// MaxAttentionScan bounds the calls that one reading of Attention judges.
const MaxAttentionScan = 5000

// AttentionItem is a booked call of which something no longer holds, or a completed
// one whose result is awaited. What is said first is what a booking would be refused
// for first, and what is due first.
type AttentionItem struct {
	Appointment  *Appointment
	Code, Detail string
	Rule         string            // the row that decided, "" if it was no single one: see Judgement.Rules
	CaseID       string            // "" if it is not about one case
	Judgement    matcher.Judgement // of the call as it stands, empty where no plan could be made
	Due          *ResultDue        // of a completed call, else nil
}

// Attention judges the booked calls that start at now or later once more, each
// at the time and with the reviewer that it has and with itself out of the way,
// and yields those of which something no longer holds. Calls keep their place: another
// call or a cap is never in the way, nor are lead times, nor that a reviewer whom a rule
// prefers has become free since. Among them it yields the completed calls whose result
// is due and not there.
//
// They come in the order of the instant that counts – the start of a booked call, when
// the result of a completed one is due –, then by id, from behind a position.
//
// It stops when yield returns false, or after MaxAttentionScan calls; at is then
// the last call that was judged, and more says whether there are others.
func (s *Snapshot) Attention(tenant string, now slots.Instant, after Position, yield func(AttentionItem) bool) (at Position, more bool) {
	now = max(now, s.state.now)
	from := after
	if after.Start < now {
		from = Position{Start: now}
	}
	at = after
	cursors := []cursor{behind(s.state.results, tenant, after), behind(s.state.upcoming, tenant, from)}
	for scanned, stopped := 0, false; ; scanned++ {
		place, found := nearest(cursors)
		if !found {
			return at, false
		}
		if stopped || scanned == MaxAttentionScan {
			return at, true
		}
		at = Position{Start: slots.Instant(place.order), ID: place.id}
		a, _ := s.state.appointments.get(tenant, place.id)
		if item, found := s.attend(a, now); found && s.scope.seesAppointment(s.state, a) {
			stopped = !yield(item)
		}
		for i := range cursors {
			cursors[i].pass(place)
		}
	}
}

// behind stands on the first row of a tenant's list that lies behind a position.
func behind(list index, tenant string, after Position) cursor {
	from := indexed{tenant: tenant, order: int64(after.Start), id: after.ID}
	c := cursor{walk: list.walk(&from), key: indexed{tenant: tenant}}
	c.land()
	if after.ID != "" {
		c.pass(from)
	}
	return c
}

// attend says what is to be seen to of one call, if anything.
func (s *Snapshot) attend(a *Appointment, now slots.Instant) (item AttentionItem, found bool) {
	if a.Status == Booked {
		return s.review(a, now)
	}
	due := s.state.awaited(a)
	if due == nil {
		return item, false
	}
	item = AttentionItem{Appointment: a, Code: AttentionResultDue, Rule: due.Rule, CaseID: due.CaseID, Due: due}
	if due.By < now {
		item.Code = AttentionResultOverdue
	}
	return item, true
}

// review says what no longer holds of one booked call, if anything.
func (s *Snapshot) review(a *Appointment, now slots.Instant) (item AttentionItem, found bool) {
	item.Appointment = a
	q := matcher.Query{
		FirstAsked: a.FirstAskedAt, SpecialtyMatch: a.Notes.SpecialtyMatchRequested, Waivable: matcher.RevealAlways,
		Mode: a.Mode, NotBefore: a.Span.Start, Kept: true,
	}
	for _, id := range a.CaseIDs {
		c, _ := s.state.cases.get(a.Tenant, id)
		q.Cases = append(q.Cases, &c.Case)
	}
	plan, refusal := matcher.NewPlan(s.state.view(a.Tenant, now, a.ID), q)
	if refusal != nil {
		item.refused(refusal)
		return item, true
	}
	if item.speaker(s.state.rules.compiled, q.Cases, now) {
		return item, true
	}
	r, _ := s.state.roster.Get(a.Reviewer)
	item.Judgement = plan.Judge(r, a.Span.Start)
	return item, item.faulty(r) || item.worse()
}

// refused notes why the cases cannot have a plan.
func (item *AttentionItem) refused(no *matcher.Refusal) {
	item.CaseID, item.Rule = no.CaseID, no.Rule
	switch planStatus(no.Code) {
	case StatusModeNotAvailable:
		item.Code = AttentionMode
	case StatusCasesNotCombinable:
		item.Code = AttentionNotCombinable
	default:
		item.Code = AttentionNotEligible
		item.Detail, item.Rule = no.Reasons[0].Code, no.Reasons[0].Rule
	}
}

// speaker reports whether the rules do not accept any more who is to speak. A
// call of a build that did not keep the credential is not asked.
func (item *AttentionItem) speaker(rules *matcher.Ruleset, cases []*matcher.Case, now slots.Instant) bool {
	a := item.Appointment
	if a.PerformedByCredential == "" {
		return false
	}
	for _, c := range cases {
		if e := rules.Eligibility(c, now, a.FirstAskedAt); !e.Speaker.Accepts(a.PerformedByCredential) {
			item.Code, item.Detail, item.Rule, item.CaseID = AttentionSpeaker, e.Speaker.Who, e.Speaker.Rule, c.ID
			return true
		}
	}
	return false
}

// faulty reports whether the judgement would refuse the call, other than for
// what is in its way.
func (item *AttentionItem) faulty(r *matcher.Reviewer) bool {
	j := &item.Judgement
	item.Detail, item.Rule = j.Detail, j.Rule
	switch j.Fault {
	case matcher.FaultNone, matcher.FaultTaken:
		item.Detail, item.Rule = "", ""
		return false
	case matcher.FaultNotQualified:
		item.Code = AttentionNotQualified
		if !r.Active {
			item.Code, item.Detail = AttentionInactive, ""
		}
		return true
	}
	switch span := item.Appointment.Span; {
	case j.Rule != "":
		item.Code = AttentionDeadlinePassed
	case j.Detail != "outside_hours":
		item.Code = AttentionNotOffered
	case !r.Active:
		item.Code, item.Detail = AttentionInactive, ""
	case slices.ContainsFunc(r.Hours.Blocks, span.Overlaps):
		item.Code, item.Detail = AttentionAbsent, ""
	default:
		item.Code, item.Detail = AttentionOutsideHours, ""
	}
	return true
}

// worse reports whether the call is now on worse terms than those it was booked on.
func (item *AttentionItem) worse() bool {
	a, j := item.Appointment, &item.Judgement
	item.Code = AttentionTermsChanged
	for i := range j.Cases {
		c := &j.Cases[i]
		item.CaseID = c.CaseID
		for _, code := range c.Attestations {
			if !slices.ContainsFunc(a.Attestations, func(x Attested) bool { return x.Code == code && x.CaseID == c.CaseID }) {
				item.Detail = code
				return true
			}
		}
		k := slices.IndexFunc(a.Match.Cases, func(m CaseMatch) bool { return m.CaseID == c.CaseID })
		if k < 0 {
			continue
		}
		switch before := &a.Match.Cases[k]; {
		case c.Tier > before.Tier:
			item.Detail = c.Tier.String()
		case c.Consultative && !before.Consultative:
			item.Detail = "consultative"
		case a.Notes.SpecialtyMatchRequested && c.Unmet.Has(matcher.NeedSpecialtyMatch):
			item.Detail = matcher.NeedSpecialtyMatch.String()
		default:
			continue
		}
		return true
	}
	return false
}
