package server

import (
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"strconv"

	"github.com/parleyhq/parley/slots"
)

// Query parameters: a fault names the parameter where a body's names a pointer.

// zone reads ?timeZone=, otherwise the given zone.
func (c *call) zone(otherwise *slots.Zone) (*slots.Zone, *problem) {
	k := check{ofQuery: true}
	if z := k.queryZone(c.query); z != nil {
		return z, nil
	}
	return otherwise, k.problem()
}

// queryZone reads ?timeZone=; nil if it is not given.
func (k *check) queryZone(query map[string]string) *slots.Zone {
	if name, given := query["timeZone"]; given {
		return k.zone("timeZone", name)
	}
	return nil
}

// pageSize reads ?limit=.
func (k *check) pageSize(query map[string]string) int {
	s, given := query["limit"]
	if !given {
		return defaultPage
	}
	n, err := strconv.Atoi(s)
	if err != nil || strconv.Itoa(n) != s {
		k.unclear("limit", "must be an integer")
		return defaultPage
	}
	return k.within("limit", n, 1, maxPage)
}

// position is where a page ended: the last row's key. start is not used by
// lists that are ordered by id alone.
type position struct {
	start slots.Instant
	id    string
}

// A cursor is base64url of format, check sum, start and id. It is bound to the
// tenant, the principal and the list that it came from: the sum is keyed with the
// store's own key, so that nobody makes one up; start and id are enciphered under it,
// since the row where a page ended may be one that the caller does not see. It opens
// nothing that the same request without it does not.
const (
	cursorFormat = 2
	cursorSum    = 16
	cursorHead   = 1 + cursorSum + 8
)

// writeCursor makes the cursor of the page after p. list names the list with
// all that chooses its rows.
func (c *call) writeCursor(list string, p position) string {
	b := make([]byte, cursorHead, cursorHead+len(p.id))
	b[0] = cursorFormat
	binary.BigEndian.PutUint64(b[1+cursorSum:], uint64(p.start))
	b = append(b, p.id...)
	sum := c.cursorSum(list, b[1+cursorSum:])
	copy(b[1:], sum[:cursorSum])
	c.cursorCipher(b[1:1+cursorSum], b[1+cursorSum:])
	return base64.RawURLEncoding.EncodeToString(b)
}

// readCursor reads ?cursor=; without one the zero position is the beginning.
func (c *call) readCursor(list string) (position, *problem) {
	s, given := c.query["cursor"]
	if !given {
		return position{}, nil
	}
	return c.cursorIn(s, list)
}

// cursorIn reads a cursor.
func (c *call) cursorIn(s, list string) (position, *problem) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil || len(b) <= cursorHead || b[0] != cursorFormat {
		return position{}, &problem{code: codeInvalidCursor}
	}
	c.cursorCipher(b[1:1+cursorSum], b[1+cursorSum:])
	sum := c.cursorSum(list, b[1+cursorSum:])
	if subtle.ConstantTimeCompare(sum[:cursorSum], b[1:1+cursorSum]) != 1 {
		return position{}, &problem{code: codeInvalidCursor}
	}
	return position{
		start: slots.Instant(binary.BigEndian.Uint64(b[1+cursorSum:])),
		id:    string(b[cursorHead:]),
	}, nil
}

func (c *call) cursorSum(list string, rest []byte) [32]byte {
	text := c.actor.Tenant + "\x00" + c.actor.Principal + "\x00" + list + "\x00"
	return c.server.engine.Vault().Mark("cursor", append([]byte(text), rest...))
}

// cursorCipher enciphers rest, and deciphers it: the stream is made of the check sum, which differs wherever
// rest does.
func (c *call) cursorCipher(sum, rest []byte) {
	for block := byte(0); len(rest) > 0; block++ {
		stream := c.server.engine.Vault().Mark("cursor stream", append([]byte{block}, sum...))
		n := subtle.XORBytes(rest, rest, stream[:])
		rest = rest[n:]
	}
}
