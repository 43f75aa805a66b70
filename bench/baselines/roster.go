package main

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/parleyhq/parley/matcher"
)

// terms are what the rules ask of a question's reviewers, in the form that a
// schema of programs, specialties and licences can join with.
type terms struct {
	license bool // in the case's state, at the start
	// closeness gives relation and tier for each specialty, by its code.
	closeness map[string]closeness
}

type closeness struct{ relation, tier int }

// termsOf asks the product's predicate about reviewers who are made up for it:
// licensed, with one specialty each.
func (w *workload) termsOf(q *question) (*terms, error) {
	i := slices.IndexFunc(w.reviewers, func(r *matcher.Reviewer) bool { return slices.Contains(r.Programs, q.Cases[0].Program) })
	plan, refusal := matcher.NewPlan(w.View, q.Query)
	if i < 0 || refusal != nil {
		return nil, fmt.Errorf("question %d: nobody is trained for %s", q.number, q.Cases[0].Program)
	}
	made := *w.reviewers[i]
	start := instantOf(w.hours[i][0].from)
	judge := func(specialty string, licenses []matcher.License) closeness {
		made.Specialties, made.Licenses = []string{specialty}, licenses
		j := plan.Judge(&made, start)
		if c := (closeness{int(j.Relation), int(j.Tier)}); j.Tier.Compliant() {
			return c
		}
		return closeness{int(j.Relation), int(matcher.TierNone)}
	}
	licensed := []matcher.License{{State: q.Cases[0].SitusState, Type: "full", Status: "active", From: q.shape.Monday.AddDays(-900), To: q.shape.Monday.AddDays(900)}}
	t := &terms{closeness: map[string]closeness{}}
	for _, r := range w.reviewers {
		for _, s := range r.Specialties {
			if _, known := t.closeness[s]; known {
				continue
			}
			c := judge(s, licensed)
			t.license = t.license || judge(s, nil) != c
			t.closeness[s] = c
		}
	}
	return t, nil
}

// forever is the end of a licence that outlasts the horizon.
const forever cell = math.MaxInt32

// licensed returns when a licence in a state lets a reviewer take calls. Its ends
// are read off the product's verdicts, which know in which zone a date ends.
type licensed map[string]map[int]cells

func (w *workload) licenses(all map[*question]*terms) (licensed, error) {
	l := licensed{}
	put := func(state string, reviewer int, c cells) {
		if l[state] == nil {
			l[state] = map[int]cells{}
		}
		l[state][reviewer] = c
	}
	for i, r := range w.reviewers {
		for _, x := range r.Licenses {
			put(x.State, i, cells{0, forever})
		}
	}
	read := map[string]map[int]cells{}
	for q, t := range all {
		if !t.license {
			continue
		}
		state := q.Cases[0].SitusState
		if read[state] == nil {
			read[state] = map[int]cells{}
		}
		for _, f := range q.fits {
			if !matcher.Tier(f.tier).Compliant() {
				continue
			}
			if before, known := read[state][f.reviewer]; known && before != f.cells {
				return nil, fmt.Errorf("question %d: the licence of reviewer %d in %s ends at another time than before", q.number, f.reviewer, state)
			}
			read[state][f.reviewer] = f.cells
			put(state, f.reviewer, f.cells)
		}
	}
	return l, nil
}

// rosterSchema is the roster as an application would keep it. closeness and terms
// stand for its rules.
var rosterSchema = []string{
	`CREATE TABLE roster_program (program text, reviewer int)`,
	`CREATE TABLE roster_specialty (reviewer int, specialty text)`,
	`CREATE TABLE roster_license (state text, reviewer int, lo int, hi int)`,
	`CREATE TABLE terms (question int, program text, state text, license bool)`,
	`CREATE TABLE closeness (question int, specialty text, relation int2, tier int2)`,
}

var rosterIndexes = []string{
	`CREATE UNIQUE INDEX ON roster_program (program, reviewer)`,
	`CREATE UNIQUE INDEX ON roster_specialty (reviewer, specialty)`,
	`CREATE UNIQUE INDEX ON roster_license (state, reviewer) INCLUDE (lo, hi)`,
	`CREATE UNIQUE INDEX ON terms (question) INCLUDE (program, state, license)`,
	`CREATE UNIQUE INDEX ON closeness (question, specialty) INCLUDE (relation, tier)`,
}

// rosterFit takes the place of table fit: it joins roster and rules for $1, once,
// before anything is joined with it. Relation and tier of the closest specialty are
// found as one number, for the tier follows from the relation.
const rosterFit = `fit AS MATERIALIZED (
  SELECT b.question, b.reviewer, b.best % 16 AS tier, b.best / 16 AS relation, coalesce(l.lo, 0) AS lo, coalesce(l.hi, 2147483647) AS hi
  FROM (
    SELECT t.question, t.license, t.state, p.reviewer, max(c.relation * 16 + c.tier) AS best
    FROM terms t JOIN roster_program p ON p.program = t.program JOIN roster_specialty s ON s.reviewer = p.reviewer
      JOIN closeness c ON c.question = t.question AND c.specialty = s.specialty
    WHERE t.question = $1 GROUP BY t.question, t.license, t.state, p.reviewer) b
  LEFT JOIN roster_license l ON b.license AND l.state = b.state AND l.reviewer = b.reviewer
  WHERE b.best % 16 > 0 AND (NOT b.license OR l.reviewer IS NOT NULL)), `

// roster fills the tables of the roster and its rules.
func (l *loader) roster() error {
	all := map[*question]*terms{}
	for _, q := range l.plain {
		t, err := l.termsOf(q)
		if err != nil {
			return err
		}
		all[q] = t
	}
	held, err := l.licenses(all)
	if err != nil {
		return err
	}
	steps := []struct {
		table   string
		columns []string
		rows    func(yield func(...any))
	}{
		{"roster_program", []string{"program", "reviewer"}, func(yield func(...any)) {
			for i, r := range l.workload.reviewers {
				for _, p := range r.Programs {
					yield(p, int32(i))
				}
			}
		}},
		{"roster_specialty", []string{"reviewer", "specialty"}, func(yield func(...any)) {
			for i, r := range l.workload.reviewers {
				for _, s := range slices.Compact(slices.Sorted(slices.Values(r.Specialties))) {
					yield(int32(i), s)
				}
			}
		}},
		{"roster_license", []string{"state", "reviewer", "lo", "hi"}, func(yield func(...any)) {
			for _, state := range slices.Sorted(maps.Keys(held)) {
				for reviewer, c := range held[state] {
					yield(state, int32(reviewer), c.from, c.to)
				}
			}
		}},
		{"terms", []string{"question", "program", "state", "license"}, func(yield func(...any)) {
			for _, q := range l.plain {
				yield(int32(q.number), q.Cases[0].Program, q.Cases[0].SitusState, all[q].license)
			}
		}},
		{"closeness", []string{"question", "specialty", "relation", "tier"}, func(yield func(...any)) {
			for _, q := range l.plain {
				for _, s := range slices.Sorted(maps.Keys(all[q].closeness)) {
					c := all[q].closeness[s]
					yield(int32(q.number), s, int16(c.relation), int16(c.tier))
				}
			}
		}},
	}
	for _, s := range steps {
		if err := l.copyInto(s.table, s.columns, s.rows); err != nil {
			return err
		}
	}
	return nil
}
