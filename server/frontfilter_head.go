package server

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/valyala/fasthttp"
)

// headFields are the header fields that matter here, copied out of the raw header section.
type headFields struct {
	host            string
	contentLength   int64
	hasLength       bool
	contentType     string
	contentEncoding string
	accept          string
	key             string
	hasKey          bool
	ifMatch         string
	ifNoneMatch     string
	hasIfMatch      bool
	requestID       string
	last            bool // the client asks nothing more on this connection
	// authorization is the value of the last such field, in the transport's memory; authorizations counts them.
	authorization  []byte
	authorizations int
	forwarded      []byte // the last X-Forwarded-For, in the transport's memory
	adminAct       string // what the operator's listener is asked to do
	ofPage         bool   // a browser says that a page has sent the request
	ofOther        bool   // it is one from elsewhere; ofPage is set, too
}

// readHead checks the request line's version and the raw header section and picks the fields.
func readHead(h *fasthttp.RequestHeader) (headFields, *refused) {
	raw := h.RawHeaders()
	f, no := readFields(raw)
	switch {
	case string(h.Protocol()) != "HTTP/1.1":
		return f, deny(codeVersionUnsupported, "").closing()
	case len(raw) > maxHeaderBytes:
		return f, deny(codeHeadersTooLarge, "").closing()
	}
	return f, no
}

// readFields walks the raw header section. The first refusal is kept, but the walk goes on for the request id.
func readFields(raw []byte) (f headFields, no *refused) {
	first := func(r *refused) {
		if no == nil && r != nil {
			no = r.closing()
		}
	}
	var seen uint
	for count := 0; len(raw) > 0; count++ {
		line, rest, _ := bytes.Cut(raw, []byte("\n"))
		raw = rest
		line, crlf := bytes.CutSuffix(line, []byte("\r"))
		switch {
		case !crlf:
			first(deny(codeBadRequest, "A header line does not end in CRLF."))
		case len(line) == 0:
			continue // the end of the section
		case line[0] == ' ' || line[0] == '\t':
			first(deny(codeBadRequest, "A header line is folded."))
			continue
		case count >= maxHeaderFields:
			first(deny(codeHeadersTooLarge, ""))
			return f, no
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		if !isToken(name) {
			first(deny(codeBadRequest, "A header name holds a character that is not allowed."))
			continue
		}
		var lower [longestField]byte
		if len(name) <= len(lower) { // a longer one means nothing here
			first(f.set(appendLower(lower[:0], name), bytes.Trim(value, " \t"), &seen))
		}
	}
	return f, no
}

// tokenBytes are the characters of a header name.
var tokenBytes = func() (is [256]bool) {
	for c := range is {
		is[c] = isAlphanumeric(byte(c)) || strings.IndexByte("!#$%&'*+-.^_`|~", byte(c)) >= 0
	}
	return is
}()

func isToken(name []byte) bool {
	for _, c := range name {
		if !tokenBytes[c] {
			return false
		}
	}
	return len(name) > 0
}

// longestField is the length of the longest name of a field that means something here.
const longestField = len("transfer-encoding")

// appendLower appends a name with A to Z in lower case.
func appendLower(dst, name []byte) []byte {
	for _, c := range name {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		dst = append(dst, c)
	}
	return dst
}

// keep copies a value out of the transport's buffer. The most common ones are constants.
func keep(value []byte) string {
	switch string(value) {
	case "":
		return ""
	case typeJSON:
		return typeJSON
	case typeAny:
		return typeAny
	}
	return string(value)
}

// singletons are the fields that mean something here and must not come twice.
var singletons = []string{"host", "content-length", "content-type", "content-encoding", "idempotency-key", "if-match", "x-request-id"}

// set takes one field, its name in lower case; seen has a bit per singleton that came. Both are the transport's memory.
func (f *headFields) set(name, value []byte, seen *uint) *refused {
	for i, single := range singletons {
		if single != string(name) {
			continue
		}
		if *seen&(1<<i) != 0 {
			return denyHeader(codeInvalidHeader, single, "must not be sent twice")
		}
		*seen |= 1 << i
	}
	switch string(name) {
	case "transfer-encoding":
		return deny(codeLengthRequired, "Transfer-Encoding is not taken.")
	case "accept":
		if f.accept != "" {
			f.accept += "," + string(value)
		} else {
			f.accept = keep(value)
		}
	case "host":
		f.host = keep(value)
	case "connection": // a list, and it may come in parts: the transport looks at the last of them alone
		for item := range bytes.SplitSeq(value, []byte(",")) {
			f.last = f.last || bytes.EqualFold(bytes.Trim(item, " \t"), []byte("close"))
		}
	case "content-length":
		n, err := strconv.ParseUint(string(value), 10, 63)
		if err != nil {
			return deny(codeBadRequest, "Content-Length is not a number.")
		}
		f.contentLength, f.hasLength = int64(n), true
	case "authorization":
		f.authorization = value
		f.authorizations++
	case "x-forwarded-for":
		f.forwarded = value
	case adminHeader:
		f.adminAct = string(value)
	case "origin":
		f.ofPage, f.ofOther = true, true
	case "sec-fetch-site":
		f.ofPage = true
		f.ofOther = f.ofOther || string(value) != "none" && string(value) != "same-origin"
	case "content-type":
		f.contentType = keep(value)
	case "content-encoding":
		f.contentEncoding = keep(value)
	case "idempotency-key":
		f.key, f.hasKey = keep(value), true
	case "if-match":
		f.ifMatch, f.hasIfMatch = keep(value), true
	case "if-none-match":
		if f.ifNoneMatch != "" {
			f.ifNoneMatch += ","
		}
		f.ifNoneMatch += string(value)
	case "x-request-id":
		if id := keep(value); isRequestID(id) {
			f.requestID = id
		}
	}
	return nil
}

func isRequestID(s string) bool {
	if s == "" || len(s) > maxRequestIDSize {
		return false
	}
	for i := range len(s) {
		if c := s[i]; !isAlphanumeric(c) && c != '.' && c != '_' && c != '-' {
			return false
		}
	}
	return true
}

// checkMedia wants the route's content type, in UTF-8 if it says so, and no content encoding.
func checkMedia(r *route, f *headFields) *refused {
	if f.contentEncoding != "" && !strings.EqualFold(f.contentEncoding, "identity") {
		return deny(codeUnsupportedMedia, "Content-Encoding is not taken.")
	}
	want := r.contentType
	if want == "" {
		want = typeJSON
	}
	media, parameter, has := strings.Cut(f.contentType, ";")
	if !strings.EqualFold(strings.TrimRight(media, " \t"), want) {
		return deny(codeUnsupportedMedia, "The operation takes "+want+".")
	}
	if has {
		name, value, _ := strings.Cut(strings.Trim(parameter, " \t"), "=")
		value = strings.TrimSuffix(strings.TrimPrefix(value, `"`), `"`)
		if !strings.EqualFold(name, "charset") || !strings.EqualFold(value, "utf-8") {
			return deny(codeUnsupportedMedia, "The only parameter that is taken is charset=utf-8.")
		}
	}
	return nil
}

// acceptable says whether an Accept value leaves room for a content type. Only what is excluded matters:
// there is one representation of everything.
func acceptable(accept, media string) bool {
	if strings.Trim(accept, " \t,") == "" || media == typeAny {
		return true
	}
	kind, _, _ := strings.Cut(media, "/")
	best, fits := 0, false // the most specific range that matches decides
	for item := range strings.SplitSeq(accept, ",") {
		span, parameters, _ := strings.Cut(item, ";")
		specific := 0
		switch span = strings.Trim(span, " \t"); {
		case strings.EqualFold(span, media):
			specific = 3
		case strings.EqualFold(span, kind+"/*"):
			specific = 2
		case span == "*/*":
			specific = 1
		}
		if specific > best {
			best, fits = specific, !excluded(parameters)
		}
	}
	return fits
}

// excluded says whether a media range has quality zero.
func excluded(parameters string) bool {
	for p := range strings.SplitSeq(parameters, ";") {
		name, value, _ := strings.Cut(strings.Trim(p, " \t"), "=")
		if strings.EqualFold(name, "q") {
			q, err := strconv.ParseFloat(value, 64)
			return err != nil || q <= 0
		}
	}
	return false
}

// checkKey wants 1 to 255 visible ASCII characters.
func checkKey(f *headFields) *refused {
	switch {
	case !f.hasKey:
		return &refused{problem: &problem{code: codeKeyRequired}}
	case f.key == "" || len(f.key) > maxKeyBytes:
		return &refused{problem: &problem{code: codeInvalidKey}}
	}
	for i := range len(f.key) {
		if f.key[i] < 0x21 || f.key[i] > 0x7e {
			return &refused{problem: &problem{code: codeInvalidKey}}
		}
	}
	return nil
}

// readIfMatch takes one strong entity tag as this server makes them: a quoted version from 1.
func readIfMatch(value string) (uint64, *refused) {
	digits, ok := strings.CutPrefix(value, `"`)
	digits, ok2 := strings.CutSuffix(digits, `"`)
	version, err := strconv.ParseUint(digits, 10, 64)
	if !ok || !ok2 || err != nil || version == 0 || digits[0] == '0' || digits[0] == '+' {
		return 0, &refused{problem: &problem{code: codeInvalidIfMatch}}
	}
	return version, nil
}
