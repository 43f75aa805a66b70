package main

import (
	"slices"
	"testing"
)

// TestCalendarsAgree compares every calendar with the product's, and the search
// built on it with the product's answers.
func TestCalendarsAgree(t *testing.T) {
	t.Parallel()
	w, err := newWorkload(t.Output(), 400)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.agree(namedCalendar{"slots.Calendar", own{w.View.Calendar}}); err != nil {
		t.Errorf("slots.Calendar: %v", err)
	}
	for _, c := range calendars(len(w.reviewers)) {
		w.book(c)
		if err := w.agree(c); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// forgetful is a calendar that loses one call in a hundred.
type forgetful struct {
	calendar
	calls int
}

func (f *forgetful) insert(reviewer int, call cells) {
	if f.calls++; f.calls%100 != 0 {
		f.calendar.insert(reviewer, call)
	}
}

// TestWrongAnswersAreFound: the comparison of answers must be able to fail.
func TestWrongAnswersAreFound(t *testing.T) {
	t.Parallel()
	w, err := newWorkload(t.Output(), 100)
	if err != nil {
		t.Fatal(err)
	}
	c := namedCalendar{"forgetful", &forgetful{calendar: newOneBTree()}}
	w.book(c)
	if err := w.agree(c); err == nil {
		t.Error("a calendar that loses calls passes")
	}
	q := w.plain[0]
	f := func(name string, change func(p []place) []place) {
		t.Helper()
		answer := slices.Clone(q.wantWeek)
		for i := range answer {
			for d := range answer[i].days {
				answer[i].days[d].starts = slices.Clone(answer[i].days[d].starts)
			}
		}
		if err := sameWeek(change(answer), q.wantWeek); err == nil {
			t.Errorf("%s: not found", name)
		}
	}
	if err := sameWeek(q.wantWeek, q.wantWeek); err != nil {
		t.Errorf("an answer differs from itself: %v", err)
	}
	f("a line missing", func(p []place) []place { return p[1:] })
	f("a line too many", func(p []place) []place { return append(p, p[0]) })
	f("two lines swapped", func(p []place) []place { p[0], p[1] = p[1], p[0]; return p })
	f("another tier", func(p []place) []place { p[0].tier++; return p })
	f("another relation", func(p []place) []place { p[0].relation++; return p })
	f("more cut off", func(p []place) []place { p[0].days[2].more++; return p })
	f("a start later", func(p []place) []place {
		for d := range p[0].days {
			if s := p[0].days[d].starts; len(s) > 0 {
				s[0]++
				return p
			}
		}
		return p[1:]
	})
	changed := slices.Clone(q.wantFirst)
	changed[0], changed[1] = changed[1], changed[0]
	if err := sameFirst(changed, q.wantFirst); err == nil {
		t.Error("two offers swapped: not found")
	}
}
