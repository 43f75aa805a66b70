package demo

import (
	"fmt"
	"slices"
	"time"
)

// nextCase makes a case; the systems take turns. A few cases are of the member and
// the physician of the case before them, for calls about several cases.
func (g *generator) nextCase() clinicalCase {
	i := g.count
	g.count++
	s := systems[i%len(systems)]
	f, program := g.service(s)
	code := g.rnd.IntN(len(f.codes))
	c := clinicalCase{
		ID:         fmt.Sprintf("%d", 1_004_567+i),
		EpisodeID:  fmt.Sprintf("E-%05d", 7_000+i),
		HealthPlan: s.plan, LineOfBusiness: pick(g, lines), Program: program, LevelOfReview: pick(g, levels), Phase: "pre_service",
		Service: service{Codes: []string{f.codes[code]}, Specialty: f.specialties[0]},
	}
	if f.drugs != nil {
		c.Service.Drug = f.drugs[code]
	}
	if f.modalities != nil {
		c.Service.Modality = f.modalities[code]
	}
	if g.chance(10) {
		c.Phase = "concurrent"
	}
	g.people(&c, f, i)
	if i > 0 && g.chance(8) {
		c.Member, c.Providers, c.SitusState = g.last.Member, g.last.Providers, g.last.SitusState
	}
	g.determine(&c, f)
	if s.origin != "" {
		c.Outreach = &outreach{Origin: s.origin, Instructions: "Ask for the clinical desk.", Phones: []string{c.Providers.Requesting.Phone}}
	}
	g.last = c
	return c
}

// service draws a field of medicine and one of its programs that the system takes.
func (g *generator) service(s system) (field, string) {
	for {
		f := fields[g.rnd.IntN(len(fields))]
		if f.credential == "PT" && s.plan != "evolent" && s.plan != "magellan" {
			continue // therapists decide for these plans only
		}
		program := pick(g, f.programs)
		if s.programs == nil || slices.Contains(s.programs, program) {
			return f, program
		}
	}
}

// people draws the member and who asked for the service.
func (g *generator) people(c *clinicalCase, f field, i int) {
	home := pick(g, memberStates)
	first, last := g.person()
	dFirst, dLast := g.person()
	c.Member = member{
		ID: fmt.Sprintf("M-%06d", 310_000+i*7), Name: first + " " + last,
		DateOfBirth: g.birthDate(), State: home.state, Population: "adult",
	}
	c.SitusState = home.state
	p := provider{
		NPI: npi(200_000_000 + (i%300)*41), FirstName: dFirst, LastName: dLast, Credential: "MD",
		Specialty: pick(g, f.specialties), Phone: fmt.Sprintf("+1%s5550%03d", home.area, 100+i%100), TimeZone: home.zone,
	}
	switch {
	case f.credential != "":
		p.Specialty = "207R00000X" // a physician asks, whoever reviews
	case g.chance(7):
		p.Credential, p.Specialty = "NP", "363L00000X"
	}
	c.Providers.Requesting = p
}

// determine draws how the case was decided, by whom and when.
func (g *generator) determine(c *clinicalCase, f field) {
	daysAgo := g.rnd.IntN(8)
	c.Determination = determination{
		Status: "denied", Reason: "medical_necessity", LetterDate: g.date(daysAgo), LetterReceived: true, Final: g.chance(4),
		ReviewerID: g.decider(f, c.SitusState), DecidedAt: g.date(daysAgo+1) + "T15:00:00Z",
	}
	switch n := g.rnd.IntN(100); {
	case n < 8:
		c.Determination = determination{Status: "pending", Reason: "medical_necessity"}
		c.DecisionDue = g.date(-(3 + g.rnd.IntN(10))) + "T22:00:00Z"
	case n < 14:
		c.Determination.Status = "partially_denied"
	case n < 20:
		c.Determination.Reason = "investigational"
	case n < 23:
		c.Phase, c.ServicePerformedOn = "post_service", g.date(daysAgo+2)
	}
}

// decider draws who decided: a reviewer of the field, one with a licence of the
// state if there is one.
func (g *generator) decider(f field, state string) string {
	other, from := "", g.rnd.IntN(len(g.roster))
	for i := range g.roster {
		r := &g.roster[(from+i)%len(g.roster)]
		switch {
		case !slices.Equal(r.Programs, f.programs):
		case slices.ContainsFunc(r.Licenses, func(l license) bool { return l.State == state }):
			return r.ID
		case other == "":
			other = r.ID
		}
	}
	return other
}

// birthDate draws an adult's day of birth, whatever today is.
func (g *generator) birthDate() string {
	oldest := time.Date(1942, time.January, 1, 0, 0, 0, 0, time.UTC)
	return oldest.AddDate(0, 0, g.rnd.IntN(60*365)).Format(time.DateOnly)
}
