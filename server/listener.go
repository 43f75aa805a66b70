package server

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// listener may be closed more than once and makes connections that close gently.
type listener struct {
	net.Listener
	once sync.Once
}

func (l *listener) Close() (err error) {
	l.once.Do(func() { err = l.Listener.Close() })
	return err
}

func (l *listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	tcp, _ := c.(*net.TCPConn)
	return &gentleConn{Conn: c, tcp: tcp}, nil
}

// gentleConn reads away what the client is still sending before it closes after an answer. Without that, a client
// in the middle of a body that was refused sees its connection reset instead of the answer.
type gentleConn struct {
	net.Conn
	tcp      *net.TCPConn // nil on other transports
	answered atomic.Bool  // something was written and nothing read since
}

func (c *gentleConn) Read(b []byte) (int, error) {
	c.answered.Store(false)
	return c.Conn.Read(b)
}

func (c *gentleConn) Write(b []byte) (int, error) {
	c.answered.Store(true)
	return c.Conn.Write(b)
}

func (c *gentleConn) Close() error {
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
