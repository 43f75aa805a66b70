package matcher

import (
	"fmt"
	"slices"

	"github.com/parleyhq/parley/slots"
)

// Check makes the index anew from roster and calendar and returns what differs, nil if
// nothing does. It takes time and memory in proportion to both.
func (x *Index) Check(roster *Roster, calendar *slots.Calendar) error {
	fresh := newIndex(x.raster.Minutes, x.reach)
	fresh.forget(x.oldest + weekLength)
	fresh.Load(x.oldest+weekLength, roster)
	for fresh.counted < fresh.size {
		fresh.countTile(calendar)
	}
	for _, s := range x.segments {
		fresh.segments = append(fresh.segments, &segment{edition: fresh.edition, first: s.first})
	}
	fresh.sorted = x.sorted
	roster.byID.Scan(func(_ string, v *Reviewer) bool {
		fresh.list(v, false)
		fresh.list(v, true)
		return true
	})
	for i := range fresh.segments {
		for !fresh.built(fresh.segments[i]) {
			fresh.buildTile(i, calendar)
		}
	}
	for _, part := range []func(*Index) error{x.sameSeats, x.sameSets, x.sameCells, x.sameCounts} {
		if err := part(fresh); err != nil {
			return fmt.Errorf("index: %w", err)
		}
	}
	return x.labelled(roster)
}

func (x *Index) sameSeats(fresh *Index) error {
	if x.size != fresh.size {
		return fmt.Errorf("%d numbers, want %d", x.size, fresh.size)
	}
	for ref := range x.size {
		if x.seat(ref) != fresh.seat(ref) {
			return fmt.Errorf("reviewer %d is not the roster's", ref)
		}
	}
	return nil
}

// labelled holds the labels to the order of ids.
func (x *Index) labelled(roster *Roster) error {
	tenant, last := "", uint64(0)
	ok, id := true, ""
	roster.byID.Scan(func(_ string, v *Reviewer) bool {
		if v.Tenant != tenant {
			tenant, last = v.Tenant, 0
		}
		label := x.label(int(v.Ref))
		ok, last, id = label > last, label, v.ID
		return ok
	})
	if !ok {
		return fmt.Errorf("index: reviewer %s is labelled out of order", id)
	}
	for ref := range x.size {
		if x.seat(ref) != nil && x.low(ref/seatsPerLeaf) > x.label(ref) {
			return fmt.Errorf("index: reviewer %d is labelled below the least", ref)
		}
	}
	return nil
}

// sameSets compares by name. An index that has moved on may still call a licence or a
// certification changing which no longer is: looking at it one by one is right, too. Before
// the last segment is whole, some are not sorted by it yet.
func (x *Index) sameSets(fresh *Index) error {
	n := len(x.segments)
	sorted := n == 0 || x.built(x.segments[n-1])
	for tenant := range fresh.tenants { //order: any difference will do
		if x.tenants[tenant] == nil {
			return fmt.Errorf("no sets of %s", tenant)
		}
	}
	for tenant, s := range x.tenants { //order: any difference will do
		want := fresh.tenant(tenant)
		if !slices.Equal(trimmed(&s.active), trimmed(&want.active)) {
			return fmt.Errorf("active reviewers of %s differ", tenant)
		}
		names := make(map[setName]bool)
		for n := range s.named { //order: fills a set
			names[n] = true
		}
		for n := range want.named { //order: fills a set
			names[n] = true
		}
		for n := range names { //order: any difference will do
			turning, dated := map[setKind]setKind{
				setLicense: setChanging, setChanging: setChanging, setCertified: setCertifying, setCertifying: setCertifying,
			}[n.kind]
			if !sorted && dated {
				continue
			}
			have, other := s.set(n), want.set(n)
			changing := s.set(setName{kind: turning, name: n.name})
			for w := range x.size/64 + 1 {
				a, b := have.word(w), other.word(w)
				switch {
				case !dated:
				case n.kind == turning:
					a &= b
				default:
					b &^= changing.word(w) &^ a
				}
				if a != b {
					return fmt.Errorf("set %v of %s differs", n, tenant)
				}
			}
		}
		for _, z := range s.zones {
			i := slices.IndexFunc(want.zones, func(o zoned) bool { return o.zone == z.zone })
			var there []uint64
			if i >= 0 {
				there = trimmed(&want.zones[i].trait)
			}
			if !slices.Equal(trimmed(&z.trait), there) {
				return fmt.Errorf("reviewers of %s in %s differ", tenant, z.zone)
			}
		}
	}
	return nil
}

// trimmed are the words of a trait up to the last member.
func trimmed(a *trait) []uint64 {
	words := a.words
	for len(words) > 0 && words[len(words)-1] == 0 {
		words = words[:len(words)-1]
	}
	return words
}

func samePlane(a, b *plane) bool {
	for i := range fanout * max(len(a.roots), len(b.roots)) {
		var left, right block
		if l := a.at(i); l != nil {
			left = *l
		}
		if r := b.at(i); r != nil {
			right = *r
		}
		if left != right {
			return false
		}
	}
	return true
}

// sameCells compares the segments as far as they are built.
func (x *Index) sameCells(fresh *Index) error {
	for i, s := range x.segments {
		want := fresh.segments[i]
		built := min(s.tiles*blockBits, x.size)
		for ref := range built {
			for _, side := range [...]struct {
				name      string
				have, say *vec[rows]
			}{{"hours", &s.hours, &want.hours}, {"free cells", &s.free, &want.free}} {
				var have, say block
				if row := cellsOf(side.have, ref); row != nil {
					have = *row
				}
				if row := cellsOf(side.say, ref); row != nil {
					say = *row
				}
				if have != say {
					return fmt.Errorf("%s of reviewer %d from cell %d on differ", side.name, ref, s.first)
				}
			}
			if s.odd.has(ref) != want.odd.has(ref) {
				return fmt.Errorf("reviewer %d is odd from cell %d on: %t", ref, s.first, s.odd.has(ref))
			}
		}
		for cell := range blockBits {
			have, say := s.column(cell), want.column(cell)
			for w := range (built + 63) / 64 {
				if have.word(w) != say.word(w) {
					return fmt.Errorf("free reviewers in cell %d differ", s.first+cell)
				}
			}
		}
	}
	return nil
}

func (x *Index) sameCounts(fresh *Index) error {
	if x.counted < x.size {
		return nil // it does not claim to know
	}
	for ref := range x.size {
		if fresh.crowded.has(ref) && !x.crowded.has(ref) {
			return fmt.Errorf("reviewer %d has more calls than are counted", ref)
		}
	}
	// A date that the oldest week cuts is not counted on.
	dates := int(slots.UTC().Date(x.oldest)) + 2
	for _, side := range [...]struct {
		name       string
		have, want *series[tally]
		from       int
	}{{"date", &x.byDate, &fresh.byDate, dates}, {"week", &x.byWeek, &fresh.byWeek, weekOf(x.oldest)}} {
		if err := sameTallies(side.name, side.have, side.want, side.from, x); err != nil {
			return err
		}
		if err := sameTallies(side.name, side.want, side.have, side.from, x); err != nil {
			return err
		}
	}
	if hour := hourOf(x.oldest); !sameTurns(&x.nearTurn, &fresh.nearTurn, hour) || !sameTurns(&fresh.nearTurn, &x.nearTurn, hour) {
		return fmt.Errorf("calls near the turn of a week differ")
	}
	if x.holds.Len() != fresh.holds.Len() {
		return fmt.Errorf("%d holds, want %d", x.holds.Len(), fresh.holds.Len())
	}
	same := true
	fresh.holds.Scan(func(h heldUntil) bool {
		_, same = x.holds.Get(h)
		return same
	})
	if !same {
		return fmt.Errorf("holds differ")
	}
	return nil
}

// sameTallies holds those of a to those of b.
func sameTallies(name string, a, b *series[tally], from int, x *Index) error {
	for key, t := range a.all {
		other := b.at(key)
		if other == nil {
			other = &noTally
		}
		for ref := range x.size {
			if have, want := t.count(ref), other.count(ref); key >= from && have != want && !x.crowded.has(ref) {
				return fmt.Errorf("%s %d: %d and %d firm calls of reviewer %d", name, key, have, want, ref)
			}
		}
	}
	return nil
}

// sameTurns holds the hours of a to those of b.
func sameTurns(a, b *series[plane], from int) bool {
	for hour, p := range a.all {
		other := b.at(hour)
		if other == nil {
			other = &noPlane
		}
		if hour >= from && !samePlane(p, other) {
			return false
		}
	}
	return true
}
