package bench

import (
	"fmt"
	"math/rand/v2"

	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// Config sizes a national workload.
type Config struct {
	Reviewers     int
	BookedPercent int // share of the next two weeks' slots that is taken, 0–100
	Seed          uint64
	Now           slots.Instant
}

// Defaults of a Config.
const (
	DefaultSeed          = 1
	DefaultBookedPercent = 60
	// DefaultNow is Monday 2026-11-23, 14:00 UTC.
	DefaultNow slots.Instant = 1_795_442_400

	tenant         = "default"
	indexTiles     = 64 // built at a time
	workdayMinutes = 8 * 60
	callMinutes    = 15
	bookedDays     = 14
)

// National is a generated workload: a state to search and queries to ask.
type National struct {
	Config
	View    *matcher.View
	Queries []matcher.Query // each asks for one week
}

// NewNational draws a workload. The same config gives the same workload.
func NewNational(c Config) (*National, error) {
	if c.Reviewers <= 0 || c.BookedPercent < 0 || c.BookedPercent > 100 {
		return nil, fmt.Errorf("bench: %d reviewers, %d %% booked: out of range", c.Reviewers, c.BookedPercent)
	}
	bundle, err := matcher.EmbeddedRules()
	if err != nil {
		return nil, err
	}
	rules, err := matcher.CompileRules(bundle)
	if err != nil {
		return nil, err
	}
	n := &National{Config: c, View: &matcher.View{
		Tenant: tenant, Rules: rules, Roster: matcher.NewRoster(), Calendar: slots.NewCalendar(), Now: c.Now,
	}}
	d := drawer{rand.New(rand.NewPCG(c.Seed, 0))}
	for i := range c.Reviewers {
		r, err := d.reviewer(i, c.Now)
		if err != nil {
			return nil, err
		}
		n.View.Roster.Put(r)
		n.book(d, r)
	}
	n.View.Index = matcher.NewIndex(rules)
	n.View.Index.Load(c.Now, n.View.Roster)
	for !n.View.Index.Advance(c.Now, n.View.Calendar, indexTiles) {
	}
	for i := range 64 {
		q, err := d.query(i, c.Now)
		if err != nil {
			return nil, err
		}
		n.Queries = append(n.Queries, q)
	}
	return n, nil
}

// book takes a share of a reviewer's slots of the next two weeks.
func (n *National) book(d drawer, r *matcher.Reviewer) {
	within := slots.Interval{Start: n.Now, End: n.Now + bookedDays*24*slots.Hour}
	grid := slots.Grid{StepMinutes: callMinutes}
	grid.Starts(r.Hours.Expand(r.Zone, within), callMinutes, func(s slots.Instant) bool {
		if d.IntN(100) < n.BookedPercent {
			span := slots.Interval{Start: s, End: s + callMinutes*slots.Minute}
			n.View.Calendar.Insert(slots.Call{
				Reviewer: r.Ref, Span: span, Busy: span, ID: fmt.Sprintf("apt-%d-%d", r.Ref, s),
			})
		}
		return true
	})
}

// drawer draws entities from one source, in a fixed order.
type drawer struct{ *rand.Rand }

func (d drawer) reviewer(i int, now slots.Instant) (*matcher.Reviewer, error) {
	zone, err := slots.LoadZone(zones[d.IntN(len(zones))])
	if err != nil {
		return nil, err
	}
	start := slots.ClockTime(6*60 + d.IntN(25)*15)
	r := &matcher.Reviewer{
		Ref: slots.ReviewerRef(i), Tenant: tenant, ID: fmt.Sprintf("rev-%06d", i), Credential: "MD",
		NPI: "1234567893", Populations: []string{"adult"}, Zone: zone, Active: true,
		Hours: slots.Availability{Weekly: []slots.WeeklyHours{{
			Days: 0b0011111, Span: slots.ClockSpan{Start: start, End: start + workdayMinutes},
		}}},
	}
	for range 1 + d.IntN(3) {
		s := d.IntN(len(specialties))
		r.Specialties = appendNew(r.Specialties, specialties[s])
		r.Programs = appendNew(r.Programs, programOf(s))
	}
	today := slots.Date(now / (24 * slots.Hour))
	held := map[string]bool{}
	for range 1 + d.IntN(12) {
		s := states[d.IntN(len(states))]
		if held[s] {
			continue
		}
		held[s] = true
		// One licence in twenty ends inside the horizon, so that verdicts change in time.
		to := today.AddDays(400)
		if d.IntN(20) == 0 {
			to = today.AddDays(d.IntN(60))
		}
		r.Licenses = append(r.Licenses, matcher.License{
			State: s, Type: "full", Status: "active", From: today.AddDays(-2000), To: to,
		})
	}
	return r, nil
}

func programOf(specialty int) string { return programs[specialty%len(programs)] }

func appendNew(list []string, s string) []string {
	for _, x := range list {
		if x == s {
			return list
		}
	}
	return append(list, s)
}

// query asks for one of the next eight weeks; every fourth case is under the Texas rule.
func (d drawer) query(i int, now slots.Instant) (matcher.Query, error) {
	zone, err := slots.LoadZone(zones[d.IntN(len(zones))])
	if err != nil {
		return matcher.Query{}, err
	}
	s := d.IntN(len(specialties))
	state := states[d.IntN(len(states))]
	if i%4 == 0 {
		state = "TX"
	}
	c := &matcher.Case{
		Tenant: tenant, ID: fmt.Sprintf("case-%d", i), HealthPlan: "hne", LineOfBusiness: "commercial",
		SitusState: state, MemberState: state, Population: "adult", Program: programOf(s),
		LevelOfReview: "reconsideration", Phase: "pre_service",
		Determination:            matcher.Determination{Status: "denied", Reason: "medical_necessity", LetterReceived: true},
		AuthorizationRequestedAt: now - 10*24*slots.Hour,
		Requesting:               matcher.Provider{Present: true, NPI: "1234567893", Credential: "MD", Specialty: specialties[s], TimeZone: zone.Name()},
		ServiceSpecialty:         specialties[s],
	}
	days := slots.Weekdays(0b0011111)
	if d.IntN(3) == 0 {
		days = 0b1111111
	}
	monday := zone.Date(now).Monday().AddDays(7 * d.IntN(8))
	return matcher.Query{
		Cases: []*matcher.Case{c}, Zone: zone, Range: matcher.WeekRange(zone, monday),
		Ticks: slots.Ticks{Days: days, Hours: (1<<19 - 1) &^ (1<<7 - 1) &^ (1 << (7 + d.IntN(12)))},
	}, nil
}

// Monday returns the week that a query asks for.
func Monday(q matcher.Query) slots.Date { return q.Zone.Date(q.Range.Start) }
