package engine

import (
	"slices"

	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// book refuses in the order of api.md; each step below is one of its items.
func (j *judging) book(p Book) decision {
	if j.idInUse(p.ID) {
		return refuse(StatusInvalid, "id_in_use")
	}
	own, occupied, scheduled := j.scheduled(p.CaseIDs, p.HoldID) // refused further below
	a := &ask{
		caseIDs: p.CaseIDs, reviewerID: p.ReviewerID, start: p.Start,
		specialtyMatch: p.Notes.SpecialtyMatchRequested,
		except:         makingRoom(own, scheduled),
	}
	a.mode, a.notBefore = j.modeOf(p.HoldID)
	if d, refused := j.find(a); refused {
		return d
	}
	if d, refused := j.makePlan(a); refused {
		return j.withoutHold(p, a, d)
	}
	if d, refused := j.speakerRefused(a, p); refused {
		return d
	}
	if scheduled {
		return occupied
	}
	if p.HoldID != "" {
		var d decision
		var refused bool
		if own, d, refused = j.namedHold(p); refused {
			return d
		}
	}
	if d, refused := j.judgeSlot(a); refused && !(planted == plantConfirm && own != nil) {
		return d
	}
	if d, refused := j.judgeTerms(a, p.Expect, p.Attestations); refused {
		return d
	}
	return j.booked(p, a, own)
}

// speakerRefused asks the rules whether who will speak may do so about every
// case. That it must be a clinician goes before other demands.
func (j *judging) speakerRefused(a *ask, p Book) (refusal decision, refused bool) {
	for i, c := range a.cases {
		speaker := a.plan.Speaker(i)
		clinician := speaker.ClinicianRequired()
		if speaker.Accepts(p.PerformedByCredential) || clinician && p.clinician {
			continue
		}
		d := refuse(StatusSpeakerNotAccepted, "", c.ID)
		if clinician {
			d = refuse(StatusClinicianRequired, "", c.ID)
		}
		d.outcome.Rule = speaker.Rule
		if clinician {
			return d, true
		}
		if !refused {
			refusal, refused = d, true
		}
	}
	return refusal, refused
}

// modeOf returns how the call of a booking comes about: by a slot, unless it
// names an own hold of another mode, whose start then need not lie ahead.
func (j *judging) modeOf(holdID string) (mode string, notBefore slots.Instant) {
	h, ok := j.s.holds.get(j.actor.Tenant, holdID)
	if !ok || h.Principal != j.actor.Principal || !h.ActiveAt(j.now) || h.Mode == ModeSlot {
		return ModeSlot, 0
	}
	return h.Mode, h.Span.Start
}

// withoutHold returns the refusal of a booking that has no plan. Where slots are
// not booked but ad hoc holds are, one that names a hold is told what is wrong
// with that.
func (j *judging) withoutHold(p Book, a *ask, refusal decision) decision {
	if p.HoldID == "" || refusal.outcome.Status != StatusModeNotAvailable {
		return refusal
	}
	a.mode = ModeAdHoc
	if _, refused := j.makePlan(a); refused {
		return refusal
	}
	if _, d, refused := j.namedHold(p); refused {
		return d
	}
	return refusal
}

// namedHold checks the hold that a booking names. Somebody else's is as good as
// none: nothing tells the two apart.
func (j *judging) namedHold(p Book) (own *Hold, refusal decision, refused bool) {
	h, ok := j.s.holds.get(j.actor.Tenant, p.HoldID)
	if !ok || h.Principal != j.actor.Principal || !h.ActiveAt(j.now) {
		return nil, refuse(StatusHoldExpired, ""), true
	}
	if !h.on(p.ReviewerID, p) {
		return nil, refuse(StatusHoldMismatch, "slot"), true
	}
	if !sameSet(h.CaseIDs, p.CaseIDs) {
		return nil, refuse(StatusHoldMismatch, "cases"), true
	}
	return h, decision{}, false
}

// on reports whether the hold keeps the slot that a booking asks for.
func (h *Hold) on(reviewerID string, p Book) bool {
	return h.ReviewerID == reviewerID && h.Span.Start == p.Start
}

// judgeTerms compares what the caller saw, wishes and attests with the judgement.
func (j *judging) judgeTerms(a *ask, e Expect, given []string) (refusal decision, refused bool) {
	m := &a.judged
	if e.Tier != matcher.TierNone && e.Tier != m.Tier || e.Ruleset != "" && e.Ruleset != j.s.rules.version {
		d := refuse(StatusRulesChanged, "")
		now := m.Clone()
		d.outcome.Judgement = &now
		return d, true
	}
	if a.specialtyMatch && m.Unmet.Has(matcher.NeedSpecialtyMatch) {
		return refuse(StatusSpecialtyMatchUnmet, ""), true
	}
	var missing, superfluous []string
	for _, code := range m.Attestations {
		if !slices.Contains(given, code) {
			missing = append(missing, code)
		}
	}
	if missing != nil {
		return refuse(StatusAttestationRequired, "", missing...), true
	}
	for _, code := range given {
		if !slices.Contains(m.Attestations, code) && !slices.Contains(m.Optional, code) {
			superfluous = append(superfluous, code)
		}
	}
	if superfluous != nil {
		slices.Sort(superfluous)
		return refuse(StatusAttestationNotApplicable, "", slices.Compact(superfluous)...), true
	}
	return decision{}, false
}

// booked makes the effects of a booking.
func (j *judging) booked(p Book, a *ask, own *Hold) decision {
	d := decision{subject: p.ID, created: true, question: question{
		holdID: p.HoldID, clinician: p.clinician, attestations: p.Attestations,
		role: p.AttestedByRole, tier: p.Expect.Tier, ruleset: p.Expect.Ruleset,
	}}
	d.effects = make([]effect, 0, 4) // with the key to remember
	if own != nil {
		d.effects = append(d.effects, &dropHold{id: own.ID, confirmed: own.on(p.ReviewerID, p)})
		if own.on(p.ReviewerID, p) {
			d.effects = append(d.effects, j.noteConfirmed()...)
		}
	}
	d.effects = append(d.effects, a.asked()...)
	role := p.AttestedByRole
	if role == "" {
		role = p.PerformedByRole
	}
	image := &Appointment{
		Tenant:          j.actor.Tenant,
		ID:              p.ID,
		CaseIDs:         p.CaseIDs,
		Status:          Booked,
		TimeZone:        p.TimeZone,
		PerformedByRole: p.PerformedByRole,
		Location:        p.Location,
		Notify:          p.Notify,
		Notes:           p.Notes,
		Personal:        p.Personal,
		FirstAskedAt:    j.now,
		CreatedAt:       j.now,
		CreatedBy:       j.actor.Principal,

		Mode:                  a.mode,
		PerformedByCredential: p.PerformedByCredential,
	}
	if a.mode == ModeAdHoc && own != nil && !own.Caller.empty() {
		image.Caller, image.CallerHold = own.Caller, own.ID
	}
	for _, c := range a.cases {
		if c.P2PRequestedAt != 0 {
			image.FirstAskedAt = min(image.FirstAskedAt, c.P2PRequestedAt)
		}
	}
	j.place(image, a, p.Attestations, role)
	followed := j.link(image, a.cases)
	d.effects = append(d.effects, &putAppointment{image})
	d.effects = append(d.effects, followed...)
	return d
}

// place puts an appointment on the slot that was judged.
func (j *judging) place(image *Appointment, a *ask, given []string, role string) {
	image.ReviewerID, image.Reviewer = a.reviewer.ID, a.reviewer.Ref
	image.ReviewerPersonal, image.ReviewerCredential = a.reviewer.Personal, a.reviewer.Credential
	image.Span, image.Busy = a.judged.Span, a.judged.Busy
	image.Match = matchOf(&a.judged, j.s.rules.version)
	image.Attestations = nil
	if len(given) > 0 {
		image.Attestations = j.attested(a, given, role)
	}
	image.Version++
	image.UpdatedAt = j.now
}

// attested returns what of the codes given is asked for on the slot that was judged, case by case.
func (j *judging) attested(a *ask, given []string, role string) (all []Attested) {
	for i := range a.judged.Cases {
		c := &a.judged.Cases[i]
		codes := slices.Concat(c.Attestations, c.Optional)
		slices.Sort(codes)
		for _, code := range slices.Compact(codes) {
			if !slices.Contains(given, code) {
				continue
			}
			_, version, _ := j.s.rules.compiled.AttestationText(code)
			all = append(all, Attested{
				Code: code, CaseID: c.CaseID, Version: version, Role: role, At: j.now,
			})
		}
	}
	return all
}
