package matcher

import (
	"slices"

	"github.com/parleyhq/parley/slots"
)

// termClock is a term made ready for one case: its zone, and which days count.
type termClock struct {
	term slots.Term
	zone *slots.Zone
	days slots.Workdays
}

// termClock makes a term of a row ready; zone nil is UTC, state "" is none.
func (cr *caseRules) termClock(t *term, zone *slots.Zone, state string) termClock {
	if zone == nil {
		zone = slots.UTC()
	}
	return termClock{t.counted(), zone, cr.rs.workdays(t.Holidays, state, cr.c.HealthPlan)}
}

func (k *termClock) end(event slots.Instant) slots.Instant { return k.term.End(k.zone, k.days, event) }

func (k *termClock) before(event slots.Instant) slots.Instant {
	return k.term.Before(k.zone, k.days, event)
}

// run returns the last instant of a clock that starts with an event of the case;
// absent names the fact that is missing, if one is.
func (k *termClock) run(from string, c *Case, asked slots.Instant) (last slots.Instant, absent string) {
	decision := &c.Determination
	switch from {
	case "request_and_information":
		if c.InformationCompleteAt == 0 {
			return 0, "information_complete_unknown"
		}
		return k.end(max(asked, c.InformationCompleteAt)), ""
	case "denial":
		if decision.DecidedAt != 0 {
			return k.end(decision.DecidedAt), ""
		}
		if decision.LetterDate == 0 || k.term.Unit == slots.Hours {
			return 0, "decided_at_unknown"
		}
	case "letter_date":
		if decision.LetterDate == 0 {
			return 0, "letter_date_unknown"
		}
	default: // request
		return k.end(asked), ""
	}
	return k.term.EndAfter(k.zone, k.days, decision.LetterDate), ""
}

// factMessages say what a missing fact keeps from being computed.
var factMessages = map[string]string{
	"letter_date_unknown":           "The date of the determination letter is not known: a clock that starts with it cannot be computed.",
	"decided_at_unknown":            "It is not known when the determination was made: a clock that starts with it cannot be computed.",
	"information_complete_unknown":  "It is not known when the necessary information was complete: a clock that starts with it cannot be computed.",
	"authorization_request_unknown": "It is not known when the authorization was asked for: the time to decide that starts with it cannot be computed.",
	"decision_due_unknown":          "It is not known when the determination is due: what must precede it cannot be computed.",
	"agent_specialty_unknown":       "The payer's row does not say which specialty the review agent has.",
}

// law is a row of jurisdictions that applies to the case.
type law struct {
	*jurisdictionRow
	state string      // "" = none
	zone  *slots.Zone // in which its days run
}

// note adds a reason that refuses nothing, once.
func (cr *caseRules) note(code, message, rule string) {
	if reason := (Reason{Code: code, Message: message, Rule: rule}); !slices.Contains(cr.notes, reason) {
		cr.notes = append(cr.notes, reason)
	}
}

func (cr *caseRules) missing(fact, rule string) { cr.note(fact, factMessages[fact], rule) }

// askingOver judges the window to ask by the first request's instant. To ask is the
// provider's right: where the payer bounds it, the longest of its window and the
// laws' counts. A missing fact refuses only if no other window is open.
func (cr *caseRules) askingOver(p *payerRow) (refusal Reason, over bool) {
	if p.RequestWindow == nil {
		return Reason{}, false
	}
	until, rule, missing := slots.Instant(0), "", Reason{}
	add := func(w *windowTerm, zone *slots.Zone, state, name string) {
		k := cr.termClock(&w.term, zone, state)
		last, absent := k.run(w.From, cr.c, cr.asked)
		if absent != "" {
			if missing.Code == "" {
				missing = Reason{absent, factMessages[absent], name, true}
			}
			return
		}
		for _, event := range w.Until {
			if end, known := cr.eventEnd(event, k.zone); known {
				last = min(last, end-1)
			}
		}
		if rule == "" || last > until {
			until, rule = last, name
		}
	}
	add(p.RequestWindow, p.zone, "", p.windowRule)
	for _, l := range cr.laws {
		if l.RequestWindow != nil {
			add(l.RequestWindow, l.zone, l.state, l.ID)
		}
	}
	cr.eligibility.RequestUntil = until
	switch {
	case rule != "" && cr.asked <= until:
		return Reason{}, false
	case missing.Code != "":
		cr.eligibility.RequestUntil = 0
		return missing, true
	}
	return Reason{"request_window_closed", "The time to ask for a call has passed.", rule, true}, true
}

// runDuties finds what the payer owes: the call by the shortest response clock, and
// the offer by the earliest notice before the determination.
func (cr *caseRules) runDuties(p *payerRow) {
	cr.runResponse(p.ResponseClock, p.zone, "", p.clockRule)
	for _, l := range cr.laws {
		cr.runResponse(l.ResponseClock, l.zone, l.state, l.ID)
		for i := range l.MinimumNotice {
			cr.runNotice(&l.MinimumNotice[i], l)
		}
	}
}

func (cr *caseRules) runResponse(t *clockTerm, zone *slots.Zone, state, rule string) {
	if t == nil {
		return
	}
	k := cr.termClock(&t.term, zone, state)
	last, absent := k.run(t.From, cr.c, cr.asked)
	if absent != "" {
		cr.missing(absent, rule)
		return
	}
	if e := &cr.eligibility; e.DueBy == 0 || last < e.DueBy {
		e.DueBy, e.DueByRule = last, rule
	}
	if t.RemovesLater {
		cr.bound(last+1, true, Reason{"response_time_passed", "The time in which the call had to be held has passed.", rule, true})
	}
}

func (cr *caseRules) runNotice(t *noticeTerm, l law) {
	if cr.c.Determination.Status != "pending" || !oneOf(t.Phases, cr.c.Phase) {
		return
	}
	if cr.due == 0 {
		cr.missing("decision_due_unknown", l.ID)
		return
	}
	k := cr.termClock(&t.term, l.zone, l.state)
	until := k.before(cr.due)
	if e := &cr.eligibility; e.NoticeUntil == 0 || until < e.NoticeUntil {
		e.NoticeUntil = until
	}
	if until < cr.now {
		cr.note("minimum_notice_passed", "The time before the determination in which the call had to be offered has passed.", l.ID)
	}
}

// beforeDetermination judges rows that want the call before the determination: it
// ends with it, or cannot change it afterwards.
func (cr *caseRules) beforeDetermination() {
	for _, l := range cr.laws {
		t := l.PreDeterminationOnly
		if t == nil {
			continue
		}
		made := Reason{"determination_made", "The call must precede the determination, which has been made or is due.", l.ID, true}
		switch {
		case cr.c.Determination.Status != "pending":
			cr.bound(cr.now, !t.ConsultativeAfter, made)
		case cr.due == 0:
			cr.missing("decision_due_unknown", l.ID)
		default:
			cr.bound(cr.due, !t.ConsultativeAfter, made)
			cr.limitByDue(l.ID, cr.due, !t.ConsultativeAfter)
		}
	}
}

// applyLimits narrows starts and changing by the instants of the case.
func (cr *caseRules) applyLimits(p *payerRow) {
	for i := range p.Limits {
		l := &p.Limits[i]
		if end, known := cr.limitEnd(l, p.zone); known && l.When.holds(cr.c, cr.now) {
			closes := l.Effect == "closes"
			cr.bound(end, closes, Reason{l.Code, l.Message, l.rule, l.Display})
			if l.Event == "decision_due" {
				cr.limitByDue(l.rule, end, closes)
			}
		}
	}
}

// bound lets no start at or after end change the decision or, if it closes, be on
// offer. Of several bounds the earliest counts. The reason is that of a bound passed.
func (cr *caseRules) bound(end slots.Instant, closes bool, reason Reason) {
	if closes && end < cr.starts.End {
		cr.starts.End, cr.startsRule, cr.startsLaw = end, reason.Rule, ""
	}
	switch {
	case end > cr.now:
	case closes:
		cr.closed = append(cr.closed, reason)
	default:
		cr.passed = append(cr.passed, reason)
	}
	cr.changing.End = min(cr.changing.End, end)
	if e := &cr.eligibility; e.DecisionChangingUntil == 0 || end-1 < e.DecisionChangingUntil {
		e.DecisionChangingUntil = end - 1
	}
}

// limitEnd returns the first instant out of a limit's reach, if its event is known.
func (cr *caseRules) limitEnd(l *limit, zone *slots.Zone) (end slots.Instant, known bool) {
	if zone == nil {
		zone = slots.UTC()
	}
	end, known = cr.eventEnd(l.Event, zone)
	if !known || l.Before == nil {
		return end, known
	}
	k := cr.termClock(l.Before, zone, "")
	event, included := end, l.Event == "reconsideration_until"
	if included {
		event--
	}
	// The last second of a day is within reach, as is that of what is included itself.
	last := k.before(event)
	if included || k.term.Unit != slots.Hours {
		last++
	}
	return last, true
}

// eventEnd returns the first instant that an event of the case puts out of
// reach, if the case knows the event. The day of a service is out of reach as a whole.
func (cr *caseRules) eventEnd(event string, zone *slots.Zone) (end slots.Instant, known bool) {
	c := cr.c
	switch event {
	case "decision_due":
		end = cr.due
	case "determination":
		end = c.Determination.DecidedAt
	case "appeal_filed":
		end = c.AppealFiledAt
	case "discharge":
		end = c.DischargedAt
	case "service_performed":
		if d := c.ServicePerformedOn; d != 0 {
			end = zone.DatesHull(d, d).Start
		}
	case "reconsideration_until":
		if c.PostDecision.Present && c.PostDecision.Until != 0 {
			end = c.PostDecision.Until + 1
		}
	}
	return end, end != 0
}
