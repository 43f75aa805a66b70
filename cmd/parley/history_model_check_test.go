package main

import (
	"math"
	"testing"

	"github.com/anishathalye/porcupine"
)

// step is one operation of a scripted history.
type step struct {
	q    asked
	a    answered
	with int // of the steps before: begun before they had an answer
}

func scripted(steps []step) []porcupine.Operation {
	var out []porcupine.Operation
	for i, s := range steps {
		back := int64(10*i + 5)
		if s.a.Lost {
			back = math.MaxInt64
		}
		out = append(out, porcupine.Operation{ClientId: i, Input: s.q, Output: s.a, Call: int64(10 * (i - s.with)), Return: back})
	}
	return out
}

func made(id string, c int, slot groupSlot, version int, booked bool) answered {
	return answered{ID: id, Calls: []seenCall{{id, c, slot, version, booked}}}
}

func shown(calls ...seenCall) answered { return answered{Calls: calls} }

func bookAsk(c int, slot groupSlot) asked { return asked{Kind: askBook, Case: c, Slot: slot} }

// TestHistoryModel plants what the checker is to reject, beside what it is to take.
func TestHistoryModel(t *testing.T) {
	t.Parallel()
	const rests = groupStarts // the first slot of the reviewer who rests
	hold := func(c int, slot groupSlot) asked { return asked{Kind: askHold, Case: c, Slot: slot} }
	move := func(c int, id string, slot groupSlot) asked {
		return asked{Kind: askMove, Case: c, ID: id, Slot: slot}
	}
	cancel := asked{Kind: askCancel, Case: 0, ID: "a"}
	agenda := asked{Kind: askAgenda, Reviewer: 0}
	a0, a1 := seenCall{"a", 0, 0, 1, true}, seenCall{"b", 1, 1, 1, true}
	refused := func(code string) answered { return answered{Code: code} }
	first := step{q: bookAsk(0, 0), a: made("a", 0, 0, 1, true)}
	lost := answered{Lost: true}
	for _, c := range []struct {
		name  string
		steps []step
		want  bool
	}{
		{"two slots", []step{first, {q: bookAsk(1, 1), a: made("b", 1, 1, 1, true)}, {q: agenda, a: shown(a0, a1)}}, true},
		{"one slot twice", []step{first, {q: bookAsk(1, 0), a: made("b", 1, 0, 1, true)}}, false},
		{"one slot twice at the same time", []step{first, {q: bookAsk(1, 0), a: made("b", 1, 0, 1, true), with: 1}}, false},
		{"one wins at the same time", []step{first, {q: bookAsk(1, 0), a: refused("slot_taken"), with: 1}}, true},
		{"the loser was told before", []step{{q: bookAsk(1, 0), a: refused("slot_taken")}, first}, false},
		{"within the rest", []step{{q: bookAsk(0, rests), a: made("a", 0, rests, 1, true)}, {q: bookAsk(1, rests+1), a: made("b", 1, rests+1, 1, true)}}, false},
		{"after the rest", []step{{q: bookAsk(0, rests), a: made("a", 0, rests, 1, true)}, {q: bookAsk(1, rests+2), a: made("b", 1, rests+2, 1, true)}}, true},
		{"a case twice", []step{first, {q: bookAsk(0, 1), a: made("b", 0, 1, 1, true)}}, false},
		{"a hold ignored", []step{{q: hold(0, 0), a: answered{ID: "h"}}, {q: bookAsk(1, 0), a: made("b", 1, 0, 1, true)}}, false},
		{"an own hold", []step{{q: hold(0, 0), a: answered{ID: "h"}}, {q: asked{Kind: askBook, Case: 0, ID: "h"}, a: made("a", 0, 0, 1, true)}}, true},
		{"a hold used twice", []step{
			{q: hold(0, 0), a: answered{ID: "h"}},
			{q: asked{Kind: askBook, Case: 0, ID: "h"}, a: made("a", 0, 0, 1, true)},
			{q: cancel, a: made("a", 0, 0, 2, false)},
			{q: asked{Kind: askBook, Case: 0, ID: "h"}, a: made("b", 0, 0, 1, true)},
		}, false},
		{"a released hold", []step{{q: hold(0, 0), a: answered{ID: "h"}}, {q: asked{Kind: askRelease, Case: 0, ID: "h"}}, {q: bookAsk(1, 0), a: made("b", 1, 0, 1, true)}}, true},
		{"an acknowledged call is gone", []step{first, {q: agenda, a: shown()}}, false},
		{"an answer from the past", []step{first, {q: cancel, a: made("a", 0, 0, 2, false)}, {q: asked{Kind: askGet, ID: "a"}, a: shown(a0)}}, false},
		{"an answer from the present", []step{first, {q: cancel, a: made("a", 0, 0, 2, false), with: 0}, {q: asked{Kind: askGet, ID: "a"}, a: shown(a0), with: 1}}, true},
		{"a refusal for nothing", []step{{q: bookAsk(0, 0), a: refused("slot_taken")}}, false},
		{"cancelled, and not free", []step{first, {q: cancel, a: made("a", 0, 0, 2, false)}, {q: bookAsk(1, 0), a: refused("slot_taken")}}, false},
		{"moved", []step{first, {q: move(0, "a", 2), a: made("a", 0, 2, 2, true)}, {q: bookAsk(1, 0), a: made("b", 1, 0, 1, true)}}, true},
		{"moved, and there twice", []step{first, {q: move(0, "a", 2), a: made("a", 0, 2, 2, true)}, {q: agenda, a: shown(a0, seenCall{"a", 0, 2, 2, true})}}, false},
		{"moved onto another", []step{first, {q: bookAsk(1, 1), a: made("b", 1, 1, 1, true)}, {q: move(0, "a", 1), a: made("a", 0, 1, 2, true)}}, false},
		{"moved without a new version", []step{first, {q: move(0, "a", 2), a: made("a", 0, 2, 1, true)}}, false},
		{"seen before it was asked for", []step{{q: agenda, a: shown(a0)}, first}, false},
		{"without answer, seen later", []step{{q: bookAsk(0, 0), a: lost}, {q: agenda, a: shown()}, {q: agenda, a: shown(a0)}}, true},
		{"without answer, never there", []step{{q: bookAsk(0, 0), a: lost}, {q: bookAsk(1, 0), a: made("b", 1, 0, 1, true)}}, true},
		{"without answer, seen and gone", []step{{q: bookAsk(0, 0), a: lost}, {q: agenda, a: shown(a0)}, {q: agenda, a: shown()}}, false},
		{"without answer, there twice", []step{{q: bookAsk(0, 0), a: lost}, {q: agenda, a: shown(a0, seenCall{"b", 0, 0, 1, true})}}, false},
		{"a move without answer, half done", []step{
			first, {q: move(0, "a", 1), a: lost}, {q: agenda, a: shown(seenCall{"a", 0, 1, 2, true})}, {q: agenda, a: shown(a0)},
		}, false},
	} {
		if got := porcupine.CheckOperations(groupModel, scripted(c.steps)); got != c.want {
			t.Errorf("%s: %t, want %t", c.name, got, c.want)
		}
	}
}
