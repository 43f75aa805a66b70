package engine

// command returns the command of an entry again, from its question and its
// images, given the state before it. What the payload does not say because
// nothing changed is what was there.
func (e *entry) command(before *state) Command {
	return Command{
		Actor:       e.actor,
		RequestID:   e.requestID,
		Key:         e.key,
		Fingerprint: e.fingerprint,
		Payload:     e.payload(before),
		Scope:       e.scope(),
		Credential:  e.from.keyID,
		Client:      e.from.client,
	}
}

// scope is what an entry is judged within again: nothing, but where a hold was not released. To whom does not see the whole
// tenant somebody else's is like one that is not there, and where it is not there the scope does not matter.
func (e *entry) scope() *Scope {
	if _, released := find[*dropHold](e); e.kind != KindReleaseHold || released {
		return nil
	}
	return &Scope{Principal: e.actor.Principal}
}

func (e *entry) payload(before *state) Payload {
	if e.kind > KindRecordAnswer {
		return e.laterPayload(before)
	}
	q := &e.question
	switch e.kind {
	case KindLoadRules:
		if f, ok := find[*setRules](e); ok {
			return LoadRules{Bundle: f.bundle}
		}
		return LoadRules{Bundle: before.rules.bundle}
	case KindPutReviewer:
		if f, ok := find[*putReviewer](e); ok {
			return PutReviewer{Reviewer: *f.image, Expect: q.expect}
		}
		if r, ok := before.reviewers.get(e.actor.Tenant, e.subject); ok {
			return PutReviewer{Reviewer: *r, Expect: q.expect}
		}
	case KindDeactivateReviewer:
		return DeactivateReviewer{ID: e.subject, Expect: q.expect}
	case KindPutCase:
		if f, ok := find[*putCase](e); ok {
			return PutCase{Case: *f.image, Expect: q.expect}
		}
		if c, ok := before.cases.get(e.actor.Tenant, e.subject); ok {
			return PutCase{Case: *c, Expect: q.expect}
		}
	case KindHold:
		if f, ok := find[*putHold](e); ok {
			return HoldSlot{
				ID: f.image.ID, CaseIDs: f.image.CaseIDs, ReviewerID: f.image.ReviewerID, Start: f.image.Span.Start,
				TimeZone: f.image.TimeZone, SpecialtyMatch: f.image.SpecialtyMatch,
			}
		}
	case KindReleaseHold:
		return ReleaseHold{ID: e.subject}
	case KindBook:
		if image, ok := e.appointment(e.subject); ok {
			return e.bookOf(image)
		}
	case KindReschedule, KindCancel:
		return e.changeOf()
	case KindPutProfile:
		if f, ok := find[*putProfile](e); ok {
			return PutProfile{Profile: *f.image, Expect: q.expect}
		}
		if p, ok := before.profiles.get(e.actor.Tenant, e.subject); ok {
			return PutProfile{Profile: *p, Expect: q.expect}
		}
	case KindRecordAnswer:
		f, _ := find[*rememberKey](e)
		if f != nil {
			return RecordAnswer{Body: f.answer}
		}
	}
	return nil
}

// changeOf returns the move or the cancellation that an entry was asked for.
func (e *entry) changeOf() Payload {
	q := &e.question
	var personal Sealed
	if image, ok := e.appointment(e.subject); ok {
		personal = image.Personal
	}
	if e.kind == KindCancel {
		return Cancel{ID: e.subject, By: q.role, Expect: q.expect, Personal: personal}
	}
	return Reschedule{
		ID: e.subject, ReviewerID: q.reviewerID, Start: q.start, Attestations: q.attestations,
		AttestedByRole: q.role, Expect: q.expect, Personal: personal,
	}
}

func (e *entry) bookOf(a *Appointment) Book {
	q := &e.question
	return Book{
		ID: a.ID, CaseIDs: a.CaseIDs, ReviewerID: a.ReviewerID, Start: a.Span.Start, HoldID: q.holdID,
		TimeZone: a.TimeZone, PerformedByRole: a.PerformedByRole, PerformedByCredential: a.PerformedByCredential, clinician: q.clinician,
		Location: a.Location, Notify: a.Notify, Notes: a.Notes, Attestations: q.attestations,
		AttestedByRole: q.role, Expect: Expect{Tier: q.tier, Ruleset: q.ruleset}, Personal: a.Personal,
	}
}

// find returns the entry's effect of one type.
func find[F effect](e *entry) (F, bool) {
	for _, f := range e.effects {
		if found, ok := f.(F); ok {
			return found, true
		}
	}
	var none F
	return none, false
}
