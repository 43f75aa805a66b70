package matcher

import "github.com/parleyhq/parley/slots"

// original is the reviewer who made a determination and whom a rule prefers.
type original struct {
	reviewer *Reviewer
	rule     string
	caseID   string
	until    slots.Instant // the last start for which he is waited for
}

// preferOriginals decides, once for the plan, where a rule prefers the original
// reviewer: if he has a start that can be booked as asked without a waiver, no later
// than the rule waits, ticks aside, then he alone is on offer, at whatever time.
// All such rules are decided before any of them binds.
func (p *Plan) preferOriginals() {
	var bound []*activeNode
	for _, cr := range p.rules {
		for i := range cr.rows {
			row := &cr.rows[i]
			row.tree.each(func(n *activeNode) {
				if n.Within == nil {
					return
				}
				if r := p.availableUntil(cr.c.Determination.ReviewerID, n.until); r != nil {
					bound = append(bound, n)
					p.originals = append(p.originals, original{r, row.id, cr.c.ID, n.until})
				}
			})
		}
	}
	for _, n := range bound {
		n.alone = true
	}
}

// availableUntil returns the reviewer of an id if a start of his up to until, in the
// plan's limits and windows, can be booked as asked without a waiver; else nil.
func (p *Plan) availableUntil(id string, until slots.Instant) *Reviewer {
	window := p.limits.Intersect(slots.Interval{Start: p.limits.Start, End: until + 1})
	if id == "" || window.Empty() {
		return nil
	}
	r, known := p.view.Roster.Find(p.view.Tenant, id)
	if !known {
		return nil
	}
	d := desk{plan: p}
	d.seat(r, window)
	if d.tiers(asAsked) == 0 {
		return nil
	}
	d.open(window)
	some := false
	d.starts(p.windows.Clip(p.reach(window)), asAsked, func(slots.Instant, *span) bool {
		some = true
		return false
	})
	if !some {
		return nil
	}
	return r
}
