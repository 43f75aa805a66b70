package enginetest

import (
	"cmp"
	"slices"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/slots"
)

// debt is the result of a call that its payer owes for a case.
type debt struct {
	caseID string
	by     slots.Instant
	was    string     // status of the determination when the call ended
	letter slots.Date // of that determination
}

// owed works out what is owed after a call that has ended: in the simulated world
// Texas wants results, in so many hours.
func (a *Auditor) owed(c *call) (debts []debt) {
	if c.outcome != "decision_pending" && c.outcome != "information_requested" && c.outcome != "alternative_accepted" {
		return nil
	}
	for _, id := range c.cases {
		k := &a.cases[a.findCase(c.tenant, id)]
		d := &k.image.Determination
		if !texan(&k.image) {
			continue
		}
		if d.DecidedAt != 0 && d.DecidedAt >= c.since() {
			a.counts.Add("result told before the call ended")
			continue
		}
		a.counts.Add("result owed")
		debts = append(debts, debt{id, c.ended + slots.Instant(a.books[a.inForce].result)*3600, d.Status, d.LetterDate})
	}
	return debts
}

// since is when a call began, as far as is known.
func (c *call) since() slots.Instant {
	if c.started != 0 {
		return c.started
	}
	return min(c.span.Start, c.ended)
}

// paid tells whether the result of a call is there: a determination of another
// status, one made since the call began, a letter that is newer than the one known and
// written on that day or later where no hour is said, or another call that told it.
func (a *Auditor) paid(c *call, x debt) bool {
	d := &a.cases[a.findCase(c.tenant, x.caseID)].image.Determination
	switch {
	case d.Status != "pending" && d.Status != x.was, d.DecidedAt != 0 && d.DecidedAt >= c.since():
		return true
	case d.DecidedAt == 0 && d.LetterDate > x.letter && int64(d.LetterDate) >= int64(c.since()-12*3600)/86400:
		return true
	}
	return slices.ContainsFunc(a.calls, func(other call) bool {
		told := other.outcome == "upheld" || other.outcome == "overturned" || other.outcome == "modified" || other.outcome == "withdrawn"
		return told && other.tenant == c.tenant && other.ended >= c.ended && slices.Contains(other.cases, x.caseID)
	})
}

// tell counts the calls of which a case brings the result.
func (a *Auditor) tell(k *knownCase) {
	for i := range a.calls {
		for _, x := range a.calls[i].debts {
			if a.calls[i].tenant == k.tenant && x.caseID == k.image.ID && a.paid(&a.calls[i], x) {
				a.counts.Add("result told")
			}
		}
	}
}

// compareResults checks what was owed when a call ended, and what still is.
func (a *Auditor) compareResults(d *differ, s *engine.Snapshot) {
	for i := range a.calls {
		c := &a.calls[i]
		if len(c.debts) == 0 {
			continue
		}
		var open []debt
		for _, x := range c.debts {
			if !a.paid(c, x) {
				open = append(open, x)
			}
		}
		slices.SortStableFunc(open, func(x, y debt) int { return cmp.Compare(x.by, y.by) })
		p, _ := s.Appointment(c.tenant, c.id)
		if p == nil {
			continue // said elsewhere
		}
		due := s.ResultAwaited(p)
		switch {
		case due == nil && len(open) > 0:
			d.errorf("result of call %s is taken to be there, for case %s it is not", c.id, open[0].caseID)
		case due != nil && (len(open) == 0 || due.CaseID != open[0].caseID || due.By != open[0].by):
			d.errorf("call %s owes %+v, expected %v", c.id, *due, open)
		}
	}
}
