package slots

import (
	"cmp"
	"iter"
	"slices"
	"sort"
	"strings"
)

// Set is a set of instants: intervals that are sorted, disjoint, not empty
// and never touching. The zero Set is empty. A Set is immutable, so sets may
// share memory and be read by many goroutines.
//
// There is exactly one Set for each set of instants; Equal relies on it.
type Set struct{ ivs []Interval }

// NewSet returns the union of ivs, in any order, overlapping or empty ones
// included. It keeps no reference to ivs.
func NewSet(ivs ...Interval) Set { return setOf(slices.Clone(ivs)) }

// setOf is NewSet for a slice that the set may keep and reorder.
func setOf(ivs []Interval) Set {
	if !slices.IsSortedFunc(ivs, byStart) {
		slices.SortFunc(ivs, byStart)
	}
	// The builder never gets ahead of the element being read.
	b := setBuilder{ivs: ivs[:0]}
	for _, iv := range ivs {
		b.add(iv)
	}
	return b.set()
}

func byStart(a, b Interval) int { return cmp.Compare(a.Start, b.Start) }

// setBuilder joins intervals that arrive in ascending order of Start into the
// canonical form.
type setBuilder struct{ ivs []Interval }

func (b *setBuilder) add(iv Interval) {
	if iv.Empty() {
		return
	}
	if n := len(b.ivs); n > 0 && iv.Start <= b.ivs[n-1].End {
		b.ivs[n-1].End = max(b.ivs[n-1].End, iv.End)
		return
	}
	b.ivs = append(b.ivs, iv)
}

func (b *setBuilder) set() Set {
	if len(b.ivs) == 0 {
		return Set{}
	}
	return Set{ivs: b.ivs}
}

// Empty reports whether the set holds no instant.
func (s Set) Empty() bool { return len(s.ivs) == 0 }

// Len returns the number of intervals.
func (s Set) Len() int { return len(s.ivs) }

// At returns the i-th interval in order of time, 0 ≤ i < Len.
func (s Set) At(i int) Interval { return s.ivs[i] }

// All yields the intervals in order of time.
func (s Set) All() iter.Seq[Interval] { return slices.Values(s.ivs) }

// Hull returns the shortest interval that covers the set.
func (s Set) Hull() Interval {
	if s.Empty() {
		return Interval{}
	}
	return Interval{Start: s.ivs[0].Start, End: s.ivs[len(s.ivs)-1].End}
}

// Seconds returns the length of all intervals together.
func (s Set) Seconds() int64 {
	var sum int64
	for _, iv := range s.ivs {
		sum += iv.Seconds()
	}
	return sum
}

// endsAfter returns the index of the first interval that ends after t.
func (s Set) endsAfter(t Instant) int {
	return sort.Search(len(s.ivs), func(i int) bool { return s.ivs[i].End > t })
}

// Contains reports whether t is in the set.
func (s Set) Contains(t Instant) bool {
	k := s.endsAfter(t)
	return k < len(s.ivs) && s.ivs[k].Start <= t
}

// Covers reports whether every instant of i is in the set. An empty i is
// covered by every set.
func (s Set) Covers(i Interval) bool {
	if i.Empty() {
		return true
	}
	k := s.endsAfter(i.Start)
	return k < len(s.ivs) && s.ivs[k].Covers(i)
}

// Overlaps reports whether the set and i share an instant.
func (s Set) Overlaps(i Interval) bool {
	k := s.endsAfter(i.Start)
	return k < len(s.ivs) && s.ivs[k].Overlaps(i)
}

// Union returns the instants that are in s or in t.
func (s Set) Union(t Set) Set {
	if s.Empty() {
		return t
	}
	if t.Empty() {
		return s
	}
	a, b := s.ivs, t.ivs
	out := setBuilder{ivs: make([]Interval, 0, len(a)+len(b))}
	for len(a) > 0 && len(b) > 0 {
		if a[0].Start <= b[0].Start {
			out.add(a[0])
			a = a[1:]
		} else {
			out.add(b[0])
			b = b[1:]
		}
	}
	for _, iv := range a {
		out.add(iv)
	}
	for _, iv := range b {
		out.add(iv)
	}
	return out.set()
}

// Intersect returns the instants that are in both s and t.
func (s Set) Intersect(t Set) Set {
	a, b := s.touched(t.Hull()), t.touched(s.Hull())
	if len(a) == 0 || len(b) == 0 {
		return Set{}
	}
	out := setBuilder{ivs: make([]Interval, 0, max(len(a), len(b)))}
	for len(a) > 0 && len(b) > 0 {
		out.add(a[0].Intersect(b[0]))
		if a[0].End <= b[0].End {
			a = a[1:]
		} else {
			b = b[1:]
		}
	}
	return out.set()
}

// Subtract returns the instants of s that are not in t.
func (s Set) Subtract(t Set) Set {
	holes := t.touched(s.Hull())
	if len(holes) == 0 {
		return s
	}
	out := setBuilder{ivs: make([]Interval, 0, len(s.ivs)+len(holes))}
	for _, iv := range s.ivs {
		for len(holes) > 0 && holes[0].End <= iv.Start {
			holes = holes[1:]
		}
		// A hole may reach into the next interval, so it is not consumed here.
		from := iv.Start
		for _, h := range holes {
			if h.Start >= iv.End {
				break
			}
			out.add(Interval{Start: from, End: h.Start})
			from = h.End
		}
		out.add(Interval{Start: from, End: iv.End})
	}
	return out.set()
}

// touched returns the intervals of s that overlap within, uncut.
func (s Set) touched(within Interval) []Interval {
	if within.Empty() {
		return nil
	}
	from := s.endsAfter(within.Start)
	rest := s.ivs[from:]
	n := sort.Search(len(rest), func(i int) bool { return rest[i].Start >= within.End })
	return rest[:n:n]
}

// Clip returns the instants of s inside within.
func (s Set) Clip(within Interval) Set {
	ivs := s.touched(within)
	n := len(ivs)
	if n == 0 {
		return Set{}
	}
	if !within.Covers(ivs[0]) || !within.Covers(ivs[n-1]) {
		ivs = slices.Clone(ivs)
		ivs[0] = ivs[0].Intersect(within)
		ivs[n-1] = ivs[n-1].Intersect(within)
	}
	return Set{ivs: ivs}
}

// Gaps returns the instants of within that are not in s.
func (s Set) Gaps(within Interval) Set { return NewSet(within).Subtract(s) }

// Equal reports whether s and t hold the same instants.
func (s Set) Equal(t Set) bool { return slices.Equal(s.ivs, t.ivs) }

// String lists the intervals in UTC, for people and test failures.
func (s Set) String() string {
	parts := make([]string, len(s.ivs))
	for i, iv := range s.ivs {
		parts[i] = iv.String()
	}
	return "{" + strings.Join(parts, " ") + "}"
}
