package matcher

import (
	"fmt"
	"slices"

	"github.com/parleyhq/parley/slots"
)

// term is an amount of time with its unit. Days run to the end of the last
// local day in the row's zone, hours to the second.
type term struct {
	Amount int    `json:"amount"`
	Unit   string `json:"unit"`
	// Holidays are the days that are no business days, besides weekends. Needed
	// by business days, and by hours that stand still on whole days.
	Holidays        string `json:"holidays"`
	ExcludeWeekends bool   `json:"excludeWeekends"` // for hours
}

// clockTerm is a payer's duty to hold the call, counted from an event.
type clockTerm struct {
	term
	From         string `json:"from"`
	RemovesLater bool   `json:"removesLater"` // later starts are gone, not only late
}

// windowTerm is how long a call can be asked for.
type windowTerm struct {
	term
	From  string   `json:"from"`
	Until []string `json:"until"` // events that end it sooner
}

// noticeTerm is how long before the determination the call must be offered.
type noticeTerm struct {
	term
	Phases []string `json:"phases"`
}

// hoursTerm is when the payer must be reachable.
type hoursTerm struct {
	Zones          []string    `json:"zones"`
	Weekly         []hoursSpan `json:"weekly"`
	HolidaySpans   []hoursSpan `json:"holidaySpans"`
	MinimumPerWeek int         `json:"minimumPerWeek"` // hours
	Holidays       string      `json:"holidays"`

	weekly, holidaySpans []slots.WeeklyHours
}

type hoursSpan struct {
	Days  []string `json:"days"`
	Start string   `json:"start"`
	End   string   `json:"end"`
}

// preDetermination says that a call must precede the determination.
type preDetermination struct {
	ConsultativeAfter bool `json:"consultativeAfter"`
}

// proxyTerm says who may stand in for the provider.
type proxyTerm struct {
	Who []string `json:"who"`
}

const maxTermAmount = 1000

func (p place) term(path string, t *term) {
	p.between(path+".amount", t.Amount, 1, maxTermAmount)
	p.word(path+".unit", t.Unit, units)
	if t.Unit == "business_days" || t.Holidays != "" {
		p.holidayWord(path+".holidays", t.Holidays)
	}
	if t.ExcludeWeekends && t.Unit != "hours" {
		p.faultf("%s.excludeWeekends: only hours leave weekends out by request", path)
	}
	if t.local() && p.zoneless {
		p.faultf("zone: missing, %s runs in it", path)
	}
}

// local reports whether the term depends on local days.
func (t *term) local() bool {
	return t.Unit != "hours" || t.ExcludeWeekends || t.Holidays != "" && t.Holidays != "none"
}

// counted is the term as the clock counts it.
func (t *term) counted() slots.Term {
	return slots.Term{
		Amount: t.Amount, Unit: slots.Unit(slices.Index(units, t.Unit)),
		SkipWeekends: t.ExcludeWeekends, SkipHolidays: t.Unit == "hours",
	}
}

// terms checks the dimensions of a row that concern time and procedure.
func (p place) terms(r *jurisdictionRow) {
	p.duty(r.ResponseClock)
	p.decisionClock(r)
	if t := r.RequestWindow; t != nil {
		p.window("requestWindow", t)
	}
	for i := range r.MinimumNotice {
		path := fmt.Sprintf("minimumNotice[%d]", i)
		p.term(path, &r.MinimumNotice[i].term)
		p.words(path+".phases", r.MinimumNotice[i].Phases, phases)
	}
	if t := r.Hours; t != nil {
		p.hours(t)
	}
	if r.CaseEffect != "" {
		p.word("caseEffect", r.CaseEffect, caseEffects)
	}
	if r.Proxies != nil {
		p.words("proxies.who", r.Proxies.Who, proxyKinds)
	}
	p.words("recordDuty", r.RecordDuty, recordParts)
	if r.ResultClock != nil {
		p.term("resultClock", r.ResultClock)
	}
}

func (p place) duty(t *clockTerm) {
	if t == nil {
		return
	}
	p.term("responseClock", &t.term)
	if p.word("responseClock.from", t.From, startEvents) && t.From == "letter_date" && t.Unit == "hours" {
		p.faultf("responseClock.unit: a letter has a date and no hour")
	}
}

func (p place) window(path string, t *windowTerm) {
	p.term(path, &t.term)
	if p.word(path+".from", t.From, startEvents) && (t.From == "request" || t.From == "request_and_information") {
		p.faultf("%s.from: a window to ask cannot start with the asking", path)
	}
	if t.From == "letter_date" && t.Unit == "hours" {
		p.faultf("%s.unit: a letter has a date and no hour", path)
	}
	p.words(path+".until", t.Until, endEvents)
}

func (p place) hours(t *hoursTerm) {
	if len(t.Zones) == 0 {
		p.faultf("hours.zones: none")
	}
	for _, z := range t.Zones {
		p.zone("hours.zones", z)
	}
	p.between("hours.minimumPerWeek", t.MinimumPerWeek, 0, 168)
	if t.Holidays != "" {
		p.holidayWord("hours.holidays", t.Holidays)
	}
	t.weekly, t.holidaySpans = p.spans("hours", t.Weekly), p.spans("hours", t.HolidaySpans)
}

// spans compiles spans of local time; one without days is of every day.
func (p place) spans(path string, list []hoursSpan) (hours []slots.WeeklyHours) {
	for _, s := range list {
		start, err := slots.ParseClockTime(s.Start)
		end, err2 := slots.ParseClockTime(s.End)
		if err != nil || err2 != nil || start >= end {
			p.faultf("%s: %q to %q is no span of local time", path, s.Start, s.End)
		}
		h := slots.WeeklyHours{Span: slots.ClockSpan{Start: start, End: end}}
		for _, name := range s.Days {
			d, err := slots.ParseWeekday(name)
			if err != nil {
				p.faultf("%s.days: unknown %q", path, name)
			}
			h.Days = h.Days.With(d)
		}
		if len(s.Days) == 0 {
			h.Days = slots.AllTicks.Days
		}
		hours = append(hours, h)
	}
	return hours
}
