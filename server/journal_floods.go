package server

import (
	"bytes"
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/slots"
)

// Limits of records that anybody can cause, a second: of one origin with one key the first are recorded each for each
// reason, the others counted.
const (
	failuresEach   = 5
	failuresAll    = 50   // of all together; then who failed first is counted apart, and those that are new and nobody together
	failureClients = 1024 // counted apart; what is beyond is counted together
)

// floods count the failed authentications, and what limits and the server's own troubles refused, as far as they have no
// record of their own.
// Anybody can make as many as he likes: they wait for nobody, and none goes uncounted.
type floods struct {
	mu        sync.Mutex
	counts    map[flooder]*flood
	own       int // records of their own
	uncounted int // without one, until they are taken
}

// flooder is who failed or asked too much, and why he was refused: an origin as limits have it, with a key of a tenant or none,
// or a principal.
type flooder struct {
	from                     [16]byte
	kind                     engine.AccessKind
	tenant, keyID, principal string
	code                     string
	rest                     bool // all others of a tenant together
}

type flood struct {
	seen, uncounted uint64
	last            engine.AccessRecord
}

// admit counts a failure from an origin. Where it may have a record of its own queued is called, with the lock held, and
// says whether there was room for one.
func (f *floods) admit(from [16]byte, r engine.AccessRecord, queued func() bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.counts == nil {
		f.counts = map[flooder]*flood{}
	}
	who := flooder{from: from, kind: r.Kind, tenant: r.Tenant, keyID: r.KeyID, principal: r.Principal, code: r.Code}
	n := f.counts[who]
	if n == nil && (len(f.counts) >= failureClients || f.own >= failuresAll && r.Principal == "") {
		who = flooder{kind: r.Kind, tenant: r.Tenant, code: r.Code, rest: true}
		r.Client, r.KeyID, r.Principal, r.Role = "", "", "", ""
		n = f.counts[who]
	}
	if n == nil {
		n = &flood{}
		f.counts[who] = n
	}
	if n.seen++; n.seen <= failuresEach && !who.rest && f.own < failuresAll && queued() {
		f.own++
		return
	}
	n.uncounted++
	n.last = r
	n.last.Objects = nil // of one of them
	f.uncounted++
}

// take returns a record for each flooder of whom some have none, and begins anew.
func (f *floods) take(now slots.Instant) (notes []*note) {
	f.mu.Lock()
	counts := f.counts
	f.counts, f.own, f.uncounted = nil, 0, 0
	f.mu.Unlock()
	whose := slices.SortedFunc(maps.Keys(counts), func(a, b flooder) int {
		return cmp.Or(bytes.Compare(a.from[:], b.from[:]), strings.Compare(a.tenant, b.tenant), strings.Compare(a.keyID, b.keyID),
			strings.Compare(a.principal, b.principal), cmp.Compare(a.kind, b.kind), strings.Compare(a.code, b.code))
	})
	for _, who := range whose {
		n := counts[who]
		if n.uncounted == 0 {
			continue
		}
		r := n.last
		r.At, r.Count = max(r.At, now), n.uncounted-1
		notes = append(notes, &note{record: r})
	}
	return notes
}

// waiting returns how many wait to be taken.
func (f *floods) waiting() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.uncounted
}
