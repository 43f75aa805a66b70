package slots

// Instant is a point in time: whole seconds since 1970-01-01T00:00:00Z,
// without leap seconds. Values before 1970 are negative.
type Instant int64

// Lengths of fixed spans, in seconds. There is no Day: a local day has 23,
// 24, 25 or, on some islands, no hours at all.
const (
	Minute Instant = 60
	Hour   Instant = 3600
)

// Interval is the half-open span [Start, End) of UTC time. It is empty
// unless Start < End; the zero Interval is empty.
type Interval struct {
	Start, End Instant
}

// Empty reports whether the interval holds no instant.
func (i Interval) Empty() bool { return i.Start >= i.End }

// Seconds returns the length, 0 for an empty interval.
func (i Interval) Seconds() int64 {
	if i.Empty() {
		return 0
	}
	return int64(i.End - i.Start)
}

// Contains reports whether t lies in the interval.
func (i Interval) Contains(t Instant) bool { return i.Start <= t && t < i.End }

// Covers reports whether every instant of j lies in i. An empty j is
// covered by everything.
func (i Interval) Covers(j Interval) bool {
	return j.Empty() || (i.Start <= j.Start && j.End <= i.End)
}

// Overlaps reports whether i and j share an instant. Touching intervals do not.
func (i Interval) Overlaps(j Interval) bool {
	return !i.Empty() && !j.Empty() && i.Start < j.End && j.Start < i.End
}

// Intersect returns the instants that i and j share, the zero Interval if none.
func (i Interval) Intersect(j Interval) Interval {
	if !i.Overlaps(j) {
		return Interval{}
	}
	return Interval{Start: max(i.Start, j.Start), End: min(i.End, j.End)}
}

// String shows the interval in UTC, for people and test failures.
func (i Interval) String() string { return "[" + i.Start.String() + ", " + i.End.String() + ")" }
