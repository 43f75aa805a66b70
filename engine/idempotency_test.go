package engine

import (
	"errors"
	"fmt"
	"testing"

	"github.com/parleyhq/parley/slots"
)

// TestAnswersAreBounded remembers answers until there is no room, and again
// once they have ended.
func TestAnswersAreBounded(t *testing.T) {
	t.Parallel()
	s := newState()
	body := make([]byte, MaxAnswerBytes)
	remember := func(key string, now int) error {
		done, err := s.step(&Command{
			Actor: Actor{Tenant: "t", Principal: "p"}, Key: key, Payload: RecordAnswer{Body: body},
		}, testNow+slots.Instant(now), limits{keys: 1 << 20}, new(codec), nil)
		if err == nil && done.outcome.Status != StatusOK {
			t.Fatal(done.outcome.Status)
		}
		return err
	}
	const room = MaxAnswersBytes / MaxAnswerBytes
	for i := range room {
		if err := remember(fmt.Sprint(i), 0); err != nil {
			t.Fatal(i, err)
		}
	}
	if err := remember("more", 0); !errors.Is(err, ErrOverloaded) {
		t.Fatal(err)
	}
	if _, err := s.step(&Command{Actor: Actor{Tenant: "t", Principal: "p"}, Key: "small", Payload: ReleaseHold{ID: "h"}},
		testNow+KeyRetention, limits{keys: 1 << 20}, new(codec), nil); err != nil {
		t.Fatal(err)
	}
	if err := remember("more", KeyRetention); err != nil {
		t.Fatal(err)
	}
	if s.answerBytes != (room-keysPerEntry-keysPerEntry+1)*MaxAnswerBytes || s.check() != nil {
		t.Fatal(s.answerBytes, s.check())
	}
}
