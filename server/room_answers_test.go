package server

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"
)

// waitingBytes is what the large answers on their way take.
func (r *answerRoom) waitingBytes() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.waiting
}

// TestAnswersNotTakenAreBounded: clients that ask for large answers and do not read them do not fill the memory, and who reads gets
// its own.
func TestAnswersNotTakenAreBounded(t *testing.T) {
	t.Parallel()
	const size = maxAnswersWaiting / 8
	h := newHarness(t, []route{
		{method: "GET", path: "/large", name: "large", handle: func(*call) answer {
			return answer{status: http.StatusOK, body: make([]byte, size)}
		}},
	})
	h.server.http.WriteTimeout = time.Minute
	address := h.listenTCP()
	slow := dialMany(t, address, 8, head("GET /large HTTP/1.1"))
	until(t, "eight answers do not wait", func() bool { return h.server.answers.waitingBytes() == 8*size })
	ask := head("GET /large HTTP/1.1", "Connection: close")
	refusals := 0
	until(t, "nobody who reads gets an answer", func() bool {
		got := raw(t, address, ask)
		if len(got) == 1 && got[0].StatusCode == http.StatusServiceUnavailable && got[0].Header.Get("Retry-After") != "" {
			refusals++
			return false
		}
		if len(got) != 1 || got[0].StatusCode != http.StatusOK {
			t.Fatalf("answered %v", got)
		}
		if body, err := io.ReadAll(got[0].Body); err != nil || len(body) != size {
			t.Fatalf("%d bytes, %v", len(body), err)
		}
		return true
	})
	if n := h.server.answers.waitingBytes(); n > 7*size {
		t.Errorf("%d bytes wait", n)
	}
	short := 0
	for _, c := range slow {
		if err := c.SetReadDeadline(time.Now().Add(slowness * 200 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		if n, err := io.Copy(io.Discard, c); err == nil && n < size {
			short++ // the server has ended it
		}
		_ = c.Close()
	}
	if short == 0 {
		t.Error("none of those who did not read was cut")
	}
	until(t, "room is kept", func() bool { return h.server.answers.waitingBytes() == 0 })
}

// TestAnswerRoom: who is cut is of the tenant that has the most, and has waited the longest; nobody is who has waited less than a second.
func TestAnswerRoom(t *testing.T) {
	t.Parallel()
	var r answerRoom
	now := time.Unix(1_000_000, 0)
	conns := make([]*gentleConn, 6)
	for i := range conns {
		near, far := net.Pipe()
		t.Cleanup(func() { _, _ = near.Close(), far.Close() })
		conns[i] = &gentleConn{Conn: near}
	}
	f := func(i int, tenant string, share int, must, want bool) {
		t.Helper()
		if got := r.take(conns[i], tenant, maxAnswersWaiting/share, must, now); got != want {
			t.Fatalf("a %dth for %s: %v", share, tenant, got)
		}
	}
	f(0, "b", 4, false, true)
	now = now.Add(leastSilence / 2)
	f(1, "a", 4, false, true)
	f(2, "a", 4, false, true)
	f(3, "a", 4, false, true)
	f(4, "a", 4, false, false)
	now = now.Add(leastSilence / 2) // b's has waited so long, but a has more
	f(4, "a", 4, false, false)
	now = now.Add(leastSilence / 2)
	f(4, "a", 4, false, true)
	for i, c := range conns {
		if late := c.late.Load(); late != (r.conns[c] == waitingAnswer{} && i < 4) {
			t.Errorf("connection %d is cut: %v", i, late)
		}
	}
	if conns[0].late.Load() {
		t.Error("the one of the other tenant is cut")
	}
	now = now.Add(leastSilence)
	f(5, "a", 1, false, true) // takes all
	f(4, "b", 2, false, false)
	f(4, "b", 2, true, true) // tells of a change
	for _, c := range conns {
		c.taken()
	}
	if r.waiting != 0 || len(r.conns) != 0 || len(r.byTenant) != 0 {
		t.Errorf("left: %d bytes of %d, %v", r.waiting, len(r.conns), r.byTenant)
	}
}

// TestWritesEndOnceCut: a deadline that is set later does not let a connection go on that was cut.
func TestWritesEndOnceCut(t *testing.T) {
	t.Parallel()
	near, far := net.Pipe()
	t.Cleanup(func() { _, _ = near.Close(), far.Close() })
	c := &gentleConn{Conn: near}
	c.cut()
	if err := c.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Write(bytes.Repeat([]byte("x"), 10)); err == nil {
		t.Error("written")
	}
}

// TestLargeAnswersMadeAreBounded: so many lists are made at a time, some of them are kept for other tenants, and everything else goes on.
func TestLargeAnswersMadeAreBounded(t *testing.T) {
	t.Parallel()
	entered, release := make(chan struct{}), make(chan struct{})
	h := newHarness(t, []route{
		{method: "GET", path: "/list", name: "list", query: []string{"limit"}, handle: func(*call) answer {
			entered <- struct{}{}
			<-release
			return answer{status: http.StatusOK, body: encode("done")}
		}},
		{method: "GET", path: "/ok", name: "ok", handle: func(*call) answer { return answer{status: http.StatusOK, body: encode("ok")} }},
	})
	making := &h.server.making
	var group sync.WaitGroup
	for range making.most - making.spare {
		group.Go(func() { h.get("/list").is(http.StatusOK, "") })
		<-entered
	}
	r := h.get("/list?limit=3").is(http.StatusServiceUnavailable, codeOverloaded)
	if r.header.Get("Retry-After") == "" {
		t.Errorf("headers %v", r.header)
	}
	h.get("/ok").is(http.StatusOK, "")
	if !making.enter("other") {
		t.Error("no room for another tenant")
	}
	making.leave("other")
	close(release)
	group.Wait()
	if making.all != 0 || len(making.byTenant) != 0 {
		t.Errorf("%d are still being made", making.all)
	}
}

// TestMadeAnswersLeaveTheirPlace: what is made waits for its record in the journal without a place, which is given back once.
func TestMadeAnswersLeaveTheirPlace(t *testing.T) {
	t.Parallel()
	w := newWorld(t, texasNow)
	making := &w.server.making
	calls := make([]*call, making.most)
	for i := range calls {
		calls[i] = &call{server: w.server}
		calls[i].actor.Tenant = fmt.Sprint("t", i)
		if !calls[i].makes() {
			t.Fatalf("no place for call %d of %d", i+1, making.most)
		}
	}
	calls[0].made()
	if !making.enter("next") {
		t.Error("what is made has kept its place")
	}
	for _, c := range calls {
		c.done()
	}
	if making.all != 1 {
		t.Errorf("%d are still being made, want 1", making.all)
	}
}
