package matcher

import (
	"testing"

	"github.com/parleyhq/parley/slots"
)

// TestPracticeDates: certification and experience count to the last second of their
// last day in the row's zone, and from the first of their first; the changes say so.
func TestPracticeDates(t *testing.T) {
	t.Parallel()
	f := func(tree string, edit func(*Reviewer), last, next string, met bool) {
		t.Helper()
		row := patched(t, lawRow, `{"waivers": null, "zone": "America/Denver", "requires": `+tree+`}`)
		rs, err := CompileRules(plainRows(t, "jurisdictions", row))
		if err != nil {
			t.Fatal(err)
		}
		c := plainCase()
		c.SitusState, c.LevelOfReview, c.ServiceSpecialty = "NV", "initial", codeSpine
		r := plainReviewer(rs)
		edit(r)
		cr := rs.resolve(c, at(t, last)-1, 0, false)
		before, after := cr.verdict(r, at(t, last)), cr.verdict(r, at(t, next))
		if (before.Tier != TierNone) != met || (after.Tier != TierNone) == met {
			t.Errorf("%s: %s at %s, %s at %s", tree, before.Tier, last, after.Tier, next)
		}
		changes := cr.changes(r, slots.Interval{Start: at(t, last), End: at(t, next) + 1})
		if len(changes) != 1 || changes[0] != at(t, next) {
			t.Errorf("%s: changes %v, want %s", tree, changes, next)
		}
	}
	certified := `{"boardCertification": {"kind": "certified"}}`
	either := `{"boardCertification": {"kind": "certified_or_experience", "recentYears": 5}}`
	recent := `{"experience": {"of": "condition", "recentYears": 5}}`
	board := func(code, from, to string) func(*Reviewer) {
		return func(r *Reviewer) {
			c := Certification{Specialty: code, From: on(t, from)}
			if to != "" {
				c.To = on(t, to)
			}
			r.BoardCertifications = []Certification{c}
		}
	}
	practised := func(until string) func(*Reviewer) {
		return func(r *Reviewer) { r.Experience = []Experience{{Specialty: codeSpine, Until: on(t, until)}} }
	}
	f(certified, board(codeSpine, "2019-01-01", "2026-06-30"), "2026-06-30T23:59:59-06:00", "2026-07-01T00:00:00-06:00", true)
	f(certified, board(codeOrtho, "2026-07-01", ""), "2026-06-30T23:59:59-06:00", "2026-07-01T00:00:00-06:00", false)
	f(either, practised("2021-06-30"), "2026-06-30T23:59:59-06:00", "2026-07-01T00:00:00-06:00", true)
	f(recent, practised("2021-06-30"), "2026-06-30T23:59:59-06:00", "2026-07-01T00:00:00-06:00", true)
	f(recent, practised("2020-02-29"), "2025-02-28T23:59:59-07:00", "2025-03-01T00:00:00-07:00", true)
}

// TestPracticeNeedsFacts: nothing is assumed of reviewers without such facts, and
// what they did elsewhere does not count.
func TestPracticeNeedsFacts(t *testing.T) {
	t.Parallel()
	f := func(tree, want string, met bool, edit func(*Reviewer, *Case)) {
		t.Helper()
		row := patched(t, lawRow, `{"waivers": null, "requires": `+tree+`}`)
		rs, err := CompileRules(plainRows(t, "jurisdictions", row))
		if err != nil {
			t.Fatal(err)
		}
		c, r := plainCase(), plainReviewer(rs)
		c.SitusState, c.LevelOfReview, c.ServiceSpecialty = "NV", "initial", codeSpine
		r.Specialties = []string{codeSpine}
		edit(r, c)
		cr := rs.resolve(c, sample.Start, 0, false)
		v := cr.verdict(r, sample.Start)
		if (v.Tier != TierNone) != met || !met && (v.Blocking != "law" || v.Unmet.Codes()[0] != want) {
			t.Errorf("%s: %s, unmet %v by %s", tree, v.Tier, v.Unmet.Codes(), v.Blocking)
		}
		if c.ServiceSpecialty == "" && cr.notes[0].Code != "specialty_unknown" {
			t.Errorf("notes %v", cr.notes)
		}
	}
	certified := `{"boardCertification": {"kind": "certified"}}`
	ever := `{"experience": {"of": "condition"}}`
	f(certified, "board_certification", false, func(*Reviewer, *Case) {})
	f(ever, "experience", false, func(*Reviewer, *Case) {})
	f(ever, "experience", true, func(r *Reviewer, _ *Case) { r.Experience = []Experience{{Specialty: codeNeuro, Until: 1}} })
	f(ever, "experience", false, func(r *Reviewer, _ *Case) { r.Experience = []Experience{{Specialty: codeHeart}} })
	f(ever, "experience", false, func(r *Reviewer, c *Case) {
		r.Experience, c.ServiceSpecialty = []Experience{{Specialty: codeSpine}}, ""
	})
	f(certified, "board_certification", false, func(r *Reviewer, _ *Case) {
		r.Experience = []Experience{{Specialty: codeSpine}}
	})
}
