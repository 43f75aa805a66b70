package slots

// Observance says on which date a holiday is kept that falls on a weekend.
type Observance uint8

// The observances.
const (
	// ObservedNever: the holiday stays where it falls.
	ObservedNever Observance = iota
	// ObservedNearestWeekday: Saturday moves to Friday, Sunday to Monday.
	ObservedNearestWeekday
	// ObservedMonday: Sunday moves to Monday, Saturday stays.
	ObservedMonday
)

// LastInMonth is the Nth of a Holiday on the last such weekday of its month.
const LastInMonth = -1

// Holiday is a rule that names at most one date a year: a day of a month, the
// nth weekday of a month, or one date alone.
type Holiday struct {
	Month, Day int // 1–12, 1–31; of a rule without Nth
	// Nth, 1 to 5 or LastInMonth, makes it that Weekday of Month, and Offset so
	// many days later (or earlier, if negative).
	Nth     int
	Weekday Weekday
	Offset  int

	Observed Observance
	// FirstYear and LastYear bound the years that have it, both included; 0 = open.
	// The year is that of the date before it is moved.
	FirstYear, LastYear int

	Once bool // Date is the holiday, whatever else is said
	Date Date
}

// In returns the date on which the holiday of a year is kept, which may lie in the
// year before or after. It is not ok in a year without it: before it was
// introduced, or without a fifth Monday, or a February without a 29th.
func (h *Holiday) In(year int) (d Date, ok bool) {
	switch {
	case h.Once:
		y, _, _ := h.Date.YMD()
		return h.Date, y == year
	case h.FirstYear != 0 && year < h.FirstYear, h.LastYear != 0 && year > h.LastYear:
		return 0, false
	case h.Nth == 0:
		if h.Day > daysIn(year, h.Month) {
			return 0, false
		}
		d = dateOf(year, h.Month, h.Day)
	default:
		if d, ok = nthWeekday(year, h.Month, h.Nth, h.Weekday); !ok {
			return 0, false
		}
		d = d.AddDays(h.Offset)
	}
	return h.Observed.move(d), true
}

func (o Observance) move(d Date) Date {
	switch weekday := d.Weekday(); {
	case weekday == saturday && o == ObservedNearestWeekday:
		return d - 1
	case weekday == sunday && o != ObservedNever:
		return d + 1
	}
	return d
}

func nthWeekday(year, month, nth int, w Weekday) (d Date, ok bool) {
	length := daysIn(year, month)
	if nth == LastInMonth {
		last := dateOf(year, month, length)
		return last - Date(floorMod(int(last.Weekday())-int(w), 7)), true
	}
	first := dateOf(year, month, 1)
	day := 1 + floorMod(int(w)-int(first.Weekday()), 7) + 7*(nth-1)
	return first + Date(day-1), day <= length
}

// Holidays are the holidays that somebody keeps. They are immutable and shared.
type Holidays struct {
	rules []Holiday
	kept  [(lastKept - firstKept + 63) / 64]uint64 // bit d - firstKept for each date kept
}

// The dates that rules are asked about are worked out once, 1990 to 2069; others each
// time.
const (
	firstKept Date = 20 * 365
	lastKept  Date = 100 * 365
)

// NewHolidays returns the holidays that the rules name. Each has a valid month,
// day or weekday; the slice belongs to the result.
func NewHolidays(rules []Holiday) *Holidays {
	h := &Holidays{rules: rules}
	// Moving and offsets can carry a holiday over the turn of the year.
	first, _, _ := firstKept.YMD()
	last, _, _ := lastKept.YMD()
	for year := first - 1; year <= last+1; year++ {
		for i := range rules {
			if d, ok := rules[i].In(year); ok && firstKept <= d && d < lastKept {
				h.kept[(d-firstKept)/64] |= 1 << ((d - firstKept) % 64)
			}
		}
	}
	return h
}

// Has reports whether a holiday is kept on d.
func (h *Holidays) Has(d Date) bool {
	if firstKept <= d && d < lastKept {
		return h.kept[(d-firstKept)/64]>>((d-firstKept)%64)&1 == 1
	}
	return h.ruled(d)
}

// ruled is Has, rule by rule.
func (h *Holidays) ruled(d Date) bool {
	year, _, _ := d.YMD()
	for i := range h.rules {
		for y := year - 1; y <= year+1; y++ {
			if kept, ok := h.rules[i].In(y); ok && kept == d {
				return true
			}
		}
	}
	return false
}
