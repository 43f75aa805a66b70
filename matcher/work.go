package matcher

import "errors"

// Work bounds what the answers to one request may take, and counts it: see [Query.Work]. It is
// counted in units, of which one is about as much as looking at 64 bytes of bits: a block of 512
// reviewers in a set, the cells of a reviewer in a segment of the index. What takes
// longer counts for more of them, by the constants below. The count depends on the state, the query,
// the rules and whether the index covers what is asked, not on the machine nor on what a Searcher has kept.
//
// It is not for concurrent use. The zero Work bounds nothing.
type Work struct {
	// Limit is how many units all that is asked within Within may take, 0 = as many as it takes.
	Limit int

	spent   int
	bounded bool // somebody asks within it
	out     bool // and would have spent more
}

// Units of steps that take longer than a look at 64 bytes. Where an engine bounds its searches with
// them, they are part of its decisions, and no record says by which they were made: a build with
// other units may decide otherwise, which judging a log again shows.
const (
	// workSearch is a search whatever it finds: its window, its casts, its account.
	workSearch = 32
	// workMask is to work out which cells of a segment suit a plan.
	workMask = 32
	// workGrade is what the rules say of a reviewer at one instant, for one case.
	workGrade = 32
	// workOpen is to read a reviewer's hours and calls, for each day 1 more, and 1 for each call.
	workOpen = 64
	// workFirm is to count a reviewer's calls of a date or a week.
	workFirm = 16
	// workStart is a start that is judged one by one, workChange one of which it is worked out what
	// would have to change.
	workStart  = 2
	workChange = 24
	// workOffer is to write down what an offer of a week's page says.
	workOffer = 4
)

// Spent returns how many units were counted so far.
func (w *Work) Spent() int { return w.spent }

// Within asks plans of queries that have w, and reports whether that came to its end. If it did
// not, there was more to do than may be done: nothing of it is an answer, the Searchers that were in
// use are not to be used again, and later asks come to no end either, at once. A step is counted
// before it is done. Outside Within nothing is bounded; it does not go into itself.
func (w *Work) Within(ask func()) (done bool) {
	if w.out {
		return false
	}
	w.bounded = w.Limit > 0
	defer func() {
		w.bounded = false
		if w.out {
			if r := recover(); r != any(errWorkSpent) {
				panic(r) // a fault that was met on the way out
			}
		}
	}()
	ask()
	return true
}

// spend counts a step that is about to be done.
func (w *Work) spend(units int) {
	if w == nil {
		return
	}
	if w.spent += units; w.bounded && w.spent > w.Limit {
		w.stop()
	}
}

// stop unwinds to Within: a search has no place where it could end halfway.
//
//go:noinline
func (w *Work) stop() {
	w.out = true
	panic(errWorkSpent)
}

// errWorkSpent goes no further than Within.
var errWorkSpent = errors.New("matcher: the work of a request is spent")
