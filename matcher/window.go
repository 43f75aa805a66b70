package matcher

import "github.com/parleyhq/parley/slots"

// simple reports whether this version judges the window: plain hours or
// calendar days that no event cuts short.
func (w *windowTerm) simple() bool {
	return w.Unit != "business_days" && !w.ExcludeWeekends && (w.Holidays == "" || w.Holidays == "none") && len(w.Until) == 0
}

// last returns the last instant to ask for a call; absent names the fact that
// is missing, if one is. N days run to 23:59:59 of the Nth local day after the event's.
func (w *windowTerm) last(c *Case, zone *slots.Zone) (last slots.Instant, absent string) {
	var day slots.Date
	switch {
	case w.From == "letter_date" && c.Determination.LetterDate == 0:
		return 0, "letter_date_unknown"
	case w.From == "letter_date":
		day = c.Determination.LetterDate
	case c.Determination.DecidedAt == 0:
		return 0, "decided_at_unknown"
	case w.Unit == "hours":
		return c.Determination.DecidedAt + slots.Instant(w.Amount)*slots.Hour, ""
	default:
		day = zone.Date(c.Determination.DecidedAt)
	}
	day = day.AddDays(w.Amount)
	return zone.Dates(day, day).Hull().End - 1, ""
}
