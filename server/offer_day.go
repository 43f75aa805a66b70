package server

import (
	"github.com/parleyhq/parley/matcher"
	"github.com/parleyhq/parley/slots"
)

// dayWriter writes what belongs to one day of an answer. What its starts have in common is made
// once: of a start only the digits of its clock times are put in.
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
}

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

// appendTimes appends when a start is.
func (d *dayWriter) appendTimes(dst []byte, s *matcher.SlotOffer, z *slots.Zone) []byte {
	if !d.stretch.Contains(s.Start) || !d.stretch.Contains(s.End) {
		if !d.makeFrame(s, z) {
			return d.spell(dst, s, z)
		}
	}
	at := len(dst)
	dst = append(dst, d.frame[:d.length]...)
	slots.PutClock(dst[at+frameClock:], uint(s.Start-d.midnight))
	slots.PutClock(dst[at+d.end:], uint(s.End-d.midnight))
	return d.AppendLabel(dst, s.Start, z)
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
