package server

import (
	"math"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// searchIn is what both searches ask.
type searchIn struct {
	CaseIDs                 need[[]string] `json:"caseIds"`
	TimeZone                need[string]   `json:"timeZone"`
	Days                    opt[[]string]  `json:"days"`
	Hours                   opt[[]int]     `json:"hours"`
	SpecialtyMatchRequested opt[bool]      `json:"specialtyMatchRequested"`
	IncludeWaivable         opt[string]    `json:"includeWaivable"`
}

type weekIn struct {
	searchIn
	Week                 opt[string] `json:"week"`
	ReviewersPerPriority opt[int]    `json:"reviewersPerPriority"`
	SlotsPerDay          opt[int]    `json:"slotsPerDay"`
}

type earliestIn struct {
	searchIn
	From  opt[string] `json:"from"`
	To    opt[string] `json:"to"`
	Limit opt[int]    `json:"limit"`
}

// Ticks of a search that names none: Monday to Friday, 7:00 to 19:00.
const (
	defaultDays  slots.Weekdays = 1<<5 - 1
	defaultHours uint32         = 1<<19 - 1<<7
)

// inquiry is a resolved search: matcher.Query before the cases are looked up.
type inquiry struct {
	caseIDs        []string
	zone           *slots.Zone
	span           slots.Interval // starts; empty = now to horizon
	ticks          slots.Ticks    // zero = all
	specialtyMatch bool
	waivable       matcher.Reveal
	mode           string           // slot, callback, ad_hoc; "" = slot
	windows        []slots.Interval // nil = anywhere
}

func (in *searchIn) resolve(k *check) inquiry {
	q := inquiry{
		caseIDs:        k.caseIDs("/caseIds", in.CaseIDs.V),
		zone:           k.zone("/timeZone", in.TimeZone.V),
		ticks:          slots.Ticks{Days: defaultDays, Hours: defaultHours},
		specialtyMatch: in.SpecialtyMatchRequested.V,
	}
	if in.Days.Set {
		q.ticks.Days = k.weekdays("/days", in.Days.V)
	}
	if in.Hours.Set {
		q.ticks.Hours = k.hours("/hours", in.Hours.V)
	}
	if in.IncludeWaivable.Set {
		word := k.word("/includeWaivable", in.IncludeWaivable.V, reveals)
		q.waivable = matcher.Reveal(max(0, slices.Index(reveals, word)))
	}
	return q
}

// number reads a bounded number that has a default.
func (k *check) number(pointer string, o opt[int], otherwise, low, high int) int {
	if !o.Set {
		return otherwise
	}
	return k.within(pointer, o.V, low, high)
}

func searchWeek(c *call) answer {
	begun := time.Now()
	var in weekIn
	if p := read(c.body, &in); p != nil {
		return refuse(p)
	}
	var k check
	q := in.resolve(&k)
	shape := matcher.WeekShape{
		Monday:               optional(in.Week, "/week", k.modernDate).Monday(),
		ReviewersPerPriority: k.number("/reviewersPerPriority", in.ReviewersPerPriority, defaultReviewersPerPriority, 1, maxPage),
		SlotsPerDay:          k.number("/slotsPerDay", in.SlotsPerDay, defaultSlotsPerDay, 1, maxPage),
	}
	if p := k.problem(); p != nil {
		return refuse(p)
	}
	if !in.Week.Set {
		shape.Monday = q.zone.Date(c.now).Monday()
	}
	q.span = matcher.WeekRange(q.zone, shape.Monday)
	if shape.ReviewersPerPriority*shape.SlotsPerDay > usualCells && !c.makes() {
		return tooManyLarge()
	}
	var week matcher.WeekAnswer
	m, plan, p := c.searching(q, weekLess, func(plan *matcher.Plan) { week = plan.Week(shape) })
	if p != nil {
		return refuse(p)
	}
	if week.Explanation.Offered > maxSlotsWritten {
		searchers.Put(m)
		return refuse(tooMuchWork(week.Explanation.Offered))
	}
	var records []engine.Command
	if duty := dutyOf(plan, q.caseIDs); len(duty) > 0 {
		records = c.recordsOf(c.snap, duty, proofOf(&q, &week.Explanation).week(&week))
	}
	f := findingOfWeek(&week, max(c.now, q.span.Start))
	w := c.offerWriter(q.zone)
	r := replies.Get().(*replyBuffer)
	r.body = w.week(r.body[:0], &week, plan.CallMinutes)
	w.done()
	searchers.Put(m)
	c.trace.part(partSearch, begun)
	return c.found(kindWeek, &q, &f, r, records, begun)
}

// found answers with what was found and written, once it is on record.
func (c *call) found(kind int, q *inquiry, f *finding, r *replyBuffer, records []engine.Command, begun time.Time) answer {
	if p := c.putOnRecord(records); p != nil {
		replies.Put(r)
		return refuse(p)
	}
	c.searched(kind, q, f, time.Since(begun))
	return answer{status: http.StatusOK, body: r.body, lent: r}
}

// searchers are kept from request to request, each with the memory of searches before: some megabytes. So a request gives its own back
// before it waits for anything. One whose request was refused, or ended in a panic, is not used again.
var searchers = sync.Pool{New: func() any { return new(matcher.Searcher) }}

// searching asks the plan of an inquiry, within the work of the request, and returns the searcher in whose memory plan and answers are: it
// is put back when nothing of them is used any more.
func (c *call) searching(q inquiry, less []string, ask func(*matcher.Plan)) (m *matcher.Searcher, plan *matcher.Plan, p *problem) {
	m = searchers.Get().(*matcher.Searcher)
	p = c.bounded(less, func() (p *problem) {
		if plan, p = c.planIn(m, c.snap, c.now, q); p == nil {
			ask(plan)
		}
		return p
	})
	if p != nil && p.code == codeNotFound { // before it was used
		searchers.Put(m)
	}
	return m, plan, p
}

func searchEarliest(c *call) answer {
	begun := time.Now()
	var in earliestIn
	if p := read(c.body, &in); p != nil {
		return refuse(p)
	}
	var k check
	q := in.resolve(&k)
	q.span = in.span(&k, c.now)
	limit := k.number("/limit", in.Limit, defaultEarliest, 1, maxPage)
	if p := k.problem(); p != nil {
		return refuse(p)
	}
	var found matcher.OffersAnswer
	m, plan, p := c.searching(q, earliestLess, func(plan *matcher.Plan) { found = plan.Earliest(limit) })
	if p != nil {
		return refuse(p)
	}
	var records []engine.Command
	if duty := dutyOf(plan, q.caseIDs); len(duty) > 0 {
		records = c.recordsOf(c.snap, duty, proofOf(&q, &found.Explanation).list(found.Offers))
	}
	f := findingOfList(found.Offers, max(c.now, q.span.Start))
	w := c.offerWriter(q.zone)
	r := replies.Get().(*replyBuffer)
	r.body = w.earliest(r.body[:0], &found, plan.CallMinutes)
	w.done()
	searchers.Put(m)
	c.trace.part(partSearch, begun)
	return c.found(kindEarliest, &q, &f, r, records, begun)
}

// span reads from and to; both left out is now to the horizon, which the rules
// know.
func (in *earliestIn) span(k *check, now slots.Instant) slots.Interval {
	if !in.From.Set && !in.To.Set {
		return slots.Interval{}
	}
	asked := now // where the range begins as it was asked
	if in.From.Set {
		asked = k.instant("/from", in.From.V)
	}
	// What is past is on offer no more; the range counts from now at the earliest.
	start := max(asked, now)
	if !in.To.Set {
		return slots.Interval{Start: start, End: start + maxSearchRange}
	}
	span := slots.Interval{Start: start, End: k.instant("/to", in.To.V)}
	switch {
	case asked == 0 || span.End == 0: // a fault was noted
	case in.From.Set && span.End <= asked:
		k.wrong("/to", "must be later than from")
	case span.End > start+maxSearchRange:
		k.wrong("/to", "must be within 366 days of from")
	case span.Empty(): // the range is over
		span.Start = span.End - 1
	}
	return span
}

// plan makes the matcher's plan of an inquiry, or the problem why there is none.
func (c *call) plan(snap *engine.Snapshot, now slots.Instant, q inquiry) (*matcher.Plan, *problem) {
	return c.planIn(new(matcher.Searcher), snap, now, q)
}

// planIn is plan in the memory of a searcher.
func (c *call) planIn(m *matcher.Searcher, snap *engine.Snapshot, now slots.Instant, q inquiry) (*matcher.Plan, *problem) {
	query, p := c.asked(snap, q)
	if p != nil {
		return nil, p
	}
	plan, refusal := c.planOf(m, snap, now, query)
	if refusal != nil {
		return nil, planRefused(refusal)
	}
	return plan, nil
}

// asked looks the cases of an inquiry up and makes the matcher's query of it.
func (c *call) asked(snap *engine.Snapshot, q inquiry) (matcher.Query, *problem) {
	query := matcher.Query{
		Zone: q.zone, Range: q.span, Ticks: q.ticks,
		SpecialtyMatch: q.specialtyMatch, Waivable: q.waivable, Mode: q.mode, Windows: q.windows,
		Cases: make([]*matcher.Case, len(q.caseIDs)), Work: &c.work,
	}
	for i, id := range q.caseIDs {
		v, found := snap.Case(c.actor.Tenant, id)
		if !found {
			return query, &problem{code: codeNotFound}
		}
		query.Cases[i] = &v.Case
	}
	return query, nil
}

// planOf makes the plan of a query, or says why there is none. The call that the
// caller would move or replace is out of the way.
func (c *call) planOf(m *matcher.Searcher, snap *engine.Snapshot, now slots.Instant, query matcher.Query) (*matcher.Plan, *matcher.Refusal) {
	ids := make([]string, 0, matcher.MaxCases)
	for _, v := range query.Cases {
		ids = append(ids, v.ID)
	}
	view := m.View()
	snap.ViewInto(view, c.actor.Tenant, now)
	own, firstAsked := c.ownCall(snap, now, ids)
	snap.Except(view, own)
	query.FirstAsked = firstAsked
	return m.Plan(view, query)
}

// ownCall is the call that the same request would move or replace: the
// appointment of exactly these cases, or the caller's own hold for them. Its
// time is free for them. A move is judged by when the call was first asked for,
// 0 = by what the cases say.
func (c *call) ownCall(snap *engine.Snapshot, now slots.Instant, caseIDs []string) (id string, firstAsked slots.Instant) {
	a, hold := snap.ActiveCall(c.actor.Tenant, caseIDs[0], now)
	switch {
	case a != nil && a.Status == engine.Booked && sameCases(a.CaseIDs, caseIDs):
		return a.ID, a.FirstAskedAt
	case hold != nil && hold.Principal == c.actor.Principal && sameCases(hold.CaseIDs, caseIDs):
		return hold.ID, 0
	}
	return "", 0
}

// sameCases compares lists without duplicates as sets.
func sameCases(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	for _, id := range a {
		if !slices.Contains(b, id) {
			return false
		}
	}
	return true
}

func planRefused(r *matcher.Refusal) *problem {
	p := &problem{code: r.Code}
	if r.Rule != "" {
		p.extra = append(p.extra, member{"rule", encode(r.Rule)})
	}
	if r.CaseID != "" {
		p.extra = append(p.extra, member{"caseIds", encode([]string{r.CaseID})})
	}
	if len(r.Reasons) > 0 {
		p.extra = append(p.extra, member{"reasons", encode(reasonsOut(r.Reasons))})
	}
	return p
}

// tierCounts are how many slots of each tier an answer offers.
type tierCounts [matcher.TierBothWaived + 1]int

// findingOfWeek is what the meters are told of a week grid whose calls may begin at from.
func findingOfWeek(week *matcher.WeekAnswer, from slots.Instant) (f finding) {
	first := slots.Instant(math.MaxInt64)
	for i := range week.Priorities {
		priority := &week.Priorities[i]
		for j := range priority.Reviewers {
			days := &priority.Reviewers[j].Days
			for d := range days {
				if offered := days[d].Slots; len(offered) > 0 { // in order of their starts
					first = min(first, offered[0].Start)
					f.offers[priority.Tier] += len(offered)
				}
			}
		}
	}
	f.wait = int64(first - from)
	return f
}

// findingOfList is the same of a list.
func findingOfList(offers []matcher.Offer, from slots.Instant) (f finding) {
	first := slots.Instant(math.MaxInt64)
	for i := range offers {
		first = min(first, offers[i].Start)
		f.offers[offers[i].Tier]++
	}
	f.wait = int64(first - from)
	return f
}

func (c *call) searched(kind int, q *inquiry, f *finding, took time.Duration) {
	v, found := c.snap.Case(c.actor.Tenant, q.caseIDs[0])
	if !found {
		return
	}
	c.server.metrics.found(kind, took.Seconds(), f, v.Program, v.MemberState)
}
