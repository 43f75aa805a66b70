package engine

import (
	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// seats are the reviewers and their calls as the matcher sees them, and the index of
// both. Whoever changes one changes the others by these methods: they say the same.
type seats struct {
	roster   *matcher.Roster
	calendar *slots.Calendar // holds and active appointments
	// index is nil where nobody searches, such as while a log is replayed.
	index *matcher.Index
}

func newSeats() seats {
	return seats{roster: matcher.NewRoster(), calendar: slots.NewCalendar()}
}

func (s *seats) clone() seats {
	c := seats{roster: s.roster.Clone(), calendar: s.calendar.Clone()}
	if s.index != nil {
		c.index = s.index.Clone()
	}
	return c
}

// put takes a reviewer in, in the place of the one with its number.
func (s *seats) put(r *matcher.Reviewer) {
	s.roster.Put(r)
	if s.index != nil {
		s.index.Put(r, s.roster, s.calendar)
	}
}

// load takes reviewers in, in order of number, where there are none and no index.
func (s *seats) load(all []*matcher.Reviewer) { s.roster.Load(all) }

// insert adds a call; it returns the one it would overlap, if any, and then changes nothing.
func (s *seats) insert(c slots.Call) (conflict slots.Call, ok bool) {
	if conflict, ok = s.calendar.Insert(c); ok && s.index != nil {
		s.index.Inserted(c, s.calendar)
	}
	return conflict, ok
}

// remove takes out the call of a reviewer whose busy span starts at busyStart, and reports
// whether there was one.
func (s *seats) remove(r slots.ReviewerRef, busyStart slots.Instant) bool {
	c, ok := s.calendar.Get(r, busyStart)
	if !ok {
		return false
	}
	s.calendar.Remove(r, busyStart)
	if s.index != nil {
		s.index.Removed(c, s.calendar)
	}
	return true
}

// followTiles is how much of the index is built at a time, in tiles of 512 reviewers: a
// millisecond or two.
const followTiles = 1

// follow brings the index a step nearer to what searches at now need of it; rules decide
// its cells and its reach. Behind tells whether there is something to do.
func (s *seats) follow(rules *matcher.Ruleset, now slots.Instant) {
	if !s.behind(rules, now) {
		return
	}
	if s.index == nil || !s.index.Fits(rules) {
		s.index = matcher.NewIndex(rules)
		s.index.Load(now, s.roster)
	}
	s.index.Advance(now, s.calendar, followTiles)
}

func (s *seats) behind(rules *matcher.Ruleset, now slots.Instant) bool {
	return rules != nil && (s.index == nil || !s.index.Fits(rules) || s.index.Behind(now))
}

// check compares the index with one made anew.
func (s *seats) check() error {
	if s.index == nil {
		return nil
	}
	return s.index.Check(s.roster, s.calendar)
}
