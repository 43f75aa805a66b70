package engine

import (
	"fmt"
	"math"
	"slices"
	"testing"
)

// TestIndexWithin: every tenant's part of a range is walked, and no more than is promised.
func TestIndexWithin(t *testing.T) {
	t.Parallel()
	x := newIndex()
	tenants := []string{"a", "a\x00", "b", "bb"}
	for i, tenant := range tenants {
		for n := range 40 {
			x.add(indexed{tenant: tenant, order: int64(n*(i+1) - 20), id: fmt.Sprintf("%03d", n)})
		}
	}
	var all []*indexed
	x.tree.each(func(e *indexed) bool {
		all = append(all, e)
		return true
	})
	for _, span := range [][2]int64{{math.MinInt64, math.MaxInt64}, {0, 10}, {-20, -19}, {5, 5}, {1000, 2000}, {math.MinInt64, 0}, {60, math.MaxInt64}} {
		var got, want []*indexed
		x.within(span[0], span[1], func(e *indexed) { got = append(got, e) })
		for _, e := range all {
			if e.order >= span[0] && e.order < span[1] {
				want = append(want, e)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%v: %d places, want %d", span, len(got), len(want))
		}
	}
	for n := range MaxOwedScan {
		x.add(indexed{tenant: "c", order: int64(n), id: "many"})
	}
	seen := 0
	x.within(math.MinInt64, math.MaxInt64, func(*indexed) { seen++ })
	if seen != MaxOwedScan {
		t.Errorf("%d places, want %d", seen, MaxOwedScan)
	}
}
