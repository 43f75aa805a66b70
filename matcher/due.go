package matcher

import (
	"fmt"
	"slices"

	"github.com/parleyhq/parley/slots"
)

// decisionTerm is by when the payer must decide what is pending.
type decisionTerm struct {
	term
	From          string   `json:"from"`
	Levels        []string `json:"levels"`    // of review; none = all that the row covers
	Expedited     *bool    `json:"expedited"` // of expedited cases, of the others; nil = of both
	ExcludesDrugs bool     `json:"excludesDrugs"`
}

// decisionDueByLaw is the code of the note that a clock of the law says when the
// determination is due.
const decisionDueByLaw = "decision_due_by_law"

func (p place) decisionClock(r *jurisdictionRow) {
	for i := range r.DecisionClock {
		t := &r.DecisionClock[i]
		path := fmt.Sprintf("decisionClock[%d]", i)
		p.term(path, &t.term)
		p.word(path+".from", t.From, decisionEvents)
		p.words(path+".levels", t.Levels, levels)
		if !someMeet(t.Levels, r.Levels) {
			p.faultf("%s.levels: the row covers none of them", path)
		}
		for k := range i {
			if t.meets(&r.DecisionClock[k]) {
				p.faultf("%s.expedited: decisionClock[%d] runs for the same cases", path, k)
			}
		}
	}
	if len(r.DecisionClock) > 0 && !slices.Contains(r.Statuses, "pending") {
		p.faultf("decisionClock: nothing that the row covers is pending")
	}
}

// meets reports whether two clocks of a row run for a common case, drugs aside.
func (t *decisionTerm) meets(o *decisionTerm) bool {
	return (t.Expedited == nil || o.Expedited == nil || *t.Expedited == *o.Expedited) && someMeet(t.Levels, o.Levels)
}

// runs reports whether the clock is one for the case, which the row covers. A clock on
// the request alone leaves later levels out: a case reopened months on keeps the instant
// it was first asked for, and is not overdue by that.
func (t *decisionTerm) runs(c *Case) bool {
	return (len(t.Levels) == 0 || slices.Contains(t.Levels, c.LevelOfReview)) &&
		(t.Expedited == nil || *t.Expedited == c.Expedited) && (!t.ExcludesDrugs || c.Drug == "")
}

// start returns the instant at which the clock starts; absent names the fact that
// is missing, if one is.
func (t *decisionTerm) start(c *Case) (start slots.Instant, absent string) {
	switch {
	case t.From == "authorization_and_information" && c.InformationCompleteAt == 0:
		return 0, "information_complete_unknown"
	case t.From == "authorization_and_information":
		return max(c.AuthorizationRequestedAt, c.InformationCompleteAt), ""
	case c.AuthorizationRequestedAt == 0:
		return 0, "authorization_request_unknown"
	}
	return c.AuthorizationRequestedAt, ""
}

// settleDue finds when the pending determination is due: the payer, who knows what
// was extended and what stood still, goes before the law; of several clocks of the law, a duty, the
// earliest end counts. A clock without its start says nothing and refuses nothing.
func (cr *caseRules) settleDue() {
	c := cr.c
	cr.due = c.DecisionDue
	if cr.due != 0 || c.Determination.Status != "pending" {
		return
	}
	for _, l := range cr.laws {
		for i := range l.DecisionClock {
			t := &l.DecisionClock[i]
			if !t.runs(c) {
				continue
			}
			start, absent := t.start(c)
			if absent != "" {
				cr.unread = append(cr.unread, Reason{Code: absent, Message: factMessages[absent], Rule: l.ID})
				continue
			}
			k := cr.termClock(&t.term, l.zone, l.state)
			if due := k.end(start); cr.due == 0 || due < cr.due {
				cr.due, cr.dueRule = due, l.ID
			}
		}
	}
	if cr.dueRule != "" {
		cr.note(decisionDueByLaw, "The case does not say when its determination is due; by this row it is at "+cr.due.String()+".", cr.dueRule)
	}
}

// limitByDue notes what a limit owes to when the determination is due by law: the end
// of the starts, if it is the limit of rule, and that nothing is on offer any more.
func (cr *caseRules) limitByDue(rule string, end slots.Instant, closes bool) {
	if cr.startsRule == rule {
		cr.startsLaw = cr.dueRule
	}
	cr.closedByLaw = cr.closedByLaw || closes && end <= cr.now && cr.dueRule != ""
}

// appendDue names the laws behind the limit that ends the starts on offer, if it is
// when a determination is due and no case says that.
func (p *Plan) appendDue(list []Because) []Because {
	from := len(list)
	for _, cr := range p.rules {
		for i := range cr.notes {
			note := &cr.notes[i]
			if cr.startsRule == p.limitRule && note.Code == decisionDueByLaw && note.Rule == cr.startsLaw {
				list = p.appendNote(list, from, note)
			}
		}
	}
	return list
}
