package server

import (
	"net/http"
	"strings"
	"time"

	ics "github.com/arran4/golang-ical"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/slots"
)

// calendarProduct names the maker of calendar files.
const calendarProduct = "-//Parley//Peer-to-peer reviews//EN"

// getCalendarFile gives an appointment as an iCalendar file. The event keeps
// its UID for life and its SEQUENCE grows with each change, so that a calendar
// moves or strikes the entry it has.
func getCalendarFile(c *call) answer {
	a, found := c.snap.Appointment(c.actor.Tenant, c.id)
	if !found {
		return notFound()
	}
	return answer{
		status:      http.StatusOK,
		body:        []byte(calendarFile(a)),
		contentType: "text/calendar; charset=utf-8; method=PUBLISH",
		version:     a.Version,
		headers:     [][2]string{{"Content-Disposition", `attachment; filename="` + a.ID + `.ics"`}},
	}
}

// calendarFile holds case numbers and times, nothing about the patient.
func calendarFile(a *engine.Appointment) string {
	file := ics.NewCalendar()
	file.SetProductId(calendarProduct)
	file.SetMethod(ics.MethodPublish)
	event := file.AddEvent(a.ID + "@parley")
	event.SetDtStampTime(utc(a.UpdatedAt))
	event.SetCreatedTime(utc(a.CreatedAt))
	event.SetModifiedAt(utc(a.UpdatedAt))
	event.SetSequence(int(a.Version) - 1)
	event.SetStartAt(utc(a.Span.Start))
	event.SetEndAt(utc(a.Span.End))
	event.SetSummary("Peer-to-peer review")
	event.SetDescription("Peer-to-peer review, " + casesPhrase(a.CaseIDs))
	event.SetStatus(ics.ObjectStatusConfirmed)
	if a.Status == engine.Cancelled {
		event.SetStatus(ics.ObjectStatusCancelled)
	}
	return file.Serialize(ics.WithNewLineWindows)
}

func casesPhrase(ids []string) string {
	if len(ids) == 1 {
		return "case " + ids[0]
	}
	return "cases " + strings.Join(ids, ", ")
}

// utc turns an instant into the calendar library's time.
func utc(t slots.Instant) time.Time { return time.Unix(int64(t), 0).UTC() }
