package matcher

import (
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/parleyhq/parley/slots"
)

// holidaysRow is a row of holidays.json: the holidays that a calendar keeps.
type holidaysRow struct {
	ID     string       `json:"id"` // federal, state/…, payer/…
	Label  string       `json:"label"`
	Source string       `json:"source"`
	Days   []holidayDay `json:"days"`
}

// holidayDay is a day of a month, the nth weekday of one, or one date alone.
type holidayDay struct {
	Name      string `json:"name"`
	Month     int    `json:"month"`
	Day       int    `json:"day"`
	Weekday   string `json:"weekday"`
	Nth       int    `json:"nth"`
	Last      bool   `json:"last"`
	Offset    int    `json:"offset"` // days after that weekday
	Date      string `json:"date"`
	Observed  string `json:"observed"`
	ValidFrom int    `json:"validFrom"` // years, both included
	ValidTo   int    `json:"validTo"`
}

// Bounds of a calendar.
const (
	maxHolidays      = 200
	maxHolidayOffset = 30
	firstHolidayYear = 1900
	lastHolidayYear  = 2200
)

func (c *compiler) compileHolidays(raw jsontext.Value) {
	c.rs.holidays = make(map[string]*slots.Holidays)
	for _, r := range decodeRows(c, "holidays", raw, func(r *holidaysRow) string { return r.ID }) {
		at := c.at("holidays", r.ID)
		switch kind, of, _ := strings.Cut(r.ID, "/"); {
		case r.ID == "federal":
		case kind == "state":
			at.state("id", of)
		case kind == "payer":
			at.slug("id", of)
		default:
			at.faultf("id: %q is neither federal nor state/… nor payer/…", r.ID)
		}
		at.text("label", r.Label)
		at.text("source", r.Source)
		at.between("days", len(r.Days), 1, maxHolidays)
		rules := make([]slots.Holiday, 0, len(r.Days))
		for i := range r.Days {
			rules = append(rules, at.holiday(&r.Days[i]))
		}
		c.rs.holidays[r.ID] = slots.NewHolidays(rules)
	}
	c.rs.calendars = calendarsOf(c.rs.holidays)
}

func (p place) holiday(d *holidayDay) (h slots.Holiday) {
	p.text("days.name", d.Name)
	byDay, byWeekday, once := d.Day != 0, d.Weekday != "" || d.Nth != 0 || d.Last || d.Offset != 0, d.Date != ""
	switch {
	case byDay && byWeekday, once && (byDay || byWeekday), !byDay && !byWeekday && !once:
		p.faultf("days: %s: want a month and day, a month and weekday, or a date", d.Name)
		return h
	case once:
		date, err := slots.ParseDate(d.Date)
		if err != nil || d.Month != 0 || d.Observed != "" || d.ValidFrom != 0 || d.ValidTo != 0 {
			p.faultf("days: %s: %q is no date, or not alone", d.Name, d.Date)
		}
		return slots.Holiday{Once: true, Date: date}
	case byDay:
		if _, err := slots.DateOf(2000, d.Month, d.Day); err != nil {
			p.faultf("days: %s: no year has a day %d-%d", d.Name, d.Month, d.Day)
			return h
		}
		h.Month, h.Day = d.Month, d.Day
	default:
		h = p.holidayWeekday(d)
	}
	if d.Observed != "" && p.word("days.observed", d.Observed, observances) {
		h.Observed = slots.Observance(slices.Index(observances, d.Observed))
	}
	for _, year := range []int{d.ValidFrom, d.ValidTo} {
		if year != 0 {
			p.between("days.validFrom, validTo", year, firstHolidayYear, lastHolidayYear)
		}
	}
	if d.ValidTo != 0 && d.ValidTo < d.ValidFrom {
		p.faultf("days: %s: validTo before validFrom", d.Name)
	}
	h.FirstYear, h.LastYear = d.ValidFrom, d.ValidTo
	return h
}

func (p place) holidayWeekday(d *holidayDay) slots.Holiday {
	h := slots.Holiday{Month: d.Month, Nth: d.Nth, Offset: d.Offset}
	p.between("days.month", d.Month, 1, 12)
	p.between("days.offset", d.Offset, -maxHolidayOffset, maxHolidayOffset)
	weekday, err := slots.ParseWeekday(d.Weekday)
	if err != nil {
		p.faultf("days.weekday: unknown %q", d.Weekday)
	}
	h.Weekday = weekday
	switch {
	case d.Last && d.Nth != 0:
		p.faultf("days: %s: nth or last, not both", d.Name)
	case d.Last:
		h.Nth = slots.LastInMonth
	default:
		p.between("days.nth", d.Nth, 1, 5)
	}
	return h
}

// holidayWord checks which holidays a term leaves out. A row that is applied
// needs the calendars it names; a state or a payer may have none of its own.
func (p place) holidayWord(path, word string) {
	if !p.word(path, word, holidayKinds) {
		return
	}
	if strings.Contains(word, "state") && p.stateless {
		p.faultf("%s: %q: the row has no state", path, word)
	}
	if _, ok := p.c.rs.holidays["federal"]; !ok && strings.Contains(word, "federal") && p.applied {
		p.faultf("%s: no calendar \"federal\" in holidays", path)
	}
}

// calendarKey is a term's word for holidays and what it is about: a state or a plan.
type calendarKey struct{ word, of string }

// calendarsOf returns the business days of every word and everything it may be about,
// as far as there are holidays.
func calendarsOf(holidays map[string]*slots.Holidays) map[calendarKey]slots.Workdays {
	calendars := make(map[calendarKey]slots.Workdays)
	var federal []*slots.Holidays
	if h := holidays["federal"]; h != nil {
		federal = []*slots.Holidays{h}
		calendars[calendarKey{"federal", ""}] = slots.NewWorkdays(h)
	}
	for id, h := range holidays { //order: fills a map
		switch kind, of, _ := strings.Cut(id, "/"); kind {
		case "state":
			calendars[calendarKey{"state", of}] = slots.NewWorkdays(h)
			calendars[calendarKey{"federal_and_state", of}] = slots.NewWorkdays(append(slices.Clip(federal), h)...)
		case "payer":
			calendars[calendarKey{"payer", of}] = slots.NewWorkdays(h)
		}
	}
	return calendars
}

// workdays returns the business days that a term's word stands for, to a row that
// applies in a state ("" = none) to a case of a plan. Without holidays they are weekdays.
func (rs *Ruleset) workdays(word, state, plan string) slots.Workdays {
	switch word {
	case "":
		return slots.Workdays{}
	case "federal":
		state = ""
	case "payer":
		state = plan
	}
	days, some := rs.calendars[calendarKey{word, state}]
	if !some && word == "federal_and_state" {
		days = rs.calendars[calendarKey{"federal", ""}]
	}
	return days
}
