package otlp

import (
	"bytes"
	"encoding/hex"
)

// parent is what a traceparent header tells of the caller's span.
type parent struct {
	trace   [16]byte
	span    [8]byte
	sampled bool
}

// Places in a traceparent header: version, trace, span and flags in hexadecimal, with dashes between them.
const (
	traceAt, spanAt, flagsAt = 3, 36, 53
	traceparentBytes         = 55 // of version 00; later ones may go on with another dash
)

// parseTraceparent reads a traceparent header as W3C Trace Context has it, also of a later version. ok is false for whatever
// is none.
func parseTraceparent(text []byte) (p parent, ok bool) {
	if len(text) < traceparentBytes || len(text) > traceparentBytes && (text[traceparentBytes] != '-' || bytes.HasPrefix(text, []byte("00"))) {
		return p, false
	}
	var version, flags [1]byte
	for _, part := range []struct {
		to []byte
		at int
	}{{version[:], 0}, {p.trace[:], traceAt}, {p.span[:], spanAt}, {flags[:], flagsAt}} {
		digits := text[part.at : part.at+2*len(part.to)]
		if _, err := hex.Decode(part.to, digits); err != nil || bytes.ContainsAny(digits, "ABCDEF") || part.at > 0 && text[part.at-1] != '-' {
			return parent{}, false
		}
	}
	if version[0] == 0xff || p.trace == [16]byte{} || p.span == [8]byte{} {
		return parent{}, false
	}
	p.sampled = flags[0]&1 != 0
	return p, true
}
