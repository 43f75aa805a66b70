package engine

import "sync/atomic"

// tree is a B-tree of pointers to what is never changed, in order of keys of type K. It is
// a value: copying it with copy costs nothing, and from then on each of the two copies the
// nodes that it changes, once.
//
// One goroutine changes a tree. A tree that nobody changes any more may be read by many.
// copy writes to the tree that is copied unless it was copied before and not changed since.
//
// Nodes are short and hold pointers only, for a batch of commands copies some twenty of them
// for each command.
type tree[K, E any] struct {
	root    *node[E]
	n       int
	edit    uint64 // what the tree's own nodes are marked with; 0: it has none
	compare func(K, *E) int
}

const (
	fan       = 16 // children of a node at most; it has one item less
	leastFill = 5  // items below which a node is joined with another one when some are dropped
	maxHeight = 24 // every node but the root has an item: more than memory can hold
)

// node is a leaf if it has no kids. Its items lie between those of its kids.
type node[E any] struct {
	edit  uint64
	n     int
	items [fan - 1]*E
	kids  *[fan]*node[E]
}

// edits are the marks given out: no two trees have ever the same.
var edits atomic.Uint64

func (n *node[E]) full() bool { return n.n == len(n.items) }

func (t *tree[K, E]) copy() tree[K, E] {
	if t.edit != 0 {
		t.edit = 0
	}
	return *t
}

// Len returns the number of items.
func (t *tree[K, E]) Len() int { return t.n }

// get returns the item with a key, nil if there is none.
func (t *tree[K, E]) get(k K) *E {
	for n := t.root; n != nil; {
		i, found := t.find(n, k)
		if found {
			return n.items[i]
		}
		if n.kids == nil {
			break
		}
		n = n.kids[i]
	}
	return nil
}

// find returns where in a node the key stands, or which kid it would be in.
func (t *tree[K, E]) find(n *node[E], k K) (at int, found bool) {
	low, high := 0, n.n
	for low < high {
		middle := int(uint(low+high) >> 1)
		switch c := t.compare(k, n.items[middle]); {
		case c == 0:
			return middle, true
		case c < 0:
			high = middle
		default:
			low = middle + 1
		}
	}
	return low, false
}

// mine makes a node the tree's own.
func (t *tree[K, E]) mine(at **node[E]) *node[E] {
	n := *at
	if n.edit == t.edit {
		return n
	}
	c := new(node[E])
	*c = *n
	c.edit = t.edit
	if n.kids != nil {
		c.kids = new([fan]*node[E])
		*c.kids = *n.kids
	}
	*at = c
	return c
}

// own gets the tree ready to be changed.
func (t *tree[K, E]) own() {
	if t.edit == 0 {
		t.edit = edits.Add(1)
	}
	if t.root == nil {
		t.root = &node[E]{edit: t.edit}
	}
}

// put stores an item and returns the one that it replaces, nil if none.
func (t *tree[K, E]) put(k K, e *E) *E { return t.insert(k, e, false) }

// load is put for items that come in order, in less time; for others it is no faster.
func (t *tree[K, E]) load(k K, e *E) {
	last := t.last()
	t.insert(k, e, last == nil || t.compare(k, last) > 0)
}

// insert splits the full nodes on its way. behind says that the item comes behind all others.
func (t *tree[K, E]) insert(k K, e *E, behind bool) *E {
	t.own()
	n := t.mine(&t.root)
	if n.full() {
		t.root = &node[E]{edit: t.edit, kids: new([fan]*node[E])}
		t.root.kids[0] = n
		n = t.root
	}
	for edge := true; ; {
		i, found := n.n, false
		if !behind {
			i, found = t.find(n, k)
		}
		switch {
		case found:
			old := n.items[i]
			n.items[i] = e
			return old
		case n.kids == nil:
			n.open(i, e)
			t.n++
			return nil
		}
		edge = edge && i == n.n
		kid := t.mine(&n.kids[i])
		if kid.full() {
			// What comes in order leaves full nodes behind.
			at := fan/2 - 1
			if edge && (behind || t.compare(k, kid.items[kid.n-1]) > 0) {
				at = fan - 3
			}
			t.split(n, i, at)
			if i, found = t.beside(n, i, k, behind); found {
				continue // it is the item between the two
			}
			kid = n.kids[i]
		}
		n = kid
	}
}

// beside returns on which side of the i-th item a key is, or that it is that one's.
func (t *tree[K, E]) beside(n *node[E], i int, k K, behind bool) (kid int, found bool) {
	if behind {
		return i + 1, false
	}
	c := t.compare(k, n.items[i])
	if c > 0 {
		i++
	}
	return i, c == 0
}

// open puts an item at a place of a node that is not full.
func (n *node[E]) open(i int, e *E) {
	copy(n.items[i+1:n.n+1], n.items[i:n.n])
	n.items[i] = e
	n.n++
}

// close takes the item at a place out, and with it the kid behind it.
func (n *node[E]) close(i int) {
	copy(n.items[i:n.n-1], n.items[i+1:n.n])
	n.items[n.n-1] = nil
	if n.kids != nil {
		copy(n.kids[i+1:n.n], n.kids[i+2:n.n+1])
		n.kids[n.n] = nil
	}
	n.n--
}

// split divides the i-th kid, which is full, at one of its items, which goes up.
func (t *tree[K, E]) split(n *node[E], i, at int) {
	left := n.kids[i]
	right := &node[E]{edit: t.edit, n: left.n - at - 1}
	middle := left.items[at]
	copy(right.items[:], left.items[at+1:left.n])
	clear(left.items[at:])
	if left.kids != nil {
		right.kids = new([fan]*node[E])
		copy(right.kids[:], left.kids[at+1:])
		clear(left.kids[at+1:])
	}
	left.n = at
	copy(n.kids[i+2:n.n+2], n.kids[i+1:n.n+1])
	n.kids[i+1] = right
	n.open(i, middle)
}

// drop takes out the item with a key and returns it, nil if there is none.
func (t *tree[K, E]) drop(k K) *E {
	gone := t.get(k)
	if gone == nil {
		return nil
	}
	t.own()
	n := t.mine(&t.root)
	t.cut(n, k, false)
	t.n--
	if n.n == 0 && n.kids != nil {
		t.root = n.kids[0]
	}
	return gone
}

// cut takes an item that is there out of the tree below n: that of the key, or the last one.
func (t *tree[K, E]) cut(n *node[E], k K, last bool) *E {
	i, found := n.n, false
	if !last {
		i, found = t.find(n, k)
	}
	if n.kids == nil {
		if last {
			i--
		}
		gone := n.items[i]
		n.close(i)
		return gone
	}
	kid := t.mine(&n.kids[i])
	gone := t.cut(kid, k, last || found)
	if found {
		gone, n.items[i] = n.items[i], gone
	}
	if kid.n < leastFill {
		t.mend(n, min(i, n.n-1))
	}
	return gone
}

// mend joins the kids beside the i-th item, or else moves items from the longer to the shorter.
func (t *tree[K, E]) mend(n *node[E], i int) {
	left, right := t.mine(&n.kids[i]), t.mine(&n.kids[i+1])
	if left.n+right.n < len(left.items) {
		left.items[left.n] = n.items[i]
		copy(left.items[left.n+1:], right.items[:right.n])
		if left.kids != nil {
			copy(left.kids[left.n+1:], right.kids[:right.n+1])
		}
		left.n += right.n + 1
		n.close(i)
		return
	}
	for left.n < leastFill {
		left.items[left.n], n.items[i] = n.items[i], right.items[0]
		if left.n++; left.kids != nil {
			left.kids[left.n] = right.kids[0]
			right.kids[0] = right.kids[1]
		}
		right.close(0)
	}
	for right.n < leastFill {
		right.open(0, n.items[i])
		if right.kids != nil {
			copy(right.kids[1:right.n+1], right.kids[:right.n])
			right.kids[0] = left.kids[left.n]
		}
		n.items[i] = left.items[left.n-1]
		left.close(left.n - 1)
	}
}

// first returns the first item, nil if there is none.
func (t *tree[K, E]) first() *E {
	n := t.root
	if t.n == 0 {
		return nil
	}
	for n.kids != nil {
		n = n.kids[0]
	}
	return n.items[0]
}

// last returns the last item, nil if there is none.
func (t *tree[K, E]) last() *E {
	n := t.root
	if t.n == 0 {
		return nil
	}
	for n.kids != nil {
		n = n.kids[n.n]
	}
	return n.items[n.n-1]
}
