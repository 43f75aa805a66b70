package matcher

import (
	"strconv"

	"github.com/parleyhq/parley/slots"
)

// ResultDuty is how soon after a call its result must be there, by one law.
type ResultDuty struct {
	Amount int
	Unit   string // hours, calendar_days, business_days
	Rule   string

	clock termClock
}

// String returns the term and the row: 2 business_days (la-commercial).
func (d ResultDuty) String() string {
	return strconv.Itoa(d.Amount) + " " + d.Unit + " (" + d.Rule + ")"
}

// ResultDue returns until when the result of a call that ended at an instant must
// be there, and by which row: to tell it is the payer's duty, so the shortest clock
// counts, of several the first by rule. It is 0 and "" if no law asks for it.
func (e *Eligibility) ResultDue(ended slots.Instant) (by slots.Instant, rule string) {
	for i := range e.Results {
		d := &e.Results[i]
		if last := d.clock.end(ended); rule == "" || last < by {
			by, rule = last, d.Rule
		}
	}
	return by, rule
}

// whatFollows says what laws want of a call that was held, or let it come to.
func (cr *caseRules) whatFollows(p *payerRow) {
	e := &cr.eligibility
	e.PartialRule = p.ID + "/partial-certification"
	for _, l := range cr.laws {
		if t := l.ResultClock; t != nil {
			e.Results = append(e.Results, ResultDuty{t.Amount, t.Unit, l.ID, cr.termClock(t, l.zone, l.state)})
		}
		if l.PartialCertification && !e.PartialCertification {
			e.PartialCertification, e.PartialRule = true, l.ID
		}
	}
}

// PartialCertificationRows returns the ids of the applied rows that let a part be
// certified on the phone, sorted.
func (rs *Ruleset) PartialCertificationRows() (ids []string) {
	for _, r := range rs.jurisdictions {
		if r.PartialCertification {
			ids = append(ids, r.ID)
		}
	}
	return ids
}
