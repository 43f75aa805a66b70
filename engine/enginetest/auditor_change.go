package enginetest

import "slices"

// settled tells whether nothing is left to discuss of a case: every row of the
// simulated world ends a call about such a case.
func (c *knownCase) settled() bool {
	status := c.image.Determination.Status
	return status == "approved" || status == "withdrawn"
}

// end takes away what a change of a case leaves without a purpose: its hold, and
// its booked call unless that is about another case as well that goes on.
func (a *Auditor) end(c *knownCase) {
	if !c.settled() {
		return
	}
	for i := range a.calls {
		k := &a.calls[i]
		if k.tenant != c.tenant || k.over || !a.active(k) || !slices.Contains(k.cases, c.image.ID) {
			continue
		}
		if k.held {
			a.counts.Add("hold ended by its case")
			k.over = true
			continue
		}
		if slices.ContainsFunc(k.cases, func(id string) bool { return !a.cases[a.findCase(c.tenant, id)].settled() }) {
			a.counts.Add("call goes on for another case")
			continue
		}
		a.counts.Add("call ended by its cases")
		k.over, k.cancelledBy, k.updated = true, "payer", a.now
		k.version++
	}
}
