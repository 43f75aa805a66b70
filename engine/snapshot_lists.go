package engine

import (
	"math"

	"github.com/parleyhq/parley/slots"
)

// Position is a place in a list of appointments, which run from the latest start
// to the earliest and, at one start, by id. The zero Position is the beginning.
type Position struct {
	Start slots.Instant
	ID    string
}

// ByCase yields the appointments of a case that come after a position.
func (s *Snapshot) ByCase(tenant, caseID string, after Position, yield func(*Appointment) bool) {
	s.merge(tenant, after, yield, source{s.state.byCase, caseID})
}

// ByReviewer yields the appointments of a reviewer that come after a position.
func (s *Snapshot) ByReviewer(tenant, reviewerID string, after Position, yield func(*Appointment) bool) {
	s.merge(tenant, after, yield, source{s.state.byReviewer, reviewerID})
}

// Mine yields the appointments after a position that the principal created, or
// that are about cases of its offices: those whose providers' NPIs its profile lists,
// or, within a scope, those of the scope.
func (s *Snapshot) Mine(tenant, principal string, after Position, yield func(*Appointment) bool) {
	sources := []source{{s.state.byPrincipal, principal}}
	if s.scope != nil {
		s.merge(tenant, after, yield, s.scope.sources(s.state, sources)...)
		return
	}
	if p, ok := s.state.profiles.get(tenant, principal); ok {
		for _, npi := range p.NPIs {
			sources = append(sources, source{s.state.byNPI, npi})
		}
	}
	s.merge(tenant, after, yield, sources...)
}

// source is one list to merge.
type source struct {
	index index
	key   string
}

// merge yields the union of lists, in order, each appointment once.
func (s *Snapshot) merge(tenant string, after Position, yield func(*Appointment) bool, sources ...source) {
	cursors := make([]cursor, 0, len(sources))
	for _, src := range sources {
		if c, ok := openCursor(tenant, src, after); ok {
			cursors = append(cursors, c)
		}
	}
	for {
		first, found := nearest(cursors)
		if !found {
			return
		}
		if a, ok := s.Appointment(tenant, first.id); ok && !yield(a) {
			return
		}
		for i := range cursors {
			cursors[i].pass(first)
		}
	}
}

// nearest returns the first of what the cursors stand on.
func nearest(cursors []cursor) (first indexed, found bool) {
	for i := range cursors {
		if at := &cursors[i].at; !cursors[i].done && (!found || at.comesBefore(first)) {
			first, found = *at, true
		}
	}
	return first, found
}

// comesBefore compares places in lists, whatever their keys.
func (a *indexed) comesBefore(b indexed) bool {
	return a.order < b.order || a.order == b.order && a.id < b.id
}

// cursor stands on an entry of a list, unless it is done.
type cursor struct {
	walk indexWalk
	key  indexed
	at   indexed
	done bool
}

func openCursor(tenant string, src source, after Position) (cursor, bool) {
	from := indexed{tenant: tenant, key: src.key, order: math.MinInt64}
	if after != (Position{}) {
		from.order, from.id = -int64(after.Start), after.ID
	}
	c := cursor{walk: src.index.walk(&from), key: indexed{tenant: tenant, key: src.key}}
	c.land()
	if !c.done && after != (Position{}) && !from.comesBefore(c.at) {
		c.next()
	}
	return c, !c.done
}

func (c *cursor) land() {
	c.at = c.walk.indexed
	c.done = c.walk.done || c.at.tenant != c.key.tenant || c.at.key != c.key.key
}

func (c *cursor) next() {
	c.walk.next()
	c.land()
}

// pass moves the cursor on if it stands on a place.
func (c *cursor) pass(place indexed) {
	if !c.done && c.at.order == place.order && c.at.id == place.id {
		c.next()
	}
}
