package matcher

import (
	"math/bits"

	"github.com/parleyhq/parley/slots"
)

// bitSource is the search over the Index of a View. Who may stand in which tier comes
// from sets of reviewers, when they are free from rows and columns of cells, and time is
// walked from the earliest cell on until nothing that follows can change the answer.
//
// Whoever cells or sets do not tell exactly is judged at a desk as the search over
// B-trees judges everybody, and ranked among the others: see cast. Where the index does
// not reach, or a plan is off its cells, the other search answers alone. Both give the
// same answer to everything.
type bitSource struct{ treeSource }

// bitSearch is one search over bits: its question, and memory that a Searcher keeps.
type bitSearch struct {
	p      *Plan
	work   *Work
	x      *Index
	sets   *tenantSets
	window slots.Interval // of starts
	length int            // of a call, in cells
	lines  int            // a call starts on each so many-th cell

	width   int            // words of a dense set of reviewers
	words   slab[uint64]   // dense sets
	members slab[wordBits] // of casts
	lists   slab[outcome]
	united  []trait // to be united
	inquiry
	kept    lineups // of earlier searches
	key     []uint64
	once    lineup // that is not kept
	casts   []cast // by tier, then the closest relation first
	singles []int  // who is to be judged at a desk, by number
	desk    desk
	cuts    []slots.Instant

	times
	picks  picks
	weekly weekCounts
	accounts
	parts   []dayPart
	read    uint64 // by fetch
	dates   []dated
	datesAt slots.Instant // that dates hold for
	days    []localDay    // one per zone
}

// on makes the scratch of p's Searcher ready for starts in window. It is not ok if the
// index cannot answer: there is none, it does not reach, or calls are not whole cells.
func (bitSource) on(p *Plan, window slots.Interval) (b *bitSearch, ok bool) {
	x := p.view.Index
	if x == nil || window.Empty() || p.view.Except != "" && p.view.ExceptOf == nil {
		return nil, false
	}
	cell := x.raster.Minutes
	if p.CallMinutes%cell != 0 || p.Grid.StepMinutes%cell != 0 || p.CallMinutes > cell*longestCall {
		return nil, false
	}
	if !x.Covers(p.reach(window)) || window.Start-48*slots.Hour < x.oldest {
		return nil, false
	}
	b = &p.mem.bits
	b.p, b.x, b.window, b.sets, b.work = p, x, window, x.tenant(p.view.Tenant), p.work
	b.work.spend(workSearch)
	b.length, b.lines = p.CallMinutes/cell, p.Grid.StepMinutes/cell
	b.width = tilesOf(x.size) * blockWords
	b.words.reset()
	b.members.reset()
	b.lists.reset()
	b.casts, b.singles, b.days, b.dates = b.casts[:0], b.singles[:0], b.days[:0], b.dates[:0]
	b.desk.plan = p
	b.times.reset(b)
	return b, true
}

// pass counts a walk over all reviewers, in so many sets.
func (b *bitSearch) pass(sets int) { b.work.spend(b.width / blockWords * sets) }

// wordBits are those among the 64 reviewers from 64·word on.
type wordBits struct {
	word int
	bits uint64
}

// cast are the reviewers who stand in one tier by one relation, all along the window.
type cast struct {
	tier     Tier
	relation Relation
	count    int
	members  []wordBits
}

// few is up to how many reviewers it is quicker to read their rows than the columns.
const few = 96

// each yields the number of each member, in order, until yield returns false.
func (c *cast) each(yield func(ref int) bool) {
	for _, m := range c.members {
		for w := m.bits; w != 0; w &= w - 1 {
			if !yield(m.word*64 + bits.TrailingZeros64(w)) {
				return
			}
		}
	}
}
