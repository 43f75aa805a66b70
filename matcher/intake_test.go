package matcher

import (
	"slices"
	"testing"
)

// TestIntake: what a row asks for of a case before an ad hoc call, and what of it
// the case says. A row that says nothing asks for the service's codes.
func TestIntake(t *testing.T) {
	t.Parallel()
	f := func(row string, spoil func(*Case), want ...IntakeFact) {
		t.Helper()
		c := procedureCase()
		c.ServiceCodes, c.Modality, c.Ordering.Present, c.Rendering.Present = []string{"72148"}, "mri", true, true
		spoil(c)
		e := payerRules(t, row).Eligibility(c, sample.Start, 0)
		rule := ""
		if len(want) > 0 {
			rule = "pay/intake"
		}
		if !slices.Equal(e.Intake, want) || e.IntakeRule != rule {
			t.Errorf("%s: %+v by %q, want %+v", row, e.Intake, e.IntakeRule, want)
		}
	}
	whole := func(*Case) {}
	codes := IntakeFact{"service_codes", "/service/codes", true}
	f(`{"modes": ["ad_hoc"]}`, whole, codes)
	f(`{"modes": ["ad_hoc"], "intake": []}`, whole)
	f(`{"modes": ["slot", "callback"]}`, whole)
	const every = `{"modes": ["slot", "ad_hoc"], "intake": ["rendering_provider", "modality", "ordering_provider", "service_codes"]}`
	facts := []IntakeFact{
		codes, {"modality", "/service/modality", true},
		{"ordering_provider", "/providers/ordering", true}, {"rendering_provider", "/providers/rendering", true},
	}
	f(every, whole, facts...)
	for i, spoil := range []func(*Case){
		func(c *Case) { c.ServiceCodes = nil }, func(c *Case) { c.Modality = "" },
		func(c *Case) { c.Ordering = Provider{} }, func(c *Case) { c.Rendering = Provider{} },
	} {
		want := slices.Clone(facts)
		want[i].Known = false
		f(every, spoil, want...)
	}
}

func TestBadIntake(t *testing.T) {
	t.Parallel()
	f := func(patch, detail string) {
		t.Helper()
		refusal(t, withRows(t, "payers", patched(t, payRow, patch)), "payers", "pay", detail)
	}
	f(`{"intake": []}`, "the row has no ad hoc calls")
	f(`{"modes": ["ad_hoc"], "intake": ["shoe_size"]}`, `unknown "shoe_size"`)
	f(`{"modes": ["ad_hoc"], "intake": ["modality", "modality"]}`, `"modality" twice`)
}
