package server

import (
	"slices"
	"testing"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/matcher"
)

// What becomes of a booked call shows: nothing on record an hour after its time, a try, somebody who was not there.
func TestMetricsOfCalls(t *testing.T) {
	t.Parallel()
	w, target := newCall(t)
	f := func(series string, want float64) {
		t.Helper()
		if got, ok := w.values()[series]; !ok || got != want {
			t.Errorf("%s is %v %v, want %v", series, got, ok, want)
		}
	}
	f("parley_calls_unreported", 0)
	f("parley_attempts_total missed=no result=voicemail", 0)
	f("parley_no_shows_total by=reviewer", 0)
	w.clock.set(t, "2020-05-18T19:30:01-04:00")
	f("parley_calls_unreported", 1)
	body := tried("/result", "voicemail", "/spokeWith", nil)
	for range 2 { // the second is the first again
		w.do("POST", target+"/attempts", body, "Idempotency-Key", "k").is(201, "")
	}
	f("parley_attempts_total missed=no result=voicemail", 1)
	f("parley_calls_unreported", 0)
	for range 2 {
		w.do("POST", target+"/no-show", `{"by":"reviewer"}`, "Idempotency-Key", "n").is(200, "")
	}
	f("parley_no_shows_total by=reviewer", 1)
	f("parley_no_shows_total by=provider", 0)
	f("parley_problems_total code=not_in_progress", 0)
	w.post(target+"/no-show", `{"by":"provider"}`).is(409, "not_in_progress")
	f("parley_problems_total code=not_in_progress", 1)
	f("parley_no_shows_total by=provider", 0)
}

// A callback request that nobody can take shows, how old it is, and when its windows are over.
func TestMetricsOfCallbacks(t *testing.T) {
	t.Parallel()
	w := newCallbacks(t)
	w.post("/v1/callback-requests", deckCallback.String()).is(201, "")
	w.do("DELETE", "/v1/reviewers/rev-1", "").is(204, "")
	if got := w.values(); got["parley_callbacks_stranded"] != 1 || got["parley_callbacks_open"] != 0 || got["parley_callbacks_oldest_seconds"] != 0 {
		t.Errorf("stranded: %v", got)
	}
	w = newWorld(t, texasNow)
	w.seed(evolentCase)
	w.post("/v1/callback-requests", deckCallback.String()).is(201, "")
	made := w.values()
	if made["parley_callbacks_open"] != 1 || made["parley_callbacks_past"] != 0 {
		t.Errorf("open: %v", made)
	}
	w.clock.set(t, "2026-11-04T08:00:00-08:00")
	past := w.values()
	if past["parley_callbacks_open"] != 1 || past["parley_callbacks_past"] != 1 || past["parley_callbacks_oldest_seconds"] < 86400 {
		t.Errorf("past: %v", past)
	}
}

// What a search found at best, and how far ahead, is counted without a look-up.
func TestMetricsOfSearches(t *testing.T) {
	t.Parallel()
	w := newWorld(t, deckNow)
	m := w.server.metrics
	m.found(kindEarliest, 1, &finding{offers: tierCounts{matcher.TierSkilled: 3, matcher.TierBothWaived: 1}, wait: 7200}, "dme", "TX")
	m.found(kindEarliest, 1, &finding{offers: tierCounts{matcher.TierLicenseWaived: 2}, wait: -5}, "dme", "TX")
	m.found(kindWeek, 1, &finding{wait: 1 << 62}, "dme", "TX")
	got := w.values()
	for series, want := range map[string]float64{
		"parley_searches_total kind=earliest match=lawful": 1,
		"parley_searches_total kind=earliest match=waiver": 1,
		"parley_searches_total kind=earliest match=none":   0,
		"parley_searches_total kind=week match=none":       1,
		"parley_first_offer_wait_seconds kind=earliest":    2,
		"parley_first_offer_wait_seconds kind=week":        0,
		"parley_empty_searches_total program=dme state=TX": 1,
		"parley_queue_limit":                               engine.DefaultQueueLimit,
	} {
		if got[series] != want {
			t.Errorf("%s is %v, want %v", series, got[series], want)
		}
	}
}

// Every tier is either lawful or needs a waiver, and the matcher agrees on which.
func TestLawfulTiers(t *testing.T) {
	t.Parallel()
	var lawful []string
	for tier := matcher.TierFull; tier <= matcher.TierSkilled; tier++ {
		lawful = append(lawful, tier.String())
	}
	if !slices.Equal(lawful, []string{"full", "similar", "skilled"}) {
		t.Errorf("lawful tiers: %v", lawful)
	}
}
