package matcher

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/parleyhq/parley/slots"
)

// args reads the arguments of a script command.
type args struct {
	t *testing.T
	d *datadriven.TestData
}

func (a args) list(key string) []string {
	arg, ok := a.d.Arg(key)
	if !ok {
		return nil
	}
	return arg.Vals
}

func (a args) text(key, missing string) string {
	if vals := a.list(key); len(vals) > 0 {
		return vals[0]
	}
	return missing
}

func (a args) number(key string, missing int) int {
	text := a.text(key, "")
	if text == "" {
		return missing
	}
	var n int
	if _, err := fmt.Sscan(text, &n); err != nil {
		a.d.Fatalf(a.t, "%s: %v", key, err)
	}
	return n
}

// instant reads an instant, 0 if it is missing.
func (a args) instant(key string) slots.Instant {
	text := a.text(key, "")
	if text == "" {
		return 0
	}
	t, _, err := slots.ParseInstant(text)
	if err != nil {
		a.d.Fatalf(a.t, "%s: %v", key, err)
	}
	return t
}

// intervals reads FROM/TO, several of them.
func (a args) intervals(key string) (found []slots.Interval) {
	for _, text := range a.list(key) {
		from, to, _ := strings.Cut(text, "/")
		start, _, err1 := slots.ParseInstant(from)
		end, _, err2 := slots.ParseInstant(to)
		if err1 != nil || err2 != nil {
			a.d.Fatalf(a.t, "%s: %s", key, text)
		}
		found = append(found, slots.Interval{Start: start, End: end})
	}
	return found
}

func (a args) zone() *slots.Zone { return mustZone(a.text("zone", "US/Eastern")) }

// weekdays reads a day or a run of days: mon, mon-fri.
func weekdays(a args, text string) slots.Weekdays {
	first, last, run := strings.Cut(text, "-")
	if !run {
		last = first
	}
	from, err1 := slots.ParseWeekday(first)
	to, err2 := slots.ParseWeekday(last)
	if err1 != nil || err2 != nil {
		a.d.Fatalf(a.t, "days: %s", text)
	}
	var days slots.Weekdays
	for d := from; d <= to; d++ {
		days = days.With(d)
	}
	return days
}

func clockSpan(a args, text string) slots.ClockSpan {
	first, last, _ := strings.Cut(text, "-")
	from, err1 := slots.ParseClockTime(first)
	to, err2 := slots.ParseClockTime(last)
	if err1 != nil || err2 != nil {
		a.d.Fatalf(a.t, "hours: %s", text)
	}
	return slots.ClockSpan{Start: from, End: to}
}

// reviewer puts a reviewer; what is left out fits the spine surgery in Texas.
func (s *searchScript) reviewer(a args) string {
	id := a.text("id", "")
	ref := slots.ReviewerRef(s.view.Roster.Len())
	if old, found := s.view.Roster.Find("t1", id); found {
		ref = old.Ref
	}
	r := &Reviewer{
		Ref: ref, Tenant: "t1", ID: id,
		Credential:   a.text("credential", "MD"),
		Specialties:  a.list("specialty"),
		Programs:     a.list("program"),
		Populations:  a.list("population"),
		Zone:         a.zone(),
		BufferBefore: a.number("before", 0),
		BufferAfter:  a.number("after", 0),
		MaxPerDay:    a.number("cap", 0),
		Active:       !a.d.HasArg("inactive"),
	}
	if r.Programs == nil {
		r.Programs = []string{"msk-spine-surgery"}
	}
	if r.Populations == nil {
		r.Populations = []string{"adult"}
	}
	for _, l := range a.list("license") {
		r.Licenses = append(r.Licenses, license(a.t, l))
	}
	for _, h := range a.list("hours") {
		days, span, _ := strings.Cut(h, " ")
		r.Hours.Weekly = append(r.Hours.Weekly, slots.WeeklyHours{Days: weekdays(a, days), Span: clockSpan(a, span)})
	}
	for _, e := range a.list("exception") {
		date, span, works := strings.Cut(e, " ")
		exception := slots.Exception{Date: mustDate(date)}
		if works {
			exception.Hours = []slots.ClockSpan{clockSpan(a, span)}
		}
		r.Hours.Exceptions = append(r.Hours.Exceptions, exception)
	}
	r.Hours.Blocks = a.intervals("block")
	s.view.Roster.Put(r)
	return "ok\n"
}

// addCase stores a case; what is left out is that of the spine surgery in Texas.
func (s *searchScript) addCase(a args) string {
	c := spineCase(a.text("id", ""))
	c.HealthPlan = a.text("plan", c.HealthPlan)
	c.LineOfBusiness = a.text("line", c.LineOfBusiness)
	c.SitusState = a.text("situs", c.SitusState)
	c.MemberState = a.text("member", c.SitusState)
	c.Population = a.text("population", c.Population)
	c.Program = a.text("program", c.Program)
	c.LevelOfReview = a.text("level", c.LevelOfReview)
	c.Requesting.Credential = a.text("credential", c.Requesting.Credential)
	c.Requesting.Specialty = a.text("specialty", c.Requesting.Specialty)
	c.ServiceSpecialty = a.text("service", c.ServiceSpecialty)
	c.DecisionDue, c.Determination.DecidedAt = a.instant("due"), a.instant("decided")
	c.P2PRequestedAt = a.instant("asked")
	c.InformationCompleteAt, c.AuthorizationRequestedAt = a.instant("complete"), a.instant("submitted")
	c.PlanType = a.text("plan-type", "")
	c.Determination.ReviewerID = a.text("decider", "")
	c.InvolvedReviewerIDs = a.list("involved")
	c.Drug = a.text("drug", "")
	c.Stage = a.number("stage", 0)
	if letter := a.text("letter", ""); letter != "" {
		c.Determination.LetterDate = mustDate(letter)
	}
	c.Determination.Status = a.text("status", c.Determination.Status)
	c.Determination.Final = a.d.HasArg("final")
	if surgeon := a.text("rendering", ""); surgeon != "" {
		c.Rendering = Provider{Present: true, Credential: "MD", Specialty: surgeon}
	}
	s.cases[c.ID] = c
	return "ok\n"
}
