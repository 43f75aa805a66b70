package matcher

// Searcher owns the memory of one search after another: what a plan and its answers
// need is kept from search to search, so that a Searcher which has met a search of its
// size allocates nothing. The zero Searcher is ready. It is not for concurrent use.
type Searcher struct {
	view  View
	plan  Plan
	rules []*caseRules // of the plan's cases and, behind them, of earlier plans'
	modes []string     // of the plan

	bits bitSearch

	// The plan's answers.
	priorities slab[Priority]
	reviewers  slab[ReviewerOffers]
	slots      slab[SlotOffer]
	offers     slab[Offer]
	cases      slab[CaseJudgement] // of slots on which the cases differ
	unions     unions              // of attestations

	// What accounts for them.
	reasons slab[Because]
	limits  slab[limitReason]
	unlocks slab[Unlock]
	names   slab[string]
	words   slab[byte]
	mondays [16]namedDate
	other   *Searcher // of the question that an explanation asks in the plan's place
}

// View is memory for the view of the next plan, which may be made in it.
func (m *Searcher) View() *View { return &m.view }

// forget takes back what the last plan and its answers used.
func (m *Searcher) forget() {
	m.priorities.reset()
	m.reviewers.reset()
	m.slots.reset()
	m.offers.reset()
	m.cases.reset()
	m.unions.reset()
	m.reasons.reset()
	m.limits.reset()
	m.unlocks.reset()
	m.names.reset()
	m.words.reset()
}

// aside returns a Searcher for another question, while the answers of m are in use.
func (m *Searcher) aside() *Searcher {
	if m.other == nil {
		m.other = new(Searcher)
	}
	return m.other
}

// rulesOf decides the cases of a query.
func (m *Searcher) rulesOf(v *View, q *Query) []*caseRules {
	for len(m.rules) < len(q.Cases) {
		m.rules = append(m.rules, new(caseRules))
	}
	rules := m.rules[:len(q.Cases)]
	for i, c := range q.Cases {
		rules[i].decide(v.Rules, c, v.Now, q.FirstAsked, q.SpecialtyMatch)
	}
	return rules
}

// NewPlan is the plan of a Searcher that is used this once.
func NewPlan(v *View, q Query) (*Plan, *Refusal) { return new(Searcher).Plan(v, q) }
