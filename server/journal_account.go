package server

import (
	"encoding/hex"
	"net/http"
	"slices"

	"github.com/parleyhq/parley/engine"
)

// tell notes whose personal fields were opened for the answer.
func (c *call) tell(kind, id string) {
	o := engine.Object{Type: kind, ID: id}
	for i := len(c.told) - 1; i >= max(0, len(c.told)-16); i-- {
		if c.told[i] == o {
			return
		}
	}
	c.told = append(c.told, o)
}

// account puts an answer into the access journal where that is due, before it is given. An
// answer that tells nothing personal costs nothing here.
func (c *call) account(a *admitted, out answer) answer {
	s, tells := c.server, a.route.allow.tells
	if out.problem != nil {
		return s.accountRefusal(a, c.told, out)
	}
	if s.journal == nil {
		return out
	}
	if a.rejected {
		s.accountFailure(a, out.status, codeUnauthenticated)
	}
	if out.status == http.StatusNotModified {
		return out
	}
	kind := engine.AccessRead
	switch tells {
	case tellsPersonal:
	case tellsExport:
		kind = engine.AccessExport
	case tellsWritten:
		if !out.replayed && !out.idle {
			return out // the entry of the log names what was changed, and so what is told
		}
	default:
		if len(c.told) == 0 {
			return out
		}
		// A bug, and no reason to hand anything out.
		s.log.Error("a route told what its row does not say", "route", a.route.name, "request", a.requestID)
		return s.accountRefusal(a, nil, refuse(&problem{code: codeInternal}))
	}
	if planted == plantUnrecorded && kind == engine.AccessExport {
		return out
	}
	if len(c.told) > engine.MaxAccessObjects {
		s.log.Error("an answer tells of more than a record holds", "route", a.route.name, "request", a.requestID)
		return s.accountRefusal(a, nil, refuse(&problem{code: codeInternal}))
	}
	r := s.accessRecord(a, kind, out.status)
	r.Objects = slices.Concat(c.told, narrowedTo(a))
	if err := s.journal.record(c.wait(), r); err != nil {
		return s.accountRefusal(a, nil, s.withheld())
	}
	return out
}

// withheld is the answer that is given instead of one that has no record.
func (s *Server) withheld() answer {
	s.metrics.journalWithheld.Inc()
	return refuse(&problem{code: codeJournal})
}

// trail is the journal that refusals go into: the operator's own listener has none of its own. nil = there is none.
func (s *Server) trail() *journal {
	if s.journal == nil && s.public != nil {
		return s.public.journal
	}
	return s.journal
}

// accountHead accounts for a request that was refused by its head.
func (s *Server) accountHead(a *admitted, p *problem) answer {
	return s.accountRefusal(a, nil, refuse(p))
}

// accountRefusal is the one place that all refusals pass, but for what is turned away unread: those of the head, of handlers
// and of the writer. A refusal of a principal gets a record behind its answer; one without a credential is counted as a failed
// authentication.
func (s *Server) accountRefusal(a *admitted, told []engine.Object, out answer) answer {
	status := out.problem.status()
	j := s.trail()
	switch {
	case j == nil:
		return out
	case a.rejected && (a.route == nil || a.route.allow.open): // whatever else is wrong
		s.accountFailure(a, status, codeUnauthenticated)
		return out
	case out.problem.code == codeRateLimited:
		s.accountLimited(a, out.problem)
		return out
	case a.who == nil:
		if status == http.StatusUnauthorized || out.problem.code == codeLoopbackOnly {
			s.accountFailure(a, status, out.problem.code)
		}
		return out
	case status >= 500 || s.admin: // which waits for no journal
		s.accountUnserved(a, out.problem)
		return out
	}
	r := s.accessRecord(a, engine.AccessRefused, status)
	r.Code = out.problem.code
	r.Objects = append(s.objectsOf(a), told[:min(len(told), engine.MaxAccessObjects-1)]...)
	if err := j.recordBehind(s.base, r); err != nil {
		out = s.withheld()
		s.accountUnserved(a, out.problem)
	}
	return out
}

// accountUnserved counts a request of a principal that was refused for something of the server's, a fault (5xx) or what it is
// out of, or by the operator's own listener: for each principal and reason, from wherever. It waits for nobody. How ready the
// server is is an answer and no refusal.
func (s *Server) accountUnserved(a *admitted, p *problem) {
	if s.trail() == nil || a.who == nil || a.route != nil && a.route.name == "getReadiness" && p.status() == http.StatusServiceUnavailable {
		return
	}
	r := s.accessRecord(a, engine.AccessRefused, p.status())
	r.Code, r.Objects = p.code, s.objectsOf(a)
	s.accountFlood([16]byte{}, r)
}

// accountFailure counts a failed authentication. It waits for nobody.
func (s *Server) accountFailure(a *admitted, status int, code string) {
	r := s.accessRecord(a, engine.AccessFailed, status)
	r.Code = code
	a.nameKey(&r)
	s.accountFlood(a.from, r)
}

// nameKey puts the record of a credential that was not taken where the key is of that was shown, if there is such a key.
func (a *admitted) nameKey(r *engine.AccessRecord) {
	if a.who != nil || a.keyShown == "" {
		return
	}
	if key, ok := a.snap.APIKeyByID(a.keyShown); ok { // else somebody made it up
		r.Tenant, r.KeyID = key.Tenant, key.ID
	}
}

// accountLimited counts a request that was one too many: of who asks, or a credential that was not looked at. Others without a credential
// are nobody's.
func (s *Server) accountLimited(a *admitted, p *problem) {
	kind := engine.AccessRefused
	if a.who == nil {
		if a.toll.of != &s.limit.failures {
			return
		}
		kind = engine.AccessFailed
	}
	r := s.accessRecord(a, kind, p.status())
	r.Code = p.code
	a.nameKey(&r)
	s.accountFlood(a.from, r)
}

// accountFlood gives the first of many records of their own and counts the others.
func (s *Server) accountFlood(from [16]byte, r engine.AccessRecord) {
	j := s.trail()
	j.floods.admit(from, r, func() bool {
		if j.failing.Load() {
			return false
		}
		select {
		case j.behind <- &note{record: r}:
			return true
		default:
			return false
		}
	})
}

// accessRecord is a record of a request, without objects.
func (s *Server) accessRecord(a *admitted, kind engine.AccessKind, status int) engine.AccessRecord {
	r := engine.AccessRecord{Kind: kind, At: a.now, Tenant: s.tenant, Client: clientText(a.client), Status: uint16(status), RequestID: a.requestID}
	if a.route != nil {
		r.Action = a.route.name
	}
	if a.who != nil {
		r.Tenant, r.Principal, r.Role, r.KeyID = a.who.actor.Tenant, a.who.actor.Principal, a.who.actor.Role, a.who.credential
	}
	return r
}

// narrowedTo tells what an export was asked for; exports are narrowed by ids and instants alone.
func narrowedTo(a *admitted) (asked []engine.Object) {
	if a.route.allow.tells != tellsExport {
		return nil
	}
	for _, name := range a.route.query {
		if value, given := a.query[name]; given && name != "cursor" && len(value) <= maxSegmentBytes {
			asked = append(asked, engine.Object{Type: name, ID: value})
		}
	}
	return asked
}

// objectsOf names the object in the path of a request. What is nowhere in the tenant is named by a
// keyed digest: somebody may have put anything there.
func (s *Server) objectsOf(a *admitted) []engine.Object {
	if a.id == "" || a.route == nil || a.snap == nil || a.route.about == nil {
		return nil
	}
	tenant, of := a.who.actor.Tenant, a.route.about
	if of.known(s, a.snap, tenant, a.id) {
		return []engine.Object{{Type: of.kind, ID: a.id}}
	}
	sum := s.engine.Vault().Mark("journal "+of.kind, []byte(tenant+"\x00"+a.id))
	return []engine.Object{{Type: "unknown " + of.kind, ID: hex.EncodeToString(sum[:8])}}
}

// about is a kind of object whose ids stand in paths.
type about struct {
	kind  string
	known func(s *Server, snap *engine.Snapshot, tenant, id string) bool // to callers of a tenant
}

// aboutOf is about what a tenant has, as find finds it.
func aboutOf[T any](kind string, find func(snap *engine.Snapshot, tenant, id string) (T, bool)) *about {
	return &about{kind, func(_ *Server, snap *engine.Snapshot, tenant, id string) bool {
		_, known := find(snap, tenant, id)
		return known
	}}
}

var (
	aboutCase        = aboutOf("case", (*engine.Snapshot).Case)
	aboutAppointment = aboutOf("appointment", (*engine.Snapshot).Appointment)
	aboutCallback    = aboutOf("callback", (*engine.Snapshot).Callback)
	aboutReviewer    = aboutOf("reviewer", (*engine.Snapshot).Reviewer)
	aboutHold        = aboutOf("hold", (*engine.Snapshot).Hold)
	aboutKey         = aboutOf("key", (*engine.Snapshot).APIKey)
	aboutTenant      = &about{"tenant", func(s *Server, snap *engine.Snapshot, tenant, id string) bool {
		_, known := snap.Tenant(id)
		return known && tenant == s.tenant // to the others there is none
	}}
)
