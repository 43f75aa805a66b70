package server

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/matcher"
)

// handle is the way of every request that could be read: filter, copy, call, answer, observe.
func (s *Server) handle(ctx *fasthttp.RequestCtx) {
	began := time.Now()
	if ctx.Request.Header.ContentLength() > maxBodyBytes {
		s.bodies.keep(&ctx.Request.Header)
		defer s.bodies.give(&ctx.Request.Header)
	}
	bare := hasBareLine(ctx.Conn())
	if bare {
		ctx.SetConnectionClose()
	}
	if r, shut := s.shut(&ctx.Request.Header, ctx.Request.Body()); shut {
		s.turnAway(ctx, r, began)
		return
	}
	a, no := s.admit(&ctx.Request.Header, ctx.RemoteAddr(), false)
	if no == nil && bare {
		no = deny(codeBadRequest, "The request line does not end in CRLF.").closing()
	}
	a.trace = s.beginTrace(&ctx.Request.Header, began)
	var out answer
	allow := ""
	if no != nil {
		out, allow = s.accountHead(&a, no.problem), no.allow
		if no.close {
			ctx.SetConnectionClose()
		}
	} else {
		body := ctx.Request.Body() // the transport's memory
		if planted != plantBufferKept {
			body = bytes.Clone(body)
		}
		out = s.call(&a, ctx, body)
	}
	if a.last {
		ctx.SetConnectionClose()
	}
	status := s.respond(ctx, &a, out, allow)
	s.observe(&a, status, time.Since(began))
}

// call runs the route's handler. A panic in it is a bug of one request, not of the process: the writer's
// goroutine is not ours and its panics are not caught here.
func (s *Server) call(a *admitted, ctx *fasthttp.RequestCtx, body []byte) (out answer) {
	defer func() {
		v := recover()
		if f, ok := v.(sealFault); ok {
			p := f.problem()
			s.log.Error("sealed part cannot be opened", "route", a.route.name, "request", a.requestID, "reason", p.code)
			out = s.accountRefusal(a, nil, refuse(p))
		} else if v != nil {
			s.metrics.handlerPanics.Inc()
			s.log.Error("handler panicked", "route", a.route.name, "request", a.requestID,
				"panic", panicText(v), "stack", string(debug.Stack()))
			out = s.accountRefusal(a, nil, refuse(&problem{code: codeInternal}))
		}
	}()
	timeout := callTimeout
	if a.route.maxBody > maxBodyBytes {
		timeout = importTimeout
		if s.imports.enter(tenantAsking(a.who)) {
			defer s.imports.leave(tenantAsking(a.who))
		} else {
			return s.accountRefusal(a, nil, refuse(&problem{code: codeOverloaded, detail: "Other imports are under way. Nothing was changed."}))
		}
	}
	c := &call{
		patience: timeout, server: s, route: a.route, id: a.id, query: a.query, body: body, key: a.key, ifMatch: a.ifMatch,
		ifNoneMatch: a.ifNoneMatch, requestID: a.requestID, host: a.host, accept: a.accept, trace: a.trace,
		client: a.client, work: matcher.Work{Limit: s.searchWork},
	}
	defer c.done()
	c.enter(a)
	if p := c.sealedOff(); p != nil {
		return c.account(a, refuse(p))
	}
	if a.route.lists && !c.makesList() {
		return c.account(a, tooManyLarge())
	}
	out = s.fits(ctx, a, a.route.handle(c))
	if c.toll.of != nil {
		a.toll = c.toll
	}
	c.made() // what waits for its record in the journal is counted by fits, and is in nobody's way
	return c.account(a, out)
}

// panicText tells a fault of the runtime in its words and anything else by its type: its text may hold what the
// request held.
func panicText(v any) string {
	if err, ok := v.(runtime.Error); ok {
		return err.Error()
	}
	return fmt.Sprintf("%T", v)
}

// localActor is everybody while no credentials are configured.
func (s *Server) localActor() engine.Actor {
	return engine.Actor{Tenant: s.tenant, Principal: engine.LocalPrincipal, Role: engine.RoleAll, Source: engine.SourceAPI}
}

// replyBuffer is memory for the body of one answer after another.
type replyBuffer struct{ body []byte }

// replies are given to the transport with the answer in them, for the memory of an earlier
// one that it has sent.
var replies = sync.Pool{New: func() any { return new(replyBuffer) }}

// hand gives the body to the transport without a copy and takes an older one's memory.
// What is uncommonly large is left to the collector.
func (r *replyBuffer) hand(to *fasthttp.Response) {
	if cap(r.body) > maxKeptReply {
		to.SetBodyRaw(r.body)
		return
	}
	r.body = to.SwapBody(r.body)
	replies.Put(r)
}

// Headers of every answer, as they are sent.
var (
	headerSniffing = []byte("X-Content-Type-Options")
	headerCache    = []byte("Cache-Control")
	valueNoSniff   = []byte("nosniff")
	valueNoStore   = []byte("no-store")
)

// respond writes an answer and returns its status. The body is the answer's own memory, or lent to the transport.
func (s *Server) respond(ctx *fasthttp.RequestCtx, a *admitted, out answer, allow string) int {
	h := &ctx.Response.Header
	status, body, media := out.status, out.body, out.contentType
	if out.problem != nil {
		s.metrics.problem(out.problem.code)
		status, body, media = out.problem.status(), out.problem.document(), typeProblem
	}
	if media == "" {
		media = typeJSON
	}
	ctx.SetStatusCode(status)
	h.Set("X-Request-Id", a.requestID)
	h.SetCanonical(headerSniffing, valueNoSniff)
	h.SetCanonical(headerCache, valueNoStore)
	switch {
	case out.version > 0:
		h.Set("ETag", versionTag(out.version))
	case out.tag != "" && out.problem == nil:
		h.Set("ETag", out.tag)
	}
	if out.replayed {
		h.Set("Idempotent-Replayed", "true")
	}
	if allow != "" {
		h.Set("Allow", allow)
	}
	if status == fasthttp.StatusUnauthorized {
		h.Set("WWW-Authenticate", "Bearer")
	}
	if s.certificate != nil {
		h.Set("Strict-Transport-Security", hstsValue)
	}
	if retryable(status) {
		h.Set("Retry-After", strconv.Itoa(max(a.toll.retryAfter(), out.retryAfter())))
	}
	a.toll.tell(h)
	for _, header := range out.headers {
		h.Set(header[0], header[1])
	}
	if a.route != nil && a.route.personal { // whatever the handler says
		h.SetCanonical(headerCache, valueNoStore)
	}
	if status != fasthttp.StatusNoContent && status != fasthttp.StatusNotModified {
		h.SetContentType(media)
		if out.lent != nil && out.problem == nil {
			out.lent.hand(&ctx.Response)
		} else {
			ctx.Response.SetBodyRaw(body)
		}
	}
	return status
}

// observe counts, logs and traces one request: the route's name, never its path, and nothing of its content.
func (s *Server) observe(a *admitted, status int, took time.Duration) {
	name, m := "none", s.unrouted
	if a.route != nil {
		name, m = a.route.name, a.route.meter
	}
	m.answered(status, took.Seconds())
	s.endTrace(a, status, took)
	if !s.hasLine(a, status) {
		return
	}
	s.log.LogAttrs(context.Background(), slog.LevelInfo, "request",
		slog.String("route", name), slog.Int("status", status),
		slog.Float64("seconds", took.Seconds()), slog.String("request", a.requestID))
}
