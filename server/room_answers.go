package server

import (
	"net"
	"sync"
	"time"

	"github.com/valyala/fasthttp"
)

const (
	// largeAnswerBytes is from where on answers are counted: smaller ones are bounded by the number of connections.
	largeAnswerBytes = 64 << 10
	// maxAnswersWaiting is how many bytes of large answers wait for their clients to take them.
	maxAnswersWaiting = 256 << 20

	// So many large answers are made at a time: leastMaking, or makingEach for each processor, if that is more. One of makingSpare is for tenants for
	// which none is being made. Others wait makingPatience. A list may be large, and so may a week grid that asks for more than usualCells slots of a
	// priority and day.
	leastMaking    = 8
	makingEach     = 2
	makingSpare    = 4
	makingPatience = time.Second
	usualCells     = 200
)

// answerRoom keeps the memory of answers that their clients are slow to take bounded. Where it is full, the tenant that has the most
// of it loses the answer that has waited the longest, if that is leastSilence or more: its connection ends. Else the new answer is
// refused, unless it tells of a change.
type answerRoom struct {
	mu       sync.Mutex
	waiting  int
	byTenant map[string]int
	conns    map[*gentleConn]waitingAnswer
}

// waitingAnswer is on its way to a client.
type waitingAnswer struct {
	tenant string
	bytes  int
	since  time.Time
}

// take notes an answer that a connection is about to send. It is false if there is no room; must says that it goes in any case.
func (r *answerRoom) take(c *gentleConn, tenant string, size int, must bool, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.drop(c)
	for r.waiting+size > maxAnswersWaiting {
		late := r.slowest()
		if late == nil || now.Sub(r.conns[late].since) < leastSilence {
			if must {
				break
			}
			return false
		}
		r.drop(late)
		late.cut()
	}
	if r.conns == nil {
		r.conns, r.byTenant = map[*gentleConn]waitingAnswer{}, map[string]int{}
	}
	r.waiting += size
	r.byTenant[tenant] += size
	r.conns[c] = waitingAnswer{tenant, size, now}
	c.room.Store(r)
	return true
}

// slowest is who has waited the longest of the tenant that has the most; nil: nobody waits. The caller holds the lock.
func (r *answerRoom) slowest() (late *gentleConn) {
	most := 0
	for _, n := range r.byTenant {
		most = max(most, n)
	}
	for c, w := range r.conns {
		if r.byTenant[w.tenant] == most && (late == nil || w.since.Before(r.conns[late].since)) {
			late = c
		}
	}
	return late
}

// give notes that a connection's answer was taken, or will not be.
func (r *answerRoom) give(c *gentleConn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.drop(c)
}

// drop is give. The caller holds the lock.
func (r *answerRoom) drop(c *gentleConn) {
	w, ok := r.conns[c]
	if !ok {
		return
	}
	c.room.Store(nil)
	delete(r.conns, c)
	r.waiting -= w.bytes
	if r.byTenant[w.tenant] -= w.bytes; r.byTenant[w.tenant] == 0 {
		delete(r.byTenant, w.tenant)
	}
}

// taken notes that all that was written has gone.
func (c *gentleConn) taken() {
	if r := c.room.Load(); r != nil {
		r.give(c)
	}
}

// cut ends the write that is under way, or the next one.
func (c *gentleConn) cut() {
	c.late.Store(true)
	_ = c.Conn.SetWriteDeadline(longAgo)
}

// SetWriteDeadline sets none beyond the end of one that was cut.
func (c *gentleConn) SetWriteDeadline(t time.Time) error {
	err := c.Conn.SetWriteDeadline(t)
	if c.late.Load() {
		err = c.Conn.SetWriteDeadline(longAgo)
	}
	return err
}

// SetDeadline is both.
func (c *gentleConn) SetDeadline(t time.Time) error {
	if err := c.SetReadDeadline(t); err != nil {
		return err
	}
	return c.SetWriteDeadline(t)
}

// fits returns an answer if there is room for it while its client takes it, and else refuses it. What everybody may see is in memory once.
func (s *Server) fits(ctx *fasthttp.RequestCtx, a *admitted, out answer) answer {
	size := len(out.body)
	if out.lent != nil {
		size = len(out.lent.body)
	}
	if size < largeAnswerBytes || a.who == nil || out.problem != nil {
		return out
	}
	conn := ctx.Conn()
	if over, ok := conn.(interface{ NetConn() net.Conn }); ok { // TLS
		conn = over.NetConn()
	}
	c, ok := conn.(*gentleConn)
	tells := a.route.method != "GET" && a.route.rank != rankRead // of a change
	if !ok || s.answers.take(c, tenantAsking(a.who), size, tells, time.Now()) {
		return out
	}
	return tooManyLarge()
}

// makes takes room for making a large answer until it is made. It waits for some a little: who waits holds nothing.
func (c *call) makes() bool {
	c.making = c.server.making.enterWithin(c.actor.Tenant, makingPatience)
	return c.making
}

// makesList is makes for a list, which after a start may wait for what lists are made from: it does before it takes room from others.
func (c *call) makesList() bool {
	if c.snap != nil {
		c.snap.AwaitLists()
	}
	return c.makes()
}

// made gives the room back, if the call has some.
func (c *call) made() {
	if c.making {
		c.server.making.leave(c.actor.Tenant)
		c.making = false
	}
}

func tooManyLarge() answer {
	return refuse(&problem{code: codeOverloaded, detail: "Too many large answers are being made or wait to be taken. Nothing was changed."})
}
