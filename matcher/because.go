package matcher

import (
	"fmt"
	"slices"
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

// reasons counts reviewers by what keeps them from being offered.
type reasons struct {
	trained                            int // reviewers trained for all cases
	needs                              [needCount]int
	rules                              [needCount]string
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
func (p *Plan) because(w waivers) []Because {
	if p.window.Empty() {
		missed := p.missed()
		if missed.Code != detailBeyondLimit {
			return []Because{missed}
		}
		return append([]Because{missed}, p.dueBecause()...)
	}
	var n reasons
	asked := p.asked.Intersect(slots.Interval{Start: p.view.Now - explainReach, End: p.view.Now + explainReach})
	suits := p.ticked(asked)
	d := desk{plan: p}
	for _, r := range p.view.Roster.candidates(p.conditions(compliantTiers | waivableTiers)) {
		if p.trained(r) {
			n.trained++
			d.seat(r, p.window)
			n.classify(&d, asked, suits)
		}
	}
	return n.list(p, w)
}

// missed says on which side of the limits the range of an empty window lies.
func (p *Plan) missed() Because {
	now, first, end := p.view.Now.String(), p.limits.Start.String(), p.limits.End.String()
	switch {
	case p.limits.End <= p.limits.Start && p.limitRule != "":
		return Because{detailBeyondLimit, p.limitRule, "starts must lie before " + end + ", the first possible one is " + first}
	case p.asked.End <= p.view.Now:
		return Because{detailPast, "", "the range ends at " + p.asked.End.String() + ", now is " + now}
	case p.asked.End <= p.limits.Start:
		return Because{detailLeadTime, p.leadRule(), "the range ends at " + p.asked.End.String() + ", the first possible start is " + first}
	case p.limitRule != "":
		return Because{detailBeyondLimit, p.limitRule, "the range begins at " + p.asked.Start.String() + ", starts must lie before " + end}
	}
	return Because{detailBeyondHorizon, p.horizonRule(), "the range begins at " + p.asked.Start.String() + ", the horizon ends at " + end}
}

// trained reports whether r is trained for the program of every case.
func (p *Plan) trained(r *Reviewer) bool {
	for _, cr := range p.rules {
		if !slices.Contains(r.Programs, cr.c.Program) {
			return false
		}
	}
	return true
}

// classify counts the reviewer of d at the first gate that he fails.
func (n *reasons) classify(d *desk, asked slots.Interval, suits slots.Set) {
	p := d.plan
	if d.tiers(asAsked) == 0 {
		n.unmet(d)
		return
	}
	d.open(asked)
	if _, some := p.lastStart(d.hours); !some {
		n.noHours++
		return
	}
	if _, some := p.lastStart(d.hours.Intersect(p.windows)); !some {
		n.notWindowed++
		return
	}
	last, some := p.lastStart(d.hours.Intersect(suits))
	if !some {
		n.notTicked++
		return
	}
	d.open(p.window)
	inside, qualified, capped := false, false, false
	p.Grid.Starts(d.hours.Intersect(suits), p.CallMinutes, func(start slots.Instant) bool {
		if s := d.at(start); s != nil {
			inside = true
			if asAsked.accepts(&s.grade) {
				qualified = true
				capped = capped || d.taken(start) == detailCap
			}
		}
		return true
	})
	switch {
	case !inside:
		n.limit(p.outside(last))
	case !qualified:
		n.unmet(d)
	case capped:
		n.capped++
	default:
		n.booked++
	}
}

// lastStart returns the last start that free has room for.
func (p *Plan) lastStart(free slots.Set) (last slots.Instant, some bool) {
	p.Grid.Starts(free, p.CallMinutes, func(start slots.Instant) bool {
		last, some = start, true
		return true
	})
	return last, some
}

// unmet counts the needs that the reviewer of d leaves unmet somewhere.
func (n *reasons) unmet(d *desk) {
	var all Needs
	for i := range d.spans {
		all |= d.spans[i].unmet
	}
	for need := range n.needs {
		if !all.Has(Need(need)) {
			continue
		}
		n.needs[need]++
		if n.rules[need] == "" {
			n.rules[need] = d.ruleBehind(Need(need))
		}
	}
}

// ruleBehind names the row that asks for a need which the reviewer of d leaves
// unmet somewhere, "" if it is the caller's wish.
func (d *desk) ruleBehind(need Need) string {
	if need == NeedSpecialtyMatch {
		return ""
	}
	for i := range d.spans {
		if !d.spans[i].unmet.Has(need) {
			continue
		}
		for _, cr := range d.plan.rules {
			for _, f := range cr.facts(d.reviewer, d.spans[i].Start) {
				if f.Code == need.String() && f.Counts && !f.Met {
					return f.Rule
				}
			}
		}
	}
	return ""
}

func (n *reasons) limit(code, rule string) {
	i := slices.IndexFunc(n.limits, func(l limitReason) bool { return l.code == code && l.rule == rule })
	if i < 0 {
		i = len(n.limits)
		n.limits = append(n.limits, limitReason{code: code, rule: rule})
	}
	n.limits[i].reviewers++
}

// list puts the counts into words.
func (n *reasons) list(p *Plan, w waivers) []Because {
	if n.trained == 0 {
		var programs []string
		for _, cr := range p.rules {
			programs = join(programs, []string{cr.c.Program})
		}
		return []Because{{
			Code: becauseUntrained, Rule: p.rules[0].payer.needRules[NeedProgram],
			Detail: "nobody active is trained for " + strings.Join(programs, " and "),
		}}
	}
	var list []Because
	add := func(reviewers int, code, rule, fact string) {
		if reviewers > 0 {
			detail := fmt.Sprintf("%s: %d of %d trained reviewers", fact, reviewers, n.trained)
			list = append(list, Because{code, rule, detail})
		}
	}
	for need := range n.needs {
		code := Need(need).String()
		add(n.needs[need], "no_"+code, n.rules[need], "requirement "+code+" not met")
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
	for _, o := range p.originals {
		list = append(list, Because{becausePreferred, o.rule, "only reviewer " + o.reviewer.ID + " is on offer, who made the determination of case " +
			o.caseID + " and has free time until " + o.until.String()})
	}
	list = append(list, p.unknowns(list)...)
	if slices.ContainsFunc(list, func(b Because) bool { return b.Code == detailBeyondLimit }) {
		list = append(list, p.dueBecause()...)
	}
	if w.slots > 0 {
		list = append(list, Because{
			Code: becauseOnlyWaivable, Rule: w.rule,
			Detail: fmt.Sprintf("slots that need %s: %d", strings.Join(w.codes, " or "), w.slots),
		})
	}
	return list
}

// unknowns lists the facts that the cases do not give, of rules that the list names.
func (p *Plan) unknowns(list []Because) (found []Because) {
	for _, cr := range p.rules {
		cr.noteFacts()
		for _, note := range cr.notes {
			fact := Because{note.Code, note.Rule, note.Message}
			named := slices.ContainsFunc(list, func(b Because) bool { return b.Rule == note.Rule })
			if named && strings.HasSuffix(note.Code, "_unknown") && !slices.Contains(found, fact) {
				found = append(found, fact)
			}
		}
	}
	return found
}
