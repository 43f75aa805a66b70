package engine

import (
	"slices"

	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// holdSlot refuses in the order of api.md: not found, not eligible, case
// scheduled, the slot, too many holds, too many that led to nothing.
func (j *judging) holdSlot(p HoldSlot) decision {
	if j.idInUse(p.ID) {
		return refuse(StatusInvalid, "id_in_use")
	}
	own, occupied, scheduled := j.scheduled(p.CaseIDs, "") // refused further below
	a := &ask{
		caseIDs: p.CaseIDs, reviewerID: p.ReviewerID, start: p.Start, specialtyMatch: p.SpecialtyMatch,
		except: makingRoom(own, scheduled),
	}
	if d, refused := j.find(a); refused {
		return d
	}
	if d, refused := j.makePlan(a); refused {
		return d
	}
	if scheduled {
		return occupied
	}
	if d, refused := j.judgeSlot(a); refused {
		return d
	}
	if d, refused := j.mayHold(own, p.ReviewerID); refused {
		return d
	}
	d := decision{subject: p.ID, created: true}
	if own != nil {
		d.effects = append(d.effects, &dropHold{id: own.ID})
	}
	d.effects = append(d.effects, a.asked()...)
	d.effects = append(d.effects, &putHold{j.newHold(p, a)})
	d.effects = append(d.effects, j.noteHold()...)
	return d
}

func (j *judging) newHold(p HoldSlot, a *ask) *Hold {
	return &Hold{
		Tenant:         j.actor.Tenant,
		ID:             p.ID,
		CaseIDs:        p.CaseIDs,
		ReviewerID:     p.ReviewerID,
		Reviewer:       a.reviewer.Ref,
		Span:           a.judged.Span,
		Busy:           a.judged.Busy,
		Principal:      j.actor.Principal,
		TimeZone:       p.TimeZone,
		SpecialtyMatch: p.SpecialtyMatch,
		Tier:           a.judged.Tier,
		CreatedAt:      j.now,
		ExpiresAt:      j.now + slots.Instant(a.plan.HoldMinutes)*slots.Minute,
		Mode:           ModeSlot,
	}
}

// releaseHold answers an absent or expired hold like a released one, and so does it
// somebody else's to whom does not see the whole tenant.
func (j *judging) releaseHold(p ReleaseHold) decision {
	d := decision{subject: p.ID}
	h, ok := j.s.holds.get(j.actor.Tenant, p.ID)
	switch {
	case !ok || !h.ActiveAt(j.now):
	case h.Principal != j.actor.Principal && j.scope != nil:
	case h.Principal != j.actor.Principal:
		return refuse(StatusNotFound, "hold")
	default:
		d.effects = []effect{&dropHold{id: p.ID}}
	}
	return d
}

// idInUse reports whether a hold or an appointment has an id, or an open callback
// request keeps it for its appointment. An expired hold gives its id back.
func (j *judging) idInUse(id string) bool {
	if h, ok := j.s.holds.get(j.actor.Tenant, id); ok && h.ActiveAt(j.now) {
		return true
	}
	if _, kept := j.s.reserved.get(j.actor.Tenant, id); kept {
		return true
	}
	_, ok := j.s.appointments.get(j.actor.Tenant, id)
	return ok
}

// matchOf keeps what the rules said of a booking.
func matchOf(m *matcher.Judgement, ruleset string) Match {
	match := Match{
		Tier:         m.Tier,
		Relation:     m.Relation,
		Unmet:        m.Unmet,
		Met:          slices.Clone(m.Met),
		Rules:        slices.Clone(m.Rules),
		Ruleset:      ruleset,
		ZoneData:     slots.ZoneDataVersion(),
		Consultative: m.Consultative,
	}
	match.Cases = make([]CaseMatch, 0, len(m.Cases))
	for i := range m.Cases {
		c := &m.Cases[i]
		match.Cases = append(match.Cases, CaseMatch{
			CaseID: c.CaseID, Tier: c.Tier, Relation: c.Relation, Unmet: c.Unmet, Consultative: c.Consultative,
		})
	}
	return match
}
