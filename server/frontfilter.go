package server

import (
	"net"
	"net/netip"
	"slices"
	"strings"

	"github.com/valyala/fasthttp"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/slots"
)

// The front filter stands before everything else. The transport below it is lax: it takes any version, any
// method, folded lines, encoded and relative paths, and a body framed twice. Whatever two parsers could read in
// two ways is refused here, and where the framing is in doubt the connection is closed.

// refused is a request that the front filter does not let through.
type refused struct {
	problem *problem
	close   bool   // the framing is in doubt: nothing more is read from the connection
	allow   string // for 405
}

func deny(code, detail string) *refused {
	return &refused{problem: &problem{code: code, detail: detail}}
}

func denyHeader(code, name, detail string) *refused {
	return &refused{problem: &problem{code: code, detail: "The header " + name + " " + detail + ".",
		errors: []fault{{Pointer: name, Detail: detail}}}}
}

// closing marks a refusal after which the connection is closed.
func (r *refused) closing() *refused {
	r.close = true
	return r
}

// admitted is a request that passed, before its body is looked at.
type admitted struct {
	route       *route
	id          string
	query       map[string]string
	key         string
	ifMatch     uint64
	accept      string
	ifNoneMatch string
	requestID   string
	ownID       bool // the server has chosen the request id
	host        string
	last        bool             // the client asks nothing more on this connection
	snap        *engine.Snapshot // read once per request
	now         slots.Instant    // read with it
	who         *caller          // nil: nobody, on a route that is for everybody
	client      netip.Addr       // where it comes from: as a trusted proxy says, else the peer
	from        [16]byte         // the same, as limits have it
	rejected    bool             // a credential was shown that is not taken
	keyShown    string           // id of a key that was shown and is not taken, as it came
	toll        toll             // what the request was charged
	trace       *Trace           // nil: the request is not traced
}

// admit passes or refuses a request by its head. It copies whatever it keeps. peer is the other end of the connection.
// The admitted request has its request id, and its route where one was found, also when it is refused. It is charged to who
// asks unless it will come here again.
func (s *Server) admit(h *fasthttp.RequestHeader, peer net.Addr, again bool) (admitted, *refused) {
	var a admitted
	fields, no := readHead(h)
	a.requestID, a.host, a.last = fields.requestID, fields.host, fields.last
	a.client = s.limit.client(peer, fields.forwarded)
	a.from = originOf(a.client)
	if a.requestID == "" {
		a.requestID, a.ownID = newID("req"), true
	}
	a.snap, a.now = s.read()
	if no != nil {
		return a, s.strayed(&a, &fields, peer, no)
	}
	if no := s.checkOrigin(s.guarded(a.snap), fields.host, peer); no != nil {
		return a, s.strayed(&a, &fields, peer, no)
	}
	var rawQuery string
	a.route = s.router.exact[methodIndex(h.Method())][string(h.RequestURI())]
	if a.route == nil {
		if rawQuery, no = s.target(&a, h); no != nil {
			no.close = no.close || fields.contentLength > 0
			return a, s.strayed(&a, &fields, peer, no)
		}
	}
	no = s.authorize(&a, &fields)
	if poor := s.charge(&a, !again); poor != nil {
		no = poor
	}
	if no != nil {
		no.close = no.close || fields.contentLength > eagerBodyBytes
		return a, no
	}
	if no := a.take(&fields); no != nil {
		return a, no
	}
	if s.admin {
		if no := a.takeAct(&fields); no != nil {
			return a, no
		}
	}
	a.query, no = readQuery(rawQuery, a.route.query)
	return a, no
}

// target finds the route of a request that is not the plain path of one, and returns its query as it came.
func (s *Server) target(a *admitted, h *fasthttp.RequestHeader) (rawQuery string, no *refused) {
	method := string(h.Method())
	path, rawQuery, no := splitTarget(string(h.RequestURI()))
	switch {
	case !slices.Contains(methods, method):
		_, _, allow := s.router.find(method, path)
		no = denyMethod(allow).closing()
	case no == nil:
		a.route, a.id, no = s.pick(method, path)
	}
	return rawQuery, no
}

// pick finds the route of a method and a clean path.
func (s *Server) pick(method, path string) (*route, string, *refused) {
	row, id, allow := s.router.find(method, path)
	switch {
	case row == nil && allow != "":
		return nil, "", denyMethod(allow)
	case row == nil:
		return nil, "", deny(codeRouteNotFound, "")
	case len(id) > maxSegmentBytes || strings.Contains(id, "~"):
		return nil, "", deny(codeInvalidTarget, "The id in the path has 1 to 64 characters of A–Z a–z 0–9 . _ -.")
	}
	return row, id, nil
}

// denyMethod lists the methods of a path, or all where the path is none.
func denyMethod(allow string) *refused {
	if allow == "" {
		allow = strings.Join(methods, ", ")
	}
	return &refused{problem: &problem{code: codeMethodNotAllowed}, allow: allow}
}

// take checks the header fields that depend on the route.
func (a *admitted) take(f *headFields) *refused {
	r := a.route
	switch {
	case r.maxBody == 0 && f.contentLength > 0:
		return deny(codeUnexpectedBody, "").closing()
	case r.maxBody > 0 && !f.hasLength:
		return deny(codeLengthRequired, "").closing()
	case f.contentLength > int64(r.maxBody):
		return deny(codeBodyTooLarge, "").closing()
	case r.maxBody > 0:
		if no := checkMedia(r, f); no != nil {
			return no
		}
	}
	if !acceptable(f.accept, r.media()) {
		return deny(codeNotAcceptable, "The operation answers with "+r.media()+".")
	}
	a.accept = f.accept
	switch {
	case r.tagged:
		a.ifNoneMatch = f.ifNoneMatch
	case (r.changes || r.versioned) && f.ifNoneMatch != "": // who means to make something must not overwrite it
		return denyHeader(codeInvalidIfMatch, "If-None-Match", "is not honoured by this operation")
	}
	if r.changes {
		if no := checkKey(f); no != nil {
			return no
		}
		a.key = f.key
	}
	if !f.hasIfMatch {
		return nil
	}
	if !r.versioned {
		return denyHeader(codeInvalidIfMatch, "If-Match", "is not honoured by this operation")
	}
	var no *refused
	a.ifMatch, no = readIfMatch(f.ifMatch)
	return no
}

// checkPeer lets only this machine in while no credentials are configured. The Host check keeps pages of other
// sites from reaching the server through a name that they let resolve to the loopback address.
func (s *Server) checkPeer(host string, peer net.Addr) *refused {
	if !isLoopback(peer) {
		return deny(codeLoopbackOnly, "").closing()
	}
	name, ok := splitHost(host)
	if !ok {
		return deny(codeInvalidHost, "").closing()
	}
	if !isLoopbackName(name) {
		return deny(codeLoopbackOnly, "The Host header does not name the loopback address.").closing()
	}
	return nil
}

func isLoopback(a net.Addr) bool {
	t, ok := a.(*net.TCPAddr)
	return ok && t.IP.IsLoopback()
}

func isLoopbackName(name string) bool {
	name = strings.ToLower(name)
	if name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return true
	}
	ip := net.ParseIP(name)
	return ip != nil && ip.IsLoopback()
}

// splitHost checks the form of a Host value and returns the name or address without brackets and port.
func splitHost(host string) (name string, ok bool) {
	if rest, found := strings.CutPrefix(host, "["); found {
		literal, port, closed := strings.Cut(rest, "]")
		return literal, closed && net.ParseIP(literal) != nil && (port == "" || isPort(strings.TrimPrefix(port, ":")) && port[0] == ':')
	}
	name, port, hasPort := strings.Cut(host, ":")
	if hasPort && !isPort(port) || name == "" || len(name) > 253 {
		return "", false
	}
	for i := range len(name) {
		if c := name[i]; !isAlphanumeric(c) && c != '-' && c != '.' && c != '_' {
			return "", false
		}
	}
	return name, true
}

func isPort(s string) bool {
	if s == "" || len(s) > 5 {
		return false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

func isAlphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}
