package matcher

// Searcher owns the memory of one search after another: what a plan and its answers
// need is kept from search to search, so that a Searcher which has met a search of its
// size allocates nothing. The zero Searcher is ready. It is not for concurrent use.
type Searcher struct {
	plan  Plan
	rules []*caseRules // of the plan, by case of its query

	// The plan's answers.
	priorities slab[Priority]
	reviewers  slab[ReviewerOffers]
	slots      slab[SlotOffer]
	offers     slab[Offer]
}

// forget takes back what the last plan and its answers used.
func (m *Searcher) forget() {
	m.rules = m.rules[:0]
	m.priorities.reset()
	m.reviewers.reset()
	m.slots.reset()
	m.offers.reset()
}

// NewPlan is the plan of a Searcher that is used this once.
func NewPlan(v *View, q Query) (*Plan, *Refusal) { return new(Searcher).Plan(v, q) }
