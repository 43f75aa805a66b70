package engine

import (
	"iter"
	"math/bits"
	"slices"
)

// settleWork is how many units of work (matcher.Work, some 10 to 40 ns each) an entry takes to find other
// reviewers for calls, and as many again to try open requests. A search that has begun goes to its end, and
// behind it begin two at most: of the one whose turn the position in the log says, and of a new request.
// The units that a step counts for are part of decisions: see ReplayOptions.Rejudge.
const settleWork = 10_000_000

// inTurn yields a list in order until half of settleWork is spent, and then the rest from where the
// position in the log says: whatever those in front take, each comes to its turn. ok is false for whom
// no search is to be made any more.
func inTurn[T any](list []T, seq Seq, spent func() int) iter.Seq2[T, bool] {
	return func(yield func(x T, ok bool) bool) {
		for i, x := range list {
			if i > 0 && spent() > settleWork/2 {
				for k, x := range fromTurn(list[i:], seq) {
					if !yield(x, k == 0 || spent() <= settleWork) {
						return
					}
				}
				return
			}
			if !yield(x, true) {
				return
			}
		}
	}
}

// turnOf returns who of n begins at a position in the log, 0 of none.
func turnOf(seq Seq, n int) int {
	const golden = 0x9e3779b97f4a7c15 // 2⁶⁴ divided by the golden ratio: turns lie evenly, whatever their number
	from, _ := bits.Mul64(uint64(seq)*golden, uint64(n))
	return int(from)
}

// fromTurn returns a list that begins with whose turn it is at a position in the log, and ends with who stands before.
func fromTurn[T any](list []T, seq Seq) []T {
	from := turnOf(seq, len(list))
	return slices.Concat(list[from:], list[:from])
}

// stands reports whether what was found for a request can still be assigned: where no further
// search is to be made, that is taken.
func (t *settling) stands(try *trial) bool {
	a, offer := try.ask, try.found.Offer
	if _, refused := t.makePlan(a); refused {
		return false
	}
	a.reviewerID, a.start = offer.Reviewer.ID, offer.Start
	a.reviewer, _ = t.s.reviewers.get(t.actor.Tenant, a.reviewerID)
	_, refused := t.judgeSlot(a)
	return !refused
}

// turns returns the requests whose turn it is: all that are open, or MaxSettle of
// them, beginning where the position in the log says. A new one has its turn at once.
func (t *settling) turns() (requests []*CallbackRequest, fresh *CallbackRequest) {
	t.s.eachOpen(t.actor.Tenant, func(r *CallbackRequest) bool {
		if fresh == nil && t.created(r) {
			fresh = r
		} else {
			requests = append(requests, r)
		}
		return true
	})
	if len(requests) > MaxSettle {
		requests = fromTurn(requests, t.entry.seq)[:MaxSettle]
	}
	return requests, fresh
}
