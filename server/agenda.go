package server

import (
	"cmp"
	"net/http"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// agendaOut is a reviewer's day.
type agendaOut struct {
	Reviewer reviewerNameOut `json:"reviewer"`
	Date     string          `json:"date"`
	TimeZone string          `json:"timeZone"`
	Calls    []agendaCallOut `json:"calls"`
	More     int             `json:"more"` // calls of the day that are left out
}

// agendaCallOut is what a reviewer needs to know to place or take a call.
type agendaCallOut struct {
	AppointmentID    string          `json:"appointmentId"`
	Version          uint64          `json:"version"`
	Status           string          `json:"status"`
	Mode             string          `json:"mode"`
	Start            string          `json:"start"`
	End              string          `json:"end"`
	ReviewerTime     localTimesOut   `json:"reviewerTime"`
	ProviderTime     localTimesOut   `json:"providerTime"`
	ConsultativeOnly bool            `json:"consultativeOnly"`
	Dials            string          `json:"dials"`
	Outcomes         []string        `json:"outcomes"`
	PerformedBy      performerOut    `json:"performedBy"`
	Contact          contactOut      `json:"contact"`
	Windows          []spanOut       `json:"windows"`
	Attempts         []attemptOut    `json:"attempts"`
	StartedAt        *string         `json:"startedAt"`
	Outcome          *string         `json:"outcome"`
	Follows          *string         `json:"follows"`
	Cases            []agendaCaseOut `json:"cases"`
}

// localTimesOut is a call on somebody's clock.
type localTimesOut struct {
	TimeZone     string `json:"timeZone"`
	Abbreviation string `json:"abbreviation"`
	Start        string `json:"start"`
	End          string `json:"end"`
	Label        string `json:"label"`
}

// agendaCaseOut is one case of a call with what its program says about the call.
type agendaCaseOut struct {
	CaseID              string       `json:"caseId"`
	AuthorizationNumber *string      `json:"authorizationNumber"`
	Member              memberOut    `json:"member"`
	Provider            *providerOut `json:"provider"`
	HealthPlan          string       `json:"healthPlan"`
	Program             string       `json:"program"`
	ProgramLabel        string       `json:"programLabel"`
	LevelOfReview       string       `json:"levelOfReview"`
	LevelOfReviewLabel  string       `json:"levelOfReviewLabel"`
	Status              string       `json:"status"`
	Stage               *string      `json:"stage"`
	NewInformation      *string      `json:"newInformation"`
	NewInformationHow   *string      `json:"newInformationHow"`
	Outreach            *outreachOut `json:"outreach"`
}

// day reads ?date=, otherwise the zone's today, and returns its instants.
func (k *check) day(query map[string]string, z *slots.Zone, now slots.Instant) (slots.Date, slots.Set) {
	date := z.Date(now)
	if s, given := query["date"]; given {
		date = k.modernDate("date", s)
	}
	return date, z.Dates(date, date)
}

func getAgenda(c *call) answer {
	r, found := c.snap.Reviewer(c.actor.Tenant, c.id)
	if !found {
		return notFound()
	}
	k := check{ofQuery: true}
	z := k.queryZone(c.query)
	if z == nil {
		z = r.Zone
	}
	date, day := k.day(c.query, z, c.now)
	if p := k.problem(); p != nil {
		return refuse(p)
	}
	out := agendaOut{
		Reviewer: reviewerNameOut{ID: r.ID, Name: c.reviewerName(r.ID, r.Personal), Credential: r.Credential},
		Date:     date.String(), TimeZone: z.Name(), Calls: []agendaCallOut{},
	}
	for _, a := range c.snap.Agenda(c.actor.Tenant, r.ID, day) {
		switch {
		case a.Status == engine.Cancelled:
		case len(out.Calls) == maxPage:
			out.More++
		default:
			out.Calls = append(out.Calls, c.agendaCall(r, a, z))
		}
	}
	return ok(http.StatusOK, out)
}

func (c *call) agendaCall(r *engine.Reviewer, a *engine.Appointment, z *slots.Zone) agendaCallOut {
	p := c.appointmentPersonal(a)
	span := intervalOut(a.Span, z)
	out := agendaCallOut{
		AppointmentID: a.ID, Version: a.Version, Status: a.Status.String(), Mode: a.Mode, Start: span.Start, End: span.End,
		ReviewerTime: localTimes(a.Span, r.Zone), ProviderTime: localTimes(a.Span, c.zoneOfCase(a.CaseIDs[0])),
		ConsultativeOnly: a.Match.Consultative,
		PerformedBy:      performerOf(a.PerformedByRole, p),
		Contact:          contactOf(a.Location, a.Notify, p),
		Windows:          intervalsOut(a.Windows, z),
		Attempts:         c.attemptsOut(a, z),
		StartedAt:        instantText(a.StartedAt, z),
		Outcome:          textOrNull(a.Outcome),
		Follows:          textOrNull(a.Follows),
		Outcomes:         []string{},
	}
	if a.Active() {
		out.Outcomes = c.snap.OutcomesOpen(a, c.now)
	}
	for i, id := range a.CaseIDs {
		v, found := c.snap.Case(a.Tenant, id)
		if !found {
			continue // cases are never erased
		}
		e := c.snap.Rules().Eligibility(&v.Case, c.now, a.FirstAskedAt)
		out.Cases = append(out.Cases, c.agendaCase(v, &e, z))
		if i == 0 {
			out.Dials = cmp.Or(e.Dials, "reviewer") // no row may govern the case any more
		}
	}
	return out
}

func (c *call) agendaCase(v *engine.Case, e *matcher.Eligibility, z *slots.Zone) agendaCaseOut {
	rules, p := c.snap.Rules(), c.casePersonal(v)
	return agendaCaseOut{
		CaseID: v.ID, AuthorizationNumber: textOrNull(v.AuthorizationNumber),
		Member: memberOf(v, p), Provider: providerOf(v.Requesting, &p.Requesting),
		HealthPlan: v.HealthPlan, Program: v.Program, ProgramLabel: rules.ProgramLabel(v.Program),
		LevelOfReview: v.LevelOfReview, LevelOfReviewLabel: rules.LevelLabel(v.LevelOfReview),
		Status: v.Determination.Status, Stage: textOrNull(e.Stage),
		NewInformation: textOrNull(e.NewInformation), NewInformationHow: textOrNull(e.NewInformationHow),
		Outreach: outreachOf(v.Outreach, p, z),
	}
}

func localTimes(span slots.Interval, z *slots.Zone) localTimesOut {
	_, abbreviation := z.Offset(span.Start)
	s := intervalOut(span, z)
	return localTimesOut{
		TimeZone: z.Name(), Abbreviation: abbreviation, Start: s.Start, End: s.End,
		Label: string(slots.AppendLabel(nil, span.Start, z)),
	}
}
