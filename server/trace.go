package server

import (
	"time"

	"github.com/valyala/fasthttp"
)

// Trace tells of one request, for a distributed trace: names and numbers of the program's own. No path as it came, header,
// principal or id of an object is in it.
type Trace struct {
	ID     [16]byte // of the trace
	Span   [8]byte  // of the request in it
	Parent [8]byte  // of what the request belongs to; zero = nothing

	Operation    string // name of the route, "none" if none was found
	Method, Path string // of the route's row, as GET and /v1/cases/{id}; "" if none was found
	Status       int    // of the answer
	RequestID    string // "" if the client chose it
	Began        time.Time
	Took         time.Duration
	Parts        []TracePart // maxTraceParts at most
}

// TracePart is a stretch of a request: a search, with decoding and encoding, or a write, from the writer's queue until it is
// durable.
type TracePart struct {
	Name  string // search or write
	Began time.Time
	Took  time.Duration
}

const (
	partSearch = "search"
	partWrite  = "write"
	// maxTraceParts bounds the parts of one trace; later ones are left out.
	maxTraceParts = 8
)

// Tracer takes traces of requests. Its methods are called by many goroutines at once and never wait.
type Tracer interface {
	// Begin decides whether a request is traced; nil = it is not. traceparent is the value of the header of that name, nil if
	// there is none or more than one; it is not kept.
	Begin(traceparent []byte) *Trace
	// End takes the trace of a request that was answered, and owns it from then on.
	End(*Trace)
}

// beginTrace asks the tracer, if there is one, about a request. Without one nothing is looked at.
func (s *Server) beginTrace(h *fasthttp.RequestHeader, began time.Time) *Trace {
	if s.tracer == nil {
		return nil
	}
	var parent []byte
	if all := h.PeekAll("Traceparent"); len(all) == 1 {
		parent = all[0]
	}
	t := s.tracer.Begin(parent)
	if t != nil {
		t.Began = began
	}
	return t
}

// endTrace gives the trace of an answered request, if it has one, to the tracer.
func (s *Server) endTrace(a *admitted, status int, took time.Duration) {
	t := a.trace
	if t == nil {
		return
	}
	t.Operation, t.Status, t.Took = "none", status, took
	if r := a.route; r != nil {
		t.Operation, t.Method, t.Path = r.name, r.method, r.path
	}
	if a.ownID {
		t.RequestID = a.requestID
	}
	s.tracer.End(t)
}

// now is when a part begins; the zero time if the request is not traced.
func (t *Trace) now() time.Time {
	if t == nil {
		return time.Time{}
	}
	return time.Now()
}

// part ends a part that began at an instant of now.
func (t *Trace) part(name string, began time.Time) {
	if t != nil && len(t.Parts) < maxTraceParts {
		t.Parts = append(t.Parts, TracePart{name, began, time.Since(began)})
	}
}
