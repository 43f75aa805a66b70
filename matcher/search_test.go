package matcher

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/parleyhq/parley/slots"
)

func (w *world) twin(p *Plan, c *clocks) *twin {
	t := &twin{view: w.view, query: w.query, rules: p.rules, reviewers: w.reviewers, calls: w.calls, clocks: c}
	for _, cr := range p.rules {
		t.minutes = max(t.minutes, cr.eligibility.CallMinutes)
	}
	for t.step = 1; ; t.step++ {
		fits := true
		for _, cr := range p.rules {
			fits = fits && t.step%cr.eligibility.GridMinutes == 0
		}
		if fits {
			return t
		}
	}
}

func (o twinOffer) String() string {
	return fmt.Sprintf("%s %s %s %s %v %t", o.tier, o.reviewer.ID, slots.Instant(o.start), o.relation, o.unmet.Codes(), o.consultative)
}

func listed(offers []twinOffer) []string {
	var list []string
	for _, o := range offers {
		list = append(list, o.String())
	}
	return list
}

// sameLines fails with the first difference.
func sameLines(t *rapid.T, what string, got, want []string) {
	for i := range max(len(got), len(want)) {
		var g, w string
		if i < len(got) {
			g = got[i]
		}
		if i < len(want) {
			w = want[i]
		}
		if g != w {
			t.Fatalf("%s, offer %d of %d (want %d):\n got  %s\n want %s", what, i, len(got), len(want), g, w)
		}
	}
}

func weekLines(answer WeekAnswer) []string {
	var list []string
	for _, p := range answer.Priorities {
		for _, r := range p.Reviewers {
			for _, day := range r.Days {
				for _, s := range day.Slots {
					o := twinOffer{r.Reviewer, int64(s.Start), p.Tier, r.Relation, s.Unmet, s.Consultative, 0, 0}
					list = append(list, o.String())
				}
			}
		}
	}
	return list
}

func offerLines(offers []Offer) []string {
	var list []string
	for _, o := range offers {
		list = append(list, twinOffer{o.Reviewer, int64(o.Start), o.Tier, o.Relation, o.Unmet, o.Consultative, 0, 0}.String())
	}
	return list
}

// Every answer equals the twin's: the same offers in the same order.
func TestSearchAgainstTwin(t *testing.T) {
	t.Parallel()
	rules, clocks := worldRules(t), newClocks()
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t, rules)
		p, refusal := NewPlan(w.view, w.query)
		if refusal != nil {
			t.Fatalf("refused: %s", refusal.Code)
		}
		if rapid.IntRange(0, 4).Draw(t, "long") == 0 {
			checkLong(t, p, w, clocks)
			return
		}
		twin := w.twin(p, clocks)
		bookable := twin.bookable(int64(w.query.Range.Start), int64(w.query.Range.End))
		shown := twin.shown(bookable)

		weekOrder(shown)
		answer := p.Week(WeekShape{Monday: w.monday, ReviewersPerPriority: 200, SlotsPerDay: 200})
		sameLines(t, "week", weekLines(answer), listed(shown))
		if answer.Explanation.Offered != len(shown) {
			t.Fatalf("offered %d, want %d", answer.Explanation.Offered, len(shown))
		}
		checkDays(t, w, clocks, answer)
		checkCut(t, p, w, answer)

		earliestOrder(shown)
		limit := rapid.SampledFrom([]int{1, 3, 20, 10_000}).Draw(t, "limit")
		cut := shown[:min(limit, len(shown))]
		sameLines(t, "earliest", offerLines(p.Earliest(limit).Offers), listed(cut))

		around := int64(w.query.Range.Start) + int64(rapid.IntRange(-100, 8*24*60).Draw(t, "around"))*60
		nearestOrder(shown, around)
		cut = shown[:min(limit, len(shown))]
		sameLines(t, "nearest", offerLines(p.Nearest(slots.Instant(around), limit)), listed(cut))

		checkJudge(t, p, twin, bookable)
	})
}

// checkLong compares lists over more than one week.
func checkLong(t *rapid.T, p *Plan, w *world, clocks *clocks) {
	w.query.Range.End += slots.Instant(rapid.IntRange(1, 8).Draw(t, "more days")) * 24 * slots.Hour
	p.query.Range, p.asked = w.query.Range, w.query.Range
	p.window = p.asked.Intersect(p.limits)
	twin := w.twin(p, clocks)
	shown := twin.shown(twin.bookable(int64(p.asked.Start), int64(p.asked.End)))
	earliestOrder(shown)
	for _, limit := range []int{1, 20, 10_000} {
		cut := shown[:min(limit, len(shown))]
		sameLines(t, "earliest", offerLines(p.Earliest(limit).Offers), listed(cut))
	}
}

// checkDays holds the days of a week answer to the local dates of the query's zone.
func checkDays(t *rapid.T, w *world, c *clocks, answer WeekAnswer) {
	for i, p := range answer.Priorities {
		if p.Number != i+1 || p.MoreReviewers || len(p.Reviewers) == 0 {
			t.Fatalf("priority %d: number %d, more %t, %d reviewers", i, p.Number, p.MoreReviewers, len(p.Reviewers))
		}
		for _, r := range p.Reviewers {
			for j, day := range r.Days {
				if day.Date != w.monday.AddDays(j) || day.More != 0 {
					t.Fatalf("day %d is %s, %d more", j, day.Date, day.More)
				}
				for _, s := range day.Slots {
					if date := c.at(w.query.Zone.Name(), int64(s.Start)) / 1440; date != int64(day.Date) {
						t.Fatalf("%s stands on %s", s.Start, day.Date)
					}
				}
			}
		}
	}
}

// checkCut compares a cut answer with the whole one.
func checkCut(t *rapid.T, p *Plan, w *world, whole WeekAnswer) {
	shape := WeekShape{
		Monday:               w.monday,
		ReviewersPerPriority: rapid.IntRange(1, 3).Draw(t, "reviewers per priority"),
		SlotsPerDay:          rapid.IntRange(1, 4).Draw(t, "slots per day"),
	}
	cut := p.Week(shape)
	if len(cut.Priorities) != len(whole.Priorities) {
		t.Fatalf("%d priorities, want %d", len(cut.Priorities), len(whole.Priorities))
	}
	for i, got := range cut.Priorities {
		all := whole.Priorities[i]
		kept := min(shape.ReviewersPerPriority, len(all.Reviewers))
		if got.Tier != all.Tier || len(got.Reviewers) != kept || got.MoreReviewers != (kept < len(all.Reviewers)) {
			t.Fatalf("%s: %d reviewers, more %t, of %d", got.Tier, len(got.Reviewers), got.MoreReviewers, len(all.Reviewers))
		}
		for j, r := range got.Reviewers {
			if r.Reviewer != all.Reviewers[j].Reviewer {
				t.Fatalf("%s: %s stands where %s should", got.Tier, r.Reviewer.ID, all.Reviewers[j].Reviewer.ID)
			}
			for k, day := range r.Days {
				every := all.Reviewers[j].Days[k].Slots
				kept := min(shape.SlotsPerDay, len(every))
				same := slices.EqualFunc(day.Slots, every[:kept], func(a, b SlotOffer) bool { return a.Start == b.Start })
				if !same || day.More != len(every)-kept {
					t.Fatalf("%s: %d slots and %d more of %d", day.Date, len(day.Slots), day.More, len(every))
				}
			}
		}
	}
}

// checkJudge compares the predicate with the twin on every line of the grid, and
// off it: what the twin can book is judged bookable, ticks or not, all else refused.
func checkJudge(t *rapid.T, p *Plan, twin *twin, bookable []twinOffer) {
	can := map[string]twinOffer{}
	for _, o := range bookable {
		can[fmt.Sprint(o.reviewer.Ref, o.start)] = o
	}
	asked := twin.query.Range
	for _, r := range twin.reviewers {
		for start := asked.Start - asked.Start%300; start < asked.End; start += 300 {
			if start < asked.Start {
				continue
			}
			j := p.Judge(r, start)
			want, ok := can[fmt.Sprint(r.Ref, int64(start))]
			if (j.Fault == FaultNone) != ok {
				t.Fatalf("%s at %s: fault %d %s, bookable %t", r.ID, start, j.Fault, j.Detail, ok)
			}
			if !ok {
				if j.Detail == "" {
					t.Fatalf("%s at %s: refused without a detail", r.ID, start)
				}
				continue
			}
			got := twinOffer{r, int64(start), j.Tier, j.Relation, j.Unmet, j.Consultative, 0, 0}
			if got.String() != want.String() {
				t.Fatalf("judged %s\nwant   %s", got, want)
			}
		}
	}
}
