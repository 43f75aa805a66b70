package slots

import "strconv"

// Stamp writes instants as AppendInstant and AppendLabel do, for many of one local day:
// date, offset and letters are worked out once for each stretch that has them in common.
// The zero Stamp is ready. It is not for concurrent use.
type Stamp struct {
	zone *Zone
	// within is the stretch, of one date and one regime. It is empty at first, and where
	// an offset has seconds, which texts round.
	within   Interval
	midnight Instant  // of the date as this regime counts, in within or before it
	date     [11]byte // 2006-01-02T
	offset   [6]byte  // Z or -07:00
	letters  [9]byte  // EDT or GMT+05:30
	// How much of them is used.
	offsetLen, lettersLen uint8
}

// AppendInstant is AppendInstant(dst, t, z).
func (s *Stamp) AppendInstant(dst []byte, t Instant, z *Zone) []byte {
	if !s.covers(t, z) {
		return AppendInstant(dst, t, z)
	}
	dst = append(append(dst, s.date[:]...), "00:00:00"...)
	PutClock(dst[len(dst)-8:], uint(t-s.midnight))
	return append(dst, s.offset[:s.offsetLen]...)
}

// AppendLabel is AppendLabel(dst, t, z).
func (s *Stamp) AppendLabel(dst []byte, t Instant, z *Zone) []byte {
	if !s.covers(t, z) {
		return AppendLabel(dst, t, z)
	}
	clock, at := &clocks[uint(t-s.midnight)/60], len(dst)
	dst = append(dst, clock.text[:]...)[:at+int(clock.length)]
	return append(dst, s.letters[:s.lettersLen]...)
}

// Stretch makes the stamp one of t's day and regime and returns what it writes with the same date
// and offset, and the midnight from which it counts the seconds of clock times. It reports
// false where there is nothing to be had in common.
func (s *Stamp) Stretch(t Instant, z *Zone) (within Interval, midnight Instant, ok bool) {
	if !s.covers(t, z) {
		return Interval{}, 0, false
	}
	return s.within, s.midnight, true
}

// PutClock writes HH:MM:SS, second being that of the day, less than 24 hours.
func PutClock(dst []byte, second uint) {
	hour, rest := second/3600, second%3600
	minute, second := rest/60, rest%60
	_ = dst[7]
	dst[0], dst[1], dst[2] = tens[hour], ones[hour], ':'
	dst[3], dst[4], dst[5] = tens[minute], ones[minute], ':'
	dst[6], dst[7] = tens[second], ones[second]
}

// covers makes the stamp one of t's day and regime, if it is none yet. It reports false
// where there is nothing to be had in common.
func (s *Stamp) covers(t Instant, z *Zone) bool {
	if s.zone == z && s.within.Contains(t) {
		return true
	}
	i := z.at(t)
	r := &z.regimes[i]
	if r.offset%Minute != 0 {
		return false
	}
	date := floorDiv(t+r.offset, dateSeconds)
	s.zone, s.midnight = z, date*dateSeconds-r.offset
	s.within = z.span(i).Intersect(Interval{Start: s.midnight, End: s.midnight + dateSeconds})
	text := appendDate(s.date[:0], Date(date))
	s.date[len(s.date)-1] = 'T'
	offset := appendOffset(s.offset[:0], int(r.offset), r.abbr)
	letters := appendLetters(s.letters[:0], int(r.offset), r.abbr)
	s.offsetLen, s.lettersLen = uint8(len(offset)), uint8(len(letters))
	if len(text) != len(s.date)-1 || len(letters) > len(s.letters) { // a year of five digits, a word too long
		s.within = Interval{}
		return false
	}
	return true
}

// Digits of the numbers from 0 to 59.
var tens, ones = func() (tens, ones [60]byte) {
	for i := range tens {
		tens[i], ones[i] = byte('0'+i/10), byte('0'+i%10)
	}
	return tens, ones
}()

// clocks are the minutes of a day as labels begin: "9:05 am ".
var clocks = func() (all [24 * 60]struct {
	text   [len("12:00 am ")]byte
	length uint8
}) {
	for i := range all {
		half := " am "
		if i >= 12*60 {
			half = " pm "
		}
		text := strconv.AppendInt(nil, int64((i/60+11)%12+1), 10)
		text = append(append(text, ':', tens[i%60], ones[i%60]), half...)
		all[i].length = uint8(copy(all[i].text[:], text))
	}
	return all
}()
