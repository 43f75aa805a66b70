package server

import (
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// openConnections is how many the server's listeners count.
func (s *Server) openConnections() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.listeners {
		l.mu.Lock()
		n += l.sum
		l.mu.Unlock()
	}
	return n
}

// until waits for a condition that needs no more than the next turn of other goroutines or a deadline of the server's.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	end := time.After(slowness * 20 * time.Second)
	for !ok() {
		select {
		case <-tick.C:
		case <-end:
			t.Fatal(what)
		}
	}
}

// dialMany opens connections and sends the same on each.
func dialMany(t *testing.T, address string, n int, send string) []net.Conn {
	t.Helper()
	all := make([]net.Conn, n)
	for i := range all {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		all[i] = c
		if _, err := io.WriteString(c, send); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// TestHostileCrowd: while hundreds of connections are silent, and others drip heads and bodies, every honest request gets its answer;
// and when their time is over, all of the crowd is gone.
func TestHostileCrowd(t *testing.T) {
	t.Parallel()
	var ran atomic.Int64
	h := newHarness(t, echoRows(&ran))
	// Long enough that all are there before the first is cut.
	h.server.http.ReadTimeout, h.server.http.IdleTimeout = slowness*3*time.Second, slowness*3*time.Second
	address := h.listenTCP()
	dialMany(t, address, 200, "")
	dialMany(t, address, 100, "GET /ok HTTP/1.1\r\nHost: loc")
	dialMany(t, address, 100, head("POST /echo HTTP/1.1", "Content-Type: application/json", "Content-Length: 100")+"{")
	dialMany(t, address, 50, head("GET /ok HTTP/1.1")) // silent after an answer
	until(t, "the crowd is not there", func() bool { return h.server.openConnections() >= 450 })
	for range 50 {
		got := raw(t, address, endOK)
		if len(got) != 1 || got[0].StatusCode != http.StatusOK {
			t.Fatalf("an honest request: %v", got)
		}
	}
	until(t, "the crowd stays", func() bool { return h.server.openConnections() == 0 })
	if n := ran.Load(); n != 100 {
		t.Errorf("%d handlers ran, want those of 50 honest requests and of 50 that fell silent", n)
	}
}

// TestSlowReaders of large answers are cut, and hold nobody up meanwhile.
func TestSlowReaders(t *testing.T) {
	t.Parallel()
	large := []byte(strings.Repeat("x", 12<<20)) // beyond the buffers of a connection; all of them together have room
	h := newHarness(t, []route{
		{method: "GET", path: "/large", name: "large", handle: func(*call) answer { return answer{status: http.StatusOK, body: large} }},
		{method: "GET", path: "/ok", name: "ok", handle: func(*call) answer { return answer{status: http.StatusOK, body: encode("ok")} }},
	})
	h.server.http.WriteTimeout = 500 * time.Millisecond
	address := h.listenTCP()
	slow := dialMany(t, address, 20, head("GET /large HTTP/1.1"))
	for range 20 {
		if got := raw(t, address, endOK); len(got) != 1 || got[0].StatusCode != http.StatusOK {
			t.Fatalf("an honest request: %v", got)
		}
	}
	until(t, "who does not read stays", func() bool { return h.server.openConnections() == 0 })
	for _, c := range slow { // what was sent is less than the answer
		n, _ := io.Copy(io.Discard, c)
		if n >= int64(len(large)) {
			t.Fatalf("%d bytes were sent to somebody who did not read", n)
		}
	}
}

// TestChurn: connections that come, ask once or nothing, and go, leave nothing behind.
func TestChurn(t *testing.T) {
	t.Parallel()
	var ran atomic.Int64
	h := newHarness(t, echoRows(&ran))
	address := h.listenTCP()
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for k := range 100 {
				c, err := net.Dial("tcp", address)
				if err != nil {
					t.Error(err)
					return
				}
				if (i+k)%2 == 0 {
					if _, err := io.WriteString(c, endOK); err != nil {
						t.Error(err)
					}
					if got := answersOn(c); len(got) != 1 || got[0].StatusCode != http.StatusOK {
						t.Errorf("%v", got)
					}
				}
				_ = c.Close()
			}
		})
	}
	all.Wait()
	until(t, "connections are left", func() bool { return h.server.openConnections() == 0 })
	if n := ran.Load(); n != 400 {
		t.Errorf("%d handlers ran, want 400", n)
	}
	h.server.mu.Lock()
	defer h.server.mu.Unlock()
	for _, l := range h.server.listeners {
		if len(l.open) != 0 {
			t.Errorf("peers are remembered: %v", l.open)
		}
	}
}

// openFiles is how many files and sockets this process has open, 0 where the system does not tell.
func openFiles() int {
	names, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0
	}
	return len(names)
}

// idleCrowd is how many connections a server of a test takes; each is two open files here.
const idleCrowd = 1000

// TestIdleCrowd: connections that fill the server and ask nothing, or nothing more, keep nobody out who comes when they have been silent for
// a while; they are closed when their time is over, and nothing is left of them. It counts what the process has, so nothing else runs beside it.
func TestIdleCrowd(t *testing.T) {
	var ran atomic.Int64
	h := newHarness(t, echoRows(&ran))
	h.server.http.ReadTimeout, h.server.http.IdleTimeout = slowness*4*time.Second, slowness*4*time.Second
	h.get("/ok").is(http.StatusOK, "") // the first listener has begun
	h.client.CloseIdleConnections()
	h.server.http.MaxIdleWorkerDuration = 100 * time.Millisecond
	address := h.listenTCP()
	until(t, "nobody listens", func() bool {
		h.server.mu.Lock()
		defer h.server.mu.Unlock()
		for _, l := range h.server.listeners {
			l.mu.Lock()
			l.total, l.perPeer, l.leastSilence = idleCrowd, 2*idleCrowd, time.Hour
			l.mu.Unlock()
		}
		return len(h.server.listeners) == len(h.served)
	})
	honest := func() bool {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		_, _ = io.WriteString(c, endOK) // it may be turned away by now
		got := answersOn(c)
		return len(got) == 1 && got[0].StatusCode == http.StatusOK
	}
	until(t, "an honest request before", honest)
	until(t, "it is not closed", func() bool { return h.server.openConnections() == 0 })
	goroutines, files := runtime.NumGoroutine(), openFiles()

	crowd := append(dialMany(t, address, idleCrowd/2, ""), dialMany(t, address, idleCrowd/2, head("GET /ok HTTP/1.1"))...)
	until(t, "the crowd is not there", func() bool { return h.server.openConnections() == idleCrowd })
	if files > 0 && openFiles() < files+2*idleCrowd {
		t.Errorf("%d files are open, %d were before", openFiles(), files)
	}
	c := dialMany(t, address, 1, "")[0]
	crowd = append(crowd, c)
	if got := answersOn(c); len(got) != 1 || got[0].StatusCode != http.StatusServiceUnavailable || got[0].Header.Get("Retry-After") == "" {
		t.Fatalf("one too many: %v", got)
	}
	h.server.mu.Lock()
	for _, l := range h.server.listeners {
		l.mu.Lock()
		l.leastSilence = 0
		l.mu.Unlock()
	}
	h.server.mu.Unlock()
	until(t, "no room is made for an honest client", honest)
	if left := h.server.openConnections(); left < idleCrowd-10*roomAtOnce {
		t.Errorf("%d of %d are left: room is made for a few", left, idleCrowd)
	}
	until(t, "the crowd stays", func() bool { return h.server.openConnections() == 0 })
	for _, c := range crowd {
		_ = c.Close()
	}
	until(t, "goroutines are left", func() bool { return runtime.NumGoroutine() <= goroutines })
	until(t, "files are left", func() bool { return openFiles() <= files })
}
