package slots

import "github.com/tidwall/btree"

// ReviewerRef is the dense number that a roster gives a reviewer; it is never
// reused.
type ReviewerRef uint32

// Call is one occupied span of a reviewer: a hold or an appointment.
//
// The tree copies a Call as plain memory. It must never get a method named Copy
// or IsoCopy: the tree would call it for every element of every node it copies.
type Call struct {
	Reviewer ReviewerRef
	Span     Interval // the call itself
	Busy     Interval // Span with its buffers; what must not overlap
	Until    Instant  // 0 = firm; else a hold, which counts only while now < Until
	ID       string   // unique
}

// ActiveAt reports whether the call counts at now.
func (c Call) ActiveAt(now Instant) bool { return c.Until == 0 || now < c.Until }

// Calendar holds the calls of all reviewers in a B-tree keyed by (reviewer,
// busy start). Busy spans of one reviewer in the tree never overlap, so an
// overlap test looks at one predecessor and one successor, and the key is
// unique. Clone is O(1), copy on write.
//
// One goroutine, the writer, calls Clone, Insert and Remove. A Calendar that it
// no longer changes may be read by any number of others at the same time, even
// while the writer clones it again and changes the clone.
type Calendar struct{ tree *btree.BTreeG[Call] }

// calendarDegree keeps small what a clone copies to change one call: nodes of up to 15.
const calendarDegree = 8

// NewCalendar returns an empty calendar.
func NewCalendar() *Calendar {
	return &Calendar{tree: btree.NewBTreeGOptions(byReviewerAndStart, btree.Options{Degree: calendarDegree, NoLocks: true})}
}

func byReviewerAndStart(a, b Call) bool {
	if a.Reviewer != b.Reviewer {
		return a.Reviewer < b.Reviewer
	}
	return a.Busy.Start < b.Busy.Start
}

func key(r ReviewerRef, busyStart Instant) Call {
	return Call{Reviewer: r, Busy: Interval{Start: busyStart}}
}

// Insert adds a call; it returns the call it would overlap, if any, and then
// changes nothing. Expired holds are in the way until they are removed. A call
// whose Span is empty or not inside its Busy is refused as well and returned
// itself, for it would break the order of the tree.
func (c *Calendar) Insert(call Call) (conflict Call, ok bool) {
	if call.Span.Empty() || !call.Busy.Covers(call.Span) {
		return call, false
	}
	c.Calls(call.Reviewer, call.Busy, func(other Call) bool {
		conflict, ok = other, true
		return false
	})
	if ok {
		return conflict, false
	}
	c.tree.Set(call)
	return Call{}, true
}

// Append is Insert for calls that come in order of reviewer and time, in less
// time; for others it is no faster.
func (c *Calendar) Append(call Call) (conflict Call, ok bool) {
	last, found := c.tree.Max()
	free := !found || last.Reviewer < call.Reviewer || last.Reviewer == call.Reviewer && last.Busy.End <= call.Busy.Start
	if !free || call.Span.Empty() || !call.Busy.Covers(call.Span) {
		return c.Insert(call)
	}
	c.tree.Load(call)
	return Call{}, true
}

// Remove takes out the call of r whose Busy starts at busyStart and reports
// whether there was one.
func (c *Calendar) Remove(r ReviewerRef, busyStart Instant) bool {
	_, ok := c.tree.Delete(key(r, busyStart))
	return ok
}

// Get returns the call of r whose Busy starts at busyStart.
func (c *Calendar) Get(r ReviewerRef, busyStart Instant) (Call, bool) {
	return c.tree.Get(key(r, busyStart))
}

// Conflict returns the first active call of r that overlaps busy, ignoring the
// call named except and holds that have expired (Until ≤ now).
func (c *Calendar) Conflict(r ReviewerRef, busy Interval, now Instant, except string) (Call, bool) {
	var found Call
	var ok bool
	c.Calls(r, busy, func(call Call) bool {
		if call.ActiveAt(now) && (except == "" || call.ID != except) {
			found, ok = call, true
		}
		return !ok
	})
	return found, ok
}

// Calls yields the calls of r whose Busy overlaps within, in order of time,
// expired holds included, until yield returns false.
func (c *Calendar) Calls(r ReviewerRef, within Interval, yield func(Call) bool) {
	if within.Empty() {
		return
	}
	// Of the calls that start before within only the last one can reach in.
	from := within.Start
	c.tree.Descend(key(r, within.Start), func(call Call) bool {
		if call.Reviewer == r && call.Busy.End > within.Start {
			from = call.Busy.Start
		}
		return false
	})
	c.tree.Ascend(key(r, from), func(call Call) bool {
		return call.Reviewer == r && call.Busy.Start < within.End && yield(call)
	})
}

// CountStarts counts active calls of r whose Span starts in within: all of them,
// or firm ones only, ignoring the call named except.
func (c *Calendar) CountStarts(r ReviewerRef, within Set, now Instant, firmOnly bool, except string) int {
	n := 0
	for _, iv := range within.ivs {
		c.starts(r, iv, now, firmOnly, except, func(Call) { n++ })
	}
	return n
}

// CountByDate counts as CountStarts does, for daily caps: counts[i] becomes the
// number of calls that start on the local date from + i in zone z.
func (c *Calendar) CountByDate(counts []int, r ReviewerRef, z *Zone, from Date, now Instant, firmOnly bool, except string) {
	clear(counts)
	if len(counts) == 0 {
		return
	}
	dates := z.Dates(from, from.AddDays(len(counts)-1))
	c.starts(r, dates.Hull(), now, firmOnly, except, func(call Call) {
		// Where dates are not contiguous the hull holds instants of others.
		if i := int(z.Date(call.Span.Start) - from); i >= 0 && i < len(counts) {
			counts[i]++
		}
	})
}

// starts visits the calls that CountStarts counts in one interval. A Span starts
// inside its Busy, so it is enough to look at the calls that Busy finds.
func (c *Calendar) starts(r ReviewerRef, within Interval, now Instant, firmOnly bool, except string, visit func(Call)) {
	c.Calls(r, within, func(call Call) bool {
		counts := call.ActiveAt(now) && (!firmOnly || call.Until == 0) && (except == "" || call.ID != except)
		if counts && within.Contains(call.Span.Start) {
			visit(call)
		}
		return true
	})
}

// All yields every call, by reviewer and then by time, until yield returns false.
func (c *Calendar) All(yield func(Call) bool) { c.tree.Scan(yield) }

// Len returns the number of calls, expired holds included.
func (c *Calendar) Len() int { return c.tree.Len() }

// Clone returns a copy that may be changed without touching c. It belongs to
// the writer: it marks the nodes of c as shared.
func (c *Calendar) Clone() *Calendar { return &Calendar{tree: c.tree.Copy()} }
