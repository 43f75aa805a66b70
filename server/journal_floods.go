package server

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/slots"
)

// Limits of failed authentications: of one client with one key the first of a second are
// recorded each, the others counted.
const (
	failuresEach   = 5
	failureClients = 1024 // counted apart; what is beyond is counted together
)

// floods count the failed authentications that have no record of their own. Anybody can make
// as many as he likes: they wait for nobody, and none goes uncounted.
type floods struct {
	mu     sync.Mutex
	counts map[failure401]*flood
}

// failure401 is who failed: a client, with a key of a tenant or none.
type failure401 struct{ client, tenant, keyID string }

type flood struct {
	seen, uncounted uint64
	last            engine.AccessRecord
}

// admit counts a failure and reports whether it gets a record of its own. queued is called
// with the lock held and says whether there was room for one.
func (f *floods) admit(r engine.AccessRecord, queued func() bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.counts == nil {
		f.counts = map[failure401]*flood{}
	}
	who := failure401{r.Client, r.Tenant, r.KeyID}
	n := f.counts[who]
	if n == nil && len(f.counts) >= failureClients {
		who = failure401{}
		r.Client, r.KeyID, r.Tenant = "", "", ""
		n = f.counts[who]
	}
	if n == nil {
		n = &flood{}
		f.counts[who] = n
	}
	if n.seen++; n.seen <= failuresEach && who != (failure401{}) && queued() {
		return
	}
	n.uncounted++
	n.last = r
}

// take returns a record for each client of which some have none, and begins anew. Those that are of nobody's
// tenant are recorded in tenant.
func (f *floods) take(tenant string, now slots.Instant) (notes []*note) {
	f.mu.Lock()
	counts := f.counts
	f.counts = nil
	f.mu.Unlock()
	whose := slices.SortedFunc(maps.Keys(counts), func(a, b failure401) int {
		return cmp.Or(strings.Compare(a.client, b.client), strings.Compare(a.tenant, b.tenant), strings.Compare(a.keyID, b.keyID))
	})
	for _, who := range whose {
		n := counts[who]
		if n.uncounted == 0 {
			continue
		}
		r := n.last
		r.At, r.Count = max(r.At, now), n.uncounted-1
		if r.Tenant == "" {
			r.Tenant = tenant
		}
		notes = append(notes, &note{record: r})
	}
	return notes
}
