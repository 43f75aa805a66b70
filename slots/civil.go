package slots

import (
	"errors"
	"fmt"
)

// Errors of the parsers. They carry no part of the input.
var (
	// ErrMalformed says that the text is not in the one accepted form, or names
	// a day or a time of day that no calendar has.
	ErrMalformed = errors.New("malformed date or time")
	// ErrYearRange says that the text is well formed, but the year is before
	// 1900 or after 2200.
	ErrYearRange = errors.New("year out of range 1900-2200")
)

// Years that the parsers accept. Zone tables cover them with a margin.
const (
	minYear = 1900
	maxYear = 2200
)

// dateSeconds is the length of a date on the local time line, which has no
// clock changes. In UTC a local date can be shorter or longer.
const dateSeconds Instant = 24 * Hour

// Date is a day of the proleptic Gregorian calendar: days since 1970-01-01.
type Date int32

// ParseDate reads YYYY-MM-DD, ASCII digits only, years 1900 to 2200. Days that
// the calendar does not have are ErrMalformed, other years ErrYearRange.
func ParseDate(s string) (Date, error) {
	if len(s) != 10 || s[4] != '-' || s[7] != '-' {
		return 0, ErrMalformed
	}
	year, ok1 := digits(s[0:4])
	month, ok2 := digits(s[5:7])
	day, ok3 := digits(s[8:10])
	if !ok1 || !ok2 || !ok3 {
		return 0, ErrMalformed
	}
	return DateOf(year, month, day)
}

// digits reads a short run of ASCII digits.
func digits(s string) (n int, ok bool) {
	for i := range len(s) {
		c := s[i] - '0'
		if c > 9 {
			return 0, false
		}
		n = n*10 + int(c)
	}
	return n, true
}

// DateOf returns the date of a year, month 1–12 and day of the month from 1.
// Days that the calendar does not have are ErrMalformed, years outside 1900 to
// 2200 ErrYearRange.
func DateOf(year, month, day int) (Date, error) {
	if month < 1 || month > 12 || day < 1 || day > daysIn(year, month) {
		return 0, ErrMalformed
	}
	if year < minYear || year > maxYear {
		return 0, ErrYearRange
	}
	return dateOf(year, month, day), nil
}

func daysIn(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// Lengths of calendar cycles, in days.
const (
	days4Years   = 4*365 + 1
	days100Years = 25*days4Years - 1
	days400Years = 4*days100Years + 1
	// epochDay is 1970-01-01 counted from 0000-03-01. Counting years from
	// March puts the leap day last, so month lengths follow one formula.
	epochDay = 719468
)

// dateOf counts the days; the arguments are a valid day.
func dateOf(year, month, day int) Date {
	m := (month + 9) % 12 // March = 0
	if m >= 10 {
		year--
	}
	era := floorDiv(year, 400)
	y := year - era*400
	n := era*days400Years + y*365 + y/4 - y/100 + (m*153+2)/5 + day - 1
	return Date(n - epochDay)
}

// YMD returns the year, the month 1–12 and the day of the month.
func (d Date) YMD() (year, month, day int) {
	n := int(d) + epochDay
	era := floorDiv(n, days400Years)
	n -= era * days400Years
	// Each division leaves out the leap days before day n of its cycle.
	y := (n - n/(days4Years-1) + n/days100Years - n/(days400Years-1)) / 365
	n -= y*365 + y/4 - y/100
	m := (n*5 + 2) / 153 // March = 0
	day = n - (m*153+2)/5 + 1
	month = (m+2)%12 + 1
	year = era*400 + y
	if month <= 2 {
		year++
	}
	return year, month, day
}

// String returns YYYY-MM-DD.
func (d Date) String() string { return string(appendDate(nil, d)) }

// AppendDate appends YYYY-MM-DD.
func AppendDate(dst []byte, d Date) []byte { return appendDate(dst, d) }

func appendDate(dst []byte, d Date) []byte {
	year, month, day := d.YMD()
	if year < 0 || year > 9999 { // no parser yields it
		return fmt.Appendf(dst, "%d-%02d-%02d", year, month, day)
	}
	dst = append2(append2(dst, year/100), year%100)
	dst = append2(append(dst, '-'), month)
	return append2(append(dst, '-'), day)
}

// append2 appends n, 0 to 99, as two digits.
func append2(dst []byte, n int) []byte {
	return append(dst, byte('0'+n/10), byte('0'+n%10))
}

// Weekday returns the day of the week.
func (d Date) Weekday() Weekday {
	return Weekday(floorMod(int(d)+3, 7)) // 1970-01-01 was a Thursday
}

// Monday returns the Monday on or before d.
func (d Date) Monday() Date { return d - Date(d.Weekday()) }

// AddDays returns the date n days later, or earlier if n is negative.
func (d Date) AddDays(n int) Date { return d + Date(n) }

// Weekday counts from Monday = 0 to Sunday = 6.
type Weekday uint8

var weekdayNames = [7]string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}

// ParseWeekday reads mon, tue, wed, thu, fri, sat or sun, in lower case.
func ParseWeekday(s string) (Weekday, error) {
	for i, name := range weekdayNames {
		if s == name {
			return Weekday(i), nil
		}
	}
	return 0, ErrMalformed
}

// String returns mon … sun.
func (w Weekday) String() string {
	if int(w) >= len(weekdayNames) {
		return fmt.Sprintf("Weekday(%d)", uint8(w))
	}
	return weekdayNames[w]
}

// Weekdays is a set of weekdays, bit i for Weekday i.
type Weekdays uint8

// Has reports whether d is in the set.
func (w Weekdays) Has(d Weekday) bool { return w&(1<<d) != 0 }

// With returns the set with d added.
func (w Weekdays) With(d Weekday) Weekdays { return w | 1<<d }

// ClockTime is a local time of day in minutes after midnight, 0 to 1440;
// 1440 (24:00) only as an end.
type ClockTime int16

// ParseClockTime reads HH:MM from 00:00 to 24:00. Anything else is
// ErrMalformed; whether 24:00 is allowed in its place the caller decides.
func ParseClockTime(s string) (ClockTime, error) {
	if len(s) != 5 || s[2] != ':' {
		return 0, ErrMalformed
	}
	hour, ok1 := digits(s[0:2])
	minute, ok2 := digits(s[3:5])
	c := ClockTime(hour*60 + minute)
	if !ok1 || !ok2 || minute > 59 || c > 24*60 {
		return 0, ErrMalformed
	}
	return c, nil
}

// String returns HH:MM.
func (c ClockTime) String() string {
	if c < 0 || c > 24*60 {
		return fmt.Sprintf("ClockTime(%d)", int16(c))
	}
	return string(append2(append(append2(nil, int(c)/60), ':'), int(c)%60))
}

// seconds returns the seconds after midnight.
func (c ClockTime) seconds() int { return int(c) * 60 }

// floorDiv divides, rounding down; b > 0. Dates before 1970 are negative.
func floorDiv[T ~int | ~int64](a, b T) T {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// floorMod returns a − b·floorDiv(a, b), from 0 to b−1; b > 0.
func floorMod[T ~int | ~int64](a, b T) T {
	m := a % b
	if m < 0 {
		m += b
	}
	return m
}
