package matcher

import (
	"math/bits"

	"github.com/parleyhq/parley/slots"
)

func (s bitSource) week(p *Plan, want tierSet, shape WeekShape, dst []Priority) []Priority {
	b, ok := s.on(p, p.window)
	if !ok {
		return s.treeSource.week(p, want, shape, dst)
	}
	b.cast(want)
	b.weekly.reset(b)
	b.divide(shape.Monday)
	var judged stretch
	for tier := range want.all {
		top := &b.picks
		top.reset(shape.ReviewersPerPriority, false)
		for i := range b.casts {
			if c := &b.casts[i]; c.tier == tier {
				b.firstsOf(c)
			}
		}
		b.singleFirsts(tier)
		if len(top.kept) == 0 {
			continue
		}
		b.fetch(top.kept)
		priority := Priority{Tier: tier, MoreReviewers: top.more, Reviewers: p.mem.reviewers.take(len(top.kept))}
		for i := range top.kept {
			priority.Reviewers = append(priority.Reviewers, ReviewerOffers{})
			b.weekOf(&top.kept[i], shape, &judged, &priority.Reviewers[i])
		}
		dst = append(dst, priority)
	}
	return dst
}

// settled reports whether a first start at t in a relation changes nothing on the page any
// more: it is full, known to leave somebody out, and its last row ranks before.
func (b *bitSearch) settled(relation Relation, t slots.Instant) bool {
	top := &b.picks
	if !top.full() || !top.more {
		return false
	}
	last := top.worst()
	return last.relation > relation || last.relation == relation && last.start < t
}

// firstsOf ranks the members of a cast by their first starts.
func (b *bitSearch) firstsOf(c *cast) {
	if b.settled(c.relation, b.window.Start) {
		return
	}
	if c.count > max(fewFirsts, 2*b.picks.limit) {
		b.firstsByColumn(c)
		return
	}
	b.firstsByRow(c, c.members)
}

// fewFirsts is up to how many members it is quicker to look for each one's first start:
// among more, the page is full a few cells on.
const fewFirsts = 24

func (b *bitSearch) firstsByRow(c *cast, members []wordBits) {
	for _, m := range members {
		for w := m.bits; w != 0; w &= w - 1 {
			ref := m.word*64 + bits.TrailingZeros64(w)
			if t, ok := b.firstStart(ref); ok {
				b.first(c, ref, t)
			}
		}
	}
}

// patience is after how many cells the few who are left are looked at one by one.
const patience = 16

// first ranks a first start.
func (b *bitSearch) first(c *cast, ref int, t slots.Instant) {
	b.work.spend(1)
	w := pick{tier: c.tier, relation: c.relation, start: t, ref: ref}
	if b.picks.admits(&w) { // even without calls
		w.firm, w.label = b.weekly.of(b, ref), b.x.label(ref)
		b.picks.add(w)
	} else {
		b.picks.more = true
	}
}

// firstsByColumn walks the cells from the earliest on and drops whom it has met.
func (b *bitSearch) firstsByColumn(c *cast) {
	rest, walked, count := append(b.members.take(len(c.members)), c.members...), 0, c.count
	var cols columns
	for i := range b.count() {
		mask := slots.Bits(b.mask(i)[:])
		for cell := mask.Next(0); cell >= 0; cell = mask.Next(cell + 1) {
			start := b.startOf(i, cell)
			if b.settled(c.relation, start) {
				return
			}
			if walked++; walked > patience && count <= few {
				b.firstsByRow(c, rest)
				return
			}
			if !b.columnsAt(&cols, i, cell) {
				continue
			}
			b.work.spend(1 + len(rest))
			left := rest[:0]
			for _, m := range rest {
				if b.picks.more && b.beaten(c, m.word, start, 0) {
					continue // the page is settled from the next cell on
				}
				met := b.freeIn(&cols, m.word, m.bits)
				if met != 0 {
					count -= bits.OnesCount64(met)
					b.firstsAt(c, m.word, met, start)
				}
				if m.bits &^= met; m.bits != 0 {
					left = append(left, m)
				}
			}
			if rest = left; len(rest) == 0 {
				return
			}
		}
	}
}

// firstsAt ranks reviewers of one word who all are met first at start. Once the page's
// last row is such a one, only those who rank before it are looked at.
func (b *bitSearch) firstsAt(c *cast, word int, met uint64, start slots.Instant) {
	top := &b.picks
	for met != 0 {
		if top.full() {
			last := top.worst()
			if last.relation > c.relation || last.relation == c.relation && last.start < start {
				top.more = true
				return
			}
			if last.relation == c.relation && last.start == start {
				near := b.weekly.before(b, word, met, last)
				top.more = top.more || near != met
				if met = near; met == 0 {
					return
				}
			}
		}
		b.first(c, word*64+bits.TrailingZeros64(met), start)
		met &= met - 1
	}
}

// fetch reads a little of what weekOf reads of each row of the page, and of its reviewer. Seldom is
// any of it in a cache: asked for all at once, it comes all at once, and not row by row.
func (b *bitSearch) fetch(page []pick) {
	var read uint64
	for i := range page {
		ref, segment := page[i].ref, -1
		for k := range b.parts {
			if b.parts[k].segment == segment {
				continue
			}
			segment = b.parts[k].segment
			s, _ := b.segment(segment)
			if row := cellsOf(&s.free, ref); row != nil {
				read ^= row[0]
			}
		}
		if r := b.x.seat(ref); r != nil {
			read ^= uint64(r.Ref)
		}
	}
	b.read = read // so that reading is not left out
}

// weekOf fills in what a row of the page offers, day by day. What judged says is kept in it.
func (b *bitSearch) weekOf(w *pick, shape WeekShape, judged *stretch, out *ReviewerOffers) {
	p := b.p
	if w.single {
		b.singleWeek(w, shape, out)
		return
	}
	out.Reviewer, out.Relation = b.x.seat(w.ref), w.relation
	for i := range out.Days {
		out.Days[i].Date = shape.Monday.AddDays(i)
	}
	var cells block
	read := -1
	for i := range b.parts {
		d := &b.parts[i]
		if d.segment != read {
			cells, read = b.starts(d.segment, w.ref, b.mask(d.segment)), d.segment
		}
		all := slots.Bits(cells[:]).Count(d.from, d.to)
		if all == 0 {
			continue
		}
		of := &out.Days[d.day]
		had := len(of.Slots) // where clocks go back over midnight a date comes twice
		shown := min(all, shape.SlotsPerDay-had)
		b.work.spend(workOffer * shown)
		of.Slots = append(p.mem.slots.take(had+shown), of.Slots...)[:had+shown]
		c := d.from
		for k := range shown {
			c = slots.Bits(cells[:]).Next(c)
			b.offer(&of.Slots[had+k], judged, w, out.Reviewer, b.startOf(d.segment, c))
			c++
		}
		of.More += all - shown
	}
}

// dayPart are the cells from ≤ c < to of a segment of the window that begin on a day of the
// week asked for.
type dayPart struct{ segment, from, to, day int }

// divide finds the parts of the days of a week in the window.
func (b *bitSearch) divide(monday slots.Date) {
	b.parts = b.parts[:0]
	raster, first := b.x.raster, b.lead*blockBits
	for cell, end := raster.From(b.window.Start), raster.From(b.window.End); cell < end; {
		date, until := b.p.query.Zone.DateUntil(raster.Start(cell))
		next := min(raster.From(until), end)
		for day := int(date - monday); cell < next; {
			segment, from := (cell-first)/blockBits, (cell-first)%blockBits
			to := min(from+next-cell, blockBits)
			if 0 <= day && day < len(ReviewerOffers{}.Days) {
				b.parts = append(b.parts, dayPart{segment, from, to, day})
			}
			cell += to - from
		}
	}
}

// stretch is what the rules say of a reviewer, or of all in a tier by one relation,
// between two instants at which that changes for everybody.
type stretch struct {
	slots.Interval
	match    match
	of       *Reviewer // nil = all who stand so
	tier     Tier
	relation Relation
}

// holds reports whether a stretch says what there is to say of a start.
func (s *stretch) holds(w *pick, r *Reviewer, start slots.Instant) bool {
	return s.Contains(start) && s.tier == w.tier && s.relation == w.relation && (s.of == nil || s.of == r)
}

// offer fills in the offer of a start of a cast's member.
func (b *bitSearch) offer(o *SlotOffer, judged *stretch, w *pick, r *Reviewer, start slots.Instant) {
	if !judged.holds(w, r, start) {
		*judged = stretch{Interval: b.stretchOf(start), tier: w.tier, relation: w.relation}
		if w.tier.Compliant() && len(b.p.rules) == 1 {
			judged.match = b.plainMatch(w, judged.Start)
		} else {
			judged.of, judged.match = r, b.p.match(r, judged.Start, nil)
		}
	}
	m := &judged.match
	o.Start, o.End = start, start+b.p.length
	o.Consultative, o.Late, o.Unmet, o.Attestations = m.consultative, b.p.late(start), m.unmet, m.attestations
	if o.Cases = nil; m.differ {
		o.Cases = m.cases
	}
}

// stretchOf returns the part of the window around t in which nothing changes for all.
func (b *bitSearch) stretchOf(t slots.Instant) slots.Interval {
	s := b.window
	for _, cr := range b.p.rules {
		for _, cut := range [...]slots.Instant{cr.changing.Start, cr.changing.End, cr.lateFrom()} {
			if cut <= t {
				s.Start = max(s.Start, cut)
			} else {
				s.End = min(s.End, cut)
			}
		}
	}
	return s
}

// plainMatch is what an offer shows of Plan.match where one case is met in a compliant
// tier: nothing can be unmet but the caller's wish, and nothing needs a waiver.
func (b *bitSearch) plainMatch(w *pick, t slots.Instant) match {
	cr := b.p.rules[0]
	m := match{grade: grade{tier: w.tier, relation: w.relation, consultative: !cr.changing.Contains(t)}, attestations: cr.mandatory}
	if cr.specialtyMatch && w.relation < RelationSame {
		m.unmet = m.unmet.With(NeedSpecialtyMatch)
	}
	return m
}

// weekCounts are the firm calls of the week that a query asks for.
type weekCounts struct {
	asked  slots.Interval
	tally  *tally // nil: the index does not count this week
	differ []plane
}

// reset finds the tally of the week, and those to whom it does not apply: somebody has a
// call between the turn of the week as it is counted and as it is asked for.
func (n *weekCounts) reset(b *bitSearch) {
	n.asked, n.tally, n.differ = b.p.asked, nil, n.differ[:0]
	week, ok := turnNear(n.asked.Start)
	end, ends := turnNear(n.asked.End)
	if !ok || !ends || end != week+1 || weekStart(week) < b.x.oldest || n.asked.Start < b.x.oldest {
		return
	}
	if n.tally = b.x.byWeek.at(week); n.tally == nil {
		n.tally = &noTally
	}
	n.apart(b, weekStart(week), n.asked.Start)
	n.apart(b, weekStart(end), n.asked.End)
}

// apart adds who has a firm call in an hour between two instants.
func (n *weekCounts) apart(b *bitSearch, x, y slots.Instant) {
	for hour := hourOf(min(x, y)); slots.Instant(hour)*slots.Hour < max(x, y); hour++ {
		if p := b.x.nearTurn.at(hour); p != nil {
			n.differ = append(n.differ, *p)
		}
	}
}

// of counts a reviewer's.
func (n *weekCounts) of(b *bitSearch, ref int) int {
	known := n.tally != nil
	for i := range n.differ {
		known = known && !n.differ[i].has(ref)
	}
	if known {
		return n.tally.count(ref)
	}
	v := b.p.view
	b.work.spend(workFirm)
	return v.Calendar.CountStarts(slots.ReviewerRef(ref), slots.NewSet(n.asked), v.Now, true, v.Except)
}

// before returns, of some of the 64 reviewers from 64·word on, those who rank before a pick
// if nothing but calls and label tells them apart.
func (n *weekCounts) before(b *bitSearch, word int, who uint64, last *pick) uint64 {
	if n.tally == nil {
		return who
	}
	fewer, same := n.tally.compare(word, last.firm)
	apart := uint64(0)
	for i := range n.differ {
		apart |= n.differ[i].word(word)
	}
	return who & (apart | fewer | b.labelled(word, who&same, last.label))
}

// labelled returns, of some of the 64 reviewers from 64·word on, whose label is below one.
func (b *bitSearch) labelled(word int, who uint64, below uint64) (found uint64) {
	if b.x.low(word) >= below {
		return 0
	}
	labels := b.x.labels.at(word)
	for w := who; w != 0; w &= w - 1 {
		if i := bits.TrailingZeros64(w); labels[i%seatsPerLeaf] < below {
			found |= w & -w
		}
	}
	return found
}
