package engine

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// resultsTwin says from all calls and cases, one by one, which results of a tenant
// are due and not there: when, the call, the case.
func resultsTwin(s *state, tenant string) (lines []string) {
	type line struct {
		by   slots.Instant
		text string
	}
	var all []line
	s.appointments.each(func(a *Appointment) bool {
		var first *ResultDue
		for i := range a.ResultsDue {
			d := &a.ResultsDue[i]
			if a.Tenant == tenant && !resultThere(s, a, d) && (first == nil || first.By > d.By) {
				first = d
			}
		}
		if first != nil {
			all = append(all, line{first.By, fmt.Sprint(int64(first.By), " ", a.ID, " ", first.CaseID)})
		}
		return true
	})
	slices.SortStableFunc(all, func(x, y line) int { return int(x.by - y.by) }) // by id as they came
	for _, l := range all {
		lines = append(lines, l.text)
	}
	return lines
}

func resultThere(s *state, a *Appointment, d *ResultDue) (there bool) {
	c, _ := s.cases.get(a.Tenant, d.CaseID)
	now, began := c.Determination, a.StartedAt
	if began == 0 {
		if began = a.Span.Start; a.EndedAt < began {
			began = a.EndedAt
		}
	}
	switch {
	case now.Status != "pending" && now.Status != d.Status, now.DecidedAt != 0 && now.DecidedAt >= began:
		return true
	case now.DecidedAt == 0 && now.LetterDate > d.LetterDate && (int64(now.LetterDate)+1)*86400 > int64(began)-12*3600:
		return true
	}
	s.appointments.each(func(b *Appointment) bool {
		told := b.Outcome == "upheld" || b.Outcome == "overturned" || b.Outcome == "modified" || b.Outcome == "withdrawn"
		there = there || told && b.Tenant == a.Tenant && slices.Contains(b.CaseIDs, d.CaseID) && b.EndedAt >= a.EndedAt
		return true
	})
	return there
}

// attended lists what Attention says of completed calls, page by page.
func attended(t *rapid.T, s *Snapshot, tenant string, now slots.Instant) (lines []string) {
	var after Position
	for more := true; more; {
		var page int
		after, more = s.Attention(tenant, now, after, func(i AttentionItem) bool {
			if (i.Code == AttentionResultOverdue) != (i.Due.By < now) || i.Rule != i.Due.Rule || i.CaseID != i.Due.CaseID {
				t.Fatalf("%s of %s, due %+v at %d", i.Code, i.CaseID, i.Due, now)
			}
			lines = append(lines, fmt.Sprint(int64(i.Due.By), " ", i.Appointment.ID, " ", i.CaseID))
			page++
			return page < 2
		})
	}
	return lines
}

// TestResultsAgainstTwin: whatever becomes of cases and calls, in whatever order,
// the results that are awaited are those that a look at every call gives, a state
// that is loaded has them too, and the list of what needs attention is made of them.
func TestResultsAgainstTwin(t *testing.T) {
	t.Parallel()
	met := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		s := newState()
		s.now = testNow
		for _, id := range []string{"c1", "c2", "c3"} {
			must(t, s.putCase(drawDecided(t, "acme", id)))
			must(t, s.putCase(drawDecided(t, "zenith", id)))
		}
		for n := range rapid.IntRange(1, 24).Draw(t, "steps") {
			tenant := rapid.SampledFrom([]string{"acme", "zenith"}).Draw(t, "tenant")
			if rapid.Bool().Draw(t, "a case") {
				must(t, s.putCase(drawDecided(t, tenant, rapid.SampledFrom([]string{"c1", "c2", "c3"}).Draw(t, "id"))))
			} else {
				s.counters.Booked++
				must(t, s.putAppointment(drawHeld(t, tenant, fmt.Sprintf("a%02d", n))))
			}
			fresh, err := s.rebuilt()
			must(t, err)
			for _, tenant := range []string{"acme", "zenith"} {
				now := testNow + slots.Instant(rapid.IntRange(0, 4000).Draw(t, "now"))*slots.Minute
				want := resultsTwin(s, tenant)
				for _, view := range []*Snapshot{{state: s}, {state: fresh}} {
					if got := attended(t, view, tenant, now); !slices.Equal(got, want) {
						t.Fatalf("awaited %q, want %q", got, want)
					}
				}
				met[fmt.Sprint(min(len(want), 2))]++
			}
		}
	})
	for _, n := range []string{"0", "1", "2"} {
		if met[n] == 0 {
			t.Errorf("never %s results awaited", n)
		}
	}
}

// TestCheckFindsResults breaks what is owed after a call, and the index of it.
func TestCheckFindsResults(t *testing.T) {
	t.Parallel()
	f := func(want string, damage func(*state, *Appointment)) {
		t.Helper()
		s := sampleState(t)
		old, _ := s.appointments.get("acme", "apt-1")
		a := *old
		damage(s, &a)
		s.appointments.put("acme", "apt-1", &a)
		if err := s.check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Fatalf("got %v, want %q", err, want)
		}
	}
	owed := func(due ...ResultDue) func(*state, *Appointment) {
		return func(_ *state, a *Appointment) {
			a.Status, a.EndedAt, a.Outcome, a.ResultsDue = Completed, 5, "decision_pending", due
		}
	}
	right := ResultDue{CaseID: "case-1", By: 9, Rule: "r"}
	const fault = "what is owed after it"
	f(fault, func(_ *state, a *Appointment) { a.ResultsDue = []ResultDue{right} }) // of a booked call
	f(fault, owed(ResultDue{CaseID: "case-9", By: 9, Rule: "r"}))
	f(fault, owed(ResultDue{CaseID: "case-1", By: 4, Rule: "r"}))
	f(fault, owed(ResultDue{CaseID: "case-1", By: 9}))
	f(fault, owed(right, right))
	f("results awaited", func(s *state, _ *Appointment) { s.results.add(right.place(&Appointment{Tenant: "acme", ID: "apt-1"})) })
}

func must(t *rapid.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// drawDecided draws a case with a determination around testNow.
func drawDecided(t *rapid.T, tenant, id string) *Case {
	c := &Case{Case: matcher.Case{Tenant: tenant, ID: id}, Version: 1}
	d := &c.Determination
	d.Status = rapid.SampledFrom([]string{"denied", "denied", "pending", "partially_denied"}).Draw(t, "status")
	if rapid.Bool().Draw(t, "decided") {
		d.DecidedAt = testNow + slots.Instant(rapid.IntRange(-3000, 600).Draw(t, "at"))*slots.Minute
	}
	if rapid.Bool().Draw(t, "letter") {
		d.LetterDate = slots.UTC().Date(testNow) + slots.Date(rapid.IntRange(-3, 2).Draw(t, "day"))
	}
	return c
}

// drawHeld draws a call that ended around testNow, with what is owed after it.
func drawHeld(t *rapid.T, tenant, id string) *Appointment {
	at := testNow + slots.Instant(rapid.IntRange(-2000, 600).Draw(t, "start"))*slots.Minute
	a := &Appointment{
		Tenant: tenant, ID: id, Status: Completed, Span: slots.Interval{Start: at, End: at + 900}, Version: 1,
		EndedAt: at + slots.Instant(rapid.IntRange(-60, 300).Draw(t, "ended"))*slots.Minute,
		Outcome: rapid.SampledFrom([]string{"decision_pending", "decision_pending", "information_requested", "upheld", "consultation_only"}).Draw(t, "outcome"),
		CaseIDs: rapid.SampledFrom([][]string{{"c1"}, {"c2"}, {"c1", "c2"}, {"c3", "c1"}}).Draw(t, "cases"),
	}
	if rapid.Bool().Draw(t, "started") {
		a.StartedAt = a.EndedAt - 600
	}
	if !slices.Contains(leavesOpen, a.Outcome) {
		return a
	}
	for _, id := range a.CaseIDs {
		if rapid.IntRange(1, 4).Draw(t, "owed") > 1 {
			a.ResultsDue = append(a.ResultsDue, ResultDue{
				CaseID: id, By: a.EndedAt + slots.Instant(rapid.IntRange(1, 50).Draw(t, "within"))*slots.Hour, Rule: "la",
				Status: rapid.SampledFrom([]string{"denied", "pending"}).Draw(t, "status then"), LetterDate: slots.UTC().Date(testNow) - 1,
			})
		}
	}
	return a
}
