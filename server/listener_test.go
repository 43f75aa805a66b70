package server

import (
	"bufio"
	"errors"
	"io"
	"math"
	"net"
	"net/http"
	"net/netip"
	"os"
	"slices"
	"syscall"
	"testing"
	"time"
)

// pipeListener hands out one end of pipes from given peers.
type pipeListener struct{ conns chan net.Conn }

func (l pipeListener) Accept() (net.Conn, error) {
	c, ok := <-l.conns
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}
func (l pipeListener) Close() error   { close(l.conns); return nil }
func (l pipeListener) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }

type pipeFrom struct {
	net.Conn
	peer net.Addr
}

func (p pipeFrom) RemoteAddr() net.Addr { return p.peer }

// Connections are bounded in all and per peer; those too many get an answer; closing makes room again.
func TestConnectionsAreBounded(t *testing.T) {
	t.Parallel()
	inner := pipeListener{conns: make(chan net.Conn, 16)}
	var codes []string
	l := newListener(inner, func(code string) { codes = append(codes, code) })
	l.perPeer, l.total = 2, 3
	accepted := make(chan net.Conn, 16)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				close(accepted)
				return
			}
			accepted <- c
		}
	}()
	dial := func(ip string) net.Conn {
		ours, theirs := net.Pipe()
		inner.conns <- pipeFrom{theirs, &net.TCPAddr{IP: net.ParseIP(ip)}}
		return ours
	}
	refusedWith := func(c net.Conn, status int) {
		t.Helper()
		r, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil || r.StatusCode != status || !r.Close || r.Header.Get("Content-Type") != typeProblem || r.Header.Get("Retry-After") == "" {
			t.Errorf("%v %v, want %d", r, err, status)
		}
		if _, err := io.Copy(io.Discard, c); err != nil {
			t.Errorf("not closed: %v", err)
		}
	}
	dial("127.0.0.1")
	first := <-accepted
	dial("::ffff:127.0.0.1")
	<-accepted
	refusedWith(dial("127.0.0.1"), http.StatusTooManyRequests)
	dial("::1")
	<-accepted
	refusedWith(dial("::2"), http.StatusServiceUnavailable)
	if err := errors.Join(first.Close(), first.Close()); err != nil {
		t.Error(err)
	}
	dial("127.0.0.1")
	<-accepted
	refusedWith(dial("127.0.0.1"), http.StatusServiceUnavailable)
	if err := errors.Join(l.Close(), l.Close()); err != nil {
		t.Error(err)
	}
	if want := []string{codeTooManyConnections, codeOverloaded, codeOverloaded}; !slices.Equal(codes, want) {
		t.Errorf("told of %v, want %v", codes, want)
	}
	if _, more := <-accepted; more || l.sum != 3 || len(l.open) != 2 {
		t.Errorf("after all: %d open of %v", l.sum, l.open)
	}
}

// TestConnectionsTurnedAwayAreCounted: no request is read from them, and they stand among the problems even so.
func TestConnectionsTurnedAwayAreCounted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, deckNow)
	w.get("/healthz").is(http.StatusOK, "") // from here on the next listener is the last one
	address := w.listenTCP()
	first, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	if _, err := io.WriteString(first, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if r, err := http.ReadResponse(bufio.NewReader(first), nil); err != nil || r.StatusCode != http.StatusOK {
		t.Fatalf("%v %v", r, err)
	}
	w.server.mu.Lock()
	l := w.server.listeners[len(w.server.listeners)-1]
	w.server.mu.Unlock()
	full := func(perPeer, total int) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.perPeer, l.total = perPeer, total
	}
	before := w.values()
	f := func(status int, code string) {
		t.Helper()
		if got := raw(t, address, ""); len(got) != 1 || got[0].StatusCode != status {
			t.Fatalf("answered %v, want %d", got, status)
		}
		series := "parley_problems_total code=" + code
		if n := w.values()[series] - before[series]; n != 1 {
			t.Errorf("%g more of %s", n, code)
		}
	}
	full(1, 2)
	f(http.StatusTooManyRequests, codeTooManyConnections)
	full(1, 1)
	f(http.StatusServiceUnavailable, codeOverloaded)
}

// After an answer, what the client still sends is read away before the connection closes; an idle one closes at once.
func TestGentleClose(t *testing.T) {
	t.Parallel()
	home := newListener(nil, nil)
	pair := func() (client net.Conn, server *gentleConn) {
		ours, theirs := net.Pipe()
		server = &gentleConn{Conn: theirs, home: home}
		if code := home.admit(server); code != "" {
			t.Fatal(code)
		}
		return ours, server
	}
	client, server := pair()
	sent := make(chan error, 1)
	go func() {
		if _, err := client.Read(make([]byte, 8)); err != nil {
			sent <- err
			return
		}
		_, err := client.Write(make([]byte, 1<<20))
		sent <- errors.Join(err, client.Close())
	}()
	if _, err := server.Write([]byte("answer")); err != nil {
		t.Fatal(err)
	}
	if err := server.Close(); err != nil {
		t.Error(err)
	}
	if err := <-sent; err != nil {
		t.Errorf("the client could not finish: %v", err)
	}
	_, idle := pair()
	began := time.Now()
	if err := idle.Close(); err != nil || time.Since(began) > lingerTimeout/2 || home.sum != 0 || len(home.seats) != 0 {
		t.Errorf("idle: %v after %s, %d not released", err, time.Since(began), home.sum)
	}
}

// TestFullServerMakesRoom: whoever is silent the longest, of the origin that has the most connections, goes; never one that was heard of lately,
// nor one that is being served.
func TestFullServerMakesRoom(t *testing.T) {
	t.Parallel()
	l := newListener(nil, nil)
	l.total = 5
	ended := make(chan string, 8)
	seat := func(name, ip string, reads bool) *gentleConn {
		t.Helper()
		ours, theirs := net.Pipe()
		t.Cleanup(func() { _ = ours.Close() })
		c := &gentleConn{Conn: theirs, home: l, peer: netip.MustParseAddr(ip)}
		if code := l.admit(c); code != "" {
			t.Fatalf("%s: %s", name, code)
		}
		if reads {
			go func() {
				_, err := c.Read(make([]byte, 1))
				if !errors.Is(err, os.ErrDeadlineExceeded) {
					name += " is read again"
				}
				_ = c.Close()
				ended <- name
			}()
			until(t, name+" is not read", func() bool { return c.since.Load() != 0 })
		}
		return c
	}
	seat("served", "2001:db8::1", false)
	seat("oldest", "2001:db8::2", true)
	seat("second", "2001:db8::3", true) // the same origin
	seat("other", "192.0.2.1", true)
	seat("another", "192.0.2.2", true)
	late := &gentleConn{Conn: pipeFrom{}, home: l, peer: netip.MustParseAddr("192.0.2.9")}
	if code := l.admit(late); code != codeOverloaded {
		t.Fatalf("all were heard of lately: %q", code)
	}
	l.leastSilence = 0
	until(t, "no room is made", func() bool { return l.admit(late) == "" })
	gone := []string{<-ended, <-ended}
	slices.Sort(gone)
	if !slices.Equal(gone, []string{"oldest", "second"}) || l.sum != 4 || len(l.seats) != 4 || len(ended) != 0 {
		t.Fatalf("%v are gone, %d have a place of %d", gone, l.sum, len(l.seats))
	}
	// What loses its place between two reads is not read again, whatever its owner sets.
	ours, theirs := net.Pipe()
	defer ours.Close()
	c := &gentleConn{Conn: theirs, home: l}
	c.out.Store(true)
	if err := c.SetReadDeadline(time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%v, want the end of its time", err)
	}
}

// shortListener fails with each of its faults before it has a connection.
type shortListener struct {
	pipeListener
	faults []error
}

func (l *shortListener) Accept() (net.Conn, error) {
	if len(l.faults) > 0 {
		err := l.faults[0]
		l.faults = l.faults[1:]
		return nil, &net.OpError{Op: "accept", Net: "tcp", Err: os.NewSyscallError("accept4", err)}
	}
	return l.pipeListener.Accept()
}

// A program that has no file handle left takes connections again when it has: one that ended would be ended by anybody.
func TestListenerOutlivesShortages(t *testing.T) {
	t.Parallel()
	inner := &shortListener{pipeListener{make(chan net.Conn, 1)}, []error{syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM}}
	l := newListener(inner, func(string) {})
	told := 0
	l.short = func(error) { told++ }
	_, theirs := net.Pipe()
	inner.conns <- pipeFrom{theirs, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}}
	c, err := l.Accept()
	if err != nil || told != 4 {
		t.Fatalf("accepted %v, told %d times, want 4: %v", c, told, err)
	}
	if err := errors.Join(c.Close(), l.Close()); err != nil {
		t.Error(err)
	}
	if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("after the end: %v", err)
	}
	inner.faults = []error{syscall.EINVAL}
	if _, err := l.Accept(); !errors.Is(err, syscall.EINVAL) {
		t.Errorf("what does not pass is endured: %v", err)
	}
}

// Connections leave file handles to the store.
func TestConnectionBounds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		handles        uint64
		total, perPeer int
	}{{0, 1, 1}, {256, 128, 64}, {1024, 512, 256}, {8192, maxConnections, maxConnectionsPerPeer}, {math.MaxUint64, maxConnections, maxConnectionsPerPeer}} {
		if total, perPeer := connectionBounds(c.handles); total != c.total || perPeer != c.perPeer {
			t.Errorf("of %d handles: %d and %d, want %d and %d", c.handles, total, perPeer, c.total, c.perPeer)
		}
	}
}
