package engine

import (
	"cmp"
	"math"
	"strings"
)

// index keeps ids by a key of their tenant: what was there when a checkpoint was loaded
// in past, what has changed since in the tree. Where both know an entry the tree is
// right. So changing an index never needs to know what past holds.
type index struct {
	tree tree[indexed, indexed]
	past *listed // nil: nothing
}

// indexed is one id under one key. Order is the order of the ids under a key:
// minus an instant for newest first, 0 where ids alone decide.
type indexed struct {
	tenant, key string
	order       int64
	id          string
	gone        bool // past may hold it, the index does not; never seen outside
}

func (a *indexed) before(b *indexed) bool { return a.compare(b) < 0 }

func (a *indexed) compare(b *indexed) int {
	switch {
	case a.tenant != b.tenant:
		return strings.Compare(a.tenant, b.tenant)
	case a.key != b.key:
		return strings.Compare(a.key, b.key)
	case a.order != b.order:
		return cmp.Compare(a.order, b.order)
	}
	return strings.Compare(a.id, b.id)
}

func newIndex() index {
	return index{tree: tree[indexed, indexed]{compare: func(a indexed, b *indexed) int { return a.compare(b) }}}
}

func (x *index) add(e indexed) { x.tree.put(e, &e) }

// addAt is add for an entry that lies somewhere for good.
func (x *index) addAt(e *indexed) { x.tree.put(*e, e) }

func (x *index) drop(e indexed) {
	if x.past == nil {
		x.tree.drop(e)
		return
	}
	e.gone = true
	x.tree.put(e, &e)
}

func (x *index) has(e indexed) bool {
	if known := x.tree.get(e); known != nil || x.past == nil {
		return known != nil && !known.gone
	}
	w := x.past.walk(&e)
	return !w.done && !e.before(&w.indexed)
}

// from walks all that is not before a place.
func (x *index) from(place indexed, yield func(*indexed) bool) {
	if x.past == nil {
		x.tree.from(place, yield)
		return
	}
	for at := x.walk(&place); !at.done && yield(&at.indexed); at.next() {
	}
}

// ids walks the ids under a key.
func (x *index) ids(tenant, key string, yield func(id string) bool) {
	if x.past == nil && x.tree.Len() == 0 {
		return
	}
	x.from(indexed{tenant: tenant, key: key, order: math.MinInt64}, func(e *indexed) bool {
		return e.tenant == tenant && e.key == key && yield(e.id)
	})
}

func (x *index) clone() index { return index{x.tree.copy(), x.past} }

// indexWalk stands on an entry of an index, unless it is done.
type indexWalk struct {
	indexed
	done   bool
	newer  treeWalk[indexed]
	past   listedWalk
	listed bool // past does
}

// walk stands on the first entry that is not before a place.
func (x *index) walk(place *indexed) indexWalk {
	w := indexWalk{newer: x.tree.seek(*place)}
	if x.past != nil {
		w.past = x.past.walk(place)
		w.listed = !w.past.done
	}
	w.next()
	return w
}

// next goes on to the entry behind the one that it stands on.
func (w *indexWalk) next() {
	for {
		switch {
		case !w.newer.done() && (!w.listed || !w.past.before(w.newer.item())):
			w.indexed = *w.newer.item()
			if w.listed && !w.before(&w.past.indexed) { // the same entry
				w.past.next()
				w.listed = !w.past.done
			}
			w.newer.next()
			if w.gone {
				continue
			}
		case w.listed:
			w.indexed = w.past.indexed
			w.past.next()
			w.listed = !w.past.done
		default:
			w.done = true
		}
		return
	}
}
