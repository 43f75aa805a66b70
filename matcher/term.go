package matcher

import (
	"fmt"

	"github.com/parleyhq/parley/slots"
)

// term is an amount of time with its unit. Days run to the end of the last
// local day in the row's zone, hours to the second.
type term struct {
	Amount int    `json:"amount"`
	Unit   string `json:"unit"`
	// Holidays are the days that are no business days, besides weekends. Needed
	// by business days, and by hours that leave out whole days.
	Holidays        string `json:"holidays"`
	ExcludeWeekends bool   `json:"excludeWeekends"` // for hours
}

// clockTerm is a payer's duty to hold the call, counted from an event.
type clockTerm struct {
	term
	From string `json:"from"`
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
		p.word(path+".holidays", t.Holidays, holidayKinds)
	}
	if t.ExcludeWeekends && t.Unit != "hours" {
		p.faultf("%s.excludeWeekends: only hours leave weekends out by request", path)
	}
}

// terms checks the dimensions of a row that concern time and procedure.
func (p place) terms(r *jurisdictionRow) {
	if t := r.ResponseClock; t != nil {
		p.term("responseClock", &t.term)
		p.word("responseClock.from", t.From, startEvents)
	}
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
		p.word("hours.holidays", t.Holidays, holidayKinds)
	}
	for _, list := range [][]hoursSpan{t.Weekly, t.HolidaySpans} {
		for _, s := range list {
			p.hoursSpan(s)
		}
	}
}

func (p place) hoursSpan(s hoursSpan) {
	start, err := slots.ParseClockTime(s.Start)
	end, err2 := slots.ParseClockTime(s.End)
	if err != nil || err2 != nil || start >= end {
		p.faultf("hours: %q to %q is no span of local time", s.Start, s.End)
	}
	for _, d := range s.Days {
		if _, err := slots.ParseWeekday(d); err != nil {
			p.faultf("hours.days: unknown %q", d)
		}
	}
}

// dimension is a dimension of a row that can be written but is not judged yet.
type dimension struct {
	number int
	name   string
}

// judged refuses an enabled row that relies on a dimension which this version
// does not judge: it would be ignored in silence.
func (p place) judged(unjudged []dimension) {
	for _, d := range unjudged {
		p.faultf("dimension %d (%s) is not judged by this version: disable the row", d.number, d.name)
	}
}

// unjudgedOf lists what a jurisdiction row uses and this version does not judge.
func unjudgedOf(r *jurisdictionRow) (found []dimension) {
	found = unjudgedNeeds(r.Requires)
	for _, d := range []struct {
		used bool
		dimension
	}{
		{r.ResponseClock != nil, dimension{14, "response clock"}},
		{r.RequestWindow != nil, dimension{15, "request window"}},
		{len(r.MinimumNotice) > 0, dimension{16, "minimum notice"}},
		{r.Hours != nil, dimension{17, "hours"}},
		{r.PreDeterminationOnly != nil, dimension{18, "pre-determination only"}},
		{r.CaseEffect != "" && r.CaseEffect != "none", dimension{21, "effect on the case"}},
		{r.Proxies != nil, dimension{22, "proxy rules"}},
	} {
		if d.used {
			found = append(found, d.dimension)
		}
	}
	return found
}

// unjudgedNeeds lists the predicates of a tree that this version does not judge.
func unjudgedNeeds(tree *node) (found []dimension) {
	eachNode(tree, func(n *node) {
		if n.Experience != nil {
			found = append(found, dimension{7, "experience with the condition"})
		}
		if n.Specialty != nil && n.Specialty.Anchor.Of == "agent" {
			found = append(found, dimension{8, "anchor agent"})
		}
		if n.BoardCertification != nil {
			found = append(found, dimension{9, "board certification"})
		}
		if n.Identity == "original_preferred" || n.Identity == "original_required" {
			found = append(found, dimension{13, "identity " + n.Identity})
		}
	})
	return found
}
