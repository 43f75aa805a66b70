package matcher

import (
	"errors"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// lawRow is a row of jurisdictions that compiles, payRow one of payers.
const (
	lawRow = `{"id": "law", "title": "Law", "source": "test", "verified": true, "enabled": true, "kind": "state",
		"states": ["NV"], "stateBasis": "situs", "lines": ["commercial"], "levels": ["initial"], "phases": ["pre_service"],
		"statuses": ["denied"], "requires": {"license": {"state": "row"}},
		"waivers": [{"unmet": ["license"], "attestation": "tx_ssl_waived"}]}`
	payRow = `{"id": "pay", "title": "Payer", "source": "test", "verified": true, "enabled": true, "healthPlan": "acme",
		"modes": ["slot"], "call": {"callMinutes": 15, "gridMinutes": 15, "leadMinutes": 0, "horizonHours": 48, "holdMinutes": 5},
		"zone": "America/Denver", "requires": {"credential": {"in": ["MD"]}},
		"clauses": [{"id": "call", "effect": "eligible", "code": "call_available", "message": "A call.", "display": true, "when": {}}]}`
)

// patched is a row with some members replaced, or removed if null.
func patched(tb testing.TB, row, patch string) string {
	tb.Helper()
	var members, changes map[string]jsontext.Value
	if err := errors.Join(json.Unmarshal([]byte(row), &members), json.Unmarshal([]byte(patch), &changes)); err != nil {
		tb.Fatalf("%s: %v", patch, err)
	}
	maps.Copy(members, changes)
	maps.DeleteFunc(members, func(_ string, v jsontext.Value) bool { return v.Kind() == 'n' })
	b, err := json.Marshal(members, json.Deterministic(true))
	if err != nil {
		tb.Fatal(err)
	}
	return string(b)
}

// refusal demands that a bundle is refused with an error that names section, row and detail.
func refusal(t *testing.T, bundle []byte, section, row, detail string) {
	t.Helper()
	_, err := CompileRules(bundle)
	if err == nil {
		t.Errorf("%s %s: accepted, want %q", section, row, detail)
		return
	}
	for _, e := range unjoin(err) {
		var fault *RuleError
		if errors.As(e, &fault) && fault.Section == section && fault.Row == row && strings.Contains(fault.Detail, detail) {
			return
		}
	}
	t.Errorf("section %q, row %q, %q expected, got\n%v", section, row, detail, err)
}

func unjoin(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	return []error{err}
}

func TestBadJurisdictions(t *testing.T) {
	t.Parallel()
	if _, err := CompileRules(withRows(t, "jurisdictions", lawRow)); err != nil {
		t.Fatal(err)
	}
	f := func(patch, detail string) {
		t.Helper()
		refusal(t, withRows(t, "jurisdictions", patched(t, lawRow, patch)), "jurisdictions", "law", detail)
	}
	f(`{"speed": 1}`, "speed")
	f(`{"Kind": "state"}`, "Kind")
	f(`{"kind": "county"}`, `kind: unknown "county"`)
	f(`{"title": " "}`, "title: missing")
	f(`{"source": null}`, "source: missing")
	f(`{"verified": null}`, "verified and enabled: missing")
	f(`{"enabled": null}`, "verified and enabled: missing")
	f(`{"states": ["XX"]}`, `unknown state "XX"`)
	f(`{"states": ["NV", "NV"]}`, `"NV" twice`)
	f(`{"states": null}`, "states: belong to rows of kind state")
	f(`{"kind": "federal"}`, "states: belong to rows of kind state")
	f(`{"stateBasis": null}`, "stateBasis: missing")
	f(`{"accreditation": "urac"}`, "accreditation: belongs")
	f(`{"lines": null}`, "lines: missing")
	f(`{"levels": ["first"]}`, `levels: unknown "first"`)
	f(`{"phases": ["pre_service", "pre_service"]}`, "twice")
	f(`{"statuses": []}`, "statuses: missing")
	f(`{"validFrom": "2025-02-30"}`, `"2025-02-30" is no date`)
	f(`{"validFrom": "2025-02-02", "validTo": "2025-02-01"}`, "validTo: before validFrom")
	f(`{"zone": "EST"}`, `zone: "EST"`)
	f(`{"recordDuty": ["weather"]}`, `recordDuty: unknown "weather"`)
	f(`{"caseEffect": "ends"}`, `caseEffect: unknown`)
	f(`{"waivers": [{"unmet": ["license"], "attestation": "nobody_wrote_it"}]}`, `unmapped code "nobody_wrote_it"`)
	f(`{"waivers": [{"unmet": ["credential"], "attestation": "tx_ssl_waived"}]}`, "cannot be waived")
	f(`{"waivers": [{"unmet": [], "attestation": "tx_ssl_waived"}]}`, "waivers.unmet: none")
	f(`{"waivers": [{"unmet": ["specialty"], "attestation": "tx_ssl_waived"}]}`, "more than the row requires")
	f(`{"waivers": [{"unmet": ["license"], "attestation": "tx_ssl_waived"}, {"unmet": ["license"], "attestation": "tx_ssl_waived"}]}`, "mapped twice")
	f(`{"attestations": [{"code": "nobody_wrote_it", "mandatory": true}]}`, "unmapped code")
	f(`{"attestations": [{"code": "tx_ssl_waived", "mandatory": true, "when": {"programs": ["golf"]}}]}`, `unknown program "golf"`)
	f(`{"attestations": [{"code": "tx_ssl_waived", "when": {"memberStates": ["QQ"]}}]}`, `unknown state "QQ"`)
	f(`{"trigger": {"roles": ["requesting"]}}`, "need each other")
	f(`{"trigger": {"profession": "physician"}}`, "need each other")
	f(`{"trigger": {"roles": ["owner"], "profession": "physician"}}`, `unknown "owner"`)
	f(`{"trigger": {"requested": "speed"}}`, `unknown "speed"`)
	f(`{"responseClock": {"amount": 48, "from": "request"}, "enabled": false}`, "responseClock.unit: missing")
	f(`{"responseClock": {"amount": 2, "unit": "business_days", "from": "request"}, "enabled": false}`, "holidays: missing")
	f(`{"responseClock": {"amount": 0, "unit": "hours", "from": "request"}, "enabled": false}`, "amount: 0")
	f(`{"requestWindow": {"amount": 2, "unit": "hours", "from": "letter_date"}, "enabled": false}`, "no hour")
	f(`{"requestWindow": {"amount": 2, "unit": "hours", "from": "request"}, "enabled": false}`, "cannot start with the asking")
	f(`{"responseClock": {"amount": 2, "unit": "hours", "from": "letter_date"}}`, "no hour")
	f(`{"responseClock": {"amount": 2, "unit": "calendar_days", "excludeWeekends": true, "from": "request"}}`, "only hours")
	f(`{"minimumNotice": [{"amount": 1, "unit": "business_days", "holidays": "none", "phases": ["lunch"]}]}`, `unknown "lunch"`)
	f(`{"proxies": {"who": ["robot"]}}`, `unknown "robot"`)
	f(`{"resultClock": {"amount": 2, "holidays": "federal"}}`, "resultClock.unit: missing")
	f(`{"resultClock": {"amount": 0, "unit": "hours"}}`, "resultClock.amount: 0")
	f(`{"resultClock": {"amount": 2, "unit": "business_days"}, "enabled": false}`, "resultClock.holidays: missing")
	f(`{"resultClock": {"amount": 2, "unit": "business_days", "holidays": "payers"}}`, `resultClock.holidays: unknown "payers"`)
	f(`{"resultClock": {"amount": 2, "unit": "calendar_days", "excludeWeekends": true}}`, "resultClock.excludeWeekends: only hours")
	f(`{"resultClock": {"amount": 2, "unit": "hours", "from": "request"}}`, "from")
	f(`{"partialCertification": "yes"}`, "partialCertification")
	f(`{"hours": {"zones": ["Local"]}, "enabled": false}`, `"Local"`)
	f(`{"hours": {"zones": ["UTC"], "weekly": [{"days": ["mo"], "start": "9:00", "end": "08:00"}]}, "enabled": false}`, "no span of local time")
}

func TestBadRequirements(t *testing.T) {
	t.Parallel()
	f := func(tree, detail string) {
		t.Helper()
		row := patched(t, lawRow, `{"waivers": null, "requires": `+tree+`}`)
		refusal(t, withRows(t, "jurisdictions", row), "jurisdictions", "law", detail)
	}
	f(`{}`, "0 requirements in one place")
	f(`{"all": []}`, "requires.all: empty")
	f(`{"any": [{}]}`, "requires.any: 0 requirements")
	f(`{"population": "member", "identity": "involved_barred"}`, "2 requirements in one place")
	f(`{"all": [{"population": "member"}], "any": [{"population": "member"}]}`, "2 requirements in one place")
	f(`{"population": "all"}`, `unknown "all"`)
	f(`{"identity": "somebody"}`, `unknown "somebody"`)
	f(`{"identity": "original_preferred"}`, "within: belongs to original_preferred")
	f(`{"identity": "original_barred", "within": {"amount": 1, "unit": "hours"}}`, "within: belongs to original_preferred")
	f(`{"identity": "original_preferred", "within": {"amount": 1, "unit": "business_days"}}`, "holidays: missing")
	f(`{"boardCertification": {"kind": "framed"}}`, `unknown "framed"`)
	f(`{"boardCertification": {"kind": "certified", "recentYears": 5}}`, "belong to certified_or_experience")
	f(`{"boardCertification": {"kind": "certified_or_experience", "recentYears": 51}}`, "recentYears: 51")
	f(`{"experience": {"of": "life"}}`, `unknown "life"`)
	f(`{"license": {}}`, `unknown state ""`)
	f(`{"license": {"state": "row", "excludeTypes": ["paper"]}}`, `unknown "paper"`)
	f(`{"credential": {"in": []}}`, "none")
	f(`{"credential": {"in": ["M.D."]}}`, "is no credential")
	f(`{"specialty": {"relation": "none", "anchor": {"of": "service"}}}`, `unknown "none"`)
	f(`{"specialty": {"relation": "same", "anchor": {"of": "requester"}}}`, "anchor.roles: needed")
	f(`{"specialty": {"relation": "same", "anchor": {"of": "service", "roles": ["requesting"]}}}`, "anchor.roles: needed")
	f(`{"specialty": {"relation": "same", "anchor": {"of": "requester", "roles": ["requesting"]}}}`, "profession: missing")
	f(strings.Repeat(`{"all": [`, 9)+`{"population": "member"}`+strings.Repeat(`]}`, 9), "deeper than 8")
	f(`{"all": [`+strings.Repeat(`{"population": "member"}, `, 70)+`{"population": "member"}]}`, "more than 64 parts")
	f(`{"all": [null]}`, "missing")
	// A state of the row's own means nothing without states.
	federal := patched(t, lawRow, `{"kind": "federal", "states": null, "stateBasis": null}`)
	refusal(t, withRows(t, "jurisdictions", federal), "jurisdictions", "law", "the row has no state")
	clock := patched(t, federal, `{"requires": null, "waivers": null,
		"responseClock": {"amount": 1, "unit": "business_days", "holidays": "federal_and_state", "from": "request"}}`)
	refusal(t, plainRows(t, "jurisdictions", clock), "jurisdictions", "law", "responseClock.holidays: \"federal_and_state\": the row has no state")
	// What stands on a calendar needs it, once it is applied.
	clock = patched(t, lawRow, `{"responseClock": {"amount": 1, "unit": "business_days", "holidays": "federal", "from": "request"}}`)
	without := func(row string) []byte {
		return editBundle(t, func(s map[string]*section) {
			delete(s, "holidays")
			s["jurisdictions"].Rows = append(s["jurisdictions"].Rows[:0], []byte(row))
		})
	}
	refusal(t, without(clock), "jurisdictions", "law", `no calendar "federal"`)
	if _, err := CompileRules(without(patched(t, clock, `{"enabled": false}`))); err != nil {
		t.Error(err)
	}
}

func TestBadPayers(t *testing.T) {
	t.Parallel()
	if _, err := CompileRules(withRows(t, "payers", payRow)); err != nil {
		t.Fatal(err)
	}
	f := func(patch, detail string) {
		t.Helper()
		refusal(t, withRows(t, "payers", patched(t, payRow, patch)), "payers", "pay", detail)
	}
	f(`{"modes": []}`, "modes: none")
	f(`{"modes": ["fax"]}`, `unknown "fax"`)
	f(`{"healthPlan": "Acme Inc."}`, "healthPlan")
	f(`{"programs": ["golf"]}`, `unknown program "golf"`)
	f(`{"call": {"callMinutes": 15, "gridMinutes": 7, "leadMinutes": 0, "horizonHours": 48, "holdMinutes": 5}}`, "does not divide 60")
	f(`{"call": {"gridMinutes": 15, "leadMinutes": 0, "horizonHours": 48, "holdMinutes": 5}}`, "call.callMinutes: 0")
	f(`{"clauses": []}`, "clauses: 0")
	f(`{"clauses": [{"id": "x", "effect": "refuse", "code": "x", "message": "No.", "display": true, "when": {}}]}`, "the last one must be eligible")
	f(`{"clauses": [{"id": "x", "effect": "eligible", "code": "x", "message": "Yes.", "display": true, "when": {"final": true}}]}`, "hold for every case")
	f(`{"clauses": [{"id": "x", "effect": "eligible", "code": "X y", "message": "", "display": true, "when": {}}]}`, "clauses.message: missing")
	f(`{"limits": [{"id": "call", "event": "decision_due", "effect": "closes", "code": "late", "message": "Late.", "display": true, "when": {}}]}`, `"call" twice`)
	f(`{"limits": [{"id": "l", "event": "lunch", "effect": "closes", "code": "late", "message": "Late.", "display": true, "when": {}}]}`, `unknown "lunch"`)
	f(`{"options": [{"code": "pray", "how": "Hope.", "when": {}}]}`, `unknown "pray"`)
	f(`{"advice": [{"code": "wait", "when": {}}]}`, `unknown "wait"`)
	f(`{"requires": {"license": {"state": "row"}}}`, "the row has no state")
	f(`{"requestWindow": {"amount": 15, "unit": "calendar_days", "from": "letter_date"}, "zone": null}`, "zone: missing")
	f(`{"attempts": {"maximum": 2, "then": "shrug", "counts": "any"}, "enabled": false}`, `unknown "shrug"`)
	f(`{"attempts": {"maximum": 2, "then": "none"}}`, "attempts.counts: missing")
	f(`{"attempts": {"maximum": 0, "then": "none", "counts": "any"}}`, "attempts.maximum: 0")
	f(`{"attempts": {"maximum": 2, "then": "none", "counts": "any", "callBack": {"amount": 1, "unit": "business_days", "holidays": "payer"}}, "zone": null}`, "zone: missing")
	f(`{"responseClock": {"amount": 1, "unit": "calendar_days", "from": "request"}, "zone": null}`, "zone: missing")
	f(`{"responseClock": {"amount": 1, "unit": "business_days", "holidays": "state", "from": "request"}}`, "the row has no state")
	f(`{"speakers": {"who": "dogs"}}`, `unknown "dogs"`)
	f(`{"speakers": {"who": "clinician", "credentials": ["MD"]}}`, "belong to who credentials")
	f(`{"speakers": {"who": "credentials"}}`, "belong to who credentials")
	f(`{"speakers": {"who": "anyone"}, "clinicianRequired": true}`, "speakers says it already")
	f(`{"dials": "nobody"}`, `unknown "nobody"`)
	f(`{"newInformation": "sung"}`, `unknown "sung"`)
	f(`{"newInformationHow": "By fax."}`, "without newInformation")
	f(`{"contacts": [{"kind": "pigeon", "value": "1", "for": "all"}]}`, `unknown "pigeon"`)
	f(`{"contacts": [{"kind": "fax", "value": "", "for": "all"}]}`, "contacts.value: missing")
	f(`{"outcomes": [{"outcomes": ["draw"], "when": {}}]}`, `unknown "draw"`)
	f(`{"outcomes": [{"outcomes": [], "when": {}}]}`, "outcomes.outcomes: 0")
	f(`{"caps": {}}`, "caps.callsPerCase: 0")
	f(`{"agentSpecialty": "000000000X"}`, "belongs to no concept")
	f(`{"minimumWindows": 2}`, "the row has no callbacks")
	f(`{"callbackHours": {"weekly": [{"start": "09:00", "end": "17:00"}], "businessDays": 3}}`, "only where callbacks need no windows")
	f(`{"modes": ["callback"], "minimumWindows": 2, "callbackHours": {"weekly": [{"start": "09:00", "end": "17:00"}], "businessDays": 3}}`, "only where callbacks need no windows")
	f(`{"modes": ["callback"], "callbackHours": {"weekly": [], "businessDays": 3}}`, "callbackHours.weekly: 0")
	f(`{"modes": ["callback"], "callbackHours": {"weekly": [{"start": "19:00", "end": "17:00"}], "businessDays": 3}}`, "no span of local time")
	f(`{"modes": ["callback"], "callbackHours": {"weekly": [{"start": "09:00", "end": "17:00"}]}}`, "callbackHours.businessDays: 0")
	f(`{"reviewerStages": [{"id": "a", "credentials": [], "when": {}}]}`, "reviewerStages.credentials: 0")
	f(`{"reviewerStages": [{"id": "a", "credentials": ["MD"], "when": {}}, {"id": "a", "credentials": ["DO"], "when": {}}]}`, `"a" twice`)
	f(`{"ends": [{"id": "call", "code": "over", "message": "Over.", "when": {}}]}`, `"call" twice`)
	f(`{"ends": [{"id": "over", "code": "Over", "message": "Over.", "when": {}}]}`, "ends.code")
	f(`{"limits": [{"id": "l", "event": "service_performed", "effect": "closes", "code": "late", "message": "Late.", "display": true, "before": {"amount": 1, "unit": "hours"}, "when": {}}]}`, "is a local date")
	f(`{"limits": [{"id": "l", "event": "discharge", "effect": "closes", "code": "late", "message": "Late.", "display": true, "before": {"amount": 1}, "when": {}}]}`, "limits.before.unit: missing")
	// Without its default row a bundle has no answer for most plans.
	none := editBundle(t, func(s map[string]*section) {
		rows := s["payers"].Rows[:0]
		for _, row := range s["payers"].Rows {
			if !strings.Contains(string(row), `"healthPlan":"*"`) {
				rows = append(rows, row)
			}
		}
		s["payers"].Rows = rows
	})
	refusal(t, none, "payers", "", "no applied row of healthPlan")
}

func TestRowsThatClash(t *testing.T) {
	t.Parallel()
	two := func(row, patch string) string { return row + patched(t, row, patch) }
	refusal(t, withRows(t, "jurisdictions", two(lawRow, `{"id": "law-2"}`)), "jurisdictions", "law-2", "row law")
	refusal(t, withRows(t, "payers", two(payRow, `{"id": "pay-2"}`)), "payers", "pay-2", "row pay")
	refusal(t, withRows(t, "payers", two(payRow, `{"id": "pay-2", "programs": ["msk"]}`)), "payers", "pay-2", "row pay")
	refusal(t, withRows(t, "jurisdictions", two(lawRow, `{"id": "law"}`)), "jurisdictions", "law", "id: used twice")
	lapsed := patched(t, lawRow, `{"validTo": "2025-06-30"}`)
	refusal(t, withRows(t, "jurisdictions", lapsed+patched(t, lawRow, `{"id": "law-2", "validFrom": "2025-06-30"}`)),
		"jurisdictions", "law-2", "same time as row law")
	for _, ok := range []string{
		lapsed + patched(t, lawRow, `{"id": "law-2", "validFrom": "2025-07-01"}`),
		two(lawRow, `{"id": "law-2", "lines": ["medicaid"]}`),
		two(lawRow, `{"id": "law-2", "enabled": false}`),
		two(lawRow, `{"id": "law-2", "verified": false}`),
	} {
		if _, err := CompileRules(withRows(t, "jurisdictions", ok)); err != nil {
			t.Error(err)
		}
	}
}

// TestEveryDimension: a row may use every dimension of the law at once, another
// every member of a payer's.
func TestEveryDimension(t *testing.T) {
	t.Parallel()
	for section, file := range map[string]string{"jurisdictions": "testdata/every_dimension.json", "payers": "testdata/every_payer_member.json"} {
		row, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		rs, err := CompileRules(withRows(t, section, string(row)))
		if err != nil {
			t.Fatal(err)
		}
		applied := slices.ContainsFunc(rs.Rows(), func(r RowInfo) bool { return strings.HasPrefix(r.ID, "every-") && r.Applied })
		if !applied {
			t.Errorf("%s: the row is not applied", section)
		}
	}
}

func TestBadTables(t *testing.T) {
	t.Parallel()
	f := func(section, row, id, detail string) {
		t.Helper()
		refusal(t, withRows(t, section, row), section, id, detail)
	}
	f("specialties", `{"id": "x", "label": "X", "codes": ["207X00000X"]}`, "x", "belongs to concept orthopaedic-surgery")
	f("specialties", `{"id": "x", "label": "X", "codes": ["207x00000X"]}`, "x", "is no NUCC code")
	f("specialties", `{"id": "x", "label": "X", "codes": []}`, "x", "codes: none")
	f("specialties", `{"id": "x", "label": "", "codes": ["000000000X"]}`, "x", "label: missing")
	f("specialties", `{"id": "x", "label": "X", "parent": "y", "codes": ["000000000X"]}`, "x", `unknown concept "y"`)
	f("specialties", `{"id": "x", "label": "X", "parent": "orthopaedic-surgery/spine", "codes": ["000000000X"]}`, "x", "is a subspecialty itself")
	f("specialties", `{"id": "x", "label": "X", "parent": "y", "codes": ["000000000X"]} {"id": "y", "label": "Y", "parent": "x", "codes": ["000000001X"]}`, "x", "cycle")
	f("specialties", `{"id": "x", "label": "X", "parent": "x", "codes": ["000000000X"]}`, "x", "cycle")
	f("similarity", `{"id": "x", "serviceLines": ["golf"], "source": "s", "members": [{"concept": "neurology"}, {"concept": "neurosurgery"}]}`, "x", `no program belongs to "golf"`)
	f("similarity", `{"id": "x", "serviceLines": ["sleep"], "source": "s", "members": [{"concept": "neurology"}]}`, "x", "members: 1")
	f("similarity", `{"id": "x", "serviceLines": ["sleep"], "source": "s", "members": [{"concept": "neurology"}, {"concept": "magic"}]}`, "x", `unknown concept "magic"`)
	f("similarity", `{"id": "x", "serviceLines": ["sleep"], "source": "s", "members": [{"concept": "neurology"}, {"concept": "neurology"}]}`, "x", "twice")
	f("similarity", `{"id": "x", "serviceLines": ["sleep"], "source": "s", "members": [{"concept": "student"}, {"concept": "neurology"}]}`, "x", "not comparable")
	f("similarity", `{"id": "x", "serviceLines": ["sleep"], "source": "", "members": [{"concept": "neurology", "populations": ["old"]}, {"concept": "psychiatry"}]}`, "x", `unknown "old"`)
	f("states", `{"id": "ZZ", "name": "Nowhere"}`, "ZZ", "zone: missing")
	f("states", `{"id": "ZZ", "name": "Nowhere", "zone": "Mars/Olympus"}`, "ZZ", "Mars/Olympus")
	f("states", `{"id": "Zzz", "name": "Nowhere", "zone": "UTC"}`, "Zzz", "two upper-case letters")
	f("programs", `{"id": "Golf", "label": "Golf", "serviceLine": "golf"}`, "Golf", "id:")
	f("programs", `{"id": "golf", "label": "Golf"}`, "golf", "serviceLine")
	f("labels", `{"id": "mood/good", "label": "Good"}`, "mood/good", `unknown "mood"`)
	f("attestations", `{"id": "x", "version": 0, "text": "T", "source": "s"}`, "x", "version: 0")
	f("attestations", `{"id": "x-y", "version": 1, "text": " ", "source": "s"}`, "x-y", "text: missing")
	f("attestations", `{"version": 1, "text": "T", "source": "s"}`, "", "id: missing")
	f("attestations", `{"id": "x", "version": "1", "text": "T", "source": "s"}`, "x", "version")
}

func TestBadBundles(t *testing.T) {
	t.Parallel()
	f := func(bundle, section, detail string) {
		t.Helper()
		refusal(t, []byte(bundle), section, "", detail)
	}
	f(``, "", "")
	f(`[]`, "", "")
	f(`{"states": {}, "states": {}}`, "", "duplicate")
	f(`{"weather": {}}`, "", "weather")
	f(`{}`, "states", "missing")
	f(`{"states": {"version": 0, "rows": []}}`, "states", "version: 0")
	f(`{"states": {"version": 1, "rows": {}}}`, "states", "/rows")
	f(strings.Repeat(" ", MaxBundleBytes)+"{}", "", "too large")
	// Faults are bounded.
	var rows strings.Builder
	for range 3 * maxFaults {
		rows.WriteString(`{}`)
	}
	if _, err := CompileRules(withRows(t, "labels", rows.String())); err == nil || len(unjoin(err)) != maxFaults {
		t.Errorf("%d faults reported", len(unjoin(err)))
	}
}
