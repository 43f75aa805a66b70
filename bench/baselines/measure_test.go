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

func TestSpread(t *testing.T) {
	t.Parallel()
	f := func(values []float64, want spread) {
		t.Helper()
		if got := spreadOf(values); got != want {
			t.Errorf("spreadOf(%v) = %v, want %v", values, got, want)
		}
	}
	f([]float64{3}, spread{3, 3, 3})
	f([]float64{5, 1, 3}, spread{3, 1, 5})
	f([]float64{4, 1, 2, 9}, spread{3, 1, 9})
}

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

func TestVerdicts(t *testing.T) {
	t.Parallel()
	r := &run{log: t.Output()}
	r.report.Claims = true
	r.judge(7, "bookings", "parley", "other", 4, []float64{3, 5, 6})
	r.judge(6, "bookings", "parley", "raw", 0.6, []float64{0.5})
	r.judge(0, "holds", "parley", "other", 0, []float64{2})
	r.skip("Redis", "it is not installed")
	page := r.report.markdown()
	for _, want := range []string{
		"| 7 | bookings: parley ÷ other | 5.00 | 3.00–6.00 | ≥ 4.00 | met |",
		"| 6 | bookings: parley ÷ raw | 0.50 | 0.50–0.50 | ≥ 0.60 | not met |",
		"| – | holds: parley ÷ other | 2.00 | 2.00–2.00 | – |  |",
		"- Redis: it is not installed",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("no line %q in\n%s", want, page)
		}
	}
}

func TestFewRoundsClaimNothing(t *testing.T) {
	t.Parallel()
	r := &run{log: t.Output()}
	r.judge(7, "bookings", "parley", "other", 4, []float64{9})
	if page := r.report.markdown(); r.report.Verdicts[0].Met || !strings.Contains(page, "| not claimed |") {
		t.Errorf("a target is claimed as met from too few rounds:\n%s", page)
	}
}

func TestUnitText(t *testing.T) {
	t.Parallel()
	f := func(u unit, v float64, want string) {
		t.Helper()
		if got := u.text(v); got != want {
			t.Errorf("text(%v) = %q, want %q", v, got, want)
		}
	}
	f(perOperation, 12, "12 ns")
	f(perOperation, 1_500, "1.50 µs")
	f(perOperation, 3_700_000, "3.70 ms")
	f(perSecond, 12_345.6, "12346/s")
}
