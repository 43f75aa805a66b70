package slots

import "github.com/tidwall/btree"

// Contract file: signatures that other rooms build on. Replaced by set.go,
// civil.go, zone.go, availability.go, grid.go, calendar.go.

// ---- set.go ----

// Set is a set of instants: intervals that are sorted, disjoint, not empty
// and never touching. The zero Set is empty. A Set is immutable.
type Set struct{ ivs []Interval }

// NewSet returns the union of ivs, in any order, overlapping or empty ones included.
func NewSet(ivs ...Interval) Set { panic("contract") }

func (s Set) Empty() bool              { panic("contract") }
func (s Set) Len() int                 { panic("contract") } // number of intervals
func (s Set) At(i int) Interval        { panic("contract") } // i-th, in order of time
func (s Set) Seconds() int64           { panic("contract") }
func (s Set) Contains(t Instant) bool  { panic("contract") }
func (s Set) Covers(i Interval) bool   { panic("contract") }
func (s Set) Overlaps(i Interval) bool { panic("contract") }
func (s Set) Union(t Set) Set          { panic("contract") }
func (s Set) Intersect(t Set) Set      { panic("contract") }
func (s Set) Subtract(t Set) Set       { panic("contract") }
func (s Set) Clip(within Interval) Set { panic("contract") }
func (s Set) Gaps(within Interval) Set { panic("contract") } // within minus s
func (s Set) Equal(t Set) bool         { panic("contract") }
func (s Set) String() string           { panic("contract") }

// ---- civil.go ----

// Date is a day of the proleptic Gregorian calendar: days since 1970-01-01.
type Date int32

func ParseDate(s string) (Date, error)          { panic("contract") } // strict YYYY-MM-DD, years 1900–2200
func DateOf(year, month, day int) (Date, error) { panic("contract") }
func (d Date) String() string                   { panic("contract") } // YYYY-MM-DD
func (d Date) YMD() (year, month, day int)      { panic("contract") }
func (d Date) Weekday() Weekday                 { panic("contract") }
func (d Date) Monday() Date                     { panic("contract") } // the Monday on or before d
func (d Date) AddDays(n int) Date               { panic("contract") }

// Weekday counts from Monday = 0 to Sunday = 6.
type Weekday uint8

func ParseWeekday(s string) (Weekday, error) { panic("contract") } // mon … sun
func (w Weekday) String() string             { panic("contract") } // mon … sun

// Weekdays is a set of weekdays, bit i for Weekday i.
type Weekdays uint8

func (w Weekdays) Has(d Weekday) bool      { panic("contract") }
func (w Weekdays) With(d Weekday) Weekdays { panic("contract") }

// ClockTime is a local time of day in minutes after midnight, 0 to 1440;
// 1440 (24:00) only as an end.
type ClockTime int16

func ParseClockTime(s string) (ClockTime, error) { panic("contract") } // strict HH:MM, 24:00 included
func (c ClockTime) String() string               { panic("contract") } // HH:MM

// ---- zone.go: the only file that meets time.Location ----

// Zone is an IANA time zone as a table of offset changes.
type Zone struct{ name string }

// LoadZone accepts IANA names and aliases of the embedded list, exactly as
// spelled there, plus UTC. "", Local, EST, GMT+5, right/UTC, posix/… and other
// abbreviations are refused with ErrUnknownZone. Zones are cached and shared.
func LoadZone(name string) (*Zone, error) { panic("contract") }

func (z *Zone) Name() string                                        { panic("contract") } // as given to LoadZone
func (z *Zone) Offset(t Instant) (seconds int, abbreviation string) { panic("contract") } // seconds east of UTC at t
func (z *Zone) Date(t Instant) Date                                 { panic("contract") } // local date of t
func (z *Zone) Clock(t Instant) (d Date, secondOfDay int)           { panic("contract") }

// LocalKind tells how often a local time exists.
type LocalKind uint8

const (
	LocalUnique LocalKind = iota
	LocalGap              // skipped: the clocks jump over it
	LocalFold             // exists twice
)

// Resolve maps a local date and second of day (0…86400) to UTC. In a gap it gives the
// end of the gap, in a fold the first of the two.
func (z *Zone) Resolve(d Date, secondOfDay int) (Instant, LocalKind) { panic("contract") }

// Dates returns the instants whose local date lies in [from, to], both included.
func (z *Zone) Dates(from, to Date) Set { panic("contract") }

// ZoneDataVersion names the zone tables in use, e.g. "tz-3f9a12c4de01": a digest of
// every zone's offset changes from 2000 to 2040. It is computed once.
func ZoneDataVersion() string { panic("contract") }

// Ticks are the weekdays and hours of day that suit a requester: hour h is the
// box h:00–h+1:00 of local time, bit h of Hours.
type Ticks struct {
	Days  Weekdays
	Hours uint32
}

// AllTicks ticks every hour of every day.
var AllTicks = Ticks{Days: 1<<7 - 1, Hours: 1<<24 - 1}

// Ticked returns the instants of within whose local weekday and hour are both ticked.
func (z *Zone) Ticked(t Ticks, within Interval) Set { panic("contract") }

// ---- availability.go ----

// ClockSpan is a half-open span of local clock time, Start < End ≤ 24:00.
type ClockSpan struct{ Start, End ClockTime }

// WeeklyHours are local hours that recur on some weekdays.
type WeeklyHours struct {
	Days Weekdays
	Span ClockSpan
}

// Exception replaces the weekly hours of one local date; no Hours means a day off.
type Exception struct {
	Date  Date
	Hours []ClockSpan
}

// Availability is when a reviewer works: weekly hours in a zone, exceptions by local
// date, and absolute blocks that are subtracted last.
type Availability struct {
	Weekly     []WeeklyHours
	Exceptions []Exception // sorted by date, one per date
	Blocks     []Interval
}

// Expand returns the available instants inside within.
func (a *Availability) Expand(z *Zone, within Interval) Set { panic("contract") }

// ---- grid.go ----

// Grid is the lattice on which calls start: every StepMinutes after the full UTC
// hour. StepMinutes divides 60.
type Grid struct{ StepMinutes int }

func (g Grid) Valid() bool            { panic("contract") }
func (g Grid) On(t Instant) bool      { panic("contract") }
func (g Grid) Next(t Instant) Instant { panic("contract") } // first line at or after t

// Starts calls yield for each line s, in order, with [s, s+minutes) inside free.
// Calls longer than the step start on every line, so their slots overlap.
func (g Grid) Starts(free Set, minutes int, yield func(Instant) bool) { panic("contract") }

// ---- calendar.go ----

// ReviewerRef is the dense number that a roster gives a reviewer; it is never reused.
type ReviewerRef uint32

// Call is one occupied span of a reviewer: a hold or an appointment.
type Call struct {
	Reviewer ReviewerRef
	Span     Interval // the call itself
	Busy     Interval // Span with its buffers; what must not overlap
	Until    Instant  // 0 = firm; else a hold, which counts only while now < Until
	ID       string   // unique
}

// ActiveAt reports whether the call counts at now.
func (c Call) ActiveAt(now Instant) bool { return c.Until == 0 || now < c.Until }

// Calendar holds the calls of all reviewers in a B-tree keyed by (reviewer, busy
// start). Busy spans of one reviewer in the tree never overlap, so an overlap test
// looks at one predecessor and one successor. Clone is O(1), copy on write.
type Calendar struct{ tree *btree.BTreeG[Call] }

func NewCalendar() *Calendar { panic("contract") }

// Insert adds a call; it returns the call it would overlap, if any, and then changes nothing.
func (c *Calendar) Insert(call Call) (conflict Call, ok bool)    { panic("contract") }
func (c *Calendar) Remove(r ReviewerRef, busyStart Instant) bool { panic("contract") }

// Conflict returns an active call of r that overlaps busy, ignoring the call named except.
func (c *Calendar) Conflict(r ReviewerRef, busy Interval, now Instant, except string) (Call, bool) {
	panic("contract")
}

// Calls yields the calls of r whose Busy overlaps within, in order of time, expired holds included.
func (c *Calendar) Calls(r ReviewerRef, within Interval, yield func(Call) bool) { panic("contract") }

// CountStarts counts active calls of r that start in within: all of them, or firm ones only,
// ignoring the call named except.
func (c *Calendar) CountStarts(r ReviewerRef, within Set, now Instant, firmOnly bool, except string) int {
	panic("contract")
}
func (c *Calendar) Len() int         { panic("contract") }
func (c *Calendar) Clone() *Calendar { panic("contract") }
