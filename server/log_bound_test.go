package server

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/parleyhq/parley/engine"
)

// TestLogOfFloodsIsBounded: who asks for what is not there, thousands of times, has a hundred lines a second, and the rest is counted.
func TestLogOfFloodsIsBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, texasNow)
	desk := w.key("desk", engine.CreateKey{Role: engine.RoleCoordinator})
	const asked = 5000
	began := time.Now()
	got := raw(t, w.listenTCP(), strings.Repeat(head("GET /v1/reviewers HTTP/1.1"), asked)+endOK)
	seconds := int(time.Since(began)/time.Second) + 2
	if len(got) != asked+1 || got[0].StatusCode != http.StatusUnauthorized {
		t.Fatalf("%d answers, first %d", len(got), got[0].StatusCode)
	}
	if n := strings.Count(w.log.String(), "status=401"); n < logLinesEach || n > seconds*logLinesEach {
		t.Errorf("%d lines in %d seconds", n, seconds)
	}
	for range 2 * logLinesEach { // what is charged to somebody has its line
		w.as(desk, "GET", "/none", "").is(http.StatusNotFound, "")
	}
	if n := strings.Count(w.log.String(), "status=404"); n != 2*logLinesEach {
		t.Errorf("%d lines of requests that are charged", n)
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
