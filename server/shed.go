package server

import (
	"net/http"
	"time"

	"github.com/valyala/fasthttp"
)

// turnAway answers a request of which nothing but its first line and its framing was looked at. The connection is kept unless that
// is in doubt: what stands behind the request would be taken for another one. What is turned away is counted, and logged once a second as a number: a line for each would be work in place of the work that was saved.
func (s *Server) turnAway(ctx *fasthttp.RequestCtx, r rank, began time.Time) {
	h := &ctx.Response.Header
	if f, no := readHead(&ctx.Request.Header); no != nil || f.last || f.contentLength > 0 && ctx.IsGet() {
		ctx.SetConnectionClose()
	}
	ctx.SetStatusCode(http.StatusServiceUnavailable)
	h.Set("X-Request-Id", newID("req"))
	h.SetCanonical(headerSniffing, valueNoSniff)
	h.SetCanonical(headerCache, valueNoStore)
	h.SetCanonical(headerRetryAfter, valueRetryAfter)
	if s.certificate != nil {
		h.Set("Strict-Transport-Security", hstsValue)
	}
	h.SetContentType(typeProblem)
	ctx.Response.SetBodyRaw(overloadedBody)
	s.metrics.problem(codeOverloaded)
	s.metrics.load.turnedAway[r].Inc()
	s.unrouted.answered(http.StatusServiceUnavailable, time.Since(began).Seconds())
}

var (
	headerRetryAfter = []byte("Retry-After")
	valueRetryAfter  = []byte("1") // retryAfterSeconds
	overloadedBody   = (&problem{code: codeOverloaded, detail: "More is asked than can be answered in time. Nothing was looked at and nothing changed."}).document()
)

// shut reports whether a request of some rank is to be turned away by its head. body is what has come of it.
func (s *Server) shut(h *fasthttp.RequestHeader, body []byte) (rank, bool) {
	if s.gate.open() && !s.crowded() {
		return rankFirst, false
	}
	r := s.rankOf(h.Method(), h.RequestURI(), body)
	if r == rankFirst {
		return r, false
	}
	return r, !s.gate.admits(r) || r != rankRead && s.crowded()
}

// shutForLong reports whether a request is to be turned away whose body has not come yet: all of a rank of which some are. Bookings are
// waited for: only their body says whether they go first.
func (s *Server) shutForLong(h *fasthttp.RequestHeader) bool {
	if s.gate.open() && !s.crowded() {
		return false
	}
	if row := s.router.exact[methodIndex(h.Method())][string(h.RequestURI())]; row != nil && row.booking {
		return false
	}
	r := s.rankOf(h.Method(), h.RequestURI(), nil)
	return s.gate.share[r].Load() > 0 || r != rankFirst && r != rankRead && s.crowded()
}

// crowded reports whether no room is left for changes with the writer that are not of the first rank.
func (s *Server) crowded() bool { return s.engine != nil && s.engine.Crowded() }

// orUsual is a bound as asked for: 0 = the usual one, negative = none, which is 0.
func orUsual[T int | float64 | time.Duration](asked, usual T) T {
	if asked == 0 {
		return usual
	}
	return max(asked, 0)
}

// keepGate runs the gate beside the server.
func (s *Server) keepGate() {
	if s.gate.maxDelay == 0 {
		return
	}
	s.every(gateEvery, func(tick <-chan time.Time) {
		s.gate.follow(s.base.Done(), tick, s.metrics.load.measured, func(refused uint64) {
			s.log.Warn("requests were turned away", "total", refused)
		})
	})
}
