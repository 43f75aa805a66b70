package otlp

import (
	"bytes"
	"context"
	"encoding/hex"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/parleyhq/parley/server"
)

// collector is a server that takes OTLP, and what it was sent.
type collector struct {
	*httptest.Server
	t       *testing.T
	answers []int       // of the first messages; 200 after them
	told    chan string // what became of traces, for those who wait for it

	mu     sync.Mutex
	asked  []http.Header
	spans  []*tracepb.Span
	counts map[string]int
	log    bytes.Buffer
}

func newCollector(t *testing.T, answers ...int) *collector {
	c := &collector{t: t, answers: answers, told: make(chan string, 16), counts: map[string]int{}}
	c.Server = httptest.NewServer(c)
	t.Cleanup(c.Close)
	return c
}

// ServeHTTP reads what an OpenTelemetry collector would.
func (c *collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var data tracepb.TracesData
	if err == nil {
		err = proto.Unmarshal(body, &data)
	}
	if err != nil || r.Method != http.MethodPost || r.URL.Path != "/v1/traces" || r.Header.Get("Content-Type") != "application/x-protobuf" {
		c.t.Errorf("%s %s %v: %v", r.Method, r.URL, r.Header, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked = append(c.asked, r.Header)
	if len(c.answers) > 0 {
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(c.answers[0])
		c.answers = c.answers[1:]
		return
	}
	for _, of := range data.ResourceSpans {
		if got := attributes(of.Resource.Attributes); got != "service.name=parley service.version=1.2.3" {
			c.t.Errorf("resource %s", got)
		}
		for _, scope := range of.ScopeSpans {
			c.spans = append(c.spans, scope.Spans...)
		}
	}
}

func attributes(list []*commonpb.KeyValue) string {
	var out []string
	for _, a := range list {
		value := a.Value.GetStringValue()
		if n, ok := a.Value.Value.(*commonpb.AnyValue_IntValue); ok {
			value = map[int64]string{200: "200", 503: "503"}[n.IntValue]
		}
		out = append(out, a.Key+"="+value)
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

// exporter is one that sends to c at once, and everything.
func (c *collector) exporter(change func(*Options)) *Exporter {
	u, err := url.Parse(c.URL)
	if err != nil {
		c.t.Fatal(err)
	}
	o := Options{
		Endpoint: u, Sample: 1, Version: "1.2.3", Logger: slog.New(slog.NewTextHandler(&c.log, nil)), Pause: time.Millisecond, Wait: time.Millisecond,
		Count: func(result string, n int) {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.counts[result] += n
			select {
			case c.told <- result:
			default:
			}
		},
	}
	if change != nil {
		change(&o)
	}
	return New(o)
}

// stop closes an exporter, gives it as long as it likes, and takes over what the collector has.
func (c *collector) stop(e *Exporter) {
	e.Close(context.Background())
	c.mu.Lock()
	defer c.mu.Unlock()
}

func (c *collector) count(t *testing.T, exported, dropped, failed int) {
	t.Helper()
	if c.counts[Exported] != exported || c.counts[Dropped] != dropped || c.counts[Failed] != failed {
		t.Errorf("counted %v, want %d exported, %d dropped, %d failed\n%s", c.counts, exported, dropped, failed, &c.log)
	}
}

// TestSpans: a collector reads the span of a request and those of its parts.
func TestSpans(t *testing.T) {
	t.Parallel()
	c := newCollector(t)
	e := c.exporter(func(o *Options) {
		o.TrustParent, o.Header = true, http.Header{"X-Secret": {"s3cret"}, "Content-Type": {"text/plain"}}
	})
	began := time.Unix(1_800_000_000, 5)
	one := e.Begin([]byte(goodParent))
	one.Operation, one.Method, one.Path, one.Status, one.RequestID = "getCase", "GET", "/v1/cases/{id}", 200, "req-x"
	one.Began, one.Took = began, time.Second
	one.Parts = []server.TracePart{{Name: "write", Began: began.Add(time.Millisecond), Took: 2 * time.Millisecond}}
	e.End(one)
	two := e.Begin(nil)
	two.Operation, two.Status = "none", 503
	e.End(two)
	c.stop(e)
	c.count(t, 2, 0, 0)
	if len(c.spans) != 3 || c.asked[0].Get("X-Secret") != "s3cret" || c.asked[0].Get("User-Agent") != "parley/1.2.3" {
		t.Fatalf("%d spans, %v", len(c.spans), c.asked)
	}
	request, part, other := c.spans[0], c.spans[1], c.spans[2]
	if request.Name != "GET /v1/cases/{id}" || request.Kind != tracepb.Span_SPAN_KIND_SERVER || hex.EncodeToString(request.TraceId) != traceHex ||
		hex.EncodeToString(request.ParentSpanId) != spanHex || len(request.SpanId) != 8 || request.Flags != 0x301 || request.Status != nil ||
		request.StartTimeUnixNano != 1_800_000_000_000_000_005 || request.EndTimeUnixNano != 1_800_000_001_000_000_005 ||
		attributes(request.Attributes) != "http.request.method=GET http.response.status_code=200 http.route=/v1/cases/{id} parley.operation=getCase parley.request_id=req-x" {
		t.Errorf("request %v", request)
	}
	if part.Name != "write" || part.Kind != tracepb.Span_SPAN_KIND_INTERNAL || !bytes.Equal(part.TraceId, request.TraceId) || !bytes.Equal(part.ParentSpanId, request.SpanId) ||
		bytes.Equal(part.SpanId, request.SpanId) || part.EndTimeUnixNano-part.StartTimeUnixNano != 2_000_000 || part.Flags != 0x101 {
		t.Errorf("part %v", part)
	}
	if other.Name != "none" || len(other.ParentSpanId) != 0 || bytes.Equal(other.TraceId, request.TraceId) || len(other.TraceId) != 16 ||
		other.Status.GetCode() != tracepb.Status_STATUS_CODE_ERROR || attributes(other.Attributes) != "http.response.status_code=503 parley.operation=none" {
		t.Errorf("other %v", other)
	}
}

// TestSampling: the share that is asked for is traced, and whoever sends a request has no say in it unless that is configured.
func TestSampling(t *testing.T) {
	t.Parallel()
	c := newCollector(t)
	traced := func(sample float64, trust bool, header string) (n int) {
		e := c.exporter(func(o *Options) { o.Sample, o.TrustParent = sample, trust })
		defer c.stop(e)
		for range 2000 {
			if got := e.Begin([]byte(header)); got != nil {
				n++
				if known := hex.EncodeToString(got.ID[:]) == traceHex; known != (trust && header != "") || known != (hex.EncodeToString(got.Parent[:]) == spanHex) {
					t.Errorf("%q, trusted %t: trace %x, parent %x", header, trust, got.ID, got.Parent)
				}
			}
		}
		return n
	}
	f := func(sample float64, trust bool, header string, low, high int) {
		t.Helper()
		if n := traced(sample, trust, header); n < low || n > high {
			t.Errorf("a share of %g, trusted %t, %q: %d of 2000 are traced", sample, trust, header, n)
		}
	}
	unsampled := goodParent[:len(goodParent)-1] + "0"
	f(0, false, "", 0, 0)
	f(1, false, "", 2000, 2000)
	f(0.25, false, "", 300, 700) // some 14 standard deviations
	f(0, false, goodParent, 0, 0)
	f(1, false, goodParent, 2000, 2000)
	f(0, true, goodParent, 2000, 2000)
	f(1, true, unsampled, 0, 0)
	f(0, true, "", 0, 0)
}

// TestFailures: what may pass is tried again, a few times; the rest, and a way elsewhere, is not.
func TestFailures(t *testing.T) {
	t.Parallel()
	f := func(tries, exported, failed int, answers ...int) {
		t.Helper()
		c := newCollector(t, answers...)
		e := c.exporter(nil)
		e.End(e.Begin(nil))
		<-c.told
		c.stop(e)
		c.count(t, exported, 0, failed)
		if len(c.asked) != tries {
			t.Errorf("%v: %d tries, want %d", answers, len(c.asked), tries)
		}
		if failed != strings.Count(c.log.String(), "\n") || strings.Contains(c.log.String(), "127.0.0.1") {
			t.Errorf("%v: logged %s", answers, &c.log)
		}
	}
	f(2, 1, 0, 503)
	f(4, 1, 0, 429, 502, 504)
	f(sendTries, 0, 1, 503, 503, 503, 503, 503)
	f(1, 0, 1, 400)
	f(1, 0, 1, 307)
	f(1, 0, 1, 302)
}

// TestDeadCollector: one that never answers holds nobody up: traces are dropped and counted, and a stop ends in time.
func TestDeadCollector(t *testing.T) {
	t.Parallel()
	held, release := make(chan struct{}, 1), make(chan struct{})
	dead := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		select {
		case held <- struct{}{}:
		default:
		}
		<-release
	}))
	defer dead.Close()
	defer close(release)
	c := newCollector(t)
	e := c.exporter(func(o *Options) { o.Endpoint, _ = url.Parse(dead.URL) })
	e.End(e.Begin(nil))
	<-held
	for range queueTraces + 100 {
		e.End(e.Begin(nil))
	}
	c.mu.Lock()
	dropped := c.counts[Dropped]
	c.mu.Unlock()
	if dropped != 100 {
		t.Errorf("%d were dropped", dropped)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	e.Close(ctx)
	c.count(t, 0, 100, queueTraces+1)
	if n := strings.Count(c.log.String(), "\n"); n != 1 {
		t.Errorf("%d lines of the log for one cause:\n%s", n, &c.log)
	}
}

// TestCloseSendsTheRest: what waits for company when the exporter is closed is sent, in messages of a bounded size.
func TestCloseSendsTheRest(t *testing.T) {
	t.Parallel()
	c := newCollector(t)
	e := c.exporter(func(o *Options) { o.Wait = time.Hour })
	for range 2*batchTraces + 1 {
		e.End(e.Begin(nil))
	}
	c.stop(e)
	c.count(t, 2*batchTraces+1, 0, 0)
	if len(c.asked) != 3 || len(c.spans) != 2*batchTraces+1 {
		t.Errorf("%d messages, %d spans", len(c.asked), len(c.spans))
	}
}

// TestUnsampledIsFree: a request that is not traced allocates nothing, whatever it says.
func TestUnsampledIsFree(t *testing.T) {
	for _, trust := range []bool{false, true} {
		e := &Exporter{o: Options{TrustParent: trust}}
		header := []byte(goodParent[:len(goodParent)-1] + "0")
		if n := testing.AllocsPerRun(100, func() { e.Begin(header); e.Begin(nil) }); n != 0 {
			t.Errorf("trusted %t: %g allocations", trust, n)
		}
	}
}
