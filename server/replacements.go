package server

import (
	"slices"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// replacements are the offers nearest to a booked call that somebody else could
// take, or that lie at another time: within the windows that the office gave, if
// it gave any. There are none if the cases are not open to a call any more. They are not
// known if the request's work is used up.
func (c *call) replacements(a *engine.Appointment, z *slots.Zone) (offers []matcher.Offer, known bool) {
	if !c.work.Within(func() {
		if plan, ok := c.planOfCall(a, z); ok {
			offers = plan.Nearest(a.Span.Start, maxReplacements+1)
		}
	}) {
		return nil, false
	}
	offers = slices.DeleteFunc(offers, func(o matcher.Offer) bool {
		return o.Reviewer.ID == a.ReviewerID && o.Start == a.Span.Start
	})
	return offers[:min(len(offers), maxReplacements)], true
}

// planOfCall makes the plan of a booked call as if it were booked anew, with its own
// time free.
func (c *call) planOfCall(a *engine.Appointment, z *slots.Zone) (*matcher.Plan, bool) {
	query := matcher.Query{
		Zone: z, FirstAsked: a.FirstAskedAt, SpecialtyMatch: a.Notes.SpecialtyMatchRequested,
		Mode: a.Mode, Windows: a.Windows, Cases: make([]*matcher.Case, len(a.CaseIDs)), Work: &c.work,
	}
	for i, id := range a.CaseIDs {
		v, found := c.snap.Case(a.Tenant, id)
		if !found {
			return nil, false
		}
		query.Cases[i] = &v.Case
	}
	view := c.snap.View(a.Tenant, c.now)
	c.snap.Except(view, a.ID)
	plan, refusal := matcher.NewPlan(view, query)
	return plan, refusal == nil
}
