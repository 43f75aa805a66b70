package server

import (
	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// procedureOut is how a call is arranged, placed, tried and ended, as far as the
// rules say.
type procedureOut struct {
	DueByRule      *string            `json:"dueByRule"`
	NoticeUntil    *string            `json:"noticeUntil"`
	RecordDuty     bool               `json:"recordDuty"`
	Speaker        *speakerOut        `json:"speaker"`
	Proxies        []string           `json:"proxies"`
	Dials          *string            `json:"dials"`
	Intake         []intakeOut        `json:"intake"`
	MinimumWindows int                `json:"minimumWindows"`
	DefaultWindows []spanOut          `json:"defaultWindows"`
	Outcomes       *[]string          `json:"outcomes"` // null = all
	NewInformation *newInformationOut `json:"newInformation"`
	// PartialRule is the row that lets a part be certified in the call.
	PartialRule  *string           `json:"partialCertificationRule"`
	ResultDuties []resultDutyOut   `json:"resultDuties"`
	Contacts     []contactPointOut `json:"contacts"`
	Attempts     *attemptRuleOut   `json:"attempts"`
	Hours        []hoursOut        `json:"hours"`
	Stage        *string           `json:"stage"`
	Stages       int               `json:"stages"`
	CaseEffects  []reasonOut       `json:"caseEffects"`
}

type speakerOut struct {
	Who         string   `json:"who"`
	Credentials []string `json:"credentials"`
	Doctorates  bool     `json:"doctorates"`
	Rule        string   `json:"rule"`
}

// intakeOut is a fact that an ad hoc call needs of the case.
type intakeOut struct {
	Fact   string `json:"fact"`
	Member string `json:"member"`
	Known  bool   `json:"known"`
	Rule   string `json:"rule"`
}

type newInformationOut struct {
	Policy string  `json:"policy"`
	How    *string `json:"how"`
}

// contactPointOut is an organisation's, not a person's.
type contactPointOut struct {
	Kind  string `json:"kind"`
	Value string `json:"value"`
	For   string `json:"for"`
}

type attemptRuleOut struct {
	Maximum int    `json:"maximum"`
	Then    string `json:"then"`
	Counts  string `json:"counts"`
	Rule    string `json:"rule"`
}

type hoursOut struct {
	Rule                string      `json:"rule"`
	Zones               []string    `json:"zones"`
	Weekly              []weeklyOut `json:"weekly"`
	Holidays            []weeklyOut `json:"holidays"`
	MinimumHoursPerWeek int         `json:"minimumHoursPerWeek"`
}

func procedureOf(e *matcher.Eligibility, z *slots.Zone) procedureOut {
	out := procedureOut{
		DueByRule: textOrNull(e.DueByRule), NoticeUntil: instantText(e.NoticeUntil, z), RecordDuty: e.RecordDuty,
		Proxies: e.Proxies, Dials: textOrNull(e.Dials), Intake: make([]intakeOut, len(e.Intake)), MinimumWindows: e.MinimumWindows,
		Contacts: make([]contactPointOut, len(e.Contacts)), Hours: make([]hoursOut, len(e.Hours)),
		Stage: textOrNull(e.Stage), Stages: e.Stages, CaseEffects: reasonsOut(e.CaseEffects),
	}
	for i, v := range e.Intake {
		out.Intake[i] = intakeOut{Fact: v.Fact, Member: v.Member, Known: v.Known, Rule: e.IntakeRule}
	}
	if s := e.Speaker; s.Who != "" {
		out.Speaker = &speakerOut{Who: s.Who, Credentials: s.Credentials, Doctorates: s.Doctorates, Rule: s.Rule}
	}
	out.ResultDuties = resultDutiesOf(e.Results)
	if e.PartialCertification {
		out.PartialRule = &e.PartialRule
	}
	if e.Outcomes != nil {
		out.Outcomes = &e.Outcomes
	}
	if e.NewInformation != "" {
		out.NewInformation = &newInformationOut{Policy: e.NewInformation, How: textOrNull(e.NewInformationHow)}
	}
	for i, v := range e.Contacts {
		out.Contacts[i] = contactPointOut(v)
	}
	if a := e.Attempts; a != nil {
		out.Attempts = &attemptRuleOut{Maximum: a.Maximum, Then: a.Then, Counts: a.Counts, Rule: a.Rule}
	}
	for i, h := range e.Hours {
		out.Hours[i] = hoursOut{
			Rule: h.Rule, Zones: h.Zones, Weekly: weeklyHoursOut(h.Weekly),
			Holidays: weeklyHoursOut(h.HolidaySpans), MinimumHoursPerWeek: h.MinimumPerWeek,
		}
	}
	return out
}
