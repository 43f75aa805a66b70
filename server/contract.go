package server

import (
	"context"

	"github.com/parleyhq/parley/engine"
	"github.com/parleyhq/parley/slots"
)

// Contract file: the seam between transport (front filter, routing, limits, metrics, problems, OpenAPI) and
// handlers (DTOs, resolve, encode).

// route is one row of the one table of routes. A path segment {id} takes [A-Za-z0-9._-]{1,64}.
type route struct {
	method, path string
	name         string // operationId, also the metric label
	handle       func(*call) answer
	changes      bool     // a POST that changes state: Idempotency-Key is required
	personal     bool     // answers carry personal data: Cache-Control: no-store
	maxBody      int      // bytes; 0 = no body allowed
	contentType  string   // of the body; "" with a body = application/json
	query        []string // names of the query parameters that the route knows; any other or a repeated one is 400
}

// call is one request after the front filter: everything in it is copied out of fasthttp's buffers.
type call struct {
	ctx       context.Context
	server    *Server
	route     *route
	id        string // the {id} segment, "" if none
	query     map[string]string
	body      []byte
	key       string // Idempotency-Key
	ifMatch   uint64 // version from If-Match, 0 = none
	requestID string
	accept    string
	actor     engine.Actor
	snap      *engine.Snapshot // read once per request
	now       slots.Instant    // read once per request, ≥ snap.Stamped()
}

// answer is what a handler returns.
type answer struct {
	status      int
	body        []byte // JSON unless contentType says otherwise
	contentType string
	version     uint64   // > 0: ETag
	replayed    bool     // Idempotent-Replayed: true
	problem     *problem // if set, status and body are made from it
	headers     [][2]string
}

// problem is an RFC 9457 document. code picks type, title and status from the one table in problem.go.
type problem struct {
	code   string
	detail string // free of personal data
	errors []fault
	// extra members, e.g. alternatives, codes, offer; already encoded JSON values by member name, in order
	extra []member
}

type fault struct{ Pointer, Detail string }

type member struct {
	name string
	json []byte
}

// ---- decode.go (transport worker) ----

// need is a required, non-null member; opt may be left out or null. Both implement go-json-experiment's
// UnmarshalerFrom and remember whether they were present.
type need[T any] struct {
	V   T
	Set bool
}

type opt[T any] struct {
	V   T
	Set bool // present and not null
}

// decode reads one strict JSON document into dst: unknown or duplicate names, other case, wrong types,
// trailing text, invalid UTF-8 are a 400 problem that names the JSON pointer. Every need[T] reachable in dst
// that was missing or null is a 400 as well. Depth and size are bounded.
func decode(body []byte, dst any) *problem { panic("contract") }

// faults gathers 422 errors with JSON pointers; problem() is nil if there are none.
type faults struct{ list []fault }

func (f *faults) add(pointer, detail string) { panic("contract") }
func (f *faults) problem() *problem          { panic("contract") } // code "invalid_value"

// fingerprint hashes route and canonical JSON (RFC 8785 through jsontext), so that key order and white space do not matter.
func fingerprint(r *route, id string, body []byte) engine.Fingerprint { panic("contract") }

// encode writes an answer's JSON with the same library (deterministic).
func encode(v any) []byte { panic("contract") }

// newID makes a random id with a prefix, e.g. "apt-" + 26 characters.
func newID(prefix string) string { panic("contract") }

// ---- submit.go (handler worker) uses engine; metrics.go (transport worker) offers: ----

// Server is the HTTP face of an engine.
type Server struct {
	engine  *engine.Engine
	metrics *metrics
}

// metrics are collectors on an own registry.
type metrics struct{}

func (m *metrics) searched(kind string, seconds float64, offersByTier map[string]int, program, state string) {
	panic("contract")
}                                       // kind week, earliest; empty searches are counted by program and state
func (m *metrics) booked()              { panic("contract") }
func (m *metrics) conflict(code string) { panic("contract") } // slot_taken, hold_expired, case_already_scheduled, rules_changed
