package server

import (
	"cmp"
	"errors"
	"slices"
	"syscall"
	"time"
)

// How a full server makes room for others.
const (
	// leastSilence is how long a connection must have sent nothing to lose its place.
	leastSilence = time.Second
	// Room is made roomEvery at most, for roomAtOnce connections: it looks at all that are there.
	roomEvery  = 10 * time.Millisecond
	roomAtOnce = 16
	// roomSpare is how many connections beyond the bound may be about to end, having lost their places.
	roomSpare = 256
)

// quiet is a connection that has sent nothing for some time.
type quiet struct {
	conn   *gentleConn
	silent time.Duration
}

// makeRoom takes places from those that have been silent the longest, among the origin that has the most connections: neither a crowd
// of idle clients nor one that comes back at once keeps others out. The caller holds the lock. Their connections are read no more: the one
// who waits for their next byte gets an error and closes them.
func (l *listener) makeRoom(now time.Time) {
	if now.Sub(l.madeRoom) < roomEvery || len(l.seats)-l.sum >= roomSpare {
		return
	}
	l.madeRoom = now
	crowd := map[[16]byte]int{}
	var most [16]byte
	for c, seated := range l.seats {
		if !seated {
			continue
		}
		o := originOf(c.peer)
		if crowd[o]++; crowd[o] > crowd[most] {
			most = o
		}
	}
	var silent []quiet
	for c, seated := range l.seats {
		since := c.since.Load()
		if !seated || since == 0 || originOf(c.peer) != most {
			continue
		}
		if d := now.Sub(time.Unix(0, since)); d >= l.leastSilence {
			silent = append(silent, quiet{c, d})
		}
	}
	slices.SortFunc(silent, func(a, b quiet) int { return cmp.Compare(b.silent, a.silent) })
	for _, s := range silent[:min(roomAtOnce, len(silent))] {
		l.seats[s.conn] = false
		l.leave(s.conn.peer)
		s.conn.out.Store(true)
		_ = s.conn.Conn.SetReadDeadline(longAgo)
	}
}

// longAgo ends whatever is read.
var longAgo = time.Unix(1, 0)

// handlesPerConnection is how many of the program's file handles there must be for a connection: the others are the store's. A
// store that gets none is read-only, and may have to be restarted.
const handlesPerConnection = 2

// connectionBounds are how many connections there may be, in all and of one address, to a program that may have so many file handles.
func connectionBounds(handles uint64) (total, perPeer int) {
	total = int(min(maxConnections, max(handles/handlesPerConnection, 1)))
	return total, max(total*maxConnectionsPerPeer/maxConnections, 1)
}

// isShortage says whether a connection was not accepted for want of something that comes back.
func isShortage(err error) bool {
	for _, e := range []syscall.Errno{syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// endure waits a little, and takes places from who is silent as in a listener that is full.
func (l *listener) endure(err error) {
	l.short(err)
	l.mu.Lock()
	l.makeRoom(time.Now())
	l.mu.Unlock()
	time.Sleep(acceptPause)
}
