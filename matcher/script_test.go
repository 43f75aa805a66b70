package matcher

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/cockroachdb/datadriven"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/parleyhq/parley/slots"
)

// TestVerdicts plays the scripts of testdata/golden. Commands:
//
//	rules               start over with the shipped rules, plus the jurisdictions' rows of the input
//	rules payers        the same with rows of payers
//	rules more          add jurisdictions' rows to the rules as they are
//	case key=value …    start over with a plain case, changed as told
//	eligible            what the rules say of the case
//	match key=value …   what they say of a reviewer for it
//	changes key=value … when that may change, until the end of 2027
func TestVerdicts(t *testing.T) {
	t.Parallel()
	datadriven.Walk(t, "testdata/golden", func(t *testing.T, path string) {
		s := &ruleScript{rules: shipped(t)}
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			switch d.Cmd {
			case "rules":
				return s.load(t, d)
			case "case":
				s.c, s.now, s.asked, s.match = plainCase(), at(t, "2026-11-23T09:00:00-06:00"), 0, false
				for _, arg := range d.CmdArgs {
					s.set(t, arg)
				}
				return ""
			case "eligible":
				return s.eligible()
			case "match":
				return s.verdict(t, d.CmdArgs)
			case "changes":
				return s.changes(t, d.CmdArgs)
			}
			d.Fatalf(t, "unknown command %s", d.Cmd)
			return ""
		})
	})
}

type ruleScript struct {
	payers, laws string // rows beyond the shipped ones
	rules        *Ruleset
	c            *Case
	now          slots.Instant
	asked        slots.Instant
	match        bool
}

func (s *ruleScript) load(t *testing.T, d *datadriven.TestData) string {
	t.Helper()
	switch {
	case d.HasArg("payers"):
		s.payers, s.laws = d.Input, ""
	case d.HasArg("more"):
		s.laws = d.Input
	default:
		s.payers, s.laws = "", d.Input
	}
	rules, err := CompileRules(editBundle(t, func(sections map[string]*section) {
		addRows(t, sections["payers"], s.payers)
		addRows(t, sections["jurisdictions"], s.laws)
	}))
	if err != nil {
		return err.Error() + "\n"
	}
	s.rules = rules
	return "ok\n"
}

func at(tb testing.TB, s string) slots.Instant {
	tb.Helper()
	t, _, err := slots.ParseInstant(s)
	if err != nil {
		tb.Fatalf("%s: %v", s, err)
	}
	return t
}

func on(tb testing.TB, s string) slots.Date {
	tb.Helper()
	d, err := slots.ParseDate(s)
	if err != nil {
		tb.Fatalf("%s: %v", s, err)
	}
	return d
}

// plainCase is a Texas spine case that an orthopaedic spine surgeon asks about.
func plainCase() *Case {
	return &Case{
		Tenant: "t", ID: "c", HealthPlan: "acme", LineOfBusiness: "commercial", SitusState: "TX", MemberState: "TX",
		Population: "adult", Program: "msk-spine-surgery", LevelOfReview: "reconsideration", Phase: "pre_service",
		Determination: Determination{Status: "denied", Reason: "medical_necessity", LetterReceived: true},
		Requesting:    Provider{Present: true, Credential: "MD", Specialty: "207XS0117X"},
	}
}

// plainReviewer is trained for every program and has no licence and no specialty.
func plainReviewer(rs *Ruleset) *Reviewer {
	r := &Reviewer{Tenant: "t", ID: "r", Credential: "MD", Populations: []string{"adult"}, Active: true}
	for id := range rs.programs {
		r.Programs = append(r.Programs, id)
	}
	return r
}

func (s *ruleScript) set(t *testing.T, arg datadriven.CmdArg) {
	t.Helper()
	c, v := s.c, strings.Join(arg.Vals, ",")
	text := map[string]*string{
		"plan": &c.HealthPlan, "line": &c.LineOfBusiness, "situs": &c.SitusState, "member": &c.MemberState,
		"population": &c.Population, "program": &c.Program, "level": &c.LevelOfReview, "phase": &c.Phase,
		"status": &c.Determination.Status, "decider": &c.Determination.ReviewerID,
		"service": &c.ServiceSpecialty, "modality": &c.Modality,
	}
	moments := map[string]*slots.Instant{
		"now": &s.now, "asked": &s.asked, "requested-at": &c.P2PRequestedAt, "due": &c.DecisionDue,
		"until": &c.PostDecision.Until, "decided": &c.Determination.DecidedAt, "appealed": &c.AppealFiledAt,
	}
	persons := map[string]*Provider{"requesting": &c.Requesting, "ordering": &c.Ordering, "rendering": &c.Rendering}
	switch {
	case text[arg.Key] != nil:
		*text[arg.Key] = v
	case moments[arg.Key] != nil:
		*moments[arg.Key] = at(t, v)
	case persons[arg.Key] != nil && v == "nobody":
		*persons[arg.Key] = Provider{}
	case persons[arg.Key] != nil:
		credential, specialty := arg.TwoVals(t)
		*persons[arg.Key] = Provider{Present: true, Credential: credential, Specialty: specialty}
	case arg.Key == "final":
		c.Determination.Final = true
	case arg.Key == "reconsideration":
		c.PostDecision.Present, c.PostDecision.Delegated, c.PostDecision.Reconsideration = true, true, v
	case arg.Key == "not-delegated":
		c.PostDecision.Present, c.PostDecision.Delegated = true, false
	case arg.Key == "performed":
		c.ServicePerformedOn = on(t, v)
	case arg.Key == "letter":
		c.Determination.LetterDate = on(t, v)
	case arg.Key == "involved":
		c.InvolvedReviewerIDs = arg.Vals
	case arg.Key == "specialty-match":
		s.match = true
	default:
		t.Fatalf("unknown %s", arg.Key)
	}
}

func (s *ruleScript) reviewer(t *testing.T, args []datadriven.CmdArg) (r *Reviewer, start slots.Instant) {
	t.Helper()
	r, start = plainReviewer(s.rules), s.now+slots.Hour
	for _, arg := range args {
		switch arg.Key {
		case "id":
			r.ID = arg.Vals[0]
		case "credential":
			r.Credential = arg.Vals[0]
		case "specialty":
			r.Specialties = arg.Vals
		case "license":
			for _, v := range arg.Vals {
				r.Licenses = append(r.Licenses, license(t, v))
			}
		case "populations":
			r.Populations = arg.Vals
		case "programs":
			r.Programs = arg.Vals
		case "plans":
			r.HealthPlans = arg.Vals
		case "modalities":
			r.Modalities = arg.Vals
		case "inactive":
			r.Active = false
		case "at":
			start = at(t, arg.Vals[0])
		default:
			t.Fatalf("unknown %s", arg.Key)
		}
	}
	return r, start
}

// license reads TX, TX:administrative, TX:full:suspended or TX:full:active:2019-01-01:2026-11-27.
func license(t *testing.T, s string) License {
	t.Helper()
	l := License{Type: "full", Status: "active", From: on(t, "2015-01-01"), To: on(t, "2039-12-31")}
	parts := strings.Split(s, ":")
	l.State = parts[0]
	if len(parts) > 1 {
		l.Type = parts[1]
	}
	if len(parts) > 2 {
		l.Status = parts[2]
	}
	if len(parts) > 4 {
		l.From, l.To = on(t, parts[3]), on(t, parts[4])
	}
	return l
}

func (s *ruleScript) verdict(t *testing.T, args []datadriven.CmdArg) string {
	t.Helper()
	r, start := s.reviewer(t, args)
	v := s.rules.resolve(s.c, s.now, s.asked, s.match).verdict(r, start)
	var b strings.Builder
	if v.Tier == TierNone {
		fmt.Fprintf(&b, "never offered: %s, relation %s", v.Blocking, v.Relation)
	} else {
		fmt.Fprintf(&b, "%s, relation %s", v.Tier, v.Relation)
	}
	for _, list := range []struct {
		name  string
		codes []string
	}{{"unmet", v.Unmet.Codes()}, {"needs", v.Attestations}, {"takes", v.Optional}} {
		if len(list.codes) > 0 {
			fmt.Fprintf(&b, ", %s %s", list.name, strings.Join(list.codes, " and "))
		}
	}
	fmt.Fprintf(&b, " (%s)\n", strings.Join(v.Rules, ", "))
	return b.String()
}

func (s *ruleScript) changes(t *testing.T, args []datadriven.CmdArg) string {
	t.Helper()
	r, _ := s.reviewer(t, args)
	var b strings.Builder
	cr := s.rules.resolve(s.c, s.now, s.asked, s.match)
	for _, x := range cr.changes(r, slots.Interval{Start: s.now, End: at(t, "2028-01-01T00:00:00Z")}) {
		fmt.Fprintln(&b, x)
	}
	return b.String()
}

// changingEnd is the end of the starts that can change the decision, 0 if the horizon is.
func changingEnd(cr *caseRules) slots.Instant {
	if cr.changing.End == cr.starts.End {
		return 0
	}
	return cr.changing.End
}

func (s *ruleScript) eligible() string {
	cr := s.rules.resolve(s.c, s.now, s.asked, s.match)
	e := &cr.eligibility
	var b strings.Builder
	b.WriteString(e.Status.String())
	if len(e.Modes) > 0 {
		fmt.Fprintf(&b, " by %s", strings.Join(e.Modes, ", "))
	}
	b.WriteByte('\n')
	for _, r := range e.Reasons {
		fmt.Fprintf(&b, "  because %s (%s)\n", r.Code, r.Rule)
	}
	for _, l := range []struct {
		name string
		t    slots.Instant
	}{{"ask until", e.RequestUntil}, {"change until", e.DecisionChangingUntil}, {"changing before", changingEnd(cr)}} {
		if l.t != 0 {
			fmt.Fprintf(&b, "  %s %s\n", l.name, l.t)
		}
	}
	if cr.startsRule != "" {
		fmt.Fprintf(&b, "  starts before %s (%s)\n", cr.starts.End, cr.startsRule)
	}
	for _, q := range e.Requirements {
		fmt.Fprintf(&b, "  requires %s (%s)", strings.Join(strings.Fields(q.Code+" "+q.State+" "+q.Relation), " "), q.Rule)
		if q.OneOf > 0 {
			fmt.Fprintf(&b, " one of %d", q.OneOf)
		}
		b.WriteByte('\n')
	}
	for _, a := range e.Attestations {
		fmt.Fprintf(&b, "  attestation %s v%d mandatory=%t (%s)\n", a.Code, a.Version, a.Mandatory, a.Rule)
	}
	for _, o := range e.OtherOptions {
		fmt.Fprintf(&b, "  option %s", o.Code)
		if o.Until != 0 {
			fmt.Fprintf(&b, " until %s", o.Until)
		}
		b.WriteByte('\n')
	}
	for _, a := range e.Advice {
		fmt.Fprintf(&b, "  advice %s\n", a)
	}
	return b.String()
}

// withRows is the shipped bundle with more rows in a section: JSON objects, one after another.
func withRows(tb testing.TB, name, rows string) []byte {
	tb.Helper()
	return editBundle(tb, func(sections map[string]*section) { addRows(tb, sections[name], rows) })
}

func addRows(tb testing.TB, to *section, rows string) {
	tb.Helper()
	dec := jsontext.NewDecoder(strings.NewReader(rows))
	for dec.PeekKind() == '{' {
		row, err := dec.ReadValue()
		if err != nil {
			tb.Fatal(err)
		}
		to.Rows = append(to.Rows, row.Clone())
	}
}

// shippedSections are the embedded rules taken apart, once.
var shippedSections = sync.OnceValues(func() (sections map[string]section, err error) {
	b, err := EmbeddedRules()
	if err != nil {
		return nil, err
	}
	return sections, json.Unmarshal(b, &sections)
})

// editBundle is the shipped bundle, changed.
func editBundle(tb testing.TB, edit func(map[string]*section)) []byte {
	tb.Helper()
	base, err := shippedSections()
	if err != nil {
		tb.Fatal(err)
	}
	sections := make(map[string]*section, len(base))
	for name, s := range base {
		sections[name] = &section{Version: s.Version, Rows: slices.Clone(s.Rows)}
	}
	edit(sections)
	b, err := json.Marshal(sections)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}
