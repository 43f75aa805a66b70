package engine

import (
	"cmp"
	"sort"
)

// listed is one index of what a checkpoint held: sorted, and never changed once it is
// made. It is made when somebody asks first, see lists.
type listed struct {
	of      *lists // who makes it; nil: it is made
	tenants []listedTenant
}

// listedTenant are the entries of one tenant, by key, order and id.
type listedTenant struct {
	name  string
	keys  []string // sorted
	ends  []uint32 // where the entries of each key end
	items []listedItem
	id    func(n int) string // of the row with a number
	first int                // number of the tenant's first row
}

type listedItem struct {
	order int64
	id    uint32 // number among the tenant's rows
}

// listedWalk stands on an entry, unless it is done.
type listedWalk struct {
	indexed
	done            bool
	tenants         []listedTenant
	tenant, key, at int
}

// walk stands on the first entry that is not before a place.
func (x *listed) walk(place *indexed) listedWalk {
	if x.of != nil {
		x.of.make(nil)
	}
	w := listedWalk{tenants: x.tenants}
	w.tenant = sort.Search(len(w.tenants), func(i int) bool { return w.tenants[i].name >= place.tenant })
	if w.tenant < len(w.tenants) && w.tenants[w.tenant].name == place.tenant {
		t := &w.tenants[w.tenant]
		w.key = sort.SearchStrings(t.keys, place.key)
		w.at = t.begin(w.key)
		if w.key < len(t.keys) && t.keys[w.key] == place.key {
			w.at += sort.Search(int(t.ends[w.key])-w.at, func(i int) bool { return !t.isBefore(w.at+i, place) })
		}
	}
	w.settle()
	return w
}

// begin returns where the entries of the k-th key begin.
func (t *listedTenant) begin(k int) int {
	if k == 0 {
		return 0
	}
	return int(t.ends[k-1])
}

func (t *listedTenant) idOf(i int) string { return t.id(t.first + int(t.items[i].id)) }

// isBefore compares an entry with a place under the same key.
func (t *listedTenant) isBefore(i int, place *indexed) bool {
	if c := cmp.Compare(t.items[i].order, place.order); c != 0 {
		return c < 0
	}
	return t.idOf(i) < place.id
}

func (w *listedWalk) next() {
	w.at++
	w.settle()
}

// settle takes up the entry at hand, or the first one of a later key or tenant.
func (w *listedWalk) settle() {
	for ; w.tenant < len(w.tenants); w.tenant++ {
		t := &w.tenants[w.tenant]
		if w.at < len(t.items) {
			for int(t.ends[w.key]) <= w.at {
				w.key++
			}
			w.indexed = indexed{tenant: t.name, key: t.keys[w.key], order: t.items[w.at].order, id: t.idOf(w.at)}
			return
		}
		w.key, w.at = 0, 0
	}
	w.done = true
}
