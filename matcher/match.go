package matcher

import (
	"math/bits"
	"slices"

	"github.com/parleyhq/parley/slots"
)

// tierSet is a set of tiers, bit Tier.
type tierSet uint16

const (
	compliantTiers = tierSet(1<<TierFull | 1<<TierSimilar | 1<<TierSkilled)
	waivableTiers  = tierSet(1<<TierLicenseWaived | 1<<TierSpecialtyWaived | 1<<TierBothWaived)
)

func (s tierSet) has(t Tier) bool     { return s&(1<<t) != 0 }
func (s tierSet) with(t Tier) tierSet { return s | 1<<t }
func (s tierSet) rank(t Tier) int     { return bits.OnesCount16(uint16(s & (1<<(t+1) - 1))) }
func (s tierSet) best() Tier          { return Tier(bits.TrailingZeros16(uint16(s))) }
func (s tierSet) all(yield func(Tier) bool) {
	for ; s != 0; s &= s - 1 {
		if !yield(s.best()) {
			return
		}
	}
}

// grade is the part of a match that ranking and revealing need.
type grade struct {
	tier     Tier
	relation Relation
	unmet    Needs
	// consultative: the decision of every case can no longer change.
	consultative bool
}

// span is a stretch of starts over which everything that the rules say of one
// reviewer stays the same.
type span struct {
	slots.Interval
	grade
}

// filter says which matches a search looks at.
type filter struct {
	tiers    tierSet
	changing bool // only where a decision can still change
	asAsked  bool // only with nothing unmet, the caller's request for a specialty match included
}

func (f filter) accepts(g *grade) bool {
	return f.tiers.has(g.tier) && !(f.changing && g.consultative) && !(f.asAsked && g.unmet != 0)
}

// grade judges r for all cases at one start: the tier and the relation are the
// worst, the unmet needs the union.
func (p *Plan) grade(r *Reviewer, start slots.Instant) grade {
	g := grade{tier: TierFull, relation: RelationSameSubspecialty, consultative: true}
	for _, cr := range p.rules {
		v := cr.verdict(r, start)
		g.add(&v, cr.changing.Contains(start))
	}
	return g
}

func (g *grade) add(v *verdict, changing bool) {
	g.tier = worse(g.tier, v.Tier)
	g.relation = min(g.relation, v.Relation)
	g.unmet |= v.Unmet
	g.consultative = g.consultative && !changing
}

// worse returns the worse of two tiers; no offer is worse than any.
func worse(a, b Tier) Tier {
	if a == TierNone || b == TierNone {
		return TierNone
	}
	return max(a, b)
}

// spans appends to dst the pieces of window between the instants at which the
// grade of r may change, in order of time.
func (p *Plan) spans(dst []span, r *Reviewer, window slots.Interval) []span {
	if window.Empty() {
		return dst
	}
	var cuts []slots.Instant
	for _, cr := range p.rules {
		cuts = append(cuts, cr.changes(r, window)...)
		for _, t := range [...]slots.Instant{cr.changing.Start, cr.changing.End, cr.lateFrom()} {
			if window.Contains(t) {
				cuts = append(cuts, t)
			}
		}
	}
	slices.Sort(cuts)
	from := window.Start
	for _, to := range append(cuts, window.End) {
		if from < to {
			dst = append(dst, span{slots.Interval{Start: from, End: to}, p.grade(r, from)})
			from = to
		}
	}
	return dst
}

// late reports whether a start comes after the payer's duty to the case.
func (cr *caseRules) late(start slots.Instant) bool {
	due := cr.eligibility.DueBy
	return due != 0 && start > due
}

// lateFrom is the first instant that is late, far off if none is.
func (cr *caseRules) lateFrom() slots.Instant {
	if cr.eligibility.DueBy == 0 {
		return everything.Hull().End
	}
	return cr.eligibility.DueBy + 1
}

// match is everything that the rules say of a reviewer and a start.
type match struct {
	grade
	attestations, optional, met, rules []string
	blocking                           string // for TierNone: the row that decided
	barred                             Needs  // what that row misses
	cases                              []CaseJudgement
	differ                             bool // tier, unmet, consultative or late differ among the cases
}

// match is grade with all particulars.
func (p *Plan) match(r *Reviewer, start slots.Instant) match {
	m := match{grade: grade{tier: TierFull, relation: RelationSameSubspecialty, consultative: true}}
	m.cases = make([]CaseJudgement, 0, len(p.rules))
	for _, cr := range p.rules {
		v := cr.verdict(r, start)
		changing := cr.changing.Contains(start)
		m.grade.add(&v, changing)
		c := CaseJudgement{
			CaseID: cr.c.ID, Tier: v.Tier, Relation: v.Relation, Unmet: v.Unmet,
			Consultative: !changing, Late: cr.late(start), Attestations: v.Attestations, Optional: v.Optional,
		}
		m.cases = append(m.cases, c)
		first := &m.cases[0]
		m.differ = m.differ || c.Tier != first.Tier || c.Unmet != first.Unmet ||
			c.Consultative != first.Consultative || c.Late != first.Late
		m.attestations = join(m.attestations, v.Attestations)
		m.optional = join(m.optional, v.Optional)
		m.met = join(m.met, v.Met)
		m.rules = join(m.rules, v.Rules)
		if v.Tier == TierNone && m.blocking == "" {
			m.blocking, m.barred = v.Blocking, v.Barred
		}
	}
	// What one case needs is not optional, and what one case misses is not met.
	m.optional = without(m.optional, m.attestations)
	m.met = without(m.met, m.unmet.Codes())
	return m
}

// without returns the elements of a that are not in b.
func without(a, b []string) []string {
	if !slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) }) {
		return a
	}
	var rest []string
	for _, s := range a {
		if !slices.Contains(b, s) {
			rest = append(rest, s)
		}
	}
	return rest
}
