package engine

import (
	"cmp"
	"math"
	"strings"

	"github.com/tidwall/btree"

	"github.com/parleyhq/parley/slots"
)

// The trees of the state. None has locks: a tree is changed by one goroutine,
// and from the moment others can see it by nobody. Cloning writes to the tree that is cloned, so
// only a tree that nobody else sees may be cloned (see state.clone). Rows hold
// pointers to entities that are never changed once they are in a tree.

// treeDegree is half the fan-out: small nodes, since a commit copies each node
// that it touches. Indexes and deadlines hold pointers for the same reason: what
// they point at is never changed, and a copied node is short.
const treeDegree = 12

func newTree[T any](less func(a, b T) bool) *btree.BTreeG[T] {
	return btree.NewBTreeGOptions(less, btree.Options{NoLocks: true, Degree: treeDegree})
}

// table keeps values by tenant and id.
type table[T any] struct{ tree *btree.BTreeG[row[T]] }

// row holds its value, or what it is read from.
type row[T any] struct {
	tenant, id string
	value      *T
	lazy       *lazy[T] // nil if value is there
}

// get returns the value; nil for the zero row.
func (r row[T]) get() *T {
	if r.lazy != nil {
		return r.lazy.get()
	}
	return r.value
}

// peek is get for walks over everything.
func (r row[T]) peek() *T {
	if r.lazy != nil {
		return r.lazy.peek()
	}
	return r.value
}

func newTable[T any]() table[T] { return table[T]{newTree(rowBefore[T])} }

func rowBefore[T any](a, b row[T]) bool {
	if a.tenant != b.tenant {
		return a.tenant < b.tenant
	}
	return a.id < b.id
}

func (t table[T]) get(tenant, id string) (*T, bool) {
	r, ok := t.tree.Get(row[T]{tenant: tenant, id: id})
	return r.get(), ok
}

// put returns the value that v replaces, nil if none.
func (t table[T]) put(tenant, id string, v *T) *T {
	old, _ := t.tree.Set(row[T]{tenant: tenant, id: id, value: v})
	return old.get()
}

func (t table[T]) drop(tenant, id string) bool {
	_, ok := t.tree.Delete(row[T]{tenant: tenant, id: id})
	return ok
}

// each walks all values in order of tenant and id.
func (t table[T]) each(yield func(*T) bool) {
	t.tree.Scan(func(r row[T]) bool { return yield(r.peek()) })
}

// from walks a tenant's values with ids ≥ id.
func (t table[T]) from(tenant, id string, yield func(*T) bool) {
	t.tree.Ascend(row[T]{tenant: tenant, id: id}, func(r row[T]) bool {
		return r.tenant == tenant && yield(r.get())
	})
}

func (t table[T]) len() int { return t.tree.Len() }

func (t table[T]) clone() table[T] { return table[T]{t.tree.Copy()} }

// index keeps ids by a key of their tenant.
type index struct{ tree *btree.BTreeG[*indexed] }

// indexed is one id under one key. Order is the order of the ids under a key:
// minus an instant for newest first, 0 where ids alone decide.
type indexed struct {
	tenant, key string
	order       int64
	id          string
}

func (a *indexed) before(b *indexed) bool {
	switch {
	case a.tenant != b.tenant:
		return a.tenant < b.tenant
	case a.key != b.key:
		return a.key < b.key
	case a.order != b.order:
		return a.order < b.order
	}
	return a.id < b.id
}

func newIndex() index { return index{newTree((*indexed).before)} }

// add reports whether e was not there.
func (x index) add(e indexed) bool {
	_, replaced := x.tree.Set(&e)
	return !replaced
}

// load adds e behind all that is there, fast; elsewhere it is add.
func (x index) load(e indexed) { x.tree.Load(&e) }

func (x index) drop(e indexed) bool {
	_, ok := x.tree.Delete(&e)
	return ok
}

// from walks all that is not before a place.
func (x index) from(place indexed, yield func(*indexed) bool) { x.tree.Ascend(&place, yield) }

// ids walks the ids under a key.
func (x index) ids(tenant, key string, yield func(id string) bool) {
	if x.tree.Len() == 0 {
		return
	}
	x.from(indexed{tenant: tenant, key: key, order: math.MinInt64}, func(e *indexed) bool {
		return e.tenant == tenant && e.key == key && yield(e.id)
	})
}

func (x index) clone() index { return index{x.tree.Copy()} }

// deadlines keeps ids by the instant at which something ends.
type deadlines struct{ tree *btree.BTreeG[*deadline] }

type deadline struct {
	at         slots.Instant
	tenant, id string
}

func newDeadlines() deadlines {
	return deadlines{newTree(func(a, b *deadline) bool { return a.compare(*b) < 0 })}
}

func (a deadline) compare(b deadline) int {
	if a.at != b.at {
		return cmp.Compare(a.at, b.at)
	}
	return cmp.Or(strings.Compare(a.tenant, b.tenant), strings.Compare(a.id, b.id))
}

func (d deadlines) add(x deadline) bool {
	_, replaced := d.tree.Set(&x)
	return !replaced
}

// load adds x behind all that is there, fast; elsewhere it is add.
func (d deadlines) load(x deadline) { d.tree.Load(&x) }

func (d deadlines) drop(x deadline) bool {
	_, ok := d.tree.Delete(&x)
	return ok
}

// due returns the earliest deadline if it is not after now.
func (d deadlines) due(now slots.Instant) (deadline, bool) {
	x, ok := d.tree.Min()
	if !ok || x.at > now {
		return deadline{}, false
	}
	return *x, true
}

func (d deadlines) clone() deadlines { return deadlines{d.tree.Copy()} }

// any reports whether a tenant has a value.
func (t table[T]) any(tenant string) (found bool) {
	t.from(tenant, "", func(*T) bool {
		found = true
		return false
	})
	return found
}
