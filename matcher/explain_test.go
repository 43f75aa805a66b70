package matcher

import (
	"fmt"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"github.com/parleyhq/parley/slots"
)

// tried counts what the twin would offer as asked, without a waiver.
func (w *twin) tried(u Unlock, bookable []twinOffer) string {
	for _, o := range bookable {
		if o.tier <= TierSkilled && o.unmet == 0 && w.fits(o.start) {
			u.add(slots.Instant(o.start))
		}
	}
	return unlockLine(u)
}

func unlockLine(u Unlock) string {
	if u.Slots == 0 {
		return ""
	}
	return fmt.Sprintf("%s %s %d %s", u.Kind, u.Value, u.Slots, u.Earliest)
}

// unlocks lists every single change that would help, but for weeks.
func (w *twin) unlocks(bookable []twinOffer) []string {
	lines := w.attestations(bookable)
	for day := range 7 {
		changed := *w
		changed.query.Ticks.Days |= 1 << day
		name := [...]string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}[day]
		if changed.query.Ticks != w.query.Ticks {
			lines = append(lines, changed.tried(Unlock{Kind: "day", Value: name}, bookable))
		}
	}
	for hour := range 24 {
		changed := *w
		changed.query.Ticks.Hours |= 1 << hour
		if changed.query.Ticks != w.query.Ticks {
			lines = append(lines, changed.tried(Unlock{Kind: "hour", Value: strconv.Itoa(hour)}, bookable))
		}
	}
	turned := *w
	turned.query.SpecialtyMatch = !w.query.SpecialtyMatch
	turned.rules = nil
	for _, c := range w.query.Cases {
		turned.rules = append(turned.rules, w.view.Rules.resolve(c, w.view.Now, 0, turned.query.SpecialtyMatch))
	}
	value := strconv.FormatBool(turned.query.SpecialtyMatch)
	offers := turned.bookable(int64(w.query.Range.Start), int64(w.query.Range.End))
	lines = append(lines, turned.tried(Unlock{Kind: "specialty_match_requested", Value: value}, offers))
	return append(lines, w.deadline())
}

// closing is the one limit of testdata/world_rules.json that closes the starts.
const closing = "odd-spine/decision-due"

// deadline tries the same question about cases whose decision is not due.
func (w *twin) deadline() string {
	moved, limited := *w, false
	moved.rules = nil
	for _, c := range w.query.Cases {
		if c.HealthPlan == "odd" && c.Program == "msk-spine-surgery" && c.DecisionDue != 0 {
			later := *c
			later.DecisionDue, limited = 0, true
			c = &later
		}
		moved.rules = append(moved.rules, w.view.Rules.resolve(c, w.view.Now, 0, w.query.SpecialtyMatch))
	}
	if !limited {
		return ""
	}
	offers := moved.bookable(int64(w.query.Range.Start), int64(w.query.Range.End))
	return moved.tried(Unlock{Kind: "deadline", Value: closing}, offers)
}

// attestations lists the codes that one alone make a slot bookable.
func (w *twin) attestations(bookable []twinOffer) (lines []string) {
	for _, code := range []string{"tx_ssl_specialty_waived", "tx_ssl_waived"} {
		u := Unlock{Kind: "attestation", Value: code}
		for _, o := range bookable {
			if o.tier <= TierSkilled || o.unmet.Has(NeedSpecialtyMatch) || !w.fits(o.start) {
				continue
			}
			waivers := map[string]bool{}
			for _, cr := range w.rules {
				for _, a := range cr.verdict(o.reviewer, slots.Instant(o.start)).Attestations {
					if a != "appeal_level_of_review" && a != "oh_member_consent" {
						waivers[a] = true
					}
				}
			}
			if len(waivers) == 1 && waivers[code] {
				u.add(slots.Instant(o.start))
			}
		}
		lines = append(lines, unlockLine(u))
	}
	return lines
}

// weeks lists the first weeks that would help: those that follow, then those before.
func (w *twin) weeks(monday slots.Date) (lines []string) {
	z := w.query.Zone
	try := func(d slots.Date) {
		week := WeekRange(z, d)
		offers := w.bookable(int64(week.Start), int64(week.End))
		if line := w.tried(Unlock{Kind: "week", Value: d.String()}, offers); line != "" && len(lines) < 4 {
			lines = append(lines, line)
		}
	}
	for d := monday.AddDays(7); d <= monday.AddDays(3*7); d = d.AddDays(7) {
		try(d)
	}
	for d := monday.AddDays(-7); d >= monday.AddDays(-2*7); d = d.AddDays(-7) {
		try(d)
	}
	return lines
}

// Of a question that a passed deadline refuses, the reasons name their rules, and
// the deadline is the change that would yield what the twin finds without it.
func TestRefusalExplainedAgainstTwin(t *testing.T) {
	t.Parallel()
	rules, clocks := worldRules(t), newClocks()
	met := coverage{}
	checkAll(t, met, []string{"helps"}, func(t *rapid.T) {
		w := drawWorld(t, rules)
		for _, c := range w.query.Cases {
			c.HealthPlan, c.Program, c.Determination.Status = "odd", "msk-spine-surgery", "pending"
			c.DecisionDue = w.view.Now - slots.Instant(rapid.IntRange(0, 3).Draw(t, "passed"))*slots.Hour
		}
		x, refused := ExplainRefused(w.view, w.query)
		if !refused || len(x.NothingBecause) != 1 || x.NothingBecause[0].Rule != closing {
			t.Fatalf("refused %t because %+v", refused, x.NothingBecause)
		}
		open := *w
		open.query.Cases = nil
		for _, c := range w.query.Cases {
			later := *c
			later.DecisionDue = 0
			open.query.Cases = append(open.query.Cases, &later)
		}
		p, refusal := NewPlan(open.view, open.query)
		if refusal != nil {
			t.Fatalf("refused: %s", refusal.Code)
		}
		if _, refused := ExplainRefused(open.view, open.query); refused {
			t.Fatal("a question with a plan counts as refused")
		}
		twin := open.twin(p, clocks)
		offers := twin.bookable(int64(w.query.Range.Start), int64(w.query.Range.End))
		var got, want []string
		for _, u := range x.Unlock {
			got = append(got, unlockLine(u))
		}
		if line := twin.tried(Unlock{Kind: "deadline", Value: closing}, offers); line != "" {
			met["helps"]++
			want = []string{line}
		}
		sameLines(t, "unlock", got, want)
	})
}

// An explanation names every single change that would help, and no other, with
// the right numbers; and it is given exactly when nothing can be had as asked.
func TestExplanationAgainstTwin(t *testing.T) {
	t.Parallel()
	rules, clocks := worldRules(t), newClocks()
	met := coverage{}
	checkAll(t, met, []string{"explained"}, func(t *rapid.T) {
		w := drawWorld(t, rules)
		w.query.Ticks = slots.Ticks{ // so that little suits
			Days:  slots.Weekdays(rapid.IntRange(1, 127).Draw(t, "few days")),
			Hours: 1 << rapid.IntRange(0, 23).Draw(t, "hour"),
		}
		p, refusal := NewPlan(w.view, w.query)
		if refusal != nil {
			t.Fatalf("refused: %s", refusal.Code)
		}
		twin := w.twin(p, clocks)
		bookable := twin.bookable(int64(w.query.Range.Start), int64(w.query.Range.End))
		x := p.Week(WeekShape{Monday: w.monday, ReviewersPerPriority: 10, SlotsPerDay: 4}).Explanation
		var got, weeks, want []string
		for _, u := range x.Unlock {
			if u.Kind == "week" {
				weeks = append(weeks, unlockLine(u))
			} else {
				got = append(got, unlockLine(u))
			}
		}
		if nothing := twin.tried(Unlock{}, bookable) == ""; nothing != (len(x.NothingBecause) > 0) {
			t.Fatalf("nothing in range: %t, reasons %v", nothing, x.NothingBecause)
		} else if nothing {
			met["explained"]++
			for _, line := range twin.unlocks(bookable) {
				if line != "" {
					want = append(want, line)
				}
			}
		}
		sameLines(t, "unlock", got, want)
		// One plan has a horizon that is short enough to try all its weeks.
		if c := w.query.Cases[0]; c.HealthPlan == "odd" && c.Program == "msk-spine-surgery" && len(x.NothingBecause) > 0 {
			sameLines(t, "weeks", weeks, twin.weeks(w.monday))
		}
	})
}
