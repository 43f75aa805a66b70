package matcher

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/parleyhq/parley/slots"
)

// payerRules compiles the plain payer's row, changed.
func payerRules(tb testing.TB, patch string) *Ruleset {
	tb.Helper()
	rs, err := CompileRules(plainRows(tb, "payers", patched(tb, payRow, patch)))
	if err != nil {
		tb.Fatal(err)
	}
	return rs
}

// procedureCase is a case of the plain payer outside Texas.
func procedureCase() *Case {
	c := plainCase()
	c.SitusState, c.MemberState = "NV", "NV"
	return c
}

func TestProcedureOfRow(t *testing.T) {
	t.Parallel()
	rs := payerRules(t, `{"modes": ["callback"], "minimumWindows": 2, "newInformation": "in_writing", "newInformationHow": "By fax.",
		"contacts": [{"kind": "phone", "value": "1-800-555-0100", "for": "Calls"}], "dials": "requester",
		"outcomes": [{"outcomes": ["decision_pending"], "when": {}}, {"outcomes": ["modified", "decision_pending"], "when": {"situsStates": ["TX"]}}],
		"hours": {"zones": ["America/Denver"], "weekly": [{"days": ["mon"], "start": "06:00", "end": "18:00"}], "holidaySpans": [{"start": "09:00", "end": "12:00"}], "minimumPerWeek": 40},
		"proxies": {"who": ["licensed_staff", "designee"]}, "speakers": {"who": "clinician"}}`)
	c := procedureCase()
	e := rs.Eligibility(c, sample.Start, 0)
	if e.MinimumWindows != 2 || e.NewInformation != "in_writing" || e.NewInformationHow != "By fax." || e.Dials != "requester" {
		t.Errorf("%+v", e)
	}
	if !slices.Equal(e.Contacts, []Contact{{"phone", "1-800-555-0100", "Calls"}}) {
		t.Errorf("contacts %v", e.Contacts)
	}
	if e.Speaker.Who != "clinician" || e.Speaker.Rule != "pay/speakers" || !e.ClinicianRequired {
		t.Errorf("speaker %+v, clinician %t", e.Speaker, e.ClinicianRequired)
	}
	if !slices.Equal(e.Outcomes, []string{"decision_pending"}) || !slices.Equal(e.Proxies, []string{"designee", "licensed_staff"}) {
		t.Errorf("outcomes %v, proxies %v", e.Outcomes, e.Proxies)
	}
	if len(e.Hours) != 1 || e.Hours[0].Rule != "pay" || e.Hours[0].MinimumPerWeek != 40 || e.Hours[0].HolidaySpans[0].Days != slots.AllTicks.Days {
		t.Errorf("hours %+v", e.Hours)
	}
	if e.Attempts != nil || e.Attempts.CallBackUntil(sample.Start) != 0 || e.DefaultWindows(slots.UTC(), sample.Start) != nil {
		t.Errorf("attempts %+v", e.Attempts)
	}
	c.SitusState = "TX"
	if e := rs.Eligibility(c, sample.Start, 0); !slices.Equal(e.Outcomes, []string{"decision_pending", "modified"}) {
		t.Errorf("outcomes in Texas %v", e.Outcomes)
	}
	// What a row does not say.
	e = payerRules(t, `{}`).Eligibility(c, sample.Start, 0)
	if e.Outcomes != nil || e.Dials != "reviewer" || e.Speaker.Who != "anyone" || e.ClinicianRequired || e.NewInformation != "" {
		t.Errorf("plain row: %+v", e)
	}
	e = payerRules(t, `{"clinicianRequired": true}`).Eligibility(c, sample.Start, 0)
	if e.Speaker.Who != "clinician" || !e.ClinicianRequired {
		t.Errorf("older row: %+v", e.Speaker)
	}
}

// TestNoOutcomeIsNotAll: a row whose entries do not hold allows none.
func TestNoOutcomeIsNotAll(t *testing.T) {
	t.Parallel()
	rs := payerRules(t, `{"outcomes": [{"outcomes": ["modified"], "when": {"situsStates": ["TX"]}}]}`)
	if e := rs.Eligibility(procedureCase(), sample.Start, 0); e.Outcomes == nil || len(e.Outcomes) > 0 {
		t.Errorf("outcomes %v", e.Outcomes)
	}
}

func TestCallBackUntil(t *testing.T) {
	t.Parallel()
	f := func(term, missed, want string) {
		t.Helper()
		rs := payerRules(t, `{"attempts": {"maximum": 2, "then": "deemed_completed", "counts": "windows", "callBack": `+term+`}}`)
		e := rs.Eligibility(procedureCase(), sample.Start, 0)
		if e.Attempts.Rule != "pay/attempts" || e.Attempts.Maximum != 2 || e.Attempts.Then != "deemed_completed" || e.Attempts.Counts != "windows" {
			t.Errorf("%+v", e.Attempts)
		}
		if got := e.Attempts.CallBackUntil(at(t, missed)); got != at(t, want) {
			t.Errorf("%s: %s, want %s", term, got, want)
		}
	}
	f(`{"amount": 2, "unit": "business_days", "holidays": "federal"}`, "2026-11-25T10:00:00-07:00", "2026-11-30T23:59:59-07:00")
	f(`{"amount": 2, "unit": "business_days", "holidays": "payer"}`, "2026-11-23T10:00:00-07:00", "2026-11-26T23:59:59-07:00")
	f(`{"amount": 4, "unit": "hours"}`, "2026-11-23T10:00:00-07:00", "2026-11-23T14:00:00-07:00")
}

func TestEnds(t *testing.T) {
	t.Parallel()
	rs := payerRules(t, `{"ends": [
		{"id": "approved-ends", "code": "case_approved", "message": "Approved.", "when": {"statuses": ["approved"]}},
		{"id": "appeal-ends", "code": "appeal_filed", "message": "An appeal was filed.", "when": {"appealFiled": true}}]}`)
	f := func(want string, edit func(*Case)) {
		t.Helper()
		c := procedureCase()
		edit(c)
		reason, ends := rs.Ends(c, sample.Start)
		got := ""
		if ends {
			got = reason.Code + " " + reason.Rule
		}
		if got != want {
			t.Errorf("ends %q, want %q", got, want)
		}
	}
	f("", func(*Case) {})
	f("case_approved pay/approved-ends", func(c *Case) { c.Determination.Status = "approved" })
	f("appeal_filed pay/appeal-ends", func(c *Case) { c.AppealFiledAt = sample.Start })
	f("", func(c *Case) { c.AppealFiledAt = sample.Start + 1 })
	f("case_approved pay/approved-ends", func(c *Case) { c.AppealFiledAt, c.Determination.Status = sample.Start, "approved" })
	rs = payerRules(t, `{"programs": ["sleep"], "ends": [{"id": "always", "code": "over", "message": "Over.", "when": {}}]}`)
	f("", func(*Case) {}) // no row governs it
	f("over pay/always", func(c *Case) { c.Program = "sleep" })
}

// TestCombinableInAnyMode: cases that share only callbacks share a call, though none of slots.
func TestCombinableInAnyMode(t *testing.T) {
	t.Parallel()
	rs, err := CompileRules(plainRows(t, "payers",
		patched(t, payRow, `{"programs": ["msk"], "modes": ["slot", "callback"]}`)+
			patched(t, payRow, `{"id": "pay-2", "programs": ["ipm"], "modes": ["callback"]}`)+
			patched(t, payRow, `{"id": "pay-3", "programs": ["sleep"], "modes": ["ad_hoc"]}`)))
	if err != nil {
		t.Fatal(err)
	}
	one := func(id, program string) *Case {
		c := procedureCase()
		c.ID, c.Program = id, program
		return c
	}
	v := &View{Tenant: "t", Rules: rs, Roster: NewRoster(), Calendar: slots.NewCalendar(), Now: sample.Start}
	if r := Combinable(v, []*Case{one("a", "msk"), one("b", "ipm")}); r != nil {
		t.Errorf("%+v", r)
	}
	if r := Combinable(v, []*Case{one("a", "msk"), one("b", "sleep")}); r == nil || r.Code != "cases_not_combinable" || r.CaseID != "b" {
		t.Errorf("%+v", r)
	}
	if r := Combinable(v, nil); r == nil || r.Code != "cases_not_combinable" {
		t.Errorf("%+v", r)
	}
	if r := Combinable(v, slices.Repeat([]*Case{one("a", "msk")}, MaxCases+1)); r == nil || r.Code != "cases_not_combinable" {
		t.Errorf("%+v", r)
	}
	q := Query{Cases: []*Case{one("a", "msk"), one("b", "ipm")}}
	for mode, code := range map[string]string{"callback": "", "": "mode_not_available", "ad_hoc": "mode_not_available", "pigeon": "mode_not_available"} {
		q.Mode = mode
		if _, r := NewPlan(v, q); (r == nil) != (code == "") || r != nil && r.Code != code {
			t.Errorf("%q: %+v", mode, r)
		}
	}
}

// TestCaseEffects: reported to who asks for a match, and beforehand to who might.
func TestCaseEffects(t *testing.T) {
	t.Parallel()
	law := patched(t, lawRow, `{"levels": ["reconsideration"], "requires": null, "waivers": null, "caseEffect": "converts_to_appeal",
		"trigger": {"requested": "specialty_match"}}`)
	rs, err := CompileRules(plainRows(t, "jurisdictions", law))
	if err != nil {
		t.Fatal(err)
	}
	for _, match := range []bool{false, true} {
		cr := rs.resolve(procedureCase(), sample.Start, 0, match)
		effects := cr.eligibility.CaseEffects
		if len(effects) != 1 || effects[0].Code != "converts_to_appeal" || effects[0].Rule != "law" ||
			strings.HasPrefix(effects[0].Message, "If") == match {
			t.Errorf("match %t: %+v", match, effects)
		}
		if slices.Contains(cr.ids, "law") != match {
			t.Errorf("match %t: rows %v", match, cr.ids)
		}
	}
}

// TestDefaultWindows: those of days that are no weekend and no holiday, cut at now,
// as many days as the row says.
func TestDefaultWindows(t *testing.T) {
	t.Parallel()
	rs := payerRules(t, `{"modes": ["callback"], "callbackHours": {"weekly": [
		{"days": ["mon", "tue", "wed", "thu", "fri"], "start": "09:00", "end": "12:00"},
		{"days": ["mon", "tue", "wed", "fri"], "start": "13:00", "end": "17:00"}], "businessDays": 4, "holidays": "federal"}}`)
	e := rs.Eligibility(procedureCase(), sample.Start, 0)
	federal := rs.holidays["federal"]
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom(wideZones).Draw(t, "zone")
		from := int64(sample.Start) + int64(rapid.IntRange(0, 400*24*60).Draw(t, "from"))*60
		var want []string
		days := map[string]bool{}
		for at := from - from%900; ; at += 900 { // a quarter at a time
			now := local(name, at)
			day := slots.UTC().Date(slots.Instant(time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC).Unix()))
			off := now.Weekday() == time.Saturday || now.Weekday() == time.Sunday || federal.Has(day)
			hour := now.Hour()
			if off || hour < 9 || hour >= 17 || hour == 12 || hour > 12 && now.Weekday() == time.Thursday {
				continue
			}
			if days[day.String()] = true; len(days) > 4 {
				break
			}
			want = append(want, fmt.Sprint(max(at, from)))
		}
		var got []string
		for _, w := range e.DefaultWindows(mustZone(name), slots.Instant(from)) {
			for at := w.Start; at < w.End; at += 900 - at%900 {
				got = append(got, fmt.Sprint(int64(at)))
			}
		}
		if !slices.Equal(got, want) {
			t.Fatalf("from %s in %s:\n%v\n%v", slots.Instant(from), name, got, want)
		}
	})
}
