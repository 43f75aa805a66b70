package matcher

import (
	"cmp"
	"math/bits"
	"slices"
	"strconv"

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

// explain accounts for an answer of offered slots; known tells whether it is known
// that something can be booked as asked.
func (p *Plan) explain(offered int, known bool) Explanation {
	x := Explanation{Offered: offered}
	if known || p.any(p.window, asAsked) {
		return x
	}
	if p.Mode == modeAdHoc {
		near := *p
		if near.window.End = min(near.window.End, near.window.Start+adHocReach); !near.window.Empty() {
			near.asked = near.window
		}
		p = &near
	}
	waivers := p.waivers()
	x.NothingBecause = p.because(waivers)
	x.Unlock = slices.Concat(waivers.unlocks, p.tickUnlocks(), p.windowsUnlock(), p.weekUnlocks(), p.specialtyUnlock(), p.originalUnlocks(), p.deadlineUnlock())
	return x
}

// add counts a slot that the change would yield.
func (u *Unlock) add(start slots.Instant) {
	if u.Slots == 0 || start < u.Earliest {
		u.Earliest = start
	}
	u.Slots++
}

// waivers are the slots in range that only a waiver keeps from being booked.
type waivers struct {
	slots   int
	codes   []string // all codes needed by one of them, sorted
	rule    string   // the row whose requirement the first of them waives
	unlocks []Unlock // by code, for the slots where one code is enough
}

// waivers looks for slots in range and ticks that a caller could book with an
// attestation.
func (p *Plan) waivers() waivers {
	var w waivers
	var seen *Reviewer
	var until slots.Instant
	var codes []string
	f := filter{tiers: waivableTiers}
	p.source.each(p, p.window, p.ticked(p.window), f, func(r *Reviewer, start slots.Instant, s *span) bool {
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
	slices.SortFunc(w.unlocks, func(a, b Unlock) int { return cmp.Compare(a.Value, b.Value) })
	return w
}

// waivedRule names the row that leaves r's slot at start to a waiver.
func (p *Plan) waivedRule(r *Reviewer, start slots.Instant) string {
	for _, cr := range p.rules {
		for _, f := range cr.facts(r, start) {
			if f.Waiver != "" {
				return f.Rule
			}
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

// tickUnlocks tries each day and each hour that is not ticked: a start that
// misses one box only is unlocked by it.
func (p *Plan) tickUnlocks() []Unlock {
	var days [7]Unlock
	var hours [24]Unlock
	ticks := p.query.Ticks
	if ticks == slots.AllTicks {
		return nil
	}
	p.source.each(p, p.window, p.windows.Clip(p.reach(p.window)), asAsked, func(_ *Reviewer, start slots.Instant, _ *span) bool {
		needed := p.boxes(start)
		missingDays, missingHours := uint8(needed.Days&^ticks.Days), needed.Hours&^ticks.Hours
		switch {
		case missingHours == 0 && bits.OnesCount8(missingDays) == 1:
			days[bits.TrailingZeros8(missingDays)].add(start)
		case missingDays == 0 && bits.OnesCount32(missingHours) == 1:
			hours[bits.TrailingZeros32(missingHours)].add(start)
		}
		return true
	})
	var unlocks []Unlock
	for i, u := range days {
		if u.Slots > 0 {
			u.Kind, u.Value = "day", slots.Weekday(i).String()
			unlocks = append(unlocks, u)
		}
	}
	for i, u := range hours {
		if u.Slots > 0 {
			u.Kind, u.Value = "hour", strconv.Itoa(i)
			unlocks = append(unlocks, u)
		}
	}
	return unlocks
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

// weekUnlocks tries other weeks with the same ticks: those that follow the range,
// then those before it, nearest first. Only slots are looked for by the week.
func (p *Plan) weekUnlocks() []Unlock {
	if p.limits.Empty() || p.Mode != modeSlot || p.query.Windows != nil {
		return nil
	}
	z := p.query.Zone
	first, last := z.Date(p.limits.Start).Monday(), z.Date(p.limits.End-1).Monday()
	var after, before []slots.Date
	for monday := first; monday <= last; monday = monday.AddDays(7) {
		week := WeekRange(z, monday)
		switch {
		case week.Start >= p.asked.End:
			after = append(after, monday)
		case week.End <= p.asked.Start:
			before = append(before, monday)
		}
	}
	slices.Reverse(before)
	var unlocks []Unlock
	for _, monday := range append(after, before...) {
		u := Unlock{Kind: "week", Value: monday.String()}
		p.count(WeekRange(z, monday).Intersect(p.limits), &u)
		if u.Slots > 0 {
			unlocks = append(unlocks, u)
		}
		if len(unlocks) == unlockWeeks {
			break
		}
	}
	return unlocks
}

// specialtyUnlock tries the query with the specialty request turned round.
func (p *Plan) specialtyUnlock() []Unlock {
	q := p.query
	q.SpecialtyMatch = !q.SpecialtyMatch
	u := Unlock{Kind: "specialty_match_requested", Value: strconv.FormatBool(q.SpecialtyMatch)}
	return p.instead(p.view, q, u)
}

// instead counts what a query on another state would yield; none without a slot.
func (p *Plan) instead(v *View, q Query, u Unlock) []Unlock {
	other, refusal := NewPlan(v, q)
	if refusal != nil {
		return nil
	}
	other.source = p.source
	if other.Mode == modeAdHoc {
		other.window.End = min(other.window.End, other.window.Start+adHocReach)
	}
	other.count(other.window, &u)
	if u.Slots == 0 {
		return nil
	}
	return []Unlock{u}
}

// count adds to u what window and ticks hold.
func (p *Plan) count(window slots.Interval, u *Unlock) {
	p.source.each(p, window, p.ticked(window), asAsked, func(_ *Reviewer, start slots.Instant, _ *span) bool {
		u.add(start)
		return true
	})
}
