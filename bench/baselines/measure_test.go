package main

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestQuotientIsTakenRoundByRound(t *testing.T) {
	t.Parallel()
	over := []sample{{ops: 100, elapsed: time.Second}, {ops: 10, elapsed: time.Second}}
	under := []sample{{ops: 50, elapsed: time.Second}, {ops: 5, elapsed: time.Second}}
	if got := quotient(over, under, rateOf); !slices.Equal(got, []float64{2, 2}) {
		t.Errorf("quotient = %v, want 2 in both rounds", got)
	}
}

func TestBestOf(t *testing.T) {
	t.Parallel()
	all := map[string][]sample{
		"slow": {{ops: 1, elapsed: time.Second}}, "fast": {{ops: 9, elapsed: time.Second}}, "other": {{ops: 99, elapsed: time.Second}},
	}
	if got := bestOf(all, []string{"slow", "fast"}, rateOf); got != "fast" {
		t.Errorf("bestOf = %q", got)
	}
}

func TestInterleave(t *testing.T) {
	t.Parallel()
	var order []string
	f := func(name string) contender {
		return contender{name, func(context.Context, time.Duration) (sample, error) {
			order = append(order, name)
			return sample{ops: len(order), elapsed: time.Second}, nil
		}}
	}
	all, err := interleave(t.Context(), t.Output(), pace{rounds: 2, round: time.Second}, []contender{f("a"), f("b")})
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(order, ""); got != "abbaab" {
		t.Errorf("order %q, want abbaab: each round begins with the next", got)
	}
	if len(all["a"]) != 2 || len(all["b"]) != 2 || all["a"][0].ops != 4 {
		t.Errorf("samples %v: the warm-up must not count", all)
	}
}

func TestInterleaveFails(t *testing.T) {
	t.Parallel()
	f := func(name string, s sample, err error) {
		t.Helper()
		list := []contender{{"x", func(context.Context, time.Duration) (sample, error) { return s, err }}}
		if _, err := interleave(t.Context(), t.Output(), pace{rounds: 1, round: time.Second}, list); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	f("an error", sample{ops: 1, elapsed: 1}, errors.New("broken"))
	f("nothing done", sample{elapsed: 1}, nil)
}

func TestClosedLoop(t *testing.T) {
	t.Parallel()
	var left atomic.Int64
	left.Store(100)
	s, err := closedLoop(t.Context(), 4, time.Minute, func(int, int) error {
		if left.Add(-1) < 0 {
			return errTurnOver
		}
		return nil
	})
	if err != nil || s.ops != 100 || s.median <= 0 {
		t.Errorf("closedLoop = %+v, %v; want 100 operations", s, err)
	}
	broken := errors.New("broken")
	if _, err := closedLoop(t.Context(), 4, time.Minute, func(client, _ int) error {
		if client == 2 {
			return broken
		}
		return nil
	}); !errors.Is(err, broken) {
		t.Errorf("closedLoop = %v, want the client's error", err)
	}
}

func TestTicketRoll(t *testing.T) {
	t.Parallel()
	var r ticketRoll
	if _, ok := r.take(); ok {
		t.Error("a ticket before the first turn")
	}
	for range 2 {
		r.turn(3)
		for range 3 {
			if _, ok := r.take(); !ok {
				t.Error("a turn of three ended early")
			}
		}
		if n, ok := r.take(); ok {
			t.Errorf("ticket %d after the turn", n)
		}
	}
	if n := r.next.Load(); n != 6 {
		t.Errorf("%d tickets in two turns of three", n)
	}
}

func TestReadWrk(t *testing.T) {
	t.Parallel()
	const good = "Running 2s test @ http://127.0.0.1:1/x\n  2 threads and 64 connections\n  181563 requests in 2.10s, 1.2GB read\nRequests/sec:  86458.6\n"
	s, err := readWrk(good)
	if err != nil || s.ops != 181563 || s.elapsed != 2100*time.Millisecond {
		t.Errorf("readWrk = %+v, %v", s, err)
	}
	for _, bad := range []string{
		"", good + "  Non-2xx or 3xx responses: 12\n", good + "  Socket errors: connect 0, read 1, write 0, timeout 0\n",
	} {
		if _, err := readWrk(bad); err == nil {
			t.Errorf("readWrk accepts %q", bad)
		}
	}
}

func TestReadPgbench(t *testing.T) {
	t.Parallel()
	const good = "number of transactions actually processed: 22000\nnumber of failed transactions: 0 (0.000%)\ntps = 11000.5 (without initial connection time)\n"
	s, err := readPgbench(good)
	if err != nil || s.ops != 22000 || s.rate() < 11000 || s.rate() > 11001 {
		t.Errorf("readPgbench = %+v, %v", s, err)
	}
	for _, bad := range []string{"", strings.Replace(good, "transactions: 0", "transactions: 3", 1), strings.Replace(good, "11000.5", "0.0", 1)} {
		if _, err := readPgbench(bad); err == nil {
			t.Errorf("readPgbench accepts %q", bad)
		}
	}
}

// TestVerdicts: what a run claims of a target, and what stands beside it.
func TestVerdicts(t *testing.T) {
	t.Parallel()
	r := &run{log: t.Output()}
	r.pace.rounds = minRounds
	r.judge(overPostgres, "bookings", "parley", "other", []float64{3, 5, 6})
	r.judge(overPebble, "bookings", "parley", "raw", []float64{0.5})
	r.judge(weekRate.beside("_given"), "weeks", "parley", "other", []float64{7})
	r.judge(target{name: "holds"}, "holds", "parley", "other", []float64{2})
	r.skip("Redis", "it is not installed")
	r.pace.rounds--
	r.judge(overPostgres, "bookings", "parley", "other", []float64{9})
	f := func(i, goal int, name, verdict string) {
		t.Helper()
		if got := &r.report.Figures[i]; got.Goal != goal || got.Name != name || got.Verdict() != verdict || !got.HigherIsBetter {
			t.Errorf("figure %d: %+v, %s", i, got, got.Verdict())
		}
	}
	f(0, 7, "bookings_over_postgres", "met")
	f(1, 6, "bookings_over_pebble", "not met")
	f(2, 8, "week_rate_over_postgres_given", "")
	f(3, 0, "holds", "")
	f(4, 7, "bookings_over_postgres", "not claimed")
	if notes := r.report.Notes; len(notes) != 1 || !strings.Contains(notes[0], "Redis: it is not installed") {
		t.Errorf("notes %q", notes)
	}
	if got := figureName("Week search, 16 clients (wrk)"); got != "week_search_16_clients_wrk" {
		t.Errorf("name %q", got)
	}
}
