package server

import (
	"cmp"
	"net/http"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/slots"
)

// slotIn names a slot: whose, and when it starts.
type slotIn struct {
	ReviewerID need[string] `json:"reviewerId"`
	Start      need[string] `json:"start"`
}

type holdIn struct {
	CaseIDs                 need[[]string] `json:"caseIds"`
	Slot                    need[slotIn]   `json:"slot"`
	TimeZone                opt[string]    `json:"timeZone"`
	SpecialtyMatchRequested opt[bool]      `json:"specialtyMatchRequested"`
}

type slotOut struct {
	ReviewerID string `json:"reviewerId"`
	Start      string `json:"start"`
}

type holdOut struct {
	ID                      string   `json:"id"`
	Mode                    string   `json:"mode"`
	CaseIDs                 []string `json:"caseIds"`
	Slot                    slotOut  `json:"slot"`
	Start                   string   `json:"start"`
	End                     string   `json:"end"`
	Label                   string   `json:"label"`
	Tier                    string   `json:"tier"`
	TimeZone                string   `json:"timeZone"`
	SpecialtyMatchRequested bool     `json:"specialtyMatchRequested"`
	CreatedAt               string   `json:"createdAt"`
	ExpiresAt               string   `json:"expiresAt"`
}

// slot checks the slot of a request.
func (k *check) slot(pointer string, in slotIn, s *slotAsked) {
	s.reviewerID = k.id(pointer+"/reviewerId", in.ReviewerID.V)
	s.start = k.instant(pointer+"/start", in.Start.V)
}

func createHold(c *call) answer {
	t := c.ticket()
	if a, known := c.recall(t, holdMade); known {
		return a
	}
	var in holdIn
	if p := read(c.body, &in); p != nil {
		return refuse(p)
	}
	var k check
	s := slotAsked{
		caseIDs:        k.caseIDs("/caseIds", in.CaseIDs.V),
		zone:           optional(in.TimeZone, "/timeZone", k.zone),
		specialtyMatch: in.SpecialtyMatchRequested.V,
	}
	k.slot("/slot", in.Slot.V, &s)
	if p := k.problem(); p != nil {
		return refuse(p)
	}
	if s.zone == nil {
		s.zone = c.zoneOfCase(s.caseIDs[0])
	}
	o, p := c.submit(t, engine.HoldSlot{
		ID: newID("hold"), CaseIDs: s.caseIDs, ReviewerID: s.reviewerID, Start: s.start,
		TimeZone: s.zone.Name(), SpecialtyMatch: s.specialtyMatch,
	})
	if p != nil {
		return refuse(p)
	}
	if o.Status != engine.StatusOK {
		return refuse(c.slotRefused(o, s))
	}
	return replayable(o, holdMade)
}

// zoneOfCase is the zone of answers about a case, UTC if there is no such case.
func (c *call) zoneOfCase(id string) *slots.Zone {
	if v, found := c.snap.Case(c.actor.Tenant, id); found {
		return caseZone(v)
	}
	return slots.UTC()
}

// holdMade renders a hold from its outcome alone.
func holdMade(o engine.Outcome) answer {
	h := o.Hold
	z := zoneOr(h.TimeZone, slots.UTC())
	span := intervalOut(h.Span, z)
	return ok(http.StatusCreated, holdOut{
		ID: h.ID, Mode: cmp.Or(h.Mode, modeSlot), CaseIDs: h.CaseIDs, Slot: slotOut{ReviewerID: h.ReviewerID, Start: span.Start},
		Start: span.Start, End: span.End, Label: string(slots.AppendLabel(nil, h.Span.Start, z)),
		Tier: h.Tier.String(), TimeZone: h.TimeZone, SpecialtyMatchRequested: h.SpecialtyMatch,
		CreatedAt: string(slots.AppendInstant(nil, h.CreatedAt, z)),
		ExpiresAt: string(slots.AppendInstant(nil, h.ExpiresAt, z)),
	})
}

func deleteHold(c *call) answer {
	o, p := c.submit(ticket{}, engine.ReleaseHold{ID: c.id})
	if p != nil {
		return refuse(p)
	}
	if o.Status != engine.StatusOK {
		return refuse(c.refused(o))
	}
	return answer{status: http.StatusNoContent}
}
