package matcher

import "github.com/parleyhq/parley/slots"

// days are the seven local dates of a week, Monday first.
type days struct {
	monday slots.Date
	at     [7]slots.Set
}

func newDays(z *slots.Zone, monday slots.Date) *days {
	d := &days{monday: monday}
	for i := range d.at {
		date := monday.AddDays(i)
		d.at[i] = z.Dates(date, date)
	}
	return d
}

// of returns which of the days t falls on, from hint on if it can; -1 if none.
func (d *days) of(t slots.Instant, hint int) int {
	for i := range d.at {
		if day := (hint + i) % len(d.at); d.at[day].Contains(t) {
			return day
		}
	}
	return -1
}

// offers returns what the reviewer of a row offers in its tier, day by day, at
// most perDay slots each.
func (d *days) offers(p *Plan, w *row, suits slots.Set, perDay int) ReviewerOffers {
	offers := ReviewerOffers{Reviewer: w.reviewer, Relation: w.relation}
	for i := range offers.Days {
		offers.Days[i].Date = d.monday.AddDays(i)
	}
	desk := desk{plan: p}
	desk.seat(w.reviewer, p.window)
	desk.open(p.window)
	var judged *span
	var m match
	day := 0
	desk.starts(suits, filter{tiers: 1 << w.tier}, func(start slots.Instant, s *span) bool {
		if day = max(0, d.of(start, day)); !d.at[day].Contains(start) {
			return true
		}
		if len(offers.Days[day].Slots) == perDay {
			offers.Days[day].More++
			return true
		}
		if judged != s {
			judged, m = s, p.match(w.reviewer, s.Start, nil)
		}
		offers.Days[day].Slots = p.mem.slots.extend(offers.Days[day].Slots, p.slotOffer(start, &m))
		return true
	})
	return offers
}
