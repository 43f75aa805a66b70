package matcher

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/parleyhq/parley/slots"
)

// national is a roster as large payers have it: specialties and licences spread
// unevenly, six zones, eight hours on weekdays, and more than half of the next two
// weeks booked. It is drawn by a fixed recurrence, so every run sees the same.
type national struct {
	view        *View
	monday      slots.Date
	states      []string
	specialties []string
	random      uint64
}

var nationalZones = []string{
	"America/New_York", "America/Chicago", "America/Denver", "America/Phoenix", "America/Los_Angeles", "Pacific/Honolulu",
}

func newNational(tb testing.TB, reviewers int) *national {
	n := &national{monday: mustDate("2026-06-01"), random: 0x9e3779b97f4a7c15}
	week := WeekRange(slots.UTC(), n.monday)
	n.view = &View{
		Tenant: "t1", Rules: shipped(tb), Roster: NewRoster(), Calendar: slots.NewCalendar(), Now: week.Start - 60*slots.Hour,
	}
	n.states = slices.Sorted(maps.Keys(n.view.Rules.zones))[:50]
	for code := range n.view.Rules.concepts.byCode {
		if strings.HasPrefix(code, "207") || strings.HasPrefix(code, "208") {
			n.specialties = append(n.specialties, code)
		}
	}
	slices.Sort(n.specialties)
	// One in two, so that 120 or so are left, the spine surgeon's among them.
	n.specialties = slices.DeleteFunc(n.specialties, func(code string) bool { return code != "207XS0117X" && code[6]%2 == 0 })
	for ref := range reviewers {
		r := n.reviewer(slots.ReviewerRef(ref))
		n.view.Roster.Put(r)
		n.book(r, week.Start)
	}
	return n
}

// below draws a number from 0 to limit − 1.
func (n *national) below(limit int) int {
	n.random ^= n.random << 13
	n.random ^= n.random >> 7
	n.random ^= n.random << 17
	return int(n.random >> 33 % uint64(limit))
}

func (n *national) reviewer(ref slots.ReviewerRef) *Reviewer {
	r := &Reviewer{
		Ref: ref, Tenant: "t1", ID: fmt.Sprintf("rev-%05d", ref), Credential: "MD", Active: true,
		Populations: []string{"adult"}, Programs: []string{"msk-spine-surgery"},
		Zone: mustZone(nationalZones[n.below(len(nationalZones))]),
	}
	for range 1 + n.below(3) {
		r.Specialties = append(r.Specialties, n.specialties[n.below(len(n.specialties))])
	}
	for range 1 + n.below(12) {
		r.Licenses = append(r.Licenses, License{
			State: n.states[n.below(len(n.states))], Type: "full", Status: "active",
			From: mustDate("2015-01-01"), To: mustDate("2030-12-31"),
		})
	}
	start := slots.ClockTime(7*60 + 30*n.below(6))
	r.Hours.Weekly = []slots.WeeklyHours{{Days: 0b11111, Span: slots.ClockSpan{Start: start, End: start + 8*60}}}
	return r
}

// book fills six tenths of a reviewer's hours in the two weeks from monday.
func (n *national) book(r *Reviewer, monday slots.Instant) {
	hours := r.Hours.Expand(r.Zone, slots.Interval{Start: monday, End: monday + 14*24*slots.Hour})
	slots.Grid{StepMinutes: 15}.Starts(hours, 15, func(start slots.Instant) bool {
		if n.below(10) < 6 {
			span := slots.Interval{Start: start, End: start + 15*slots.Minute}
			n.view.Calendar.Insert(slots.Call{Reviewer: r.Ref, Span: span, Busy: span, ID: fmt.Sprint(r.Ref, start)})
		}
		return true
	})
}

// query is a Texas spine case, Monday to Friday, 8 to 18 Eastern.
func (n *national) query() Query {
	zone := mustZone("America/New_York")
	return Query{
		Cases: []*Case{spineCase("c1")}, Zone: zone, Range: WeekRange(zone, n.monday),
		Ticks: slots.Ticks{Days: 0b11111, Hours: 0x3ff << 8},
	}
}

func (n *national) plan(tb testing.TB, q Query) *Plan {
	p, refusal := NewPlan(n.view, q)
	if refusal != nil {
		tb.Fatalf("refused: %v", refusal)
	}
	return p
}

var nationalSizes = []int{500, 5000}

func BenchmarkWeek(b *testing.B) {
	for _, size := range nationalSizes {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			n := newNational(b, size)
			b.ReportAllocs()
			for b.Loop() {
				answer := n.plan(b, n.query()).Week(WeekShape{Monday: n.monday, ReviewersPerPriority: 10, SlotsPerDay: 4})
				if len(answer.Priorities) == 0 {
					b.Fatal("nothing found")
				}
			}
		})
	}
}

// BenchmarkWeekAll shows every tier, so every trained reviewer is judged.
func BenchmarkWeekAll(b *testing.B) {
	for _, size := range nationalSizes {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			n := newNational(b, size)
			q := n.query()
			q.Waivable = RevealAlways
			b.ReportAllocs()
			for b.Loop() {
				n.plan(b, q).Week(WeekShape{Monday: n.monday, ReviewersPerPriority: 10, SlotsPerDay: 4})
			}
		})
	}
}

func BenchmarkEarliest(b *testing.B) {
	for _, size := range nationalSizes {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			n := newNational(b, size)
			q := n.query()
			q.Range = slots.Interval{}
			b.ReportAllocs()
			for b.Loop() {
				if len(n.plan(b, q).Earliest(20).Offers) != 20 {
					b.Fatal("too few found")
				}
			}
		})
	}
}

func BenchmarkJudge(b *testing.B) {
	n := newNational(b, 500)
	q := n.query()
	q.Range = slots.Interval{}
	p := n.plan(b, q)
	offer := p.Earliest(1).Offers[0]
	b.ReportAllocs()
	for b.Loop() {
		if p.Judge(offer.Reviewer, offer.Start).Fault != FaultNone {
			b.Fatal("refused")
		}
	}
}

// BenchmarkExplain asks for a day on which nobody works.
func BenchmarkExplain(b *testing.B) {
	for _, size := range nationalSizes {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			n := newNational(b, size)
			q := n.query()
			q.Ticks.Days = 1 << 6
			for b.Loop() {
				x := n.plan(b, q).Week(WeekShape{Monday: n.monday, ReviewersPerPriority: 10, SlotsPerDay: 4}).Explanation
				if len(x.Unlock) == 0 {
					b.Fatal("nothing unlocked")
				}
			}
		})
	}
}
