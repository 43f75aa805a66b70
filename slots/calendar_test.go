package slots

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sort"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

// callBook is the twin of Calendar: a list that is searched from end to end.
type callBook []Call

func (b callBook) of(r ReviewerRef, keep func(Call) bool) (out []Call) {
	for _, call := range b {
		if call.Reviewer == r && keep(call) {
			out = append(out, call)
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Busy.Start < out[j].Busy.Start })
	return out
}

func meet(a, b Interval) bool {
	for t := a.Start; t < a.End; t++ {
		if t >= b.Start && t < b.End {
			return true
		}
	}
	return false
}

// calendarMachine drives a calendar and its twin with the same steps. Every
// clone ever taken is kept with its twin and must never change.
type calendarMachine struct {
	calendar *Calendar
	book     callBook
	old      []*Calendar
	oldBooks []callBook
	next     int
}

const (
	machineReviewers = 3
	machineInstants  = 60
)

func drawInterval(t *rapid.T, label string, maxLength int) Interval {
	start := rapid.IntRange(-5, machineInstants).Draw(t, label)
	return Interval{Instant(start), Instant(start + rapid.IntRange(0, maxLength).Draw(t, "length"))}
}

func drawReviewer(t *rapid.T) ReviewerRef {
	return ReviewerRef(rapid.IntRange(0, machineReviewers).Draw(t, "reviewer"))
}

func (m *calendarMachine) Insert(t *rapid.T) {
	span := drawInterval(t, "span", 5)
	call := Call{
		Reviewer: drawReviewer(t), Span: span,
		Busy:  Interval{span.Start - Instant(rapid.IntRange(0, 2).Draw(t, "before")), span.End + Instant(rapid.IntRange(0, 2).Draw(t, "after"))},
		Until: Instant(rapid.SampledFrom([]int{0, 0, 10, 30, 50}).Draw(t, "until")),
		ID:    fmt.Sprintf("call-%d", m.next),
	}
	m.next++
	conflict, ok := m.calendar.Insert(call)
	if span.Empty() {
		if ok || conflict != call {
			t.Fatalf("inserted a call without a span: %+v", call)
		}
		return
	}
	want := m.book.of(call.Reviewer, func(c Call) bool { return meet(c.Busy, call.Busy) })
	if ok != (len(want) == 0) || !ok && conflict != want[0] {
		t.Fatalf("insert %+v: %+v, %v, want %+v", call, conflict, ok, want)
	}
	if ok {
		m.book = append(m.book, call)
	}
}

func (m *calendarMachine) Remove(t *rapid.T) {
	r, start := drawReviewer(t), Instant(rapid.IntRange(-5, machineInstants).Draw(t, "start"))
	if len(m.book) > 0 && rapid.Bool().Draw(t, "existing") {
		call := rapid.SampledFrom(m.book).Draw(t, "call")
		r, start = call.Reviewer, call.Busy.Start
	}
	same := func(c Call) bool { return c.Reviewer == r && c.Busy.Start == start }
	i := slices.IndexFunc(m.book, same)
	if call, ok := m.calendar.Get(r, start); ok != (i >= 0) || ok && call != m.book[i] {
		t.Fatalf("get %d at %d: %+v, %v", r, start, call, ok)
	}
	if got := m.calendar.Remove(r, start); got != (i >= 0) {
		t.Fatalf("remove %d at %d: %v", r, start, got)
	}
	m.book = slices.DeleteFunc(slices.Clone(m.book), same)
}

func (m *calendarMachine) Clone(t *rapid.T) {
	m.old, m.oldBooks = append(m.old, m.calendar), append(m.oldBooks, slices.Clone(m.book))
	m.calendar = m.calendar.Clone()
}

func (m *calendarMachine) Ask(t *rapid.T) {
	r, within := drawReviewer(t), drawInterval(t, "within", 20)
	now := Instant(rapid.IntRange(0, 60).Draw(t, "now"))
	except := ""
	if len(m.book) > 0 {
		except = rapid.SampledFrom(m.book).Draw(t, "except").ID
	}
	active := func(c Call) bool { return c.ID != except && (c.Until == 0 || c.Until > now) }
	want := m.book.of(r, func(c Call) bool { return active(c) && meet(c.Busy, within) })
	if call, ok := m.calendar.Conflict(r, within, now, except); ok != (len(want) > 0) || ok && call != want[0] {
		t.Fatalf("conflict of %d in %v at %d: %+v, %v, want %+v", r, within, now, call, ok, want)
	}
	firmOnly := rapid.Bool().Draw(t, "firm only")
	days := NewSet(within, drawInterval(t, "and", 20))
	starts := m.book.of(r, func(c Call) bool {
		return active(c) && (c.Until == 0 || !firmOnly) && days.Contains(c.Span.Start)
	})
	if got := m.calendar.CountStarts(r, days, now, firmOnly, except); got != len(starts) {
		t.Fatalf("%d of %d start in %v at %d, want %+v", got, r, days, now, starts)
	}
}

// Check runs after every step.
func (m *calendarMachine) Check(t *rapid.T) {
	checkBook(t, m.calendar, m.book)
	for i, c := range m.old {
		checkBook(t, c, m.oldBooks[i])
	}
}

func checkBook(t *rapid.T, c *Calendar, book callBook) {
	t.Helper()
	var all []Call
	for r := range ReviewerRef(machineReviewers + 1) {
		want := book.of(r, func(Call) bool { return true })
		all = append(all, want...)
		var got []Call
		c.Calls(r, Interval{-100, 200}, func(call Call) bool {
			got = append(got, call)
			return true
		})
		if !slices.Equal(got, want) {
			t.Fatalf("calls of %d: %+v, want %+v", r, got, want)
		}
	}
	var got []Call
	c.All(func(call Call) bool {
		got = append(got, call)
		return true
	})
	if !slices.Equal(got, all) || c.Len() != len(all) {
		t.Fatalf("%d calls: %+v, want %+v", c.Len(), got, all)
	}
}

func TestCalendarAgreesWithBook(t *testing.T) {
	t.Parallel()
	rapid.Check(t, calendarAgrees)
}

// calendarAgrees drives a calendar and its twin.
func calendarAgrees(t *rapid.T) {
	m := &calendarMachine{calendar: NewCalendar()}
	t.Repeat(map[string]func(*rapid.T){
		"insert": m.Insert, "insert again": m.Insert, "remove": m.Remove, "clone": m.Clone, "ask": m.Ask, "": m.Check,
	})
}

func TestCallsStopAndReach(t *testing.T) {
	t.Parallel()
	c := NewCalendar()
	for i := range 10 {
		start := Instant(i) * 20
		call := Call{Reviewer: 7, Span: Interval{start + 2, start + 8}, Busy: Interval{start, start + 10}, ID: fmt.Sprint(i)}
		if conflict, ok := c.Insert(call); !ok {
			t.Fatal(conflict)
		}
	}
	f := func(within Interval, limit int, want ...string) {
		t.Helper()
		var got []string
		c.Calls(7, within, func(call Call) bool {
			got = append(got, call.ID)
			return len(got) < limit
		})
		if !slices.Equal(got, want) {
			t.Errorf("calls in %v: %v, want %v", within, got, want)
		}
	}
	f(Interval{25, 65}, 99, "1", "2", "3")
	f(Interval{30, 40}, 99)               // touches both neighbours
	f(Interval{29, 41}, 99, "1", "2")     // by a second each
	f(Interval{29, 30}, 99, "1")          // the last second of a buffer
	f(Interval{0, 200}, 3, "0", "1", "2") // stops when told
	f(Interval{-50, 0}, 99)               // before all
	f(Interval{190, 500}, 99)             // after all
	f(Interval{189, 500}, 99, "9")        // the very end
	f(Interval{5, 5}, 99)                 // empty
	f(Interval{60, 20}, 99)               // inverted
	f(Interval{20, 21}, 99, "1")          // starts where it starts
	f(Interval{-1000, 1000}, 2, "0", "1") // reviewer's first
	c.Calls(6, Interval{-1000, 1000}, func(call Call) bool { t.Error(call); return false })
	c.Calls(8, Interval{-1000, 1000}, func(call Call) bool { t.Error(call); return false })
}

func TestHoldsExpireByComparison(t *testing.T) {
	t.Parallel()
	c := NewCalendar()
	hold := Call{Reviewer: 1, Span: Interval{100, 200}, Busy: Interval{90, 210}, Until: 50, ID: "hold"}
	if _, ok := c.Insert(hold); !ok {
		t.Fatal("refused")
	}
	f := func(now Instant, except string, want bool) {
		t.Helper()
		if call, ok := c.Conflict(1, Interval{200, 201}, now, except); ok != want || ok && call != hold {
			t.Errorf("at %d except %q: %v", now, except, ok)
		}
		days := NewSet(Interval{0, 150})
		if n := c.CountStarts(1, days, now, false, except); n > 0 != want {
			t.Errorf("at %d except %q: %d start", now, except, n)
		}
		if n := c.CountStarts(1, days, now, true, except); n != 0 {
			t.Errorf("at %d: %d firm", now, n)
		}
	}
	f(49, "", true)
	f(50, "", false)
	f(51, "", false)
	f(49, "hold", false)
	f(49, "other", true)
	// Expired or not, it is in the tree until it is removed.
	if conflict, ok := c.Insert(Call{Reviewer: 1, Span: Interval{205, 300}, Busy: Interval{205, 300}}); ok || conflict != hold {
		t.Errorf("%+v, %v", conflict, ok)
	}
	outside := Call{Reviewer: 1, Span: Interval{400, 500}, Busy: Interval{410, 500}, ID: "odd"}
	if conflict, ok := c.Insert(outside); ok || conflict != outside || c.Len() != 1 {
		t.Errorf("%+v, %v", conflict, ok)
	}
}

// TestCountByDate: a call counts on the reviewer's local date of its start, also
// where that is not the date in UTC and where a date comes back.
func TestCountByDate(t *testing.T) {
	t.Parallel()
	f := func(zone, from string, starts []string, want ...int) {
		t.Helper()
		z, c := mustZone(t, zone), NewCalendar()
		for _, s := range starts {
			at := scriptInstant(t, s)
			span := Interval{at, at + 5*Minute}
			if _, ok := c.Insert(Call{Reviewer: 1, Span: span, Busy: Interval{at - 5*Minute, span.End}, ID: s}); !ok {
				t.Fatal(s)
			}
		}
		counts := slices.Repeat([]int{99}, len(want))
		c.CountByDate(counts, 1, z, scriptDate(t, from), 0, true, "")
		if !slices.Equal(counts, want) {
			t.Errorf("%s from %s: %v, want %v", zone, from, counts, want)
		}
		for i := range want {
			day := z.Dates(scriptDate(t, from)+Date(i), scriptDate(t, from)+Date(i))
			if n := c.CountStarts(1, day, 0, true, ""); n != want[i] {
				t.Errorf("%s from %s: %d on day %d", zone, from, n, i)
			}
		}
	}
	f("US/Eastern", "2026-01-05", []string{
		"2026-01-05T00:00:00-05:00", "2026-01-05T23:55:00-05:00", "2026-01-06T09:00:00-05:00", "2026-01-08T00:00:00-05:00",
	}, 2, 1, 0)
	f("Pacific/Honolulu", "2026-01-05", []string{"2026-01-06T08:00:00Z", "2026-01-06T10:00:00Z"}, 1, 1)
	night := []string{
		"2006-10-28T23:10:00-02:30", "2006-10-29T00:00:00-02:30", "2006-10-28T23:10:00-03:30", "2006-10-29T00:00:00-03:30",
	}
	f("America/St_Johns", "2006-10-28", night, 2, 2)
	f("America/St_Johns", "2006-10-28", night, 2)
	f("America/St_Johns", "2006-10-29", night, 2)
	f("Pacific/Apia", "2011-12-29", []string{"2011-12-29T23:00:00-10:00", "2011-12-31T00:00:00+14:00"}, 1, 0, 1)
	f("UTC", "2026-01-05", nil)
}

// TestAppend: in any order of calls, Append does what Insert does.
func TestAppend(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 1))
	for range 200 {
		appended, inserted := NewCalendar(), NewCalendar()
		at := Instant(0)
		for i := range 60 {
			at += Instant(rng.IntN(25))
			if rng.IntN(10) == 0 {
				at = Instant(rng.IntN(200))
			}
			c := Call{Reviewer: ReviewerRef(1 + i/20), Span: Interval{at, at + Instant(rng.IntN(20))}, ID: strconv.Itoa(i)}
			c.Busy = c.Span
			other, ok := appended.Append(c)
			if want, free := inserted.Insert(c); other != want || ok != free {
				t.Fatalf("%+v: %+v %t, want %+v %t", c, other, ok, want, free)
			}
		}
		var calls []Call
		inserted.All(func(c Call) bool { calls = append(calls, c); return true })
		appended.All(func(c Call) bool {
			if c != calls[0] {
				t.Fatalf("%+v, want %+v", c, calls[0])
			}
			calls = calls[1:]
			return true
		})
		if len(calls) > 0 {
			t.Fatalf("%d calls too few", len(calls))
		}
	}
}
