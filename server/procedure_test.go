package server

import (
	"testing"

	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// TestProcedure: what rules say of placing, trying and ending a call is told word
// for word, and what they leave open is null.
func TestProcedure(t *testing.T) {
	t.Parallel()
	z, err := slots.LoadZone("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	say := func(v any) string { return string(encode(v)) }
	const open = `{"dueByRule":null,"noticeUntil":null,"recordDuty":false,"speaker":null,"proxies":[],"dials":null,"intake":[],"minimumWindows":0,` +
		`"defaultWindows":[],"outcomes":null,"newInformation":null,"partialCertificationRule":null,"resultDuties":[],"contacts":[],"attempts":null,"hours":[],"stage":null,"stages":0,"caseEffects":[]}`
	if got := say(procedureOf(&matcher.Eligibility{}, z)); got != open {
		t.Errorf("nothing said: %s", got)
	}
	week := slots.WeeklyHours{Days: 1 << 0, Span: slots.ClockSpan{Start: 9 * 60, End: 17 * 60}}
	full := procedureOf(&matcher.Eligibility{
		DueByRule: "in/clock", NoticeUntil: 1589839200, RecordDuty: true,
		Speaker: matcher.SpeakerRule{Who: "credentials", Credentials: []string{"MD"}, Doctorates: true, Rule: "asuris/speakers"},
		Proxies: []string{"designee"}, Dials: "reviewer", MinimumWindows: 2,
		Intake: []matcher.IntakeFact{{Fact: "modality", Member: "/service/modality", Known: true}}, IntakeRule: "acme/intake",
		Outcomes:       []string{"decision_pending"},
		NewInformation: "in_writing", NewInformationHow: "Fax it.",
		PartialCertification: true, PartialRule: "tx", Results: []matcher.ResultDuty{{Amount: 2, Unit: "business_days", Rule: "la"}},
		Contacts: []matcher.Contact{{Kind: "fax", Value: "1-800-784-6864", For: "records"}},
		Attempts: &matcher.AttemptRule{Maximum: 2, Then: "deemed_completed", Counts: "windows", Rule: "asuris/attempts"},
		Hours:    []matcher.HoursInfo{{Rule: "tx", Zones: []string{"America/Chicago"}, Weekly: []slots.WeeklyHours{week}, MinimumPerWeek: 40}},
		Stage:    "pharmacist", Stages: 2,
		CaseEffects: []matcher.Reason{{Code: "converts_to_appeal", Message: "It does.", Rule: "va", Display: true}},
	}, z)
	const want = `{"dueByRule":"in/clock","noticeUntil":"2020-05-18T18:00:00-04:00","recordDuty":true,` +
		`"speaker":{"who":"credentials","credentials":["MD"],"doctorates":true,"rule":"asuris/speakers"},"proxies":["designee"],"dials":"reviewer",` +
		`"intake":[{"fact":"modality","member":"/service/modality","known":true,"rule":"acme/intake"}],` +
		`"minimumWindows":2,"defaultWindows":[],"outcomes":["decision_pending"],"newInformation":{"policy":"in_writing","how":"Fax it."},` +
		`"partialCertificationRule":"tx","resultDuties":[{"amount":2,"unit":"business_days","rule":"la"}],` +
		`"contacts":[{"kind":"fax","value":"1-800-784-6864","for":"records"}],` +
		`"attempts":{"maximum":2,"then":"deemed_completed","counts":"windows","rule":"asuris/attempts"},` +
		`"hours":[{"rule":"tx","zones":["America/Chicago"],"weekly":[{"days":["mon"],"start":"09:00","end":"17:00"}],"holidays":[],"minimumHoursPerWeek":40}],` +
		`"stage":"pharmacist","stages":2,"caseEffects":[{"code":"converts_to_appeal","message":"It does.","rule":"va","display":true}]}`
	if got := say(full); got != want {
		t.Errorf("told\n%s\nwant\n%s", got, want)
	}
}
