package matcher

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/parleyhq/parley/slots"
)

// wideWorld is a random state under random rows, and a query in any mode. It
// answers by looking at every reviewer and every minute, with the slow twin for
// what the rules say.
type wideWorld struct {
	*twin
	monday slots.Date
	rules  wideRules
	rs     *Ruleset
	cases  []*slowCase
	known  map[string]wideOffer // verdicts by reviewer and hour
}

// wideOffer is a start of a reviewer with the codes that booking it needs.
type wideOffer struct {
	twinOffer
	attestations []string
	late         bool
}

func drawWideWorld(t *rapid.T, tb testing.TB, c *clocks) *wideWorld {
	w := &wideWorld{rules: drawWorldRules(t), monday: mustDate("2025-12-29"), known: map[string]wideOffer{}}
	w.rs = w.rules.compile(t, tb)
	zone := mustZone("America/New_York")
	week := WeekRange(zone, w.monday)
	now := week.Start + slots.Instant(rapid.IntRange(-24*60, 36*60).Draw(t, "now"))*slots.Minute
	state := &world{
		view:  &View{Tenant: "t", Rules: w.rs, Roster: NewRoster(), Calendar: slots.NewCalendar(), Now: now},
		query: Query{Zone: zone, Ticks: drawTicks(t), SpecialtyMatch: chance(t, 4, "match"), Waivable: RevealAlways},
	}
	from := week.Start + slots.Instant(rapid.IntRange(-12, 48).Draw(t, "range"))*slots.Hour
	state.query.Range = slots.Interval{Start: from, End: from + 48*slots.Hour}
	drawWideQuery(t, &state.query, now)
	for i := range rapid.SampledFrom([]int{1, 1, 1, 2}).Draw(t, "cases") {
		one := drawWideCase(t, now)
		if one.CallsHeld = 0; rapid.Bool().Draw(t, "decided by r") {
			one.Determination.ReviewerID = "r"
		}
		one.ID, one.Determination.Status = fmt.Sprintf("c%d", i), rapid.SampledFrom(statuses[:3]).Draw(t, "open status")
		state.query.Cases = append(state.query.Cases, one)
	}
	ids := []string{"r", "other", "third", "fourth"}
	for i := range rapid.IntRange(1, 4).Draw(t, "reviewers") {
		r := drawWideReviewer(t, ids[i])
		r.Ref, r.Programs = slots.ReviewerRef(i), []string{"msk-spine-surgery", "msk-joint-surgery", "cardiac"}
		r.Zone = mustZone(rapid.SampledFrom(wideZones).Draw(t, "reviewer's zone"))
		r.BufferAfter, r.MaxPerDay = rapid.SampledFrom([]int{0, 10}).Draw(t, "after"), rapid.SampledFrom([]int{0, 2}).Draw(t, "cap")
		r.Hours = drawHours(t, w.monday, week)
		state.reviewers = append(state.reviewers, r)
		state.view.Roster.Put(r)
	}
	state.drawCalls(t, week)
	w.twin = &twin{
		view: state.view, query: state.query, reviewers: state.reviewers, calls: state.calls,
		minutes: w.rules.payer.Call["callMinutes"], step: w.rules.payer.Call["gridMinutes"], clocks: c,
	}
	if state.query.Mode == "ad_hoc" {
		w.step = 1
	}
	for _, c := range state.query.Cases {
		w.cases = append(w.cases, slowly(&w.rules, c, int64(now), 0, state.query.SpecialtyMatch))
	}
	return w
}

// drawWorldRules draws rows that leave something on offer more often than not, and
// often prefer the original reviewer.
func drawWorldRules(t *rapid.T) wideRules {
	w := drawWideRules(t, true)
	if rapid.Bool().Draw(t, "open") {
		w.payer.RequestWindow, w.payer.Limits, w.payer.Requires, w.payer.Stages = nil, nil, nil, nil
		w.laws = w.laws[:min(len(w.laws), 1)]
		for i := range w.laws {
			w.laws[i].Requires, w.laws[i].Waivers, w.laws[i].PreDeterminationOnly = nil, nil, nil
			w.laws[i].ResponseClock = &wideTerm{Amount: rapid.IntRange(1, 30).Draw(t, "short"), Unit: "hours", From: "request"}
		}
	}
	if rapid.Bool().Draw(t, "prefers") {
		law := drawWideLaw(t, len(w.laws)+1, false)
		n := &wideNode{Identity: "original_preferred", Within: drawWideTerm(t, "prefers within", "none", "federal", "payer")}
		law.Requires, law.Waivers, law.PreDeterminationOnly, law.ResponseClock = n, nil, nil, nil
		law.Accreditation = fmt.Sprintf("a%d", min(len(w.laws)+1, 3))
		w.laws = append(w.laws[:min(len(w.laws), 2)], law)
	}
	return w
}

func drawWideQuery(t *rapid.T, q *Query, now slots.Instant) {
	q.Mode = rapid.SampledFrom([]string{"", "slot", "callback", "callback", "ad_hoc", "ad_hoc"}).Draw(t, "mode")
	if q.Mode == "callback" {
		for range rapid.IntRange(0, 4).Draw(t, "windows") {
			start := q.Range.Start + slots.Instant(rapid.IntRange(0, 48*60).Draw(t, "window"))*slots.Minute
			q.Windows = append(q.Windows, slots.Interval{Start: start, End: start + slots.Instant(rapid.IntRange(15, 900).Draw(t, "long"))*slots.Minute})
		}
		if len(q.Windows) == 0 && rapid.Bool().Draw(t, "no window") {
			q.Windows = []slots.Interval{}
		}
	}
	if chance(t, 3, "not before") {
		q.NotBefore = now + slots.Instant(rapid.IntRange(-10, 300).Draw(t, "earliest"))*slots.Minute
	}
}

// allowed reports whether limits, lead time and windows let a call start.
func (w *wideWorld) allowed(start int64) bool {
	return start%(int64(w.step)*60) == 0 && start >= w.earliest() &&
		!slices.ContainsFunc(w.cases, func(s *slowCase) bool { return start >= s.to }) && w.windowed(start)
}

func (w *wideWorld) earliest() int64 {
	switch {
	case w.query.NotBefore != 0:
		return int64(w.query.NotBefore)
	case w.query.Mode == "ad_hoc":
		return int64(w.view.Now)
	}
	return w.cases[0].from
}

func (w *wideWorld) windowed(start int64) bool {
	if w.query.Windows == nil {
		return true
	}
	for minute := start; minute < start+int64(w.minutes)*60; minute += 60 {
		inside := func(i slots.Interval) bool { return int64(i.Start) <= minute && minute+60 <= int64(i.End) }
		if !slices.ContainsFunc(w.query.Windows, inside) {
			return false
		}
	}
	return true
}

// judge puts the verdicts of the slow twin together. Its zones move by full hours.
func (w *wideWorld) judge(r *Reviewer, start int64) wideOffer {
	key := fmt.Sprint(r.ID, " ", start/3600)
	o, known := w.known[key]
	if !known {
		o = wideOffer{twinOffer: twinOffer{reviewer: r, relation: RelationSameSubspecialty}}
		for _, s := range w.cases {
			v := s.verdict(r, start)
			tier := Tier(slices.Index(tierNames[:], v.tier))
			if o.tier = worse(max(o.tier, tier), tier); tier == TierNone {
				o.tier = 99
			}
			o.relation = min(o.relation, v.relation)
			for _, code := range v.unmet {
				need, _ := needFrom(code)
				o.unmet = o.unmet.With(need)
			}
			o.attestations = sortedSet(append(o.attestations, v.attestations...))
		}
		if o.tier == 99 {
			o.tier = TierNone
		}
		w.known[key] = o
	}
	o.start, o.consultative = start, true
	for _, s := range w.cases {
		if s.status == "eligible" && start < min(s.change, s.to) {
			o.consultative = false
		}
		o.late = o.late || s.dueBy != 0 && start > s.dueBy
	}
	return o
}

// starts yields the starts in [from, to) at which r works and limits allow a call.
func (w *wideWorld) starts(r *Reviewer, from, to int64, yield func(int64)) {
	working := w.hours(r, from-86400, to+86400)
	for start := from - from%60; start < to; start += 60 {
		if start >= from && w.allowed(start) && w.works(r, working, start) {
			yield(start)
		}
	}
}

// bookable lists what can be booked in [from, to), ticks aside; lawful is what could
// be, were nobody busy.
func (w *wideWorld) bookable(from, to int64) (bookable, lawful []wideOffer) {
	for _, r := range w.reviewers {
		w.starts(r, from, to, func(start int64) {
			o := w.judge(r, start)
			if o.tier == TierNone {
				return
			}
			lawful = append(lawful, o)
			if !w.free(r, start) {
				return
			}
			for _, c := range w.calls {
				if w.counts(r, c) && c.Until == 0 && w.sameDay(r, start, int64(c.Span.Start)) {
					o.firmOnDay++
				}
			}
			bookable = append(bookable, o)
		})
	}
	return bookable, lawful
}

// prefer decides where rows prefer the original reviewer.
func (w *wideWorld) prefer() (preferred int) {
	alone := make([]map[*wideNode]bool, len(w.cases))
	for i, s := range w.cases {
		alone[i] = map[*wideNode]bool{}
		for k := range s.rows {
			row := &s.rows[k]
			for _, n := range s.leaves(row.tree) {
				if n.Identity == "original_preferred" && w.originalFree(s, n, row) {
					alone[i][n] = true
					preferred++
				}
			}
		}
	}
	for i, s := range w.cases {
		s.alone = alone[i]
	}
	clear(w.known)
	return preferred
}

func (w *wideWorld) originalFree(s *slowCase, n *wideNode, row *slowRow) (free bool) {
	until := w.rules.ends(n.Within, row.zone, row.state, s.asked, 1)
	for _, r := range w.reviewers {
		if r.ID != s.c.Determination.ReviewerID {
			continue
		}
		w.starts(r, w.earliest(), until+1, func(start int64) {
			o := w.judge(r, start)
			free = free || TierNone < o.tier && o.tier <= TierSkilled && o.unmet == 0 && w.free(r, start)
		})
	}
	return free
}
