package matcher

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/parleyhq/parley/slots"
)

// twinNear is a start with what would have to change for it.
type twinNear struct {
	twinOffer
	changes []string // windows, day, hour, week, specialty, then codes
	far     int64
}

// nearby lists every start near what was asked for that changes would open, best first.
func (w *twin) nearby() []twinNear {
	from, to := w.searched()
	asked := [2]int64{from, to}
	const day = 24 * 3600
	reach := int64(14 * day)
	if w.query.Mode == "ad_hoc" {
		reach = 84 * 3600
	}
	if w.query.Windows != nil {
		from, to = int64(1)<<40, 0
		for _, window := range w.query.Windows {
			from, to = min(from, int64(window.Start)), max(to, int64(window.End))
		}
	}
	from, to = max(from-reach, int64(w.view.Now)), min(to+reach, int64(w.view.Now+100*slots.Hour))
	offers := w.bookable(from, to)
	earliestOrder(offers)
	var list []twinNear
	for _, o := range offers {
		list = append(list, w.toChange(o, asked))
	}
	slices.SortStableFunc(list, func(a, b twinNear) int {
		waivable := func(o twinNear) int { return map[bool]int{true: 1}[o.tier > TierSkilled] }
		return cmp.Or(cmp.Compare(len(a.changes), len(b.changes)), cmp.Compare(waivable(a), waivable(b)), cmp.Compare(a.far, b.far))
	})
	return list
}

// toChange says what would have to change for an offer.
func (w *twin) toChange(o twinOffer, asked [2]int64) twinNear {
	x, end := twinNear{twinOffer: o}, o.start+int64(w.minutes)*60
	if w.query.Windows != nil {
		if x.far = w.misses(o.start); x.far > 0 {
			x.changes = append(x.changes, "windows "+slots.Instant(o.start).String())
		}
	}
	days, hours := map[int64]bool{}, map[int64]bool{}
	for unix := o.start; unix < end; unix += 60 {
		wall := w.at(w.query.Zone.Name(), unix)
		days[(wall/1440+3)%7], hours[wall%1440/60] = true, true
	}
	for i := range int64(7) {
		if days[i] && w.query.Ticks.Days&(1<<i) == 0 {
			x.changes = append(x.changes, "day "+slots.Weekday(i).String())
		}
	}
	for i := range int64(24) {
		if hours[i] && w.query.Ticks.Hours&(1<<i) == 0 {
			x.changes = append(x.changes, fmt.Sprint("hour ", i))
		}
	}
	if o.start < asked[0] || o.start >= asked[1] {
		x.far += max(asked[0]-o.start, o.start-asked[1]+1)
		date := slots.Date(w.at(w.query.Zone.Name(), o.start) / 1440)
		for date.Weekday() != 0 {
			date--
		}
		x.changes = append(x.changes, "week "+date.String())
	}
	if o.unmet.Has(NeedSpecialtyMatch) {
		x.changes = append(x.changes, "specialty_match_requested false")
	}
	if o.tier > TierSkilled {
		var codes []string
		for _, cr := range w.rules {
			codes = join(codes, cr.verdict(o.reviewer, slots.Instant(o.start)).Attestations)
		}
		for _, code := range codes {
			x.changes = append(x.changes, "attestation "+code)
		}
	}
	return x
}

// The nearest offer takes the fewest changes of all starts nearby, is the nearest of
// those, and its unlock counts what that change alone would yield.
func TestNearestUnlockedAgainstTwin(t *testing.T) {
	t.Parallel()
	rules, clocks := modeRules(t), newClocks()
	kinds := coverage{}
	checkAll(t, kinds, []string{"windowsfalse", "windowstrue", "deadline"}, func(t *rapid.T) {
		w := drawModeWorld(t, rules)
		p, refusal := NewPlan(w.view, w.query)
		if refusal != nil {
			t.Fatalf("refused: %s", refusal.Code)
		}
		base := w.twin(p, clocks)
		if w.query.Mode == "ad_hoc" {
			base.step = 1
		}
		twin := base.again(func(*Query) {})
		offer, unlock, ok := p.NearestUnlocked()
		fits := twin.tried(Unlock{}, twin.found()) != ""
		if fits {
			if ok {
				t.Fatalf("something fits, yet %s %s is missing", unlock.Kind, unlock.Value)
			}
			return
		}
		list := twin.nearby()
		if len(list) == 0 {
			checkLastResort(t, twin, offer, unlock, ok, kinds)
			return
		}
		want := list[0]
		if !ok || offer.Reviewer.ID != want.reviewer.ID || int64(offer.Start) != want.start || offer.Tier != want.tier {
			t.Fatalf("nearest %t %+v\nwant %s, changes %v", ok, offer, want, want.changes)
		}
		if got := unlock.Kind + " " + unlock.Value; got != want.changes[0] {
			t.Fatalf("unlocked by %s, want %s", got, want.changes)
		}
		kinds[fmt.Sprint(unlock.Kind, len(want.changes) > 1)]++
		count := Unlock{Kind: unlock.Kind, Value: unlock.Value}
		for _, o := range list {
			if same := o.changes[0] == want.changes[0] || unlock.Kind == "windows" && strings.HasPrefix(o.changes[0], "windows"); same && len(o.changes) == 1 {
				count.add(slots.Instant(o.start))
			}
		}
		if len(want.changes) > 1 {
			count = Unlock{}
		}
		if unlock.Slots != count.Slots || unlock.Earliest != count.Earliest {
			t.Fatalf("%s yields %d from %s, want %d from %s", unlock.Kind, unlock.Slots, unlock.Earliest, count.Slots, count.Earliest)
		}
	})
}

// checkLastResort compares what is tried where no start is nearby.
func checkLastResort(t *rapid.T, w *twin, offer *Offer, unlock Unlock, ok bool, kinds coverage) {
	match := !w.query.SpecialtyMatch
	turned := w.again(func(q *Query) { q.SpecialtyMatch = match })
	later := w.again(func(q *Query) {
		for i, c := range q.Cases {
			moved := *c
			moved.DecisionDue = 0
			q.Cases[i] = &moved
		}
	})
	want := turned.tried(Unlock{Kind: "specialty_match_requested", Value: fmt.Sprint(match)}, turned.found())
	if want == "" {
		want = later.tried(Unlock{Kind: "deadline", Value: "every/due"}, later.found())
	}
	if got := unlockLine(unlock); got != want || ok != (want != "") || ok != (offer != nil) {
		t.Fatalf("last resort %t %q, want %q", ok, got, want)
	}
	kinds[unlock.Kind]++
}
