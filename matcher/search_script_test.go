package matcher

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/parleyhq/parley/slots"
)

// TestSearchScripts runs testdata/search. A script builds a roster, cases and
// calls, moves the clock, and prints answers and judgements:
//
//	now at=2020-05-15T09:00:00-04:00
//	reviewer id=r1 specialty=207XS0117X license=(TX:full:active:2019-01-01:2027-08-31) zone=US/Eastern hours=(mon-thu 09:00-12:00)
//	    [program=] [credential=] [population=] [exception=(2026-11-26, 2026-11-28 09:00-12:00)] [block=(FROM/TO)]
//	    [before=] [after=] [cap=] [inactive]
//	case id=c1 [situs=] [line=] [level=] [plan=] [program=] [credential=] [specialty=] [status=] [due=] [final] [service=]
//	    [population=] [rendering=SPECIALTY] [decider=] [involved=] [asked=] [complete=] [letter=]
//	    [drug=] [stage=]
//	call reviewer=r1 at=INSTANT [minutes=15] [until=INSTANT] [id=]
//	week monday=2020-05-18 zone=US/Eastern cases=(c1) [days=mon-fri] [hours=7-18] [without=(12)] [reviewers=10] [slots=4]
//	    [reveal=auto|always|never] [match] [except=] [mode=slot|callback|ad_hoc] [windows=(FROM/TO, …)]
//	earliest cases=(c1) … [limit=20] [from=] [to=]
//	nearest cases=(c1) … around=INSTANT [limit=3]
//	judge cases=(c1) reviewer=r1 at=INSTANT … [match]
//	assign cases=(c1) … [consents=(CODE)], or at=INSTANT [except=r1] … for one start
//	rules [payers|jurisdictions|…]: the default policy, hne, Texas and the input's rows of a section
//
// Queries also take mode=slot|callback|ad_hoc, windows=(FROM/TO), not-before=, asked= and kept.
// What is left out of a reviewer or a case is that of the spine surgery in Texas.
func TestSearchScripts(t *testing.T) {
	t.Parallel()
	rules := worldRules(t)
	files, err := filepath.Glob("testdata/search/*")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			s := newSearchScript(rules)
			datadriven.RunTest(t, file, func(t *testing.T, d *datadriven.TestData) string {
				return s.run(t, d)
			})
		})
	}
}

type searchScript struct {
	view  *View
	cases map[string]*Case
	zone  *slots.Zone // of the last query
}

func newSearchScript(rules *Ruleset) *searchScript {
	view := &View{Tenant: "t1", Rules: rules, Roster: NewRoster(), Calendar: slots.NewCalendar()}
	return &searchScript{view: view, cases: map[string]*Case{}, zone: slots.UTC()}
}

func (s *searchScript) run(t *testing.T, d *datadriven.TestData) string {
	commands := map[string]func(args) string{
		"now": s.now, "reviewer": s.reviewer, "case": s.addCase, "call": s.call,
		"week": s.week, "earliest": s.earliest, "nearest": s.nearest, "judge": s.judge,
		"assign": s.assign, "rules": s.rules,
	}
	command := commands[d.Cmd]
	if command == nil {
		d.Fatalf(t, "unknown command %s", d.Cmd)
	}
	return command(args{t, d})
}

func (s *searchScript) now(a args) string {
	s.view.Now = a.instant("at")
	return "ok\n"
}

func (s *searchScript) call(a args) string {
	r := s.find(a)
	start := a.instant("at")
	span := slots.Interval{Start: start, End: start + slots.Instant(a.number("minutes", 15))*slots.Minute}
	c := slots.Call{Reviewer: r.Ref, Span: span, Busy: span, Until: a.instant("until"), ID: a.text("id", start.String())}
	c.Busy.Start -= slots.Instant(r.BufferBefore) * slots.Minute
	c.Busy.End += slots.Instant(r.BufferAfter) * slots.Minute
	if conflict, ok := s.view.Calendar.Insert(c); !ok {
		return "overlaps " + conflict.ID + "\n"
	}
	return "ok\n"
}

func (s *searchScript) find(a args) *Reviewer {
	r, found := s.view.Roster.Find("t1", a.text("reviewer", ""))
	if !found {
		a.d.Fatalf(a.t, "no such reviewer")
	}
	return r
}

// plan reads what all queries share; it returns a refusal in words.
func (s *searchScript) plan(a args, within slots.Interval) (*Plan, string) {
	q := Query{
		Zone: s.zone, Range: within, SpecialtyMatch: a.d.HasArg("match"), Mode: a.text("mode", ""),
		Windows: a.intervals("windows"), NotBefore: a.instant("not-before"), FirstAsked: a.instant("asked"),
		Kept: a.d.HasArg("kept"),
	}
	for _, id := range a.list("cases") {
		c := s.cases[id]
		if c == nil {
			a.d.Fatalf(a.t, "no such case: %s", id)
		}
		q.Cases = append(q.Cases, c)
	}
	if a.d.HasArg("days") || a.d.HasArg("hours") {
		q.Ticks = slots.Ticks{Days: weekdays(a, a.text("days", "mon-sun"))}
		var from, to int
		if _, err := fmt.Sscanf(a.text("hours", "0-23"), "%d-%d", &from, &to); err != nil {
			a.d.Fatalf(a.t, "hours: %v", err)
		}
		for h := from; h <= to; h++ {
			q.Ticks.Hours |= 1 << h
		}
		for _, h := range a.list("without") {
			var hour int
			if _, err := fmt.Sscan(h, &hour); err != nil {
				a.d.Fatalf(a.t, "without: %v", err)
			}
			q.Ticks.Hours &^= 1 << hour
		}
	}
	q.Waivable = map[string]Reveal{"auto": RevealAuto, "always": RevealAlways, "never": RevealNever}[a.text("reveal", "auto")]
	view := *s.view
	view.Except = a.text("except", "")
	p, refusal := NewPlan(&view, q)
	if refusal == nil {
		return p, ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "refused: %s %s\n", refusal.Code, refusal.CaseID)
	for _, r := range refusal.Reasons {
		fmt.Fprintf(&b, "  %s %s\n", r.Code, r.Rule)
	}
	return nil, b.String()
}

func (s *searchScript) week(a args) string {
	s.zone = a.zone()
	monday := mustDate(a.text("monday", ""))
	p, refused := s.plan(a, WeekRange(s.zone, monday))
	if p == nil {
		return refused
	}
	answer := p.Week(WeekShape{
		Monday: monday, ReviewersPerPriority: a.number("reviewers", 10), SlotsPerDay: a.number("slots", 4),
	})
	var b strings.Builder
	for _, priority := range answer.Priorities {
		fmt.Fprintf(&b, "priority %d: %s%s", priority.Number, priority.Tier, needs(priority.Unmet, priority.Attestations))
		if priority.MoreReviewers {
			b.WriteString(", more reviewers")
		}
		b.WriteString("\n")
		for _, r := range priority.Reviewers {
			fmt.Fprintf(&b, "  %s %s\n", r.Reviewer.ID, r.Relation)
			for _, day := range r.Days {
				s.printDay(&b, day)
			}
		}
	}
	s.explain(&b, answer.Explanation)
	return b.String()
}

func (s *searchScript) printDay(b *strings.Builder, day DayOffers) {
	if len(day.Slots) == 0 {
		return
	}
	fmt.Fprintf(b, "    %s %s:", day.Date.Weekday(), day.Date)
	for i, slot := range day.Slots {
		if i > 0 {
			b.WriteString(",")
		}
		fmt.Fprintf(b, " %s", slots.AppendLabel(nil, slot.Start, s.zone))
		if slot.Consultative {
			b.WriteString(" (consultative)")
		}
		if slot.Late {
			b.WriteString(" (late)")
		}
		printCases(b, slot.Cases)
	}
	if day.More > 0 {
		fmt.Fprintf(b, " and %d more", day.More)
	}
	b.WriteString("\n")
}

func printCases(b *strings.Builder, cases []CaseJudgement) {
	for _, c := range cases {
		fmt.Fprintf(b, " [%s: %s%s", c.CaseID, c.Tier, needs(c.Unmet, c.Attestations))
		if c.Consultative {
			b.WriteString(" consultative")
		}
		if c.Late {
			b.WriteString(" late")
		}
		b.WriteString("]")
	}
}

func needs(unmet Needs, attestations []string) string {
	text := ""
	if unmet != 0 {
		text += " without " + strings.Join(unmet.Codes(), ",")
	}
	if len(attestations) > 0 {
		text += " attest " + strings.Join(attestations, ",")
	}
	return text
}

func (s *searchScript) explain(b *strings.Builder, x Explanation) {
	fmt.Fprintf(b, "offered %d\n", x.Offered)
	for _, because := range x.NothingBecause {
		fmt.Fprintf(b, "because %s [%s]: %s\n", because.Code, because.Rule, because.Detail.String())
	}
	for _, u := range x.Unlock {
		fmt.Fprintf(b, "unlock %s %s: %d slots from %s\n", u.Kind, u.Value, u.Slots, s.show(u.Earliest))
	}
}

func (s *searchScript) show(t slots.Instant) string {
	return string(slots.AppendInstant(nil, t, s.zone))
}

func (s *searchScript) earliest(a args) string {
	s.zone = a.zone()
	var within slots.Interval
	if a.d.HasArg("from") {
		within = slots.Interval{Start: a.instant("from"), End: a.instant("to")}
	}
	p, refused := s.plan(a, within)
	if p == nil {
		return refused
	}
	answer := p.Earliest(a.number("limit", 20))
	var b strings.Builder
	s.printOffers(&b, answer.Offers)
	s.explain(&b, answer.Explanation)
	return b.String()
}

func (s *searchScript) nearest(a args) string {
	s.zone = a.zone()
	p, refused := s.plan(a, slots.Interval{})
	if p == nil {
		return refused
	}
	var b strings.Builder
	s.printOffers(&b, p.Nearest(a.instant("around"), a.number("limit", 3)))
	return b.String()
}

func (s *searchScript) printOffers(b *strings.Builder, offers []Offer) {
	for _, o := range offers {
		fmt.Fprintf(b, "%d %s %s %s %s%s", o.Priority, s.show(o.Start), o.Reviewer.ID, o.Tier, o.Relation, needs(o.Unmet, o.Attestations))
		if o.Consultative {
			b.WriteString(" consultative")
		}
		if o.Late {
			b.WriteString(" late")
		}
		printCases(b, o.Cases)
		b.WriteString("\n")
	}
}

func (s *searchScript) judge(a args) string {
	p, refused := s.plan(a, slots.Interval{})
	if p == nil {
		return refused
	}
	j := p.Judge(s.find(a), a.instant("at"))
	fault := [...]string{"bookable", "not offered", "not qualified", "taken"}[j.Fault]
	var b strings.Builder
	fmt.Fprintf(&b, "%s", fault)
	if j.Fault != FaultNone {
		fmt.Fprintf(&b, ": %s [%s]", j.Detail, j.Rule)
	}
	if j.Fault != FaultNotOffered {
		fmt.Fprintf(&b, " as %s %s%s", j.Tier, j.Relation, needs(j.Unmet, j.Attestations))
	}
	if j.Consultative {
		b.WriteString(" consultative")
	}
	if j.Late {
		b.WriteString(" late")
	}
	if len(j.Cases) > 1 {
		printCases(&b, j.Cases)
	}
	b.WriteString("\n")
	return b.String()
}

func (s *searchScript) rules(a args) string {
	rules, err := CompileRules(plainRows(a.t, a.d.CmdArgs[0].Key, a.d.Input))
	if err != nil {
		return err.Error() + "\n"
	}
	s.view.Rules = rules
	return "ok\n"
}

func (s *searchScript) assign(a args) string {
	s.zone = a.zone()
	var within slots.Interval
	if a.d.HasArg("from") {
		within = slots.Interval{Start: a.instant("from"), End: a.instant("to")}
	}
	p, refused := s.plan(a, within)
	if p == nil {
		return refused
	}
	var b strings.Builder
	if at := a.instant("at"); at != 0 {
		offer, ok := p.AssignAt(at, a.list("consents"), a.text("except", ""))
		if !ok {
			return "nobody\n"
		}
		s.printOffers(&b, []Offer{offer})
		return b.String()
	}
	assigned := p.Assign(a.list("consents"))
	if assigned.Offer != nil {
		s.printOffers(&b, []Offer{*assigned.Offer})
	}
	fmt.Fprintf(&b, "options %d, lawful %t\n", assigned.Options, assigned.Lawful)
	return b.String()
}
