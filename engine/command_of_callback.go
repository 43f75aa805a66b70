package engine

// laterPayload is payload for the kinds that came after the first ones.
func (e *entry) laterPayload(before *state) Payload {
	if p, ok := e.callPayload(); ok {
		return p
	}
	if p, ok := e.callbackPayload(); ok {
		return p
	}
	p, _ := e.accessPayload(before)
	return p
}

// callbackPayload returns the payload of an entry about callback requests, ad
// hoc calls and offer records.
func (e *entry) callbackPayload() (Payload, bool) {
	q := &e.question
	switch e.kind {
	case KindCreateCallback:
		if r, ok := e.callback(e.subject); ok {
			return CreateCallback{
				ID: r.ID, AppointmentID: r.AppointmentID, CaseIDs: r.CaseIDs, Windows: r.Windows, TimeZone: r.TimeZone,
				PerformedByRole: r.PerformedByRole, PerformedByCredential: r.PerformedByCredential,
				Location: r.Location, Notify: r.Notify, Notes: r.Notes, Consents: r.Consents,
				AttestedByRole: r.AttestedByRole, Personal: r.Personal,
			}, true
		}
	case KindCancelCallback:
		return CancelCallback{ID: e.subject, Expect: q.expect}, true
	case KindAdHoc:
		if f, ok := find[*putHold](e); ok {
			return AdHoc{
				ID: f.image.ID, CaseIDs: f.image.CaseIDs, AvailableAt: q.start, TimeZone: f.image.TimeZone,
				PerformedByRole: q.role, PerformedByCredential: q.credential,
				SpecialtyMatch: f.image.SpecialtyMatch, Consents: q.attestations, Caller: f.image.Caller,
			}, true
		}
	case KindRecordOffer:
		p := RecordOffer{CaseID: e.subject, Digest: q.digest}
		if f, ok := find[*noteOffer](e); ok {
			r := &f.record
			p.Mode, p.AsOf, p.Ruleset, p.Range, p.Ticks = r.Mode, r.AsOf, r.Ruleset, r.Range, r.Ticks
			p.Windows, p.Triples, p.Codes = r.Windows, r.Offers, r.Codes
		}
		return p, true
	}
	return nil, false
}

// callback returns the entry's image of a callback request.
func (e *entry) callback(id string) (*CallbackRequest, bool) {
	for _, f := range e.effects {
		if put, ok := f.(*putCallback); ok && put.image.ID == id {
			return put.image, true
		}
	}
	return nil, false
}
