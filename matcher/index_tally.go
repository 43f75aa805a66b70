package matcher

import "github.com/parleyhq/parley/slots"

// tally counts something of every reviewer. Counts are kept as binary digits, so that 64
// of them are compared with a bound at once.
type tally struct{ counts vec[digits] }

// digits are the counts of 64 reviewers, least digit first.
type digits [tallyDigits]uint64

const (
	tallyDigits = 8
	tallyMax    = 1<<tallyDigits - 1
)

// count returns a reviewer's count.
func (t *tally) count(ref int) (n int) {
	if d := t.counts.at(ref / 64); d != nil {
		for k := range d {
			n |= int(d[k]>>(ref%64)&1) << k
		}
	}
	return n
}

// add counts one more, or one less. Beyond tallyMax it starts again at 0.
func (t *tally) add(ref, by int, edition uint64) {
	d, bit := t.counts.own(ref/64, edition), uint64(1)<<(ref%64)
	for k := range d {
		carry := d[k]&bit != 0 // a one more turns ones to zeros, a one less zeros to ones
		d[k] ^= bit
		if carry != (by > 0) {
			return
		}
	}
}

// compare returns those among the 64 reviewers from 64·w on whose count is below n, and
// those whose count it is.
func (t *tally) compare(w, n int) (less, same uint64) {
	d := t.counts.at(w)
	switch {
	case n > tallyMax:
		return ^uint64(0), 0
	case d == nil && n > 0:
		return ^uint64(0), 0
	case d == nil:
		return 0, ^uint64(0)
	}
	same = ^uint64(0)
	for k := tallyDigits - 1; k >= 0; k-- {
		if n>>k&1 == 1 {
			less |= same &^ d[k]
			same &= d[k]
		} else {
			same &^= d[k]
		}
	}
	return less, same
}

// Weeks of tallies start on Mondays, 00:00 UTC. Where the weeks that people ask for turn
// a little earlier or later, the hours between are looked at: turnReach covers all zones.
const (
	firstMonday = 4 * 24 * slots.Hour // 1970-01-05
	weekLength  = 7 * 24 * slots.Hour
	turnReach   = 14 * slots.Hour
)

// weekOf numbers the week of t.
func weekOf(t slots.Instant) int {
	n := (t - firstMonday) / weekLength
	if t-firstMonday < n*weekLength {
		n--
	}
	return int(n)
}

func weekStart(week int) slots.Instant { return firstMonday + slots.Instant(week)*weekLength }

// turnNear returns the week that starts at most turnReach from t, if one does.
func turnNear(t slots.Instant) (week int, ok bool) {
	week = weekOf(t + weekLength/2)
	return week, max(t-weekStart(week), weekStart(week)-t) <= turnReach
}

func hourOf(t slots.Instant) int { return slots.Raster{Minutes: 60}.Cell(t) }

// count counts a firm call of r, or takes it back; calendar shows it as it is afterwards.
func (x *Index) count(r *Reviewer, start slots.Instant, by int, calendar *slots.Calendar) {
	if start < x.oldest {
		return
	}
	ref := int(r.Ref)
	for _, t := range [...]*tally{x.byDate.own(int(r.Zone.Date(start)), x.edition), x.byWeek.own(weekOf(start), x.edition)} {
		if by > 0 && t.count(ref) == tallyMax || by < 0 && t.count(ref) == 0 {
			x.crowded.put(ref, true, x.edition) // until he is put again
		}
		t.add(ref, by, x.edition)
	}
	hour := hourOf(start)
	if _, near := turnNear(slots.Instant(hour) * slots.Hour); !near {
		return
	}
	among := slots.NewSet(slots.Interval{Start: slots.Instant(hour) * slots.Hour, End: slots.Instant(hour+1) * slots.Hour})
	some := by > 0 || calendar.CountStarts(r.Ref, among, start, true, "") > 0
	if p := x.nearTurn.at(hour); some != (p != nil && p.has(ref)) {
		x.nearTurn.own(hour, x.edition).put(ref, some, x.edition)
	}
}

// recount counts all calls of r, or takes them back.
func (x *Index) recount(r *Reviewer, by int, calendar *slots.Calendar) {
	calendar.Calls(r.Ref, everything.Hull(), func(c slots.Call) bool {
		x.note(r, c, by, calendar)
		return true
	})
}

// forget drops tallies of what lies before the week before now.
func (x *Index) forget(now slots.Instant) {
	oldest := weekStart(weekOf(now) - 1)
	if oldest <= x.oldest {
		return
	}
	x.oldest = oldest
	x.byWeek.forget(weekOf(oldest))
	x.byDate.forget(int(slots.UTC().Date(oldest)) - 2)
	x.nearTurn.forget(hourOf(oldest))
}

// tallyOn returns the firm calls that start on a date, by each reviewer's own clocks.
func (x *Index) tallyOn(date slots.Date) *tally {
	if t := x.byDate.at(int(date)); t != nil {
		return t
	}
	return &noTally
}

var noTally tally
