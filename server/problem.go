package server

import (
	"bytes"
	"errors"
	"net/http"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/parleyhq/parley/engine"
)

// problem is an RFC 9457 document. code picks type, title and status from the one table below.
type problem struct {
	code   string
	detail string // free of personal data
	errors []fault
	// extra members, e.g. alternatives, codes, offer; already encoded JSON values by member name, in order
	extra []member
	// retryAfter is how long to wait in seconds, 0 = the usual
	retryAfter int
	// keysFull: there was no room to remember the key with its answer
	keysFull bool
}

// fault says what is wrong at one place of a document (a JSON pointer), or with one query parameter or header (its name).
type fault struct {
	Pointer string `json:"pointer"`
	Detail  string `json:"detail"`
}

type member struct {
	name string
	json []byte
}

// Codes of the transport. Those of the engine are the names of its statuses.
const (
	codeBadRequest         = "bad_request"
	codeInvalidTarget      = "invalid_target"
	codeInvalidHost        = "invalid_host"
	codeInvalidHeader      = "invalid_header"
	codeInvalidQuery       = "invalid_query"
	codeUnexpectedBody     = "unexpected_body"
	codeMalformedJSON      = "malformed_json"
	codeInvalidBody        = "invalid_body"
	codeKeyRequired        = "idempotency_key_required"
	codeInvalidKey         = "invalid_idempotency_key"
	codeInvalidIfMatch     = "invalid_if_match"
	codeInvalidCursor      = "invalid_cursor"
	codeUnauthenticated    = "unauthenticated"
	codeForbidden          = "forbidden"
	codeLoopbackOnly       = "loopback_only"
	codeRouteNotFound      = "route_not_found"
	codeNotFound           = "not_found"
	codeMethodNotAllowed   = "method_not_allowed"
	codeNotAcceptable      = "not_acceptable"
	codeRequestTimeout     = "request_timeout"
	codeLengthRequired     = "length_required"
	codeBodyTooLarge       = "body_too_large"
	codeTargetTooLong      = "target_too_long"
	codeUnsupportedMedia   = "unsupported_media_type"
	codeHeadersTooLarge    = "headers_too_large"
	codeInvalidValue       = "invalid_value"
	codeInternal           = "internal"
	codeTooManyConnections = "too_many_connections"
	codeRateLimited        = "rate_limited"
	codeTooMuchWork        = "too_much_work"
	codeOverloaded         = "overloaded"
	codeOutcomeUnknown     = "outcome_unknown"
	codeReadOnly           = "read_only"
	codeDeadline           = "deadline"
	codeShuttingDown       = "shutting_down"
	codeNotReady           = "not_ready"
	codeJournal            = "journal_unavailable"
	codeVersionUnsupported = "http_version_not_supported"
)

// problemKind is a row of the one table of problems. Codes are never renamed.
type problemKind struct {
	status int
	title  string
	help   string // what to do; for the page behind the problem's type
}

// lookup finds a row; an unknown code is a bug and answers as one.
func (p *problem) kind() problemKind {
	if k, ok := problemKinds[p.code]; ok {
		return k
	}
	return problemKinds[codeInternal]
}

func (p *problem) status() int { return p.kind().status }

// problemType is the relative reference that identifies a kind of problem; the server has a page there.
func problemType(code string) string { return "/problems/" + code }

// document writes the problem as JSON.
func (p *problem) document() []byte {
	k := p.kind()
	code := p.code
	if _, ok := problemKinds[code]; !ok {
		code = codeInternal
	}
	detail := p.detail
	if detail == "" {
		detail = k.title + "."
	}
	var out bytes.Buffer
	e := jsontext.NewEncoder(&out)
	put := func(t jsontext.Token) { must(e.WriteToken(t)) }
	text := func(name, value string) { put(jsontext.String(name)); put(jsontext.String(value)) }
	put(jsontext.BeginObject)
	text("type", problemType(code))
	text("title", k.title)
	put(jsontext.String("status"))
	put(jsontext.Int(int64(k.status)))
	text("detail", detail)
	text("code", code)
	if len(p.errors) > 0 {
		put(jsontext.String("errors"))
		must(e.WriteValue(encode(p.errors)))
	}
	for _, m := range p.extra {
		put(jsontext.String(m.name))
		must(e.WriteValue(m.json))
	}
	put(jsontext.EndObject)
	return bytes.TrimRight(out.Bytes(), "\n")
}

func must(err error) {
	if err != nil {
		panic("server: problem cannot be encoded: " + err.Error())
	}
}

// refusal is the problem of an engine status; the caller adds what the outcome tells.
func refusal(s engine.Status) *problem { return &problem{code: s.String()} }

// failure is the problem of an error of Submit. Only outcome_unknown leaves open whether the command took effect.
func failure(err error) *problem {
	switch {
	case errors.Is(err, engine.ErrKeysFull):
		return &problem{code: codeOverloaded, detail: "There is no room to remember another Idempotency-Key. Nothing was changed.", keysFull: true}
	case errors.Is(err, engine.ErrOverloaded):
		return &problem{code: codeOverloaded, detail: "Too many commands are waiting. Nothing was changed."}
	case errors.Is(err, engine.ErrOutcomeUnknown):
		return &problem{code: codeOutcomeUnknown, detail: "The command may or may not have taken effect. Ask again with the same Idempotency-Key."}
	case errors.Is(err, engine.ErrNotWritable):
		return takesNothing(err, "The store takes no changes at present. Nothing was changed.")
	case errors.Is(err, engine.ErrDeadline):
		return &problem{code: codeDeadline, detail: "The command's turn did not come in time. Nothing was changed."}
	case errors.Is(err, engine.ErrClosed):
		return &problem{code: codeShuttingDown, detail: "The server is stopping. Nothing was changed."}
	}
	return &problem{code: codeInternal}
}

// retryable says whether a Retry-After header goes with a status.
func retryable(status int) bool {
	return status == http.StatusServiceUnavailable || status == http.StatusTooManyRequests
}
