package enginetest

import (
	"strings"
	"sync/atomic"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// Tenant owns everything that the fixtures make.
const Tenant = "acme"

// Monday is 9:00 in Chicago on Monday, 2026-11-23.
const Monday = slots.Instant(1795446000)

// Clock is a clock that moves only when told. Safe for concurrent use.
type Clock struct{ now atomic.Int64 }

// NewClock returns a clock that shows an instant.
func NewClock(start slots.Instant) *Clock {
	c := new(Clock)
	c.Set(start)
	return c
}

// Now implements engine.Clock.
func (c *Clock) Now() slots.Instant { return slots.Instant(c.now.Load()) }

// Set moves the clock, back as well.
func (c *Clock) Set(t slots.Instant) { c.now.Store(int64(t)) }

// Advance moves the clock on.
func (c *Clock) Advance(by slots.Instant) { c.now.Add(int64(by)) }

// Actor is a principal of Tenant.
func Actor(principal string) engine.Actor {
	return engine.Actor{Tenant: Tenant, Principal: principal, Role: "provider", Source: "test"}
}

// Reviewer returns an active spine surgeon who is licensed in Texas and works
// on weekdays from 8:00 to 17:00 in Chicago.
func Reviewer(id string) engine.Reviewer {
	zone, err := slots.LoadZone("America/Chicago")
	if err != nil {
		panic(err)
	}
	from, to := date(2015, 1, 1), date(2039, 12, 31)
	return engine.Reviewer{Reviewer: matcher.Reviewer{
		ID: id, Credential: "MD", NPI: "1234567893", Specialties: []string{"207XS0117X"},
		Licenses:    []matcher.License{{State: "TX", Type: "full", Status: "active", From: from, To: to}},
		Programs:    []string{"msk-spine-surgery"},
		Populations: []string{"adult"},
		Zone:        zone,
		Hours: slots.Availability{Weekly: []slots.WeeklyHours{{
			Days: 1<<5 - 1, Span: slots.ClockSpan{Start: 8 * 60, End: 17 * 60},
		}}},
		Active: true,
	}}
}

// Case returns a denied Texas spine case of a plan under the default policy,
// with a spine surgeon as the requesting provider.
func Case(id string) engine.Case {
	return engine.Case{Case: matcher.Case{
		ID: id, HealthPlan: "acme-health", LineOfBusiness: "commercial", SitusState: "TX", MemberState: "TX",
		Population: "adult", Program: "msk-spine-surgery", LevelOfReview: "reconsideration", Phase: "pre_service",
		Determination: matcher.Determination{
			Status: "denied", Reason: "medical_necessity", LetterDate: date(2026, 11, 20), LetterReceived: true,
		},
		Requesting: matcher.Provider{
			Present: true, NPI: "1234567893", Credential: "MD", Specialty: "207XS0117X", TimeZone: "America/Chicago",
		},
		ServiceCodes: []string{"22551"}, ServiceSpecialty: "207XS0117X",
	}}
}

func date(year, month, day int) slots.Date {
	d, err := slots.DateOf(year, month, day)
	if err != nil {
		panic(err)
	}
	return d
}

// EditedRules returns the shipped rules with further payer rows, given as JSON
// objects one after the other.
func EditedRules(tb testing.TB, payerRows string) []byte {
	tb.Helper()
	bundle, err := matcher.EmbeddedRules()
	if err != nil {
		tb.Fatal(err)
	}
	var sections map[string]jsontext.Value
	if err := json.Unmarshal(bundle, &sections); err != nil {
		tb.Fatal(err)
	}
	var payers struct {
		Version int              `json:"version"`
		Rows    []jsontext.Value `json:"rows"`
	}
	if err := json.Unmarshal(sections["payers"], &payers); err != nil {
		tb.Fatal(err)
	}
	rows := jsontext.NewDecoder(strings.NewReader(payerRows))
	for rows.PeekKind() == '{' {
		row, err := rows.ReadValue()
		if err != nil {
			tb.Fatal(err)
		}
		payers.Rows = append(payers.Rows, row.Clone())
	}
	if sections["payers"], err = json.Marshal(payers); err != nil {
		tb.Fatal(err)
	}
	edited, err := json.Marshal(sections, json.Deterministic(true))
	if err != nil {
		tb.Fatal(err)
	}
	canonical := jsontext.Value(edited)
	if err := canonical.Canonicalize(); err != nil {
		tb.Fatal(err)
	}
	return canonical
}
