package engine

import (
	"cmp"
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

// table keeps values by tenant and id: those that a checkpoint held and nobody has
// changed since in past, all others in the tree.
type table[T any] struct {
	tree *btree.BTreeG[row[T]]
	past *past[T] // nil: none; then nothing is ever dropped
	// replaced counts the values of past that the tree has others for.
	replaced *int
}

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

func newTable[T any]() table[T] { return table[T]{tree: newTree(rowBefore[T]), replaced: new(int)} }

func rowBefore[T any](a, b row[T]) bool {
	if a.tenant != b.tenant {
		return a.tenant < b.tenant
	}
	return a.id < b.id
}

func (t table[T]) get(tenant, id string) (*T, bool) {
	r, ok := t.tree.Get(row[T]{tenant: tenant, id: id})
	if !ok && t.past != nil {
		if l := t.past.find(tenant, id); l != nil {
			return l.get(), true
		}
	}
	return r.get(), ok
}

// put returns the value that v replaces, nil if none.
func (t table[T]) put(tenant, id string, v *T) *T {
	old, known := t.tree.Set(row[T]{tenant: tenant, id: id, value: v})
	if !known && t.past != nil {
		if l := t.past.find(tenant, id); l != nil {
			*t.replaced++
			return l.get()
		}
	}
	return old.get()
}

func (t table[T]) drop(tenant, id string) bool {
	if t.past != nil {
		broken("nothing is dropped of what is kept for good", len(id), 0)
	}
	_, ok := t.tree.Delete(row[T]{tenant: tenant, id: id})
	return ok
}

// each walks all values in order of tenant and id.
func (t table[T]) each(yield func(*T) bool) {
	t.rows("", "", func(r row[T]) bool { return yield(r.peek()) })
}

// changed walks the values that no checkpoint held when this state was loaded.
func (t table[T]) changed(yield func(*T) bool) {
	t.tree.Scan(func(r row[T]) bool { return yield(r.peek()) })
}

// from walks a tenant's values with ids ≥ id.
func (t table[T]) from(tenant, id string, yield func(*T) bool) {
	t.rows(tenant, id, func(r row[T]) bool { return r.tenant == tenant && yield(r.get()) })
}

// rows walks all rows that are not before a place.
func (t table[T]) rows(tenant, id string, yield func(row[T]) bool) {
	place := row[T]{tenant: tenant, id: id}
	if t.past == nil {
		t.tree.Ascend(place, yield)
		return
	}
	newer := t.tree.Iter()
	more := newer.Seek(place)
	going := t.past.from(tenant, id, func(r row[T]) bool {
		for more && rowBefore(newer.Item(), r) {
			if !yield(newer.Item()) {
				return false
			}
			more = newer.Next()
		}
		if more && !rowBefore(r, newer.Item()) {
			r = newer.Item()
			more = newer.Next()
		}
		return yield(r)
	})
	for ; going && more; more = newer.Next() {
		going = yield(newer.Item())
	}
}

func (t table[T]) len() int { return t.tree.Len() + t.past.len() - *t.replaced }

func (t table[T]) clone() table[T] {
	replaced := *t.replaced
	return table[T]{t.tree.Copy(), t.past, &replaced}
}

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
