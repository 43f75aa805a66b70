package matcher

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/parleyhq/parley/slots"
)

// drawNow draws a full minute around the turn of 2026.
func drawNow(t *rapid.T) slots.Instant {
	return 1_766_800_020 + slots.Instant(rapid.IntRange(0, 10*24*60).Draw(t, "now"))*slots.Minute
}

// TestCasesAgainstSlowTwin: status, clocks, limits and stages of a case are those
// that reading its rows minute by minute gives, and every reason names a rule.
func TestCasesAgainstSlowTwin(t *testing.T) {
	t.Parallel()
	tb := t
	seen := coverage{}
	kinds := append([]string{"result due", "due by law", "a case's own due", "replaced", "beside", "closed by law"}, statusNames[:]...)
	checkAll(t, seen, kinds, func(t *rapid.T) {
		w := drawWideRules(t, true)
		rs := w.compile(t, tb)
		for range 4 {
			now := drawNow(t)
			c := drawWideCase(t, now)
			var asked slots.Instant
			if rapid.Bool().Draw(t, "asked before") {
				asked = now - slots.Instant(rapid.IntRange(0, 5*24*60).Draw(t, "asked"))*slots.Minute
			}
			cr := rs.resolve(c, now, asked, rapid.Bool().Draw(t, "match"))
			e := &cr.eligibility
			s := slowly(&w, c, int64(now), int64(asked), cr.specialtyMatch)
			if got, want := fastLine(cr), s.line(); got != want {
				t.Fatalf("got  %s\nwant %s", got, want)
			}
			for _, reason := range e.Reasons {
				if reason.Code == "" || reason.Rule == "" || reason.Message == "" {
					t.Fatalf("reason %+v", reason)
				}
			}
			if (e.DueBy == 0) != (e.DueByRule == "") {
				t.Fatalf("due by %s, rule %q", e.DueBy, e.DueByRule)
			}
			ended := now + slots.Instant(rapid.IntRange(0, 3*24*60).Draw(t, "ended"))*slots.Minute
			due, rule := e.ResultDue(ended)
			if got, want := fmt.Sprint(int64(due), rule, e.PartialCertification, e.PartialRule), s.follows(int64(ended)); got != want {
				t.Fatalf("after a call that ended at %s: got %s, want %s", ended, got, want)
			}
			seen[s.status]++
			if rule != "" {
				seen["result due"]++
			}
			s.count(seen, cr)
			s.explained(t, rs.ExplainCase(c, now, asked).Rows)
		}
	})
}

// count notes what came up of laws that stand to one another, and of clocks for the decision.
func (s *slowCase) count(seen coverage, cr *caseRules) {
	law := func(id string) bool { return slices.ContainsFunc(cr.laws, func(l law) bool { return l.ID == id }) }
	for i := range s.rules.laws {
		for _, id := range s.rules.laws[i].Beside {
			if law(id) && law(s.rules.laws[i].ID) {
				seen["beside"]++
			}
		}
	}
	switch {
	case s.decisionLaw != "":
		seen["due by law"]++
	case s.decision != 0 && s.c.Determination.Status == "pending":
		seen["a case's own due"]++
	}
	if cr.closedByLaw && cr.eligibility.Status == NotEligible {
		seen["closed by law"]++
	}
	if len(s.governing()) < len(s.covering()) {
		seen["replaced"]++
	}
}

// explained demands that an explanation, which asks for no specialty match, says of each
// law whether it governs, and names who replaces it.
func (s *slowCase) explained(t *rapid.T, rows []RowExplanation) {
	plain := *s
	plain.match = false
	governing := plain.governing()
	has := func(list []*wideRow, id string) bool {
		return slices.ContainsFunc(list, func(r *wideRow) bool { return r.ID == id })
	}
	for _, row := range rows {
		if row.Kind == "payer" {
			continue
		}
		if row.Applies != has(governing, row.ID) || row.Applies != (row.Why == "") {
			t.Fatalf("row %s: applies %t, why %q", row.ID, row.Applies, row.Why)
		}
		_, by, replaced := strings.Cut(row.Why, "replaced by ")
		if replaced && !has(governing, by) || !replaced && !row.Applies && has(plain.covering(), row.ID) {
			t.Fatalf("row %s: why %q", row.ID, row.Why)
		}
	}
}

// line is all that the twin says of a case.
func (s *slowCase) line() string {
	text := fmt.Sprintf("%s %v ask %s due %s notice %s stage %s of %d decision %s %s", s.status, s.codes,
		slots.Instant(s.requestUntil), slots.Instant(s.dueBy), slots.Instant(s.notice), s.stage, s.stages, slots.Instant(s.decision), s.decisionLaw)
	if s.status == "not_eligible" {
		return text
	}
	text += fmt.Sprintf(" starts %s %s until %s", slots.Instant(s.from), slots.Instant(s.to), slots.Instant(s.until))
	if s.status == "eligible" {
		text += fmt.Sprintf(" changing %s", slots.Instant(min(s.change, s.to)))
	}
	return text
}

// fastLine is the same of the rules.
func fastLine(cr *caseRules) string {
	e := &cr.eligibility
	var codes []string
	if e.Status != Eligible {
		for _, r := range e.Reasons {
			if !slices.Contains(cr.notes, r) {
				codes = append(codes, r.Code)
			}
		}
	}
	text := fmt.Sprintf("%s %v ask %s due %s notice %s stage %s of %d decision %s %s", e.Status, sortedSet(codes),
		e.RequestUntil, e.DueBy, e.NoticeUntil, e.Stage, e.Stages, cr.due, cr.dueRule)
	if e.Status == NotEligible {
		return text
	}
	text += fmt.Sprintf(" starts %s %s until %s", cr.starts.Start, cr.starts.End, e.DecisionChangingUntil)
	if e.Status == Eligible {
		text += fmt.Sprintf(" changing %s", cr.changing.End)
	}
	return text
}

// TestVerdictsAgainstSlowTwin: the verdict at any instant is that of the rows as
// they read, whatever predicates they use, and is constant between two changes.
func TestVerdictsAgainstSlowTwin(t *testing.T) {
	t.Parallel()
	tb := t
	seen := coverage{}
	wanted := []string{"board_certification", "experience", "identity", "credential", "none", "full"}
	checkAll(t, seen, wanted, func(t *rapid.T) {
		w := drawWideRules(t, true)
		rs := w.compile(t, tb)
		now := drawNow(t)
		for range 3 {
			c := drawWideCase(t, now)
			match := rapid.Bool().Draw(t, "match")
			cr := rs.resolve(c, now, 0, match)
			s := slowly(&w, c, int64(now), 0, match)
			r := drawWideReviewer(t, rapid.SampledFrom([]string{"r", "other", "third"}).Draw(t, "who"))
			changes := cr.changes(r, slots.Interval{Start: now, End: now + 20*24*slots.Hour})
			walk := slices.Clone(changes)
			for at := now; at < now+20*24*slots.Hour; at += 5 * slots.Hour {
				walk = append(walk, at)
			}
			slices.Sort(walk)
			before, from := cr.verdict(r, now), now
			for _, start := range walk {
				for _, at := range []slots.Instant{max(start-1, now), start} {
					v, want := cr.verdict(r, at), s.verdict(r, int64(at))
					got := slowVerdict{v.Tier.String(), v.Relation, sortedSet(v.Unmet.Codes()), v.Attestations}
					if fmt.Sprint(got) != fmt.Sprint(want) {
						t.Fatalf("at %s: %v\nwant %v", at, got, want)
					}
					announced := slices.ContainsFunc(changes, func(x slots.Instant) bool { return from < x && x <= at })
					if !announced && at > from && !reflect.DeepEqual(v, before) {
						t.Fatalf("between %s and %s, without a change:\n%+v\n%+v", from, at, before, v)
					}
					before, from = v, at
					if want.tier == "none" && (v.Blocking == "" || v.Barred == 0) {
						t.Fatalf("refused without a rule: %+v", v)
					}
					for _, need := range v.Unmet.Codes() {
						seen[need]++
					}
					seen[want.tier]++
				}
			}
		}
	})
}
