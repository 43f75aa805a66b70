package matcher

import (
	"fmt"
	"slices"
	"sort"
	"testing"

	"pgregory.net/rapid"

	"github.com/parleyhq/parley/slots"
)

func (o wideOffer) String() string {
	return fmt.Sprintf("%s late=%t needs %v", o.twinOffer, o.late, o.attestations)
}

func wideLine(o *Offer) string {
	t := twinOffer{o.Reviewer, int64(o.Start), o.Tier, o.Relation, o.Unmet, o.Consultative, 0, 0}
	return wideOffer{t, o.Attestations, o.Late}.String()
}

func sortWide(offers []wideOffer) {
	sort.Slice(offers, func(i, j int) bool {
		a, b := offers[i], offers[j]
		switch {
		case a.tier != b.tier:
			return a.tier < b.tier
		case a.start != b.start:
			return a.start < b.start
		case a.relation != b.relation:
			return a.relation > b.relation
		case a.firmOnDay != b.firmOnDay:
			return a.firmOnDay < b.firmOnDay
		}
		return a.reviewer.ID < b.reviewer.ID
	})
}

// TestModesAgainstSlowTwin: in every mode, search, judgement and assignment agree
// with the twin on who qualifies, when, in which order, and on what is late.
func TestModesAgainstSlowTwin(t *testing.T) {
	t.Parallel()
	tb, clocks := t, newClocks()
	seen := coverage{}
	checkAll(t, seen, []string{"slot", "callback", "ad_hoc", "preferred", "late"}, func(t *rapid.T) {
		w := drawWideWorld(t, tb, clocks)
		p, refusal := NewPlan(w.view, w.query)
		shut := slices.ContainsFunc(w.cases, func(s *slowCase) bool { return s.status == "not_eligible" })
		if (refusal != nil) != shut || shut && (refusal.Code != "not_eligible" || len(refusal.Reasons) == 0) {
			t.Fatalf("refusal %+v, want one: %t", refusal, shut)
		}
		if shut {
			return
		}
		preferred := w.prefer()
		asked := w.query.Range
		bookable, lawful := w.bookable(int64(asked.Start), int64(asked.End))
		suiting := slices.DeleteFunc(slices.Clone(bookable), func(o wideOffer) bool { return !w.suits(o.start) })
		sortWide(suiting)
		answer := p.Earliest(len(suiting) + 1)
		var got, want []string
		for i := range answer.Offers {
			got = append(got, wideLine(&answer.Offers[i]))
		}
		for _, o := range suiting {
			want = append(want, o.String())
		}
		sameLines(t, "earliest", got, want)
		for _, because := range answer.Explanation.NothingBecause {
			if because.Code == "" {
				t.Fatalf("because %+v", because)
			}
		}
		checkWideJudge(t, p, w, bookable)
		checkAssign(t, p, w, suiting, lawful)
		checkAssignAt(t, p, w, bookable)
		if len(suiting) > 0 {
			seen[p.Mode]++
			seen["preferred"] += min(preferred, 1)
			if slices.ContainsFunc(suiting, func(o wideOffer) bool { return o.late }) {
				seen["late"]++
			}
		}
	})
}

// checkWideJudge asks about lines and other minutes, ticks aside.
func checkWideJudge(t *rapid.T, p *Plan, w *wideWorld, bookable []wideOffer) {
	can := map[string]wideOffer{}
	for _, o := range bookable {
		can[fmt.Sprint(o.reviewer.ID, o.start)] = o
	}
	first := w.query.Range.Start - w.query.Range.Start%60
	for _, r := range w.reviewers {
		for start := first; start < w.query.Range.End; start += 5 * slots.Minute {
			if start < w.query.Range.Start {
				continue
			}
			j := p.Judge(r, start)
			want, ok := can[fmt.Sprint(r.ID, int64(start))]
			if ok != (j.Fault == FaultNone) {
				t.Fatalf("%s at %s: %d %s [%s], bookable %t", r.ID, start, j.Fault, j.Detail, j.Rule, ok)
			}
			if !ok && j.Detail == "" || j.Fault == FaultNotQualified && j.Rule == "" {
				t.Fatalf("%s at %s: refused without a reason: %+v", r.ID, start, j)
			}
			if !ok {
				continue
			}
			got := wideOffer{twinOffer{r, int64(start), j.Tier, j.Relation, j.Unmet, j.Consultative, 0, 0}, j.Attestations, j.Late}
			if got.String() != want.String() {
				t.Fatalf("judged %s\nwant   %s", got, want)
			}
		}
	}
}

func (o wideOffer) allowedBy(consents []string) bool {
	return !o.unmet.Has(NeedSpecialtyMatch) &&
		!slices.ContainsFunc(o.attestations, func(code string) bool { return !slices.Contains(consents, code) })
}

func drawConsents(t *rapid.T) []string {
	return rapid.SampledFrom([][]string{
		nil, {"tx_ssl_waived"}, {"appeal_level_of_review"}, {"appeal_level_of_review", "tx_ssl_waived"},
	}).Draw(t, "consents")
}

func checkAssign(t *rapid.T, p *Plan, w *wideWorld, suiting, lawful []wideOffer) {
	consents := drawConsents(t)
	got := p.Assign(consents)
	var would []wideOffer // in order
	for _, o := range suiting {
		if o.allowedBy(consents) {
			would = append(would, o)
		}
	}
	some := slices.ContainsFunc(lawful, func(o wideOffer) bool { return w.suits(o.start) && o.allowedBy(consents) })
	if got.Options != min(len(would), MaxOptions) || got.Lawful != some || (got.Offer != nil) != (len(would) > 0) {
		t.Fatalf("assigned %+v, want one of %d, lawful %t", got, len(would), some)
	}
	if got.Offer != nil && wideLine(got.Offer) != would[0].String() {
		t.Fatalf("assigned %s\nwant     %s", wideLine(got.Offer), would[0])
	}
}

func checkAssignAt(t *rapid.T, p *Plan, w *wideWorld, bookable []wideOffer) {
	start := w.query.Range.Start
	if len(bookable) > 0 && rapid.Bool().Draw(t, "a start on offer") {
		start = slots.Instant(rapid.SampledFrom(bookable).Draw(t, "at").start)
	}
	except := rapid.SampledFrom([]string{"", "r", "other"}).Draw(t, "except")
	consents := drawConsents(t)
	var would []wideOffer
	for _, o := range bookable {
		if o.start == int64(start) && o.reviewer.ID != except && o.allowedBy(consents) {
			would = append(would, o)
		}
	}
	sortWide(would)
	got, ok := p.AssignAt(start, consents, except)
	if ok != (len(would) > 0) {
		t.Fatalf("at %s: assigned %t, want one of %d", start, ok, len(would))
	}
	if ok && wideLine(&got) != would[0].String() {
		t.Fatalf("assigned %s\nwant     %s", wideLine(&got), would[0])
	}
}
