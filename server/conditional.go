package server

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// A GET that names what it has by entity tag (RFC 9110, If-None-Match) is answered 304 without a body while that is
// still what it would get. Tags are strong. That of a stored resource is its version: its answer is made of its
// record and of the request's target, and of nothing else. That of a file is a digest of its bytes. Answers that
// depend on the moment, or on more than one record, have none that is honoured.

// versionTag is the entity tag of a stored resource.
func versionTag(version uint64) string { return strconv.Quote(strconv.FormatUint(version, 10)) }

// unchanged answers 304 if the client has this version; 0 is no version.
func (c *call) unchanged(version uint64) (answer, bool) {
	if c.ifNoneMatch == "" || version == 0 || !names(c.ifNoneMatch, versionTag(version)) {
		return answer{}, false
	}
	return answer{status: http.StatusNotModified, version: version}, true
}

// file answers with bytes that are part of the program: with none of them if the client has them.
func (c *call) file(a answer) answer {
	a.tag = digestTag(a.body)
	if c.ifNoneMatch != "" && names(c.ifNoneMatch, a.tag) {
		a.status, a.body = http.StatusNotModified, nil
	}
	return a
}

// digests are the tags of the program's files by the first byte in memory: they are read once and never change.
var digests sync.Map

func digestTag(body []byte) string {
	if len(body) == 0 {
		return `"0"`
	}
	if tag, known := digests.Load(&body[0]); known {
		return tag.(string)
	}
	sum := sha256.Sum256(body)
	tag := strconv.Quote(hex.EncodeToString(sum[:16]))
	digests.Store(&body[0], tag)
	return tag
}

// names says whether an If-None-Match value names a tag; * names every one. A tag that is marked as weak counts as
// well, as it must here, and what is no tag names nothing.
func names(value, tag string) bool {
	if value == "*" {
		return true
	}
	for item := range strings.SplitSeq(value, ",") { // the tags of this server hold no comma
		if strings.TrimPrefix(strings.Trim(item, " \t"), "W/") == tag {
			return true
		}
	}
	return false
}
