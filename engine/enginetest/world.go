package enginetest

import (
	"fmt"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// season is the time of a simulation.
type season struct {
	start, end slots.Instant // of the clock's moving forward
	autumn     bool          // clocks go back in Chicago meanwhile, where a reviewer is
}

// In winter, for three months neither Texas nor a zone of the reviewers changes its
// clocks, and the auditor knows every local time from one number.
var (
	winter = season{start: Monday, end: Monday + 45*86400}
	autumn = season{start: Monday - 24*86400, end: Monday + 21*86400, autumn: true}
)

// season is chosen by the seed, where it chooses things.
func (c *Config) season() season {
	if c.Swarm && c.Seed%4 == 1 {
		return autumn
	}
	return winter
}

// foldAt is when the clocks of Chicago go back from two to one, on 1 November 2026.
const foldAt = slots.Instant(1793516400)

const zoneChicago = "America/Chicago"

// offsets are the minutes east of UTC of the zones in use.
var offsets = map[string]int{
	"UTC": 0, "America/Phoenix": -7 * 60, "Asia/Kolkata": 5*60 + 30, "Pacific/Honolulu": -10 * 60,
}

// offsetAt is how many seconds a zone's clocks are ahead of UTC at an instant of a simulation.
func offsetAt(zone string, at slots.Instant) slots.Instant {
	if zone != zoneChicago {
		return slots.Instant(offsets[zone] * 60)
	}
	if at < foldAt {
		return -5 * 3600
	}
	return -6 * 3600
}

// instantOf is when the clocks of a zone show a time of a day; the first of two.
func instantOf(zone string, date slots.Date, minute slots.ClockTime) slots.Instant {
	local := slots.Instant(date)*86400 + slots.Instant(minute)*60
	if first := local - offsetAt(zone, 0); first < foldAt {
		return first
	}
	return local - offsetAt(zone, foldAt)
}

// NUCC codes in use.
const (
	codeSpine      = "207XS0117X" // orthopaedic surgery of the spine
	codeOrtho      = "207X00000X" // orthopaedic surgery
	codeNeuro      = "207T00000X" // neurosurgery
	codeCardiology = "207RC0000X"
)

// clinician is the credential of whoever speaks, unless none is given.
const clinician = "NP"

// Attestation codes in use.
const (
	codeLicenseWaived   = "tx_ssl_waived"
	codeSpecialtyWaived = "tx_ssl_specialty_waived"
	codeOhioConsent     = "oh_member_consent"
	codeAppeal          = "appeal_level_of_review"
)

var allCodes = []string{codeLicenseWaived, codeSpecialtyWaived, codeOhioConsent, codeAppeal}

// Tenants and principals. The same ids stand for other things in each tenant.
var (
	tenants    = []string{"north", "south"}
	principals = []string{"ann", "bob", "eve"}
)

const (
	reviewerCount = 6
	caseCount     = 20
)

func reviewerID(i int) string { return fmt.Sprintf("rev-%d", i) }
func caseID(i int) string     { return fmt.Sprintf("case-%d", i) }

// day returns a date, in days from the first one of the simulation.
func (s season) day(n int) slots.Date { return slots.Date(s.start/86400) + slots.Date(n) }

func weekly(days slots.Weekdays, from, to int) slots.WeeklyHours {
	return slots.WeeklyHours{Days: days, Span: slots.ClockSpan{Start: slots.ClockTime(from), End: slots.ClockTime(to)}}
}

const (
	everyDay slots.Weekdays = 1<<7 - 1
	workdays slots.Weekdays = 1<<5 - 1
)

// firstReviewers returns the roster of a tenant. Each reviewer stands for one
// way to meet Texas law, and between them they have every kind of limit.
func firstReviewers(when season) ([]engine.Reviewer, error) {
	reviewer := func(id int, zone, credential, specialty string) (engine.Reviewer, error) {
		z, err := slots.LoadZone(zone)
		r := engine.Reviewer{Reviewer: matcher.Reviewer{
			ID: reviewerID(id), Zone: z, Credential: credential, NPI: "1234567893", Specialties: []string{specialty},
			Programs: []string{programSpine, programJoint}, Populations: []string{"adult"}, Active: true,
		}}
		return r, err
	}
	texas := func(kind string, to slots.Date) []matcher.License {
		return []matcher.License{{State: "TX", Type: kind, Status: "active", From: when.day(-400), To: to}}
	}
	rows := []struct {
		zone, credential, specialty string
		finish                      func(r *engine.Reviewer)
	}{
		{"UTC", "MD", codeSpine, func(r *engine.Reviewer) {
			r.Licenses = texas("full", when.day(1000))
			r.Hours.Weekly = []slots.WeeklyHours{weekly(everyDay, 0, 24*60)}
		}},
		{"America/Phoenix", "DO", codeOrtho, func(r *engine.Reviewer) {
			r.Licenses = texas("full", when.day(2))
			r.Hours.Weekly = []slots.WeeklyHours{weekly(everyDay, 6*60, 12*60), weekly(everyDay, 12*60, 18*60)}
			r.BufferBefore, r.BufferAfter, r.MaxPerDay = 5, 10, 2
		}},
		{"Asia/Kolkata", "MD", codeNeuro, func(r *engine.Reviewer) {
			r.Hours.Weekly = []slots.WeeklyHours{weekly(everyDay, 18*60, 24*60), weekly(workdays, 0, 4*60)}
			r.Hours.Blocks = []slots.Interval{{Start: when.start + 3600, End: when.start + 5400}}
			r.BufferAfter = 15
		}},
		{"Pacific/Honolulu", "MD", codeCardiology, func(r *engine.Reviewer) {
			r.Licenses = texas("administrative", when.day(1000))
			r.Hours.Weekly = []slots.WeeklyHours{weekly(workdays, 4*60, 12*60)}
			r.Hours.Exceptions = []slots.Exception{{Date: when.day(1)}, {Date: when.day(5), Hours: []slots.ClockSpan{{Start: 300, End: 600}}}}
			r.MaxPerDay = 2
		}},
		{"UTC", "PharmD", codeSpine, func(r *engine.Reviewer) {
			r.Hours.Weekly = []slots.WeeklyHours{weekly(everyDay, 0, 24*60)}
		}},
		{"UTC", "MD", codeOrtho, func(r *engine.Reviewer) {
			r.Programs = []string{programJoint}
			r.Hours.Weekly = []slots.WeeklyHours{weekly(everyDay, 8*60, 20*60)}
			r.BufferBefore = 20
		}},
	}
	if when.autumn {
		rows[0].zone = zoneChicago
	}
	all := []engine.Reviewer{}
	for i, row := range rows {
		r, err := reviewer(i, row.zone, row.credential, row.specialty)
		if err != nil {
			return nil, err
		}
		row.finish(&r)
		all = append(all, r)
	}
	return all, nil
}

// officeOf is the NPI of the office that a case belongs to, for good.
func officeOf(caseID string) string {
	if n := caseID[len(caseID)-1]; n%2 == 0 {
		return "1234567893"
	}
	return "1245319599"
}

// firstCases returns the cases of a tenant.
func firstCases(when season) []engine.Case {
	all := []engine.Case{}
	for i := range caseCount {
		c := engine.Case{Case: matcher.Case{
			ID: caseID(i), HealthPlan: planPlain, LineOfBusiness: "commercial", SitusState: "MA", MemberState: "MA",
			Population: "adult", Program: programSpine, LevelOfReview: "reconsideration", Phase: "pre_service",
			Determination: matcher.Determination{
				Status: "denied", Reason: "medical_necessity", LetterDate: when.day(-5), LetterReceived: true, DecidedAt: when.start - 3600,
			},
			Requesting:       matcher.Provider{Present: true, NPI: officeOf(caseID(i)), Credential: "MD", Specialty: codeSpine, TimeZone: "UTC"},
			ServiceCodes:     []string{"22551"},
			ServiceSpecialty: codeOrtho,
		}}
		switch i {
		case 3:
			c.Program = programJoint
		case 4, 5:
			c.SitusState = "TX"
		case 6:
			c.SitusState, c.Requesting.Credential = "TX", "NP"
		case 7, 8:
			c.HealthPlan = planLong
		case 9:
			c.HealthPlan, c.Program = planLong, programJoint
		case 10:
			c.HealthPlan, c.MemberState = planDeck, "OH"
		case 11:
			c.HealthPlan, c.MemberState, c.LevelOfReview = planDeck, "OH", "appeal"
		case 12:
			c.HealthPlan = planCallback
		case 13:
			c.HealthPlan = planWindow
		case 14, 15:
			c.HealthPlan = planStages
		case 16:
			c.HealthPlan = planBoth
		case 17:
			c.HealthPlan, c.SitusState = planBoth, "TX"
		case 18:
			c.HealthPlan, c.SitusState = planNow, "TX"
		case 19:
			c.HealthPlan, c.Program = planNow, programJoint
		}
		all = append(all, c)
	}
	return all
}
