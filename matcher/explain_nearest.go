package matcher

import (
	"cmp"
	"math/bits"
	"strconv"

	"github.com/parleyhq/parley/slots"
)

// NearestUnlocked is the answer to a request that nothing fits: the offer that
// takes the fewest changes of what was asked for, and the change that would open it.
// Windows, ticks, range, the specialty request and waivers may change, in this order. Of offers
// that take as much, compliant tiers go before waivable ones, then the distance from what was asked
// for decides, then the order of Earliest. Only starts near windows or range are looked at.
//
// If one change is not enough the unlock is the first of them, and the offer names
// its attestations. Where none of that helps, asking for a specialty match and moving the
// deadline are tried. If something fits as asked and still needs an attestation from every
// caller, that is the unlock. It is not ok if nothing helps, or nothing is missing.
// Slots and Earliest of the unlock count what it alone would yield; they are 0 if it is not enough.
func (p *Plan) NearestUnlocked() (offer *Offer, unlock Unlock, ok bool) {
	if offers := p.asAskedNear(p.center()); len(offers) > 0 {
		return p.consentMissing(&offers[0])
	}
	n := nearestSearch{plan: p, top: best[near]{limit: 1, compare: compareNear}}
	if n.search(); len(n.top.kept) > 0 {
		found := &n.top.kept[0]
		offers := p.appendOffers(nil, []hit{found.hit})
		number(offers)
		return &offers[0], n.unlock(found), true
	}
	for _, other := range []func() (*Plan, Unlock){p.turned, p.undated} {
		q, u := other()
		if q == nil {
			continue
		}
		if offers := q.asAskedNear(p.center()); len(offers) > 0 {
			u.counts(q)
			return &offers[0], u, true
		}
	}
	return nil, Unlock{}, false
}

// consentMissing answers where something fits: what every caller must attest.
func (p *Plan) consentMissing(offer *Offer) (*Offer, Unlock, bool) {
	if len(offer.Attestations) == 0 {
		return nil, Unlock{}, false
	}
	u := Unlock{Kind: "attestation", Value: offer.Attestations[0]}
	u.counts(p)
	return offer, u, true
}

// counts counts what a plan yields.
func (u *Unlock) counts(p *Plan) {
	y := p.source.count(p, p.window)
	u.Slots, u.Earliest = y.slots, y.earliest
}

// near ranks a start that changes would open.
type near struct {
	hit
	changes  int
	first    Unlock // the first change
	waivable bool
	far      slots.Instant // from what was asked for
}

func compareNear(a, b *near) int {
	waivable := func(n *near) int {
		if n.waivable {
			return 1
		}
		return 0
	}
	return cmp.Or(
		cmp.Compare(a.changes, b.changes),
		cmp.Compare(waivable(a), waivable(b)),
		cmp.Compare(a.far, b.far),
		compareHits(&a.hit, &b.hit),
	)
}

// nearestSearch looks for the start that the fewest changes would open, and counts
// what each single change would yield.
type nearestSearch struct {
	plan    *Plan
	top     best[near]
	unlocks []Unlock // single changes; of windows there is one, without a value
}

// search judges every start near what was asked for, whatever suits the requester.
func (n *nearestSearch) search() {
	p := n.plan
	window := p.nearby()
	if window.Empty() {
		return
	}
	f := filter{tiers: compliantTiers | waivableTiers}
	d := desk{plan: p}
	var seen *Reviewer
	var until slots.Instant
	var codes []string
	p.source.each(p, window, slots.NewSet(p.reach(window)), f, func(r *Reviewer, start slots.Instant, s *span) bool {
		p.work.spend(workChange)
		if seen != r || start >= until {
			seen, until, codes = r, s.End, nil
			if !s.tier.Compliant() {
				codes = p.waiverCodes(r, start)
			}
		}
		x := near{hit: hit{reviewer: r, start: start, tier: s.tier, relation: s.relation}, waivable: !s.tier.Compliant()}
		n.changes(&x, s.unmet, codes)
		if x.changes == 1 {
			n.single(x.first, start)
		}
		if n.top.admits(&x) { // even without calls
			d.reviewer = r
			x.firm = d.firmOnDate(start)
			n.top.add(x)
		}
		return true
	})
}

// changes counts what has to change for a start, and names the first change.
func (n *nearestSearch) changes(x *near, unmet Needs, codes []string) {
	p := n.plan
	change := func(count int, u Unlock) {
		if count > 0 && x.changes == 0 {
			x.first = u
		}
		x.changes += count
	}
	if !p.windows.Covers(p.call(x.start)) {
		x.far += p.outsideBy(x.start)
		change(1, Unlock{Kind: "windows"})
	}
	needed, ticks := p.boxes(x.start), p.query.Ticks
	days, hours := uint8(needed.Days&^ticks.Days), needed.Hours&^ticks.Hours
	change(bits.OnesCount8(days), Unlock{Kind: "day", Value: slots.Weekday(bits.TrailingZeros8(days)).String()})
	change(bits.OnesCount32(hours), Unlock{Kind: "hour", Value: strconv.Itoa(bits.TrailingZeros32(hours))})
	if !p.asked.Contains(x.start) {
		x.far += max(p.asked.Start-x.start, x.start-p.asked.End+1)
		change(1, Unlock{Kind: "week", Value: p.query.Zone.Date(x.start).Monday().String()})
	}
	if unmet.Has(NeedSpecialtyMatch) {
		change(1, Unlock{Kind: "specialty_match_requested", Value: strconv.FormatBool(false)})
	}
	if len(codes) > 0 {
		change(len(codes), Unlock{Kind: "attestation", Value: codes[0]})
	}
}

// single counts a start that one change would open.
func (n *nearestSearch) single(u Unlock, start slots.Instant) {
	for i := range n.unlocks {
		if n.unlocks[i].Kind == u.Kind && n.unlocks[i].Value == u.Value {
			n.unlocks[i].add(start)
			return
		}
	}
	u.add(start)
	n.unlocks = append(n.unlocks, u)
}

// unlock names the change that opens what was found.
func (n *nearestSearch) unlock(found *near) Unlock {
	u := found.first
	for _, counted := range n.unlocks {
		if found.changes == 1 && counted.Kind == u.Kind && counted.Value == u.Value {
			u = counted
		}
	}
	if u.Kind == "windows" {
		u.Value = found.start.String()
	}
	return u
}

// nearby are the starts inside the limits that are not too far from the windows,
// else from the range.
func (p *Plan) nearby() slots.Interval {
	if p.query.Windows != nil {
		return p.aroundWindows().Intersect(p.limits)
	}
	reach := windowsReach
	if p.Mode == modeAdHoc {
		reach = adHocReach / 2
	}
	from := min(max(p.asked.Start, p.limits.Start), p.limits.End)
	to := max(min(p.asked.End, p.limits.End, from+explainReach), from)
	if p.Mode == modeAdHoc {
		to = min(to, from+adHocReach/2)
	}
	return slots.Interval{Start: from - reach, End: to + reach}.Intersect(p.limits)
}

// center is the instant around which requests are answered whose own times do not matter.
func (p *Plan) center() slots.Instant {
	if p.query.Windows != nil && !p.windows.Empty() {
		return p.windows.Hull().Start
	}
	return max(p.asked.Start, p.limits.Start)
}

// turned is the plan with the specialty request turned round, nil if there is none.
func (p *Plan) turned() (*Plan, Unlock) {
	q := p.query
	q.SpecialtyMatch = !q.SpecialtyMatch
	other, _ := NewPlan(p.view, q)
	return other, Unlock{Kind: "specialty_match_requested", Value: strconv.FormatBool(q.SpecialtyMatch)}
}

// undated is the plan without the limit that ends its starts, nil if none does.
func (p *Plan) undated() (*Plan, Unlock) {
	relaxed := *p.view
	if relaxed.Rules = p.view.Rules.withoutDeadline(p.limitRule); relaxed.Rules == nil {
		return nil, Unlock{}
	}
	other, _ := NewPlan(&relaxed, p.query)
	return other, Unlock{Kind: "deadline", Value: p.limitRule, Rule: p.limitRule}
}

// asAskedNear returns the start nearest to an instant that can be booked as asked,
// if there is one.
func (p *Plan) asAskedNear(around slots.Instant) []Offer {
	top := best[hit]{limit: 1, compare: byDistance(around)}
	d := desk{plan: p}
	p.source.each(p, p.window, p.ticked(p.window), asAsked, func(r *Reviewer, start slots.Instant, s *span) bool {
		h := hit{reviewer: r, start: start, tier: s.tier, relation: s.relation}
		if top.admits(&h) { // even without calls
			d.reviewer = r
			h.firm = d.firmOnDate(start)
			top.add(h)
		}
		return true
	})
	offers := p.appendOffers(nil, top.kept)
	number(offers)
	return offers
}
