package server

import (
	"bytes"
	"errors"
	"net"
	"time"

	"github.com/valyala/fasthttp"
)

// newTransport sets every limit of the HTTP library; there is no timeout handler (it would answer while the
// handler still runs and commits), no compression and no file server. Connections are counted per peer by
// our listener: the library's counting connections are pooled and cleared by a shutdown while another goroutine
// reads from them.
func newTransport(s *Server) *fasthttp.Server {
	return &fasthttp.Server{
		Handler:                            s.handle,
		ErrorHandler:                       s.handleError,
		HeaderReceived:                     s.limitsOf,
		ExpectHandler:                      s.expected,
		Logger:                             quietLog{s},
		Concurrency:                        maxConnections + roomSpare,
		MaxRequestsPerConn:                 maxRequestsPerConnection,
		ReadBufferSize:                     readBufferBytes,
		WriteBufferSize:                    writeBufferBytes,
		ReadTimeout:                        readTimeout,
		WriteTimeout:                       writeTimeout,
		IdleTimeout:                        idleTimeout,
		MaxIdleWorkerDuration:              maxIdleWorker,
		TCPKeepalive:                       true,
		TCPKeepalivePeriod:                 tcpKeepAlive,
		MaxRequestBodySize:                 maxBodyBytes,
		SleepWhenConcurrencyLimitsExceeded: acceptPause,
		DisablePreParseMultipartForm:       true,
		SecureErrorLogMessage:              true,
		NoDefaultServerHeader:              true,
		NoDefaultContentType:               true,
		CloseOnShutdown:                    true,
	}
}

// quietLog keeps the library's own messages to their kind: their text may hold bytes of a request.
type quietLog struct{ server *Server }

func (q quietLog) Printf(string, ...any) {
	if q.server.troubleHasLine() {
		q.server.log.Warn("connection trouble")
	}
}

// limitsOf is called when a request's head has arrived: an import may be larger and slower, and of a body
// without a length nothing is read, since the request is refused, and little of one from somebody who may not ask.
func (s *Server) limitsOf(h *fasthttp.RequestHeader) fasthttp.RequestConfig {
	if h.ContentLength() == -1 {
		return fasthttp.RequestConfig{MaxRequestBodySize: 1}
	}
	var tenant string
	if h.ContentLength() > eagerBodyBytes {
		worth := !s.shutForLong(h)
		if worth {
			tenant, worth = s.admitsBody(h)
		}
		if !worth {
			return fasthttp.RequestConfig{MaxRequestBodySize: 1}
		}
	}
	path, _, _ := bytes.Cut(h.RequestURI(), []byte("?"))
	row := s.router.exact[methodIndex(h.Method())][string(path)]
	if row != nil && row.maxBody > maxBodyBytes && len(h.RequestURI()) <= maxTargetBytes {
		if n := h.ContentLength(); n > maxBodyBytes && n <= row.maxBody && !s.bodies.take(h, tenant, n, time.Now()) {
			return fasthttp.RequestConfig{MaxRequestBodySize: 1}
		}
		return fasthttp.RequestConfig{
			ReadTimeout: importTime(h.ContentLength()), WriteTimeout: importWriteTimeout, MaxRequestBodySize: row.maxBody,
		}
	}
	return fasthttp.RequestConfig{}
}

// importTime is how long a body of a length may take.
func importTime(length int) time.Duration {
	return min(importReadTimeout, readTimeout+time.Duration(max(0, length))*time.Second/importLeastRate)
}

// expected is called when a client waits for leave to send its body. It gets the answer at once if the head is refused.
func (s *Server) expected(ctx *fasthttp.RequestCtx) int {
	a, no := s.admit(&ctx.Request.Header, ctx.RemoteAddr(), true)
	if no == nil {
		return fasthttp.StatusContinue
	}
	if a.route != nil { // it will not come again
		s.charge(&a, true)
	}
	s.bodies.give(&ctx.Request.Header)
	status := s.respond(ctx, &a, s.accountHead(&a, no.problem), no.allow)
	s.observe(&a, status, 0)
	return status
}

// handleError answers what the library could not read. Where the head was read, the front filter speaks first.
func (s *Server) handleError(ctx *fasthttp.RequestCtx, err error) {
	h := &ctx.Request.Header
	s.bodies.give(h)
	var a admitted
	var no *refused
	if len(h.RawHeaders()) > 0 {
		a, no = s.admit(h, ctx.RemoteAddr(), false)
	} else {
		a.requestID, a.client = newID("req"), peerOf(ctx.RemoteAddr())
	}
	if no == nil && errors.Is(err, fasthttp.ErrBodyTooLarge) && a.route != nil && h.ContentLength() > 0 && h.ContentLength() <= a.route.maxBody {
		no = deny(codeOverloaded, "") // it was not too large: limitsOf did not let it in
	}
	if no == nil {
		no = deny(unreadableCode(err, len(h.RawHeaders()) > 0), "")
	}
	status := s.respond(ctx, &a, s.accountHead(&a, no.problem), no.allow)
	ctx.SetConnectionClose()
	s.observe(&a, status, 0)
}

// unreadableCode names what went wrong. A head that is gone after a body came out too large means that the
// body was chunked: the library forgets the request then.
func unreadableCode(err error, headKept bool) string {
	var small *fasthttp.ErrSmallBuffer
	var network net.Error
	switch {
	case errors.As(err, &small):
		return codeHeadersTooLarge
	case errors.Is(err, fasthttp.ErrBodyTooLarge) && !headKept:
		return codeLengthRequired
	case errors.Is(err, fasthttp.ErrBodyTooLarge):
		return codeBodyTooLarge
	case errors.As(err, &network) && network.Timeout():
		return codeRequestTimeout
	}
	return codeBadRequest
}
