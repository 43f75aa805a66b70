package matcher

import (
	"strings"
	"testing"

	"github.com/parleyhq/parley/slots"
)

// smallBundle holds one row of everything, small enough to be worth mutating.
const smallBundle = `{
"states": {"version": 1, "rows": [{"id": "TX", "name": "Texas", "zone": "America/Chicago"}]},
"labels": {"version": 1, "rows": [{"id": "level/initial", "label": "I"}, {"id": "level/reconsideration", "label": "R"}, {"id": "level/appeal", "label": "A"}]},
"programs": {"version": 1, "rows": [{"id": "msk-spine-surgery", "label": "Spine", "serviceLine": "spine-surgery"}]},
"specialties": {"version": 1, "rows": [
  {"id": "orthopaedic-surgery", "label": "O", "codes": ["207X00000X"]},
  {"id": "orthopaedic-surgery/spine", "label": "S", "parent": "orthopaedic-surgery", "codes": ["207XS0117X"]},
  {"id": "neurosurgery", "label": "N", "codes": ["207T00000X"]}]},
"similarity": {"version": 1, "rows": [{"id": "spine", "serviceLines": ["spine-surgery"], "source": "s",
  "members": [{"concept": "neurosurgery"}, {"concept": "orthopaedic-surgery/spine", "populations": ["adult"]}]}]},
"attestations": {"version": 1, "rows": [{"id": "waived", "version": 1, "text": "T", "source": "s"}]},
"payers": {"version": 1, "rows": [{"id": "default", "title": "D", "source": "s", "verified": true, "enabled": true, "healthPlan": "*",
  "zone": "America/Chicago", "modes": ["slot"], "requires": {"credential": {"in": ["MD"]}},
  "call": {"callMinutes": 15, "gridMinutes": 15, "leadMinutes": 0, "horizonHours": 48, "holdMinutes": 5},
  "requestWindow": {"amount": 15, "unit": "calendar_days", "from": "letter_date"},
  "limits": [{"id": "due", "event": "decision_due", "effect": "closes", "code": "late", "message": "L", "display": true, "when": {}}],
  "attestations": [{"code": "waived", "mandatory": false, "when": {"memberStates": ["TX"]}}],
  "options": [{"code": "appeal", "how": "H", "until": "decision_due", "when": {}}], "advice": [{"code": "confirm_with_health_plan", "when": {}}],
  "clauses": [{"id": "call", "effect": "eligible", "code": "yes", "message": "Y", "display": true, "when": {}}]}]},
"jurisdictions": {"version": 1, "rows": [{"id": "tx", "title": "T", "source": "s", "verified": true, "enabled": true, "kind": "state",
  "states": ["TX"], "stateBasis": "situs_else_member", "lines": ["commercial"], "levels": ["reconsideration"], "phases": ["pre_service"],
  "statuses": ["denied"], "validFrom": "2021-09-01", "trigger": {"roles": ["requesting"], "profession": "physician"},
  "requires": {"any": [{"license": {"state": "row"}}, {"all": [{"population": "member"}, {"identity": "involved_barred"},
    {"when": {"requested": "specialty_match"}, "specialty": {"relation": "similar", "anchor": {"of": "service"}}}]}]},
  "waivers": [{"unmet": ["license"], "attestation": "waived"}], "recordDuty": ["offered_at"]}]}
}`

// wideBundle is smallBundle with calendars, clocks and procedures.
var wideBundle = strings.NewReplacer(
	`"states": {`, `"holidays": {"version": 1, "rows": [
  {"id": "federal", "label": "F", "source": "s", "days": [{"name": "A", "month": 1, "day": 1, "observed": "nearest_weekday"},
    {"name": "B", "month": 12, "weekday": "mon", "last": true, "offset": -1, "validFrom": 2020}]},
  {"id": "state/TX", "label": "T", "source": "s", "days": [{"name": "C", "date": "2025-12-24"}]}]}, "states": {`,
	`"modes": ["slot"]`, `"modes": ["slot", "callback", "ad_hoc"], "dials": "requester", "agentSpecialty": "207T00000X",
  "speakers": {"who": "credentials", "credentials": ["PA"], "doctorates": true}, "caps": {"callsPerCase": 2},
  "callbackHours": {"weekly": [{"days": ["mon", "fri"], "start": "09:00", "end": "17:00"}], "businessDays": 3, "holidays": "federal"},
  "attempts": {"maximum": 2, "then": "no_show", "counts": "any", "callBack": {"amount": 2, "unit": "business_days", "holidays": "payer"}},
  "reviewerStages": [{"id": "first", "credentials": ["PharmD"], "when": {"drugs": ["retail"]}}, {"id": "second", "credentials": ["MD"], "when": {}}],
  "ends": [{"id": "over", "code": "case_approved", "message": "M", "when": {"statuses": ["approved"]}}],
  "outcomes": [{"outcomes": ["upheld"], "when": {"expedited": false}}], "newInformation": "documented", "newInformationHow": "H",
  "contacts": [{"kind": "fax", "value": "1", "for": "F"}], "responseClock": {"amount": 30, "unit": "hours", "excludeWeekends": true, "from": "request"}`,
	`"event": "decision_due",`, `"event": "decision_due", "before": {"amount": 2, "unit": "business_days", "holidays": "federal"},`,
	`{"population": "member"}`, `{"identity": "original_preferred", "within": {"amount": 1, "unit": "calendar_days"}},
    {"any": [{"boardCertification": {"kind": "certified_or_experience", "recentYears": 5}}, {"experience": {"of": "condition"}}]},
    {"specialty": {"relation": "same", "anchor": {"of": "agent"}}}`,
	`"recordDuty": ["offered_at"]`, `"recordDuty": ["offered_at"], "caseEffect": "converts_to_appeal", "proxies": {"who": ["designee"]},
  "requestWindow": {"amount": 9, "unit": "business_days", "holidays": "federal_and_state", "from": "denial", "until": ["appeal_filed"]},
  "responseClock": {"amount": 2, "unit": "business_days", "holidays": "state", "from": "request_and_information", "removesLater": true},
  "minimumNotice": [{"amount": 1, "unit": "business_days", "holidays": "none"}], "preDeterminationOnly": {"consultativeAfter": true}`,
).Replace(smallBundle)

func TestSmallBundlesCompile(t *testing.T) {
	t.Parallel()
	for _, bundle := range []string{smallBundle, wideBundle} {
		if _, err := CompileRules([]byte(bundle)); err != nil {
			t.Fatal(err)
		}
	}
	for _, part := range []string{"holidays", "speakers", "before", "agent\"}}", "caseEffect", "preDeterminationOnly"} {
		if !strings.Contains(wideBundle, part) {
			t.Errorf("no %s", part)
		}
	}
}

// FuzzCompileRules: whatever the bytes, they are refused, or judge without a panic
// and in the same way each time.
func FuzzCompileRules(f *testing.F) {
	f.Add([]byte(smallBundle), uint8(3))
	f.Add([]byte(wideBundle), uint8(0))
	f.Add([]byte(wideBundle), uint8(7))
	f.Add([]byte(`{}`), uint8(0))
	f.Add([]byte(`{"states": {"version": 1, "rows": [null]}}`), uint8(0))
	reviewer := &Reviewer{
		Tenant: "t", ID: "r", Credential: "MD", Specialties: []string{"207T00000X", "?"}, Programs: []string{"msk-spine-surgery"}, Active: true,
		Licenses:            []License{{State: "TX", Type: "full", Status: "active", From: 18_000, To: 20_500}, {State: "??"}},
		BoardCertifications: []Certification{{Specialty: "207T00000X", From: 20_000, To: 20_450}},
		Experience:          []Experience{{Specialty: "207T00000X", Until: 18_600}},
	}
	f.Fuzz(func(t *testing.T, bundle []byte, flags uint8) {
		rs, err := CompileRules(bundle)
		if err != nil {
			return
		}
		again, err := CompileRules(bundle)
		if err != nil || again.Version() != rs.Version() {
			t.Fatalf("compiled once: %v", err)
		}
		c := plainCase()
		c.Determination.LetterDate, c.DecisionDue = 20_440, sample.End
		if flags&2 != 0 {
			c.Requesting = Provider{}
		}
		if flags&4 != 0 {
			c.Determination.DecidedAt, c.InformationCompleteAt = sample.Start-slots.Hour, sample.Start
			c.Determination.Status, c.Determination.ReviewerID, c.Stage = "pending", "r", 1
		}
		cr := rs.resolve(c, sample.Start, 0, flags&1 != 0)
		if len(cr.eligibility.Reasons) == 0 {
			t.Fatal("no reason")
		}
		for _, w := range cr.eligibility.DefaultWindows(slots.UTC(), sample.Start) {
			if w.Empty() || w.Start < sample.Start {
				t.Fatalf("window %s", w)
			}
		}
		if until := cr.eligibility.Attempts.CallBackUntil(sample.Start); until != 0 && until < sample.Start {
			t.Fatalf("call back until %s", until)
		}
		if reason, ends := rs.Ends(c, sample.Start); ends && reason.Rule == "" {
			t.Fatalf("ended without a rule: %+v", reason)
		}
		v := cr.verdict(reviewer, sample.Start)
		if (v.Tier == TierNone) != (v.Blocking != "") {
			t.Fatalf("verdict %+v", v)
		}
		last := sample.Start
		for _, at := range cr.changes(reviewer, slots.Interval{Start: sample.Start, End: sample.End}) {
			if at <= last || at >= sample.End {
				t.Fatalf("change at %s", at)
			}
			last = at
		}
	})
}
