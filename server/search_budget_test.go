package server

import (
	"fmt"
	"testing"
)

// TestTooMuchWork: what would make too long an answer is refused with what to ask less of, and asking less of any of it is answered. A page as
// large as may be of reviewers who have less is answered.
func TestTooMuchWork(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	for i := range 80 { // each has 672 slots a week
		w.seed(ames.with("/id", fmt.Sprint("rev-", i), "/exceptions", []doc{},
			"/weeklyHours", []doc{{"days": []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}, "start": "00:00", "end": "24:00"}}))
	}
	var hours []int
	for h := range 24 {
		hours = append(hours, h)
	}
	large := deckSearch.with("/days", []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}, "/hours", hours, "/reviewersPerPriority", 200, "/slotsPerDay", 200)
	got := w.do("POST", "/v1/search", large.String()).is(422, codeTooMuchWork)
	for i, name := range []string{"/reviewersPerPriority", "/slotsPerDay", "/days", "/hours"} {
		if got.at("errors", i, "pointer") != name {
			t.Errorf("%s is not named: %s", name, got.body)
		}
	}
	again := w.do("POST", "/v1/search", large.String()).is(422, codeTooMuchWork)
	if again.text("detail") != got.text("detail") {
		t.Errorf("the same question is answered otherwise: %s", again.body)
	}
	for _, less := range []doc{
		large.with("/reviewersPerPriority", 70), large.with("/slotsPerDay", 80), large.with("/days", []string{"mon", "tue", "wed", "thu", "fri"}), large.with("/hours", hours[:20]),
	} {
		w.do("POST", "/v1/search", less.String()).is(200, "")
	}
}
