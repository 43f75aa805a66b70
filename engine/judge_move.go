package engine

import (
	"slices"

	"github.com/parleyhq/parley/slots"
)

// reschedule moves an appointment. What is asked of the cases is judged as of
// the first request, all else as of now; its own call is not in the way.
func (j *judging) reschedule(p Reschedule) decision {
	old, ok := j.appointmentAsked(p.ID)
	switch {
	case !ok:
		return refuse(StatusNotFound, "appointment")
	case stale(p.Expect, old.Version):
		return refuse(StatusStaleVersion, "appointment")
	case old.Status != Booked:
		return refuse(StatusNotReschedulable, old.Status.String())
	}
	return j.move(old, p, decision{subject: p.ID, question: question{
		expect: p.Expect, reviewerID: p.ReviewerID, start: p.Start, attestations: p.Attestations, role: p.AttestedByRole,
	}}, 0)
}

// reassign is a move to another reviewer at the time that the call has, as long
// as that is not over.
func (j *judging) reassign(p Reassign) decision {
	old, d, refused := j.ofBooked(p.ID, p.Expect)
	switch {
	case refused:
		return d
	case old.Status != Booked:
		return refuse(StatusNotReschedulable, old.Status.String())
	case old.Span.End <= j.now:
		return refuse(StatusSlotNotOffered, "past")
	}
	move := Reschedule{
		ID: p.ID, ReviewerID: p.ReviewerID, Start: old.Span.Start,
		Attestations: p.Attestations, AttestedByRole: p.AttestedByRole, Personal: p.Personal,
	}
	return j.move(old, move, decision{subject: p.ID, question: question{
		expect: p.Expect, reviewerID: p.ReviewerID, attestations: p.Attestations, role: p.AttestedByRole,
	}}, old.Span.Start)
}

// move completes d: a call gets another slot, on terms of its own. With
// notBefore, 0 = none, the slot may be nearer than the rows' lead time.
func (j *judging) move(old *Appointment, p Reschedule, d decision, notBefore slots.Instant) decision {
	if old.ReviewerID == p.ReviewerID && old.Span.Start == p.Start && sameCodes(old.Attestations, p.Attestations) {
		return d
	}
	a := &ask{
		caseIDs: old.CaseIDs, reviewerID: p.ReviewerID, start: p.Start, mode: old.Mode, notBefore: notBefore,
		firstAsked: old.FirstAskedAt, specialtyMatch: old.Notes.SpecialtyMatchRequested, except: p.ID,
	}
	if d, refused := j.find(a); refused {
		return d
	}
	if d, refused := j.makePlan(a); refused {
		return d
	}
	if d, refused := j.judgeSlot(a); refused {
		return d
	}
	if d, refused := j.judgeTerms(a, Expect{}, p.Attestations); refused {
		return d
	}
	image := *old
	// What was attested for the old slot says nothing of the new one.
	role := p.AttestedByRole
	if role == "" {
		role = old.PerformedByRole
	}
	if len(p.Personal.Bytes) > 0 {
		image.Personal = p.Personal
	}
	j.place(&image, a, p.Attestations, role)
	d.effects = []effect{&putAppointment{&image}}
	return d
}

// sameCodes reports whether exactly the given codes are recorded.
func sameCodes(recorded []Attested, given []string) bool {
	for _, a := range recorded {
		if !slices.Contains(given, a.Code) {
			return false
		}
	}
	for _, code := range given {
		if !slices.ContainsFunc(recorded, func(a Attested) bool { return a.Code == code }) {
			return false
		}
	}
	return true
}

// cancel ends an appointment that is booked. Once more is the same answer.
func (j *judging) cancel(p Cancel) decision {
	old, ok := j.appointmentAsked(p.ID)
	switch {
	case !ok:
		return refuse(StatusNotFound, "appointment")
	case stale(p.Expect, old.Version):
		return refuse(StatusStaleVersion, "appointment")
	}
	d := decision{subject: p.ID, question: question{expect: p.Expect, role: p.By}}
	switch old.Status {
	case Cancelled:
		return d
	case Booked:
	default:
		return refuse(StatusNotCancellable, old.Status.String())
	}
	image := *old
	image.Status, image.CancelledBy, image.Personal = Cancelled, p.By, p.Personal
	image.Version++
	image.UpdatedAt = j.now
	d.effects = []effect{&putAppointment{&image}}
	return d
}
