package server

import (
	"fmt"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestGateControl drives the control with a made-up machine: what is asked and admitted makes the wait grow, what is done makes it
// shorter. No clock is looked at.
func TestGateControl(t *testing.T) {
	t.Parallel()
	const most = 0.1    // seconds of wait
	const refusal = 0.1 // what it costs to turn away, of what it costs to answer
	run := func(c *gateControl, wait, load float64, looks int) float64 {
		for range looks {
			p := c.look(wait, most, 1)
			wait = max(0, wait+gateEvery.Seconds()*(load*(1-shareOf(rankRead, p)*(1-refusal))-1))
		}
		return wait
	}
	for _, load := range []float64{1.5, 2, 3, 5} {
		var c gateControl
		wait := run(&c, 0, load, 500)
		if c.pressure == 0 || math.Abs(wait-most/2) > most/4 {
			t.Errorf("load %g: after 5 s the wait is %.3f s at a pressure of %.2f, want about %g", load, wait, c.pressure, most/2)
		}
		// What is admitted is what can be done, give or take a tenth.
		admitted := load * (1 - shareOf(rankRead, c.pressure))
		if done := 1 - refusal*load*shareOf(rankRead, c.pressure); math.Abs(admitted-done) > 0.1 {
			t.Errorf("load %g: %.2f of the capacity is admitted, %.2f can be done", load, admitted, done)
		}
		wait = run(&c, wait, 0.8, 300)
		if c.pressure != 0 || wait > 0 {
			t.Errorf("load %g: 3 s after it ended the pressure is %.2f, the wait %.3f s", load, c.pressure, wait)
		}
	}
	var calm gateControl
	if run(&calm, 0, 0.95, 1000); calm.pressure != 0 {
		t.Errorf("a load that can be done closes the gate: %.2f", calm.pressure)
	}
}

// TestGatePatience: one long wait is no overload.
func TestGatePatience(t *testing.T) {
	t.Parallel()
	var c gateControl
	closes := func(wait float64) (looks int) {
		c = gateControl{}
		for looks = 1; looks <= 100; looks++ {
			if c.look(wait, 0.1, 1) > 0 {
				return looks
			}
		}
		return 0
	}
	for _, row := range []struct {
		wait        float64
		least, most int
	}{{5, 2, gatePatience}, {0.2, 2, gatePatience}, {0.11, gatePatience, 40}, {0.1, 0, 0}} {
		if n := closes(row.wait); n < row.least || n > row.most {
			t.Errorf("a wait of %g s: the gate closes after %d looks, want %d to %d", row.wait, n, row.least, row.most)
		}
	}
	// A program that is stopped for a moment each tenth of a second is not overloaded.
	c = gateControl{}
	for i := range 1000 {
		wait := 0.001
		if i%10 == 0 {
			wait = 1
		}
		if c.look(wait, 0.1, 1) > 0 {
			t.Fatalf("look %d: %+v", i, c)
		}
	}
	// Nor does a look that finds nothing open the gate.
	c = gateControl{pressure: 0.5, wait: 0.1}
	if p := c.look(0, 0.1, 1); p < 0.25 {
		t.Errorf("one look without a wait: the pressure falls from 0.5 to %.2f", p)
	}
	c = gateControl{pressure: 0.5}
	for range 1000 {
		c.look(60, 0.1, 1)
	}
	if c.pressure != mostPressure {
		t.Fatalf("%g, want at most %d", c.pressure, mostPressure)
	}
}

// TestGateFollow: a look lasts until enough waits are known, and no longer than gateLongest, however many ticks were lost.
func TestGateFollow(t *testing.T) {
	t.Parallel()
	var g gate
	g.maxDelay, g.control.pressure = 0.1, 1 // so that each tick is looked at
	done, ticks := make(chan struct{}), make(chan time.Time)
	looks := 0
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		g.follow(done, ticks, func(_, _ float64) { looks++ }, func(uint64) {})
	}()
	now := time.Unix(1, 0)
	for range 3 {
		ticks <- now
		now = now.Add(gateLongest)
	}
	close(done)
	<-ended
	if looks != 3 {
		t.Errorf("%d looks in 3 ticks that are far apart", looks)
	}
}

// TestGateOrder: imports before reads and changes, and the first rank never.
func TestGateOrder(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ pressure, bulk, read, change, first float64 }{
		{0, 0, 0, 0, 0}, {0.1, 0.4, 0.1, 0.1, 0}, {0.25, 1, 0.25, 0.25, 0}, {0.5, 1, 0.5, 0.5, 0}, {1, 1, 1, 1, 0},
	} {
		for r, want := range [rankCount]float64{rankFirst: row.first, rankChange: row.change, rankRead: row.read, rankBulk: row.bulk} {
			var g gate
			g.set(row.pressure)
			admitted := 0
			for range 1000 {
				if g.admits(rank(r)) {
					admitted++
				}
			}
			if got := 1000 - admitted; math.Abs(float64(got)-1000*want) > 1 {
				t.Errorf("pressure %g: of 1,000 requests of rank %s %d are turned away, want %g", row.pressure, rankNames[r], got, 1000*want)
			}
		}
	}
}

// TestShed turns requests away by their first line, keeps the connection, and lets the first rank through.
func TestShed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2020-05-15T09:00:00-04:00")
	h := w.harness
	h.server.gate.set(mostPressure)
	book := `{"caseIds":["x"]`
	long := book + `,"x":"` + strings.Repeat("x", 2*eagerBodyBytes) + `"`
	for _, row := range []struct {
		method, target, body string
		status               int
	}{
		{"POST", "/v1/search", `{`, 503},
		{"POST", "/v1/holds", `{`, 503},
		{"POST", "/v1/appointments", book, 503},
		{"POST", "/v1/appointments", book + `,"holdId":null}`, 503},
		{"GET", "/v1/cases/x", "", 503},
		{"PUT", "/v1/cases/x", "{}", 503},
		{"POST", "/v1/import", "{}", 503},
		{"POST", "/v1/appointments/x/reschedule", "{}", 503},
		{"GET", "/", "", 503},
		{"GET", "/healthz", "", 200},
		{"GET", "/readyz", "", 200},
		{"POST", "/v1/appointments/x/cancel", `{"reason":"r","by":"payer"}`, 404},
		{"DELETE", "/v1/holds/x", "", 204},
		{"POST", "/v1/appointments", book + `,"holdId":"x"`, 400},
		{"POST", "/v1/appointments", book + `, "holdId": "x"`, 400},
		{"POST", "/v1/appointments", book + `,"note":"\"holdId\"","holdId"` + " \t\r\n:\n" + `"x"`, 400},
		{"POST", "/v1/appointments", book + `,"x":"holdId" , "holdId": 1`, 503},
		{"POST", "/v1/appointments", long + `,"holdId":"x"`, 400},
		{"POST", "/v1/appointments", long, 503},
		{"GET", "/nowhere", "", 404},
	} {
		headers := []string{}
		if row.method == "POST" {
			headers = append(headers, "Idempotency-Key", newID("key"))
		}
		h.own = true // some of it is no request of the document
		got := h.do(row.method, row.target, row.body, headers...)
		if got.status != row.status {
			t.Errorf("%s %s: %d %s, want %d", row.method, row.target, got.status, got.body, row.status)
			continue
		}
		if row.status == http.StatusServiceUnavailable {
			if got.header.Get("Retry-After") != "1" || got.text("code") != codeOverloaded || got.header.Get("Connection") == "close" || got.header.Get("X-Request-Id") == "" {
				t.Errorf("%s %s: %v %s", row.method, row.target, got.header, got.body)
			}
		}
	}
	if got := h.do("POST", "/v1/holds", `{"x":"`+strings.Repeat("x", 2*eagerBodyBytes)+`"}`, "Idempotency-Key", newID("key")); got.status != 503 || got.text("code") != codeOverloaded {
		t.Errorf("a long body that is not waited for: %d %s", got.status, got.body)
	}
	h.server.gate.set(0)
	h.get("/v1/reviewers").is(200, "")
	if n := h.server.gate.refused.Load(); n != 11 {
		t.Errorf("%d were counted as turned away", n)
	}
}

// TestShedFraming: what is turned away is read like everything else: where the framing is in doubt nothing behind it is a request.
func TestShedFraming(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2020-05-15T09:00:00-04:00")
	address := w.listenTCP()
	w.server.gate.set(mostPressure)
	behind := head("GET /healthz HTTP/1.1", "Connection: close")
	length := fmt.Sprintf("Content-Length: %d", len("0\r\n\r\n")+len(behind))
	for _, request := range []string{
		head("GET /v1/reviewers HTTP/1.1", fmt.Sprintf("Content-Length: %d", len(behind))),
		head("POST /v1/search HTTP/1.1", length, "Transfer-Encoding: chunked") + "0\r\n\r\n",
		head("POST /v1/search HTTP/1.1", "Transfer-Encoding: chunked", length) + "0\r\n\r\n",
		head("POST /v1/search HTTP/1.1", "Transfer-Encoding: chunked") + "0\r\n\r\n",
		"GET /v1/reviewers HTTP/1.1\r\nHost: localhost\nX-A: b\r\n\r\n",
		head("GET /v1/reviewers HTTP/1.1", "Connection: close", "Connection: keep-alive"),
	} {
		if got := raw(t, address, request+behind); len(got) != 1 || !got[0].Close || got[0].StatusCode < 400 {
			t.Errorf("%q: %d answers, the first %v", request, len(got), got)
		}
	}
	whole := head("POST /v1/search HTTP/1.1", "Content-Type: application/json", "Content-Length: 2") + "{}"
	if got := raw(t, address, whole+whole+behind); len(got) != 3 || got[1].StatusCode != http.StatusServiceUnavailable || got[2].StatusCode != http.StatusOK {
		t.Errorf("whole requests: %v", got)
	}
}

// TestGateIsFree: it allocates next to nothing: what says no must cost little.
func TestGateIsFree(t *testing.T) {
	var g gate
	g.set(1)
	if n := allocations(func() { g.open(); g.admits(rankRead) }); n != 0 {
		t.Errorf("%g allocations", n)
	}
	w := newWaitTimes()
	w.since()
	if n := allocations(func() { w.since() }); n != 0 {
		t.Errorf("a look at the waits makes %g allocations", n)
	}
}

// TestGateFollows: the gate looks only while somebody asks, and stops with the server.
func TestGateFollows(t *testing.T) {
	t.Parallel()
	g := &gate{maxDelay: 0.1, control: gateControl{pressure: 1}}
	g.refused.Store(7)
	done, tick, ended := make(chan struct{}), make(chan time.Time), make(chan struct{})
	told := make(chan uint64, 1)
	go func() {
		defer close(ended)
		g.follow(done, tick, func(wait, pressure float64) {
			if wait < 0 || pressure > mostPressure {
				t.Errorf("a wait of %g, a pressure of %g", wait, pressure)
			}
		}, func(n uint64) { told <- n })
	}()
	for range int(time.Second / gateEvery) {
		tick <- time.Time{}
	}
	if n := <-told; n != 7 {
		t.Errorf("told of %d, want 7", n)
	}
	close(done)
	<-ended
}
