package server

import (
	"slices"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// reviewerIn is a reviewer as the payer's systems write it.
type reviewerIn struct {
	ID                  need[string]           `json:"id"`
	Name                need[string]           `json:"name"`
	Credential          need[string]           `json:"credential"`
	NPI                 need[string]           `json:"npi"`
	Specialties         need[[]string]         `json:"specialties"`
	Licenses            need[[]licenseIn]      `json:"licenses"`
	Programs            need[[]string]         `json:"programs"`
	Populations         need[[]string]         `json:"populations"`
	BoardCertifications opt[[]certificationIn] `json:"boardCertifications"`
	Experience          opt[[]experienceIn]    `json:"experience"`
	HealthPlans         opt[[]string]          `json:"healthPlans"`
	Modalities          opt[[]string]          `json:"modalities"`
	TimeZone            need[string]           `json:"timeZone"`
	WeeklyHours         need[[]weeklyIn]       `json:"weeklyHours"`
	Exceptions          need[[]exceptionIn]    `json:"exceptions"`
	Blocks              need[[]spanIn]         `json:"blocks"`
	BufferBeforeMinutes need[int]              `json:"bufferBeforeMinutes"`
	BufferAfterMinutes  need[int]              `json:"bufferAfterMinutes"`
	MaxPerDay           need[int]              `json:"maxPerDay"`
	Active              need[bool]             `json:"active"`
	Version             opt[uint64]            `json:"version"`
}

type licenseIn struct {
	State  need[string] `json:"state"`
	Type   need[string] `json:"type"`
	Status need[string] `json:"status"`
	From   need[string] `json:"from"`
	To     need[string] `json:"to"`
}

// certificationIn is a board certification; to left out = open.
type certificationIn struct {
	Specialty need[string] `json:"specialty"`
	From      need[string] `json:"from"`
	To        opt[string]  `json:"to"`
}

// experienceIn is practice in a specialty; until left out = still practising.
type experienceIn struct {
	Specialty need[string] `json:"specialty"`
	Until     opt[string]  `json:"until"`
}

type weeklyIn struct {
	Days  need[[]string] `json:"days"`
	Start need[string]   `json:"start"`
	End   need[string]   `json:"end"`
}

type exceptionIn struct {
	Date  need[string]        `json:"date"`
	Hours need[[]clockSpanIn] `json:"hours"`
}

type clockSpanIn struct {
	Start need[string] `json:"start"`
	End   need[string] `json:"end"`
}

// resolve checks the reviewer and makes the roster's entry of it.
func (in *reviewerIn) resolve(k *check, w *writing) engine.Reviewer {
	r := engine.Reviewer{Reviewer: matcher.Reviewer{
		Tenant:              w.tenant,
		ID:                  k.ownID(w, in.ID.V),
		Credential:          k.text("/credential", in.Credential.V, maxCredential),
		NPI:                 k.npi("/npi", in.NPI.V),
		Specialties:         k.list("/specialties", in.Specialties.V, 1, maxSpecialties, k.taxonomy),
		Licenses:            k.licenses("/licenses", in.Licenses.V),
		BoardCertifications: k.certifications("/boardCertifications", in.BoardCertifications.V),
		Experience:          k.experience("/experience", in.Experience.V),
		Programs:            k.list("/programs", in.Programs.V, 0, maxPrograms, k.code),
		Populations:         k.words("/populations", in.Populations.V, 0, populations),
		HealthPlans:         k.list("/healthPlans", in.HealthPlans.V, 0, maxHealthPlans, k.code),
		Modalities:          k.list("/modalities", in.Modalities.V, 0, maxModalities, k.code),
		Zone:                k.zone("/timeZone", in.TimeZone.V),
		Hours:               in.availability(k),
		BufferBefore:        k.within("/bufferBeforeMinutes", in.BufferBeforeMinutes.V, 0, maxBufferMinutes),
		BufferAfter:         k.within("/bufferAfterMinutes", in.BufferAfterMinutes.V, 0, maxBufferMinutes),
		MaxPerDay:           k.within("/maxPerDay", in.MaxPerDay.V, 0, maxCallsPerDay),
		Active:              in.Active.V,
	}}
	name := k.text("/name", in.Name.V, maxName)
	r.Personal = w.sealReviewer(r.ID, name)
	return r
}

func (k *check) licenses(pointer string, in []licenseIn) []matcher.License {
	if !k.count(pointer, len(in), 0, maxLicenses) {
		return nil
	}
	out := make([]matcher.License, 0, len(in))
	for i, l := range in {
		p, before := at(pointer, i), k.faults()
		v := matcher.License{
			State:  k.state(p+"/state", l.State.V),
			Type:   k.word(p+"/type", l.Type.V, licenseTypes),
			Status: k.word(p+"/status", l.Status.V, licenseStatuses),
			From:   k.date(p+"/from", l.From.V),
			To:     k.date(p+"/to", l.To.V),
		}
		if v.To < v.From && k.faults() == before {
			k.wrong(p+"/to", "must not be earlier than from")
		}
		if slices.Contains(out, v) {
			k.wrong(p, "is in the list twice")
		}
		out = append(out, v)
	}
	return out
}

func (k *check) certifications(pointer string, in []certificationIn) []matcher.Certification {
	if !k.count(pointer, len(in), 0, maxCertifications) {
		return nil
	}
	out := make([]matcher.Certification, 0, len(in))
	for i, c := range in {
		p, before := at(pointer, i), k.faults()
		v := matcher.Certification{
			Specialty: k.taxonomy(p+"/specialty", c.Specialty.V),
			From:      k.date(p+"/from", c.From.V),
			To:        optional(c.To, p+"/to", k.modernDate),
		}
		if c.To.Set && v.To < v.From && k.faults() == before {
			k.wrong(p+"/to", "must not be earlier than from")
		}
		if slices.Contains(out, v) {
			k.wrong(p, "is in the list twice")
		}
		out = append(out, v)
	}
	return out
}

func (k *check) experience(pointer string, in []experienceIn) []matcher.Experience {
	if !k.count(pointer, len(in), 0, maxExperience) {
		return nil
	}
	out := make([]matcher.Experience, 0, len(in))
	for i, e := range in {
		p := at(pointer, i)
		v := matcher.Experience{Specialty: k.taxonomy(p+"/specialty", e.Specialty.V), Until: optional(e.Until, p+"/until", k.modernDate)}
		if slices.ContainsFunc(out, func(have matcher.Experience) bool { return have.Specialty == v.Specialty }) {
			k.wrong(p+"/specialty", "is in the list twice")
		}
		out = append(out, v)
	}
	return out
}

// availability keeps hours as the patterns they are; only their form is checked.
func (in *reviewerIn) availability(k *check) (a slots.Availability) {
	if k.count("/weeklyHours", len(in.WeeklyHours.V), 0, maxWeekly) {
		for i, w := range in.WeeklyHours.V {
			p := at("/weeklyHours", i)
			a.Weekly = append(a.Weekly, slots.WeeklyHours{
				Days: k.weekdays(p+"/days", w.Days.V),
				Span: k.span(p, w.Start.V, w.End.V),
			})
		}
	}
	if k.count("/exceptions", len(in.Exceptions.V), 0, maxExceptions) {
		a.Exceptions = k.exceptions("/exceptions", in.Exceptions.V)
	}
	if k.count("/blocks", len(in.Blocks.V), 0, maxBlocks) {
		for i, b := range in.Blocks.V {
			a.Blocks = append(a.Blocks, k.interval(at("/blocks", i), b))
		}
	}
	return a
}

// exceptions come back sorted by date, one per date.
func (k *check) exceptions(pointer string, in []exceptionIn) []slots.Exception {
	out := make([]slots.Exception, 0, len(in))
	seen := make(map[slots.Date]bool, len(in))
	for i, e := range in {
		p := at(pointer, i)
		v := slots.Exception{Date: k.modernDate(p+"/date", e.Date.V)}
		if v.Date != 0 && seen[v.Date] {
			k.wrong(p+"/date", "has an exception already")
		}
		seen[v.Date] = true
		if k.count(p+"/hours", len(e.Hours.V), 0, maxExceptionSpan) {
			for j, h := range e.Hours.V {
				v.Hours = append(v.Hours, k.span(at(p+"/hours", j), h.Start.V, h.End.V))
			}
		}
		out = append(out, v)
	}
	slices.SortStableFunc(out, func(a, b slots.Exception) int { return int(a.Date) - int(b.Date) })
	return out
}
