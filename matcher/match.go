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

// match is what the rules say of a reviewer and a start, as offers tell it.
type match struct {
	grade
	attestations []string
	cases        []CaseJudgement // valid until the next match, and on if they differ
	differ       bool            // tier, unmet, consultative or late differ among the cases
	blocking     string          // for TierNone: the row that decided, of the first case that is barred
	barred       Needs           // what that row leaves unmet
}

// particulars are what a judgement tells beyond that.
type particulars struct{ optional, met, rules []string }

// match is grade with what an offer tells, and with all particulars if they are wanted.
func (p *Plan) match(r *Reviewer, start slots.Instant, all *particulars) match {
	m := match{grade: grade{tier: TierFull, relation: RelationSameSubspecialty, consultative: true}}
	from := p.mem.cases.mark()
	m.cases = p.mem.cases.take(len(p.rules))
	for _, cr := range p.rules {
		v := cr.verdict(r, start)
		changing := cr.changing.Contains(start)
		m.grade.add(&v, changing)
		m.cases = append(m.cases, CaseJudgement{
			CaseID: cr.c.ID, Tier: v.Tier, Relation: v.Relation, Unmet: v.Unmet,
			Consultative: !changing, Late: cr.late(start), Attestations: v.Attestations, Optional: v.Optional,
		})
		c, first := &m.cases[len(m.cases)-1], &m.cases[0]
		m.differ = m.differ || c.Tier != first.Tier || c.Unmet != first.Unmet ||
			c.Consultative != first.Consultative || c.Late != first.Late
		m.attestations = p.mem.unions.of(m.attestations, v.Attestations)
		if v.Tier == TierNone && m.blocking == "" {
			m.blocking, m.barred = v.Blocking, v.Barred
		}
		if all != nil {
			all.optional = join(all.optional, v.Optional)
			all.met = join(all.met, v.Met)
			all.rules = join(all.rules, v.Rules)
		}
	}
	if !m.differ {
		p.mem.cases.release(from)
	}
	if all != nil { // What one case needs is not optional, and what one case misses is not met.
		all.optional = without(all.optional, m.attestations)
		all.met = without(all.met, m.unmet.Codes())
	}
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
