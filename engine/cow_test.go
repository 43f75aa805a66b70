package engine

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
)

type treeItem struct{ key, value int }

// treeTwin is a tree and the map that it must equal.
type treeTwin struct {
	tree tree[int, treeItem]
	twin map[int]int
}

func newTreeTwin() *treeTwin {
	return &treeTwin{tree[int, treeItem]{compare: func(k int, e *treeItem) int { return cmp.Compare(k, e.key) }}, map[int]int{}}
}

func (x *treeTwin) copy() *treeTwin { return &treeTwin{x.tree.copy(), maps.Clone(x.twin)} }

func (x *treeTwin) put(k, v int) error {
	old, known := x.twin[k]
	x.twin[k] = v
	return x.same("replaced", k, x.tree.put(k, &treeItem{k, v}), old, known)
}

func (x *treeTwin) drop(k int) error {
	old, known := x.twin[k]
	delete(x.twin, k)
	return x.same("dropped", k, x.tree.drop(k), old, known)
}

func (x *treeTwin) same(what string, k int, got *treeItem, want int, known bool) error {
	if (got != nil) != known || known && *got != (treeItem{k, want}) {
		return fmt.Errorf("%s %v, want %d, %t", what, got, want, known)
	}
	return nil
}

// check compares all of both, and the shape of the tree with what its comments promise.
func (x *treeTwin) check() error {
	keys := slices.Sorted(maps.Keys(x.twin))
	var walked []int
	x.tree.each(func(e *treeItem) bool {
		walked = append(walked, e.key)
		return true
	})
	if !slices.Equal(walked, keys) || x.tree.Len() != len(keys) {
		return fmt.Errorf("%d items walked, %d counted, want %d", len(walked), x.tree.Len(), len(keys))
	}
	for i, k := range keys {
		if err := x.same("got", k, x.tree.get(k), x.twin[k], true); err != nil {
			return err
		}
		for _, from := range []int{k, k - 1} {
			want := i
			if i > 0 && keys[i-1] == from {
				want--
			}
			if w := x.tree.seek(from); w.done() || w.item().key != keys[want] {
				return fmt.Errorf("seeking %d went wrong", from)
			}
		}
	}
	if len(keys) == 0 {
		if w := x.tree.walk(); x.tree.first() != nil || x.tree.last() != nil || !w.done() {
			return fmt.Errorf("an empty tree has items")
		}
		return nil
	}
	if x.tree.first().key != keys[0] || x.tree.last().key != keys[len(keys)-1] {
		return fmt.Errorf("first %d, last %d", x.tree.first().key, x.tree.last().key)
	}
	if w := x.tree.seek(keys[len(keys)-1] + 1); !w.done() {
		return fmt.Errorf("something is behind the last item")
	}
	_, err := shape(x.tree.root, true)
	return err
}

// shape returns the height of a node.
func shape(n *node[treeItem], root bool) (height int, err error) {
	if n.n == 0 && !root {
		return 0, fmt.Errorf("a node without items")
	}
	for i := n.n; i < len(n.items); i++ {
		if n.items[i] != nil || n.kids != nil && n.kids[i+1] != nil {
			return 0, fmt.Errorf("what is gone is still held")
		}
	}
	if n.kids == nil {
		return 1, nil
	}
	for i, kid := range n.kids[:n.n+1] {
		h, err := shape(kid, false)
		if err != nil {
			return 0, err
		}
		if i > 0 && h != height {
			return 0, fmt.Errorf("leaves at heights %d and %d", h, height)
		}
		height = h
	}
	return height + 1, nil
}

// TestTreeTwin changes trees and copies of them, which must stay as they are.
func TestTreeTwin(t *testing.T) {
	t.Parallel()
	for seed := range uint64(12) {
		t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 1))
			live := []*treeTwin{newTreeTwin()}
			span := 40 << (seed % 6 * 2)
			for op := range 6000 {
				x := live[r.IntN(len(live))]
				var err error
				switch n := r.IntN(100); {
				case n < 2 && len(live) < 6:
					live = append(live, x.copy())
				case n < 3:
					i := r.IntN(len(live))
					live[i] = x.copy()
				case n < 4:
					err = x.check()
				case n%2 == 0 && op/1500%2 == 1:
					err = x.drop(r.IntN(span))
				case n%5 == 0:
					err = x.put(op+span, op) // behind all others
				case n%7 == 0:
					err = x.drop(r.IntN(span))
				default:
					err = x.put(r.IntN(span), op)
				}
				if err != nil {
					t.Fatalf("operation %d: %v", op, err)
				}
			}
			for i, x := range live {
				if err := x.check(); err != nil {
					t.Fatalf("copy %d: %v", i, err)
				}
				for _, k := range slices.Sorted(maps.Keys(x.twin)) {
					if err := x.drop(k); err != nil {
						t.Fatal(err)
					}
					if len(x.twin)%64 == 0 {
						if err := x.check(); err != nil {
							t.Fatalf("copy %d, %d left: %v", i, len(x.twin), err)
						}
					}
				}
			}
		})
	}
}

// TestTreeInOrder: what comes in order leaves nodes behind that are nearly full, by load and by put.
func TestTreeInOrder(t *testing.T) {
	t.Parallel()
	for name, add := range map[string]func(x *treeTwin, k int){
		"put":  func(x *treeTwin, k int) { x.tree.put(k, &treeItem{k, k}) },
		"load": func(x *treeTwin, k int) { x.tree.load(k, &treeItem{k, k}) },
	} {
		x := newTreeTwin()
		const many = 5000
		for k := range many {
			add(x, k)
			x.twin[k] = k
		}
		if err := x.check(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		leaves := 0
		var count func(n *node[treeItem])
		count = func(n *node[treeItem]) {
			if n.kids == nil {
				leaves++
				return
			}
			for _, kid := range n.kids[:n.n+1] {
				count(kid)
			}
		}
		count(x.tree.root)
		if most := many/(fan-3) + 1; leaves > most {
			t.Errorf("%s: %d leaves, want %d at most", name, leaves, most)
		}
		add(x, 17) // in the middle: it replaces
		if err := x.check(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestTreeCopiesLittle: a change after a copy touches a path and nothing else, and one after that nothing new.
func TestTreeCopiesLittle(t *testing.T) {
	t.Parallel()
	x := newTreeTwin()
	for k := range 10_000 {
		x.tree.put(k*2, &treeItem{k * 2, k})
	}
	old := x.tree.copy()
	nodes := func(t *tree[int, treeItem]) map[*node[treeItem]]bool {
		all := map[*node[treeItem]]bool{}
		var add func(n *node[treeItem])
		add = func(n *node[treeItem]) {
			all[n] = true
			for i := 0; n.kids != nil && i <= n.n; i++ {
				add(n.kids[i])
			}
		}
		add(t.root)
		return all
	}
	fresh := func() (n int) {
		before := nodes(&old)
		for at := range nodes(&x.tree) {
			if !before[at] {
				n++
			}
		}
		return n
	}
	if n := fresh(); n != 0 {
		t.Errorf("%d nodes copied before a change", n)
	}
	x.tree.put(5000, &treeItem{5000, -1})
	height, _ := shape(x.tree.root, true)
	n := fresh()
	if n == 0 || n > height {
		t.Errorf("%d nodes copied for a change, height is %d", n, height)
	}
	x.tree.put(5000, &treeItem{5000, -2})
	if again := fresh(); again != n {
		t.Errorf("%d nodes copied for the same change again, %d at first", again-n, n)
	}
	if e := old.get(5000); e.value != 2500 {
		t.Errorf("the copy has %v", e)
	}
}
