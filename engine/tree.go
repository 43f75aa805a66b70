package engine

import (
	"cmp"
	"strings"

	"github.com/parleyhq/parley/slots"
)

// The tables and deadlines of the state, on trees (cow.go). A tree is changed by one
// goroutine, and from the moment others can see it by nobody. Cloning writes to the tree
// that is cloned, so only a tree that nobody else sees may be cloned (see state.clone). Rows
// point to entities that are never changed once they are in a tree.

// table keeps values by tenant and id: those that a checkpoint held and nobody has
// changed since in past, all others in the tree.
type table[T any] struct {
	tree tree[name, row[T]]
	past *past[T] // nil: none; otherwise nothing is ever dropped
	// replaced counts the values of past that the tree has others for.
	replaced int
}

// name is the place of a row.
type name struct{ tenant, id string }

// row holds its value, or what it is read from.
type row[T any] struct {
	name
	value *T
	lazy  *lazy[T] // nil if value is there
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

func newTable[T any]() table[T] {
	return table[T]{tree: tree[name, row[T]]{compare: func(at name, r *row[T]) int { return at.compare(r.name) }}}
}

func (a name) compare(b name) int {
	if a.tenant != b.tenant {
		return strings.Compare(a.tenant, b.tenant)
	}
	return strings.Compare(a.id, b.id)
}

func (t *table[T]) get(tenant, id string) (*T, bool) {
	if r := t.tree.get(name{tenant, id}); r != nil {
		return r.get(), true
	}
	if t.past != nil {
		if l := t.past.find(tenant, id); l != nil {
			return l.get(), true
		}
	}
	return nil, false
}

// put returns the value that v replaces, nil if none.
func (t *table[T]) put(tenant, id string, v *T) *T {
	at := name{tenant, id}
	if old := t.tree.put(at, &row[T]{name: at, value: v}); old != nil {
		return old.get()
	}
	if t.past != nil {
		if l := t.past.find(tenant, id); l != nil {
			t.replaced++
			return l.get()
		}
	}
	return nil
}

// load puts a row behind all that are there, fast; elsewhere it is put.
func (t *table[T]) load(r row[T]) { t.tree.load(r.name, &r) }

func (t *table[T]) drop(tenant, id string) bool {
	if t.past != nil {
		broken("nothing is dropped of what is kept for good", len(id), 0)
	}
	return t.tree.drop(name{tenant, id}) != nil
}

// each walks all values in order of tenant and id.
func (t *table[T]) each(yield func(*T) bool) {
	t.rows("", "", func(r row[T]) bool { return yield(r.peek()) })
}

// changed walks the values that no checkpoint held when this state was loaded.
func (t *table[T]) changed(yield func(*T) bool) {
	t.tree.each(func(r *row[T]) bool { return yield(r.peek()) })
}

// from walks a tenant's values with ids ≥ id.
func (t *table[T]) from(tenant, id string, yield func(*T) bool) {
	t.rows(tenant, id, func(r row[T]) bool { return r.tenant == tenant && yield(r.get()) })
}

// rows walks all rows that are not before a place.
func (t *table[T]) rows(tenant, id string, yield func(row[T]) bool) {
	if t.past == nil {
		t.tree.from(name{tenant, id}, func(r *row[T]) bool { return yield(*r) })
		return
	}
	newer := t.tree.seek(name{tenant, id})
	going := t.past.from(tenant, id, func(r row[T]) bool {
		for !newer.done() && newer.item().compare(r.name) < 0 {
			if !yield(*newer.item()) {
				return false
			}
			newer.next()
		}
		if !newer.done() && newer.item().name == r.name {
			r = *newer.item()
			newer.next()
		}
		return yield(r)
	})
	for ; going && !newer.done(); newer.next() {
		going = yield(*newer.item())
	}
}

func (t *table[T]) len() int { return t.tree.Len() + t.past.len() - t.replaced }

func (t *table[T]) clone() table[T] { return table[T]{t.tree.copy(), t.past, t.replaced} }

// deadlines keeps ids by the instant at which something ends.
type deadlines struct{ tree tree[deadline, deadline] }

type deadline struct {
	at         slots.Instant
	tenant, id string
}

func newDeadlines() deadlines {
	return deadlines{tree[deadline, deadline]{compare: func(a deadline, b *deadline) int { return a.compare(*b) }}}
}

func (a deadline) compare(b deadline) int {
	if a.at != b.at {
		return cmp.Compare(a.at, b.at)
	}
	return name{a.tenant, a.id}.compare(name{b.tenant, b.id})
}

func (d *deadlines) add(x deadline) bool { return d.tree.put(x, &x) == nil }

// load adds x behind all that is there, fast; elsewhere it is add.
func (d *deadlines) load(x deadline) { d.tree.load(x, &x) }

func (d *deadlines) drop(x deadline) bool { return d.tree.drop(x) != nil }

func (d *deadlines) has(x deadline) bool { return d.tree.get(x) != nil }

// due returns the earliest deadline if it is not after now.
func (d *deadlines) due(now slots.Instant) (deadline, bool) {
	x := d.tree.first()
	if x == nil || x.at > now {
		return deadline{}, false
	}
	return *x, true
}

func (d *deadlines) clone() deadlines { return deadlines{d.tree.copy()} }

// any reports whether a tenant has a value.
func (t *table[T]) any(tenant string) (found bool) {
	t.from(tenant, "", func(*T) bool {
		found = true
		return false
	})
	return found
}
