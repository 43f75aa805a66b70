package matcher

import (
	"slices"
	"strconv"
	"strings"

	"github.com/parleyhq/parley/slots"
)

// Codes of reasons, in the order in which an answer lists them. Between the first
// and the others stand the needs that reviewers leave unmet: no_license,
// no_specialty and so on, in order of Need.
const (
	becauseUntrained    = "no_candidate_trained"
	becauseNoHours      = "no_hours"
	becauseNotTicked    = "outside_hours_ticked"
	becausePreferred    = "original_reviewer_preferred"
	becauseFullyBooked  = "fully_booked"
	becauseDailyCap     = "daily_cap"
	becauseOnlyWaivable = "only_waivable"
)

// becauseNeed are the codes of needs that reviewers leave unmet.
var becauseNeed = func() (codes [needCount]string) {
	for need, name := range needNames {
		codes[need] = "no_" + name
	}
	return codes
}()

// reasons counts reviewers by what keeps them from being offered.
type reasons struct {
	trained                            int // reviewers trained for all cases
	needs                              [needCount]int
	rules                              [needCount]string // behind the need, of the first of them
	limits                             []limitReason
	noHours, notTicked, booked, capped int
	notWindowed                        int
}

// limitReason is a limit that cuts off all suitable starts of some reviewers.
type limitReason struct {
	code, rule string
	reviewers  int
}

// because says why nothing can be booked as asked. Each reviewer who is trained
// for all cases is counted at the first gate that he fails.
func (p *Plan) because(w *waivers) []Because {
	list := p.mem.reasons.take(becauseUsual)
	if p.window.Empty() {
		if list = append(list, p.missed()); list[0].Code == detailBeyondLimit {
			list = p.appendDue(list)
		}
		return list
	}
	n := p.source.reasons(p)
	return n.list(list, p, w)
}

// becauseUsual is how many reasons an explanation seldom exceeds.
const becauseUsual = 16

// missed says on which side of the limits the range of an empty window lies.
func (p *Plan) missed() Because {
	now, first, end := p.view.Now, p.limits.Start, p.limits.End
	switch {
	case p.limits.End <= p.limits.Start && p.limitRule != "":
		return Because{detailBeyondLimit, p.limitRule, p.between("starts must lie before ", end, ", the first possible one is ", first)}
	case p.asked.End <= now:
		return Because{detailPast, "", p.between("the range ends at ", p.asked.End, ", now is ", now)}
	case p.asked.End <= p.limits.Start:
		return Because{detailLeadTime, p.leadRule(), p.between("the range ends at ", p.asked.End, ", the first possible start is ", first)}
	case p.limitRule != "":
		return Because{detailBeyondLimit, p.limitRule, p.between("the range begins at ", p.asked.Start, ", starts must lie before ", end)}
	}
	return Because{detailBeyondHorizon, p.horizonRule(), p.between("the range begins at ", p.asked.Start, ", the horizon ends at ", end)}
}

// between is a text of two instants.
func (p *Plan) between(before string, a slots.Instant, between string, b slots.Instant) Text {
	t := append(p.mem.write(), before...)
	t = slots.AppendInstant(t, a, slots.UTC())
	t = append(t, between...)
	return p.mem.keep(slots.AppendInstant(t, b, slots.UTC()))
}

// list puts the counts into words.
func (n *reasons) list(list []Because, p *Plan, w *waivers) []Because {
	if n.trained == 0 {
		return append(list, p.untrained())
	}
	add := func(reviewers int, code, rule string, fact ...string) {
		if reviewers > 0 {
			list = append(list, Because{code, rule, p.counted(reviewers, n.trained, fact...)})
		}
	}
	for need, name := range needNames {
		add(n.needs[need], becauseNeed[need], n.rules[need], "requirement ", name, " not met")
	}
	add(n.noHours, becauseNoHours, "", "no hours in the range")
	add(n.notWindowed, detailOutsideWindow, "", "hours in the range, none inside the windows")
	add(n.notTicked, becauseNotTicked, "", "hours in the range, none of them ticked")
	for _, l := range n.limits {
		rule := l.rule
		switch l.code {
		case detailLeadTime:
			rule = p.leadRule()
		case detailBeyondHorizon:
			rule = p.horizonRule()
		}
		add(l.reviewers, l.code, rule, "ticked hours outside the limits only")
	}
	add(n.booked, becauseFullyBooked, "", "booked in all ticked hours")
	add(n.capped, becauseDailyCap, "", "cap of calls a day reached")
	for i := range p.originals {
		list = append(list, p.preferred(&p.originals[i]))
	}
	list = p.appendUnknowns(list)
	if slices.ContainsFunc(list, func(b Because) bool { return b.Code == detailBeyondLimit }) {
		list = p.appendDue(list)
	}
	if w.slots > 0 {
		list = append(list, Because{becauseOnlyWaivable, w.rule, p.needing(w)})
	}
	return list
}

// counted is a fact and of how many reviewers it is one.
func (p *Plan) counted(reviewers, of int, fact ...string) Text {
	t := p.mem.write()
	for _, part := range fact {
		t = append(t, part...)
	}
	t = strconv.AppendInt(append(t, ": "...), int64(reviewers), 10)
	t = strconv.AppendInt(append(t, " of "...), int64(of), 10)
	return p.mem.keep(append(t, " trained reviewers"...))
}

// untrained says that nobody is trained for all cases.
func (p *Plan) untrained() Because {
	programs := p.mem.names.take(len(p.rules))
	for _, cr := range p.rules {
		if !slices.Contains(programs, cr.c.Program) {
			programs = append(programs, cr.c.Program)
		}
	}
	slices.Sort(programs)
	t := append(p.mem.write(), "nobody active is trained for "...)
	t = appendList(t, programs, " and ")
	return Because{becauseUntrained, p.rules[0].payer.needRules[NeedProgram], p.mem.keep(t)}
}

// preferred says that a reviewer alone is on offer.
func (p *Plan) preferred(o *original) Because {
	t := append(p.mem.write(), "only reviewer "...)
	t = append(append(t, o.reviewer.ID...), " is on offer, who made the determination of case "...)
	t = append(append(t, o.caseID...), " and has free time until "...)
	return Because{becausePreferred, o.rule, p.mem.keep(slots.AppendInstant(t, o.until, slots.UTC()))}
}

// needing counts the slots that need a waiver.
func (p *Plan) needing(w *waivers) Text {
	t := appendList(append(p.mem.write(), "slots that need "...), w.codes, " or ")
	return p.mem.keep(strconv.AppendInt(append(t, ": "...), int64(w.slots), 10))
}

// appendList appends words with something between them.
func appendList(t Text, list []string, between string) Text {
	for i, s := range list {
		if i > 0 {
			t = append(t, between...)
		}
		t = append(t, s...)
	}
	return t
}

// appendUnknowns lists the facts that the cases do not give, of rules that the list names.
func (p *Plan) appendUnknowns(list []Because) []Because {
	reasons := list
	for _, cr := range p.rules {
		cr.noteFacts()
		for i := range cr.notes {
			note := &cr.notes[i]
			named := slices.ContainsFunc(reasons, func(b Because) bool { return b.Rule == note.Rule })
			if named && strings.HasSuffix(note.Code, "_unknown") {
				list = p.appendNote(list, len(reasons), note)
			}
		}
	}
	return list
}

// appendNote appends a note on a case, unless it stands in the list from an index on.
func (p *Plan) appendNote(list []Because, from int, note *Reason) []Because {
	for i := range list[from:] {
		if b := &list[from+i]; b.Code == note.Code && b.Rule == note.Rule && string(b.Detail) == note.Message {
			return list
		}
	}
	return append(list, Because{note.Code, note.Rule, p.mem.say(note.Message)})
}
