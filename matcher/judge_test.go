package matcher

import (
	"testing"

	"github.com/parleyhq/parley/slots"
)

// What bars a reviewer is told of one row: the detail is a need that the row named by
// the rule leaves unmet, whatever other rows and cases leave unmet as well.
func TestDetailIsOfTheRowThatBars(t *testing.T) {
	t.Parallel()
	rules := modeRules(t)
	for _, test := range []struct {
		name         string
		edit         func(first, second *Case, r *Reviewer)
		detail, rule string
	}{
		{"the first case's row, a lower need in the second", func(first, second *Case, _ *Reviewer) {
			first.SitusState = "ND"
			second.Drug = "retail"
		}, "identity", "requires"},
		{"the first case's stage, a row of the second", func(first, second *Case, _ *Reviewer) {
			first.Drug = "retail"
			second.SitusState = "ND"
		}, "stage", "every/pharmacist"},
		{"the second case alone", func(_, second *Case, _ *Reviewer) {
			second.SitusState = "ND"
		}, "identity", "requires"},
		{"what everybody must meet, a lower need in the row", func(_, _ *Case, r *Reviewer) {
			r.Programs, r.Credential = nil, "DC"
		}, "program", "every/program"},
		{"the payer's row before a law", func(first, _ *Case, r *Reviewer) {
			first.SitusState, r.Credential = "ND", "DC"
		}, "credential", "every/credential"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			zone, monday := mustZone("America/Chicago"), mustDate("2025-06-02")
			week := WeekRange(zone, monday)
			r := &Reviewer{
				Ref: 1, Tenant: "t1", ID: "r", Credential: "MD", Programs: []string{"msk-spine-surgery"},
				Specialties: []string{"207XS0117X"}, Zone: zone, Active: true,
				Hours: slots.Availability{Weekly: []slots.WeeklyHours{{Days: 0b1111111, Span: slots.ClockSpan{End: 24 * 60}}}},
			}
			first, second := spineCase("first"), spineCase("second")
			for _, c := range []*Case{first, second} {
				c.HealthPlan, c.SitusState = "every", "FL"
			}
			test.edit(first, second, r)
			view := &View{Tenant: "t1", Rules: rules, Roster: NewRoster(), Calendar: slots.NewCalendar(), Now: week.Start}
			view.Roster.Put(r)
			p, refusal := NewPlan(view, Query{Cases: []*Case{first, second}, Zone: zone})
			if refusal != nil {
				t.Fatalf("refused: %+v", refusal)
			}
			start := week.Start + slots.Hour
			j, x := p.Judge(r, start), p.ExplainReviewer(r, 0).Judgement
			for _, got := range []*Judgement{&j, &x} {
				if got.Fault != FaultNotQualified || got.Detail != test.detail || got.Rule != test.rule {
					t.Errorf("fault %d, %s by %s, want %s by %s", got.Fault, got.Detail, got.Rule, test.detail, test.rule)
				}
			}
		})
	}
}

// Of a row that leaves several needs unmet, the one that nobody can waive speaks, and
// the requirement that is named is its own.
func TestDecisiveNeedNamesItsRequirement(t *testing.T) {
	t.Parallel()
	names := &[needCount]string{NeedLicense: "p/license", NeedCredential: "p/credential", NeedPopulation: "p/population"}
	row := activeRow{id: "p", rules: names}
	for unmet, want := range map[Needs]Need{
		1 << NeedLicense:                                       NeedLicense,
		1<<NeedLicense | 1<<NeedCredential:                     NeedCredential,
		1<<NeedPopulation | 1<<NeedLicense | 1<<NeedCredential: NeedCredential,
		1<<NeedPopulation | 1<<NeedLicense | 1<<NeedSpecialty:  NeedPopulation,
	} {
		if got := unmet.decisive(); got != want || row.rule(unmet) != names[want] {
			t.Errorf("%v: %s by %s, want %s", unmet.Codes(), got, row.rule(unmet), names[want])
		}
	}
}
