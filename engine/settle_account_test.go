package engine_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/engine/enginetest"
)

// TestAccountsAreBounded: new rules change why many requests cannot be assigned. A request that is new has its
// account at once; of the others each entry gives MaxAccounts one, and all have theirs before long. Judged
// again all come out the same.
func TestAccountsAreBounded(t *testing.T) {
	t.Parallel()
	const requests = 3*engine.MaxAccounts + 1
	const first, second = "both", "other"
	row := strings.Replace(fmt.Sprintf(settleRows, 15, 0), `["MD","DO"]`, `["DO"]`, 1)
	other := strings.Replace(row, `"id":"both"`, `"id":"other"`, 1)
	log, clock := engine.NewMemLog(), enginetest.NewClock(enginetest.Monday)
	e := openEngine(t, engine.Options{Log: log, Clock: clock, Rules: enginetest.EditedRules(t, row)})
	submit := func(p engine.Payload) {
		t.Helper()
		mustOK(t, e, commandOf("alice", p))
	}
	submit(engine.PutReviewer{Reviewer: enginetest.Reviewer("rev")})
	told := func() map[string]int {
		n := map[string]int{}
		for i := range requests {
			r, ok := e.Snapshot().Callback(enginetest.Tenant, fmt.Sprint("cb-", i))
			if ok && r.Status != engine.CallbackUnassignable {
				t.Fatalf("%s is %s", r.ID, r.Status)
			} else if ok {
				n[strings.Split(r.ReasonRule, "/")[0]]++
			}
		}
		return n
	}
	create := func(i int) {
		t.Helper()
		wideRequest(i, clock.Now(), submit)
	}
	for i := range requests - 1 {
		create(i)
		if n := told(); len(n) != 1 || n[first] != i+1 {
			t.Fatalf("%d requests: %v", i+1, n)
		}
	}
	submit(engine.LoadRules{Bundle: enginetest.EditedRules(t, other)})
	before := told()[second]
	if before != engine.MaxAccounts {
		t.Fatalf("one entry gave %d accounts: %v", before, told())
	}
	create(requests - 1)
	if r, _ := e.Snapshot().Callback(enginetest.Tenant, fmt.Sprint("cb-", requests-1)); !strings.HasPrefix(r.ReasonRule, second) {
		t.Fatalf("a new request has to wait for its account: %q", r.ReasonRule)
	}
	for i := 0; told()[second] < requests; i++ {
		if i > 4*requests {
			t.Fatalf("some have no account after %d entries: %v", i, told())
		}
		before = told()[second]
		submit(engine.PutReviewer{Reviewer: enginetest.Reviewer(fmt.Sprint("other-", i))})
		if now := told()[second]; now > before+engine.MaxAccounts {
			t.Fatalf("one entry gave %d accounts", now-before)
		}
	}
	live := e.Snapshot()
	report, err := engine.Replay(t.Context(), log.Reopen(), engine.Identity{}, engine.ReplayOptions{Rejudge: true})
	if err != nil || report.State != live.Hash() || report.Different != 0 || report.Rejudged == 0 {
		t.Fatalf("replayed: %v, %d of %d entries differ: %+v", err, report.Different, report.Rejudged, report.Differences)
	}
}
