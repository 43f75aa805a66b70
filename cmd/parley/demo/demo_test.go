package demo_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/parleyhq/parley/cmd/parley/demo"
)

var day = time.Date(2026, 11, 23, 15, 0, 0, 0, time.UTC)

func TestNationalIsAFunctionOfTheDay(t *testing.T) {
	t.Parallel()
	one, two := demo.National(day), demo.National(day.Add(time.Hour))
	if len(one) != demo.Reviewers+demo.Cases {
		t.Fatalf("got %d lines, want %d", len(one), demo.Reviewers+demo.Cases)
	}
	for i := range one {
		if !bytes.Equal(one[i], two[i]) {
			t.Fatalf("line %d differs within one day:\n%s\n%s", i+1, one[i], two[i])
		}
	}
	if bytes.Equal(one[0], demo.National(day.AddDate(0, 0, 1))[0]) {
		t.Error("the next day gives the same first reviewer: dates do not follow the day")
	}
}

func TestLinesAreDistinctEntities(t *testing.T) {
	t.Parallel()
	f := func(name string, lines []demo.Line, reviewers, cases int) {
		t.Helper()
		seen := map[string]int{}
		kinds := map[string]int{}
		for i, l := range lines {
			var v struct {
				Kind  string `json:"kind"`
				Value struct {
					ID string `json:"id"`
				} `json:"value"`
			}
			if err := json.Unmarshal(l, &v); err != nil {
				t.Fatalf("%s: line %d: %v", name, i+1, err)
			}
			kinds[v.Kind]++
			if seen[v.Kind+v.Value.ID]++; seen[v.Kind+v.Value.ID] > 1 {
				t.Errorf("%s: %s %s stands twice", name, v.Kind, v.Value.ID)
			}
		}
		if kinds["reviewer"] != reviewers || kinds["case"] != cases || len(kinds) != 2 {
			t.Errorf("%s: got %v, want %d reviewers and %d cases", name, kinds, reviewers, cases)
		}
	}
	f("national", demo.National(day), demo.Reviewers, demo.Cases)
	f("deck", demo.Deck(), 2, 2)
}

func TestNationalExamplesStandInTheDemo(t *testing.T) {
	t.Parallel()
	all := bytes.Join(toBytes(demo.National(day)), []byte("\n"))
	for _, e := range demo.NationalExamples(20) {
		for _, want := range []string{`"id":"` + e.ID + `"`, `"dateOfBirth":"` + e.BirthDate + `"`} {
			if !bytes.Contains(all, []byte(want)) {
				t.Errorf("the national demo lacks %s", want)
			}
		}
	}
}

// What can be tried of the rules is there: every plan, every state with rows in force, drugs with their pharmacists,
// who decided, training, and cases of one member that may share a call.
func TestNationalShowsTheRules(t *testing.T) {
	t.Parallel()
	counts := map[string]int{}
	for i, l := range demo.National(day) {
		var v struct {
			Value struct {
				Credential          string
				BoardCertifications []any
				Experience          []any
				HealthPlan          string
				SitusState          string
				Member              struct{ ID string }
				Service             struct{ Drug, Modality string }
				Determination       struct{ Status, Reason, ReviewerID string }
			}
		}
		if err := json.Unmarshal(l, &v, json.MatchCaseInsensitiveNames(true)); err != nil {
			t.Fatalf("line %d: %v", i+1, err)
		}
		c := &v.Value
		for _, what := range []string{
			"credential " + c.Credential, "plan " + c.HealthPlan, "state " + c.SitusState, "drug " + c.Service.Drug,
			"modality " + c.Service.Modality, "status " + c.Determination.Status, "reason " + c.Determination.Reason,
		} {
			counts[what]++
		}
		counts["certifications"] += len(c.BoardCertifications)
		counts["experience"] += len(c.Experience)
		if c.Determination.ReviewerID != "" {
			counts["decider"]++
		}
		if counts["member "+c.Member.ID]++; c.Member.ID != "" && counts["member "+c.Member.ID] == 2 {
			counts["shared"]++
		}
	}
	f := func(least int, list ...string) {
		t.Helper()
		for _, what := range list {
			if counts[what] < least {
				t.Errorf("%d of %s, want at least %d", counts[what], what, least)
			}
		}
	}
	f(50, "plan hne", "plan evolent", "plan magellan", "plan claims-eval", "plan asuris", "plan northern-mutual")
	f(10, "state TX", "state OH", "state IN", "state MO", "state MS", "state AR", "state IL", "state KY", "state LA", "state NE",
		"state NJ", "state OK", "state TN", "state VA", "state MA", "state WA")
	f(15, "credential PharmD", "credential PT", "credential DO", "drug retail", "drug provider_administered", "modality mri", "modality ct",
		"status pending", "status partially_denied", "reason investigational", "shared")
	f(200, "certifications", "experience", "decider")
}

func toBytes(lines []demo.Line) [][]byte {
	out := make([][]byte, len(lines))
	for i, l := range lines {
		out[i] = l
	}
	return out
}
