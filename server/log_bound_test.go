package server

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// TestLogOfFloodsIsBounded: who asks for what is not there, thousands of times, has a hundred lines a second, and the rest is counted.
func TestLogOfFloodsIsBounded(t *testing.T) {
	t.Parallel()
	var ran atomic.Int64
	h := newHarness(t, echoRows(&ran))
	const asked = 5000
	began := time.Now()
	got := raw(t, h.listenTCP(), strings.Repeat(head("GET /none HTTP/1.1"), asked)+endOK)
	seconds := int(time.Since(began)/time.Second) + 2
	if len(got) != asked+1 || got[0].StatusCode != http.StatusNotFound {
		t.Fatalf("%d answers", len(got))
	}
	if n := strings.Count(h.log.String(), "route=none"); n < logLinesEach || n > seconds*logLinesEach {
		t.Errorf("%d lines in %d seconds", n, seconds)
	}
	for range 2 * logLinesEach { // what is charged to somebody has its line
		h.get("/ok").is(http.StatusOK, "")
	}
	if n := strings.Count(h.log.String(), "status=200"); n != 2*logLinesEach+1 {
		t.Errorf("%d lines of good requests", n)
	}
}

func TestLogBound(t *testing.T) {
	t.Parallel()
	var b logBound
	now := time.Unix(1_000_000, 0)
	lines := 0
	for range 3 * logLinesEach {
		if line, unsaid := b.admits(now); line {
			lines++
		} else if unsaid != 0 {
			t.Fatal(unsaid)
		}
	}
	if line, unsaid := b.admits(now.Add(time.Second)); lines != logLinesEach || !line || unsaid != 2*logLinesEach {
		t.Fatal(lines, line, unsaid)
	}
}
