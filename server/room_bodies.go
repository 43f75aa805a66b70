package server

import (
	"sync"
	"time"

	"github.com/valyala/fasthttp"
)

// maxLargeBodies is how many bytes of large bodies – those that may be beyond maxBodyBytes – are in memory at a time. A tenant takes no more than
// it leaves free: one alone has two imports of the largest size on the way, and another one then still has one.
const maxLargeBodies = 4 * maxImportBytes

// bodyRoom keeps the memory for large bodies bounded: it is taken when a head has come, before the library makes a buffer of the
// length that the head tells, and given back when the request has its answer. Bodies are known by their heads' place in memory, since
// the library shows nothing else of a connection then. Of a request that ends without any answer – its connection broke between
// two steps – it is given back when its time to be read is over.
type bodyRoom struct {
	mu       sync.Mutex
	taken    int
	byTenant map[string]int
	lent     map[*fasthttp.RequestHeader]largeBody
}

// largeBody is one that is on its way or being worked at.
type largeBody struct {
	tenant string
	bytes  int
	until  time.Time // when its reading is over; zero: it is being worked at
}

// take takes room for a body of a tenant, if there is some.
func (r *bodyRoom) take(h *fasthttp.RequestHeader, tenant string, length int, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.drop(h) // a request before this one on the same memory is over
	for old, b := range r.lent {
		if !b.until.IsZero() && now.After(b.until) {
			r.drop(old)
		}
	}
	if r.byTenant[tenant]+length > maxLargeBodies-r.taken-length {
		return false
	}
	if r.lent == nil {
		r.lent, r.byTenant = map[*fasthttp.RequestHeader]largeBody{}, map[string]int{}
	}
	r.taken += length
	r.byTenant[tenant] += length
	r.lent[h] = largeBody{tenant: tenant, bytes: length, until: now.Add(importTime(length) + lingerTimeout)}
	return true
}

// keep holds a body that has come whole until give.
func (r *bodyRoom) keep(h *fasthttp.RequestHeader) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if b, ok := r.lent[h]; ok {
		b.until = time.Time{}
		r.lent[h] = b
	}
}

// give gives back what was taken for a head, if anything was.
func (r *bodyRoom) give(h *fasthttp.RequestHeader) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.drop(h)
}

// drop is give. The caller holds the lock.
func (r *bodyRoom) drop(h *fasthttp.RequestHeader) {
	b, ok := r.lent[h]
	if !ok {
		return
	}
	delete(r.lent, h)
	r.taken -= b.bytes
	if r.byTenant[b.tenant] -= b.bytes; r.byTenant[b.tenant] == 0 {
		delete(r.byTenant, b.tenant)
	}
}
