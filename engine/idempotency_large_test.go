package engine

import (
	"errors"
	"fmt"
	"testing"

	"github.com/parleyhq/parley/slots"
)

// TestLargeReviewersAreRemembered: what is remembered of absences of a reviewer with long lists has the bound of answers, and a command
// that remembers little goes on.
func TestLargeReviewersAreRemembered(t *testing.T) {
	t.Parallel()
	s := newState()
	do := func(key string, p Payload) error {
		done, err := s.step(&Command{Actor: Actor{Tenant: "t", Principal: "p", Role: RoleAll, Source: SourceAPI}, Key: key, Payload: p},
			testNow, limits{keys: 1 << 30}, new(codec), nil)
		if err == nil && done.outcome.Status != StatusOK {
			t.Fatal(done.outcome.Status, done.outcome.Detail)
		}
		return err
	}
	r := filled[Reviewer](counting())
	r.Tenant, r.ID, r.ZoneName, r.Version, r.Ref = "t", "r", "UTC", 0, 0
	r.Hours.Weekly, r.Hours.Exceptions = nil, nil
	r.Hours.Blocks = make([]slots.Interval, 1_000_000)
	span := slots.Interval{Start: testNow + slots.Hour, End: testNow + 2*slots.Hour}
	r.Hours.Blocks[0] = span
	r.Active = true
	s.reviewers.put("t", "r", r)
	each := r.unusualBytes()
	n := 0
	for ; ; n++ {
		err := do(fmt.Sprint(n), AddAbsence{ReviewerID: "r", Span: span})
		if errors.Is(err, ErrOverloaded) {
			break
		}
		if err != nil || n*each > MaxAnswersBytes {
			t.Fatal(n, err)
		}
	}
	if want := MaxAnswersBytes / each; n != want || s.answerBytes != n*each || s.keyShares.of("t").bytes != n*each {
		t.Fatalf("%d are remembered, want %d: %d bytes", n, want, s.answerBytes)
	}
	small := *r
	small.ID, small.Hours.Blocks = "s", small.Hours.Blocks[:10]
	s.reviewers.put("t", "s", &small)
	s.answerBytes += MaxAnswersBytes // of an earlier build, which counted less
	s.keyShares = s.keyShares.with("t", 0, MaxAnswersBytes)
	s.tenants.put("u", "u", &Tenant{ID: "u"})
	if err := do("small", AddAbsence{ReviewerID: "s", Span: span}); err != nil || small.unusualBytes() != 0 {
		t.Fatal(err, small.unusualBytes())
	}
}

// TestLongAnswersLeaveRoom: an answer that has a shorter one in its place takes half of the room at most, of which a tenant among
// several has three fourths, and a short one is remembered whatever the room.
func TestLongAnswersLeaveRoom(t *testing.T) {
	t.Parallel()
	for _, tenants := range []int{0, 2} {
		s := newState()
		for i := range tenants {
			if err := s.putTenant(&Tenant{ID: fmt.Sprint("t", i), Version: 1}); err != nil {
				t.Fatal(err)
			}
		}
		n, body := 0, make([]byte, MaxAnswerBytes)
		fill := func(length int, long bool, most int) (taken int) {
			for ; taken < most; taken++ {
				n++
				cmd := Command{Actor: Actor{Tenant: "t0", Principal: "p"}, Key: fmt.Sprint(n), Payload: RecordAnswer{Body: body[:length], Long: long}}
				done, err := s.step(&cmd, testNow, limits{keys: 1 << 20}, new(codec), nil)
				if errors.Is(err, ErrKeysFull) && errors.Is(err, ErrOverloaded) {
					return taken
				}
				if err != nil || done.outcome.Status != StatusOK {
					t.Fatal(err, done.outcome.Status)
				}
			}
			return taken
		}
		room := MaxAnswersBytes / MaxAnswerBytes
		if tenants > 0 {
			room -= room / keysApart
		}
		if got := fill(MaxAnswerBytes, true, room+1); got != room/2 {
			t.Errorf("%d long ones, want %d", got, room/2)
		}
		if got := fill(MaxAnswerBytes, false, room+1); got != room-room/2 {
			t.Errorf("%d others, want %d", got, room-room/2)
		}
		if got := fill(ShortAnswerBytes+1, false, 1); got != 0 {
			t.Error("one that is not short where there is no room")
		}
		if got := fill(ShortAnswerBytes, true, 100); got != 100 || s.answerBytes != room*MaxAnswerBytes || s.check() != nil {
			t.Errorf("%d short ones, %d bytes: %v", got, s.answerBytes, s.check())
		}
	}
}
