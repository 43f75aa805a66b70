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
//	rules [without=(ID, …)] start over with the shipped rules, less some rows, plus the jurisdictions' rows of the input
//	rules payers            the same with rows of payers
//	rules more, holidays    add jurisdictions' rows, or calendars, to the rules as they are
//	case key=value …        start over with a plain case, changed as told
//	eligible [how]          what the rules say of the case, and how the call is held
//	rows id=(ID, …)         whether rows govern the case, and what keeps them out
//	match key=value …       what they say of a reviewer for it
//	changes key=value …     when that may change, until the end of 2027
//	if key=value …          what they say of it once it is changed so, in a line
//	ends key=value …        whether the case, changed so from now on, ends a booked call
//	speaks who=(MD, …)      whether the holder of a credential may speak
//	windows zone= from=     the windows that a callback request has when it names none
//	result ended=           until when the result of a call that ended then must be there
//	missed at=              how long the provider may call back after a miss
//
// Facts of cases are read by ruleScript.set, those of reviewers by ruleScript.reviewer.
func TestVerdicts(t *testing.T) {
	t.Parallel()
	datadriven.Walk(t, "testdata/golden", func(t *testing.T, path string) {
		s := &ruleScript{rules: shipped(t)}
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			a := args{t, d}
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
				return s.eligible(d.HasArg("how"))
			case "rows":
				return s.rows(a)
			case "match":
				return s.verdict(t, d.CmdArgs)
			case "changes":
				return s.changes(t, d.CmdArgs)
			case "if":
				return s.otherwise(t, d.CmdArgs)
			case "ends":
				return s.ends(t, d.CmdArgs)
			case "speaks":
				return s.speaks(a)
			case "windows":
				return s.windows(a)
			case "result":
				return s.result(a)
			case "missed":
				return s.missed(a)
			}
			d.Fatalf(t, "unknown command %s", d.Cmd)
			return ""
		})
	})
}

type ruleScript struct {
	payers, laws, holidays string // rows beyond the shipped ones
	without                []string
	rules                  *Ruleset
	c                      *Case
	now                    slots.Instant
	asked                  slots.Instant
	match                  bool
}

func (s *ruleScript) load(t *testing.T, d *datadriven.TestData) string {
	t.Helper()
	switch {
	case d.HasArg("more"):
		s.laws = d.Input
	case d.HasArg("holidays"):
		s.holidays = d.Input
	default:
		s.payers, s.laws, s.holidays, s.without = "", "", "", args{t, d}.list("without")
		if d.HasArg("payers") {
			s.payers = d.Input
		} else {
			s.laws = d.Input
		}
	}
	rules, err := CompileRules(editBundle(t, func(sections map[string]*section) {
		for _, name := range []string{"payers", "jurisdictions", "holidays"} {
			dropRows(t, sections[name], s.without)
		}
		addRows(t, sections["payers"], s.payers)
		addRows(t, sections["jurisdictions"], s.laws)
		addRows(t, sections["holidays"], s.holidays)
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

// changed plays with a changed case, and puts the case back.
func (s *ruleScript) changed(t *testing.T, changes []datadriven.CmdArg, play func()) {
	t.Helper()
	before, now, asked := *s.c, s.now, s.asked
	for _, arg := range changes {
		s.set(t, arg)
	}
	play()
	*s.c, s.now, s.asked = before, now, asked
}

func (s *ruleScript) otherwise(t *testing.T, changes []datadriven.CmdArg) string {
	t.Helper()
	var b strings.Builder
	s.changed(t, changes, func() {
		e := s.rules.Eligibility(s.c, s.now, s.asked)
		b.WriteString(e.Status.String())
		for _, r := range e.Reasons {
			fmt.Fprintf(&b, ", %s (%s)", r.Code, r.Rule)
		}
		b.WriteByte('\n')
	})
	return b.String()
}

func (s *ruleScript) ends(t *testing.T, changes []datadriven.CmdArg) string {
	t.Helper()
	var reason Reason
	over := false
	s.changed(t, changes, func() { reason, over = s.rules.Ends(s.c, s.now) })
	if !over {
		return "goes on\n"
	}
	return fmt.Sprintf("ends: %s (%s)\n", reason.Code, reason.Rule)
}

func (s *ruleScript) speaks(a args) string {
	speaker := s.rules.Eligibility(s.c, s.now, s.asked).Speaker
	var b strings.Builder
	for _, credential := range a.list("who") {
		word := "may not speak"
		if speaker.Accepts(credential) {
			word = "may speak"
		}
		fmt.Fprintf(&b, "%s %s\n", credential, word)
	}
	return b.String()
}

func (s *ruleScript) windows(a args) string {
	e := s.rules.Eligibility(s.c, s.now, s.asked)
	zone := a.zone()
	var b strings.Builder
	for _, w := range e.DefaultWindows(zone, a.instant("from")) {
		fmt.Fprintf(&b, "%s to %s\n", slots.AppendInstant(nil, w.Start, zone), slots.AppendInstant(nil, w.End, zone))
	}
	if b.Len() == 0 {
		return "none\n"
	}
	return b.String()
}

func (s *ruleScript) result(a args) string {
	e := s.rules.Eligibility(s.c, s.now, s.asked)
	by, rule := e.ResultDue(a.instant("ended"))
	if rule == "" {
		return "no result is owed\n"
	}
	return fmt.Sprintf("due by %s (%s)\n", by, rule)
}

func (s *ruleScript) missed(a args) string {
	e := s.rules.Eligibility(s.c, s.now, s.asked)
	if e.Attempts == nil {
		return "no rule\n"
	}
	until := e.Attempts.CallBackUntil(a.instant("at"))
	if until == 0 {
		return "no time to call back\n"
	}
	return fmt.Sprintf("call back until %s\n", until)
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

// dropRows takes rows out of a section.
func dropRows(tb testing.TB, from *section, ids []string) {
	tb.Helper()
	from.Rows = slices.DeleteFunc(from.Rows, func(raw jsontext.Value) bool {
		var row struct {
			ID string `json:"id"`
		}
		if err := json.Unmarshal(raw, &row); err != nil {
			tb.Fatal(err)
		}
		return slices.Contains(ids, row.ID)
	})
}
