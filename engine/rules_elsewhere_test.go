package engine_test

import (
	"testing"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/engine/enginetest"
	"github.com/parleyhq/parley/matcher"
)

// TestOtherRulesElsewhere: what rules a build or its options bring along changes
// nothing of a store that has rules: its log replays to the same state, the rules
// in force are those that the log has loaded, and nothing is added to it.
func TestOtherRulesElsewhere(t *testing.T) {
	t.Parallel()
	shippedRules, err := matcher.EmbeddedRules()
	if err != nil {
		t.Fatal(err)
	}
	stricter := enginetest.EditedRules(t, `
{"id":"acme-health","title":"t","source":"s","verified":true,"enabled":true,"healthPlan":"acme-health","modes":["callback"],
 "minimumWindows":2,"call":{"callMinutes":30,"gridMinutes":30,"leadMinutes":60,"horizonHours":48,"holdMinutes":5},
 "requires":{"credential":{"in":["PharmD"]}},
 "clauses":[{"id":"call","effect":"eligible","code":"call_available","message":"m","display":false,"when":{}}]}`)
	for _, began := range []struct {
		name         string
		first, later []byte // the rules that the store begins with, and loads in its middle
		elsewhere    [][]byte
	}{
		{"shipped", nil, nil, [][]byte{stricter, nil}},
		{"edited", stricter, nil, [][]byte{shippedRules, nil}},
		{"changed under way", nil, stricter, [][]byte{shippedRules, stricter, nil}},
	} {
		t.Run(began.name, func(t *testing.T) {
			t.Parallel()
			log := engine.NewMemLog()
			e := openEngine(t, engine.Options{Log: log, Rules: began.first})
			furnish(t, e, 2, 3)
			mayBook := func(id string, i int) bool {
				o, err := e.Submit(t.Context(), commandOf("alice", booking(id, "case-"+id, "rev-0", i)))
				if err != nil {
					t.Fatal(err)
				}
				return o.Status == engine.StatusOK
			}
			if mayBook("0", 0) != (began.first == nil) {
				t.Fatal("booked against the rules in force")
			}
			if began.later != nil {
				mustOK(t, e, commandOf("payer", engine.LoadRules{Bundle: began.later}))
				if mayBook("1", 4) {
					t.Fatal("booked by the rules of before")
				}
			}
			live, rules := e.Snapshot(), e.Snapshot().Rules().Version()
			log = log.Reopen()
			_ = e.Close()
			for _, other := range began.elsewhere {
				e := openEngine(t, engine.Options{Log: log, Rules: other})
				s := e.Snapshot()
				if s.Hash() != live.Hash() || s.Seq() != live.Seq() || s.Rules().Version() != rules {
					t.Fatalf("seq %d, want %d; rules %s, want %s", s.Seq(), live.Seq(), s.Rules().Version(), rules)
				}
				log = log.Reopen()
				_ = e.Close()
				report, err := engine.Replay(t.Context(), log, engine.Identity{}, engine.ReplayOptions{Rejudge: true})
				if err != nil || report.State != live.Hash() || report.Different != 0 {
					t.Fatalf("%v %+v", err, report)
				}
			}
		})
	}
}
