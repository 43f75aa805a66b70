package matcher

import (
	"github.com/parleyhq/parley/slots"
)

// tally counts something of every reviewer. Counts are kept as binary digits, so that 64
// of them are compared with a bound at once.
type tally struct {
	edition uint64
	counts  vec[digits]
}

// digits are the counts of 512 reviewers, least digit first.
type digits [tallyDigits]block

const (
	tallyDigits = 8
	tallyMax    = 1<<tallyDigits - 1
)

// count returns a reviewer's count.
func (t *tally) count(ref int) (n int) {
	if d := t.counts.at(ref / blockBits); d != nil {
		for k := range d {
			n |= int(d[k][ref%blockBits/64]>>(ref%64)&1) << k
		}
	}
	return n
}

// add counts one more, or one less. Beyond tallyMax it starts again at 0.
func (t *tally) add(ref, by int, edition uint64) {
	d := t.counts.own(ref/blockBits, edition)
	w, bit := ref%blockBits/64, uint64(1)<<(ref%64)
	for k := range d {
		carry := d[k][w]&bit != 0 // a one more turns ones to zeros, a one less zeros to ones
		d[k][w] ^= bit
		if carry != (by > 0) {
			return
		}
	}
}

// below returns those among the 64 reviewers from 64·w on whose count is below limit.
func (t *tally) below(w, limit int) uint64 {
	if limit > tallyMax {
		return ^uint64(0)
	}
	d := t.counts.at(w / blockWords)
	if d == nil {
		if limit > 0 {
			return ^uint64(0)
		}
		return 0
	}
	less, same := uint64(0), ^uint64(0)
	for k := tallyDigits - 1; k >= 0; k-- {
		digit := d[k][w%blockWords]
		if limit>>k&1 == 1 {
			less |= same &^ digit
			same &= digit
		} else {
			same &^= digit
		}
	}
	return less
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
	for _, t := range [...]*tally{x.ownTally(x.byDate, int(r.Zone.Date(start))), x.ownTally(x.byWeek, weekOf(start))} {
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
	some := calendar.CountStarts(r.Ref, among, start, true, "") > 0
	p, _ := x.nearTurn.Get(hour)
	p.put(ref, some, x.edition)
	x.nearTurn.Set(hour, p)
}

func (x *Index) ownTally(m interface {
	Get(int) (*tally, bool)
	Set(int, *tally) (*tally, bool)
}, key int) *tally {
	t, known := m.Get(key)
	switch {
	case !known:
		t = &tally{edition: x.edition}
	case t.edition == x.edition:
		return t
	default:
		mine := *t
		mine.edition = x.edition
		t = &mine
	}
	m.Set(key, t)
	return t
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
	before := func(m interface {
		Min() (int, *tally, bool)
		Delete(int) (*tally, bool)
	}, key int) {
		for {
			least, _, some := m.Min()
			if !some || least >= key {
				return
			}
			m.Delete(least)
		}
	}
	before(x.byWeek, weekOf(oldest))
	before(x.byDate, int(slots.UTC().Date(oldest))-2)
	for {
		least, _, some := x.nearTurn.Min()
		if !some || least >= hourOf(oldest) {
			return
		}
		x.nearTurn.Delete(least)
	}
}

// tallyOn returns the firm calls that start on a date, by each reviewer's own clocks.
func (x *Index) tallyOn(date slots.Date) *tally {
	t, known := x.byDate.Get(int(date))
	if !known {
		return &noTally
	}
	return t
}

var noTally tally
