package matcher

import "testing"

func TestCombinable(t *testing.T) {
	t.Parallel()
	rows := patched(t, payRow, `{"programs": ["msk"], "modes": ["slot", "callback"]}`) +
		patched(t, payRow, `{"id": "pay-2", "programs": ["ipm"], "modes": ["callback"]}`) +
		patched(t, payRow, `{"id": "pay-3", "programs": ["sleep"], "modes": ["ad_hoc"]}`)
	rs, err := CompileRules(withRows(t, "payers", rows))
	if err != nil {
		t.Fatal(err)
	}
	one := func(id, plan, program, status string) *caseRules {
		c := plainCase()
		c.ID, c.HealthPlan, c.Program, c.Determination.Status = id, plan, program, status
		return rs.resolve(c, sample.Start, 0, false)
	}
	f := func(want, wantCase string, rules ...*caseRules) {
		t.Helper()
		_, got := combinable(nil, rules, "slot")
		switch {
		case got == nil && want != "":
			t.Errorf("combined, want %s", want)
		case got != nil && got.Code == "mode_not_available" && got.Rule != "pay-2/modes":
			t.Errorf("refused by %q, want the row whose modes these are", got.Rule)
		case got != nil && (got.Code != want || got.CaseID != wantCase):
			t.Errorf("%s of case %q, want %s of %q", got.Code, got.CaseID, want, wantCase)
		}
	}
	msk := func(id string) *caseRules { return one(id, "acme", "msk", "denied") }
	f("", "", msk("a"))
	f("", "", msk("a"), msk("b"), msk("c"), msk("d"), msk("e"))
	f("cases_not_combinable", "")
	f("cases_not_combinable", "", msk("a"), msk("b"), msk("c"), msk("d"), msk("e"), msk("f"))
	f("cases_not_combinable", "a", msk("a"), msk("a"))
	f("cases_not_combinable", "b", msk("a"), one("b", "hne", "msk", "denied"))
	f("cases_not_combinable", "b", msk("a"), one("b", "acme", "sleep", "denied"))
	f("mode_not_available", "b", msk("a"), one("b", "acme", "ipm", "denied"))
	f("mode_not_available", "b", one("b", "acme", "ipm", "denied"))
	f("not_eligible", "b", one("a", "hne", "msk", "denied"), one("b", "hne", "msk", "approved"))
	f("not_eligible", "b", msk("a"), one("b", "acme", "cardiac", "denied"))
}

// TestRecordDuty: Texas wants a record of what was offered.
func TestRecordDuty(t *testing.T) {
	t.Parallel()
	rs := shipped(t)
	c := plainCase()
	if cr := rs.resolve(c, sample.Start, 0, false); !cr.recordDuty || !cr.eligibility.RecordDuty {
		t.Error("Texas asks for a record of what was offered")
	}
	c.LineOfBusiness = "self_funded"
	if cr := rs.resolve(c, sample.Start, 0, false); cr.recordDuty || cr.eligibility.RecordDuty {
		t.Error("nobody asks for a record of what was offered")
	}
}

// TestDefaultNumbers are those of the default policy.
func TestDefaultNumbers(t *testing.T) {
	t.Parallel()
	rs := shipped(t)
	for _, plan := range []string{"acme", "hne"} {
		c := plainCase()
		c.HealthPlan = plan
		e := rs.Eligibility(c, sample.Start, 0)
		if e.CallMinutes != 15 || e.GridMinutes != 15 || e.LeadMinutes != 0 || e.HorizonHours != 60*24 || e.HoldMinutes != 5 || e.ClinicianRequired {
			t.Errorf("%s: %+v", plan, e)
		}
		starts := rs.resolve(c, sample.Start, 0, false).starts
		if starts.Start != sample.Start || starts.Seconds() != 60*24*3600 {
			t.Errorf("%s: starts %v", plan, starts)
		}
	}
}

func TestCredentials(t *testing.T) {
	t.Parallel()
	f := func(credential string, want bool) {
		t.Helper()
		if got := isPhysician(credential); got != want {
			t.Errorf("%q physician: %t", credential, got)
		}
	}
	for _, s := range []string{"MD", "DO", "md", "M.D.", "D.O.", "MD, PhD", "PhD/MD", "MD PhD", "FACS,M.D."} {
		f(s, true)
	}
	for _, s := range []string{"", "NP", "DMD", "MDS", "M", "D", "DPM", "PharmD", "DOT", ".", "M D", "Md.x"} {
		f(s, false)
	}
}
