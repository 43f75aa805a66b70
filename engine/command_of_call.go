package engine

// callPayload is payload for the kinds that follow a booked call.
func (e *entry) callPayload() (p Payload, ok bool) {
	q := &e.question
	if e.kind == KindAddAbsence {
		return AddAbsence{ReviewerID: e.subject, Span: q.span, Expect: q.expect}, true
	}
	f, changed := e.appointment(e.subject)
	switch e.kind {
	case KindRecordAttempt, KindStartCall, KindCompleteCall, KindNoShow:
		// Each of them changes its appointment, or is refused.
		if !changed {
			return nil, true
		}
	}
	switch e.kind {
	case KindRecordAttempt:
		if n := len(f.Attempts); n > 0 {
			return RecordAttempt{AppointmentID: e.subject, Attempt: f.Attempts[n-1], Expect: q.expect}, true
		}
		return nil, true
	case KindStartCall:
		return StartCall{ID: e.subject, At: f.StartedAt, Expect: q.expect}, true
	case KindCompleteCall:
		return CompleteCall{ID: e.subject, Outcome: f.Outcome, Partial: f.Partial, Report: f.Report, Expect: q.expect}, true
	case KindNoShow:
		return NoShowCall{ID: e.subject, By: q.role, Expect: q.expect}, true
	case KindReassign:
		r := Reassign{
			ID: e.subject, ReviewerID: q.reviewerID, Attestations: q.attestations, AttestedByRole: q.role, Expect: q.expect,
		}
		if changed {
			r.Personal = f.Personal
		}
		return r, true
	}
	return nil, false
}

// appointment returns the entry's image of an appointment.
func (e *entry) appointment(id string) (*Appointment, bool) {
	for _, f := range e.effects {
		if put, ok := f.(*putAppointment); ok && put.image.ID == id {
			return put.image, true
		}
	}
	return nil, false
}
