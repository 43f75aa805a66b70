package matcher

import (
	"sort"

	"github.com/parleyhq/parley/slots"
)

// twin answers a query by looking at every reviewer and every instant, with
// package time for zones. It shares nothing with the search but the rules'
// verdict on one case, one reviewer and one instant.
type twin struct {
	view      *View
	query     Query
	rules     []*caseRules
	reviewers []*Reviewer
	calls     []slots.Call
	minutes   int // of a call
	step      int // of the grid, in minutes

	*clocks
}

// twinOffer is one start of one reviewer as the twin sees it.
type twinOffer struct {
	reviewer     *Reviewer
	start        int64
	tier         Tier
	relation     Relation
	unmet        Needs
	consultative bool
	firmInRange  int
	firmOnDay    int
}

// hours returns the minutes of [from, to) in which r works, blocks aside.
func (w *twin) hours(r *Reviewer, from, to int64) map[int64]bool {
	working := map[int64]bool{}
	zone := r.Zone.Name()
	for day := from/86400 - 1; day <= to/86400+1; day++ {
		var spans []slots.ClockSpan
		exception := false
		for _, e := range r.Hours.Exceptions {
			if int64(e.Date) == day {
				exception, spans = true, e.Hours
			}
		}
		weekday := (day + 3) % 7
		for _, h := range r.Hours.Weekly {
			if !exception && h.Days&(1<<weekday) != 0 {
				spans = append(spans, h.Span)
			}
		}
		for _, s := range spans {
			end := w.reached(zone, day*1440+int64(s.End))
			for unix := w.reached(zone, day*1440+int64(s.Start)); unix < end; unix += 60 {
				working[unix] = true
			}
		}
	}
	return working
}

func (w *twin) works(r *Reviewer, working map[int64]bool, start int64) bool {
	end := start + int64(w.minutes)*60
	for unix := start; unix < end; unix += 60 {
		if !working[unix] {
			return false
		}
	}
	for _, b := range r.Hours.Blocks {
		if int64(b.Start) < end && start < int64(b.End) {
			return false
		}
	}
	return true
}

func (w *twin) suits(start int64) bool {
	ticks := w.query.Ticks
	for unix := start; unix < start+int64(w.minutes)*60; unix += 60 {
		wall := w.at(w.query.Zone.Name(), unix)
		weekday, hour := (wall/1440+3)%7, wall%1440/60 // 1970-01-01 was a Thursday
		if ticks.Days&(1<<weekday) == 0 || ticks.Hours&(1<<hour) == 0 {
			return false
		}
	}
	return true
}

func (w *twin) counts(r *Reviewer, c slots.Call) bool {
	expired := c.Until != 0 && c.Until <= w.view.Now
	return c.Reviewer == r.Ref && !expired && (w.view.Except == "" || c.ID != w.view.Except)
}

func (w *twin) sameDay(r *Reviewer, a, b int64) bool {
	return w.at(r.Zone.Name(), a)/1440 == w.at(r.Zone.Name(), b)/1440
}

// free reports whether no call, buffer or cap is in the way.
func (w *twin) free(r *Reviewer, start int64) bool {
	from := start - int64(r.BufferBefore)*60
	to := start + int64(w.minutes+r.BufferAfter)*60
	onDay := 0
	for _, c := range w.calls {
		if !w.counts(r, c) {
			continue
		}
		if int64(c.Busy.Start) < to && from < int64(c.Busy.End) {
			return false
		}
		if w.sameDay(r, start, int64(c.Span.Start)) {
			onDay++
		}
	}
	return r.MaxPerDay == 0 || onDay < r.MaxPerDay
}

// allowed reports whether the limits of all cases let a call start.
func (w *twin) allowed(start int64) bool {
	t := slots.Instant(start)
	for _, cr := range w.rules {
		if t < cr.starts.Start || t >= cr.starts.End {
			return false
		}
	}
	return t >= w.view.Now
}

// judge puts the verdicts on all cases together.
func (w *twin) judge(r *Reviewer, start int64) twinOffer {
	o := twinOffer{reviewer: r, start: start, relation: RelationSameSubspecialty, consultative: true}
	none := false
	for _, cr := range w.rules {
		v := cr.verdict(r, slots.Instant(start))
		none = none || v.Tier == TierNone
		o.tier = max(o.tier, v.Tier)
		o.relation = min(o.relation, v.Relation)
		o.unmet |= v.Unmet
		if cr.changing.Start <= slots.Instant(start) && slots.Instant(start) < cr.changing.End {
			o.consultative = false
		}
	}
	if none {
		o.tier = TierNone
	}
	return o
}

// bookable returns every offer whose start lies in [from, to), ticks ignored.
func (w *twin) bookable(from, to int64) []twinOffer {
	var offers []twinOffer
	for _, r := range w.reviewers {
		if !r.Active || r.Tenant != w.view.Tenant {
			continue
		}
		working := w.hours(r, from-86400, to+86400)
		for start := from; start < to; start++ {
			if start%(int64(w.step)*60) != 0 {
				start += 59 - start%60
				continue
			}
			if !w.allowed(start) || !w.works(r, working, start) || !w.free(r, start) {
				continue
			}
			o := w.judge(r, start)
			if o.tier == TierNone {
				continue
			}
			for _, c := range w.calls {
				if w.counts(r, c) && c.Until == 0 {
					if c.Span.Start >= w.query.Range.Start && c.Span.Start < w.query.Range.End {
						o.firmInRange++
					}
					if w.sameDay(r, start, int64(c.Span.Start)) {
						o.firmOnDay++
					}
				}
			}
			offers = append(offers, o)
		}
	}
	return offers
}

// shown returns what the query's reveal lets through of the offers that suit.
func (w *twin) shown(bookable []twinOffer) []twinOffer {
	var suiting, compliant []twinOffer
	hide := false
	for _, o := range bookable {
		if !w.suits(o.start) {
			continue
		}
		suiting = append(suiting, o)
		if o.tier <= TierSkilled {
			compliant = append(compliant, o)
			hide = hide || !o.consultative
		}
	}
	if w.query.Waivable == RevealNever || w.query.Waivable == RevealAuto && hide {
		return compliant
	}
	return suiting
}

// earliest sorts offers as the list of earliest offers.
func earliestOrder(offers []twinOffer) {
	sort.Slice(offers, func(i, j int) bool {
		a, b := offers[i], offers[j]
		switch {
		case a.tier != b.tier:
			return a.tier < b.tier
		case a.start != b.start:
			return a.start < b.start
		case a.relation != b.relation:
			return a.relation > b.relation
		case a.firmOnDay != b.firmOnDay:
			return a.firmOnDay < b.firmOnDay
		}
		return a.reviewer.ID < b.reviewer.ID
	})
}

// nearestOrder sorts offers by nearness.
func nearestOrder(offers []twinOffer, around int64) {
	earliestOrder(offers)
	far := func(o twinOffer) int64 {
		if o.start < around {
			return around - o.start
		}
		return o.start - around
	}
	sort.SliceStable(offers, func(i, j int) bool {
		a, b := offers[i], offers[j]
		if (a.tier <= TierSkilled) != (b.tier <= TierSkilled) {
			return a.tier <= TierSkilled
		}
		return far(a) < far(b)
	})
}

// weekOrder sorts offers as they stand in a week: by tier, then reviewer by
// reviewer, then by start.
func weekOrder(offers []twinOffer) {
	first := map[Tier]map[string]int64{}
	for _, o := range offers {
		if first[o.tier] == nil {
			first[o.tier] = map[string]int64{}
		}
		if f, known := first[o.tier][o.reviewer.ID]; !known || o.start < f {
			first[o.tier][o.reviewer.ID] = o.start
		}
	}
	sort.Slice(offers, func(i, j int) bool {
		a, b := offers[i], offers[j]
		if a.tier != b.tier {
			return a.tier < b.tier
		}
		if a.reviewer == b.reviewer {
			return a.start < b.start
		}
		fa, fb := first[a.tier][a.reviewer.ID], first[b.tier][b.reviewer.ID]
		switch {
		case a.relation != b.relation:
			return a.relation > b.relation
		case fa != fb:
			return fa < fb
		case a.firmInRange != b.firmInRange:
			return a.firmInRange < b.firmInRange
		}
		return a.reviewer.ID < b.reviewer.ID
	})
}
