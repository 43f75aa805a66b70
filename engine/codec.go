package engine

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/bits"
)

// codec writes or reads one record. The same list of fields serves both
// directions, so the two cannot drift apart: c.str(&x.ID) appends x.ID when
// writing and sets it when reading.
//
// The encoding is canonical: whatever it reads without an error is written
// back to the same bytes. Reading is total: any bytes give a value or an error,
// and memory in proportion to their number. After an error every further call
// does nothing. Writing never changes the value.
type codec struct {
	out     []byte // writing: what is written so far
	in      string // reading: the record; texts that are read share its memory
	pos     int    // reading: offset of the next byte
	reading bool
	err     error
	scratch *scratch // reading: lists of texts and byte strings are made here, if not nil
}

// Errors of a codec.
var (
	errDamagedRecord = fmt.Errorf("%w: unreadable record", ErrCorrupt)
	errNewerRecord   = fmt.Errorf("%w: %w", errDamagedRecord, ErrNewer)
	errTooLarge      = errors.New("engine: value beyond its limit")
)

func encoder(into []byte) *codec { return &codec{out: into} }

func decoder(record string) *codec { return &codec{in: record, reading: true} }

// fail notes the first error, with its place.
func (c *codec) fail(err error, what string) {
	if c.err != nil {
		return
	}
	if c.reading {
		what = fmt.Sprintf("%s at byte %d of %d", what, c.pos, len(c.in))
	}
	c.err = fmt.Errorf("%w: %s", err, what)
}

// end closes the reading of a record: nothing may be left.
func (c *codec) end() error {
	if c.err == nil && c.pos != len(c.in) {
		c.fail(errDamagedRecord, "trailing bytes")
	}
	return c.err
}

// take returns the next n bytes of what is read.
func (c *codec) take(n int, what string) (string, bool) {
	if c.err != nil {
		return "", false
	}
	if n > len(c.in)-c.pos {
		c.fail(errDamagedRecord, what+" cut short")
		return "", false
	}
	s := c.in[c.pos : c.pos+n]
	c.pos += n
	return s, true
}

// version leads every kind of record: current when writing; when reading, the
// number found, from 1 to current.
func (c *codec) version(current uint8) uint8 {
	if c.err != nil {
		return current
	}
	if !c.reading {
		c.out = append(c.out, current)
		return current
	}
	s, ok := c.take(1, "version")
	if !ok {
		return current
	}
	if s[0] == 0 || s[0] > current {
		err := errDamagedRecord
		if s[0] > current {
			err = errNewerRecord
		}
		c.fail(err, fmt.Sprintf("version %d, known are 1 to %d", s[0], current))
		return current
	}
	return s[0]
}

// leastVersion leads a record that is written in the lowest version that holds
// it, so that what an earlier build wrote stays canonical. least is that version
// of what is written.
func (c *codec) leastVersion(least, current uint8) uint8 {
	if c.reading {
		return c.version(current)
	}
	return c.version(least)
}

// leastEnd closes the reading of such a record: found must be the lowest version
// of what was read.
func (c *codec) leastEnd(found, least uint8) {
	if c.reading && c.err == nil && found != least {
		c.fail(errDamagedRecord, fmt.Sprintf("version %d, %d holds it", found, least))
	}
}

func (c *codec) flag(p *bool) {
	if c.err != nil {
		return
	}
	if !c.reading {
		b := byte(0)
		if *p {
			b = 1
		}
		c.out = append(c.out, b)
		return
	}
	s, ok := c.take(1, "flag")
	if ok && s[0] > 1 {
		c.fail(errDamagedRecord, "flag")
	}
	*p = ok && s[0] == 1
}

// uvarint codes a number in base 128, least significant first, in as few bytes
// as it takes.
func (c *codec) uvarint(v uint64) uint64 {
	if c.err != nil {
		return 0
	}
	if !c.reading {
		if v < 0x80 { // nearly every one
			c.out = append(c.out, byte(v))
		} else {
			c.out = binary.AppendUvarint(c.out, v)
		}
		return v
	}
	if c.pos < len(c.in) && c.in[c.pos] < 0x80 { // nearly every one
		c.pos++
		return uint64(c.in[c.pos-1])
	}
	return c.longVarint()
}

// longVarint reads a number of any length.
func (c *codec) longVarint() uint64 {
	var n uint64
	for shift := uint(0); ; shift += 7 {
		if c.pos == len(c.in) {
			c.fail(errDamagedRecord, "number cut short")
			return 0
		}
		b := c.in[c.pos]
		c.pos++
		if shift == 63 && b > 1 || b == 0 && shift > 0 {
			c.fail(errDamagedRecord, "number")
			return 0
		}
		n |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return n
		}
	}
}

// natural codes an unsigned number.
func natural[T ~uint8 | ~uint16 | ~uint32 | ~uint64](c *codec, p *T) {
	v := c.uvarint(uint64(*p))
	if c.reading {
		*p = T(v)
		if uint64(*p) != v {
			c.fail(errDamagedRecord, "number out of range")
		}
	}
}

// integer codes a signed number, zigzag.
func integer[T ~int | ~int16 | ~int32 | ~int64](c *codec, p *T) {
	v := c.uvarint(uint64(int64(*p)<<1) ^ uint64(int64(*p)>>63))
	if c.reading {
		n := int64(v>>1) ^ -int64(v&1)
		*p = T(n)
		if int64(*p) != n {
			c.fail(errDamagedRecord, "number out of range")
		}
	}
}

// length codes a count of items that take at least one byte each.
func (c *codec) length(n, limit int, what string) int {
	if !c.reading {
		if n > limit {
			c.fail(errTooLarge, fmt.Sprintf("%s: %d, limit %d", what, n, limit))
		}
		c.uvarint(uint64(n))
		return n
	}
	v := c.uvarint(0)
	if c.err == nil && (v > uint64(limit) || v > uint64(len(c.in)-c.pos)) {
		c.fail(errDamagedRecord, what+" too long")
	}
	if c.err != nil {
		return 0
	}
	return int(v)
}

// str codes a text of at most MaxTextBytes.
func (c *codec) str(p *string) { c.text(p, MaxTextBytes) }

func (c *codec) text(p *string, limit int) {
	if c.reading && c.err == nil && c.pos < len(c.in) {
		// Nearly every one is short, and whole.
		if n := int(c.in[c.pos]); n < 0x80 && n <= limit && n < len(c.in)-c.pos {
			*p = c.in[c.pos+1 : c.pos+1+n]
			c.pos += 1 + n
			return
		}
	}
	if n := len(*p); !c.reading && c.err == nil && n < 0x80 && n <= limit {
		c.out = append(append(c.out, byte(n)), *p...)
		return
	}
	n := c.length(len(*p), limit, "text")
	switch {
	case c.err != nil:
	case c.reading:
		*p, _ = c.take(n, "text")
	default:
		c.out = append(c.out, *p...)
	}
}

// bytes codes a byte string; an empty one is read as nil.
func (c *codec) bytes(p *[]byte, limit int) {
	n := c.length(len(*p), limit, "bytes")
	switch {
	case c.err != nil:
	case !c.reading:
		c.out = append(c.out, *p...)
	default:
		s, _ := c.take(n, "bytes")
		*p = nil
		if n > 0 {
			*p = c.scratch.copyBytes(s)
		}
	}
}

// digest codes 32 bytes, a zero digest as one zero byte.
func (c *codec) digest(p *[32]byte) {
	present := *p != [32]byte{}
	c.flag(&present)
	if !present || c.err != nil {
		return
	}
	if !c.reading {
		c.out = append(c.out, p[:]...)
		return
	}
	s, _ := c.take(len(p), "digest")
	copy(p[:], s)
	if *p == [32]byte{} {
		c.fail(errDamagedRecord, "zero digest")
	}
}

// list codes up to MaxListItems items; an empty list is read as nil.
func list[T any](c *codec, p *[]T, item func(*codec, *T)) { listUpTo(c, p, MaxListItems, item) }

// listUpTo is list with a limit of its own.
func listUpTo[T any](c *codec, p *[]T, limit int, item func(*codec, *T)) {
	n := c.length(len(*p), limit, "list")
	if c.reading {
		*p = nil
		if n > 0 {
			*p = make([]T, n)
		}
	}
	for i := range *p {
		if c.err != nil {
			return
		}
		item(c, &(*p)[i])
	}
}

// strs codes a list of texts.
func (c *codec) strs(p *[]string) {
	if c.scratch == nil {
		list(c, p, (*codec).str)
		return
	}
	n := c.length(0, MaxListItems, "list")
	*p = c.scratch.list(n)
	for i := range *p {
		c.str(&(*p)[i])
	}
}

// Numbers of the platform are 64 bits wide, so int holds every length.
const _ = uint(bits.UintSize - 64)

const _ = uint(math.MaxInt - math.MaxUint32)
