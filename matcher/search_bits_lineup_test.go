package matcher

import (
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/parleyhq/parley/slots"
)

// TestKeptLineups: a Searcher that keeps what earlier searches made of the sets answers as
// one that has met nothing, whatever becomes of roster and calendar in between, and
// whichever version or other index it is asked about.
func TestKeptLineups(t *testing.T) {
	t.Parallel()
	rules := worldRules(t)
	seen := coverage{}
	checkAll(t, seen, []string{"kept", "made", "changed"}, func(t *rapid.T) {
		s := crowd(rapid.Uint64().Draw(t, "seed"), 40, 30)
		zone := mustZone(rapid.SampledFrom(worldZones).Draw(t, "zone"))
		monday := zone.Date(s.now).Monday().AddDays(7)
		var questions []Query
		for range 3 {
			q := Query{Zone: zone, Range: WeekRange(zone, monday), Ticks: slots.AllTicks, SpecialtyMatch: rapid.Bool().Draw(t, "match")}
			for i := range rapid.SampledFrom([]int{1, 1, 2}).Draw(t, "cases") {
				q.Cases = append(q.Cases, drawCase(t, i, "hne", s.now))
				q.Cases[i].HealthPlan = q.Cases[0].HealthPlan
			}
			questions = append(questions, q)
		}
		var m Searcher
		answers := map[int]string{}
		views := []*View{}
		for range 10 {
			switch s.below(7) {
			case 0, 4:
				s.put()
			case 1, 5:
				s.book()
			case 2, 6: // a version that stays as it is, or an index with numbers of its own
				views = append(views, &View{Tenant: "a", Rules: rules, Roster: s.roster, Calendar: s.calendar, Now: s.now, Index: s.index})
				s.roster, s.calendar, s.index = s.roster.Clone(), s.calendar.Clone(), s.index.Clone()
			case 3:
				views = append(views, indexed(&View{Tenant: "a", Rules: rules, Roster: s.roster.Clone(), Calendar: s.calendar.Clone(), Now: s.now}, 15))
			}
			view := &View{Tenant: "a", Rules: rules, Roster: s.roster, Calendar: s.calendar, Now: s.now, Index: s.index}
			if len(views) > 0 && s.below(4) == 0 {
				view = views[s.below(len(views))]
			}
			which := s.below(len(questions))
			asked, used := m.bits.kept.clock, inUse(&m.bits.kept)
			text := answered(&m, view, questions[which], monday)
			if want := answered(new(Searcher), view, questions[which], monday); text != want {
				t.Fatalf("answers differ:\n got  %s\n want %s", text, want)
			}
			switch {
			case m.bits.kept.clock == asked:
			case inUse(&m.bits.kept) == used:
				seen["kept"]++
			default:
				seen["made"]++
			}
			if last, some := answers[which]; some && last != text {
				seen["changed"]++
			}
			answers[which] = text
		}
	})
}

func inUse(k *lineups) (n int) {
	for i := range k.places {
		if k.places[i].used != 0 {
			n++
		}
	}
	return n
}

func answered(m *Searcher, view *View, q Query, monday slots.Date) string {
	p, refusal := m.Plan(view, q)
	if refusal != nil {
		return said(refusal)
	}
	return shown(p.Week(WeekShape{Monday: monday, ReviewersPerPriority: 5, SlotsPerDay: 2})) + shown(p.Earliest(9))
}

// TestTraitNumbers: a number stands for the same members wherever it occurs in the versions
// of an index.
func TestTraitNumbers(t *testing.T) {
	t.Parallel()
	s := newShift(11, 15)
	known, met := map[uint64][]uint64{}, 0
	look := func(step int, a *trait) {
		words, some := known[a.number]
		if some && !slices.Equal(words, trimmed(a)) {
			t.Fatalf("step %d: number %d stands for %x and for %x", step, a.number, words, trimmed(a))
		}
		if met++; !some {
			known[a.number] = slices.Clone(trimmed(a))
		}
	}
	aside := s.index
	for step := range 1500 {
		s.put()
		if step%50 == 0 {
			s.now += slots.Instant(s.below(9)) * 24 * slots.Hour
			s.index.Advance(s.now, s.calendar, 9)
		}
		if step%7 == 0 { // both may be changed further
			aside, s.index = s.index, aside.Clone()
		}
		for _, sets := range s.index.tenants { //order: each is looked at by itself
			look(step, &sets.active)
			for _, a := range sets.named { //order: each is looked at by itself
				look(step, &a)
			}
		}
	}
	if len(known) < 1000 || met < 2*len(known) {
		t.Errorf("%d numbers met %d times: too few to tell", len(known), met)
	}
}

// TestLineupsAreBounded: whatever is asked for, no more are kept than there is room for, and
// what is found is what was put there for the key.
func TestLineupsAreBounded(t *testing.T) {
	t.Parallel()
	for width, want := range map[int]struct{ most, found int }{8: {4096, 13_000}, 784: {334, 13_000}, 1 << 20: {16, 1_000}} {
		var k lineups
		of, found := new(uint64), 0
		for i := range 40_000 {
			n := uint64(i)
			if i%3 == 0 {
				n = uint64(i % 7) // asked for all the time
			}
			key := []uint64{n, 2, n ^ 5}
			l, known := k.find(of, key, width)
			switch {
			case !known:
				l.members = append(l.members, wordBits{int(n), 1})
			case !reflect.DeepEqual(l.members, []wordBits{{int(n), 1}}):
				t.Fatalf("key %d leads to %v", n, l.members)
			default:
				found++
			}
		}
		if len(k.places) > want.most || len(k.places) < want.most/2 {
			t.Errorf("width %d: %d places, want up to %d", width, len(k.places), want.most)
		}
		if found < want.found {
			t.Errorf("width %d: found %d, want %d", width, found, want.found)
		}
		if _, known := k.find(new(uint64), []uint64{0, 2, 5}, width); known {
			t.Error("a key is found in another index")
		}
	}
}
