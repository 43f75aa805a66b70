package server

import (
	"net"

	"github.com/valyala/fasthttp"

	"github.com/parleyhq/parley/engine"
)

// guarded reports whether credentials are configured: from then on nobody is let in without.
func (s *Server) guarded(snap *engine.Snapshot) bool {
	return snap != nil && !s.admin && (snap.HasKeys() || s.tokens != nil)
}

// checkOrigin checks where a request comes from and what host it names. While no credentials are configured only
// this machine is let in.
func (s *Server) checkOrigin(guarded bool, host string, peer net.Addr) *refused {
	if !guarded {
		return s.checkPeer(host, peer)
	}
	if _, ok := splitHost(host); !ok {
		return deny(codeInvalidHost, "").closing()
	}
	return nil
}

// authorize finds out who asks for a route and whether that one may. Nothing of the request but its head is looked at.
// a.who is set if the request goes on, and nil where everybody may ask and this one is nobody.
func (s *Server) authorize(a *admitted, f *headFields) *refused {
	if !s.guarded(a.snap) {
		a.who = s.local
		return nil
	}
	s.recognize(a, f)
	switch {
	case a.route.allow.open:
		return nil
	case a.who == nil:
		return deny(codeUnauthenticated, "")
	case !s.permits(a.who, a.route):
		return deny(codeForbidden, "")
	}
	return nil
}

// recognize looks the credential up that a request shows.
func (s *Server) recognize(a *admitted, f *headFields) {
	if f.authorizations != 1 {
		return
	}
	from := a.from
	more := func() bool { return s.limit.trusts(from) }
	if a.who = s.identify(a.snap, a.now, f.authorization, more); a.who == nil {
		a.rejected, a.keyShown = true, keyShownIn(f.authorization)
	}
}

// strayed finds out who has sent a request that comes to no route, since its refusal is recorded like any other, and charges it to that one:
// else a caller could fill the journal for nothing. no is why it is refused.
func (s *Server) strayed(a *admitted, f *headFields, peer net.Addr, no *refused) *refused {
	if !s.guarded(a.snap) {
		if s.checkPeer(f.host, peer) == nil {
			a.who = s.local
		}
		return no
	}
	s.recognize(a, f)
	if poor := s.charge(a, true); poor != nil {
		poor.close = no.close
		return poor
	}
	return no
}

// permits looks a caller up in the table.
func (s *Server) permits(w *caller, r *route) bool {
	if planted == plantOpenRoute && r.name == "cancelAppointment" {
		return true
	}
	if w.scopes != nil && !w.scopes[r.name] {
		return false
	}
	switch r.allow.of(w.role) {
	case reachOwn, reachTenant:
		return true
	case reachGlobal:
		return w.role == roleAll || w.actor.Tenant == s.tenant
	}
	return false
}

// admitsBody says whether more than the first bytes of a body are worth reading, and to which tenant they come: not from somebody who may
// not ask.
func (s *Server) admitsBody(h *fasthttp.RequestHeader) (tenant string, worth bool) {
	var a admitted
	a.snap, a.now = s.read()
	if !s.guarded(a.snap) {
		return s.tenant, true
	}
	fields, no := readHead(h)
	if no != nil {
		return "", false // it is refused by its head
	}
	if _, no := s.target(&a, h); no != nil {
		return "", false
	}
	a.from = s.limit.origin(nil, fields.forwarded) // of those whom no proxy names all failures count together
	no = s.authorize(&a, &fields)
	if a.who == nil && (no != nil || a.rejected) { // to check a token costs as much here
		s.limit.failures.take(a.from[:], s.limit.now())
	}
	return tenantAsking(a.who), no == nil && s.charge(&a, false) == nil
}

// enter puts who asks into a call, and what of the state that one sees.
func (c *call) enter(a *admitted) {
	c.snap, c.now = a.snap, a.now
	if a.who == nil {
		return
	}
	c.actor, c.role, c.credential, c.narrowed = a.who.actor, a.who.role, a.who.credential, a.who.scopes
	if a.who.scope != nil && a.route.allow.of(a.who.role) == reachOwn {
		c.scope, c.office = a.who.scope, a.who.office
		c.snap = c.snap.Within(c.scope)
	}
}

// command is what the caller asks, as the engine takes it.
func (c *call) command(t ticket, p engine.Payload) engine.Command {
	return engine.Command{
		Actor: c.actor, RequestID: c.requestID, Key: t.key, Fingerprint: t.print, Payload: p,
		Credential: c.credential, Client: clientText(c.client), Scope: c.scope,
	}
}

// newest is the newest snapshot, as the caller sees it.
func (c *call) newest() *engine.Snapshot { return c.server.engine.Snapshot().Within(c.scope) }
