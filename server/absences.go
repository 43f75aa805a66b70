package server

import (
	"net/http"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// absenceOut is the reviewer as he is now and the booked calls that he can no
// longer take.
type absenceOut struct {
	Reviewer reviewerOut    `json:"reviewer"`
	Affected jsontext.Value `json:"affected"`
}

// affectedOut is a booked call inside an absence with the slots that could be
// booked instead: ids and times, no names.
type affectedOut struct {
	AppointmentID string   `json:"appointmentId"`
	Version       uint64   `json:"version"`
	CaseIDs       []string `json:"caseIds"`
	Start         string   `json:"start"`
	End           string   `json:"end"`
	TimeZone      string   `json:"timeZone"`
	// Replacements are nil if finding them would take too much work.
	Replacements *[]replacementOut `json:"replacements"`
}

type replacementOut struct {
	ReviewerID       string   `json:"reviewerId"`
	Start            string   `json:"start"`
	End              string   `json:"end"`
	Label            string   `json:"label"`
	Tier             string   `json:"tier"`
	Relation         string   `json:"relation"`
	ConsultativeOnly bool     `json:"consultativeOnly"`
	Attestations     []string `json:"attestations"`
}

func addAbsence(c *call) answer {
	t := c.ticket()
	if a, known := c.recall(t, func(o engine.Outcome) answer { return c.absent(t, o) }); known {
		return a
	}
	var in spanIn
	if p := decode(c.body, &in); p != nil {
		return refuse(p)
	}
	var k check
	span := k.interval("", in)
	if p := k.problem(); p != nil {
		return refuse(p)
	}
	o, p := c.submit(t, engine.AddAbsence{ReviewerID: c.id, Span: span, Expect: c.ifMatch})
	if p != nil {
		return refuse(p)
	}
	if o.Status == engine.StatusInvalid && o.Detail == engine.DetailBlocks {
		k.wrong("", "would make too many blocks; write the reviewer without those that are over")
		return refuse(k.problem())
	}
	if o.Status != engine.StatusOK {
		return refuse(c.refused(o))
	}
	return c.absent(t, o)
}

// absent renders the answer. What is affected depends on all else that is booked:
// it is worked out once and remembered.
func (c *call) absent(t ticket, o engine.Outcome) answer {
	var in spanIn
	if p := decode(c.body, &in); p != nil {
		return refuse(p)
	}
	var k check
	span := k.interval("", in)
	affected, p := c.remembered(t, o, func() []byte { return encode(c.affected(o.Reviewer, span)) })
	if p != nil {
		return refuse(p)
	}
	a := ok(http.StatusCreated, absenceOut{Reviewer: c.reviewerOut(o.Reviewer, o.Reviewer.Zone), Affected: affected})
	a.version, a.replayed = o.Reviewer.Version, o.Replayed
	return a
}

// affected lists the booked calls of a reviewer that have not begun and touch a
// span, earliest first, on the newest snapshot.
func (c *call) affected(r *engine.Reviewer, span slots.Interval) []affectedOut {
	c.snap = c.newest()
	c.now = max(c.now, c.snap.Stamped())
	out := []affectedOut{}
	for _, a := range c.bookedWithin(r.ID, span) {
		z := appointmentZone(a)
		s := intervalOut(a.Span, z)
		v := affectedOut{
			AppointmentID: a.ID, Version: a.Version, CaseIDs: a.CaseIDs,
			Start: s.Start, End: s.End, TimeZone: z.Name(),
		}
		if offers, known := c.replacements(a, z); known {
			list := make([]replacementOut, len(offers))
			for i := range offers {
				list[i] = replacementOf(&offers[i], z)
			}
			v.Replacements = &list
		}
		if out = append(out, v); len(out) == maxPage {
			break
		}
	}
	return out
}

// bookedWithin are the reviewer's booked calls from now on that overlap a span.
func (c *call) bookedWithin(reviewerID string, span slots.Interval) (calls []*engine.Appointment) {
	c.snap.ByReviewer(c.actor.Tenant, reviewerID, engine.Position{Start: span.End}, func(a *engine.Appointment) bool {
		if a.Span.Start < c.now {
			return false
		}
		if a.Status == engine.Booked && a.Span.Overlaps(span) {
			calls = append(calls, a)
		}
		return true
	})
	return calls
}

func replacementOf(o *matcher.Offer, z *slots.Zone) replacementOut {
	s := intervalOut(slots.Interval{Start: o.Start, End: o.End}, z)
	return replacementOut{
		ReviewerID: o.Reviewer.ID, Start: s.Start, End: s.End, Label: string(slots.AppendLabel(nil, o.Start, z)),
		Tier: o.Tier.String(), Relation: o.Relation.String(), ConsultativeOnly: o.Consultative, Attestations: o.Attestations,
	}
}

// remembered returns the part of an answer that is worked out of more than the
// command's outcome: the first time it is composed and kept under a key of its own,
// afterwards it is what was kept. It must hold no personal data.
func (c *call) remembered(t ticket, first engine.Outcome, compose func() []byte) (jsontext.Value, *problem) {
	t, part := c.composedBefore(t, "part ", first)
	if part != nil {
		return part, nil
	}
	o, p := c.answered(t, compose())
	switch {
	case p != nil:
		return nil, unsure(p)
	case o.Status != engine.StatusOK:
		return nil, c.refused(o)
	}
	return o.Answer, nil
}
