package server

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
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
	l := newListener(inner)
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
	if _, more := <-accepted; more || l.sum != 3 || len(l.open) != 2 {
		t.Errorf("after all: %d open of %v", l.sum, l.open)
	}
}

// After an answer, what the client still sends is read away before the connection closes; an idle one closes at once.
func TestGentleClose(t *testing.T) {
	t.Parallel()
	released := 0
	pair := func() (client net.Conn, server *gentleConn) {
		ours, theirs := net.Pipe()
		return ours, &gentleConn{Conn: theirs, done: func() { released++ }}
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
	if err := idle.Close(); err != nil || time.Since(began) > lingerTimeout/2 || released != 2 {
		t.Errorf("idle: %v after %s, %d released", err, time.Since(began), released)
	}
}
