package engine

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"
)

// TestUrgentFirst has commands wait while a write is under way: the urgent ones are judged first, whatever came before, and each line
// keeps its order.
func TestUrgentFirst(t *testing.T) {
	t.Parallel()
	w := &writer{Engine: &Engine{options: Options{UrgentFirst: true}, queue: make(chan *request, 100), urgent: make(chan *request, 100)}}
	send := func(p Payload, id string) {
		r := &request{ctx: t.Context(), cmd: &Command{Payload: p, RequestID: id}}
		w.line(r, false) <- r
	}
	send(HoldSlot{}, "hold")
	send(Book{}, "book")
	send(Book{HoldID: "h"}, "confirm")
	send(PutCase{}, "case")
	send(Cancel{}, "cancel")
	send(ReleaseHold{}, "release")
	var order []string
	for w.waiting() > 0 {
		order = append(order, w.next(w.urgent, w.queue).cmd.RequestID)
	}
	if want := []string{"confirm", "cancel", "release", "hold", "book", "case"}; !slices.Equal(order, want) {
		t.Fatalf("judged in the order %v, want %v", order, want)
	}
}

// TestOrderIsKept where nobody asked for anything else, and of commands that were given in an order.
func TestOrderIsKept(t *testing.T) {
	t.Parallel()
	r := &request{cmd: &Command{Payload: Cancel{}}}
	plain := &Engine{queue: make(chan *request), urgent: make(chan *request)}
	urgent := &Engine{options: Options{UrgentFirst: true}, queue: make(chan *request), urgent: make(chan *request)}
	if plain.line(r, false) != plain.queue || urgent.line(r, true) != urgent.queue || urgent.line(r, false) != urgent.urgent {
		t.Fatal("a command stands in the wrong line")
	}
}

// TestUrgentLeavesRoom: however many urgent commands wait, one of the others goes after some of them, also where the writer is full
// again and again in between. With no others waiting, nothing holds them up.
func TestUrgentLeavesRoom(t *testing.T) {
	t.Parallel()
	w := &writer{Engine: &Engine{options: Options{UrgentFirst: true}, queue: make(chan *request, 100), urgent: make(chan *request, 100)}}
	put, hold := &request{cmd: &Command{Payload: Cancel{}}}, &request{cmd: &Command{Payload: HoldSlot{}}}
	takes := func(n int, want *request) {
		t.Helper()
		for i := range n {
			if w.next(nil, nil) != nil {
				t.Fatal("a full writer takes one more")
			}
			if r := w.next(w.urgent, w.queue); r != want {
				t.Fatalf("turn %d of %d is another one's", i, n)
			}
		}
	}
	for range 90 {
		w.urgent <- put
	}
	takes(urgentInRow+3, put)
	w.queue <- hold
	w.queue <- hold
	takes(urgentInRow, put)
	takes(1, hold)
	takes(urgentInRow, put)
	takes(1, hold)
	takes(90-3*urgentInRow-3, put)
	takes(1, nil)
}

// TestEveryKindHasALine names the line of each kind: a new kind has to be thought about.
func TestEveryKindHasALine(t *testing.T) {
	t.Parallel()
	urgent := []Kind{KindReleaseHold, KindCancel, KindCancelCallback, KindStartCall, KindCompleteCall, KindNoShow, KindRecordAttempt, KindRevokeKey}
	for _, p := range []Payload{
		LoadRules{}, PutReviewer{}, DeactivateReviewer{}, PutCase{}, HoldSlot{}, ReleaseHold{}, Book{}, Reschedule{}, Cancel{}, PutProfile{}, RecordAnswer{},
		RecordAttempt{}, StartCall{}, CompleteCall{}, NoShowCall{}, Reassign{}, AddAbsence{}, CreateCallback{}, CancelCallback{}, AdHoc{}, RecordOffer{},
		PutTenant{}, CreateKey{}, RevokeKey{},
	} {
		if got, want := (&Command{Payload: p}).urgent(), slices.Contains(urgent, p.Kind()); got != want {
			t.Errorf("%v: urgent %v, want %v", p.Kind(), got, want)
		}
	}
}

// late is a context whose deadline has come and whose timer has not fired.
type late struct {
	context.Context
	end time.Time
}

func (l late) Deadline() (time.Time, bool) { return l.end, true }

// TestDeadlineIsLookedAt: a command whose deadline has come is not applied, also where nobody has told its context so yet.
func TestDeadlineIsLookedAt(t *testing.T) {
	t.Parallel()
	e, err := Open(t.Context(), Options{Log: NewMemLog(), Clock: still(1_700_000_000)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}()
	put := func(end time.Time) error {
		_, err := e.Submit(late{t.Context(), end}, Command{Actor: Actor{Tenant: "t", Principal: "p"}, Payload: PutProfile{Profile: Profile{NPIs: []string{"1234567893"}}}})
		return err
	}
	before := e.Snapshot().Seq()
	if err := put(time.Now().Add(-time.Nanosecond)); !errors.Is(err, ErrDeadline) || e.Snapshot().Seq() != before {
		t.Fatalf("%v at %d, want a deadline at %d", err, e.Snapshot().Seq(), before)
	}
	if err := put(time.Now().Add(time.Hour)); err != nil || e.Snapshot().Seq() != before+1 {
		t.Fatalf("%v at %d, want none at %d", err, e.Snapshot().Seq(), before+1)
	}
}
