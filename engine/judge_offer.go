package engine

import (
	"cmp"
	"slices"
)

// recordOffer records an answer, unless it repeats one of the last minutes.
func (j *judging) recordOffer(p RecordOffer) decision {
	if _, ok := j.caseAsked(p.CaseID); !ok {
		return refuse(StatusNotFound, "case", p.CaseID)
	}
	d := decision{subject: p.CaseID, question: question{digest: p.Digest}}
	if known, ok := j.s.offered.get(j.actor.Tenant, p.CaseID); ok && known.repeats(p.Digest, j.now) {
		return d
	}
	kind := OfferMade
	if len(p.Triples) == 0 {
		kind = OfferNone
	}
	d.created = true
	d.effects = []effect{&noteOffer{digest: p.Digest, record: OfferRecord{
		CaseID: p.CaseID, Kind: kind, Ruleset: p.Ruleset, Mode: p.Mode, AsOf: p.AsOf, Range: p.Range, Ticks: p.Ticks,
		Windows: p.Windows, Offers: p.Triples, Codes: p.Codes,
	}}}
	return d
}

// note adds to a decision what the proof of offers must say of it: one record
// for each case under the duty and each thing that happens to a call on it. It
// looks at the effects only, so no kind of command can forget it. after is the
// state with them, nil if nothing but what they say can have changed the duty.
func (j *judging) note(d *decision, after *state) {
	var notes []effect
	for _, f := range d.effects {
		switch f := f.(type) {
		case *putHold:
			notes = j.noteFor(notes, d, after, f.image.CaseIDs, heldRecord(f.image))
		case *putAppointment:
			if !slices.ContainsFunc(f.image.CaseIDs, func(id string) bool { return j.underDuty(d, after, id) }) {
				continue
			}
			old, _ := j.s.appointments.get(f.image.Tenant, f.image.ID)
			for _, record := range callRecords(old, f.image) {
				notes = j.noteFor(notes, d, after, f.image.CaseIDs, record)
			}
		}
	}
	d.effects = append(d.effects, notes...)
}

// noteFor adds a record for each of the cases that is under the duty.
func (j *judging) noteFor(notes []effect, d *decision, after *state, caseIDs []string, record OfferRecord) []effect {
	for _, id := range caseIDs {
		if !j.underDuty(d, after, id) {
			continue
		}
		r := record
		r.CaseID, r.Ruleset = id, j.s.rules.version
		notes = append(notes, &noteOffer{record: r})
	}
	return notes
}

// underDuty reports whether offers for a case must be recorded: by its rules
// before or after the command, or because some have been recorded already, so
// that no story ends in the middle.
func (j *judging) underDuty(d *decision, after *state, caseID string) bool {
	if _, known := j.s.offered.get(j.actor.Tenant, caseID); known {
		return true
	}
	for _, s := range []*state{j.s, after} {
		if s == nil {
			continue
		}
		if c, ok := s.cases.get(j.actor.Tenant, caseID); ok && j.recordDuty(s.rules.compiled, c) {
			return true
		}
	}
	return slices.ContainsFunc(d.effects, func(f effect) bool {
		put, ok := f.(*putCase)
		return ok && put.image.ID == caseID && j.s.rules.compiled.Eligibility(&put.image.Case, j.now, 0).RecordDuty
	})
}

func heldRecord(h *Hold) OfferRecord {
	return OfferRecord{Kind: OfferHeld, Mode: h.Mode, ReviewerID: h.ReviewerID, Start: h.Span.Start, Tier: h.Tier, Detail: h.ID}
}

// callRecords compares two images of an appointment, the first nil if it is new,
// and says what has happened between them.
func callRecords(old, now *Appointment) (records []OfferRecord) {
	happened := func(kind, detail string) {
		records = append(records, OfferRecord{
			Kind: kind, Mode: now.Mode, AppointmentID: now.ID, ReviewerID: now.ReviewerID,
			Start: now.Span.Start, Tier: now.Match.Tier, Outcome: now.Outcome, Detail: detail,
		})
	}
	switch {
	case old == nil:
		happened(OfferBooked, "")
		return records
	case old.Span.Start != now.Span.Start || old.ReviewerID != now.ReviewerID:
		happened(OfferMoved, "")
	}
	for i := len(old.Attempts); i < len(now.Attempts); i++ {
		happened(OfferAttempt, now.Attempts[i].Result+" "+now.Attempts[i].At.String())
	}
	if old.Status == now.Status {
		return records
	}
	switch now.Status {
	case InProgress:
		happened(OfferStarted, now.StartedAt.String())
	case Completed:
		happened(OfferCompleted, "")
	case DeemedCompleted:
		happened(OfferDeemedCompleted, "")
	case NoShow:
		happened(OfferNoShow, now.NoShowBy)
	case Cancelled:
		happened(OfferCancelled, cmp.Or(now.CancelCode, now.CancelledBy))
	case Booked:
	}
	return records
}

// offerRecords derives the offer records of an entry, in the order of its effects.
func (e *entry) offerRecords() (records []DerivedRecord) {
	for _, f := range e.effects {
		n, ok := f.(*noteOffer)
		if !ok {
			continue
		}
		r := n.record
		r.Seq, r.At, r.Actor = e.seq, e.now, e.actor
		c := encoder(make([]byte, 0, 256))
		c.offerRecord(&r)
		if c.err != nil {
			broken("what an entry holds an offer record holds", e.seq, c.err)
		}
		key := OfferKey(e.actor.Tenant, r.CaseID, e.seq, uint16(len(records)))
		records = append(records, DerivedRecord{Space: SpaceOffers, Key: key, Value: c.out})
	}
	return records
}

// derived returns all records that are derived from an entry and kept beside it
// in a store: its offer records and, in an old one, its audit record.
func (e *entry) derived(id Identity) []DerivedRecord {
	if !id.keepsAudit() {
		return e.offerRecords()
	}
	value := encoder(make([]byte, 0, 256))
	record := e.auditRecord()
	value.audit(&record)
	if value.err != nil {
		broken("what an entry holds an audit record holds", e.seq, value.err)
	}
	kept := DerivedRecord{Space: SpaceAudit, Key: AuditKey(e.actor.Tenant, e.seq), Value: value.out}
	return append([]DerivedRecord{kept}, e.offerRecords()...)
}
