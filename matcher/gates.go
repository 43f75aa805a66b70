package matcher

import (
	"slices"

	"github.com/parleyhq/parley/slots"
)

// gates are what a reviewer passes on his way to an offer, in this order: he meets the
// rules, has hours in the range, in the windows, at times that are ticked and inside the
// limits, and is free.
type gates struct {
	*desk
	asked slots.Interval // the range, as far as an explanation looks
	suits slots.Set      // known once a reviewer has come so far
	known bool
}

// looked is the part of the range that an explanation looks at.
func (p *Plan) looked() slots.Interval {
	return p.asked.Intersect(slots.Interval{Start: p.view.Now - explainReach, End: p.view.Now + explainReach})
}

func (treeSource) reasons(p *Plan) (n reasons) {
	g := gates{desk: &desk{plan: p}, asked: p.looked()}
	for _, r := range p.view.Roster.candidates(p.conditions(compliantTiers | waivableTiers)) {
		if p.trained(r) {
			n.trained++
			n.classify(&g, r)
		}
	}
	return n
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

// classify counts a reviewer at the first gate that he fails.
func (n *reasons) classify(g *gates, r *Reviewer) {
	d, p := g.desk, g.plan
	if d.seat(r, p.window); d.tiers(asAsked) == 0 {
		n.unmet(d)
		return
	}
	d.open(g.asked)
	if _, some := p.lastStart(d.hours); !some {
		n.noHours++
		return
	}
	if _, some := p.lastStart(d.hours.Intersect(p.windows)); !some {
		n.notWindowed++
		return
	}
	if !g.known {
		g.suits, g.known = p.ticked(g.asked), true
	}
	last, some := p.lastStart(d.hours.Intersect(g.suits))
	if !some {
		n.notTicked++
		return
	}
	d.open(p.window)
	inside, qualified, capped := false, false, false
	p.Grid.Starts(d.hours.Intersect(g.suits), p.CallMinutes, func(start slots.Instant) bool {
		p.work.spend(workStart)
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
		detail, rule := p.outside(last)
		n.limit(p.mem, detail, rule)
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
		p.work.spend(1)
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

func (n *reasons) limit(mem *Searcher, code, rule string) {
	i := slices.IndexFunc(n.limits, func(l limitReason) bool { return l.code == code && l.rule == rule })
	if i < 0 {
		i = len(n.limits)
		n.limits = mem.limits.extend(n.limits, limitReason{code: code, rule: rule})
	}
	n.limits[i].reviewers++
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
			if rule := cr.ruleBehind(need, d.reviewer, d.spans[i].Start); rule != "" {
				return rule
			}
		}
	}
	return ""
}

// ruleBehind names the first row of the case that asks for a need which r leaves unmet for
// a call at t, "" if none does.
func (cr *caseRules) ruleBehind(need Need, r *Reviewer, t slots.Instant) string {
	if cr.generalUnmet(r).Has(need) {
		return cr.payer.needRules[need]
	}
	for i := range cr.rows {
		row := &cr.rows[i]
		if row.tree == nil {
			continue
		}
		q := judging{cr: cr, r: r, t: t}
		if _, some := row.tree.firstUnmet(&q, Needs(0).With(need)); some {
			return row.rule(Needs(0).With(need))
		}
	}
	return ""
}

// firstUnmet returns the first of some needs that a reviewer leaves unmet at a part of the
// tree that counts.
func (n *activeNode) firstUnmet(q *judging, of Needs) (need Need, some bool) {
	switch {
	case n.All != nil:
		for _, child := range n.children {
			if need, some = child.firstUnmet(q, of); some {
				return need, true
			}
		}
		return 0, false
	case n.Any != nil:
		return n.children[n.decides(q)].firstUnmet(q, of)
	}
	need, met := n.leaf(q)
	return need, !met && of.Has(need)
}

// decides returns which branch of an or does: that with the fewest needs unmet, the first
// of several.
func (n *activeNode) decides(q *judging) (chosen int) {
	fewest := needCount + 1
	for i, child := range n.children {
		if unmet := child.judge(q).unmet.Len(); unmet < fewest {
			chosen, fewest = i, unmet
		}
	}
	return chosen
}
