package matcher

import (
	"github.com/tidwall/btree"

	"github.com/parleyhq/parley/slots"
)

// Index is what a search on the grid reads in place of roster and calendar: bits of
// cells of time. It holds nothing that they do not say and decides nothing.
//
//   - hours: the cells that lie wholly in a reviewer's hours.
//   - free: of these, the cells of which a new call of his may consist: no call or hold
//     in the calendar lies in the cell or as near as his buffers reach, and the cap of
//     the local date is not used up. A call of whole cells is free if its cells are.
//   - columns: free once more, as the set of reviewers in each cell.
//   - sets: the active reviewers of a tenant with a trait. Each content of one has a number
//     of its own, by which a Searcher knows what it has already made of it (see lineup).
//   - tallies: how many firm calls of a reviewer start on a local date of his, or in
//     a week.
//
// Holds that have expired count in free until they are removed, and some reviewers
// cannot be told by cells at all: both are looked at one by one (see bitSearch.odd).
//
// One goroutine, the writer, calls Clone and what changes an Index, each time after
// roster or calendar have changed. An Index that it no longer changes may be read by
// any number of others, even while the writer clones it again and changes the clone.
type Index struct {
	raster  slots.Raster
	reach   slots.Instant // how far ahead of now it is kept
	edition uint64
	last    *uint64 // edition given out, by all versions

	size    int // numbers below were seen
	seats   vec[[seatsPerLeaf]*Reviewer]
	labels  vec[[seatsPerLeaf]uint64] // in a tenant they ascend as ids do; 0 = nobody
	lows    vec[[seatsPerLeaf]uint64] // the least of each 64 labels
	tenants map[string]*tenantSets    // never changed, but replaced
	numbers *uint64                   // given to traits, by all versions

	segments []*segment     // consecutive; never changed, but replaced
	sorted   slots.Interval // that licences and certifications are sorted by, see setLicense; the segments at least
	listed   slots.Instant  // up to where everybody's are sorted so
	counted  int            // the calls of numbers below are in the tallies and holds
	crowded  plane          // whose tallies do not fit
	holds    *btree.BTreeG[heldUntil]
	byDate   series[tally] // firm calls by the reviewer's local date of their start
	byWeek   series[tally] // by week, see weekOf
	nearTurn series[plane] // by hour since 1970, near the turn of weeks: whose firm calls start in it
	oldest   slots.Instant // firm calls that start before are not counted
}

const seatsPerLeaf = 64

// holdsDegree keeps small what a version copies to change one hold: up to 15 of them.
const holdsDegree = 8

// segment is the stretch of 512 cells from first on.
type segment struct {
	edition uint64
	first   int // multiple of blockBits
	tiles   int // of 512 reviewers each: those below are built
	// since is where licences and certifications that turn are to be sorted anew from: its own start or,
	// after a long silence, long before.
	since   slots.Instant
	hours   vec[rows]
	free    vec[rows]
	odd     plane // who has a cap and works past midnight: no cell belongs to one date
	columns vec[plane]
}

// rows are the cells of a few reviewers with consecutive numbers.
type rows [rowsPerLeaf]block

const rowsPerLeaf = 8

// heldUntil is a hold by when it ends.
type heldUntil struct {
	until, busyStart slots.Instant
	ref              slots.ReviewerRef
}

func (a heldUntil) before(b heldUntil) bool {
	switch {
	case a.until != b.until:
		return a.until < b.until
	case a.ref != b.ref:
		return a.ref < b.ref
	}
	return a.busyStart < b.busyStart
}

// Bounds of an index.
const (
	// finestCell is the shortest cell, in minutes. Calls on finer grids, such as those
	// of any full minute, are searched in roster and calendar.
	finestCell = 5
	// longestCall is how many cells a call may have.
	longestCall = 64
	// reachSlack is how far an index goes beyond what it is kept for, so that it may be
	// a little late.
	reachSlack = 3 * 24 * slots.Hour
)

// NewIndex returns an empty index for rules: its cells are the coarsest that their grids
// and the lengths of their calls have in common, at least 5 minutes, and it goes as far
// as the longest horizon.
func NewIndex(rules *Ruleset) *Index {
	minutes, reach := rules.raster()
	return newIndex(minutes, reach)
}

func newIndex(minutes int, reach slots.Instant) *Index {
	return &Index{
		raster: slots.Raster{Minutes: minutes}, reach: reach, edition: 1, last: new(uint64(1)), numbers: new(uint64),
		tenants: map[string]*tenantSets{},
		oldest:  everything.Hull().Start,
		holds:   btree.NewBTreeGOptions(heldUntil.before, btree.Options{Degree: holdsDegree, NoLocks: true}),
	}
}

// Fits reports whether the index is what NewIndex would make for rules.
func (x *Index) Fits(rules *Ruleset) bool {
	minutes, reach := rules.raster()
	return x.raster.Minutes == minutes && x.reach == reach
}

// raster returns the cells that suit the rows, in minutes, and the longest horizon. A
// row that would make them finer than finestCell is left out.
func (rs *Ruleset) raster() (minutes int, reach slots.Instant) {
	for _, row := range rs.payerRows {
		if !row.applied() {
			continue
		}
		reach = max(reach, slots.Instant(row.Call.HorizonHours)*slots.Hour)
		if m := commonDivisor(commonDivisor(minutes, row.Call.GridMinutes), row.Call.CallMinutes); m >= finestCell {
			minutes = m
		}
	}
	if minutes == 0 {
		minutes = 60
	}
	return minutes, reach
}

// commonDivisor is the greatest one; that of 0 and b is b.
func commonDivisor(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// Clone returns a copy that may be changed without touching x, in constant time. It
// belongs to the writer: x changes what it may change in place.
func (x *Index) Clone() *Index {
	c := *x
	c.holds = x.holds.Copy()
	c.edition, x.edition = *x.last+1, *x.last+2
	*x.last += 2
	return &c
}

// seat returns the reviewer with a number, nil if there is none.
func (x *Index) seat(ref int) *Reviewer {
	if l := x.seats.at(ref / seatsPerLeaf); l != nil {
		return l[ref%seatsPerLeaf]
	}
	return nil
}

// label returns the reviewer's place among the ids of his tenant.
func (x *Index) label(ref int) uint64 { return x.labels.at(ref / seatsPerLeaf)[ref%seatsPerLeaf] }

// low returns a label that is above that of none of the 64 reviewers from 64·word on.
func (x *Index) low(word int) uint64 {
	if l := x.lows.at(word / seatsPerLeaf); l != nil {
		return l[word%seatsPerLeaf]
	}
	return 0
}

// built reports whether a segment holds all reviewers.
func (x *Index) built(s *segment) bool { return s.tiles*blockBits >= x.size }

// segmentOf returns the segment of a cell, nil if there is none or not all of it is built.
func (x *Index) segmentOf(cell int) *segment {
	if len(x.segments) == 0 {
		return nil
	}
	i := cell/blockBits - x.segments[0].first/blockBits
	if x.counted < x.size || cell < 0 || i < 0 || i >= len(x.segments) || !x.built(x.segments[i]) {
		return nil
	}
	return x.segments[i]
}

// cellsOf returns the cells of a reviewer, nil if none were ever set.
func cellsOf(v *vec[rows], ref int) *block {
	if l := v.at(ref / rowsPerLeaf); l != nil {
		return &l[ref%rowsPerLeaf]
	}
	return nil
}

// column returns who is free in a cell of the segment, 0 ≤ i < 512.
func (s *segment) column(i int) *plane {
	if p := s.columns.at(i); p != nil {
		return p
	}
	return &noPlane
}

var noPlane plane

// ownSegment returns segment i to change.
func (x *Index) ownSegment(i int) *segment {
	s := x.segments[i]
	if s.edition == x.edition {
		return s
	}
	mine := *s
	mine.edition = x.edition
	segments := make([]*segment, len(x.segments))
	copy(segments, x.segments)
	segments[i] = &mine
	x.segments = segments
	return &mine
}
