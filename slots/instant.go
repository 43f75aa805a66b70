package slots

import (
	"errors"
	"strconv"
)

// ErrFraction says that an instant has a fraction of a second, even a zero one.
var ErrFraction = errors.New("instant is not a whole second")

// ParseInstant reads an RFC 3339 instant of whole seconds and returns it with
// the offset it was written in, in seconds east of UTC. The only form is
//
//	2006-01-02T15:04:05Z    2006-01-02T15:04:05-07:00
//
// in ASCII with upper-case T and Z: years 1900 to 2200 as written, days that the
// calendar has, hours to 23, no second 60, offsets to ±23:59. Errors are
// ErrMalformed, ErrFraction and ErrYearRange, for text that is otherwise right.
func ParseInstant(s string) (t Instant, offsetSeconds int, err error) {
	const bare = len("2006-01-02T15:04:05")
	if len(s) <= bare || s[10] != 'T' || s[13] != ':' || s[16] != ':' {
		return 0, 0, ErrMalformed
	}
	hour, ok1 := digits(s[11:13])
	minute, ok2 := digits(s[14:16])
	second, ok3 := digits(s[17:19])
	if !ok1 || !ok2 || !ok3 || hour > 23 || minute > 59 || second > 59 {
		return 0, 0, ErrMalformed
	}
	rest, fraction := cutFraction(s[bare:])
	offsetSeconds, ok := parseOffset(rest)
	if !ok {
		return 0, 0, ErrMalformed
	}
	date, err := ParseDate(s[:10])
	if err != nil {
		return 0, 0, err
	}
	if fraction {
		return 0, 0, ErrFraction
	}
	local := Instant(date)*dateSeconds + Instant(hour*3600+minute*60+second)
	return local - Instant(offsetSeconds), offsetSeconds, nil
}

// cutFraction takes a point and at least one digit off the front of s.
func cutFraction(s string) (rest string, found bool) {
	if s[0] != '.' {
		return s, false
	}
	n := 1
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	if n == 1 {
		return s, false
	}
	return s[n:], true
}

// parseOffset reads Z or ±HH:MM.
func parseOffset(s string) (seconds int, ok bool) {
	if s == "Z" {
		return 0, true
	}
	if len(s) != 6 || (s[0] != '+' && s[0] != '-') || s[3] != ':' {
		return 0, false
	}
	hour, ok1 := digits(s[1:3])
	minute, ok2 := digits(s[4:6])
	if !ok1 || !ok2 || hour > 23 || minute > 59 {
		return 0, false
	}
	seconds = hour*3600 + minute*60
	if s[0] == '-' {
		seconds = -seconds
	}
	return seconds, true
}

// String returns RFC 3339 in UTC.
func (t Instant) String() string { return string(AppendInstant(nil, t, utc)) }

// AppendInstant appends t in RFC 3339 as the clocks of z show it, with Z in the
// zone UTC and ±HH:MM elsewhere. Old offsets with seconds (before 1972) are
// rounded toward zero to whole minutes and the time is written in the rounded
// offset, so the text always names the instant t exactly.
func AppendInstant(dst []byte, t Instant, z *Zone) []byte {
	seconds, abbr := z.Offset(t)
	minutes := seconds / 60
	local := t + Instant(minutes)*Minute
	second := int(floorMod(local, dateSeconds))
	dst = appendDate(dst, Date(floorDiv(local, dateSeconds)))
	dst = append2(append(dst, 'T'), second/3600)
	dst = append2(append(dst, ':'), second/60%60)
	dst = append2(append(dst, ':'), second%60)
	return appendOffset(dst, seconds, abbr)
}

// appendOffset appends an offset in seconds, Z or whole minutes rounded toward zero.
func appendOffset(dst []byte, seconds int, abbr string) []byte {
	if seconds == 0 && abbr == "UTC" {
		return append(dst, 'Z')
	}
	minutes := seconds / 60
	sign := byte('+')
	if minutes < 0 {
		sign, minutes = '-', -minutes
	}
	dst = append2(append(dst, sign), minutes/60)
	return append2(append(dst, ':'), minutes%60)
}

// AppendLabel appends the short label of a slot that starts at t, for people:
// "6:15 pm EDT". Midnight is 12:00 am, noon 12:00 pm. Where the database has no
// letters for the offset the label shows it: "9:30 am GMT+5:30".
func AppendLabel(dst []byte, t Instant, z *Zone) []byte {
	_, second := z.Clock(t)
	seconds, abbr := z.Offset(t)
	hour, half := second/3600, " am "
	if hour >= 12 {
		hour, half = hour-12, " pm "
	}
	if hour == 0 {
		hour = 12
	}
	dst = strconv.AppendInt(dst, int64(hour), 10)
	dst = append2(append(dst, ':'), second/60%60)
	dst = append(dst, half...)
	return appendLetters(dst, seconds, abbr)
}

// appendLetters appends how people call an offset.
func appendLetters(dst []byte, seconds int, abbr string) []byte {
	if abbr == "" || abbr[0] == '+' || abbr[0] == '-' {
		return appendGMT(dst, seconds/60)
	}
	return append(dst, abbr...)
}

// appendGMT appends GMT with an offset in minutes as people write it: GMT+5:30,
// GMT-3, GMT.
func appendGMT(dst []byte, minutes int) []byte {
	dst = append(dst, "GMT"...)
	if minutes == 0 {
		return dst
	}
	sign := byte('+')
	if minutes < 0 {
		sign, minutes = '-', -minutes
	}
	dst = strconv.AppendInt(append(dst, sign), int64(minutes/60), 10)
	if minutes%60 == 0 {
		return dst
	}
	return append2(append(dst, ':'), minutes%60)
}
