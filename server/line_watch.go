package server

import (
	"bytes"
	"crypto/tls"
	"net"
)

// bareEnd is how a request line ends that ends in a bare LF. The library takes such a line and keeps nothing of its end, so
// what is read from a connection is looked through for it. No body that is taken holds it: in JSON no line ends like this.
var bareEnd = []byte("HTTP/1.1\n")

const bareTail = len("HTTP/1.1\n") - 1

// lineWatch looks for bareEnd in what is read, in whatever pieces it comes.
type lineWatch struct {
	found bool
	tail  [bareTail]byte // what was read last
	n     int
}

func (w *lineWatch) look(b []byte) {
	var joint [2 * bareTail]byte
	n := copy(joint[:], w.tail[:w.n])
	n += copy(joint[n:], b[:min(len(b), bareTail)])
	w.found = w.found || bytes.Contains(joint[:n], bareEnd) || bytes.Contains(b, bareEnd)
	if len(b) >= bareTail {
		w.n = copy(w.tail[:], b[len(b)-bareTail:])
	} else {
		w.n = copy(w.tail[:], joint[max(0, n-bareTail):n])
	}
}

// bareLine reports whether such a line has come; it is asked by who reads.
func (w *lineWatch) bareLine() bool { return w.found }

// hasBareLine reports whether a request line on a connection of ours has ended in a bare LF.
func hasBareLine(c net.Conn) bool {
	w, ours := c.(interface{ bareLine() bool })
	return ours && w.bareLine()
}

// tlsListener watches what comes out of TLS.
type tlsListener struct{ net.Listener }

// Accept returns the next connection.
func (l tlsListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if own, ok := c.(*tls.Conn); ok && err == nil {
		return &tlsConn{Conn: own}, nil
	}
	return c, err
}

type tlsConn struct {
	*tls.Conn
	lineWatch
}

func (c *tlsConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.look(b[:n])
	return n, err
}
