package server

import (
	"bufio"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/valyala/fasthttp"
)

// taken keeps traces, of all requests or of none.
type taken struct {
	none bool

	mu      sync.Mutex
	parents []string
	traces  []*Trace
}

func (k *taken) Begin(traceparent []byte) *Trace {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.parents = append(k.parents, string(traceparent))
	if k.none {
		return nil
	}
	return &Trace{}
}

func (k *taken) End(t *Trace) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.traces = append(k.traces, t)
}

// last is the trace that was taken last.
func (k *taken) last(t *testing.T) *Trace {
	t.Helper()
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.traces) == 0 {
		t.Fatal("nothing was traced")
	}
	return k.traces[len(k.traces)-1]
}

// TestTrace: a trace names its route and what took its time, and nothing that the request brought.
func TestTrace(t *testing.T) {
	t.Parallel()
	w := newDeck(t)
	tracer := &taken{}
	w.server.tracer = tracer
	f := func(r reply, operation, method, path string, status int, parts ...string) {
		t.Helper()
		r.is(status, "")
		got := tracer.last(t)
		var names []string
		for _, p := range got.Parts {
			names = append(names, p.Name)
			if p.Began.Before(got.Began) || p.Began.Add(p.Took).After(got.Began.Add(got.Took)) {
				t.Errorf("%s: %s of %v from %v is not within %v from %v", operation, p.Name, p.Took, p.Began, got.Took, got.Began)
			}
		}
		if got.Operation != operation || got.Method != method || got.Path != path || got.Status != status || !slices.Equal(names, parts) {
			t.Errorf("%+v, want %s %s %s %d with %v", got, operation, method, path, status, parts)
		}
		if got.RequestID != r.header.Get("X-Request-Id") {
			t.Errorf("%s: request id %q", operation, got.RequestID)
		}
	}
	f(w.do("POST", "/v1/search", deckSearch.String()), "searchWeek", "POST", "/v1/search", 200, "search")
	f(w.post("/v1/appointments", deckBooking.String()), "createAppointment", "POST", "/v1/appointments", 201, "write")
	f(w.get("/v1/cases/1004567?timeZone=US/Eastern"), "getCase", "GET", "/v1/cases/{id}", 200)
	f(w.get("/v1/cases/nobody"), "getCase", "GET", "/v1/cases/{id}", 404)
	f(w.get("/v1/cases/1004567?x=1"), "getCase", "GET", "/v1/cases/{id}", 400)
	f(w.get("/Winterperson"), "none", "", "", 404)

	w.get("/v1/cases/1004567", "X-Request-Id", "Winterperson").is(200, "")
	if got := tracer.last(t).RequestID; got != "" {
		t.Errorf("the client's request id %q is in the trace", got)
	}
	tracer.parents = nil
	w.get("/healthz", "traceparent", "one")
	w.get("/healthz")
	for _, r := range raw(t, w.listenTCP(), head("GET /healthz HTTP/1.1", "traceparent: a", "Traceparent: b", "Connection: close")) {
		if r.StatusCode != 200 {
			t.Errorf("two parents: %d", r.StatusCode)
		}
	}
	if !slices.Equal(tracer.parents, []string{"one", "", ""}) {
		t.Errorf("parents %q", tracer.parents)
	}
}

// TestTraceParts: a request that goes on and on does not fill the memory.
func TestTraceParts(t *testing.T) {
	t.Parallel()
	var trace Trace
	for range 100 {
		trace.part(partWrite, trace.now())
	}
	if len(trace.Parts) != maxTraceParts {
		t.Errorf("%d parts", len(trace.Parts))
	}
}

// TestTraceIsFree: without a tracer, and for a request that it does not want, nothing is allocated.
func TestTraceIsFree(t *testing.T) {
	var s Server
	var h fasthttp.RequestHeader
	h.Set("Traceparent", strings.Repeat("0", 55))
	began := time.Now()
	ask := func() {
		a := admitted{trace: s.beginTrace(&h, began)}
		a.trace.part(partWrite, a.trace.now())
		s.endTrace(&a, 200, time.Second)
	}
	if n := allocations(ask); n != 0 {
		t.Errorf("%g allocations without a tracer", n)
	}
	s.tracer = unwilling{}
	if n := allocations(ask); n != 0 {
		t.Errorf("%g allocations of a request that is not traced", n)
	}
}

// unwilling traces nothing.
type unwilling struct{}

func (unwilling) Begin([]byte) *Trace { return nil }
func (unwilling) End(*Trace)          {}

// willing traces everything and keeps nothing.
type willing struct{ unwilling }

func (willing) Begin([]byte) *Trace { return &Trace{} }

// BenchmarkTrace is the whole way of a small request without a tracer, with one that does not want it, and traced.
func BenchmarkTrace(b *testing.B) {
	for _, run := range []struct {
		name   string
		tracer Tracer
	}{{"off", nil}, {"unsampled", unwilling{}}, {"sampled", willing{}}} {
		b.Run(run.name, func(b *testing.B) {
			w := newDeck(b)
			w.server.tracer = run.tracer
			var ctx fasthttp.RequestCtx
			ctx.Init(&fasthttp.Request{}, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 4242}, nil)
			if err := ctx.Request.Header.Read(bufio.NewReader(strings.NewReader(head("GET /v1/cases/1004567/p2p-availability HTTP/1.1")))); err != nil {
				b.Fatal(err)
			}
			answer := w.server.Handler()
			b.ReportAllocs()
			for b.Loop() {
				ctx.Response.Reset()
				answer(&ctx)
			}
			if ctx.Response.StatusCode() != 200 {
				b.Fatalf("%d %s", ctx.Response.StatusCode(), ctx.Response.Body())
			}
		})
	}
}
