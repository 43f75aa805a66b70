package engine_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/engine/enginetest"
	"github.com/parleyhq/parley/matcher"
)

// stricter is a payer row for the plan of enginetest.Case: other reviewers, a longer call.
const stricter = `{"id": "acme-strict", "title": "Strict", "source": "test", "verified": true, "enabled": true, "healthPlan": "acme-health",
	"levels": ["reconsideration"], "modes": ["slot"], "requires": {"credential": {"in": ["DO"]}},
	"call": {"callMinutes": 30, "gridMinutes": 15, "leadMinutes": 0, "horizonHours": 1440, "holdMinutes": 5},
	"clauses": [{"id": "call", "effect": "eligible", "code": "call_available", "message": "A call.", "display": true, "when": {}}]}`

func compiled(t *testing.T, bundle []byte) *matcher.Ruleset {
	t.Helper()
	rs, err := matcher.CompileRules(bundle)
	if err != nil {
		t.Fatal(err)
	}
	return rs
}

// TestCompareRules: what is touched is named, with what changes; what is not, is not.
func TestCompareRules(t *testing.T) {
	t.Parallel()
	e := openEngine(t, engine.Options{Log: engine.NewMemLog()})
	furnish(t, e, 2, 3)
	elsewhere := enginetest.Case("case-x")
	elsewhere.HealthPlan = "hne"
	mustOK(t, e, commandOf("payer", engine.PutCase{Case: elsewhere}))
	mustOK(t, e, commandOf("a", booking("apt-a", "case-0", "rev-0", 0)))
	mustOK(t, e, commandOf("a", booking("apt-x", "case-x", "rev-1", 0)))
	mustOK(t, e, commandOf("a", booking("apt-c", "case-1", "rev-1", 4)))
	mustOK(t, e, commandOf("a", engine.Cancel{ID: "apt-c", By: "payer"}))
	s := e.Snapshot()
	other := compiled(t, enginetest.EditedRules(t, stricter))
	var seen uint64
	got, err := s.CompareRules(t.Context(), s.Rules(), other, e.Now(), engine.CompareOptions{
		Tenant: enginetest.Actor("a").Tenant, Limit: 3, Progress: func(done, total uint64) { seen = total - done },
	})
	if err != nil || seen != 0 {
		t.Fatal(err, seen)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d of %d cases, %d of %d calls\n", got.CasesTouched, got.Cases, got.CallsTouched, got.Calls)
	for _, x := range got.Touched {
		fmt.Fprintf(&b, "%s %s\n", x.Kind, x.ID)
		for _, c := range x.Changes {
			fmt.Fprintf(&b, "  %s: %s -> %s\n", c.Aspect, c.Before, c.After)
		}
	}
	const change = `  reasons: reconsideration_open -> call_available
  otherOptions: appeal -> 
  callMinutes: 15 min -> 30 min
`
	want := "3 of 4 cases, 1 of 2 calls\ncase case-0\n" + change + "case case-1\n" + change + "case case-2\n" + change
	if b.String() != want {
		t.Errorf("got\n%swant\n%s", b.String(), want)
	}
	got, err = s.CompareRules(t.Context(), s.Rules(), other, e.Now(), engine.CompareOptions{Limit: 10})
	if err != nil || len(got.Touched) != 4 {
		t.Fatalf("%v, %+v", err, got)
	}
	if call := got.Touched[3]; call.Kind != "call" || call.ID != "apt-a" || len(call.Changes) != 2 ||
		call.Changes[0] != (engine.AspectChange{Aspect: "verdict", Before: "bookable", After: "not qualified: credential"}) {
		t.Errorf("call: %+v", call)
	}
	if got, err := s.CompareRules(t.Context(), s.Rules(), s.Rules(), e.Now(), engine.CompareOptions{Limit: 10}); err != nil || len(got.Touched) != 0 {
		t.Errorf("the same rules: %+v, %v", got, err)
	}
	if got, err := s.CompareRules(t.Context(), s.Rules(), other, e.Now(), engine.CompareOptions{Tenant: "another", Limit: 10}); err != nil || got.Cases+got.Calls+len(got.Touched) != 0 {
		t.Errorf("another tenant's: %+v, %v", got, err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.CompareRules(gone, s.Rules(), other, e.Now(), engine.CompareOptions{Limit: 10}); !errors.Is(err, context.Canceled) {
		t.Errorf("nobody waits any more: %v", err)
	}
}

// TestCompareLaws: what a law no longer asks of a call that was held, or no longer
// lets it come to, is named like everything else.
func TestCompareLaws(t *testing.T) {
	t.Parallel()
	e := openEngine(t, engine.Options{Log: engine.NewMemLog()})
	for _, state := range []string{"LA", "TX", "MA"} {
		c := enginetest.Case("case-" + state)
		c.SitusState, c.MemberState = state, state
		mustOK(t, e, commandOf("payer", engine.PutCase{Case: c}))
	}
	s := e.Snapshot()
	bundle, err := matcher.EmbeddedRules()
	if err != nil {
		t.Fatal(err)
	}
	fewer := regexp.MustCompile(`"(partialCertification|resultClock)":\s*(true|\{[^}]*\}),`).ReplaceAll(bundle, nil)
	got, err := s.CompareRules(t.Context(), s.Rules(), compiled(t, fewer), e.Now(), engine.CompareOptions{Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, x := range got.Touched {
		fmt.Fprintln(&b, x.Kind, x.ID, x.Changes)
	}
	const want = "case case-LA [{results 2 business_days }]\ncase case-TX [{partialCertification true false}]\n"
	if b.String() != want {
		t.Errorf("got\n%swant\n%s", b.String(), want)
	}
}

// TestRead gives the state that an engine has, and writes nothing.
func TestRead(t *testing.T) {
	t.Parallel()
	log, live := filledLog(t, 200, engine.Options{})
	last, chain := log.Last()
	s, err := engine.Read(t.Context(), log, nil)
	if err != nil {
		t.Fatal(err)
	}
	if s.Hash() != live.Hash() || s.Seq() != live.Seq() || s.Rules().Version() != live.Rules().Version() {
		t.Errorf("read %x at %d, want %x at %d", s.Hash(), s.Seq(), live.Hash(), live.Seq())
	}
	if rs := compiled(t, s.RulesBundle()); rs.Version() != s.Rules().Version() {
		t.Errorf("bundle of %s, rules %s", rs.Version(), s.Rules().Version())
	}
	if after, end := log.Last(); after != last || end != chain {
		t.Error("reading has written")
	}
}
