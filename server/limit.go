package server

import (
	"bytes"
	"math"
	"net"
	"net/netip"
	"strconv"
	"time"

	"github.com/valyala/fasthttp"
)

// Rates are how many requests a second are taken, in the long run; each has a bucket that holds those of rateWindow. 0 = the usual
// number, negative = no limit. While no credentials are configured, there is one principal on this machine, and it has no limit.
type Rates struct {
	// Principal is that of one principal, Tenant that of all of one tenant together. What has the first rank by its route – cancellations, the release of
	// holds, reports of calls – does not count for the tenant, so that no office keeps another from giving time back. Bookings count all, by a hold or
	// without: what a body says decides nothing about charges.
	Principal, Tenant float64
	// Address is that of an address without a credential, on what is for everybody; Failures is how many credentials that are not
	// taken may come from it. An address is one of IPv4, or the first 64 bits of one of IPv6.
	Address, Failures float64
}

const (
	usualPrincipalRate = 200
	usualTenantRate    = 2000
	usualAddressRate   = 50
	usualFailureRate   = 5
	// rateWindow is whose tokens a bucket holds.
	rateWindow = 2 * time.Second
)

// limiter holds the buckets of a server.
type limiter struct {
	principal, tenant, address, failures policy
	office                               *officeCalls // nil: there is no such limit
	now                                  func() int64 // ns since some instant, never backwards
	proxied                              bool         // X-Forwarded-For is a proxy's
}

// policy is one kind of limit.
type policy struct {
	*buckets
	name string
	text []byte // RateLimit-Policy
}

// newPolicy makes a limit of rate a second whose buckets hold what comes in a window; a rate of 0 is none.
func newPolicy(name string, rate float64, window time.Duration) policy {
	p := policy{name: name, buckets: newBuckets(rate, window)}
	if p.buckets != nil {
		p.text = append(p.text, '"')
		p.text = append(append(p.text, name...), `";q=`...)
		p.text = append(strconv.AppendInt(p.text, p.depth/p.every, 10), ";w="...)
		p.text = strconv.AppendInt(p.text, seconds(p.depth), 10)
	}
	return p
}

func newLimiter(r Rates, proxied bool) limiter {
	began := time.Now()
	named := func(name string, asked, usual float64) policy {
		return newPolicy(name, orUsual(asked, usual), rateWindow)
	}
	return limiter{
		principal: named("principal", r.Principal, usualPrincipalRate), tenant: named("tenant", r.Tenant, usualTenantRate),
		address: named("address", r.Address, usualAddressRate), failures: named("failures", r.Failures, usualFailureRate),
		now: func() int64 { return int64(time.Since(began)) }, proxied: proxied,
	}
}

// seconds rounds ns up.
func seconds(ns int64) int64 { return int64(math.Ceil(float64(ns) / float64(time.Second))) }

// toll is what a request was charged, for the headers of its answer.
type toll struct {
	of *policy // nil: it was not
	spent
}

// charge charges a request to who asks, or to where it comes from if that is nobody, and refuses it if nothing is left. A credential that is not
// taken costs a failure also where none is wanted; what comes to no route costs nobody else. take is false for a request that will come here again.
func (s *Server) charge(a *admitted, take bool) *refused {
	l, routed := &s.limit, a.route != nil
	if take && a.rejected && (!routed || a.route.allow.open) {
		l.failures.take(a.from[:], l.now())
	}
	switch {
	case a.who == s.local, a.snap == nil, !routed && a.who == nil, routed && a.route.rank == rankFirst && a.route.allow.open:
		return nil
	}
	now := l.now()
	pay := func(p *policy, name []byte) bool {
		if p.buckets == nil {
			return true
		}
		a.toll = toll{of: p, spent: p.look(name, now, take)}
		return a.toll.ok
	}
	var paid bool
	switch {
	case a.who != nil:
		paid = pay(&l.principal, a.who.name)
		if paid && !(routed && a.route.rank == rankFirst) {
			kept := a.toll
			if paid = pay(&l.tenant, a.who.name[:len(a.who.actor.Tenant)]); paid && kept.of != nil {
				a.toll = kept // what the caller can do something about
			}
		}
	case a.route.allow.open:
		paid = pay(&l.address, a.from[:])
	default:
		paid = pay(&l.failures, a.from[:])
	}
	if paid {
		return nil
	}
	if take {
		s.metrics.limited(a.toll.of.name)
	}
	return deny(codeRateLimited, "The limit "+a.toll.of.name+" is reached. Nothing was looked at and nothing changed.")
}

// trusts reports whether an address may have another token checked: that costs much more than to look a key up.
func (l *limiter) trusts(from [16]byte) bool { return l.failures.peek(from[:], l.now()).ok }

// client is the address that a request comes from, without a zone. A proxy says it in the last item of X-Forwarded-For; what stands before that the
// client may have written itself, and where there is no proxy all of it.
func (l *limiter) client(peer net.Addr, forwarded []byte) netip.Addr {
	if l.proxied && len(forwarded) > 0 {
		last := bytes.Trim(forwarded[bytes.LastIndexByte(forwarded, ',')+1:], " \t")
		if said, err := netip.ParseAddr(string(last)); err == nil {
			return said.Unmap().WithZone("")
		}
	}
	return peerOf(peer)
}

// origin is the name of where a request comes from: see originOf.
func (l *limiter) origin(peer net.Addr, forwarded []byte) [16]byte {
	return originOf(l.client(peer, forwarded))
}

// originOf is what counts as one client: an address of IPv4, or the first 64 bits of one of IPv6.
func originOf(from netip.Addr) (name [16]byte) {
	name = from.As16()
	if from.Is6() {
		clear(name[8:])
	}
	return name
}

// Headers of limits, as in draft-ietf-httpapi-ratelimit-headers.
var (
	headerPolicy = []byte("Ratelimit-Policy")
	headerLimit  = []byte("Ratelimit")
)

// tell writes what is left into the headers of an answer.
func (t *toll) tell(h *fasthttp.ResponseHeader) {
	if t.of == nil {
		return
	}
	var room [64]byte
	value := append(append(append(room[:0], '"'), t.of.name...), `";r=`...)
	value = append(strconv.AppendInt(value, t.left, 10), ";t="...)
	value = strconv.AppendInt(value, seconds(t.full), 10)
	h.SetCanonical(headerPolicy, t.of.text)
	h.SetCanonical(headerLimit, value)
}

// retryAfter is how many seconds a client has to wait.
func (t *toll) retryAfter() int { return int(max(retryAfterSeconds, seconds(t.wait))) }
