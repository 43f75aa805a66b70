package matcher

import (
	"fmt"
	"slices"
	"sync"
	"time"
)

// slowCase says what rows say of a case, read off the rows as they are spelled,
// with package time for days and minutes. It shares nothing with the rules.
type slowCase struct {
	rules      *wideRules
	c          *Case
	now, asked int64
	match      bool

	status                      string
	codes                       []string // of what refuses, or leaves consultative
	requestUntil, dueBy, notice int64
	from, to, change            int64 // starts on offer in [from, to), of these changing before change
	until                       int64 // last changing start, 0 = unbounded
	decision                    int64 // when the determination is due, 0 = unknown
	decisionLaw                 string
	stage                       string
	stages                      int
	rows                        []slowRow
	// alone holds the nodes that let the original reviewer alone.
	alone map[*wideNode]bool
}

// slowRow is a row that governs the case.
type slowRow struct {
	*wideRow
	tree        *wideNode
	zone, state string
}

// locations keeps what package time would read again each time.
var locations sync.Map

func local(zone string, unix int64) time.Time {
	known, found := locations.Load(zone)
	if !found {
		loc, err := time.LoadLocation(zone)
		if err != nil {
			panic(err)
		}
		known, _ = locations.LoadOrStore(zone, loc)
	}
	return time.Unix(unix, 0).In(known.(*time.Location))
}

// standing reports whether a clock in days passes over a day, or one in hours
// stands still on it.
func (w *wideRules) standing(t *wideTerm, day time.Time, state string) bool {
	var calendars []string
	switch t.Holidays {
	case "federal", "federal_and_state":
		calendars = append(calendars, "federal")
	case "payer":
		calendars = append(calendars, "payer/acme")
	}
	if (t.Holidays == "state" || t.Holidays == "federal_and_state") && state != "" {
		calendars = append(calendars, "state/"+state)
	}
	weekend := day.Weekday() == time.Saturday || day.Weekday() == time.Sunday
	kept := false
	for _, calendar := range calendars {
		for _, d := range w.kept[calendar] {
			year, month, date := d.YMD()
			kept = kept || day.Day() == date && int(day.Month()) == month && day.Year() == year
		}
	}
	switch t.Unit {
	case "business_days":
		return weekend || kept
	case "hours":
		return weekend && t.ExcludeWeekends || kept
	}
	return false
}

// ends walks from an instant minute by minute, or day by day, in a direction.
func (w *wideRules) ends(t *wideTerm, zone, state string, event int64, step int) int64 {
	if t.Unit == "hours" {
		at := event
		for left := int64(t.Amount) * 3600; left > 0; {
			part := min(60-at%60, left) // to the next full minute
			if step < 0 {
				part = min((at-1)%60+1, left)
				at -= part
			}
			if !w.standing(t, local(zone, at), state) {
				left -= part
			}
			if step > 0 {
				at += part
			}
		}
		return at
	}
	day := local(zone, event)
	day = time.Date(day.Year(), day.Month(), day.Day(), 12, 0, 0, 0, day.Location())
	for left := t.Amount; left > 0; {
		if day = day.AddDate(0, 0, step); !w.standing(t, day, state) {
			left--
		}
	}
	return time.Date(day.Year(), day.Month(), day.Day()+1, 0, 0, 0, 0, day.Location()).Unix() - 1
}

// midnight is the first second of a date, as days since 1970.
func midnight(zone string, days int64) int64 {
	d := time.Unix(days*86400, 0).UTC()
	return time.Date(d.Year(), d.Month(), d.Day(), 0, 0, 0, 0, local(zone, 0).Location()).Unix()
}

// clock runs a term from its event; it says which fact it lacks.
func (s *slowCase) clock(t *wideTerm, zone, state string) (last int64, absent string) {
	decision := s.c.Determination
	letter := int64(decision.LetterDate)
	switch {
	case t.From == "request":
		return s.rules.ends(t, zone, state, s.asked, 1), ""
	case t.From == "request_and_information" && s.c.InformationCompleteAt == 0:
		return 0, "information_complete_unknown"
	case t.From == "request_and_information":
		return s.rules.ends(t, zone, state, max(s.asked, int64(s.c.InformationCompleteAt)), 1), ""
	case t.From == "denial" && decision.DecidedAt != 0:
		return s.rules.ends(t, zone, state, int64(decision.DecidedAt), 1), ""
	case t.From == "denial" && (t.Unit == "hours" || letter == 0):
		return 0, "decided_at_unknown"
	case letter == 0:
		return 0, "letter_date_unknown"
	}
	return s.rules.ends(t, zone, state, midnight(zone, letter), 1), ""
}

// event returns the first instant that an event puts out of reach, 0 if unknown.
func (s *slowCase) event(name, zone string) int64 {
	switch name {
	case "decision_due":
		return s.decision
	case "reconsideration_until":
		if s.c.PostDecision.Present && s.c.PostDecision.Until != 0 {
			return int64(s.c.PostDecision.Until) + 1
		}
	case "determination":
		return int64(s.c.Determination.DecidedAt)
	case "appeal_filed":
		return int64(s.c.AppealFiledAt)
	case "discharge":
		return int64(s.c.DischargedAt)
	case "service_performed":
		if s.c.ServicePerformedOn != 0 {
			return midnight(zone, int64(s.c.ServicePerformedOn))
		}
	}
	return 0
}

func slowly(w *wideRules, c *Case, now, asked int64, match bool) *slowCase {
	s := &slowCase{rules: w, c: c, now: now, asked: asked, match: match, status: "eligible", alone: map[*wideNode]bool{}}
	if asked == 0 {
		s.asked = now
	}
	call := w.payer.Call
	s.from, s.to = now+int64(call["leadMinutes"])*60, now+int64(call["horizonHours"])*3600
	s.change = s.to
	s.rows = append(s.rows, slowRow{&w.payer, w.payer.Requires, w.payer.Zone, ""})
	s.chooseStage()
	for _, law := range s.governing() {
		row := slowRow{law, law.Requires, law.Zone, ""}
		if law.Kind == "state" {
			row.zone, row.state = "America/Chicago", "TX"
		}
		s.rows = append(s.rows, row)
	}
	s.decide()
	s.clauses()
	s.asking()
	for i := range s.rows {
		s.duties(&s.rows[i])
	}
	if s.status == "not_eligible" {
		s.dueBy, s.notice, s.until = 0, 0, 0
	}
	if s.status == "consultative_only" {
		s.until = 0
	}
	slices.Sort(s.codes)
	s.codes = slices.Compact(s.codes)
	return s
}

func (s *slowCase) chooseStage() {
	for _, stage := range s.rules.payer.Stages {
		if when := stage.When["phases"]; when != nil && !slices.Contains(when, s.c.Phase) {
			continue
		}
		if s.stages++; s.stages <= s.c.Stage+1 {
			s.stage = stage.ID
		}
	}
	for _, stage := range s.rules.payer.Stages {
		if stage.ID == s.stage {
			node := &wideNode{}
			node.Credential = &struct {
				In []string `json:"in"`
			}{stage.Credentials}
			s.rows = append(s.rows, slowRow{&wideRow{ID: "pay/" + stage.ID}, node, "", ""})
		}
	}
}

func (s *slowCase) refuse(code string) {
	if s.status != "not_eligible" {
		s.codes = nil
	}
	s.status = "not_eligible"
	s.codes = append(s.codes, code)
}

func (s *slowCase) weaken(code string) {
	if s.status == "not_eligible" {
		return
	}
	s.status = "consultative_only"
	s.codes = append(s.codes, code)
}

func (s *slowCase) clauses() {
	if s.c.Determination.Status == "expired" {
		s.refuse("case_expired")
	}
	if most, capped := s.rules.payer.Caps["callsPerCase"]; capped && s.c.CallsHeld >= most {
		s.refuse("call_already_held")
	}
	if s.c.Determination.Final {
		s.weaken("final_determination")
	}
}

// asking judges the window to ask: the provider's right, so the longest counts.
func (s *slowCase) asking() {
	if s.rules.payer.RequestWindow == nil {
		return
	}
	known, facts := false, []string{}
	for _, row := range s.rows {
		w := row.RequestWindow
		if w == nil {
			continue
		}
		last, absent := s.clock(w, row.zone, row.state)
		if absent != "" {
			facts = append(facts, absent)
			continue
		}
		for _, event := range w.Until {
			if end := s.event(event, row.zone); end != 0 && end-1 < last {
				last = end - 1
			}
		}
		if !known || last > s.requestUntil {
			known, s.requestUntil = true, last
		}
	}
	switch {
	case known && s.asked <= s.requestUntil:
	case len(facts) > 0:
		s.requestUntil = 0
		s.refuse(facts[0])
	default:
		s.refuse("request_window_closed")
	}
}

func (s *slowCase) bound(end int64, closes bool, code string) {
	switch {
	case end > s.now:
	case closes:
		s.refuse(code)
	default:
		s.weaken(code)
	}
	if closes {
		s.to = min(s.to, end)
	}
	s.change = min(s.change, end)
	if s.until == 0 || end-1 < s.until {
		s.until = end - 1
	}
}

// duties runs what a row wants of the payer, and its limits.
func (s *slowCase) duties(row *slowRow) {
	if t := row.ResponseClock; t != nil {
		if due, absent := s.clock(t, row.zone, row.state); absent == "" {
			if s.dueBy == 0 || due < s.dueBy {
				s.dueBy = due
			}
			if t.RemovesLater {
				s.bound(due+1, true, "response_time_passed")
			}
		}
	}
	pending, due := s.c.Determination.Status == "pending", s.decision
	for i := range row.MinimumNotice {
		t := &row.MinimumNotice[i]
		if !pending || due == 0 || len(t.Phases) > 0 && !slices.Contains(t.Phases, s.c.Phase) {
			continue
		}
		if until := s.rules.ends(t, row.zone, row.state, due, -1); s.notice == 0 || until < s.notice {
			s.notice = until
		}
	}
	if consultative, wanted := row.PreDeterminationOnly["consultativeAfter"]; wanted {
		switch {
		case !pending:
			s.bound(s.now, !consultative, "determination_made")
		case due != 0:
			s.bound(due, !consultative, "determination_made")
		}
	}
	for i := range row.Limits {
		s.limit(row, &row.Limits[i])
	}
}

func (s *slowCase) limit(row *slowRow, l *wideLimit) {
	end := s.event(l.Event, row.zone)
	if end == 0 {
		return
	}
	included := l.Event == "reconsideration_until"
	if l.Before != nil {
		event := end
		if included {
			event--
		}
		end = s.rules.ends(l.Before, row.zone, row.state, event, -1)
		if included || l.Before.Unit != "hours" {
			end++
		}
	}
	s.bound(end, l.Effect == "closes", l.Code)
}

// follows says what the laws want of a call that ended then: until when its result
// must be there, and whether a part may be certified, each with its row.
func (s *slowCase) follows(ended int64) string {
	due, rule, part, partial := int64(0), "", false, "pay/partial-certification"
	for _, row := range s.rows {
		if t := row.ResultClock; t != nil {
			if end := s.rules.ends(t, row.zone, row.state, ended, 1); due == 0 || end < due {
				due, rule = end, row.ID
			}
		}
		if row.PartialCertification && !part {
			part, partial = true, row.ID
		}
	}
	return fmt.Sprint(due, rule, part, partial)
}
