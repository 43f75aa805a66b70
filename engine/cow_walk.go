package engine

// treeWalk stands on an item of a tree, unless it is done. The tree must not change.
type treeWalk[E any] struct {
	path   [maxHeight]step[E]
	height int // 0: done
}

// step is a node on the way, and the item of it that comes next.
type step[E any] struct {
	n *node[E]
	i int
}

// walk stands on the first item.
func (t *tree[K, E]) walk() (w treeWalk[E]) {
	if t.n > 0 {
		w.down(t.root)
		w.up()
	}
	return w
}

// seek stands on the first item that is not before a key.
func (t *tree[K, E]) seek(k K) (w treeWalk[E]) {
	for n := t.root; n != nil; {
		i, found := t.find(n, k)
		w.push(n, i)
		if found {
			return w
		}
		if n.kids == nil {
			break
		}
		n = n.kids[i]
	}
	w.up()
	return w
}

func (w *treeWalk[E]) push(n *node[E], i int) {
	w.path[w.height] = step[E]{n, i}
	w.height++
}

// down goes to the first leaf below n.
func (w *treeWalk[E]) down(n *node[E]) {
	for ; ; n = n.kids[0] {
		w.push(n, 0)
		if n.kids == nil {
			return
		}
	}
}

// up leaves the nodes that have no item left.
func (w *treeWalk[E]) up() {
	for w.height > 0 && w.path[w.height-1].i == w.path[w.height-1].n.n {
		w.height--
	}
}

func (w *treeWalk[E]) done() bool { return w.height == 0 }

// item returns the item that the walk stands on.
func (w *treeWalk[E]) item() *E {
	at := &w.path[w.height-1]
	return at.n.items[at.i]
}

// next goes on to the next item.
func (w *treeWalk[E]) next() {
	at := &w.path[w.height-1]
	at.i++
	if at.n.kids != nil {
		w.down(at.n.kids[at.i])
	}
	w.up()
}

// each walks the items until yield returns false.
func (t *tree[K, E]) each(yield func(*E) bool) {
	for w := t.walk(); !w.done() && yield(w.item()); w.next() {
	}
}

// from walks the items that are not before a key until yield returns false.
func (t *tree[K, E]) from(k K, yield func(*E) bool) {
	for w := t.seek(k); !w.done() && yield(w.item()); w.next() {
	}
}
