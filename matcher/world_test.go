package matcher

import (
	"fmt"
	"os"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"pgregory.net/rapid"

	"github.com/parleyhq/parley/slots"
)

// worldMondays are weeks in which, or next to which, clocks change somewhere.
var worldMondays = []string{
	"2025-03-03", "2025-03-10", // United States, 2025-03-09
	"2025-03-31", "2025-09-29", // Lord Howe, by half an hour
	"2025-10-27", "2025-11-03", // United States, 2025-11-02
	"2026-10-26", // United States, 2026-11-01
	"2025-06-02",
}

var worldZones = []string{
	"America/New_York", "America/Phoenix", "Pacific/Honolulu", "America/Indiana/Indianapolis",
	"Australia/Lord_Howe", "Asia/Kolkata", "America/Chicago",
}

// world is a random state and a random query on it.
type world struct {
	view      *View
	query     Query
	monday    slots.Date
	reviewers []*Reviewer
	calls     []slots.Call
}

func mustZone(name string) *slots.Zone {
	z, err := slots.LoadZone(name)
	if err != nil {
		panic(err)
	}
	return z
}

func mustDate(s string) slots.Date {
	d, err := slots.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

// worldRules are the shipped rules and the rows of testdata/world_rules.json: a
// plan with other calls, grids and limits.
func worldRules(tb testing.TB) *Ruleset {
	tb.Helper()
	text, err := os.ReadFile("testdata/world_rules.json")
	if err != nil {
		tb.Fatal(err)
	}
	var more map[string][]jsontext.Value
	if err := json.Unmarshal(text, &more); err != nil {
		tb.Fatal(err)
	}
	rules, err := CompileRules(editBundle(tb, func(sections map[string]*section) {
		for name, s := range sections {
			s.Rows = append(s.Rows, more[name]...)
		}
	}))
	if err != nil {
		tb.Fatal(err)
	}
	return rules
}

func drawWorld(t *rapid.T, rules *Ruleset) *world {
	w := &world{monday: mustDate(rapid.SampledFrom(worldMondays).Draw(t, "monday"))}
	zone := mustZone(rapid.SampledFrom(worldZones).Draw(t, "zone"))
	week := WeekRange(zone, w.monday)
	now := week.Start + slots.Instant(rapid.IntRange(-3*24*60, 2*24*60).Draw(t, "now"))*slots.Minute
	now += slots.Instant(rapid.IntRange(0, 59).Draw(t, "seconds"))
	w.view = &View{Tenant: "t1", Rules: rules, Roster: NewRoster(), Calendar: slots.NewCalendar(), Now: now}
	w.query = Query{
		Zone: zone, Range: week,
		Ticks:          drawTicks(t),
		SpecialtyMatch: rapid.IntRange(0, 4).Draw(t, "match") == 0,
		Waivable:       rapid.SampledFrom([]Reveal{RevealAuto, RevealAlways, RevealNever}).Draw(t, "reveal"),
	}
	plan := rapid.SampledFrom([]string{"hne", "acme", "odd", "odd"}).Draw(t, "plan")
	for i := range rapid.SampledFrom([]int{1, 1, 1, 2, 3}).Draw(t, "cases") {
		w.query.Cases = append(w.query.Cases, drawCase(t, i, plan, now))
	}
	for i := range rapid.IntRange(1, 5).Draw(t, "reviewers") {
		r := drawReviewer(t, slots.ReviewerRef(i), w.monday, week)
		if i > 0 && rapid.IntRange(0, 2).Draw(t, "alike") == 0 {
			other := *w.reviewers[i-1] // so that ranks tie
			other.Ref, other.ID = r.Ref, r.ID
			r = &other
		}
		w.reviewers = append(w.reviewers, r)
		w.view.Roster.Put(r)
	}
	w.drawCalls(t, week)
	if len(w.calls) > 0 && rapid.Bool().Draw(t, "except") {
		w.view.Except = rapid.SampledFrom(w.calls).Draw(t, "excepted").ID
	}
	return w
}

func drawTicks(t *rapid.T) slots.Ticks {
	if rapid.Bool().Draw(t, "all ticks") {
		return slots.AllTicks
	}
	days := slots.Weekdays(rapid.IntRange(1, 127).Draw(t, "days"))
	hours := uint32(rapid.IntRange(1, 1<<24-1).Draw(t, "hours"))
	return slots.Ticks{Days: days, Hours: hours | rapid.SampledFrom([]uint32{0, 0xffff << 7}).Draw(t, "more hours")}
}

func drawCase(t *rapid.T, i int, plan string, now slots.Instant) *Case {
	c := spineCase(fmt.Sprintf("case-%d", i))
	c.HealthPlan = plan
	c.SitusState = rapid.SampledFrom([]string{"TX", "TX", "FL", "AR"}).Draw(t, "state")
	c.MemberState = c.SitusState
	c.Program = rapid.SampledFrom([]string{"msk-spine-surgery", "msk-spine-surgery", "msk"}).Draw(t, "program")
	c.LevelOfReview = rapid.SampledFrom([]string{"reconsideration", "reconsideration", "appeal"}).Draw(t, "level")
	c.Requesting.Credential = rapid.SampledFrom([]string{"MD", "DO", "DC"}).Draw(t, "requester")
	c.Requesting.Specialty = rapid.SampledFrom([]string{"207XS0117X", "207X00000X"}).Draw(t, "specialty")
	if rapid.IntRange(0, 2).Draw(t, "due") == 0 {
		c.Determination.Status = "pending"
		c.DecisionDue = now + slots.Instant(rapid.IntRange(1, 200).Draw(t, "due in"))*slots.Hour
	}
	c.Determination.Final = rapid.IntRange(0, 9).Draw(t, "final") == 0
	return c
}

// spineCase is a denied reconsideration of a surgery in Texas.
func spineCase(id string) *Case {
	return &Case{
		Tenant: "t1", ID: id, HealthPlan: "hne", LineOfBusiness: "commercial", SitusState: "TX", MemberState: "TX",
		Population: "adult", Program: "msk-spine-surgery", LevelOfReview: "reconsideration", Phase: "pre_service",
		Determination: Determination{Status: "denied", Reason: "medical_necessity", LetterReceived: true},
		Requesting: Provider{
			Present: true, NPI: "1234567893", Credential: "MD", Specialty: "207XS0117X", TimeZone: "US/Eastern",
		},
		ServiceCodes: []string{"22551"}, ServiceSpecialty: "207XS0117X",
	}
}

func drawReviewer(t *rapid.T, ref slots.ReviewerRef, monday slots.Date, week slots.Interval) *Reviewer {
	r := &Reviewer{
		Ref: ref, Tenant: "t1", ID: fmt.Sprintf("rev-%d", (ref*7+3)%10), Credential: "MD",
		Populations: []string{"adult"}, Programs: []string{"msk-spine-surgery", "msk"},
		Zone:         mustZone(rapid.SampledFrom(worldZones).Draw(t, "reviewer zone")),
		BufferBefore: rapid.SampledFrom([]int{0, 0, 5, 15}).Draw(t, "before"),
		BufferAfter:  rapid.SampledFrom([]int{0, 0, 10, 30}).Draw(t, "after"),
		MaxPerDay:    rapid.SampledFrom([]int{0, 0, 1, 3}).Draw(t, "cap"),
		Active:       rapid.IntRange(0, 9).Draw(t, "active") > 0,
	}
	if rapid.IntRange(0, 9).Draw(t, "tenant") == 0 {
		r.Tenant = "t2"
	}
	if rapid.IntRange(0, 5).Draw(t, "untrained") == 0 {
		r.Programs = []string{"msk"}
	}
	r.Specialties = rapid.SampledFrom([][]string{
		{"207XS0117X"}, {"207X00000X"}, {"207T00000X"}, {"207RC0000X"}, {"207RC0000X", "207XS0117X"},
	}).Draw(t, "specialties")
	if rapid.IntRange(0, 3).Draw(t, "arkansas") == 0 {
		r.Licenses = append(r.Licenses, License{
			State: "AR", Type: "full", Status: "active", From: monday.AddDays(-9), To: monday.AddDays(4),
		})
	}
	if rapid.IntRange(0, 2).Draw(t, "licensed") > 0 {
		r.Licenses = append(r.Licenses, License{
			State: "TX", Type: rapid.SampledFrom([]string{"full", "full", "administrative"}).Draw(t, "type"), Status: "active",
			From: monday.AddDays(rapid.SampledFrom([]int{-400, 2}).Draw(t, "from")),
			To:   monday.AddDays(rapid.SampledFrom([]int{400, 3}).Draw(t, "to")),
		})
	}
	r.Hours = drawHours(t, monday, week)
	return r
}

func drawHours(t *rapid.T, monday slots.Date, week slots.Interval) slots.Availability {
	span := func() slots.ClockSpan {
		start := rapid.IntRange(0, 94).Draw(t, "start")
		end := rapid.IntRange(start+1, min(96, start+40)).Draw(t, "end")
		odd := rapid.SampledFrom([]int{0, 0, 5, 10}).Draw(t, "odd")
		return slots.ClockSpan{Start: slots.ClockTime(start*15 + odd), End: slots.ClockTime(end * 15)}
	}
	var a slots.Availability
	for range rapid.IntRange(1, 3).Draw(t, "weekly") {
		days := slots.Weekdays(rapid.IntRange(1, 127).Draw(t, "days"))
		a.Weekly = append(a.Weekly, slots.WeeklyHours{Days: days, Span: span()})
	}
	for day := range 7 {
		if rapid.IntRange(0, 9).Draw(t, "exception") > 0 {
			continue
		}
		e := slots.Exception{Date: monday.AddDays(day)}
		for range rapid.IntRange(0, 2).Draw(t, "spans") {
			e.Hours = append(e.Hours, span())
		}
		a.Exceptions = append(a.Exceptions, e)
	}
	for range rapid.IntRange(0, 2).Draw(t, "blocks") {
		start := week.Start + slots.Instant(rapid.IntRange(0, 7*24*3600).Draw(t, "block"))
		length := slots.Instant(rapid.IntRange(1, 6*3600).Draw(t, "length"))
		a.Blocks = append(a.Blocks, slots.Interval{Start: start, End: start + length})
	}
	return a
}

// drawCalls books calls, on the grid and off it, holds and expired holds included.
func (w *world) drawCalls(t *rapid.T, week slots.Interval) {
	for i := range rapid.SampledFrom([]int{0, 5, 30, 60}).Draw(t, "calls") {
		start := week.Start - 24*slots.Hour + slots.Instant(rapid.IntRange(0, 9*24*12).Draw(t, "at"))*5*slots.Minute
		call := slots.Call{
			ID:       fmt.Sprintf("call-%d", i),
			Reviewer: w.reviewers[rapid.IntRange(0, len(w.reviewers)-1).Draw(t, "who")].Ref,
			Span:     slots.Interval{Start: start, End: start + 15*slots.Minute},
		}
		call.Busy = call.Span
		call.Busy.Start -= slots.Instant(rapid.SampledFrom([]int{0, 5}).Draw(t, "before")) * slots.Minute
		call.Busy.End += slots.Instant(rapid.SampledFrom([]int{0, 10}).Draw(t, "after")) * slots.Minute
		if rapid.IntRange(0, 2).Draw(t, "hold") == 0 {
			call.Until = w.view.Now + slots.Instant(rapid.IntRange(-60, 60).Draw(t, "until"))
			if call.Until == 0 {
				call.Until = 1
			}
		}
		if _, ok := w.view.Calendar.Insert(call); ok {
			w.calls = append(w.calls, call)
		}
	}
}
