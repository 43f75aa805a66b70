package matcher

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestSlab compares the lists of a slab with lists of their own.
func TestSlab(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var s slab[int]
		for range 3 { // what was handed out before a reset does not count
			s.reset()
			var lists, twins [][]int
			for i := range rapid.IntRange(1, 60).Draw(t, "steps") {
				switch rapid.IntRange(0, 3).Draw(t, "step") {
				case 0:
					n := rapid.IntRange(0, 40).Draw(t, "room")
					lists, twins = append(lists, s.take(n)), append(twins, nil)
					for range rapid.IntRange(0, 2*n).Draw(t, "used") {
						k := len(lists) - 1
						lists[k], twins[k] = append(lists[k], i), append(twins[k], i)
					}
				case 1:
					lists, twins = append(lists, nil), append(twins, nil)
				case 2:
					if *s.one() != 0 {
						t.Fatal("one is not zero")
					}
				case 3:
					if len(lists) > 0 {
						k := rapid.IntRange(0, len(lists)-1).Draw(t, "list")
						lists[k], twins[k] = s.extend(lists[k], i), append(twins[k], i)
					}
				}
				for k := range lists {
					if !slices.Equal(lists[k], twins[k]) {
						t.Fatalf("list %d is %v, want %v", k, lists[k], twins[k])
					}
				}
			}
		}
	})
}

// TestSlabKeepsItsMemory: a need that was met once costs nothing the next time.
func TestSlabKeepsItsMemory(t *testing.T) {
	var s slab[int]
	use := func() {
		s.reset()
		var list []int
		for i := range 100 {
			s.take(3)
			list = s.extend(list, i)
			list = s.extend(list, i)
		}
	}
	use()
	use()
	if n := testing.AllocsPerRun(10, use); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
