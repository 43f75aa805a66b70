package engine

import (
	"slices"

	"github.com/parleyhq/parley/slots"
)

// adHoc holds the best reviewer who is free now, for a call that is put through
// at once. It refuses in the order of a booking.
func (j *judging) adHoc(p AdHoc) decision {
	switch {
	case j.idInUse(p.ID):
		return refuse(StatusInvalid, "id_in_use")
	case p.AvailableAt > j.now+AdHocAhead:
		return refuse(StatusInvalid, "available_at")
	}
	start := fullMinute(max(j.now, p.AvailableAt))
	a := &ask{
		caseIDs: p.CaseIDs, start: start, mode: ModeAdHoc, specialtyMatch: p.SpecialtyMatch,
		within: slots.Interval{Start: start, End: start + 1}, except: j.ownHold(p.CaseIDs),
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
	if d, refused := j.intakeRefused(a); refused {
		return d
	}
	own, d, refused := j.scheduled(p.CaseIDs, "")
	if refused {
		return d
	}
	if d, refused := j.nextFree(a, p.Consents); refused {
		return d
	}
	if d, refused := j.mayHold(own, a.reviewerID); refused {
		return d
	}
	d = decision{subject: p.ID, created: true, question: question{
		start: p.AvailableAt, role: p.PerformedByRole, credential: p.PerformedByCredential, attestations: p.Consents,
	}}
	if own != nil {
		d.effects = append(d.effects, &dropHold{id: own.ID})
	}
	image := j.newHold(HoldSlot{
		ID: p.ID, CaseIDs: p.CaseIDs, ReviewerID: a.reviewerID, Start: start,
		TimeZone: p.TimeZone, SpecialtyMatch: p.SpecialtyMatch,
	}, a)
	image.Mode, image.Caller = ModeAdHoc, p.Caller
	d.effects = append(d.effects, a.asked()...)
	d.effects = append(d.effects, &putHold{image})
	d.effects = append(d.effects, j.noteHold()...)
	return d
}

// intakeRefused asks the rules whether the cases say all that must be known
// before a call about them is put through. It names every fact that is not there.
func (j *judging) intakeRefused(a *ask) (refusal decision, refused bool) {
	for _, c := range a.cases {
		e := j.s.rules.compiled.Eligibility(&c.Case, j.now, a.firstAsked)
		whole := true
		for _, f := range e.Intake {
			if f.Known {
				continue
			}
			if !refused {
				refusal, refused = refuse(StatusIntakeIncomplete, ""), true
				refusal.outcome.Rule = e.IntakeRule
			}
			refusal.outcome.Lacks = append(refusal.outcome.Lacks, Lack{c.ID, f})
			whole = false
		}
		if !whole {
			refusal.outcome.Codes = append(refusal.outcome.Codes, c.ID)
		}
	}
	return refusal, refused
}

// nextFree finds the best reviewer for an ad hoc call. What every call on the
// cases needs is attested when it is booked, as with any hold.
func (j *judging) nextFree(a *ask, consents []string) (refusal decision, refused bool) {
	found := a.plan.Assign(append(j.mandatory(a), consents...))
	if found.Offer == nil {
		d := refuse(StatusReviewerNotFree, "busy")
		if !found.Lawful {
			d.outcome.Detail, d.outcome.Rule = because(a.plan)
		}
		return d, true
	}
	a.reviewerID = found.Offer.Reviewer.ID
	a.reviewer, _ = j.s.reviewers.get(j.actor.Tenant, a.reviewerID)
	if d, refused := j.judgeSlot(a); refused {
		broken("what is assigned can be booked", a.reviewerID, d.outcome.Detail)
	}
	return decision{}, false
}

// mandatory returns the attestation codes that every call on the cases needs, sorted.
func (j *judging) mandatory(a *ask) (codes []string) {
	for _, c := range a.cases {
		e := j.s.rules.compiled.Eligibility(&c.Case, j.now, a.firstAsked)
		for _, info := range e.Attestations {
			if info.Mandatory {
				codes = append(codes, info.Code)
			}
		}
	}
	slices.Sort(codes)
	return slices.Compact(codes)
}

// fullMinute is the first full minute from t on.
func fullMinute(t slots.Instant) slots.Instant {
	return (t + slots.Minute - 1) / slots.Minute * slots.Minute
}
