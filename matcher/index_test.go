package matcher

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/parleyhq/parley/slots"
)

var (
	indexSteps = flag.Int("index.steps", 3000, "changes of TestIndexAgainstRebuilt")
	indexSeed  = flag.Uint64("index.seed", 0, "seed of TestIndexAgainstRebuilt, 0 = by the clock of the run")
)

// shift is a random roster and calendar, and the index that is kept in step with them.
type shift struct {
	*rand.Rand
	now      slots.Instant
	roster   *Roster
	calendar *slots.Calendar
	index    *Index
	calls    []slots.Call
	people   []*Reviewer
}

func newShift(seed uint64, minutes int) *shift {
	return &shift{
		Rand: rand.New(rand.NewPCG(seed, 4)), now: 1_762_000_000, // a day before clocks change in the United States
		roster: NewRoster(), calendar: slots.NewCalendar(), index: newIndex(minutes, 9*24*slots.Hour),
	}
}

func (s *shift) below(n int) int { return s.IntN(n) }

func among[T any](s *shift, from ...T) T { return from[s.below(len(from))] }

// put changes a reviewer, or puts a new one.
func (s *shift) put() {
	ref := s.below(len(s.people) + 1)
	if len(s.people) > 30 || ref > 2 && s.below(3) > 0 {
		ref = s.below(len(s.people))
	}
	r := s.person(ref * 67)
	if ref < len(s.people) {
		r.Tenant, r.ID = s.people[ref].Tenant, s.people[ref].ID
		if s.below(2) == 0 { // only some facts change
			same := *s.people[ref]
			same.Active, same.MaxPerDay = r.Active, r.MaxPerDay
			r = &same
		}
		s.people[ref] = r
	} else {
		s.people = append(s.people, r)
	}
	s.roster.Put(r)
	s.index.Put(r, s.roster, s.calendar)
}

// person draws a reviewer.
func (s *shift) person(ref int) *Reviewer {
	r := &Reviewer{
		Ref: slots.ReviewerRef(ref), ID: fmt.Sprintf("rev-%d", (ref*7+3)%10_007), Tenant: among(s, "a", "a", "b"),
		Credential: among(s, "MD", "DO", "MD, PhD"), Zone: mustZone(among(s, worldZones...)), Active: s.below(8) > 0,
		Specialties: among(s, []string{"207X00000X"}, []string{"207T00000X", "207XS0117X"}, nil),
		Programs:    among(s, []string{"msk", "msk-spine-surgery"}, []string{"msk-spine-surgery", "cardiac"}), Populations: among(s, []string{"adult"}, nil),
		HealthPlans: among(s, nil, []string{"hne"}), Modalities: among(s, nil, []string{"mri"}),
		BufferBefore: among(s, 0, 0, 5, 15, 20), BufferAfter: among(s, 0, 0, 10, 30), MaxPerDay: among(s, 0, 0, 1, 3),
	}
	today := slots.UTC().Date(s.now)
	for range s.below(4) {
		r.Licenses = append(r.Licenses, License{
			State: among(s, "TX", "TX", "AR"), Type: among(s, "full", "limited"), Status: among(s, "active", "active", "expired"),
			From: today.AddDays(among(s, -900, -3, 6, 30)), To: today.AddDays(among(s, -5, 4, 14, 900)),
		})
	}
	for range s.below(3) {
		r.BoardCertifications = append(r.BoardCertifications, Certification{
			Specialty: among(s, "207X00000X", "207XS0117X"), From: today.AddDays(among(s, -900, -3, 6, 30)), To: among(s, 0, today.AddDays(-5), today.AddDays(5), today.AddDays(900)),
		})
		r.Experience = append(r.Experience, Experience{
			Specialty: among(s, "207X00000X", "207T00000X"), Until: among(s, 0, today.AddDays(-3), today.AddDays(-5*365+2), today.AddDays(-9*365)),
		})
	}
	for range s.below(3) {
		start := s.below(1439)
		span := slots.ClockSpan{Start: slots.ClockTime(start), End: slots.ClockTime(start + 1 + s.below(1440-start))}
		r.Hours.Weekly = append(r.Hours.Weekly, slots.WeeklyHours{Days: slots.Weekdays(1 + s.below(127)), Span: span})
	}
	if s.below(3) == 0 {
		r.Hours.Exceptions = []slots.Exception{{Date: today.AddDays(s.below(12)), Hours: []slots.ClockSpan{{Start: 0, End: 1440}}}}
		from := s.now + slots.Instant(s.below(9*86400))
		r.Hours.Blocks = []slots.Interval{{Start: from, End: from + slots.Instant(1+s.below(90_000))}}
	}
	return r
}

// book inserts a call, on the cells or off them, perhaps one that fits nowhere.
func (s *shift) book() {
	r := s.people[s.below(len(s.people))]
	start := s.now + slots.Instant(s.below(14*24*12)-24*12)*5*slots.Minute - s.now%300 + among[slots.Instant](s, 0, 0, 0, 60, 7)
	if s.below(3) == 0 {
		start -= start % slots.Hour // crowd them on some dates
		start = s.now - s.now%(24*slots.Hour) + start%(36*slots.Hour)
	}
	call := slots.Call{ID: fmt.Sprint(s.Uint64()), Reviewer: r.Ref, Span: slots.Interval{Start: start, End: start + slots.Instant(among(s, 1, 15, 15, 30, 90))*slots.Minute}}
	call.Busy = slots.Interval{Start: call.Span.Start - among[slots.Instant](s, 0, 0, 300), End: call.Span.End + among[slots.Instant](s, 0, 600)}
	if s.below(3) == 0 {
		call.Until = s.now + slots.Instant(1+s.below(4000))
	}
	if _, ok := s.calendar.Insert(call); ok {
		s.calls = append(s.calls, call)
		s.index.Inserted(call, s.calendar)
	}
}

func (s *shift) remove() {
	i := s.below(len(s.calls))
	call := s.calls[i]
	s.calls = slices.Delete(s.calls, i, i+1)
	s.calendar.Remove(call.Reviewer, call.Busy.Start)
	s.index.Removed(call, s.calendar)
}

func (s *shift) step() {
	switch n := s.below(100); {
	case len(s.people) == 0 || n < 6:
		s.put()
	case n < 8:
		s.now += slots.Instant(s.below(40_000))
		if s.below(12) == 0 { // a silence in which licences turn unseen
			s.now += slots.Instant(10+s.below(30)) * 24 * slots.Hour
		}
		if s.below(12) == 0 { // a clock that is set back
			s.now -= slots.Instant(s.below(20)) * 24 * slots.Hour
		}
	case n < 14:
		s.index.Advance(s.now, s.calendar, s.below(2))
	case n < 60 && len(s.calls) > 0 && len(s.calls) > s.below(400):
		s.remove()
	default:
		s.book()
	}
}

// TestIndexAgainstRebuilt: after many changes an index is what roster and calendar say,
// and so is each version that was set aside on the way.
func TestIndexAgainstRebuilt(t *testing.T) {
	t.Parallel()
	seed := *indexSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	for _, minutes := range []int{15, 5, 30} {
		s := newShift(seed+uint64(minutes), minutes)
		type version struct {
			roster   *Roster
			calendar *slots.Calendar
			index    *Index
		}
		var aside *version
		check := func(step int, what string, v version) {
			if err := v.index.Check(v.roster, v.calendar); err != nil {
				t.Fatalf("seed %d, step %d, %d minutes, %s: %v", seed, step, minutes, what, err)
			}
		}
		for step := range *indexSteps {
			s.step()
			if step%250 == 100 {
				if aside != nil {
					check(step, "set aside", *aside)
				}
				aside = &version{s.roster.Clone(), s.calendar.Clone(), s.index.Clone()}
				if s.below(2) == 0 { // go on with the copy
					now := *aside
					aside.roster, aside.calendar, aside.index = s.roster, s.calendar, s.index
					s.roster, s.calendar, s.index = now.roster, now.calendar, now.index
				}
				check(step, "now", version{s.roster, s.calendar, s.index})
			}
		}
		for !s.index.Advance(s.now, s.calendar, 1) {
		}
		check(*indexSteps, "at the end", version{s.roster, s.calendar, s.index})
	}
}

// TestTallies: counts and comparisons agree with plain numbers.
func TestTallies(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	var tl tally
	counts := make([]int, 1100)
	for range 40_000 {
		ref := r.IntN(1000)
		if ref == 77 || counts[ref] > 0 && r.IntN(5) < 2 {
			continue
		}
		by := 1
		if counts[ref] > 0 && r.IntN(3) == 0 {
			by = -1
		}
		if counts[ref]+by > tallyMax {
			continue
		}
		counts[ref] += by
		tl.add(ref, by, 1)
	}
	for range 200 {
		tl.add(5, 1, 2)
		counts[5] = (counts[5] + 1) % (tallyMax + 1)
	}
	for ref, n := range counts {
		if tl.count(ref) != n {
			t.Fatalf("reviewer %d: %d, want %d", ref, tl.count(ref), n)
		}
	}
	for limit := range tallyMax + 3 {
		for w := range len(counts) / 64 {
			var less, same uint64
			for k := range 64 {
				if n := counts[w*64+k]; n < limit {
					less |= 1 << k
				} else if n == limit {
					same |= 1 << k
				}
			}
			if got, equal := tl.compare(w, limit); got != less || equal != same {
				t.Fatalf("word %d against %d: %b and %b, want %b and %b", w, limit, got, equal, less, same)
			}
		}
	}
}

// TestTranspose: rows become columns.
func TestTranspose(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	var m, turned [64]uint64
	for i := range m {
		m[i] = r.Uint64()
	}
	turned = m
	transpose(&turned)
	for i := range 64 {
		for k := range 64 {
			if m[i]>>k&1 != turned[k]>>i&1 {
				t.Fatalf("row %d, column %d", i, k)
			}
		}
	}
}
