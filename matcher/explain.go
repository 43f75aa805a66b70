package matcher

import (
	"math/bits"
	"slices"
	"strconv"
	"strings"

	"github.com/parleyhq/parley/slots"
)

// asAsked passes what can be booked as it was asked for, without a waiver.
var asAsked = filter{tiers: compliantTiers, asAsked: true}

// Bounds of an explanation. Its work is a handful of searches: one for the
// reasons, one each for the attestations, the ticks, the windows, the specialty request, the
// deadline and each reviewer whom a rule prefers, and one for each week up to the horizon
// until enough weeks have slots.
const (
	// unlockWeeks is how many weeks with slots an explanation names.
	unlockWeeks = 4
	// explainReach is how far from now, either way, an explanation looks at a
	// range that lies outside all limits.
	explainReach = 92 * 24 * slots.Hour
	// windowsReach is how far from the requester's windows an explanation looks for
	// other times.
	windowsReach = 14 * 24 * slots.Hour
	// adHocReach is how far ahead an explanation looks for a call now: every minute
	// can be a start.
	adHocReach = 7 * 24 * slots.Hour
)

// explain accounts for an answer of offered slots; seen is what the answer shows of what
// can be booked as asked.
func (p *Plan) explain(offered int, seen glimpse) Explanation {
	x := Explanation{Offered: offered}
	if seen.asAsked || !seen.nothing && p.any(p.window, asAsked) {
		return x
	}
	if p.Mode == modeAdHoc {
		p = p.soon()
	}
	waivers := p.source.waived(p)
	x.NothingBecause = p.because(&waivers)
	unlocks := append(p.mem.unlocks.take(len(waivers.unlocks)+unlocksUsual), waivers.unlocks...)
	if p.source.qualified(p, p.limits) {
		unlocks = p.appendTicks(unlocks)
		unlocks = p.appendWindows(unlocks)
		unlocks = p.appendWeeks(unlocks)
	}
	unlocks = p.appendSpecialty(unlocks)
	unlocks = p.appendOriginals(unlocks)
	x.Unlock = p.appendDeadline(unlocks)
	return x
}

// unlocksUsual is how many changes an explanation seldom exceeds, those of attestations
// aside.
const unlocksUsual = 16

// soon is an ad hoc plan for the days that an explanation looks at.
func (p *Plan) soon() *Plan {
	near := *p
	if near.window.End = min(near.window.End, near.window.Start+adHocReach); !near.window.Empty() {
		near.asked = near.window
	}
	return &near
}

// yield is how many starts something has, distinct reviewer × start.
type yield struct {
	slots    int
	earliest slots.Instant
}

// add adds n starts, the first of them at start.
func (y *yield) add(n int, start slots.Instant) {
	if n > 0 && (y.slots == 0 || start < y.earliest) {
		y.earliest = start
	}
	y.slots += n
}

// add counts a slot that the change would yield.
func (u *Unlock) add(start slots.Instant) {
	y := yield{u.Slots, u.Earliest}
	y.add(1, start)
	u.Slots, u.Earliest = y.slots, y.earliest
}

// appendUnlock appends a change, if it yields something.
func appendUnlock(list []Unlock, kind, value, rule string, y yield) []Unlock {
	if y.slots == 0 {
		return list
	}
	return append(list, Unlock{Kind: kind, Value: value, Slots: y.slots, Earliest: y.earliest, Rule: rule})
}

// waivers are the slots in range that only a waiver keeps from being booked.
type waivers struct {
	slots   int
	codes   []string // all codes needed by one of them, sorted
	rule    string   // the row whose requirement the first of them waives
	unlocks []Unlock // by code, for the slots where one code is enough
}

// waived counts them one by one.
func (t treeSource) waived(p *Plan) (w waivers) {
	var seen *Reviewer
	var until slots.Instant
	var codes []string
	t.each(p, p.window, p.ticked(p.window), filter{tiers: waivableTiers}, func(r *Reviewer, start slots.Instant, s *span) bool {
		if s.unmet.Has(NeedSpecialtyMatch) {
			return true // not bookable as asked, whatever is attested
		}
		if seen != r || start >= until {
			seen, until, codes = r, s.End, p.waiverCodes(r, start)
			if w.codes = join(w.codes, codes); w.rule == "" {
				w.rule = p.waivedRule(r, start)
			}
		}
		w.slots++
		if len(codes) == 1 {
			w.unlock(codes[0]).add(start)
		}
		return true
	})
	slices.SortFunc(w.unlocks, byValue)
	return w
}

func byValue(a, b Unlock) int { return strings.Compare(a.Value, b.Value) }

// waivedRule names the row that leaves r's slot at start to a waiver.
func (p *Plan) waivedRule(r *Reviewer, start slots.Instant) string {
	for _, cr := range p.rules {
		for i := range cr.rows {
			row := &cr.rows[i]
			if row.tree == nil {
				continue
			}
			q := judging{cr: cr, r: r, t: start}
			j := row.tree.judge(&q)
			if j.unmet == 0 || waiverFor(row.waivers, row.required, j.unmet) == nil {
				continue
			}
			need, _ := row.tree.firstUnmet(&q, j.unmet)
			return row.rule(Needs(0).With(need))
		}
	}
	return ""
}

func (w *waivers) unlock(code string) *Unlock {
	i := slices.IndexFunc(w.unlocks, func(u Unlock) bool { return u.Value == code })
	if i < 0 {
		i = len(w.unlocks)
		w.unlocks = append(w.unlocks, Unlock{Kind: "attestation", Value: code})
	}
	return &w.unlocks[i]
}

// waiverCodes returns the attestations that r's slot at start needs beyond those
// that the cases need whoever takes the call.
func (p *Plan) waiverCodes(r *Reviewer, start slots.Instant) []string {
	codes := p.match(r, start, nil).attestations
	for _, cr := range p.rules {
		for _, a := range cr.eligibility.Attestations {
			if a.Mandatory {
				codes = without(codes, []string{a.Code})
			}
		}
	}
	return codes
}

// appendTicks tries each day and each hour that is not ticked: a start that misses one box
// only is unlocked by it.
func (p *Plan) appendTicks(list []Unlock) []Unlock {
	if p.query.Ticks == slots.AllTicks {
		return list
	}
	missed := p.source.boxes(p)
	for i, y := range missed.days {
		list = appendUnlock(list, "day", slots.Weekday(i).String(), "", y)
	}
	for i, y := range missed.hours {
		list = appendUnlock(list, "hour", strconv.Itoa(i), "", y)
	}
	return list
}

// boxYields are what ticking one more day or hour would yield.
type boxYields struct {
	days  [7]yield
	hours [24]yield
}

// boxes counts one by one.
func (t treeSource) boxes(p *Plan) (missed boxYields) {
	ticks := p.query.Ticks
	t.each(p, p.window, p.windows.Clip(p.reach(p.window)), asAsked, func(_ *Reviewer, start slots.Instant, _ *span) bool {
		p.work.spend(workChange)
		needed := p.boxes(start)
		days, hours := uint8(needed.Days&^ticks.Days), needed.Hours&^ticks.Hours
		switch {
		case hours == 0 && bits.OnesCount8(days) == 1:
			missed.days[bits.TrailingZeros8(days)].add(1, start)
		case days == 0 && bits.OnesCount32(hours) == 1:
			missed.hours[bits.TrailingZeros32(hours)].add(1, start)
		}
		return true
	})
	return missed
}

// boxes returns the days and hours that a call at start needs ticked. Looking
// once an hour, and at the last instant, misses none.
func (p *Plan) boxes(start slots.Instant) (needed slots.Ticks) {
	last := p.call(start).End - 1
	for t := start; ; t = min(t+slots.Hour, last) {
		date, second := p.query.Zone.Clock(t)
		needed.Days = needed.Days.With(date.Weekday())
		needed.Hours |= 1 << (second / 3600)
		if t == last {
			return needed
		}
	}
}

// appendWeeks tries other weeks with the same ticks: those that follow the range,
// then those before it, nearest first. Only slots are looked for by the week.
func (p *Plan) appendWeeks(list []Unlock) []Unlock {
	if p.limits.Empty() || p.Mode != modeSlot || p.query.Windows != nil {
		return list
	}
	z, from := p.query.Zone, len(list)
	first, last := z.Date(p.limits.Start).Monday(), z.Date(p.limits.End-1).Monday()
	for monday := first; monday <= last && len(list)-from < unlockWeeks; monday = monday.AddDays(7) {
		if week := WeekRange(z, monday); week.Start >= p.asked.End {
			list = p.appendWeek(list, monday, week)
		}
	}
	for monday := last; monday >= first && len(list)-from < unlockWeeks; monday = monday.AddDays(-7) {
		if week := WeekRange(z, monday); week.Start < p.asked.End && week.End <= p.asked.Start {
			list = p.appendWeek(list, monday, week)
		}
	}
	return list
}

func (p *Plan) appendWeek(list []Unlock, monday slots.Date, week slots.Interval) []Unlock {
	y := p.source.count(p, week.Intersect(p.limits))
	if y.slots == 0 {
		return list
	}
	return appendUnlock(list, "week", p.mem.monday(monday), "", y)
}

// appendSpecialty tries the query with the specialty request turned round.
func (p *Plan) appendSpecialty(list []Unlock) []Unlock {
	q := p.query
	q.SpecialtyMatch = !q.SpecialtyMatch
	return appendUnlock(list, "specialty_match_requested", strconv.FormatBool(q.SpecialtyMatch), "", p.instead(p.view, &q))
}

// instead counts what a query on another state would yield.
func (p *Plan) instead(v *View, q *Query) yield {
	other, refusal := p.mem.aside().Plan(v, *q)
	if refusal != nil {
		return yield{}
	}
	if other.Mode == modeAdHoc {
		other.window.End = min(other.window.End, other.window.Start+adHocReach)
	}
	return p.source.count(other, other.window)
}

// count counts one by one.
func (t treeSource) count(p *Plan, window slots.Interval) (y yield) {
	t.each(p, window, p.ticked(window), asAsked, func(_ *Reviewer, start slots.Instant, _ *span) bool {
		y.add(1, start)
		return true
	})
	return y
}

// qualified reports that somebody may.
func (treeSource) qualified(*Plan, slots.Interval) bool { return true }
