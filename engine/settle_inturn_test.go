package engine

import (
	"fmt"
	"testing"
)

// TestInTurn: what is short is yielded in order; of what is long those in front have theirs at every
// entry, and each of the others has before long, whatever the searches of those in front take.
func TestInTurn(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 2, 3, 17, 128, 1000} {
		for _, cost := range []int{0, settleWork / 300, settleWork / 5, settleWork * 3} {
			list := make([]int, n)
			for i := range list {
				list[i] = i
			}
			missing := n
			searched := make([]bool, n)
			entries := 0
			for seq := Seq(1); missing > 0; seq++ {
				if entries++; entries > 4*n+4 {
					t.Fatalf("%d of %d at %d each: %d have had no turn in %d entries", missing, n, cost, missing, entries)
				}
				missing -= turnsOf(t, list, seq, cost, searched)
			}
			if n*cost <= settleWork/2 && entries != 1 {
				t.Errorf("%d at %d each took %d entries", n, cost, entries)
			}
		}
	}
}

// turnsOf plays one entry and returns how many had their first turn in it.
func turnsOf(t *testing.T, list []int, seq Seq, cost int, searched []bool) (fresh int) {
	spent, last := 0, -1
	seen := map[int]bool{}
	for x, ok := range inTurn(list, seq, func() int { return spent }) {
		if seen[x] || spent <= settleWork/2 && x != last+1 {
			t.Fatalf("entry %d: %s", seq, fmt.Sprint(x, " behind ", last, " at ", spent))
		}
		seen[x], last = true, x
		if !ok {
			continue
		}
		if spent > settleWork+2*cost {
			t.Fatalf("entry %d: another search behind %d units", seq, spent)
		}
		if spent += cost; !searched[x] {
			searched[x] = true
			fresh++
		}
	}
	if len(seen) != len(list) {
		t.Fatalf("entry %d: %d of %d were yielded", seq, len(seen), len(list))
	}
	return fresh
}

// TestFromTurn: of more than an entry takes each has its turn, also where all entries of a tenant lie at every second position, or every
// 128th. Where turns were 128 apart, some of an even number never had one.
func TestFromTurn(t *testing.T) {
	t.Parallel()
	for _, n := range []int{MaxSettle + 1, 2 * MaxSettle, 1000} {
		list := make([]int, n)
		for i := range list {
			list[i] = i
		}
		for _, step := range []Seq{1, 2, MaxSettle} {
			had := map[int]bool{}
			for seq := step; seq <= 40*step; seq += step {
				now := fromTurn(list, seq)
				if len(now) != n {
					t.Fatalf("%d of %d", len(now), n)
				}
				for _, x := range now[:MaxSettle] {
					had[x] = true
				}
			}
			if len(had) != n {
				t.Errorf("%d of %d have had no turn at every position of %d", n-len(had), n, step)
			}
		}
	}
}
