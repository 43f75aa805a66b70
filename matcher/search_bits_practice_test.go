package matcher

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/parleyhq/parley/slots"
)

// practiceTrees ask for certification and experience in every way that a row can.
var practiceTrees = []string{
	`{"boardCertification": {"kind": "certified"}}`,
	`{"boardCertification": {"kind": "certified_or_experience"}}`,
	`{"boardCertification": {"kind": "certified_or_experience", "recentYears": 5}}`,
	`{"experience": {"of": "condition"}}`,
	`{"experience": {"of": "condition", "recentYears": 5}}`,
	`{"any": [{"all": [{"specialty": {"relation": "similar", "anchor": {"of": "service"}}}, {"boardCertification": {"kind": "certified"}}]},
		{"experience": {"of": "condition", "recentYears": 9}}]}`,
}

// TestBitsAgainstTreeInPractice: both searches give the same answers where rows ask for
// certification and experience that begin or end about now, or do not.
func TestBitsAgainstTreeInPractice(t *testing.T) {
	t.Parallel()
	var rows []string
	states := []string{"NV", "UT", "OR", "WA", "ID", "MT"}
	for i, tree := range practiceTrees {
		rows = append(rows, patched(t, lawRow, fmt.Sprintf(`{"id": "law-%s", "states": [%q], "waivers": null, "zone": "America/Denver",
			"levels": ["reconsideration"], "requires": %s}`, strings.ToLower(states[i]), states[i], tree)))
	}
	rules, err := CompileRules(plainRows(t, "jurisdictions", strings.Join(rows, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	seen := coverage{}
	checkAll(t, seen, append([]string{"bits", "sure"}, states...), func(t *rapid.T) {
		s := crowd(rapid.Uint64().Draw(t, "seed"), rapid.SampledFrom([]int{40, 200}).Draw(t, "people"), 100)
		tree := &View{Tenant: "a", Rules: rules, Roster: s.roster, Calendar: s.calendar, Now: s.now}
		bits := *tree
		bits.Index = s.index
		zone := mustZone("America/New_York")
		monday := zone.Date(s.now).Monday().AddDays(7 * rapid.IntRange(0, 1).Draw(t, "week"))
		c := spineCase("c")
		c.SitusState, c.LevelOfReview = rapid.SampledFrom(states).Draw(t, "state"), "reconsideration"
		c.ServiceSpecialty = rapid.SampledFrom([]string{codeSpine, codeOrtho, codeNeuro}).Draw(t, "service")
		q := Query{Cases: []*Case{c}, Zone: zone, Range: WeekRange(zone, monday), Ticks: drawTicks(t), Waivable: RevealAlways}
		if sameAnswers(t, &bits, tree, q, drawShape(t, monday)) {
			seen["bits"]++
		}
		p, refusal := NewPlan(&bits, q)
		if refusal != nil {
			t.Fatal(refusal)
		}
		if len(p.rules[0].practice) > 0 {
			seen[c.SitusState]++
		}
		if b, ok := (bitSource{}).on(p, p.window); ok {
			b.cast(compliantTiers)
			if len(b.casts) > 0 && len(b.singles) < s.index.size/4 {
				seen["sure"]++
			}
		}
	})
}

// TestPracticeBySets: who is certified or practises is known from sets, and only whose
// standing turns within the week is looked at alone.
func TestPracticeBySets(t *testing.T) {
	t.Parallel()
	rules, err := CompileRules(plainRows(t, "jurisdictions", patched(t, lawRow,
		`{"waivers": null, "levels": ["reconsideration"], "requires": {"boardCertification": {"kind": "certified_or_experience", "recentYears": 5}}}`)))
	if err != nil {
		t.Fatal(err)
	}
	s := newShift(1, 15)
	today := slots.UTC().Date(s.now)
	add := func(edit func(*Reviewer)) {
		r := s.person(len(s.people))
		r.Tenant, r.Active, r.Programs, r.HealthPlans, r.Modalities = "a", true, []string{"msk-spine-surgery"}, nil, nil
		r.Credential, r.Populations = "MD", []string{"adult"}
		r.BoardCertifications, r.Experience = nil, nil
		edit(r)
		s.people = append(s.people, r)
		s.roster.Put(r)
		s.index.Put(r, s.roster, s.calendar)
	}
	until := func(d slots.Date) func(*Reviewer) {
		return func(r *Reviewer) { r.Experience = []Experience{{Specialty: codeSpine, Until: d}} }
	}
	board := func(from, to slots.Date) func(*Reviewer) {
		return func(r *Reviewer) { r.BoardCertifications = []Certification{{codeSpine, from, to}} }
	}
	year, month, day := today.YMD()
	fiveAgo, _ := slots.DateOf(year-5, month, day)
	for _, edit := range []func(*Reviewer){
		func(*Reviewer) {}, board(today-900, 0), board(today-900, today+900), board(today-900, today-90), // 0 to 3
		until(0), until(today - 300), until(today - 9*366), // 4 to 6
		board(today-900, today+3), until(fiveAgo + 3), // 7, 8
	} {
		add(edit)
	}
	for !s.index.Advance(s.now, s.calendar, 2) {
	}
	c := spineCase("c")
	c.SitusState, c.LevelOfReview, c.ServiceSpecialty = "NV", "reconsideration", codeSpine
	view := &View{Tenant: "a", Rules: rules, Roster: s.roster, Calendar: s.calendar, Now: s.now, Index: s.index}
	p, refusal := NewPlan(view, Query{Cases: []*Case{c}, Range: slots.Interval{Start: s.now, End: s.now + 7*24*slots.Hour}})
	if refusal != nil {
		t.Fatal(refusal)
	}
	b, ok := bitSource{}.on(p, p.window)
	if !ok {
		t.Fatal("not searched over bits")
	}
	b.cast(compliantTiers)
	var sure []int
	for i := range b.casts {
		for ref := range b.casts[i].each {
			sure = append(sure, ref)
		}
	}
	slices.Sort(sure) // they come by relation
	if got := fmt.Sprint(sure, b.singles); got != "[1 2 4 5] [7 8]" {
		t.Errorf("sure and single: %s", got)
	}
}
