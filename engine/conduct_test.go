package engine_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/engine/enginetest"
	"github.com/parleyhq/parley/slots"
)

// office is a command of a principal that sees the cases of its NPIs alone.
func office(principal string, p engine.Payload) engine.Command {
	c := commandOf(principal, p)
	c.Scope = &engine.Scope{Principal: principal, NPIs: []string{"1234567893"}}
	return c
}

func holding(id, caseID, reviewerID string, at slots.Instant) engine.HoldSlot {
	return engine.HoldSlot{ID: id, CaseIDs: []string{caseID}, ReviewerID: reviewerID, Start: at, TimeZone: "UTC"}
}

// TestCoolDown walks the wait after holds that led to nothing, to its very second.
func TestCoolDown(t *testing.T) {
	t.Parallel()
	clock := enginetest.NewClock(enginetest.Monday)
	log := engine.NewMemLog()
	e := openEngine(t, engine.Options{Log: log, Clock: clock})
	furnish(t, e, 1, 60)
	next := 0
	hold := func(who func(string, engine.Payload) engine.Command) engine.Outcome {
		t.Helper()
		o, err := e.Submit(t.Context(), who("alice", holding(fmt.Sprint("h-", next), fmt.Sprint("case-", next%60), "rev-0", quarter(next%20)+24*slots.Hour)))
		if err != nil {
			t.Fatal(err)
		}
		if o.Status == engine.StatusOK {
			next++
		}
		return o
	}
	for range engine.FreeHolds {
		if o := hold(office); o.Status != engine.StatusOK {
			t.Fatalf("hold %d: %s", next, o.Status)
		}
	}
	growingWaits(t, clock, func() engine.Outcome { return hold(office) })
	// One who sees the whole tenant is not watched; nor is booking.
	if o := hold(commandOf); o.Status != engine.StatusOK {
		t.Fatal(o.Status)
	}
	if o := hold(office); o.Status != engine.StatusHoldCoolDown {
		t.Fatal(o.Status)
	}
	mustOK(t, e, office("alice", booking("apt-1", "case-40", "rev-0", 25)))
	// The booking of a held slot pays back. 14 were unconfirmed, one is forgotten each ten minutes.
	held := e.Snapshot()
	h, ok := held.Hold(enginetest.Tenant, fmt.Sprint("h-", next-2)) // the last of the office's own
	if !ok || !h.ActiveAt(clock.Now()) {
		t.Fatal("the last hold is gone")
	}
	b := booking("apt-2", h.CaseIDs[0], "rev-0", 0)
	b.Start, b.HoldID = h.Span.Start, h.ID
	mustOK(t, e, office("alice", b))
	if o := hold(office); o.Status != engine.StatusHoldCoolDown {
		t.Fatal(o.Status) // 14 - 4 = 10 are as many as are free: the next has to wait for a minute
	}
	clock.Advance(60)
	if o := hold(office); o.Status != engine.StatusOK {
		t.Fatal(o.Status)
	}
	// After a restart from the log the same is remembered.
	hash := e.Snapshot().Hash()
	again := openEngine(t, engine.Options{Log: log.Reopen(), Clock: clock})
	if again.Snapshot().Hash() != hash {
		t.Fatal("a replay gives another state")
	}
	e = again
	if o := hold(office); o.Status != engine.StatusHoldCoolDown {
		t.Fatal(o.Status)
	}
	if err := e.Snapshot().Check(); err != nil {
		t.Fatal(err)
	}
	clock.Advance(engine.ForgiveEvery * 20)
	for range engine.FreeHolds {
		if o := hold(office); o.Status != engine.StatusOK {
			t.Fatalf("all is forgotten: %s", o.Status)
		}
	}
}

// growingWaits holds once too often again and again, a second early and in time.
func growingWaits(t *testing.T, clock *enginetest.Clock, hold func() engine.Outcome) {
	t.Helper()
	for _, wait := range []slots.Instant{60, 120, 240, 480} {
		last := clock.Now()
		o := hold()
		if o.Status != engine.StatusHoldCoolDown || o.Detail != "holds_unconfirmed" || o.RetryAt != last+wait {
			t.Fatalf("%s %s until %d, want a wait of %d s", o.Status, o.Detail, o.RetryAt-last, wait)
		}
		clock.Set(last + wait - 1)
		if o := hold(); o.Status != engine.StatusHoldCoolDown {
			t.Fatalf("a second early: %s", o.Status)
		}
		clock.Set(last + wait)
		if o := hold(); o.Status != engine.StatusOK {
			t.Fatalf("in time: %s %s", o.Status, o.Detail)
		}
	}
}

// TestHoldQuotas: each names itself and says when there may be room again.
func TestHoldQuotas(t *testing.T) {
	t.Parallel()
	clock := enginetest.NewClock(enginetest.Monday)
	e := openEngine(t, engine.Options{Log: engine.NewMemLog(), Clock: clock, HoldsPerPrincipal: 5, HoldsPerOffice: 3, HoldsPerReviewer: 6, HoldsPerTenant: 8})
	furnish(t, e, 2, 30)
	n := 0
	hold := func(c func(string, engine.Payload) engine.Command, who, reviewer string) engine.Outcome {
		t.Helper()
		n++
		o, err := e.Submit(t.Context(), c(who, holding(fmt.Sprint("h-", n), fmt.Sprint("case-", n), reviewer, quarter(n))))
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	takes := func(want int, rule string, c func(string, engine.Payload) engine.Command, who, reviewer string) {
		t.Helper()
		for i := range want {
			if o := hold(c, who, reviewer); o.Status != engine.StatusOK {
				t.Fatalf("hold %d of %s: %s %s", i, who, o.Status, o.Detail)
			}
		}
		o := hold(c, who, reviewer)
		if o.Status != engine.StatusTooManyHolds || o.Detail != rule || o.RetryAt != enginetest.Monday+300 {
			t.Fatalf("%s: %s %s, again at %d, want %s", who, o.Status, o.Detail, o.RetryAt-enginetest.Monday, rule)
		}
	}
	takes(3, "holds_per_principal", office, "office", "rev-0")
	takes(3, "holds_per_reviewer", commandOf, "desk", "rev-0")
	takes(2, "holds_per_principal", commandOf, "desk", "rev-1")
	takes(0, "holds_per_tenant", office, "other", "rev-1")
	// A hold that takes the place of an own one needs no room.
	mustOK(t, e, office("office", holding("h-again", "case-1", "rev-0", quarter(27))))
	// What has ended makes room, dropped or not.
	clock.Advance(300)
	takes2 := hold(office, "office", "rev-0")
	if takes2.Status != engine.StatusOK {
		t.Fatalf("%s %s", takes2.Status, takes2.Detail)
	}
	if err := e.Snapshot().Check(); err != nil {
		t.Fatal(err)
	}
}

// TestHoarder lets somebody who only ever holds do so for a day beside offices that book. He gets two slots of a hundred at most, counted by
// the time for which he has them, and nobody else is kept from booking.
func TestHoarder(t *testing.T) {
	t.Parallel()
	share, honest := hoard(t, office)
	if share > 0.02 {
		t.Errorf("the hoarder has %.1f %% of the slots", 100*share)
	}
	if honest < 0.97 {
		t.Errorf("%.1f %% of the bookings of others succeed", 100*honest)
	}
	// Were he not watched, he would get more: the bound is the rule's doing.
	if share, _ := hoard(t, commandOf); share < 0.04 {
		t.Errorf("without the rule he has %.1f %% of the slots: the simulation shows nothing", 100*share)
	}
}

// hoard simulates a day in steps of a minute: as is how the hoarder comes. It returns his share of the time of all slots of the week, and the
// share of the others' tries that became bookings.
func hoard(t *testing.T, as func(string, engine.Payload) engine.Command) (share, honest float64) {
	t.Helper()
	const reviewers, minutes, offices = 4, 8 * 60, 5
	rnd := rand.New(rand.NewPCG(7, 7))
	clock := enginetest.NewClock(enginetest.Monday)
	e := openEngine(t, engine.Options{Log: engine.NewMemLog(), Clock: clock})
	furnish(t, e, reviewers, 1000)
	// The slots of Tuesday to Friday, 8:00 to 17:00 in Chicago.
	var starts []slots.Instant
	for day := slots.Instant(1); day <= 4; day++ {
		for q := slots.Instant(0); q < 36; q++ {
			starts = append(starts, enginetest.Monday+day*24*slots.Hour-slots.Hour+q*15*slots.Minute)
		}
	}
	next, hoarded, tried, booked := 0, 0, 0, 0
	var mine []string
	try := func(who func(string, engine.Payload) engine.Command, principal string) (engine.HoldSlot, engine.Status) {
		next++
		p := holding(fmt.Sprint("h-", next), fmt.Sprint("case-", next%1000), fmt.Sprint("rev-", rnd.IntN(reviewers)), starts[rnd.IntN(len(starts))])
		o, err := e.Submit(t.Context(), who(principal, p))
		if err != nil {
			t.Fatal(err)
		}
		return p, o.Status
	}
	for range minutes {
		for range 10 { // as often as he likes
			if p, s := try(as, "hoarder"); s == engine.StatusOK {
				mine = append(mine, p.ID)
			}
		}
		if rnd.IntN(10) == 0 {
			name := fmt.Sprint("office-", rnd.IntN(offices))
			for tries := 0; tries < 3; tries++ { // an office takes another slot if one is gone
				p, s := try(office, name)
				if s == engine.StatusSlotTaken || s == engine.StatusCaseAlreadyScheduled {
					continue
				}
				tried++
				b := booking("apt-"+p.ID, p.CaseIDs[0], p.ReviewerID, 0)
				b.Start, b.HoldID = p.Start, p.ID
				if s == engine.StatusOK && mustOK(t, e, office(name, b)).Status == engine.StatusOK {
					booked++
				}
				break
			}
		}
		clock.Advance(60)
		snap := e.Snapshot()
		mine = slices.DeleteFunc(mine, func(id string) bool {
			h, ok := snap.Hold(enginetest.Tenant, id)
			return !ok || !h.ActiveAt(clock.Now())
		})
		hoarded += len(mine)
	}
	if err := e.Snapshot().Check(); err != nil {
		t.Fatal(err)
	}
	return float64(hoarded) / float64(minutes*reviewers*len(starts)), float64(booked) / float64(tried)
}

// TestWatchedEntriesAreJudgedAgain: an entry with a conduct is what this build would write.
func TestWatchedEntriesAreJudgedAgain(t *testing.T) {
	t.Parallel()
	clock := enginetest.NewClock(enginetest.Monday)
	log := engine.NewMemLog()
	e := openEngine(t, engine.Options{Log: log, Clock: clock})
	furnish(t, e, 1, 5)
	for i := range 4 {
		mustOK(t, e, office("alice", holding(fmt.Sprint("h-", i), fmt.Sprint("case-", i), "rev-0", quarter(i))))
	}
	b := booking("apt", "case-2", "rev-0", 2)
	b.HoldID = "h-2"
	mustOK(t, e, office("alice", b))
	report, err := engine.Replay(t.Context(), log.Reopen(), engine.Identity{}, engine.ReplayOptions{Rejudge: true})
	if err != nil || report.Different != 0 || report.Rejudged == 0 {
		t.Fatalf("%v: %+v", err, report)
	}
}
