package matcher

import "github.com/parleyhq/parley/slots"

// Board certification and experience count on local dates of the row that asks.

// certified reports whether a certification in a specialty at least similar to an
// anchor counts on d.
func (n *activeNode) certified(rs *Ruleset, r *Reviewer, d slots.Date) bool {
	for i := range r.BoardCertifications {
		c := &r.BoardCertifications[i]
		if c.From <= d && (c.To == 0 || d <= c.To) && rs.relates(n.anchors, c.Specialty) {
			return true
		}
	}
	return false
}

// experienced reports whether practice in such a specialty reaches to within some
// years of d, 0 = whenever it was.
func (n *activeNode) experienced(rs *Ruleset, r *Reviewer, years int, d slots.Date) bool {
	for i := range r.Experience {
		e := &r.Experience[i]
		if (years == 0 || e.Until == 0 || d <= yearsAfter(e.Until, years)) && rs.relates(n.anchors, e.Specialty) {
			return true
		}
	}
	return false
}

// relates reports whether a code is at least similar to one of the anchors.
func (rs *Ruleset) relates(anchors []anchor, code string) bool {
	to := rs.concepts.of(code)
	for i := range anchors {
		if rs.relation(&anchors[i], to) >= RelationSimilar {
			return true
		}
	}
	return false
}

// yearsAfter returns the same day of the year so many years later, the 28th for a
// 29th of February that is not there.
func yearsAfter(d slots.Date, years int) slots.Date {
	year, month, day := d.YMD()
	later, err := slots.DateOf(year+years, month, day)
	if err == nil {
		return later
	}
	if later, err = slots.DateOf(year+years, month, day-1); err == nil {
		return later
	}
	return latestDate // beyond the years that dates can name
}

// practiceChanges appends the instants inside within at which what n asks of
// certification and experience may change.
func (n *activeNode) practiceChanges(found []slots.Instant, r *Reviewer, within slots.Interval) []slots.Instant {
	// The clocks come to d once, or leave it for the day before and come again; should
	// they skip it, they come to the next.
	starts := func(d slots.Date) {
		days := n.zone.Dates(d, d+1)
		for i := range days.Len() {
			for k, t := range [...]slots.Instant{days.At(i).Start, days.At(i).End} {
				last := k == 1 && i == days.Len()-1
				if !last && within.Start < t && t < within.End {
					found = append(found, t)
				}
			}
		}
	}
	if n.BoardCertification != nil {
		for i := range r.BoardCertifications {
			c := &r.BoardCertifications[i]
			starts(c.From)
			if c.To != 0 {
				starts(c.To + 1)
			}
		}
	}
	if years := n.recentYears(); years > 0 {
		for i := range r.Experience {
			if until := r.Experience[i].Until; until != 0 {
				starts(yearsAfter(until, years) + 1)
			}
		}
	}
	return found
}

// recentYears is how far back experience counts for n, 0 = it asks for none or
// takes any.
func (n *activeNode) recentYears() int {
	if n.Experience != nil {
		return n.Experience.RecentYears
	}
	return n.BoardCertification.RecentYears
}
