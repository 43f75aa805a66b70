package matcher

import (
	"testing"

	"github.com/parleyhq/parley/slots"
)

// TestExplanationsAllocateNothing: a Searcher that has met an answer without a lawful offer
// accounts for the next one in the memory that it has, be it that a waiver helps, that
// nothing does, or that licences turn on the way.
func TestExplanationsAllocateNothing(t *testing.T) {
	n := newNational(t, 700)
	for i := range 3 {
		r := n.reviewer(slots.ReviewerRef(700 + i))
		r.Specialties = []string{"207XS0117X"}
		for _, state := range []string{"TX", "MS"} {
			r.Licenses = append(r.Licenses, License{State: state, Type: "full", Status: "active", From: n.monday.AddDays(2 * i), To: n.monday.AddDays(30)})
		}
		n.view.Roster.Put(r)
	}
	view := indexed(n.view, 0)
	for _, c := range []struct {
		name, state, specialty string
		explained              bool
		unlock                 string // the first
	}{
		{"a licence turns", "TX", "207XS0117X", false, ""},
		{"nobody of the specialty", "TX", "2080P0008X", true, "attestation"},
		{"nobody lawful", "MS", "207XS0117X", true, "specialty_match_requested"},
	} {
		q := n.query()
		one := *q.Cases[0]
		one.SitusState, one.MemberState = c.state, c.state
		one.ServiceSpecialty, one.Requesting.Specialty = c.specialty, c.specialty
		q.Cases = []*Case{&one}
		list := q
		list.Range = slots.Interval{}
		var m Searcher
		for what, ask := range map[string]func() Explanation{
			"week": func() Explanation {
				p, _ := m.Plan(view, q)
				return p.Week(WeekShape{Monday: n.monday, ReviewersPerPriority: 10, SlotsPerDay: 4}).Explanation
			},
			"earliest": func() Explanation {
				p, _ := m.Plan(view, list)
				return p.Earliest(20).Explanation
			},
		} {
			x := ask()
			if explained := len(x.NothingBecause) > 0; explained != c.explained {
				t.Errorf("%s, %s: explained %t: %v", c.name, what, explained, x.NothingBecause)
			}
			if unlock := append(x.Unlock, Unlock{})[0].Kind; unlock != c.unlock {
				t.Errorf("%s, %s: unlocked by %q, want %q", c.name, what, unlock, c.unlock)
			}
			ask()
			if got := allocations(func() { ask() }); got > 0 {
				t.Errorf("%s, %s: %v allocations", c.name, what, got)
			}
		}
	}
}
