package server

import (
	"math"

	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// dayWriter writes what belongs to one day of an answer. What its starts have in common is made
// once: of a start only the digits of its clock times are put in. And reviewers offer the same
// starts again and again: a start that the answer has told already is copied from there.
type dayWriter struct {
	slots.Stamp
	date slots.Date
	head [len(dayHead)]byte // how the day of date begins; zero = not made
	// frame is how every start in the stretch of one date and offset begins, from "start" to its label.
	// It is not for starts outside; the stretch is empty at first.
	frame    [len(frameText)]byte
	length   int // of the frame
	end      int // where the clock time of the end stands in it
	stretch  slots.Interval
	midnight slots.Instant // from which the clock times of the stretch count
	// told is where the answer tells the starts of the stretch, by quarters of an hour of its day:
	// those that take span. Nothing is told of an answer that has not begun.
	told  [quarters]toldStart
	span  slots.Instant
	began bool
	plain bool // every start is spelled out, and not made of what its day has in common
}

// toldStart is where in an answer a start is told, from its brace to what its cases say; a
// length of 0 = nowhere.
type toldStart struct {
	at           uint32
	length       uint16
	consultative bool
	late         bool
}

// A day has so many quarters of an hour.
const (
	quarter  = 15 * slots.Minute
	quarters = int(24 * slots.Hour / quarter)
)

// How a day of a week begins, and a start.
const (
	dayHead   = `{"date":"2006-01-02","slots":[`
	frameText = `"start":"2006-01-02T15:04:05-07:00","end":"2006-01-02T15:04:05-07:00","label":"`
	// frameClock is where the clock time of the start stands in a frame.
	frameClock = len(`"start":"2006-01-02T`)
)

// appendHead appends how a day of a week begins.
func (d *dayWriter) appendHead(dst []byte, date slots.Date) []byte {
	if d.date == date && d.head[0] != 0 {
		return append(dst, d.head[:]...)
	}
	at := len(dst)
	dst = append(dst, `{"date":"`...)
	dst = slots.AppendDate(dst, date)
	dst = append(dst, `","slots":[`...)
	if len(dst)-at == len(d.head) { // not a year of five digits
		d.date = date
		copy(d.head[:], dst[at:])
	}
	return dst
}

// begin is called before an answer in a zone: what other answers told is none of its. Frames stay
// good from answer to answer, unless the zone is another one.
func (d *dayWriter) begin(sameZone, plain bool) {
	if !sameZone {
		d.stretch = slots.Interval{}
	}
	clear(d.told[:])
	d.span, d.began, d.plain = 0, true, plain
}

// appendStart appends the members of a start but for its cases, behind a brace.
func (d *dayWriter) appendStart(dst []byte, s *matcher.SlotOffer, z *slots.Zone) []byte {
	second := uint64(s.Start - d.midnight)
	if i := second / uint64(quarter); i < uint64(len(d.told)) && i*uint64(quarter) == second && s.End-s.Start == d.span {
		if t := &d.told[i]; t.length != 0 && t.consultative == s.Consultative && t.late == s.Late {
			return append(dst, dst[t.at:t.at+uint32(t.length)]...)
		}
	}
	return d.tell(dst, s, z)
}

// tell is appendStart for a start that was not told before.
func (d *dayWriter) tell(dst []byte, s *matcher.SlotOffer, z *slots.Zone) []byte {
	if d.plain || !(d.stretch.Contains(s.Start) && d.stretch.Contains(s.End) || d.makeFrame(s, z)) {
		return appendKind(d.spell(append(dst, '{'), s, z), s)
	}
	at := len(dst)
	dst = append(append(dst, '{'), d.frame[:d.length]...)
	slots.PutClock(dst[at+1+frameClock:], uint(s.Start-d.midnight))
	slots.PutClock(dst[at+1+d.end:], uint(s.End-d.midnight))
	dst = appendKind(d.AppendLabel(dst, s.Start, z), s)
	if d.span == 0 {
		d.span = s.End - s.Start
	}
	if second := s.Start - d.midnight; d.began && second%quarter == 0 && s.End-s.Start == d.span && at <= math.MaxInt32 {
		d.told[second/quarter] = toldStart{uint32(at), uint16(len(dst) - at), s.Consultative, s.Late}
	}
	return dst
}

// appendKind appends what of a start is no time, from behind its label on.
func appendKind(dst []byte, s *matcher.SlotOffer) []byte {
	if s.Consultative {
		dst = append(dst, `","consultativeOnly":true`...)
	} else {
		dst = append(dst, `","consultativeOnly":false`...)
	}
	if s.Late {
		dst = append(dst, `,"late":true`...)
	}
	return dst
}

// makeFrame makes the frame of a start and those like it. It reports false where the two times
// of the start have no date and offset in common.
func (d *dayWriter) makeFrame(s *matcher.SlotOffer, z *slots.Zone) bool {
	stretch, midnight, ok := d.Stretch(s.Start, z)
	if !ok || !stretch.Contains(s.End) {
		return false
	}
	frame := append(d.frame[:0], `"start":"`...)
	frame = d.AppendInstant(frame, s.Start, z)
	frame = append(frame, `","end":"`...)
	d.end = len(frame) + len("2006-01-02T")
	frame = d.AppendInstant(frame, s.End, z)
	frame = append(frame, `","label":"`...)
	d.length, d.stretch, d.midnight = len(frame), stretch, midnight
	clear(d.told[:]) // of another stretch
	return true
}

// spell appends when a start is, without a frame.
func (d *dayWriter) spell(dst []byte, s *matcher.SlotOffer, z *slots.Zone) []byte {
	dst = append(dst, `"start":"`...)
	dst = d.AppendInstant(dst, s.Start, z)
	dst = append(dst, `","end":"`...)
	dst = d.AppendInstant(dst, s.End, z)
	dst = append(dst, `","label":"`...)
	return d.AppendLabel(dst, s.Start, z)
}
