package engine

import (
	"cmp"
	"slices"
)

// MaxAccounts is how many requests that nobody may take an entry finds the reason for. What an account
// takes is not charged to settleWork: it depends on how far the index is, and a decision must not. A dear
// one goes through every reviewer and every start of two months, so few are given; a request beyond them
// keeps the status and the reason that it has until its turn comes with a later entry.
const MaxAccounts = 4

// account gives accounts to requests that were found to be lawful for nobody: first to the one that is
// new, so that its answer has one, then to those that nobody knows of yet, then from where the position in
// the log says.
func (t *settling) account() {
	list := fromTurn(t.unlawful, t.entry.seq)
	rank := func(try *trial) int {
		switch {
		case t.created(try.request):
			return 0
		case try.request.Status != CallbackUnassignable:
			return 1
		}
		return 2
	}
	slices.SortStableFunc(list, func(x, y *trial) int { return cmp.Compare(rank(x), rank(y)) })
	for _, try := range list[:min(len(list), MaxAccounts)] {
		if t.full() {
			return
		}
		counted := *t.work
		if _, refused := t.makePlan(try.ask); refused {
			continue // since others were assigned: a later look says why
		}
		code, rule := because(try.ask.plan)
		*t.work, try.ask.plan = counted, nil
		t.wait(try.request, CallbackUnassignable, code, rule)
	}
}

// created reports whether the entry's own command has made a request.
func (t *settling) created(r *CallbackRequest) bool {
	return t.entry.kind == KindCreateCallback && r.ID == t.d.subject
}
