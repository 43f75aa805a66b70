package server

import (
	"context"
	"net/netip"
	"time"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// call is one request after the front filter. Everything in it is a copy: no byte belongs to the transport's
// buffers, so a handler may keep what it likes.
type call struct {
	ctx      context.Context // nil until somebody waits; see wait
	cancel   context.CancelFunc
	patience time.Duration // how long the request may wait for its turn with the writer
	server   *Server
	route    *route
	id       string // the {id} segment, "" if none
	query    map[string]string
	body     []byte
	key      string // Idempotency-Key, on routes that change something by POST
	ifMatch  uint64 // version from If-Match, 0 = none
	// ifNoneMatch is the value of If-None-Match on routes whose answers are tagged; "" = none.
	ifNoneMatch string
	requestID   string
	host        string // as the client names the server
	accept      string
	actor       engine.Actor
	client      netip.Addr       // where it comes from
	credential  string           // id of the key that the actor came with, "" if it is no key
	narrowed    map[string]bool  // operations that the credential is narrowed to; nil = it is not
	role        role             // of the actor
	office      string           // whose limit of calls counts, "" = none
	toll        toll             // a limit that the handler has found reached
	scope       *engine.Scope    // what of the tenant the actor sees, nil = everything
	snap        *engine.Snapshot // read once per request, within the scope
	now         slots.Instant    // read once per request, ≥ snap.Stamped()
	work        matcher.Work     // of its searches, and how much of it there may be
	told        []engine.Object  // whose personal fields were opened for the answer
	trace       *Trace           // nil: the request is not traced
	making      bool             // it has room for making a large answer
}

// wait is the context of everything that this request waits for. Most requests wait for nothing.
func (c *call) wait() context.Context {
	switch {
	case c.ctx != nil:
	case c.patience == callTimeout:
		c.ctx = c.server.waits.from(c.server.base, time.Now())
	default:
		c.ctx, c.cancel = context.WithTimeout(c.server.base, c.patience)
	}
	return c.ctx
}

// done lets go of what the request waited for.
func (c *call) done() {
	c.made()
	if c.cancel != nil {
		c.cancel()
	}
}

// answer is what a handler returns.
type answer struct {
	status      int
	body        []byte // JSON unless contentType says otherwise
	contentType string
	version     uint64   // > 0: ETag
	tag         string   // ETag of an answer without a version
	replayed    bool     // Idempotent-Replayed: true
	idle        bool     // of a change that changed nothing: no entry of the log says what is told
	problem     *problem // if set, status and body are made from it
	headers     [][2]string
	lent        *replyBuffer // if set, what body lies in: the transport may keep it
}

// retryAfter is how long the answer asks to wait, in seconds; 0 = it does not say.
func (a *answer) retryAfter() int {
	if a.problem == nil {
		return 0
	}
	return a.problem.retryAfter
}

// refuse answers with a problem.
func refuse(p *problem) answer { return answer{problem: p} }
