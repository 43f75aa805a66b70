package server

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// listener bounds connections, in all and per peer, makes them close gently, and may be closed more than once. The
// HTTP library has such a bound too, but it tears connections down under their readers when the server stops.
type listener struct {
	net.Listener
	once    sync.Once
	perPeer int
	total   int
	// refused is told the code of each connection that is turned away.
	refused func(code string)

	leastSilence time.Duration
	short        func(error) // told why no connection can be taken for now

	mu       sync.Mutex
	open     map[netip.Addr]int // connections that have a place, by peer
	sum      int
	seats    map[*gentleConn]bool // all that are not closed yet; false: its place was taken
	madeRoom time.Time
}

func newListener(l net.Listener, refused func(code string)) *listener {
	total, perPeer := connectionBounds(fileHandles())
	return &listener{Listener: l, perPeer: perPeer, total: total, leastSilence: leastSilence, refused: refused, short: func(error) {},
		open: map[netip.Addr]int{}, seats: map[*gentleConn]bool{}}
}

func (l *listener) Close() (err error) {
	l.once.Do(func() { err = l.Listener.Close() })
	return err
}

// Accept returns the next connection within the bounds; the others get an answer and are closed.
func (l *listener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if isShortage(err) { // the library would take it for the end of the listener, and the program would end
			l.endure(err)
			continue
		}
		if err != nil {
			return nil, err
		}
		tcp, _ := c.(*net.TCPConn)
		own := &gentleConn{Conn: c, tcp: tcp, home: l, peer: peerOf(c.RemoteAddr())}
		code := l.admit(own)
		if code == "" {
			return own, nil
		}
		l.refused(code)
		_ = c.SetDeadline(time.Now().Add(turnAwayTimeout))
		_, _ = c.Write(turnedAway(code))
		_ = c.Close()
	}
}

// admit gives a connection a place, or names the problem why it is turned away.
func (l *listener) admit(c *gentleConn) (code string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.sum >= l.total && l.open[c.peer] < l.perPeer {
		l.makeRoom(time.Now())
	}
	switch {
	case l.sum >= l.total:
		return codeOverloaded
	case l.open[c.peer] >= l.perPeer:
		return codeTooManyConnections
	}
	l.open[c.peer]++
	l.sum++
	l.seats[c] = true
	return ""
}

// release is called once by every connection that is closed.
func (l *listener) release(c *gentleConn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.seats[c] {
		l.leave(c.peer)
	}
	delete(l.seats, c)
}

// leave gives a place back. The caller holds the lock.
func (l *listener) leave(peer netip.Addr) {
	l.sum--
	if l.open[peer]--; l.open[peer] == 0 {
		delete(l.open, peer)
	}
}

// peerOf is a client's address without port and zone; all that have none share the zero one.
func peerOf(a net.Addr) netip.Addr {
	if t, ok := a.(*net.TCPAddr); ok {
		return t.AddrPort().Addr().Unmap().WithZone("")
	}
	return netip.Addr{}
}

// clientText is a client's address in records; "" if it has none.
func clientText(from netip.Addr) string {
	if from.IsValid() {
		return from.String()
	}
	return ""
}

// turnedAway is a whole HTTP answer, for connections that no request is read from.
func turnedAway(code string) []byte {
	p := &problem{code: code}
	body := p.document()
	return fmt.Appendf(nil, "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %d\r\nRetry-After: %d\r\n"+
		"Cache-Control: no-store\r\nX-Request-Id: %s\r\nConnection: close\r\n\r\n%s",
		p.status(), http.StatusText(p.status()), typeProblem, len(body), retryAfterSeconds, newID("req"), body)
}

// gentleConn reads away what the client is still sending before it closes after an answer. Without that, a client
// in the middle of a body that was refused sees its connection reset instead of the answer.
type gentleConn struct {
	net.Conn
	lineWatch
	tcp      *net.TCPConn // nil on other transports
	answered atomic.Bool  // something was written and nothing read since
	once     sync.Once
	home     *listener
	peer     netip.Addr
	since    atomic.Int64               // when the read under way began, in nanoseconds of Unix; 0 = none is
	out      atomic.Bool                // its place was taken: it is read no more
	late     atomic.Bool                // its answer was not taken in time: nothing is written any more
	room     atomic.Pointer[answerRoom] // that its answer waits in; nil: it has none that is large
}

func (c *gentleConn) Read(b []byte) (int, error) {
	c.answered.Store(false)
	c.taken()
	c.since.Store(time.Now().UnixNano())
	n, err := c.Conn.Read(b)
	c.since.Store(0)
	c.look(b[:n])
	return n, err
}

// SetReadDeadline sets none beyond the end of one whose place was taken.
func (c *gentleConn) SetReadDeadline(t time.Time) error {
	err := c.Conn.SetReadDeadline(t)
	if c.out.Load() {
		err = c.Conn.SetReadDeadline(longAgo)
	}
	return err
}

func (c *gentleConn) Write(b []byte) (int, error) {
	c.answered.Store(true)
	return c.Conn.Write(b)
}

func (c *gentleConn) Close() (err error) {
	c.once.Do(func() {
		defer c.home.release(c)
		c.taken()
		err = c.close()
	})
	return err
}

func (c *gentleConn) close() error {
	if c.answered.Load() {
		if c.tcp != nil {
			_ = c.tcp.CloseWrite() // the client sees the end of the answer
		}
		if c.Conn.SetReadDeadline(time.Now().Add(lingerTimeout)) == nil {
			_, _ = io.Copy(io.Discard, c.Conn)
		}
	}
	return c.Conn.Close()
}

// SetKeepAlive and SetKeepAlivePeriod are what the HTTP library looks for on TCP connections.
func (c *gentleConn) SetKeepAlive(on bool) error {
	if c.tcp == nil {
		return nil
	}
	return c.tcp.SetKeepAlive(on)
}

// SetKeepAlivePeriod: see SetKeepAlive.
func (c *gentleConn) SetKeepAlivePeriod(d time.Duration) error {
	if c.tcp == nil {
		return nil
	}
	return c.tcp.SetKeepAlivePeriod(d)
}
