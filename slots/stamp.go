package slots

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
	second := uint(t - s.midnight)
	hour, rest := second/3600, second%3600
	dst = append(dst, s.date[:]...)
	dst = append(dst, tens[hour], ones[hour], ':', tens[rest/60], ones[rest/60], ':', tens[rest%60], ones[rest%60])
	return append(dst, s.offset[:s.offsetLen]...)
}

// AppendLabel is AppendLabel(dst, t, z).
func (s *Stamp) AppendLabel(dst []byte, t Instant, z *Zone) []byte {
	if !s.covers(t, z) {
		return AppendLabel(dst, t, z)
	}
	second := uint(t - s.midnight)
	dst = append(dst, hours[second/3600]...)
	minute := second / 60 % 60
	dst = append(dst, tens[minute], ones[minute])
	if second < 12*3600 {
		dst = append(dst, " am "...)
	} else {
		dst = append(dst, " pm "...)
	}
	return append(dst, s.letters[:s.lettersLen]...)
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

// Digits of the numbers from 0 to 59, and hours of the day as labels name them.
var tens, ones = func() (tens, ones [60]byte) {
	for i := range tens {
		tens[i], ones[i] = byte('0'+i/10), byte('0'+i%10)
	}
	return tens, ones
}()

var hours = [24]string{
	"12:", "1:", "2:", "3:", "4:", "5:", "6:", "7:", "8:", "9:", "10:", "11:",
	"12:", "1:", "2:", "3:", "4:", "5:", "6:", "7:", "8:", "9:", "10:", "11:",
}
