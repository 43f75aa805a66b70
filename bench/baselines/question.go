package main

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/parleyhq/parley/bench"
	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// cells is a stretch of the grid, [from, to).
type cells struct{ from, to cell }

// fit says that a reviewer may take a question's case at starts from from to
// before to, how well, and how close the specialty is.
type fit struct {
	reviewer, tier, relation int
	cells
}

// question is one query of the workload, made ready for every contender: what
// the rules say is worked out by the product and handed to the others.
type question struct {
	matcher.Query
	number int
	duty   bool // the answer must be on record before it is given
	bounds [8]cell
	week   cells // that is asked for
	shape  matcher.WeekShape
	ticked []cells // starts of the week that suit the requester
	ahead  []cells // the same from now to the horizon
	fits   []fit   // in order of reviewer and time

	wantWeek  []place
	wantFirst []offer
}

// newQuestion works out what the product answers and what the others need.
func newQuestion(n *bench.National, number int) (*question, error) {
	q := &question{Query: n.Queries[number], number: number}
	monday := bench.Monday(q.Query)
	q.shape = matcher.WeekShape{Monday: monday, ReviewersPerPriority: perTier, SlotsPerDay: perDay}
	for i := range q.bounds {
		date := monday.AddDays(i)
		q.bounds[i] = cellOf(q.Zone.Dates(date, date).Hull().Start)
	}
	q.week = cells{cellUp(q.Range.Start), cellUp(q.Range.End)}
	rules := n.View.Rules.Eligibility(q.Cases[0], n.View.Now, 0)
	if rules.CallMinutes != int(cellSeconds/slots.Minute) || rules.GridMinutes != rules.CallMinutes {
		return nil, fmt.Errorf("question %d: calls of %d minutes on a grid of %d", number, rules.CallMinutes, rules.GridMinutes)
	}
	q.duty = rules.RecordDuty
	limits := slots.Interval{
		Start: n.View.Now + slots.Instant(rules.LeadMinutes)*slots.Minute,
		End:   n.View.Now + slots.Instant(rules.HorizonHours)*slots.Hour,
	}
	q.ticked = q.suits(q.Range.Intersect(limits))
	q.ahead = q.suits(limits)
	q.match(n, limits)
	return q, q.answer(n.View)
}

// answer asks the product, in process.
func (q *question) answer(v *matcher.View) error {
	plan, refusal := matcher.NewPlan(v, q.Query)
	if refusal != nil {
		return fmt.Errorf("question %d: %s", q.number, refusal.Code)
	}
	week := plan.Week(q.shape)
	q.wantWeek = weekOf(&week)
	if plan, refusal = matcher.NewPlan(v, q.anyTime()); refusal != nil {
		return fmt.Errorf("question %d: %s", q.number, refusal.Code)
	}
	first := plan.Earliest(firstN)
	q.wantFirst = firstOf(&first)
	return nil
}

// anyTime is the query from now to the horizon.
func (q *question) anyTime() matcher.Query {
	open := q.Query
	open.Range = slots.Interval{}
	return open
}

// plain reports whether every contender can give the answers: something is on
// offer, nothing needs a waiver, and no rule has them put on record first.
func (q *question) plain() bool {
	if q.duty || len(q.wantWeek) == 0 || len(q.wantFirst) == 0 {
		return false
	}
	for i := range q.wantWeek {
		if !matcher.Tier(q.wantWeek[i].tier).Compliant() {
			return false
		}
	}
	for i := range q.wantFirst {
		if !matcher.Tier(q.wantFirst[i].tier).Compliant() {
			return false
		}
	}
	return true
}

// suits are the starts inside window at which a whole call is in ticked hours.
func (q *question) suits(window slots.Interval) (list []cells) {
	if window.Empty() {
		return nil
	}
	reach := slots.Interval{Start: window.Start, End: window.End - 1 + cellSeconds}
	for iv := range q.Zone.Ticked(q.Ticks, reach).All() {
		c := cells{max(cellUp(iv.Start), cellUp(window.Start)), min(cellOf(iv.End), cellUp(window.End))}
		if c.from < c.to {
			list = append(list, c)
		}
	}
	return list
}

// cellUp is the first cell that starts at t or later.
func cellUp(t slots.Instant) cell { return cellOf(t + cellSeconds - 1) }

// match asks the product's one predicate who may take the case when. What it
// says changes at local midnights only, so a working day whose ends agree is alike
// throughout; that the answers are the same in the end tells that this holds.
func (q *question) match(n *bench.National, limits slots.Interval) {
	plan, refusal := matcher.NewPlan(n.View, q.Query)
	if refusal != nil {
		return
	}
	n.View.Roster.Ascend(tenant, "", func(r *matcher.Reviewer) bool {
		if !slices.Contains(r.Programs, q.Cases[0].Program) {
			return true
		}
		f := fit{reviewer: int(r.Ref)}
		judge := func(c cell) {
			j := plan.Judge(r, instantOf(c))
			if tier, relation := int(j.Tier), int(j.Relation); tier != f.tier || relation != f.relation {
				q.fits = f.closed(q.fits, c)
				f = fit{reviewer: int(r.Ref), tier: tier, relation: relation, cells: cells{from: c}}
			}
		}
		for day := range r.Hours.Expand(r.Zone, limits).All() {
			from, to := cellUp(max(day.Start, limits.Start)), cellOf(day.End)
			if from >= to {
				continue
			}
			judge(from)
			if last := plan.Judge(r, instantOf(to-1)); int(last.Tier) != f.tier || int(last.Relation) != f.relation {
				for c := from + 1; c < to; c++ {
					judge(c)
				}
			}
		}
		q.fits = f.closed(q.fits, cellUp(limits.End))
		return true
	})
}

// closed adds f, ending before to, if it is one that may be offered.
func (f fit) closed(fits []fit, to cell) []fit {
	if f.to = to; f.tier == int(matcher.TierNone) || f.from >= f.to {
		return fits
	}
	return append(fits, f)
}

var weekdays = []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}

// bodies are the requests of the two searches.
func (q *question) bodies() (week, first []byte, err error) {
	in := map[string]any{"caseIds": []string{q.Cases[0].ID}, "timeZone": q.Zone.Name()}
	var days []string
	for i, name := range weekdays {
		if q.Ticks.Days&(1<<i) != 0 {
			days = append(days, name)
		}
	}
	var hours []int
	for h := range 24 {
		if q.Ticks.Hours&(1<<h) != 0 {
			hours = append(hours, h)
		}
	}
	in["days"], in["hours"] = days, hours
	if first, err = json.Marshal(in); err != nil {
		return nil, nil, err
	}
	in["week"] = q.shape.Monday.String()
	week, err = json.Marshal(in)
	return week, first, err
}
