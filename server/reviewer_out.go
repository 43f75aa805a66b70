package server

import (
	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/slots"
)

// reviewerOut is a reviewer in an answer: what was written, with its version.
// Sent back as it is, it changes nothing.
type reviewerOut struct {
	ID                  string             `json:"id"`
	Name                string             `json:"name"`
	Credential          string             `json:"credential"`
	NPI                 string             `json:"npi"`
	Specialties         []string           `json:"specialties"`
	Licenses            []licenseOut       `json:"licenses"`
	Programs            []string           `json:"programs"`
	Populations         []string           `json:"populations"`
	BoardCertifications []certificationOut `json:"boardCertifications"`
	Experience          []experienceOut    `json:"experience"`
	HealthPlans         []string           `json:"healthPlans"`
	Modalities          []string           `json:"modalities"`
	TimeZone            string             `json:"timeZone"`
	WeeklyHours         []weeklyOut        `json:"weeklyHours"`
	Exceptions          []exceptionOut     `json:"exceptions"`
	Blocks              []spanOut          `json:"blocks"`
	BufferBeforeMinutes int                `json:"bufferBeforeMinutes"`
	BufferAfterMinutes  int                `json:"bufferAfterMinutes"`
	MaxPerDay           int                `json:"maxPerDay"`
	Active              bool               `json:"active"`
	Version             uint64             `json:"version"`
}

type licenseOut struct {
	State  string `json:"state"`
	Type   string `json:"type"`
	Status string `json:"status"`
	From   string `json:"from"`
	To     string `json:"to"`
}

type certificationOut struct {
	Specialty string  `json:"specialty"`
	From      string  `json:"from"`
	To        *string `json:"to"`
}

type experienceOut struct {
	Specialty string  `json:"specialty"`
	Until     *string `json:"until"`
}

type weeklyOut struct {
	Days  []string `json:"days"`
	Start string   `json:"start"`
	End   string   `json:"end"`
}

type exceptionOut struct {
	Date  string    `json:"date"`
	Hours []spanOut `json:"hours"`
}

// spanOut is a span of instants, or of clock times in an exception.
type spanOut struct {
	Start string `json:"start"`
	End   string `json:"end"`
}

func intervalOut(iv slots.Interval, z *slots.Zone) spanOut {
	return spanOut{
		Start: instantOut(iv.Start, z),
		End:   instantOut(iv.End, z),
	}
}

func intervalsOut(ivs []slots.Interval, z *slots.Zone) []spanOut {
	out := make([]spanOut, len(ivs))
	for i, iv := range ivs {
		out[i] = intervalOut(iv, z)
	}
	return out
}

// reviewerOut renders a roster entry; z is the zone of its blocks.
func (c *call) reviewerOut(r *engine.Reviewer, z *slots.Zone) reviewerOut {
	out := reviewerOut{
		ID: r.ID, Name: c.reviewerName(r.ID, r.Personal), Credential: r.Credential, NPI: r.NPI,
		Specialties: r.Specialties, Programs: r.Programs, Populations: r.Populations,
		HealthPlans: r.HealthPlans, Modalities: r.Modalities, TimeZone: r.ZoneName,
		Licenses:            make([]licenseOut, len(r.Licenses)),
		BoardCertifications: make([]certificationOut, len(r.BoardCertifications)),
		Experience:          make([]experienceOut, len(r.Experience)),
		WeeklyHours:         weeklyHoursOut(r.Hours.Weekly),
		Exceptions:          make([]exceptionOut, len(r.Hours.Exceptions)),
		Blocks:              intervalsOut(r.Hours.Blocks, z),
		BufferBeforeMinutes: r.BufferBefore, BufferAfterMinutes: r.BufferAfter,
		MaxPerDay: r.MaxPerDay, Active: r.Active, Version: r.Version,
	}
	for i, l := range r.Licenses {
		out.Licenses[i] = licenseOut{State: l.State, Type: l.Type, Status: l.Status, From: l.From.String(), To: l.To.String()}
	}
	for i, v := range r.BoardCertifications {
		out.BoardCertifications[i] = certificationOut{Specialty: v.Specialty, From: v.From.String(), To: dateText(v.To)}
	}
	for i, v := range r.Experience {
		out.Experience[i] = experienceOut{Specialty: v.Specialty, Until: dateText(v.Until)}
	}
	for i, e := range r.Hours.Exceptions {
		out.Exceptions[i] = exceptionOut{Date: e.Date.String(), Hours: make([]spanOut, len(e.Hours))}
		for j, h := range e.Hours {
			out.Exceptions[i].Hours[j] = spanOut{Start: h.Start.String(), End: h.End.String()}
		}
	}
	return out
}

func weeklyHoursOut(in []slots.WeeklyHours) []weeklyOut {
	out := make([]weeklyOut, len(in))
	for i, w := range in {
		out[i] = weeklyOut{Days: daysOut(w.Days), Start: w.Span.Start.String(), End: w.Span.End.String()}
	}
	return out
}

// daysOut lists a set of weekdays from Monday on.
func daysOut(set slots.Weekdays) []string {
	var out []string
	for d := range slots.Weekday(7) {
		if set.Has(d) {
			out = append(out, d.String())
		}
	}
	return out
}
