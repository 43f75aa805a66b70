package matcher

import (
	"math/bits"
	"slices"

	"github.com/parleyhq/parley/slots"
)

func (s bitSource) waived(p *Plan) (w waivers) {
	b, ok := s.on(p, p.window)
	if !ok {
		return s.treeSource.waived(p)
	}
	b.groups, b.codes = b.groups[:0], b.codes[:0]
	numbered := true // else there are too many codes
	if b.gather(waivableTiers) {
		numbered = b.splitByCodes()
		b.countGroups()
	}
	first, at, some := b.firstCounted()
	b.singleYields(filter{tiers: waivableTiers}, func(ref int, s *span, y yield) {
		if y.slots == 0 || s.unmet.Has(NeedSpecialtyMatch) {
			return // not bookable as asked, whatever is attested
		}
		if !some || ref < first {
			first, at, some = ref, y.earliest, true
		}
		codes, ok := b.codesOf(b.desk.reviewer, y.earliest)
		numbered = numbered && ok
		b.groupOf(codes).add(y.slots, y.earliest)
	})
	if !numbered {
		return s.treeSource.waived(p)
	}
	if some {
		w.rule = p.waivedRule(b.x.seat(first), at)
		b.sum(&w)
	}
	return w
}

// splitByCodes splits the one group by the attestations that its members need. It is not
// ok if there are too many to number.
func (b *bitSearch) splitByCodes() (ok bool) {
	who := b.groups[0].who
	doubts, unsure := b.doubtsOfAll(), b.dense()
	b.pass(3)
	for i := range who {
		unsure[i] = who[i] & doubts[i]
		who[i] &^= doubts[i]
	}
	sure := b.dense()
	copy(sure, who)
	for _, cr := range b.p.rules {
		for i := range cr.rows {
			row := &cr.rows[i]
			if row.tree == nil {
				continue
			}
			for _, o := range b.outcomes(cr, row.tree, sure) {
				code, ok := b.codeOf(row, o.unmet)
				if !ok {
					return false
				}
				b.mark(o.who, code)
			}
		}
	}
	for i, w := range unsure { // the same all along, or they were single
		for ; w != 0; w &= w - 1 {
			codes, ok := b.codesOf(b.x.seat(i*64+bits.TrailingZeros64(w)), b.window.Start)
			if !ok {
				return false
			}
			b.groupOf(codes).who[i] |= w & -w
		}
	}
	return true
}

// mark notes that some need an attestation: groups are split as it takes.
func (b *bitSearch) mark(who []uint64, code uint64) {
	if code == 0 {
		return
	}
	for i := range len(b.groups) {
		g := &b.groups[i]
		if g.codes&code != 0 {
			continue
		}
		b.pass(2)
		part, some, rest := b.dense(), uint64(0), uint64(0)
		for k, w := range g.who {
			part[k] = w & who[k]
			some |= part[k]
			rest |= w &^ who[k]
		}
		switch {
		case some == 0:
		case rest == 0:
			g.codes |= code
		default:
			for k, w := range part {
				g.who[k] &^= w
			}
			b.groups = append(b.groups, group{codes: g.codes | code, who: part})
		}
	}
}

// groupOf returns the group of who needs these attestations, a new one if there is none.
func (b *bitSearch) groupOf(codes uint64) *group {
	for i := range b.groups {
		if g := &b.groups[i]; g.codes == codes {
			return g
		}
	}
	who := b.dense()
	clear(who)
	b.pass(1)
	b.groups = append(b.groups, group{codes: codes, who: who})
	return &b.groups[len(b.groups)-1]
}

// codesOf returns the attestations that a reviewer's start needs beyond those that the
// cases need whoever takes the call.
func (b *bitSearch) codesOf(r *Reviewer, start slots.Instant) (codes uint64, ok bool) {
	b.work.spend(workGrade * len(b.p.rules))
	for _, cr := range b.p.rules {
		for i := range cr.rows {
			row := &cr.rows[i]
			if row.tree == nil {
				continue
			}
			q := judging{cr: cr, r: r, t: start}
			code, ok := b.codeOf(row, row.tree.judge(&q).unmet)
			if !ok {
				return 0, false
			}
			codes |= code
		}
	}
	return codes, true
}

// codeOf returns the attestation that a row wants for unmet needs, 0 if it wants none.
func (b *bitSearch) codeOf(row *activeRow, unmet Needs) (code uint64, ok bool) {
	if unmet == 0 {
		return 0, true
	}
	w := waiverFor(row.waivers, row.required, unmet)
	if w == nil || b.mandatory(w.Attestation) {
		return 0, true
	}
	i := slices.Index(b.codes, w.Attestation)
	if i < 0 {
		i = len(b.codes)
		b.codes = append(b.codes, w.Attestation)
	}
	return 1 << i, i < 64
}

// mandatory reports whether a case needs the attestation whoever takes the call.
func (b *bitSearch) mandatory(code string) bool {
	for _, cr := range b.p.rules {
		if slices.Contains(cr.mandatory, code) {
			return true
		}
	}
	return false
}

// firstCounted returns the first reviewer whose starts were counted, and the first of them.
func (b *bitSearch) firstCounted() (ref int, start slots.Instant, some bool) {
	if b.counted() == 0 {
		return 0, 0, false
	}
	for k := range blockWords {
		var who uint64
		for i := range b.groups {
			who |= b.groups[i].who[b.tile+k]
		}
		for ; who != 0; who &= who - 1 {
			ref = (b.tile+k)*64 + bits.TrailingZeros64(who)
			if start, some = b.firstStart(ref); some {
				return ref, start, true
			}
		}
	}
	return 0, 0, false
}

// sum adds up what the groups have.
func (b *bitSearch) sum(w *waivers) {
	m, needed := b.p.mem, uint64(0)
	w.unlocks = m.unlocks.take(len(b.groups))
	for i := range b.groups {
		g := &b.groups[i]
		if w.slots += g.slots; g.slots == 0 {
			continue
		}
		if needed |= g.codes; bits.OnesCount64(g.codes) == 1 {
			u := w.unlock(b.codes[bits.TrailingZeros64(g.codes)])
			y := yield{u.Slots, u.Earliest}
			y.add(g.slots, g.earliest)
			u.Slots, u.Earliest = y.slots, y.earliest
		}
	}
	w.codes = m.names.take(bits.OnesCount64(needed))
	for ; needed != 0; needed &= needed - 1 {
		w.codes = append(w.codes, b.codes[bits.TrailingZeros64(needed)])
	}
	slices.Sort(w.codes)
	slices.SortFunc(w.unlocks, byValue)
}
